"""Viewpoints: counts that one can follow by hand, and what they say."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import numpy as np
import pytest

from jazzgen.music.chords import parse_chord
from jazzgen.tokens.features import FEATURES, Feature, FeatureSpec
from jazzgen.tokens.views import (
    CLASSES,
    MEANING,
    N_RHYTHM,
    N_VIEWS,
    NONE,
    RESOLUTION,
    SHARES_DIGEST,
    SHARES_FILE,
    VIEWS,
    Place,
    ViewCounts,
    corpus_shares,
    quality_of,
)

EVEN = np.full((sum(view.rows for view in VIEWS), CLASSES), 1 / CLASSES, np.float32)
NAMES = [view.name for view in VIEWS]
BEAT = Place(0, 0, 0, 0)  # over C
EIGHTH, REST = 2, 12 * 6 + 2  # the root as an eighth, and an eighth's rest


def ratio(counts: float, total: float, view: str) -> float:
    """What a view says of a class with so many counts when all shares are equal."""
    a = VIEWS[NAMES.index(view)].a
    return float(np.log((counts * CLASSES + a) / (total + a)))


def test_before_the_first_value_the_views_say_nothing() -> None:
    assert not ViewCounts().ratios(BEAT, 0).any()


def test_what_was_played_is_said_of_its_class_and_less_of_the_others() -> None:
    counts = ViewCounts(EVEN)
    counts.advance(BEAT, 0, EIGHTH, 60)
    said = counts.ratios(BEAT, 0)
    recent = said[NAMES.index("recent")]
    assert recent[0] == pytest.approx(ratio(1, 1, "recent"), abs=RESOLUTION)
    assert recent[1:] == pytest.approx(np.full(11, ratio(0, 1, "recent")), abs=RESOLUTION)
    lengths = said[NAMES.index("rhythm_recent")]
    assert lengths.argmax() == EIGHTH
    # The next value follows another one, so the contexts of the value before are new.
    assert not said[NAMES.index("rhythm_two")].any()
    assert not said[NAMES.index("step")].any()


def test_pitch_classes_are_degrees_of_the_root_that_sounds_now() -> None:
    counts = ViewCounts(EVEN)
    counts.advance(BEAT, 0, EIGHTH, 60)  # c over C
    over_d = counts.ratios(Place(0, 0, 2, 0), 0)
    assert over_d[NAMES.index("recent")].argmax() == 10  # c is the seventh of D
    assert not over_d[NAMES.index("root")].any()  # nothing was played over a root D yet


def test_steps_lead_from_the_last_pitch() -> None:
    counts = ViewCounts(EVEN)
    for pitch in (60, 62, 64):
        counts.advance(BEAT, 0, EIGHTH, pitch)
    said = counts.ratios(BEAT, 0)
    assert said[NAMES.index("step_recent")].argmax() == 6  # two semitones above e, over C


def test_a_rest_says_nothing_about_pitch() -> None:
    counts = ViewCounts(EVEN)
    counts.advance(BEAT, 0, EIGHTH, 60)
    before = counts.ratios(BEAT, 0)[N_RHYTHM:]
    counts.advance(BEAT, 0, REST, None)
    after = counts.ratios(BEAT, 0)
    lengths = after[NAMES.index("rhythm_recent")]
    assert lengths.argmax() == 6 + EIGHTH
    of_last_length = NAMES.index("step_length") - N_RHYTHM
    np.testing.assert_array_equal(np.delete(after[N_RHYTHM:], of_last_length, 0),
                                  np.delete(before, of_last_length, 0))  # fmt: skip


def test_a_bound_on_what_is_counted_keeps_shares_and_lets_them_change() -> None:
    free, bound = ViewCounts(EVEN), ViewCounts(EVEN, most=40)
    for counts in (free, bound):
        for k in range(200):
            degree = 2 * (k % 4 == 0)
            counts.advance(BEAT, 0, 6 * degree + EIGHTH, 60 + degree)
    root = NAMES.index("root")
    assert bound.ratios(BEAT, 0)[root, 0] == pytest.approx(ratio(30, 40, "root"), abs=RESOLUTION)
    assert free.ratios(BEAT, 0)[root, 0] == pytest.approx(ratio(150, 200, "root"), abs=RESOLUTION)
    np.testing.assert_array_equal(bound.copy().ratios(BEAT, 0), bound.ratios(BEAT, 0))
    fresh = ViewCounts(EVEN, most=40)
    fresh.advance(BEAT, 0, EIGHTH, 60)
    assert fresh.ratios(BEAT, 0)[root, 0] == pytest.approx(ratio(1, 1, "root"), abs=RESOLUTION)


def test_counts_decay_and_a_copy_goes_its_own_way() -> None:
    counts = ViewCounts(EVEN)
    for _ in range(400):
        counts.advance(BEAT, 0, EIGHTH, 60)
    recent = counts.counts[-1]
    assert recent.sum() == pytest.approx(1 / (1 - VIEWS[-1].decay), rel=1e-3)
    other, before = counts.copy(), counts.ratios(BEAT, 0)
    other.advance(BEAT, 0, EIGHTH, 61)
    np.testing.assert_array_equal(counts.ratios(BEAT, 0), before)
    assert (other.ratios(BEAT, 0) != before).any()


def test_ratios_are_exact_in_half_precision() -> None:
    counts, rng = ViewCounts(), np.random.default_rng(0)
    for _ in range(200):
        value = int(rng.integers(78))
        pitch = None if value >= 72 else int(rng.integers(40, 80))
        counts.advance(Place(3 * int(rng.integers(4)), 5, 7, 3), 1, value, pitch)
        said = counts.ratios(Place(0, 0, 7, 3), 1)
        assert said.shape == (N_VIEWS, CLASSES)
        np.testing.assert_array_equal(said.astype(np.float16).astype(np.float32), said)


def test_the_shares_are_those_that_a_checkpoint_names() -> None:
    data = files("jazzgen.tokens").joinpath(SHARES_FILE).read_bytes()
    assert hashlib.sha256(data).hexdigest()[:16] == SHARES_DIGEST
    shares = corpus_shares()
    assert shares.shape == EVEN.shape
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert shares.min() > 0.001


def test_the_quality_of_a_chord() -> None:
    bits = {symbol: quality_of(parse_chord(symbol)) for symbol in ("C7", "Cm7", "Cmaj7", "Cm7b5", "N.C.")}
    assert bits == {"C7": 0b01010, "Cm7": 0b01001, "Cmaj7": 0b10010, "Cm7b5": 0b01101, "N.C.": 0}
    assert NONE == 12


def test_what_the_views_count_is_in_a_models_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = FeatureSpec(("views",))
    before = spec.fingerprint
    assert FEATURES["views"].meaning == MEANING
    monkeypatch.setitem(FEATURES, "views", Feature(0, 0, (*MEANING[:-1], 18)))
    assert spec.fingerprint != before
