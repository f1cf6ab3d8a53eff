"""The project's own study solos: composed here, phrase by phrase, and written to `data/midi/`.

music.py      the ten studies, as text
notation.py   that text to a `Solo`
figures.py    the lines in numbers, and bar by bar
__main__.py   the program: `python -m recipes.studies`
"""
