from __future__ import annotations

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.charts.text import parse_progression
from jazzgen.errors import OptionError
from jazzgen.evaluation.statistics import describe
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise
from jazzgen.model.checkpoint import (
    Checkpoint,
)
from jazzgen.model.engine import NumpyEngine
from jazzgen.music.chords import parse_chord
from jazzgen.music.grid import quantize
from jazzgen.music.score import INSTRUMENTS, TICKS_PER_BEAT, Solo
from jazzgen.tokens.vocabulary import N_VALUES, REST, decode
from tests.checkpoints import made_of, predicting
from tests.feedback import generate_values

TWO_FIVE = "| Dm7 | G7 | Cmaj7 | % |"
FORMS = (
    TWO_FIVE,
    "| F7 | N.C. | Bb7 F7 | C7 |",
    "| Cm7b5 |",
    "| N.C. |",
    "| Am7 D7 | Gmaj7 Em7 | F#o7 B7alt | E- |",
)


CONTROLS = {field.name for field in fields(Controls)}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def random_checkpoint(seed: int = 0, n_a: int = 12) -> Checkpoint:
    return made_of(n_a, rng(seed))


def take(
    form: str = TWO_FIVE, seed: int = 0, checkpoint: Checkpoint | None = None, **options: object
) -> Solo:
    """A solo; `options` are those of `improvise` and of `Controls`."""
    asked = {name: options.pop(name) for name in [*options] if name in CONTROLS}
    progression = parse_progression(form)
    return improvise(
        checkpoint or random_checkpoint(), progression, rng(seed), controls=Controls(**asked), **options
    )


# ----------------------------------------------------------------------------------------------- the engine


def test_argmax_feedback_hears_its_own_values() -> None:
    engine = NumpyEngine(random_checkpoint(4))
    values = generate_values(engine, 30)
    value, state = None, engine.start()
    for expected in values:
        probs, state = engine.step(value, state)
        value = int(np.argmax(probs))
        assert value == expected


# ------------------------------------------------------------------------------------------------- the solo


@given(
    st.sampled_from(FORMS),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.5, 1.0, 1.5]),
    st.sampled_from(sorted(INSTRUMENTS)),
    st.integers(0, 2**32 - 1),
)
@settings(deadline=None, max_examples=60)
def test_every_solo_fills_its_form_keeps_the_grid_and_the_range_and_lands(
    form: str, choruses: int, temperature: float, horn: str, seed: int
) -> None:
    solo = take(
        form, seed, random_checkpoint(seed), choruses=choruses, temperature=temperature, instrument=horn
    )
    assert solo.progression == parse_progression(form).repeat(choruses)
    player = INSTRUMENTS[horn]
    assert all(player.low <= note.pitch <= player.high for note in solo.notes)
    beats = [(note.onset / TICKS_PER_BEAT, note.end / TICKS_PER_BEAT, note.pitch, 90) for note in solo.notes]
    again, _ = quantize(beats, double_time=False)
    assert [(n.onset, n.pitch) for n in again] == [(n.onset, n.pitch) for n in solo.notes]
    last = solo.notes[-1]
    bars = solo.progression.bar_ticks
    assert last.onset >= (bars[-1] or solo.progression.length // 2)
    assert last.end <= solo.progression.length
    chord = parse_chord(solo.progression.chord_at(last.onset).symbol)
    assert chord is None or last.pitch % 12 in chord.pitch_classes


def test_the_same_seed_is_the_same_solo_and_another_is_another() -> None:
    assert take(seed=1, choruses=2) == take(seed=1, choruses=2)
    assert take(seed=1, choruses=2) != take(seed=2, choruses=2)


def test_at_temperature_0_the_seed_does_not_matter() -> None:
    assert take(seed=1, temperature=0) == take(seed=2, temperature=0)


def test_a_temperature_near_0_ends_where_0_is() -> None:
    assert take(seed=1, temperature=1e-4) == take(seed=2, temperature=0)


def test_tempo_and_instrument_reach_the_solo() -> None:
    solo = take(tempo=212.0, instrument="trumpet")
    assert (solo.tempo, solo.instrument) == (212.0, "trumpet")


def test_the_harmony_prior_favors_the_chords() -> None:
    blind, form = made_of(4), parse_progression("| Dm7 | G7 | Cmaj7 | A7 |")
    # Over uniform probabilities a chord of four notes gets a third of the notes by chance.
    figures = describe([take("| Dm7 | G7 | Cmaj7 | A7 |", seed, blind, choruses=8) for seed in range(8)])
    values = (generate_values(NumpyEngine(blind), 400, rng(seed), temperature=1.0) for seed in range(8))
    by_chance = describe([decode(played, form) for played in values])
    assert by_chance["chord_tones_strong"].mean < 0.38
    assert figures["chord_tones_strong"].mean > by_chance["chord_tones_strong"].mean + 0.1


def test_the_harmony_prior_ends_phrases() -> None:
    probs = np.full(N_VALUES, 1e-9)
    probs[[6 * 2 + 2, 6 * 7 + 2]] = 0.49  # eighths without end
    probs[6 * REST + 3] = 0.02
    solo = take("| C7 | % | % | % |", 0, predicting(probs), choruses=8)
    assert describe([solo])["rests"].mean > 0.02


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_silences_end(temperature: float) -> None:
    probs = np.full(N_VALUES, 1e-6)
    probs[-1] = 1.0  # whole rests for ever
    notes = take("| C7 | % | % | % |", 0, predicting(probs), choruses=4, temperature=temperature).notes
    gaps = [after.onset - note.end for note, after in pairwise(notes)]
    assert notes[0].onset <= 96
    assert max(gaps) <= 96


def test_sixteenths_are_for_slow_tempos() -> None:
    def share(tempo: float) -> float:
        notes = [
            n
            for seed in range(4)
            for n in take(seed=seed, checkpoint=made_of(4), choruses=8, tempo=tempo).notes
        ]
        return float(np.mean([note.duration == 3 for note in notes]))

    assert share(300) < 0.6 * share(80)


def test_a_loop_does_not_turn_for_ever() -> None:
    probs = np.full(N_VALUES, 0.02 / 76)
    probs[[6 * 2 + 2, 6 * 7 + 2]] = 0.9, 0.08
    pitches = [note.pitch % 12 for note in take("| C7 | % | % | % |", 0, predicting(probs), choruses=8).notes]
    longest = max(len(run) for run in "".join("x" if p == 2 else " " for p in pitches).split())
    assert longest < 20  # with 0.9 each, 240 notes would hold a run of some 30


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -1}, "temperature must be"),
        ({"top_p": 2}, "top_p must be"),
        ({"instrument": "kazoo"}, "unknown instrument 'kazoo'"),
        ({"choruses": 0}, "choruses must be at least 1"),
        ({"engine": "organ"}, "engine must be one of"),
        ({"tempo": 0}, "tempo must be above 0"),
    ],
)
def test_options_outside_their_range_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        take(**options)
