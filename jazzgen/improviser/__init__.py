"""A checkpoint and a progression in, a solo out."""
