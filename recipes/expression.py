"""Fit how often soloists scoop, slide, fall and play vibrato to the annotations of a Weimar Jazz Database.

    python -m recipes.expression wjazzd.db                 writes jazzgen/performance/expression.json
    python -m recipes.expression wjazzd.db -o mine.json

The official database says in `melody.f0_mod` what the pitch of a note does: bend, slide, fall-off, vibrato.
Each is a logistic regression on the features of `jazzgen.performance.expression` with an offset for each
instrument, over the notes on which it could be played: long enough, a fall at the end of a phrase, a slide
inside one. A tenth of the tunes is held out; printed are nats a note there, against one rate for all.

The annotators marked the clearest examples only, so that the rates are lower bounds. A database without the
column is refused, and the rules that are there stay.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jazzgen.corpus.splits import title_digest
from jazzgen.corpus.wjazzd import INSTRUMENT_CODES, Transcription, open_database, read_transcriptions
from jazzgen.errors import DataError, JazzgenError
from jazzgen.performance.expression import (
    ABILITIES,
    EXPRESSION_FILE,
    FEATURES,
    GESTURES,
    SHORTEST,
    expression_features,
)
from jazzgen.util.files import replacing
from recipes.feel import place

Floats = npt.NDArray[np.float64]

LABELS = {"bend": "scoop", "slide": "slide", "fall-off": "fall", "fall": "fall", "vibrato": "vibrato"}
HELD_OUT = 10  # one tune of so many
RIDGE, OFFSET_RIDGE = 1.0, 10.0
STEPS = 30  # of Newton's method, at most
FEWEST = 20  # notes with a gesture, to be fitted
ATTRIBUTION = (
    "Fitted by recipes/expression.py to the annotations (f0_mod) of the Weimar Jazz Database (Jazzomat "
    "Research Project, jazzomat.hfm-weimar.de, Open Database License 1.0). Whoever publishes what is made of "
    "it names it."
)


@dataclass(frozen=True, slots=True)
class Annotated:
    """One solo, n notes: `features` (n, F), `seconds` (n,), and the gesture of each note, "" for none."""

    title: str
    instrument: str
    features: Floats
    seconds: Floats
    gestures: tuple[str, ...]

    @property
    def held_out(self) -> bool:
        """Whether its tune is."""
        return int(title_digest(self.title), 16) % HELD_OUT == 0

    def may(self, gesture: str) -> npt.NDArray[np.bool_]:
        """(n,) whether the gesture could be played on each note."""
        allowed = self.seconds >= SHORTEST[gesture]
        if gesture == "fall":
            allowed &= self.features[:, FEATURES.index("last")] == 1
        if gesture == "slide":
            allowed &= self.features[:, FEATURES.index("first")] == 0
        return allowed

    def has(self, gesture: str) -> npt.NDArray[np.bool_]:
        """(n,) whether each note has it."""
        return np.array([found == gesture for found in self.gestures])


def annotated(path: Path) -> list[Annotated]:
    """The solos of the database at `path`, of instruments that bend; `DataError` without annotations."""
    with closing(open_database(path)) as database:
        solos = [one for solo in read_transcriptions(database) if (one := _annotated(solo)) is not None]
    if not any(any(solo.gestures) for solo in solos):
        raise DataError(
            f"{path}: no modulations are annotated in it (melody.f0_mod); the official wjazzd.db of "
            "jazzomat.hfm-weimar.de has them. The rules in expression.json stay"
        )
    return solos


def _annotated(solo: Transcription) -> Annotated | None:
    name = INSTRUMENT_CODES.get(solo.instrument)
    if name not in ABILITIES:
        return None
    try:
        notes, events, _, _ = place(solo)
    except JazzgenError:
        return None  # no beats, a meter not in quarters
    seconds = np.array([event.duration for event in events])
    gestures = tuple(LABELS.get(str(event.modulation or "").strip().casefold(), "") for event in events)
    return Annotated(solo.title, str(name), expression_features(notes, seconds), seconds, gestures)


def rates(solos: Sequence[Annotated]) -> dict[str, dict[str, float]]:
    """By instrument, how many of a hundred notes have each gesture, wherever they stand."""
    found = {}
    for name in sorted({solo.instrument for solo in solos}):
        gestures = [gesture for solo in solos if solo.instrument == name for gesture in solo.gestures]
        found[name] = {kind: 100 * gestures.count(kind) / max(len(gestures), 1) for kind in GESTURES}
    return found


# --------------------------------------------------------------------------------------------------- the fit


def _design(solos: Sequence[Annotated], gesture: str) -> tuple[Floats, Floats]:
    """Features and instruments, (n, F + I), of the notes that may have the gesture, and whether they do."""
    names, rows, had = list(ABILITIES), [], []
    for solo in solos:
        may = solo.may(gesture)
        one_hot = np.zeros((int(may.sum()), len(names)))
        one_hot[:, names.index(solo.instrument)] = 1
        rows.append(np.hstack([solo.features[may], one_hot]))
        had.append(solo.has(gesture)[may])
    return np.vstack(rows), np.concatenate(had).astype(np.float64)


def fit_logistic(x: Floats, y: Floats, ridge: Floats) -> Floats:
    """(C,) weights of a logistic regression of `y` (n,) on `x` (n, C) with a penalty for each column."""
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        chance = _chance(x, weights)
        slope = x.T @ (y - chance) - ridge * weights
        bend = (x * (chance * (1 - chance))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(bend, slope)
        weights += step * min(1.0, 2.0 / float(np.abs(step).max() + 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return weights


def _chance(x: Floats, weights: Floats) -> Floats:
    chances: Floats = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
    return chances


def fit(solos: Sequence[Annotated]) -> tuple[dict[str, object], list[str]]:
    """What `expression.json` holds, and a line of held-out figures for each gesture."""
    weights: dict[str, dict[str, float]] = {}
    offsets: dict[str, dict[str, float]] = {}
    lines = []
    penalty = [1e-6, *[RIDGE] * (len(FEATURES) - 1), *[OFFSET_RIDGE] * len(ABILITIES)]
    before = json.loads(EXPRESSION_FILE.read_text(encoding="utf-8"))
    for gesture in GESTURES:
        x, y = _design([solo for solo in solos if not solo.held_out], gesture)
        if y.sum() < FEWEST:
            weights[gesture] = before["weights"][gesture]
            offsets[gesture] = before["offsets"].get(gesture, {})
            lines.append(f"{gesture:8s} {int(y.sum())} notes are too few; its rule stays")
            continue
        found = fit_logistic(x, y, np.array(penalty))
        weights[gesture] = dict(zip(FEATURES, found.round(3).tolist(), strict=False))
        rows = zip(ABILITIES, found[len(FEATURES) :].round(3).tolist(), strict=True)
        offsets[gesture] = {name: offset for name, offset in rows if offset}
        lines.append(f"{gesture:8s} {int(y.sum())} of {len(y)} notes{_held_out(solos, gesture, found, y)}")
    return {"source": ATTRIBUTION, "weights": weights, "offsets": offsets}, lines


def _held_out(solos: Sequence[Annotated], gesture: str, weights: Floats, y: Floats) -> str:
    held = [solo for solo in solos if solo.held_out]
    if not held:
        return "; no tune is held out"
    x, had = _design(held, gesture)
    if not len(had):
        return "; no such note is held out"
    flat = np.full(len(had), y.mean())
    nats = [float(-np.mean(np.log(np.where(had > 0, p, 1 - p)))) for p in (_chance(x, weights), flat)]
    return f"; held out {nats[0]:.4f} nats a note, {nats[1]:.4f} at one rate"


def _table(solos: Sequence[Annotated]) -> Iterator[str]:
    yield "per 100 notes " + " ".join(f"{gesture:>8s}" for gesture in GESTURES)
    for name, row in rates(solos).items():
        yield f"{name:13s} " + " ".join(f"{row[gesture]:8.2f}" for gesture in GESTURES)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, write the file, print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("database", type=Path, help="wjazzd.db")
    parser.add_argument("-o", "--output", type=Path, default=EXPRESSION_FILE, help="default: %(default)s")
    given = parser.parse_args(arguments)
    try:
        solos = annotated(given.database)
        content, lines = fit(solos)
        with replacing(given.output) as temporary:
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    except JazzgenError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{given.output}: fitted to {sum(len(solo.gestures) for solo in solos):,} notes")
    print("\n".join([*lines, *_table(solos)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
