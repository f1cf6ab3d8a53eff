"""A line as it is played: after a primer, and without copying."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jazzgen.charts.find import find_progression
from jazzgen.charts.text import parse_progression
from jazzgen.errors import OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise
from jazzgen.improviser.originality import build_index, longest_run
from jazzgen.improviser.player import Player
from jazzgen.model.engines import make_engine
from jazzgen.model.tuning import Tuning
from jazzgen.music.score import INSTRUMENTS, Note, Solo
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import N_VALUES, REST, value_of
from tests.checkpoints import hearing_all, made_of

FORM = find_progression("rhythm-changes-bb")


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
        tuning, rng = Tuning.default(has_context=False), np.random.default_rng(0)
        player = Player(tracker, Controls(), tuning, engine, rng, tempo=160.0)
        player.prime(phrase, answer=True)
        weights.append(player.bias(uniform, ()))
    np.testing.assert_array_equal(*weights)
    assert weights[0][value_of(4, 2)] > 2 * weights[0][value_of(3, 2)]  # a C chord's thirds


def test_a_primer_plays_in_its_own_bar_and_is_answered_from_the_first() -> None:
    later = Solo(tuple(Note(n.onset + 96, n.duration, n.pitch) for n in PHRASE.notes), FORM)
    assert primed(later).notes[: len(later.notes)] == later.notes
    assert primed(later, answer=True) == primed(answer=True)


@pytest.mark.parametrize(("onset", "duration"), [(0, 7), (6, 5), (4, 4), (8, 9), (3, 40)])
def test_nothing_cuts_the_last_note_of_a_primer(onset: int, duration: int) -> None:
    phrase = Solo((Note(onset, duration, 62, 33),), FORM)
    solo = primed(phrase)
    assert solo.notes[0] == phrase.notes[0]
    assert all(note.onset >= onset + duration for note in solo.notes[1:])


@pytest.mark.parametrize("pitch", [20, 110])
def test_a_primer_out_of_range_does_not_carry_the_solo_there(pitch: int) -> None:
    far = Solo(tuple(Note(6 * k, 6, pitch + k % 3) for k in range(6)), FORM)
    for temperature in (0.0, 1.0):
        solo = primed(far, temperature=temperature)
        horn = INSTRUMENTS[solo.instrument]
        assert all(horn.low <= note.pitch <= horn.high for note in solo.notes[6:])


def test_a_primer_must_have_notes_and_leave_room() -> None:
    late = Solo((Note(FORM.length + 12, 12, 60),), FORM.repeat(2))
    for primer in (Solo((), FORM), Solo((Note(0, FORM.length, 60),), FORM), late):
        with pytest.raises(OptionError, match="a primer must have notes and end before the last bar"):
            primed(primer)
    with pytest.raises(OptionError, match="ends in bar 33, and the form has 32 bars"):
        primed(late)
