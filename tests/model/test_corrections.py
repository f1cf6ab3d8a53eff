"""The corrections of a model: carried by its file, and each table moves what is played as it says."""

from __future__ import annotations

from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
import pytest

from jazzgen.charts.find import find_progression
from jazzgen.errors import CheckpointError
from jazzgen.improviser.improvise import improvise, improvise_all
from jazzgen.model.checkpoint import CORRECTIONS, Checkpoint, load_checkpoint, save_checkpoint
from jazzgen.model.corrections import SHAPES
from jazzgen.music.score import Solo
from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.views import VIEWS
from jazzgen.tokens.vocabulary import N_VALUES, REST, value_of
from tests.checkpoints import hearing_all, predicting

FORM = find_progression("blues-f")


def corrected(checkpoint: Checkpoint, **tables: np.ndarray) -> Checkpoint:
    """The model with these corrections; tables that are not given are zeros."""
    arrays = {CORRECTIONS + name: tables.get(name, np.zeros(shape)) for name, shape in SHAPES.items()}
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
    return checkpoint.extended(arrays, corrected=True)


def blind() -> Checkpoint:
    """Quarters and eighths of a scale, each as likely whatever was played."""
    probs = np.full(N_VALUES, 1e-4)
    probs[[value_of(degree, length) for degree in (0, 2, 4, 5, 7, 9, 10) for length in (2, 3)]] = 1.0
    return predicting(probs / probs.sum(), FeatureSpec(("motif", "views")))


def takes(checkpoint: Checkpoint) -> list[Solo]:
    rngs = [np.random.default_rng(seed) for seed in range(8)]
    return improvise_all(checkpoint, FORM.repeat(4), rngs, choruses=4)


def test_the_file_carries_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    made = corrected(hearing_all(4), **{name: rng.normal(size=shape) for name, shape in SHAPES.items()})
    path = tmp_path / "corrected.safetensors"
    save_checkpoint(path, made.arrays, made.description)
    loaded = load_checkpoint(path).corrections
    assert loaded is not None
    for name, table in zip(loaded._fields, loaded, strict=True):
        np.testing.assert_array_equal(table, made.arrays[CORRECTIONS + name])
    assert hearing_all(4).corrections is None


@pytest.mark.parametrize(
    ("described", "without", "fault"),
    [
        ({"corrected": False}, [], "the array 'corrections/octaves' is not known"),
        ({}, ["corrections/values"], "corrections/values is missing"),
        ({"corrected": "yes"}, [], "corrected must be true or false"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, described: dict[str, object], without: list[str], fault: str
) -> None:
    made, path = corrected(hearing_all(4)), tmp_path / "wrong.safetensors"
    arrays = {name: array for name, array in made.arrays.items() if name not in without}
    save_checkpoint(path, dict(sorted(arrays.items())), {**made.description, **described})
    with pytest.raises(CheckpointError, match=fault):
        load_checkpoint(path)


def test_zeros_correct_nothing() -> None:
    made = hearing_all(8)
    solos = [improvise(c, FORM, np.random.default_rng(3)) for c in (made, corrected(made))]
    assert solos[0] == solos[1]


def test_values_that_gain_are_played_oftener() -> None:
    """Eighths gain wherever the beat is, fifths of the chord over every quality."""
    made, values = blind(), np.zeros(SHAPES["values"])
    first = sum(view.rows for view in VIEWS[:10])
    values[: VIEWS[0].rows, 2] = values[first : first + VIEWS[10].rows, 7] = 3.0
    before, after = (
        [(note.duration == 6, (note.pitch - 5) % 12 == 7) for solo in takes(c) for note in solo.notes]
        for c in (made, corrected(made, values=values))
    )
    assert (np.mean(after, axis=0) > 1.5 * np.mean(before, axis=0)).all()


def test_what_memories_propose_comes_back_oftener() -> None:
    made, returns = blind(), np.full(SHAPES["returns"], 4.0)

    def repeated(checkpoint: Checkpoint) -> float:
        """The share of three pitches in a row that were played before."""
        runs = [
            [tuple(note.pitch for note in solo.notes[k : k + 3]) for k in range(len(solo.notes) - 2)]
            for solo in takes(checkpoint)
        ]
        return 1 - sum(len(set(some)) for some in runs) / sum(map(len, runs))

    assert repeated(corrected(made, returns=returns)) > repeated(made) + 0.1


def test_octaves_that_gain_are_chosen_oftener() -> None:
    made, octaves = hearing_all(8), np.zeros(SHAPES["octaves"])
    octaves[..., 2] = 6.0  # the nearest pitch
    widest = [
        np.mean([abs(b.pitch - a.pitch) > 6 for s in takes(c) for a, b in zip(s.notes, s.notes[1:])])  # noqa: B905
        for c in (made, corrected(made, octaves=octaves))
    ]
    assert widest[1] < 0.1 < widest[0]


def test_octaves_behind_a_rest_are_a_matter_of_their_own() -> None:
    """Within a line nearly always the nearest pitch, behind a rest nearly never."""
    probs = np.full(N_VALUES, 1e-4)
    probs[[value_of(degree, 2) for degree in (0, 2, 4, 5, 7, 9, 10)] + [value_of(REST, 2)]] = 1.0
    octaves = np.zeros(SHAPES["octaves"])
    octaves[0, ..., 2], octaves[1, ..., 2] = 12.0, -12.0
    made = predicting(probs / probs.sum(), FeatureSpec(("motif", "views")))
    within, behind = [], []
    for solo in takes(corrected(made, octaves=octaves)):
        for before, after in pairwise(solo.notes):
            wide = abs(after.pitch - before.pitch) > 6
            (within if before.end == after.onset else behind).append(wide)
    assert np.mean(within) < 0.05  # where the range has another octave only
    assert np.mean(behind) > 0.9


def test_a_pitch_is_played_in_a_row_as_often_as_it_gains() -> None:
    made, runs = blind(), np.zeros(SHAPES["runs"])
    runs[1:] = -9.0  # after two

    def longest(checkpoint: Checkpoint) -> int:
        pitches = [[note.pitch for note in solo.notes] for solo in takes(checkpoint)]
        return max(len(list(run)) for line in pitches for _, run in groupby(line))

    assert longest(corrected(made, runs=runs)) == 2 < longest(made)


def test_the_shipped_improviser_has_them() -> None:
    corrections = load_checkpoint("improviser").corrections
    assert corrections is not None
    assert all(np.abs(table).max() > 0.1 for table in corrections)
