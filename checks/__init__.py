"""Long checks, each a program: hostile files, kills, other programs, whole takes, and takes beside people."""
