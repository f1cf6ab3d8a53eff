"""What a musician can ask for: each wish moves what it names, and leaves the rest alone."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from jazzgen.errors import OptionError
from jazzgen.evaluation.comparison import corpus_reference
from jazzgen.evaluation.statistics import Summary, describe
from jazzgen.improviser.controls import Controls, arc_level, parse_range
from jazzgen.improviser.improvise import improvise, improvise_all
from jazzgen.improviser.originality import build_index, longest_run
from jazzgen.improviser.player import Player
from jazzgen.improviser.preferences import motif_gain
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.engine import make_engine
from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint
from jazzgen.model.tuning import Tuning
from jazzgen.music.forms import find_progression
from jazzgen.music.progressions import parse_progression
from jazzgen.music.score import INSTRUMENTS, Note, Solo
from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import N_VALUES, REST, value_of
from tests.checkpoints import hearing_all, made_of, predicting, tuned

FORM = find_progression("rhythm-changes-bb")
SEEDS = range(4)
CHORUSES = 3


def takes(checkpoint=None, choruses: int = CHORUSES, form=FORM, **asked: object) -> list[Solo]:
    return [
        improvise(
            checkpoint or load_checkpoint(find_checkpoint(DEFAULT_MODEL)),
            form,
            np.random.default_rng(seed),
            choruses=choruses,
            controls=Controls(**asked),
        )
        for seed in SEEDS
    ]


@cache
def figures(**asked: object) -> dict[str, Summary]:
    return describe(takes(**asked))


def means(*names: str, **asked: object) -> list[float]:
    return [figures(**asked)[name].mean for name in names]


def assert_the_rest_is_as_it_was(moved: set[str], **asked: object) -> None:
    """Everything but what is `moved` stays in the human band, or about where it is when nothing is asked
    for.
    """
    about = {
        "chord_tones": 0.08,
        "in_scale": 0.07,
        "range": 6,
        "rests": 0.12,
        "notes_per_bar": 1.5,
        "leaps_octave": 0.02,
        "pitch_entropy": 0.15,
        "longest_repeat": 2,
        "grooving": 0.05,
    }
    usual, now = figures(), figures(**asked)
    for name, by in about.items():
        if name not in moved:
            low, high = corpus_reference().statistics[name].band
            if not low <= now[name].mean <= high:
                assert now[name].mean == pytest.approx(usual[name].mean, abs=by), name


# ------------------------------------------------------------------------------------------------ statistics


def test_density_is_about_so_many_notes_a_bar() -> None:
    for asked in (3.0, 8.0):
        assert means("notes_per_bar", density=asked) == [pytest.approx(asked, rel=0.2)]
        # Fewer notes are longer ones and rests, and bars with fewer onsets are more alike.
        assert_the_rest_is_as_it_was({"notes_per_bar", "rests", "grooving"}, density=asked)


def test_rests_are_about_such_a_share_of_the_time() -> None:
    few, usual, many = (means("rests", **asked)[0] for asked in ({"rests": 0.1}, {}, {"rests": 0.45}))
    assert few < usual - 0.08
    assert few == pytest.approx(0.1, abs=0.07)
    assert many > usual + 0.03
    assert many == pytest.approx(0.45, abs=0.12)
    for asked in (0.1, 0.45):
        assert_the_rest_is_as_it_was({"rests", "notes_per_bar"}, rests=asked)


def test_range_bounds_every_pitch() -> None:
    for solo in takes(low=55, high=68):
        pitches = {note.pitch for note in solo.notes}
        assert min(pitches) >= 55
        assert max(pitches) <= 68
    assert_the_rest_is_as_it_was({"range", "leaps_octave", "rests", "notes_per_bar"}, low=55, high=68)


def test_outside_leaves_the_chord_and_inside_keeps_to_it() -> None:
    inside, usual, outside = (means("chord_tones", outside=level)[0] for level in (-0.5, 0.0, 0.5))
    assert inside > usual + 0.1
    assert outside < usual - 0.1
    scale = [means("in_scale", outside=level)[0] for level in (-0.5, 0.0, 0.5)]
    assert scale == sorted(scale, reverse=True)
    for level in (-0.5, 0.5):
        assert_the_rest_is_as_it_was({"chord_tones", "in_scale", "pitch_entropy"}, outside=level)


@pytest.mark.parametrize("arc", ["rising", "arch"])
def test_an_arc_shapes_notes_and_height_chorus_by_chorus(arc: str) -> None:
    solos = takes(arc=arc, choruses=5)
    bars = [(5 * bar // len(FORM.repeat(5).bar_ticks)) for bar in range(160)]
    density, height = np.zeros(5), np.zeros(5)
    for chorus in range(5):
        notes = [n for solo in solos for n in solo.notes if n.onset // FORM.length == chorus]
        density[chorus], height[chorus] = len(notes) / bars.count(chorus), np.mean([n.pitch for n in notes])
    level = np.array([arc_level(arc, chorus, 5) for chorus in range(5)])
    assert np.corrcoef(level, density)[0, 1] > 0.7
    assert np.corrcoef(level, height)[0, 1] > 0.5
    assert density[level.argmax()] > 1.3 * density[level.argmin()]


def test_arcs_are_these_curves() -> None:
    assert [arc_level("flat", k, 3) for k in range(3)] == [0, 0, 0]
    assert [arc_level("rising", k, 3) for k in range(3)] == [-1, 0, 1]
    assert [arc_level("arch", k, 5) for k in range(5)] == [-1, 0, 1, 0, -1]
    assert [arc_level(arc, 0, 1) for arc in ("flat", "rising", "arch")] == [0, 0, 0]


def test_motifs_come_back_the_more_the_more_is_asked_for() -> None:
    # Eighths of a scale, each as likely whatever was played: nothing else brings an idea back.
    probs = np.full(N_VALUES, 1e-4)
    probs[[value_of(degree, 2) for degree in (0, 2, 4, 5, 7, 9, 10)]] = 1.0
    blind = predicting(probs / probs.sum(), FeatureSpec(("motif",)))
    never, usual, much = (describe(takes(blind, motif=level)) for level in (0.0, 1.0, 3.0))
    for name in ("returning_3", "returning_4"):
        assert never[name].mean < usual[name].mean < much[name].mean
    assert much["returning_4"].mean > never["returning_4"].mean + 0.02
    assert much["unique_shapes"].mean < never["unique_shapes"].mean - 0.05
    for name, by in (("chord_tones", 0.06), ("notes_per_bar", 2), ("rests", 0.1), ("range", 4)):
        assert much[name].mean == pytest.approx(never[name].mean, abs=by), name


def test_a_short_solo_comes_back_to_its_ideas() -> None:
    """In 24 bars of a blues people's 3-interval shapes come back .107 of the time."""
    shipped, form = load_checkpoint(find_checkpoint(DEFAULT_MODEL)), find_progression("blues-f")

    def returning(checkpoint: Checkpoint) -> float:
        rngs = [np.random.default_rng(seed) for seed in range(32)]
        return describe(improvise_all(checkpoint, form.repeat(2), rngs, choruses=2))["returning_3"].mean

    scheduled = returning(shipped)
    steady = replace(Tuning(), motif_min_gain=1.0, motif_max_gain=1.0)
    assert scheduled > returning(tuned(shipped, steady)) + 0.01
    assert scheduled == pytest.approx(0.107, abs=0.025)


def test_the_motif_gain_falls_with_what_has_been_played() -> None:
    tuning = Tuning()
    bars = [motif_gain(tuning, 48 * bar) for bar in range(400)]
    assert bars == sorted(bars, reverse=True)
    assert bars[0] == bars[8] == tuning.motif_max_gain > bars[24] > 1
    assert bars[52] == 1 > bars[100] > bars[-1] == tuning.motif_min_gain
    assert {motif_gain(Tuning.neutral(), 48 * bar) for bar in range(400)} == {1.0}


def test_motif_is_refused_where_there_is_no_memory() -> None:
    with pytest.raises(OptionError, match="motif 0 does nothing with a model that has no motif memory"):
        takes(made_of(4), motif=0.0)


def test_a_player_plays_another_way_and_an_unknown_one_is_refused() -> None:
    checkpoint = hearing_all(8)
    solos = {name: tuple(takes(checkpoint, choruses=1, player=name)) for name in (None, "Ann", "Bob", "BOB")}
    assert solos["Bob"] == solos["BOB"]
    assert len(set(solos.values())) == 3
    with pytest.raises(OptionError, match="unknown player 'Cy'; this model knows Ann, Bob"):
        takes(checkpoint, player="Cy")


# ------------------------------------------------------------------------------------------------ held notes

HALF = 4  # the length's number
CALM_FORM = parse_progression("| C7 | Gbmaj7 | % | % |")
#        tick  degrees above the root at that tick that are held less gladly
RUBS = (
    (0,  {1, 3, 5, 6, 8, 11}),   # C7 over its whole length
    (42, {0, 2, 4, 7, 9, 11}),   # from C7 into Gbmaj7: C, D, E, G, A, and Cb, a semitone above Bb
)  # fmt: skip


def weights_at(tick: int, **asked: object) -> np.ndarray:
    """The weights of the values where a line stands at `tick` and the network expects all of them alike."""
    engine = make_engine(predicting(np.full(N_VALUES, 1 / N_VALUES), FeatureSpec(("motif",))))
    tracker = ContextTracker(engine.spec, CALM_FORM, tempo=160.0, instrument=INSTRUMENTS["tenor-sax"])
    rng = np.random.default_rng(0)
    player = Player(tracker, Controls(**asked), Tuning(), engine, rng, tempo=160.0)
    while tracker.now < tick:
        player.advance_with(value_of(REST, 2), None)
    return player.bias(np.full(N_VALUES, 1 / N_VALUES, np.float32), ())


@pytest.mark.parametrize(("tick", "rubbing"), RUBS)
def test_a_held_note_that_rubs_is_less_likely(tick: int, rubbing: set[int]) -> None:
    held = weights_at(tick)[HALF : 12 * 6 : 6]
    assert {degree for degree in range(12) if held[degree] < 0.5 * held.max()} == rubbing


def test_who_asks_for_outside_may_hold_it() -> None:
    held = weights_at(0, outside=1.0)[HALF : 12 * 6 : 6]
    assert held[1] == pytest.approx(held.max())


# ----------------------------------------------------------------------------------------------- originality


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("limit", [8, 12])
def test_no_more_is_copied_than_allowed(temperature: float, limit: int) -> None:
    checkpoint = hearing_all(8, seed=1)
    options = {"choruses": 2, "instrument": "tenor-sax"}

    def play(index, limit: int) -> Solo:
        controls = Controls(temperature=temperature, max_copied=limit)
        return improvise(
            checkpoint, FORM, np.random.default_rng(3), controls=controls, index=index, **options
        )

    planted = play(None, limit)
    index = build_index([planted])
    assert play(index, 0) == planted  # without a limit the model recites
    run = longest_run(index, planted)
    assert run is not None
    assert run.length == len(planted.notes) - 1 > 2 * limit
    found = longest_run(index, play(index, limit))
    assert found is None or found.length <= limit


def test_a_primer_that_copies_stays_and_what_follows_breaks_off() -> None:
    checkpoint, limit, played = hearing_all(8, seed=1), 8, 14
    options = {"controls": Controls(temperature=0.0, max_copied=limit), "instrument": "tenor-sax"}
    planted = improvise(checkpoint, FORM, np.random.default_rng(3), choruses=2, **options)
    primer = replace(planted, notes=planted.notes[:played])
    index = build_index([planted])
    solo = improvise(
        checkpoint, FORM, np.random.default_rng(3), choruses=2, index=index, primer=primer, **options
    )
    assert solo.notes[:played] == primer.notes
    assert longest_run(index, solo).length == played - 1  # the primer's own
    after = longest_run(index, replace(solo, notes=solo.notes[played:]))
    assert after is None or after.length <= limit


# ---------------------------------------------------------------------------------------------------- primer

PHRASE = Solo(tuple(Note(6 * k, 6, pitch) for k, pitch in enumerate((62, 65, 69, 72, 70, 65))), FORM)


def primed(primer: Solo | None = PHRASE, *, answer: bool = False, **asked: object) -> Solo:
    return improvise(
        hearing_all(8),
        FORM,
        np.random.default_rng(2),
        controls=Controls(**asked),
        primer=primer,
        answer=answer,
    )


def sound(solo: Solo) -> list[tuple[int, int]]:
    return [(note.onset, note.pitch) for note in solo.notes]


def test_a_solo_goes_on_from_its_primer() -> None:
    solo = primed()
    assert sound(solo)[:6] == sound(PHRASE)
    assert len(solo.notes) > 20
    assert sound(solo)[6:] != sound(primed(None))[6:]


def test_an_answer_is_played_after_the_primer_was_heard_and_without_it() -> None:
    answer = primed(answer=True)
    assert sound(answer)[:6] != sound(PHRASE)
    assert answer != primed(None)
    other = Solo(tuple(Note(12 * k, 12, 60 - k) for k in range(6)), FORM)
    assert primed(other, answer=True) != answer  # it matters what was heard


def test_the_harmony_prior_follows_an_answer_and_not_the_phrase_before_it() -> None:
    """A model without context answered over the chords of the place where its primer ended."""
    engine, form = make_engine(made_of(4)), parse_progression("| C | % | F#7 | % |")
    uniform = np.full(N_VALUES, 1 / N_VALUES, np.float32)
    weights = []
    for phrase in ([], [(value_of(REST, 5), None)] * 2):  # two bars
        tracker = ContextTracker(engine.spec, form, tempo=160.0, instrument=INSTRUMENTS["tenor-sax"])
        tuning, rng = Tuning.default(hears_context=False), np.random.default_rng(0)
        player = Player(tracker, Controls(), tuning, engine, rng, tempo=160.0)
        player.prime(phrase, answer=True)
        weights.append(player.bias(uniform, ()))
    np.testing.assert_array_equal(*weights)
    assert weights[0][value_of(4, 2)] > 2 * weights[0][value_of(3, 2)]  # a C chord's thirds


def test_a_primer_may_begin_in_a_later_bar() -> None:
    later = Solo(tuple(Note(n.onset + 96, n.duration, n.pitch) for n in PHRASE.notes), FORM)
    assert primed(later) == primed()


@pytest.mark.parametrize("pitch", [20, 110])
def test_a_primer_out_of_range_does_not_carry_the_solo_there(pitch: int) -> None:
    far = Solo(tuple(Note(6 * k, 6, pitch + k % 3) for k in range(6)), FORM)
    for temperature in (0.0, 1.0):
        solo = primed(far, temperature=temperature)
        horn = INSTRUMENTS[solo.instrument]
        assert all(horn.low <= note.pitch <= horn.high for note in solo.notes[6:])


def test_a_primer_must_have_notes_and_leave_room() -> None:
    long = Solo((Note(FORM.length - 12, 12, 60), Note(FORM.length + 12, 12, 60)), FORM.repeat(2))
    for primer in (Solo((), FORM), Solo((Note(0, FORM.length, 60),), FORM)):
        with pytest.raises(OptionError, match="a primer must have notes and end before the last bar"):
            primed(primer)
    assert sound(primed(long))[0] == (36, 60)


# ------------------------------------------------------------------------------------------------- the words


@pytest.mark.parametrize(
    ("text", "pitches"),
    [("C3-G5", (48, 79)), ("48-79", (48, 79)), ("bb2..F#4", (46, 66)), (" 60 - C6 ", (60, 84))],
)
def test_a_range_in_words(text: str, pitches: tuple[int, int]) -> None:
    assert parse_range(text) == pitches


@pytest.mark.parametrize("text", ["", "C3", "G5-C3", "60-60", "H3-C5", "0-200", "C3-G5-B5", "x" * 500])
def test_a_range_that_is_none(text: str) -> None:
    with pytest.raises(OptionError, match="range must be two rising pitches"):
        parse_range(text)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"density": 0.1}, r"density must be in 0\.5\.\.12"),
        ({"density": float("nan")}, "density must be"),
        ({"rests": 0.9}, r"rests must be in 0\.\.0\.8"),
        ({"outside": 2}, r"outside must be in -1\.\.1"),
        ({"motif": -1}, r"motif must be in 0\.\.3"),
        ({"arc": "falling"}, "arc must be one of flat, rising, arch, received 'falling'"),
        ({"max_copied": 3}, r"max-copied must be in 8\.\.1000 intervals, or 0 for no limit, received 3"),
        ({"temperature": 0, "density": 4}, "density changes what is drawn"),
        ({"temperature": 0, "rests": 0.3}, "rests changes what is drawn"),
        ({"temperature": 0, "outside": 0.3}, "outside changes what is drawn"),
        ({"temperature": 0, "motif": 2}, "motif changes what is drawn"),
        ({"temperature": 0, "motif": 0}, "motif changes what is drawn"),
        ({"temperature": 0, "top_k": 5}, "top-k changes what is drawn"),
        ({"temperature": 0, "top_p": 0.9}, "top-p changes what is drawn"),
    ],
)
def test_wishes_outside_their_range_are_refused(asked: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Controls(**asked)


def test_a_range_must_be_an_octave_within_the_instruments() -> None:
    horn = INSTRUMENTS["tenor-sax"]
    assert Controls().bounds(horn) == (44, 76)
    assert Controls(low=50, high=62).bounds(horn) == (50, 62)
    for low, high in ((50, 61), (40, 60), (60, 90)):
        with pytest.raises(OptionError, match="range must be an octave or more within the tenor-sax"):
            Controls(low=low, high=high).bounds(horn)
