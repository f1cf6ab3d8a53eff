"""A set beside another: overlap against SciPy's kernel density, the shipped reference against the corpus."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from jazzgen.evaluation.comparison import (
    Reference,
    compare,
    corpus_reference,
    effect,
    overlap,
    pack,
    reference_of,
    unpack,
)
from jazzgen.evaluation.recoding import recoded
from jazzgen.evaluation.statistics import HISTOGRAMS, STATISTICS, Summary, describe
from tests.evaluation.test_statistics import LINE, eighths
from tests.solos import corpus_solos


def mgeval(found: np.ndarray, reference: np.ndarray) -> tuple[float, float]:
    """The same two numbers with SciPy's `gaussian_kde`, as MGEval computes them, on one grid of 2,000."""
    stats = pytest.importorskip("scipy.stats")
    inside = [abs(a - b) for k, a in enumerate(found) for b in found[:k]]
    across = [abs(a - b) for a in found for b in reference]
    grid = np.linspace(0, max(*inside, *across), 2000)
    p, q = (stats.gaussian_kde(distances)(grid) for distances in (inside, across))
    return float(np.minimum(p / p.sum(), q / q.sum()).sum()), float(stats.entropy(p, q))


@pytest.mark.parametrize(("middle", "spread"), [(0, 1), (1, 1), (0, 0.3), (3, 0.5)])
def test_overlap_is_that_of_mgeval(middle: float, spread: float) -> None:
    rng = np.random.default_rng(1)
    found, reference = rng.normal(middle, spread, 40), rng.normal(0, 1, 60)
    area, divergence = overlap(tuple(found), tuple(reference))
    expected_area, expected_divergence = mgeval(found, reference)
    assert area == pytest.approx(expected_area, abs=0.01)
    assert divergence == pytest.approx(expected_divergence, rel=0.05, abs=0.01)


def test_overlap_of_equals_and_of_strangers() -> None:
    assert overlap([1, 1, 1], [1, 1]) == (1, 0)
    same, _ = overlap(range(50), range(50))
    far, divergence = overlap([0, 0.1, 0.2], [10, 11, 12])
    assert same > 0.95
    assert far < 0.05 < 1 < divergence
    assert all(map(math.isnan, overlap([1], [1, 2])))


def test_a_comparison_says_whether_the_mean_is_in_the_band() -> None:
    fives = {name: Summary((5.0, 5.0)) for name in STATISTICS}
    rows = compare(fives, Reference("made up", 3, {n: Summary((4.0, 5.0, 6.0)) for n in STATISTICS}, {}))
    assert [row.name for row in rows] == list(STATISTICS)
    assert all(row.in_band for row in rows)
    low = compare(fives, Reference("made up", 3, {n: Summary((6.0, 7.0, 8.0)) for n in STATISTICS}, {}))
    assert not any(row.in_band for row in low)
    assert next(row.label for row in rows if row.name == "range") == "range, semitones"


def test_an_effect_is_in_pooled_standard_deviations() -> None:
    low, high = Summary((0.0, 2.0)), Summary((3.0, 5.0))
    assert (effect(high, low), effect(low, high), effect(low, low)) == (3, -3, 0)
    assert effect(Summary((0.0, 4.0)), Summary((1.0, 1.0))) == pytest.approx(1 / math.sqrt(2))
    assert math.isnan(effect(Summary((1.0, 1.0)), Summary((2.0, 2.0))))
    assert math.isnan(effect(low, Summary(())))


def test_a_reference_survives_its_file() -> None:
    made = reference_of([LINE, eighths([60, 64, 67] * 9)], "two lines")
    again = unpack(json.loads(json.dumps(pack(made))))
    assert (again.source, again.solos) == ("two lines", 2)
    assert again.statistics["range"].band == pytest.approx(made.statistics["range"].band, abs=0.1)
    assert np.allclose(again.histograms["intervals"], made.histograms["intervals"], atol=1e-4)


def test_what_ships_is_complete_and_attributed() -> None:
    reference = corpus_reference()
    assert set(reference.statistics) == set(STATISTICS)
    assert set(reference.histograms) == set(HISTOGRAMS)
    assert "Open Database License" in reference.source
    assert reference.solos == 389


@pytest.mark.no_cover  # 389 times the same lines
def test_what_ships_is_the_corpus_reference() -> None:
    found = describe([recoded(s) for s in corpus_solos() if {m.beats for m in s.progression.meters} == {4}])
    for row in compare(found, corpus_reference()):
        assert row.reference.mean == pytest.approx(row.found.mean, rel=0.05), row.name
        assert row.overlap > 0.95, row.name
