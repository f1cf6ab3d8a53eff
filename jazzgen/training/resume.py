"""The log of a training: a CSV file with a row an epoch.

It is written anew after each epoch from the run's own history, which is saved with its progress. So a run
that was cut off and goes on has each epoch once, and a reader never sees half a row.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from typing import NamedTuple

from jazzgen.util.files import replacing

__all__ = ["Epoch", "write_log"]


class Epoch(NamedTuple):
    """A row. Losses are in nats a value, those of the registers in nats a note; None is an empty field."""

    number: int  # from 1
    loss: float
    register_loss: float | None
    held_out_loss: float | None
    held_out_register_loss: float | None
    seconds: float | None  # of training up to here


def write_log(path: str | os.PathLike[str], epochs: Sequence[Epoch]) -> None:
    """Write a header and `epochs` to `path`, whole or not at all; raises `OutputError`."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *Epoch._fields[1:]])
    for epoch in epochs:
        numbers = ["" if number is None else f"{number:.6f}" for number in epoch[1:]]
        writer.writerow([epoch.number, *numbers])
    with replacing(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8", newline="")
