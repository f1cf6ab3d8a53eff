"""Count the corpus's shares that the views compare a solo with: `jazzgen/tokens/view_shares.f16`.

    python -m recipes.view_shares wjazzd.db

Counted are the solos that the shipped improviser is trained on; those of test tunes play no part. Rows of an
absolute pitch class or root have the shares of all keys together, since a tune's key says nothing about its
soloist.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jazzgen.corpus.splits import split_by_title
from jazzgen.corpus.wjazzd import load
from jazzgen.improviser.improvise import with_pitches
from jazzgen.music.score import Solo
from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.views import CLASSES, ROWS, SHARES_FILE, VIEWS, ViewCounts
from recipes.improviser import TEST, TEST_SEED

SMOOTHING = 20.0  # counts of the view's mean row that are added to each row
LEAST = 0.002  # no share is smaller: one note must not count as a hundred
TARGET = Path(__file__).parents[1] / "jazzgen" / "tokens" / SHARES_FILE


def count(solos: Sequence[Solo]) -> npt.NDArray[np.float64]:
    """(rows, 12) How often each class came in each context."""
    total = np.zeros((ROWS, CLASSES))
    for solo in solos:
        tracker = ContextTracker.over(solo, FeatureSpec())
        counts = ViewCounts(np.full((ROWS, CLASSES), 1 / CLASSES, np.float32), decays=False)
        for value, pitch in with_pitches(solo):
            place = tracker.table.places[min(tracker.now, len(tracker.table.places) - 1)]
            counts.advance(place, tracker.phrase_class, value, pitch)
            tracker.advance(value, pitch)
        total += counts.counts
    return total


def shares_of(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(rows, 12) Counts -> shares that add up to 1 in each row."""
    rows, first = {}, 0
    for view in VIEWS:
        rows[view.name] = slice(first, first + view.rows)
        first += view.rows
    steps = counts[rows["step"]].sum(axis=0)
    degrees = counts[rows["quality"]].sum(axis=0)
    counts = counts.copy()
    counts[rows["last_pitch"]] = [np.roll(steps, k) for k in range(CLASSES)] + [np.ones(CLASSES)]
    counts[rows["root"]] = degrees
    counts[rows["recent"]] = 1
    for span in rows.values():
        mean = counts[span].sum(axis=0) / counts[span].sum()
        counts[span] += SMOOTHING * mean
    shares = counts / counts.sum(axis=1, keepdims=True)
    shares = np.maximum(shares, LEAST)
    return shares / shares.sum(axis=1, keepdims=True)


def main(arguments: Sequence[str]) -> int:
    """Write the file and print its digest, which `views.py` holds."""
    solos, _ = split_by_title(load(Path(arguments[0])), TEST, TEST_SEED)
    TARGET.write_bytes(shares_of(count(solos)).astype("<f2").tobytes())
    print(hashlib.sha256(TARGET.read_bytes()).hexdigest()[:16])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
