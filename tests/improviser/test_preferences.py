"""Each preference moves what it names, and leaves the rest alone."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from jazzgen.charts.find import find_progression
from jazzgen.charts.text import parse_progression
from jazzgen.errors import OptionError
from jazzgen.evaluation.comparison import corpus_reference
from jazzgen.evaluation.statistics import Summary, describe
from jazzgen.improviser.controls import Controls, arc_level
from jazzgen.improviser.improvise import improvise, improvise_all
from jazzgen.improviser.player import Player
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from jazzgen.model.engines import make_engine
from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint
from jazzgen.model.tuning import Tuning
from jazzgen.music.score import INSTRUMENTS, Solo
from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import N_VALUES, REST, value_of
from tests.checkpoints import hearing_all, made_of, predicting, tuned

pytestmark = pytest.mark.no_cover  # many choruses, for their figures
FORM = find_progression("rhythm-changes-bb")
SEEDS = range(4)
CHORUSES = 2


@cache
def shipped() -> Checkpoint:
    return load_checkpoint(find_checkpoint(DEFAULT_MODEL))


def takes(checkpoint=None, choruses: int = CHORUSES, effort: int | None = 1, **asked: object) -> list[Solo]:
    """With the effort that shows the preferences alone, unless another is given."""
    rngs = [np.random.default_rng(seed) for seed in SEEDS]
    controls = Controls(**asked, effort=effort)
    form = FORM.repeat(choruses)
    return improvise_all(checkpoint or shipped(), form, rngs, choruses=choruses, controls=controls)


@cache
def asked_for(**asked: object) -> list[Solo]:
    """Takes of the shipped improviser."""
    return takes(**asked)


@cache
def figures(**asked: object) -> dict[str, Summary]:
    return describe(asked_for(**asked))


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
        chosen = means("notes_per_bar", density=asked, choruses=1, effort=None)  # among the usual number
        assert chosen == [pytest.approx(asked, rel=0.2)]
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
    for solo in asked_for(low=55, high=68):
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


def test_a_solo_comes_back_to_its_ideas() -> None:
    """In 24 bars of a blues people's 3-interval shapes come back .107 of the time."""
    form = find_progression("blues-f")

    def returning(checkpoint: Checkpoint) -> float:
        rngs = [np.random.default_rng(seed) for seed in range(32)]
        return describe(improvise_all(checkpoint, form.repeat(2), rngs, choruses=2))["returning_3"].mean

    found = returning(shipped())
    assert found > returning(tuned(shipped(), replace(shipped().tuning, motif_bias=0.0))) + 0.01
    assert found == pytest.approx(0.107, abs=0.03)


def test_motif_is_refused_where_there_is_no_memory() -> None:
    with pytest.raises(OptionError, match="motif 0 does nothing with a model that has no motif memory"):
        takes(made_of(4), motif=0.0)


def test_a_player_plays_another_way_and_an_unknown_one_is_refused() -> None:
    checkpoint = hearing_all(8)
    solos = {name: tuple(takes(checkpoint, choruses=1, player=name)) for name in (None, "Ann", "Bob", "BOB")}
    assert solos["Bob"] == solos["BOB"]
    assert len(set(solos.values())) == 3
    with pytest.raises(OptionError, match="unknown player 'Cy'; 'jazzgen players' lists the 2"):
        takes(checkpoint, player="Cy")


# ------------------------------------------------------------------------------------------------ held notes

HALF = 4  # the length's number
HELD_FORM = parse_progression("| C7 | Gbmaj7 | % | % |")
#        tick  degrees above the root at that tick that are dissonant when they are held
DISSONANT = (
    (0,  {1, 3, 5, 6, 8, 11}),   # C7 over its whole length
    (42, {0, 2, 4, 7, 9, 11}),   # from C7 into Gbmaj7: C, D, E, G, A, and Cb, a semitone above Bb
)  # fmt: skip


def weights_at(tick: int, **asked: object) -> np.ndarray:
    """The weights of the values where a line stands at `tick` and the network expects all of them alike."""
    engine = make_engine(predicting(np.full(N_VALUES, 1 / N_VALUES), FeatureSpec(("motif",))))
    tracker = ContextTracker(engine.spec, HELD_FORM, tempo=160.0, instrument=INSTRUMENTS["tenor-sax"])
    rng = np.random.default_rng(0)
    player = Player(tracker, Controls(**asked), Tuning(), engine, rng, tempo=160.0)
    while tracker.now < tick:
        player.advance_with(value_of(REST, 2), None)
    return player.bias(np.full(N_VALUES, 1 / N_VALUES, np.float32), ())


@pytest.mark.parametrize(("tick", "dissonant"), DISSONANT)
def test_a_held_dissonance_is_less_likely(tick: int, dissonant: set[int]) -> None:
    held = weights_at(tick)[HALF : 12 * 6 : 6]
    assert {degree for degree in range(12) if held[degree] < 0.5 * held.max()} == dissonant


def test_outside_lifts_the_bias_against_held_dissonances() -> None:
    held = weights_at(0, outside=1.0)[HALF : 12 * 6 : 6]
    assert held[1] == pytest.approx(held.max())


# ------------------------------------------------------------------------------------------------- the tuning


def test_a_neutral_tuning_leaves_the_networks_probabilities_alone() -> None:
    for checkpoint in (hearing_all(8), made_of(8, np.random.default_rng(1))):
        engine, rng = make_engine(checkpoint), np.random.default_rng(0)
        tracker = ContextTracker(engine.spec, FORM, tempo=160.0, instrument=INSTRUMENTS["tenor-sax"])
        player = Player(tracker, Controls(), Tuning.neutral(), engine, rng, tempo=160.0)
        for pitch in (60, 62, 64, 64, 64, 64, 60, 62):
            player.advance_with(value_of((pitch - tracker.root) % 12, 2), pitch)
        probs = rng.dirichlet(np.ones(N_VALUES))
        given = (probs, tracker.proposals(), player.values, player.pitches)
        np.testing.assert_array_equal(player.preferences.apply(*given), probs)
        corrected = Player(tracker, Controls(), checkpoint.tuning, engine, rng, tempo=160.0).preferences
        assert np.abs(corrected.apply(*given) - probs).max() > 0.01


@pytest.mark.parametrize("plain", [False, True])
def test_a_checkpoint_saved_with_a_neutral_tuning_plays_otherwise(tmp_path: Path, plain: bool) -> None:
    made = made_of(8, np.random.default_rng(1)) if plain else hearing_all(8)
    solos = []
    for tuning in (made.tuning, Tuning.neutral(), made.tuning):
        path = tmp_path / "tuned.safetensors"
        save_checkpoint(path, made.arrays, tuned(made, tuning).description)
        loaded = load_checkpoint(path)
        assert loaded.tuning == tuning
        solos.append(improvise(loaded, FORM, np.random.default_rng(2)))
    assert solos[0] == solos[2] != solos[1]


@pytest.mark.parametrize("name", [n.name for n in fields(Tuning) if not n.name.endswith("_views")])
def test_each_number_moves_what_is_played(name: str) -> None:
    """None is dead: of two tunings that differ in it alone one plays another solo."""
    rng = np.random.default_rng
    probs = np.full(N_VALUES, 0.02)
    probs[[value_of(degree, 2) for degree in range(12)]] = (1.5, *[0.2] * 11)  # eighths, and often the root
    checkpoint = predicting(probs / probs.sum(), FeatureSpec(("motif",)))
    changed = {"harmony_prior": 1.0}  # where the neutral number is the default
    value = changed.get(name, getattr(Tuning.neutral(), name))
    other = tuned(checkpoint, replace(Tuning(), **{name: value}))
    assert improvise(checkpoint, FORM, rng(2), choruses=3) != improvise(other, FORM, rng(2), choruses=3)


def test_a_line_turns_before_the_ends_of_its_range() -> None:
    """Eighths of any degree, in a range of an octave and a half."""
    probs = np.zeros(N_VALUES)
    probs[2 : 6 * REST : 6] = 1 / 12
    low, high, reached = 52, 70, []
    for cost in (0.0, 6.0):
        model = tuned(predicting(probs), replace(Tuning.neutral(), edge_cost=cost))
        pitches = [note.pitch for solo in takes(model, low=low, high=high) for note in solo.notes]
        assert low <= min(pitches) <= max(pitches) <= high
        reached.append(np.mean([pitch in (low, low + 1, high - 1, high) for pitch in pitches]))
    assert reached[1] < reached[0] / 2
