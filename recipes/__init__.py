"""What made the files that ship, each a program that makes them again."""
