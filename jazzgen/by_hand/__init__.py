"""Recurrent networks by hand, in NumPy, and the character-level model of names built on them.

recurrent      RNN, GRU and LSTM: a cell, a whole sequence, and back through time
keras_weights  their parameters to and from Keras layers
char_model     the character-level model: initialize, clip, sample, optimize, model, train
name_text      lists of names as text
names          new names and titles; shipped models, save and load
"""
