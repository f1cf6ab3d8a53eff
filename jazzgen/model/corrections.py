"""The corrections of a model: what its takes do too seldom or too often, in which context.

A network that is fed its own values drifts in ways that its loss does not show: each value is a little off,
and what follows hears it. So takes are counted as people's solos are, and what people chose oftener in a
context gains there (`recipes/corrections.py`): a maximum entropy model whose base is the network. What is
added to logits, in nats:

    values   (rows, 12)    to classes of values in the contexts of the views, see `tokens.views`
    returns  (3, 6, 10)    to what a motif memory proposes: that of values, of intervals with lengths, of
                           pitches; by how many of the latest match (`MATCH`) and how long ago it was (`AGES`)
    runs     (8,)          to the last pitch once more, by how often it was played in a row: 1 to 8 or oftener
    octaves  (2, 12, 13, 5)  to the octaves of a note, within a line or behind a rest, by the register of the
                           last one (`REGISTER`) and the interval to the nearest pitch (`near_class`)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jazzgen.tokens.features import DISPLACEMENTS, MATCH, MEMORIES, NEAR, REGISTER
from jazzgen.tokens.views import CLASSES, ROWS

AGES = (0, 2, 4, 6, 8, 12, 16, 32, 64, 128)  # values ago, or notes ago
RUNS = 8
RETURNS = MEMORIES + 1  # kinds of memory: that of pitches besides


class Corrections(NamedTuple):
    """The tables, float32."""

    values: npt.NDArray[np.float32]
    returns: npt.NDArray[np.float32]
    runs: npt.NDArray[np.float32]
    octaves: npt.NDArray[np.float32]


SHAPES = {
    "values": (ROWS, CLASSES),
    "returns": (RETURNS, len(MATCH), len(AGES)),
    "runs": (RUNS,),
    "octaves": (2, len(REGISTER), NEAR, len(DISPLACEMENTS)),
}
