"""Recurrent networks written out in NumPy, forwards and backwards, and the character model built on them."""
