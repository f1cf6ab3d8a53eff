"""The planner draws units from distributions over their choices."""

from __future__ import annotations

import numpy as np

from jazzgen.charts.find import find_progression
from jazzgen.model.planner import (
    HABIT,
    INPUTS,
    OPINION,
    PLACE,
    WIDTHS,
    Planner,
    classes_of,
    one_hot,
    place,
    planner_shapes,
    read,
    unit_of,
)
from jazzgen.music.units import Unit

FORM = find_progression("blues-f")


def planner(seed: int = 0) -> Planner:
    rng = np.random.default_rng(seed)
    return Planner(
        {name: rng.normal(0, 0.3, shape).astype(np.float32) for name, shape in planner_shapes().items()}
    )


def test_a_unit_survives_its_classes() -> None:
    unit = Unit(9, 5, "line", "cv", 1.9, 4.0, 2)
    choices = classes_of(unit, before=7)
    assert unit_of(choices, gap=2, beats=5, before=7) == unit


def test_what_is_read_and_where_it_is() -> None:
    assert read((), place(FORM, 0), 120).shape == (INPUTS,)
    assert place(FORM, 47).shape == place(FORM, 0).shape == (PLACE,)
    assert place(FORM, 0).sum() == 4  # part of the form, beat, bar, and how far from the end
    assert not np.array_equal(place(FORM, 4), place(FORM, 0))
    assert one_hot((1, 2)).sum() == 2


def test_choices_depend_on_those_before_and_on_what_was_read() -> None:
    network = planner()
    state = network.step(read((), place(FORM, 0), 120), network.start())
    begins = place(FORM, 2)
    for k, width in enumerate(WIDTHS.values()):
        shares = network.shares(state, begins, [0] * k)
        assert shares.shape == (width,)
        np.testing.assert_allclose(shares.sum(), 1)
    assert not np.allclose(network.shares(state, begins, [0, 1]), network.shares(state, begins, [0, 2]))
    later = network.step(read(classes_of(Unit(2, 3, "lick"), 0), place(FORM, 5), 120), state)
    assert not np.allclose(network.shares(state, None, []), network.shares(later, None, []))


def test_what_a_solo_chose_before_it_chooses_again() -> None:
    """With the same state, and a head alike for all: (n / p + a) / (N + a) to the power of the habit."""
    network, start = planner(), planner().start()
    said = read(classes_of(Unit(2, 3, "lick"), 0), place(FORM, 5), 120)
    once = network.step(said, start)
    often = once._replace(chosen=5 * once.chosen)
    fresh = once._replace(chosen=0 * once.chosen)
    gap = classes_of(Unit(2, 3, "lick"), 0)[0]
    shares = [network.shares(state, None, [])[gap] for state in (fresh, once, often)]
    assert shares[0] < shares[1] < shares[2]
    own = network.shares(fresh, None, [])
    heard = own * ((5 * (np.arange(len(own)) == gap) / own + OPINION) / (5 + OPINION)) ** HABIT
    np.testing.assert_allclose(network.shares(often, None, []), heard / heard.sum(), rtol=1e-6)
