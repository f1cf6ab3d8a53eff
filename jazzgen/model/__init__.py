"""The network: as Keras layers that train, as NumPy arrays that play, and as a checkpoint between them.

classic.py       the classic model without context, in one page
network.py       the layers of the improviser, and the one way they are wired
keras_engine.py  steps these layers
engines.py       an engine by its name
cells.py         the LSTM cell and the softmax in NumPy
octave_views.py  what it makes of the octaves that a soloist has played
planner.py       a small network that draws the units of a solo
engine.py        steps the same network in NumPy, and judges solos with it
checkpoint.py    its weights in a file
checkpoint_file.py  that file, checked before it is used
choosing.py      what candidates are chosen by
corrections.py, tuning.py  what corrects it at play
shipped.py       the checkpoints that come with jazzgen
backend.py       starts Keras as the command line wants it

Only classic.py, network.py and keras_engine.py import Keras.
"""
