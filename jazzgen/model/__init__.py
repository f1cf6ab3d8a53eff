"""The network: as Keras layers that train, as NumPy arrays that play, and as a checkpoint between them.

`layers.py` makes the layers and unrolls them for training, `playing.py` lets them improvise. They and the
files of `training` are the only ones that import TensorFlow: this package itself does not.
"""
