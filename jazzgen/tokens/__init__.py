"""Tokens: the 78 values, and the context features that are known before each of them.

vocabulary.py   the 78 values, and the twins `encode` and `decode`
features.py     which features a model reads, and those that the place in the form determines
motif.py        the motif memory: what followed the last time
tracker.py      the context of a line as it goes on, and of whole solos
views.py        how this solo's habits differ from the corpus's
octave_counts.py  in which octaves it has played so far
unit_context.py where a line is in a plan of units, and what that says of the next value
"""
