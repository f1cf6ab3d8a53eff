"""`recipes/choosing.py`: takes that are chosen come nearer to people."""

from __future__ import annotations

import numpy as np

from jazzgen.charts.find import find_progression
from jazzgen.model.choosing import BINS, UNUSED, Choosing
from jazzgen.music.score import Solo
from recipes.choosing import edges_of, fit, played, table, told_apart
from tests.checkpoints import hearing_all

FORMS = [Solo((), find_progression(name).repeat(2), title=name) for name in ("blues-f", "rhythm-changes-bb")]


def test_bins_hold_whole_values() -> None:
    rng = np.random.default_rng(0)
    rows = np.stack([rng.integers(0, 3, 500), rng.normal(size=500), np.zeros(500)], axis=1)
    edges = edges_of(rows)
    np.testing.assert_array_equal(edges[0, :3], [0.5, 1.5, UNUSED])
    assert (np.diff(edges) >= 0).all()
    used = np.count_nonzero(edges[1] < UNUSED)
    assert used > BINS // 2
    assert edges[2].min() == UNUSED
    np.testing.assert_array_equal(edges, edges.astype(np.float16))


def test_log_odds_are_learned_where_features_differ() -> None:
    rng = np.random.default_rng(0)
    people, takes = rng.normal(0, 1, (400, 4)), rng.normal(0, 1, (400, 4))
    people[:, 0] += 1.5
    edges = edges_of(np.concatenate([people, takes]))
    levels = told_apart(edges, people, takes)
    assert np.ptp(levels[0]) > 3 * np.ptp(levels[1:], axis=1).max()
    bins = (np.concatenate([people, takes])[:, :, None] > edges).sum(axis=2)
    added = np.take_along_axis(levels[None].repeat(800, 0), bins[:, :, None], axis=2)[:, :, 0]
    np.testing.assert_allclose(added.mean(axis=0), 0, atol=1e-4)


def test_takes_that_are_chosen_come_nearer() -> None:
    model = hearing_all(8, seed=2)
    people = played(hearing_all(8, seed=1), FORMS * 8, 5, effort=1)
    told: list[str] = []
    made = fit(model, people, rounds=1, takes=14, seed=0, tell=told.append)
    assert made.choosing is not None
    assert len(told) == 2
    judge = Choosing(
        made.choosing.edges,
        told_apart(made.choosing.edges, table(people), table(played(model, people, 3, 1))),
    )

    def score(effort: int) -> float:
        takes = [take for seed in (9, 11) for take in played(made, people, seed, effort)]
        return float(np.mean([judge.score(row) for row in table(takes)]))

    assert score(8) > score(1) + 0.15
