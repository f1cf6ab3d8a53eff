"""Training: solos in, a checkpoint out.

settings.py   what a training is asked for
workers.py    one process, several GPUs, or several processes
data.py       encoded solos as batches, and as a tf.data.Dataset
steps.py      one step of gradient descent, as a graph
resume.py     what is saved to go on bit for bit, and the log
train.py      epochs, and the best weights
files.py      MIDI files to a checkpoint: what `jazzgen train` calls
"""
