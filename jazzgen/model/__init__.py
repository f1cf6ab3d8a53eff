"""Keras: the shared layers, and the models made of them.

`layers.py` makes the layers and unrolls them for training, `playing.py` lets them improvise. This package and
`training` are the only ones that import TensorFlow.
"""

from __future__ import annotations

from jazzgen.model.layers import (
    Layers,
    Motor,
    Recall,
    Unrolled,
    djmodel,
    keras,
    layer_weights,
    layers_of,
    make_layers,
    set_layer_weights,
    tf,
    time_step,
    unroll,
)
from jazzgen.model.playing import (
    KerasEngine,
    argmax_one_hot,
    form_inputs,
    music_inference_model,
    start_listening,
)

__all__ = [
    "KerasEngine",
    "Layers",
    "Motor",
    "Recall",
    "Unrolled",
    "argmax_one_hot",
    "djmodel",
    "form_inputs",
    "keras",
    "layer_weights",
    "layers_of",
    "make_layers",
    "music_inference_model",
    "set_layer_weights",
    "start_listening",
    "tf",
    "time_step",
    "unroll",
]
