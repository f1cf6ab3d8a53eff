"""The engine of a checkpoint, by name: NumPy's, which plays, or Keras's, which trained."""

from __future__ import annotations

from jazzgen.errors import OptionError
from jazzgen.model.checkpoint import Checkpoint
from jazzgen.model.engine import Engine, NumpyEngine

ENGINES = ("numpy", "keras")


def make_engine(checkpoint: Checkpoint, name: str = "numpy") -> Engine:
    """The engine called `name` ("numpy" or "keras") with the weights of `checkpoint`."""
    if name == "numpy":
        return NumpyEngine(checkpoint)
    if name == "keras":
        from jazzgen.model.keras_engine import KerasEngine  # here, because TensorFlow takes seconds to load

        engine: Engine = KerasEngine(checkpoint)
        return engine
    raise OptionError(f"engine must be one of {', '.join(ENGINES)}, received {name!r}")
