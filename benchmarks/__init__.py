"""What `benchmarks/__main__.py` measures, by subject, and what becomes of the figures.

rows.py       a figure with its target; measuring two in turns; the spread
corpus.py     the reference corpus in our vocabulary, how well the shipped models predict it, copied runs
model.py      Keras and NumPy agree; training against the classic way of writing it
files.py      reading and preparing MIDI files against music21
playing.py    takes: cold, one at a time, many together; their sound; the rules of their files
by_hand.py    the recurrent networks in NumPy against Keras; the names they invent
scaling.py    time and memory against size: preparing, a training step, generating
growth.py     a corpus made larger by transposed copies
epochs.py     a program: training epochs on request, in a process of its own
probe.py      a program: one jazzgen command, and the most memory it held
machine.py    what the figures were measured on
report.py     figures to JSON, and JSON to Markdown: docs/figures.md
picture.py    the figures of scaling.py as a picture
"""
