"""The critic: it sees what differs, says what, and is fooled by nothing but equals."""

from __future__ import annotations

import math
import sys
from dataclasses import replace

import numpy as np
import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.errors import DataError, MissingPackageError
from jazzgen.evaluation.critic import Verdict, discriminate, group_by_tune
from jazzgen.evaluation.features import BARS, excerpts, features
from jazzgen.music.score import Note, Solo

FORMS = (
    "| Dm7 | G7 | Cmaj7 | A7 |",
    "| F7 | Bb7 | F7 | C7 |",
    "| Cm7 | F7 | Bbmaj7 | % |",
    "| Am7 | D7 | Gmaj7 | E7 |",
    "| Ebmaj7 | Cm7 | Fm7 | Bb7 |",
    "| Gm7 | C7 | Fmaj7 | % |",
)


def walk(seed: int, form: str, widest: int = 3, choruses: int = 8) -> Solo:
    """A random walk in eighths that moves by `widest` semitones at most: 16 bars an excerpt."""
    rng = np.random.default_rng(seed)
    progression = parse_progression(form).repeat(choruses)
    pitch, notes = 66, []
    for onset in range(0, progression.length, 6):
        pitch = int(np.clip(pitch + rng.integers(-widest, widest + 1), 50, 76))
        notes.append(Note(onset, 6, pitch))
    return Solo(tuple(notes), progression)


def walks(first_seed: int, widest: int = 3) -> list[Solo]:
    return [walk(first_seed + k, form, widest) for k, form in enumerate(FORMS * 4)]


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    return discriminate(walks(0), walks(100, widest=5), seed=1)


def test_other_intervals_give_a_set_away(verdict: Verdict) -> None:
    assert verdict.auc > 0.95
    assert verdict.interval[0] <= verdict.auc <= verdict.interval[1]
    assert verdict.auc == verdict.by_classifier[verdict.stronger]
    first = {row.feature: row for row in verdict.giveaways[:12]}
    assert first["mean interval"].human < 2 < first["mean interval"].generated
    distances = [abs(row.distance) for row in verdict.giveaways]
    assert distances == sorted(distances, reverse=True)


def test_it_counts_excerpts_and_tunes(verdict: Verdict) -> None:
    assert verdict.human_excerpts == verdict.generated_excerpts == 24 * 2
    assert verdict.tunes == len(FORMS)


def test_equals_cannot_be_told_apart_and_a_seed_is_one_verdict() -> None:
    verdict = discriminate(walks(0), walks(100), seed=1)
    assert 0.3 < verdict.auc < 0.7
    assert verdict.interval[0] < 0.5 < verdict.interval[1]
    assert discriminate(walks(0), walks(100), seed=1) == verdict


def test_too_few_tunes_are_refused() -> None:
    few = walks(0)
    with pytest.raises(DataError, match=r"needs excerpts of 5 generated tunes .* received 1"):
        discriminate(few, few[:1])
    with pytest.raises(DataError, match=r"5 human tunes .* received 0"):
        discriminate([], few)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(
        MissingPackageError, match=r"the critic needs sklearn.* pip install 'jazzgen\[critic\]'"
    ):
        discriminate(walks(0), walks(100))


def test_a_title_or_the_same_changes_make_one_tune() -> None:
    a, b, c = (walk(0, form) for form in FORMS[:3])
    named = [replace(solo, title=title) for solo, title in ((a, "Joy"), (b, "joy!"), (c, "Sorrow"))]
    assert group_by_tune(named) == [0, 0, 2]
    # The first chords link the fourth to the second, and so to the first, whatever their titles.
    assert group_by_tune([*named, replace(walk(9, FORMS[1]), title="Other")]) == [0, 0, 2, 0]


def test_an_excerpt_is_sixteen_whole_bars_with_enough_notes() -> None:
    solo = walk(0, FORMS[0], choruses=9)  # 36 bars
    found = list(excerpts(solo))
    assert len(found) == 2
    assert all(len(e.onset) == BARS * 8 and e.onset[0] == 0 and e.bar[-1] == 15 for e in found)
    assert list(excerpts(replace(solo, notes=solo.notes[:23]))) == []
    assert list(excerpts(replace(solo, notes=()))) == []


def test_features_are_the_same_finite_numbers_for_every_excerpt() -> None:
    names = list(features(next(excerpts(walk(0, FORMS[0])))))
    assert len(names) >= 200
    sparse = replace(walk(1, "| N.C. | % | % | % |"), notes=walk(1, FORMS[1]).notes[::4][:24])
    for solo in (walk(2, FORMS[2], widest=0), sparse):
        found = features(next(excerpts(solo)))
        assert list(found) == names
        assert all(math.isfinite(number) for number in found.values())


def test_features_say_what_they_count() -> None:
    scale = [60, 62, 64, 65, 67, 65, 64, 62]
    progression = parse_progression("| C | F | C | F |").repeat(4)
    solo = Solo(tuple(Note(6 * k, 6, pitch) for k, pitch in enumerate(scale * 16)), progression)
    found = features(next(excerpts(solo)))
    assert found["interval 2"] == pytest.approx(48 / 127)  # c d, d e, f g in each of 16 bars
    assert found["step up, then step up"] == pytest.approx(48 / 126)
    assert found["onset on beat 2 + 6"] == 1 / 8
    assert found["longest run of eighths"] == 127
    assert found["longest run of one pitch"] == 1
    assert found["phrases"] == 1
    assert found["chord tones"] == pytest.approx((4 + 3) / 16)  # c e g e over C, f c f over F
    assert found["range"] == 7
    assert found["bars alike in rhythm"] == 15 / 16
    assert found["turns"] == pytest.approx(31 / 126)
    assert found["intervals one way 4"] == 31 / 32  # the last goes three down
    assert found["8 intervals again"] > 0.9
