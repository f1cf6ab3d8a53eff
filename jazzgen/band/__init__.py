"""The rhythm section: bass, piano or guitar, and drums for any progression."""
