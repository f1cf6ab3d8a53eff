"""Charts that people have, in any of their formats, read into progressions.

Each reader turns its format into *written bars* (`written.py`); one shared step (`order.py`) turns those into
playing order.
"""
