"""The critic: it sees what differs, says what, and is fooled by nothing but equals."""

from __future__ import annotations

import itertools
import math
import sys
from dataclasses import replace

import numpy as np
import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.errors import DataError, MissingPackageError, OptionError
from jazzgen.evaluation import critic, ngram_critic, recurrent_critic
from jazzgen.evaluation.critic import KINDS, Verdict, discriminate, group_by_tune
from jazzgen.evaluation.evidence import excerpts
from jazzgen.evaluation.ngram_critic import see_ngrams
from jazzgen.evaluation.recurrent_critic import CLASSES, OFFSETS, see_notes
from jazzgen.improviser.excerpts import BARS, features
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


@pytest.mark.no_cover  # other tests run these lines
def test_equals_cannot_be_told_apart_and_a_seed_is_one_verdict() -> None:
    verdict = discriminate(walks(0), walks(100), seed=1)
    assert 0.3 < verdict.auc < 0.7
    assert verdict.interval[0] < 0.5 < verdict.interval[1]
    assert discriminate(walks(0), walks(100), seed=1) == verdict


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Critics that see little, learn soon and are trained twice."""
    monkeypatch.setattr(critic, "FOLDS", 2)
    monkeypatch.setattr(critic, "RESAMPLINGS", 40)
    monkeypatch.setattr(ngram_critic, "MOST", 120)
    for name, value in {"NOTES": 32, "BATCH": 16, "RATE": 0.01, "EPOCHS": 15}.items():
        monkeypatch.setattr(recurrent_critic, name, value)


@pytest.mark.usefixtures("small")
def test_repeats_are_the_seeds_after_the_first_and_their_mean_counts() -> None:
    human, generated = walks(0), walks(100, widest=5)
    both = _asked(human, generated, "ngrams", seed=4, repeats=2)
    alone = [_asked(human, generated, "ngrams", seed=seed).auc for seed in (4, 5)]
    assert both.by_seed == tuple(alone)
    assert both.auc == pytest.approx(np.mean(alone))
    assert both.interval[0] <= both.auc <= both.interval[1]


@pytest.mark.usefixtures("small")
def test_processes_side_by_side_come_to_the_same_verdict() -> None:
    human, generated = walks(0), walks(100, widest=4)
    assert _asked(human, generated, "ngrams", jobs=2) == _asked(human, generated, "ngrams")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_finds_fakes(kind: str) -> None:
    """Lines of the same pitches in another order, and of the same line with its onsets displaced."""
    human = walks(0)
    shuffled = [_shuffled(solo, seed) for seed, solo in enumerate(walks(100))]
    assert _asked(human, shuffled, kind).auc > 0.9
    displaced = [_displaced(solo) for solo in walks(100)]
    assert kind == "recurrent" or _asked(human, displaced, kind).auc > 0.9


def test_a_kind_that_is_not_known_or_a_number_out_of_range_is_refused() -> None:
    with pytest.raises(
        OptionError, match="unknown kind of critic 'mood'; known are features, ngrams, recurr"
    ):
        discriminate(walks(0), walks(1), kind="mood")
    with pytest.raises(OptionError, match=r"repeats must be in 1\.\.100, received 101"):
        discriminate(walks(0), walks(1), repeats=101)


@pytest.mark.no_cover  # other tests run these lines
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("kind", ["ngrams", "recurrent"])
def test_no_kind_tells_two_halves_apart_and_a_seed_is_one_figure(kind: str) -> None:
    verdict = _asked(walks(0), walks(100), kind)
    assert 0.25 < verdict.auc < 0.75
    assert _asked(walks(0), walks(100), kind) == verdict


@pytest.mark.parametrize("kind", KINDS)
def test_people_are_heard_as_encoded_and_decoded(kind: str) -> None:
    """Note lengths that no take has give nobody away."""
    line = walk(100, FORMS[0])
    other = [replace(note, duration=5) for note in line.notes]
    sights = [KINDS[kind].see(list(excerpts(s))) for s in (line, replace(line, notes=tuple(other)))]
    assert (sights[0].inputs == sights[1].inputs).all()


def test_ngrams_are_shares_with_names() -> None:
    solo = walk(0, FORMS[0], widest=0, choruses=4)  # one pitch in eighths
    sight = see_ngrams(list(excerpts(solo)))
    shares = dict(zip(sight.names, sight.counted[0], strict=True))
    notes = 16 * 8
    assert (
        shares["intervals 0"] == shares["steps 6"] == shares["interval and step 0 6"] == (notes - 1) / notes
    )
    assert shares["intervals 0 0 0"] == (notes - 3) / notes
    assert shares["place 0"] == shares["place 42"] == 1 / 8
    assert sum(
        share for name, share in shares.items() if name.startswith("degree and place")
    ) == pytest.approx(1)


def test_only_the_most_common_ngrams_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ngram_critic, "MOST", 10)
    sight = see_ngrams([excerpt for solo in walks(0)[:4] for excerpt in excerpts(solo)])
    assert sight.inputs.shape == (8, 10)
    assert (sight.counted > 0).all(axis=0).sum() >= 9  # they occur in all excerpts


def test_the_network_hears_each_note_in_every_respect_and_no_more() -> None:
    solo = walk(3, FORMS[1], choruses=4)
    few = replace(solo, notes=solo.notes[:30])
    heard = see_notes([*excerpts(few), *excerpts(solo)]).inputs
    assert (heard[0, :30] > 0).all()
    assert (heard[0, 30:] == 0).all()
    assert (heard[0, :30] == heard[1, :30])[:29].all()
    edges = [*OFFSETS, OFFSETS[-1] + CLASSES[-1]]
    for k, (low, high) in enumerate(itertools.pairwise(edges)):
        assert ((heard[1, :, k] >= low) & (heard[1, :, k] < high)).all()


def test_the_recurrent_critic_names_the_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(MissingPackageError, match=r"recurrent critic needs tensorflow.*'jazzgen\[train\]'"):
        discriminate(walks(0), walks(100), kind="recurrent")


def _asked(human: list[Solo], generated: list[Solo], kind: str, **options: int) -> Verdict:
    """The verdict of a kind with seed 1."""
    if kind == "recurrent":
        pytest.importorskip("tensorflow", reason="the recurrent critic needs jazzgen[train]")
    return discriminate(human, generated, **{"seed": 1, **options}, kind=kind)


def _shuffled(solo: Solo, seed: int) -> Solo:
    pitches = np.random.default_rng(seed).permutation([note.pitch for note in solo.notes]).tolist()
    notes = tuple(replace(note, pitch=pitch) for note, pitch in zip(solo.notes, pitches, strict=True))
    return replace(solo, notes=notes)


def _displaced(solo: Solo) -> Solo:
    """A 16th late."""
    notes = (replace(note, onset=note.onset + 3) for note in solo.notes[:-1])
    return replace(solo, notes=tuple(notes))


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
