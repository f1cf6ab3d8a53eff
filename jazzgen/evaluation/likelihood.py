"""How well a model predicts solos: the likelihood of what people played next.

`evaluate` asks a checkpoint how likely it finds each next value of solos that people played, in nats (natural
logarithms: 0 is certainty, log 78 = 4.357 the ignorance of a uniform guess), and of a model that chooses
octaves how likely it finds the octave of each next note. The true past is given, and nothing of the future.
`loss_along` says whether it predicts a solo better the longer it listens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from jazzgen.corpus.splits import Selection
from jazzgen.errors import DataError
from jazzgen.model.checkpoint import Checkpoint, as_checkpoint
from jazzgen.model.engine import LogLikelihoods, NumpyEngine
from jazzgen.music.score import Solo
from jazzgen.tokens.tracker import Encoded, encode_solo

AT_ONCE = 48  # solos side by side: enough for matrix products, and little memory
FIRST_VALUES = 50  # of a solo: its beginning


def evaluate(checkpoint: Checkpoint | str, solos: Sequence[Solo]) -> dict[str, float | int]:
    """How well the model predicts `solos`, each run from its first value to its last in one pass from the
    zero state, without a player's name. `checkpoint` may be the name of a shipped one.

    Keys: `solos`, `notes` (values that are notes) and `values`, counted; `nats_per_value`; `nats_per_note`,
    the loss summed over all values divided by `notes`; `accuracy`, the share of values that the model finds
    likeliest. For a model with an octave head also `register_nats`, a note, and `register_accuracy`: the
    octave displacement against the pitch nearest to the last one. Raises `DataError` if there is no note to
    predict.
    """
    engine = NumpyEngine(as_checkpoint(checkpoint))
    sizes = Selection.of(solos).sizes()  # (n, 2)
    notes, total = (int(count) for count in sizes.sum(axis=0))
    if not notes:
        raise DataError(
            f"nothing to evaluate: {len(solos)} solos without a note; give at least one with notes"
        )
    sums = np.zeros(4)  # nats and right guesses of the values, then of the octaves
    for solo, likelihoods in _heard(engine, solos, sizes[:, 1]):
        sums[:2] += _marks(likelihoods.values, solo.values)
        if likelihoods.octaves is not None:
            sums[2:] += _marks(likelihoods.octaves, solo.displacement[solo.displacement >= 0])
    nats, hits, octave_nats, octave_hits = sums.tolist()
    figures: dict[str, float | int] = {
        "solos": int(np.count_nonzero(sizes[:, 1])),
        "notes": notes,
        "values": total,
        "nats_per_value": nats / total,
        "nats_per_note": nats / notes,
        "accuracy": hits / total,
    }
    if engine.has_octaves:
        figures |= {"register_nats": octave_nats / notes, "register_accuracy": octave_hits / notes}
    return figures


def loss_along(checkpoint: Checkpoint | str, solos: Sequence[Solo]) -> tuple[float, float]:
    """Nats a value over the first 50 values of all `solos`, and over the last third of each; nan of none. A
    model that learns of the soloist while it listens predicts the end better than the beginning.
    """
    engine = NumpyEngine(as_checkpoint(checkpoint))
    first, last = [np.zeros(0)], [np.zeros(0)]
    for solo, likelihoods in _heard(engine, solos, Selection.of(solos).sizes()[:, 1]):
        nats = -likelihoods.values[np.arange(len(solo.values)), solo.values]  # (T,)
        first.append(nats[:FIRST_VALUES])
        last.append(nats[len(nats) - len(nats) // 3 :])
    means = [float(part.mean()) if len(part) else np.nan for part in map(np.concatenate, (first, last))]
    return means[0], means[1]


def _heard(
    engine: NumpyEngine, solos: Sequence[Solo], lengths: npt.NDArray[np.int64]
) -> Iterator[tuple[Encoded, LogLikelihoods]]:
    """Each solo that has values, of which there are `lengths`, and how likely `engine` finds them; by length,
    so that those side by side end at about the same time.
    """
    order = [k for k in np.argsort(-lengths, kind="stable").tolist() if lengths[k]]
    for begin in range(0, len(order), AT_ONCE):
        encoded = [encode_solo(engine.spec, solos[k]) for k in order[begin : begin + AT_ONCE]]
        yield from zip(encoded, engine.log_likelihoods(encoded), strict=True)


def _marks(log_probs: npt.NDArray[np.float64], target: npt.NDArray[np.int64]) -> tuple[float, int]:
    """Summed loss and the number of right guesses, of log-probabilities (T, k) and what came (T,)."""
    nats = -float(log_probs[np.arange(len(target)), target].sum())
    return nats, int((log_probs.argmax(axis=1) == target).sum())
