"""How well a model predicts solos: the likelihood of what people played next.

`evaluate` asks a checkpoint how likely it finds each next value of solos that people played, in nats (natural
logarithms: 0 is certainty, log 78 = 4.357 the ignorance of a uniform guess), and of a model that chooses
registers how likely it finds the octave of each next note. The true past is given, and nothing of the future.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from jazzgen.corpus.splits import Selection
from jazzgen.errors import DataError
from jazzgen.model.checkpoint import N_STEPS, Checkpoint, FloatArray
from jazzgen.model.engine import IS_REST, TURNED, Improviser, lstm_step, softmax
from jazzgen.music.score import Solo
from jazzgen.tokens.tracker import Encoded, encode_solo
from jazzgen.tokens.vocabulary import N_VALUES

__all__ = ["evaluate"]

AT_ONCE = 48  # solos side by side: enough for matrix products, and little memory


class _Marks(NamedTuple):
    """Sums: nats and right guesses of the values, then of the registers of the notes."""

    nats: float = 0.0
    hits: float = 0
    register_nats: float = 0.0
    register_hits: float = 0


def evaluate(checkpoint: Checkpoint, solos: Sequence[Solo]) -> dict[str, float | int]:
    """How well the model predicts `solos`, each run from its first value to its last in one pass from the
    zero state, played by anyone.

    Keys: `solos`, `notes` (values that are notes) and `values`, counted; `nats_per_value`; `nats_per_note`,
    the loss summed over all values divided by `notes`; `accuracy`, the share of values that the model finds
    likeliest. For a model that chooses registers also `register_nats`, a note, and `register_accuracy`: the
    octave displacement against the pitch nearest to the last one. Raises `DataError` if there is no note to
    predict.
    """
    model = Improviser(checkpoint)
    sizes = Selection.of(solos).sizes()  # (n, 2)
    notes, total = (int(count) for count in sizes.sum(axis=0))
    if not notes:
        raise DataError(
            f"nothing to evaluate: {len(solos)} solos without a note; give at least one with notes"
        )
    # Longest first, so that those still running are always the first m rows: nothing is padded or masked.
    order = [k for k in np.argsort(-sizes[:, 1], kind="stable").tolist() if sizes[k, 1]]
    sums = _Marks()
    for begin in range(0, len(order), AT_ONCE):
        encoded = [encode_solo(model.spec, solos[k]) for k in order[begin : begin + AT_ONCE]]
        for marks in _marks(model, encoded):
            sums = _Marks(*(a + b for a, b in zip(sums, marks, strict=True)))
    figures: dict[str, float | int] = {
        "solos": len(order),
        "notes": notes,
        "values": total,
        "nats_per_value": sums.nats / total,
        "nats_per_note": sums.nats / notes,
        "accuracy": sums.hits / total,
    }
    if model.has_registers:
        figures["register_nats"] = sums.register_nats / notes
        figures["register_accuracy"] = sums.register_hits / notes
    return figures


def _marks(model: Improviser, solos: Sequence[Encoded]) -> Iterator[_Marks]:
    """All of `solos` (longest first) side by side, one step at a time."""
    gates = 4 * model.n_a
    told = [_told(model, solo) for solo in solos]  # (T, 4 n_a + 78 [+ h]) each
    heard = np.full(len(solos), N_VALUES)  # (m,): row 78 of the drives is the zero input
    pairs = [(zeros, zeros) for zeros in [np.zeros((len(solos), model.n_a), np.float32)] * model.layers]
    for t in range(len(solos[0].values)):
        target = np.array([solo.values[t] for solo in solos if t < len(solo.values)])  # (m,), m shrinks
        m = len(target)
        added = np.stack([facts[t] for facts in told[:m]])
        a, c = lstm_step(
            model.drives[heard[:m]] + added[:, :gates], pairs[0][0][:m], pairs[0][1][:m], model.recurrent
        )
        moved = [(a, c)]
        for (kernels, bias), (a_before, c_before) in zip(model.uppers, pairs[1:], strict=True):
            a, c = lstm_step(bias, np.concatenate([a, a_before[:m]], axis=1), c_before[:m], kernels)
            moved.append((a, c))
        pairs = moved
        logits = a @ model.out_kernel + model.out_bias + added[:, gates : gates + N_VALUES]
        if model.motor_kernel is not None and model.motor_bias is not None:
            steps = a @ model.motor_kernel + model.motor_bias
            steps += added[:, gates + N_VALUES : gates + N_VALUES + N_STEPS]
            last = np.array([solo.last[t] for solo in solos[:m]])  # (m,)
            moving = np.flatnonzero(last >= 0)
            turned = np.take_along_axis(steps[moving], TURNED[last[moving]], axis=1)
            logits[moving, :N_STEPS] += turned
        if model.strength is not None and model.gate is not None:
            _raise(logits, a @ model.gate, model.strength, solos[:m], t)
        nats, hits = _judged(softmax(logits), target)
        notes = [k for k in range(m) if not IS_REST[target[k]]]
        register = (0.0, 0)
        if model.has_registers and notes:
            near = np.array([solos[k].near[t] for k in notes])
            hidden = a[notes] @ model.hidden_kernel + added[notes, model.splits[-1] :]
            hidden = np.tanh(hidden + model.of_value[target[notes]] + model.of_near[near])
            octaves = softmax(hidden @ model.register_kernel + model.register_bias)
            register = _judged(octaves, np.array([solos[k].displacement[t] for k in notes]))
        yield _Marks(nats, hits, *register)
        heard = target


def _told(model: Improviser, solo: Encoded) -> FloatArray:
    """What the context adds at each step: one product for a whole solo."""
    facts = np.zeros((len(solo.values), model.width + 1), np.float32)
    np.put_along_axis(facts, solo.rows.astype(np.int64), 1.0, axis=1)
    return facts[:, : model.width] @ model.facts


def _raise(
    logits: FloatArray, gate: FloatArray, strength: FloatArray, solos: Sequence[Encoded], t: int
) -> None:
    """Raise what the motif memories propose, in place."""
    for row, solo in enumerate(solos):
        for memory, value in enumerate(solo.proposed[t]):
            if value >= 0:
                logits[row, value] += strength[memory, solo.agree[t, memory]] + gate[row, memory]


def _judged(probs: FloatArray, target: np.ndarray) -> tuple[float, int]:
    """Summed loss and the number of right guesses. A probability that underflows to 0 counts as the smallest
    float32: a finite, very bad mark.
    """
    drawn = np.maximum(probs[np.arange(len(target)), target], np.finfo(np.float32).tiny)
    return -float(np.log(drawn, dtype=np.float64).sum()), int((probs.argmax(axis=1) == target).sum())
