"""Hostile input: files that are broken, absurd or made to hurt, and what becomes of them in every reader.

midi.py           absurd MIDI files, and streams of random events
checkpoints.py    absurd checkpoints: lying headers and weights that are no numbers
progressions.py   absurd texts of chords, and random signs of the notation
cases.py          `make_case`: these, and good files hurt at random, each by its number and a seed alone
readers.py        `try_case`: a case through every reader of its kind, and the verdict
__main__.py       the worker of `checks/fuzz.py`
"""
