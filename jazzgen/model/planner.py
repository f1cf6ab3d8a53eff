"""The planner: a small network that draws the units of a solo, one after the other.

A unit (`music.units`) is six choices, each made knowing the ones before it:

    gap      beats from the end of the unit before, or from the first beat of the form, to its first beat
    shape    kind and contour
    beats    how long it lasts
    pace     notes a beat
    height   mean pitch against the middle of the instrument
    back     how many units before it the one is that it takes up

An LSTM reads the choices of the last unit, where it ended, and the tempo. A linear head for each choice reads
the state, all that the LSTM read, the choices of this unit so far, and, but for the gap, where it begins.
What this solo chose before weighs with it: a soloist keeps to his own lengths, heights and kinds.
Arrays are called `planner/...`; the tables with which notes follow, `units/...` (`tokens.unit_context`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.model.cells import lstm_cell
from jazzgen.music.score import TICKS_PER_BEAT, Progression
from jazzgen.music.units import CONTOURS, FARTHEST_BACK, KINDS, Unit
from jazzgen.tokens.features import TEMPO, bucket
from jazzgen.tokens.views import oftener

Floats: TypeAlias = npt.NDArray[np.float32]
Shares: TypeAlias = npt.NDArray[np.float64]
Choices: TypeAlias = tuple[int, ...]  # a class for each of `WIDTHS`

UNITS = 48  # of the LSTM
# Where classes begin; the last ones end before the two numbers below them.
GAP = (*range(9), 9, 13, 17)  # beats
BEATS = (*range(1, 13), 13, 15, 17, 21, 25, 33)
LONGEST_GAP, LONGEST_UNIT = 25, 49  # beats, not reached
PACE = (0.0, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.4, 3.0, 3.6)  # notes a beat
PACES = (0.6, 0.9, 1.1, 1.4, 1.6, 1.9, 2.2, 2.7, 3.3, 3.8)  # what is planned
LOWEST, HEIGHTS, STEP = -16, 20, 2.0  # semitones from the middle, classes, semitones a class
WIDTHS = {
    "gap": len(GAP),
    "shape": len(KINDS) * len(CONTOURS),
    "beats": len(BEATS),
    "pace": len(PACE),
    "height": HEIGHTS,
    "back": FARTHEST_BACK + 1,
}
CHOICES = sum(WIDTHS.values())
GAP_AT, SHAPE_AT, BEATS_AT, PACE_AT, HEIGHT_AT, BACK_AT = range(len(WIDTHS))
PARTS_OF_FORM, BEATS_OF_BAR, BARS = 8, 8, 8
UNTIL_END = (0, 1, 5, 9, 13, 17, 25, 33, 49, 65)  # beats
PLACE = PARTS_OF_FORM + BEATS_OF_BAR + BARS + len(UNTIL_END)
INPUTS = CHOICES + 1 + PLACE + len(TEMPO)
_FIRST = np.cumsum([0, *WIDTHS.values()])
# How much the counts of this solo weigh against the network, whose opinion is worth so many of them. By
# likelihood on the judging tunes .3 to .6, by choice; together it saves .1 nats a unit there.
HABIT, OPINION, LEAST = 0.4, 12.0, 1e-3


def planner_shapes() -> dict[str, tuple[int, ...]]:
    """The planner's arrays."""
    shapes: dict[str, tuple[int, ...]] = {
        "planner/lstm/kernel": (INPUTS, 4 * UNITS),
        "planner/lstm/recurrent_kernel": (UNITS, 4 * UNITS),
        "planner/lstm/bias": (4 * UNITS,),
    }
    for k, (name, width) in enumerate(WIDTHS.items()):
        reads = UNITS + INPUTS + (PLACE + int(_FIRST[k]) if k else 0)
        shapes |= {f"planner/{name}/kernel": (reads, width), f"planner/{name}/bias": (width,)}
    return shapes


def place(form: Progression, beat: int) -> Floats:
    """(P,) Where a beat is: in the form, in its bar, which bar of the section, and how far from the end."""
    found = np.zeros(PLACE, np.float32)
    total = max(form.length // TICKS_PER_BEAT, 1)
    tick = min(beat * TICKS_PER_BEAT, form.length - 1)
    bar = form.bar_at(tick)
    section = max((section.tick for section in form.sections if section.tick <= tick), default=0)
    found[min(PARTS_OF_FORM * beat // total, PARTS_OF_FORM - 1)] = 1
    first = PARTS_OF_FORM
    found[first + min((tick - form.bar_ticks[bar]) // TICKS_PER_BEAT, BEATS_OF_BAR - 1)] = 1
    first += BEATS_OF_BAR
    found[first + (bar - form.bar_at(section)) % BARS] = 1
    found[first + BARS + bucket(UNTIL_END, total - beat)] = 1
    return found


def classes_of(unit: Unit, before: int) -> Choices:
    """The choices of a unit after one that ended at the beat `before`."""
    height = round((unit.height - LOWEST) / STEP)
    return (
        bucket(GAP, max(unit.start - before, 0)),
        len(CONTOURS) * KINDS.index(unit.kind) + list(CONTOURS).index(unit.contour),
        bucket(BEATS, unit.beats),
        bucket(PACE, unit.pace),
        min(max(height, 0), HEIGHTS - 1),
        unit.back,
    )


def unit_of(choices: Sequence[int], gap: int, beats: int, before: int) -> Unit:
    """The unit of a planner's choices.

    Parameters
    ----------
    choices
        A class for each of `WIDTHS`.
    gap, beats
        How many beats after `before` it begins, and how many it lasts, in the classes that are chosen.
    before
        The beat at which the unit before it ended.

    Returns
    -------
    Unit
    """
    kind, contour = divmod(choices[SHAPE_AT], len(CONTOURS))
    return Unit(
        before + gap,
        beats,
        KINDS[kind],
        list(CONTOURS)[contour],
        PACES[choices[PACE_AT]],
        LOWEST + STEP * choices[HEIGHT_AT],
        choices[BACK_AT],
    )


def one_hot(choices: Sequence[int]) -> Floats:
    """The choices, or the first of them, side by side: (`CHOICES`,), zeros for what is not chosen yet."""
    found = np.zeros(CHOICES, np.float32)
    found[_FIRST[: len(choices)] + np.array(choices, np.int_)] = 1
    return found


def read(last: Sequence[int], ended: Floats, tempo: float) -> Floats:
    """(I,) What the LSTM reads: the choices of the last unit (none: the solo begins), where it ended, and the
    tempo in beats a minute.
    """
    speed = np.zeros(len(TEMPO), np.float32)
    speed[bucket(TEMPO, round(tempo))] = 1
    return np.concatenate([one_hot(last), [np.float32(not last)], ended, speed])


def read_after(units: Sequence[Unit], form: Progression, tempo: float) -> Floats:
    """(I,) What the LSTM reads after these units of a solo over `form`."""
    if not units:
        return read((), place(form, 0), tempo)
    before = units[-2].end if len(units) > 1 else 0
    return read(classes_of(units[-1], before), place(form, units[-1].end), tempo)


class State(NamedTuple):
    """What the LSTM is in, (n,) each, what it read last, (I,), and how often each class was chosen so far."""

    a: Floats
    c: Floats
    read: Floats
    chosen: Floats  # (CHOICES,)


class Planner:
    """The network in NumPy."""

    def __init__(self, arrays: Mapping[str, Floats]) -> None:
        self._arrays = arrays

    def start(self) -> State:
        """Before the first unit."""
        zeros = np.zeros(UNITS, np.float32)
        return State(zeros, zeros, np.zeros(INPUTS, np.float32), np.zeros(CHOICES, np.float32))

    def step(self, x: Floats, state: State) -> State:
        """Read `x` (I,) of the last unit."""
        kernel, recurrent, bias = (
            self._arrays[f"planner/lstm/{name}"] for name in ("kernel", "recurrent_kernel", "bias")
        )
        a, c = lstm_cell(x @ kernel + state.a @ recurrent + bias, state.c)
        return State(a, c, x, state.chosen + x[:CHOICES])

    def shares(self, state: State, begins: Floats | None, chosen: Sequence[int]) -> Shares:
        """The probabilities of the choice after those `chosen`, of a unit that begins at a place (P,)."""
        k = len(chosen)
        name = list(WIDTHS)[k]
        parts = [state.a, state.read]
        if begins is not None and k:
            parts += [begins, one_hot(chosen)[: _FIRST[k]]]
        logits = np.concatenate(parts) @ self._arrays[f"planner/{name}/kernel"]
        logits = (logits + self._arrays[f"planner/{name}/bias"]).astype(np.float64)
        shares: Shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        n = state.chosen[_FIRST[k] : _FIRST[k + 1]].astype(np.float64)
        shares *= oftener(n, np.maximum(shares, LEAST), OPINION) ** HABIT
        shares /= shares.sum()
        return shares
