"""Solos as training data: found, read, stored, split by tune and cut into windows.

wjazzd.py     the Weimar Jazz Database, and its solos as MIDI files
loading.py    files and folders of MIDI files to solos
prepare.py    MIDI files to a prepared corpus, on all cores
backends.py   the workers that prepare it: this machine's, or a cluster's
store.py      a prepared corpus on disk, and solos read back from it
packed.py     a solo as plain arrays, and back
splits.py     training and held-out solos, split by title
windows.py    a solo's values as one-hot windows
batches.py    solos side by side, as a training reads them
"""
