"""Playing with effort: what is chosen, and what stays as it was."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from jazzgen.charts.find import find_progression
from jazzgen.errors import OptionError
from jazzgen.evaluation.evidence import excerpts
from jazzgen.improviser.between import Soloist, improvise_between
from jazzgen.improviser.choosing import EVERY, effort_of
from jazzgen.improviser.controls import USUAL_EFFORT, Controls
from jazzgen.improviser.excerpts import features
from jazzgen.improviser.improvise import improvise, improvise_all, improvise_over
from jazzgen.model.checkpoint import Checkpoint
from jazzgen.model.choosing import FEATURES, FINGERPRINT, PREFIX, SHAPES, UNUSED
from jazzgen.music.score import Solo
from tests.checkpoints import hearing_all

FORM = find_progression("blues-f").repeat(2)
PLAIN = hearing_all(8)
NAMES = [*features(next(excerpts(improvise(PLAIN, FORM, np.random.default_rng(0)))))]


def choosing_high() -> Checkpoint:
    """A model that chooses what lies high."""
    edges = np.full(SHAPES["edges"], UNUSED, np.float32)
    levels = np.zeros(SHAPES["levels"], np.float32)
    row = NAMES.index("height")
    edges[row] = np.linspace(-12, 12, len(edges[row]))
    levels[row] = 2 * np.arange(len(levels[row]))
    return PLAIN.extended({PREFIX + "edges": edges, PREFIX + "levels": levels}, choosing=FINGERPRINT)


HIGH = choosing_high()


def height(solos: list[Solo]) -> float:
    return float(np.mean([note.pitch for solo in solos for note in solo.notes]))


def takes(checkpoint: Checkpoint, effort: int | None, count: int = 6) -> list[Solo]:
    rngs = [np.random.default_rng(seed) for seed in range(count)]
    return improvise_all(checkpoint, FORM, rngs, controls=Controls(effort=effort))


def test_the_features_are_those_that_tables_are_made_for() -> None:
    assert len(NAMES) == FEATURES
    assert hashlib.sha256("\n".join(NAMES).encode()).hexdigest()[:16] == FINGERPRINT


@pytest.mark.no_cover  # so many candidates
def test_what_is_liked_is_played_oftener_the_more_the_effort() -> None:
    one, four, sixteen = (height(takes(HIGH, effort)) for effort in (1, 4, 16))
    assert one + 1 < four < sixteen


def test_effort_1_plays_what_the_model_plays_alone() -> None:
    assert takes(HIGH, 1) == takes(PLAIN, None) == takes(PLAIN, 1) != takes(HIGH, 2)


def test_a_take_is_the_same_alone_and_among_others() -> None:
    alone = improvise_all(HIGH, FORM, [np.random.default_rng(2)], controls=Controls(effort=3))
    assert takes(HIGH, 3)[2] == alone[0]
    stages = [Solo((), FORM), Solo((), find_progression("rhythm-changes-bb")), Solo((), FORM)]
    together = improvise_over(HIGH, stages, 0, Controls(effort=3))
    assert together[:1] == improvise_over(HIGH, stages[:1], 0, Controls(effort=3))


def test_what_a_chosen_candidate_played_is_gone_on_from() -> None:
    """A take's notes are one line, within the form and its rules, with a primer and in a range, too."""
    primer = Solo(takes(PLAIN, 1)[0].notes[:5], FORM)
    solo = improvise(
        HIGH,
        FORM,
        np.random.default_rng(1),
        primer=primer,
        controls=Controls(effort=4, low=55, high=70),
    )
    assert solo.notes[:5] == primer.notes
    assert all(a.end <= b.onset for a, b in zip(solo.notes, solo.notes[1:], strict=False))
    assert all(55 <= note.pitch <= 70 for note in solo.notes[5:])
    assert FORM.bar_ticks[-1] <= solo.notes[-1].onset < solo.notes[-1].end <= FORM.length


def test_new_bars_are_chosen_as_well() -> None:
    solo = takes(PLAIN, 1)[0]
    start, end = FORM.bar_ticks[4], FORM.bar_ticks[4 + 3 * EVERY]

    def new(effort: int) -> list[Solo]:
        soloist = Soloist(HIGH, "numpy", Controls(effort=effort), None)
        rngs = [np.random.default_rng(seed).spawn(2) for seed in range(4)]
        return [
            replace(solo, notes=tuple(improvise_between(soloist, solo, start, end, pair))) for pair in rngs
        ]

    assert height(new(8)) > height(new(1)) + 1


def test_who_cannot_choose_is_asked_for_nothing() -> None:
    assert effort_of(Controls(), PLAIN) == 1
    assert effort_of(Controls(), HIGH) == USUAL_EFFORT
    assert effort_of(Controls(temperature=0.0), HIGH) == 1  # nothing is drawn
    with pytest.raises(OptionError, match=r"effort 2 .* this model has not learned to choose"):
        takes(PLAIN, 2)
