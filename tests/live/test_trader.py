"""The trader: whose bars it plays in, what it takes up, what it hears late, and that it goes on for ever."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest

from jazzgen.charts.find import find_tune
from jazzgen.charts.text import parse_progression
from jazzgen.charts.tune import Tune
from jazzgen.errors import OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.live.trader import MOST_REMEMBERED, Trader
from jazzgen.live.trader_phrase import Phrase, Wanted, in_register, runs, share_of, weight_of
from jazzgen.live.turns import Answer, Turn
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.shipped import find_checkpoint
from jazzgen.music.chords import parse_chord
from jazzgen.music.score import INSTRUMENTS, Note
from tests.checkpoints import hearing_all

BLUES = find_tune("blues-f")
MADE = hearing_all(8)
FIRST = Turn(0, 16, 20, 32, last=False)
HORN = INSTRUMENTS["tenor-sax"]

Events = Sequence[tuple[float, float, int]]  # onset and end in beats, pitch


def trader(checkpoint: Checkpoint = MADE, tune: Tune = BLUES, seed: int = 1, **more: object) -> Trader:
    given = {"tempo": 200.0, **more}
    return Trader(checkpoint, tune, np.random.default_rng(seed), **given)  # type: ignore[arg-type]


def melody(seed: int, start: float = 0.0, beats: float = 16, step: float = 0.5, low: int = 55) -> Events:
    """A line of even notes, with a rest in each fourth beat."""
    rng = np.random.default_rng(seed)
    pitches = low + np.abs(np.cumsum(rng.integers(-4, 5, 200)) % 24 - 12)
    onsets = np.arange(0, beats, step)
    return [
        (start + float(onset), start + float(onset) + 0.9 * step, int(pitch))
        for onset, pitch in zip(onsets, pitches, strict=False)
        if int(onset) % 4 != 3
    ]


def play(machine: Trader, turn: Turn, events: Events, skipped: Sequence[int] = ()) -> tuple[Answer, Answer]:
    """A turn as live plays it: events as they come, 150 ms before the bar line and 60 ms after it."""
    second = machine.tempo / 60
    waiting = sorted((beat, k, pitch) for on, off, pitch in events for k, beat in ((1, on), (0, off)))

    def until(beat: float) -> None:
        while waiting and waiting[0][0] < beat:
            at, on, pitch = waiting.pop(0)
            if on:
                machine.note_on(at, pitch, 90)
            else:
                machine.note_off(at, pitch)

    for number in range(turn.heard_from + 1, turn.start):
        until(number)
        if number not in skipped:
            machine.beat(number, turn)
    until(turn.start - 0.15 * second)
    opening = machine.opening(turn)
    until(turn.start + 0.06 * second)
    return opening, machine.rest(turn)


def turns(count: int, bars: int = 4) -> Iterator[Turn]:
    """The machine's turns, the player's before them, in 4/4."""
    for k in range(count):
        start = 8 * bars * k + 4 * bars
        yield Turn(start - 4 * bars, start, start + 4, start + 4 * bars, last=False)


@pytest.mark.parametrize("bars", [1, 4, 12])
def test_the_machine_plays_in_its_bars_alone(bars: int) -> None:
    machine, seen = trader(), 0
    for k, turn in enumerate(turns(2, bars)):
        opening, rest = play(machine, turn, melody(k, turn.heard_from, 4 * bars))
        for answer, start, end in ((opening, turn.start, turn.second), (rest, turn.second, turn.end)):
            assert len(answer.notes) == len(answer.played)
            assert all(12 * start <= note.onset < 12 * end for note in answer.notes)
            assert all(turn.start <= note.onset < end + 0.2 for note in answer.played)
        line = [*opening.notes, *rest.notes]
        assert all(a.end <= b.onset for a, b in pairwise(line))
        assert all(HORN.low <= note.pitch <= HORN.high for note in line)
        assert all(note.end <= turn.end for note in (*opening.played, *rest.played))
        seen += len(line)
    assert seen > 2 * bars


def test_the_same_calls_make_the_same_answers_and_a_beat_that_is_skipped_changes_nothing() -> None:
    answers = [play(trader(), FIRST, melody(1), skipped) for skipped in ((), (), (3, 4, 5, 15))]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0] != play(trader(seed=2), FIRST, melody(1))
    assert answers[0] != play(trader(), FIRST, melody(2))


def test_late_notes_are_answered_by_all_bars_but_the_first() -> None:
    early = melody(1, beats=15)
    late = [*early, (15.6, 15.9, 71), (16.02, 16.2, 64)]
    without, over = play(trader(), FIRST, early), play(trader(), FIRST, late)
    assert without[0] == over[0]
    assert without[1] != over[1]


def test_the_line_goes_on_from_the_bar_that_was_sent() -> None:
    """Its last note may sound over the bar line; nothing begins before its end."""
    for seed in range(5):
        opening, rest = play(trader(seed=seed), FIRST, melody(seed))
        if opening.notes and rest.notes:
            assert opening.notes[-1].end <= rest.notes[0].onset
            assert opening.played[-1].end <= rest.played[0].onset + 0.05


def answers_of(checkpoint: Checkpoint, seeds: range, **more: object) -> list[tuple[Note, ...]]:
    parts = [play(trader(checkpoint, **more), FIRST, melody(seed)) for seed in seeds]
    return [opening.notes + rest.notes for opening, rest in parts]


def test_motifs_are_taken_up_by_the_shipped_improviser() -> None:
    checkpoint, seeds = load_checkpoint(find_checkpoint("improviser")), range(4)
    phrases = [[Note(k, 1, pitch) for k, (_, _, pitch) in enumerate(melody(seed))] for seed in seeds]
    close, free = (answers_of(checkpoint, seeds, answer=answer) for answer in (1.0, 0.0))

    def taken(answers: Sequence[Sequence[Note]], away: int) -> float:
        known = [set(runs(phrases[(k + away) % len(phrases)])) for k in seeds]
        return sum(share_of(answer, heard) for answer, heard in zip(answers, known, strict=True)) / len(seeds)

    assert taken(close, 0) > max(3 * taken(close, 1), 2 * taken(free, 0), 0.1)


def test_register_and_density_are_answered() -> None:
    checkpoint = load_checkpoint(find_checkpoint("improviser"))
    played = [
        play(trader(checkpoint, answer=1.0, seed=seed), FIRST, melody(seed, step=step, low=low))
        for seed in range(2)
        for step, low in ((1.0, 46), (0.5, 64))
    ]
    lines = [opening.notes + rest.notes for opening, rest in played]
    heights = [np.mean([note.pitch for note in line]) for line in lines]
    for k in (0, 2):
        assert heights[k] + 4 < heights[k + 1]
        assert 1.3 * len(lines[k]) < len(lines[k + 1])


def test_an_answer_leaves_off_before_the_next_turn() -> None:
    for seed in range(4):
        opening, rest = play(trader(seed=seed), FIRST, melody(seed))
        assert max(note.end for note in (*opening.notes, *rest.notes)) <= 32 * 12 - 6


@pytest.mark.parametrize(
    "events",
    [
        [],
        [(beat / 16, beat / 16 + 0.01, 38 + beat % 3) for beat in range(256)],  # a roll on drum pads
        [(beat / 4, 40.0, (beat * 37) % 128) for beat in range(64)],  # nothing is let go
        [(0.5, 15.0, pitch) for pitch in range(20, 110)],  # both arms on the keyboard
        [(15.99, 16.05, 127), (15.995, 30, 0)],
    ],
    ids=["silence", "pads", "held", "cluster", "late"],
)
def test_whatever_is_played_is_answered(events: Events) -> None:
    for answer in (0.0, 1.0):
        opening, rest = play(trader(answer=answer), FIRST, events)
        assert opening.notes + rest.notes


def test_the_machine_may_begin_and_turns_may_be_missed() -> None:
    machine = trader()
    opening, rest = play(machine, Turn(0, 0, 4, 16, last=False), ())
    assert opening.notes + rest.notes
    for start in (32, 4000):  # as after a pause
        turn = Turn(start - 16, start, start + 4, start + 16, last=False)
        rest = machine.rest(turn)  # without an opening
        assert all(turn.second <= note.onset / 12 < turn.end for note in rest.notes)


def test_an_hour_neither_grows_nor_drifts() -> None:
    """The line stands in few choruses, with the last of its past; the chords under it stay the form's."""
    machine = trader()
    sizes, moved = [], set()
    for k, turn in enumerate(turns(24, 2)):
        play(machine, turn, melody(k, turn.heard_from, 8), skipped=range(turn.heard_from, turn.start))
        sizes.append(len(machine._player.values))
        moved.add(machine._base)
        assert machine._base % BLUES.form.length == 0
        assert turn.end * 12 - 12 * 12 <= machine._now <= turn.end * 12
    assert len(moved) > 1
    assert max(sizes) < MOST_REMEMBERED + 200
    assert machine._local.length < 200 * 48


def test_a_last_turn_comes_to_rest() -> None:
    form = BLUES.form.length // 12
    for seed in range(2):
        machine = trader(seed=seed)
        play(machine, FIRST, melody(seed))
        turn = Turn(32, 40, 44, form, last=True)
        _, rest = play(machine, turn, melody(seed, 32, 8))
        final = rest.notes[-1]
        assert 12 * form - 48 <= final.onset <= 12 * form - 30
        chord = parse_chord(machine._local.chord_at(final.onset - machine._base).symbol)
        assert chord is not None
        assert final.pitch % 12 in chord.pitch_classes


def test_a_turn_may_become_the_last_while_it_is_played() -> None:
    machine = trader()
    form = BLUES.form.length // 12
    turn = Turn(16, 32, 36, form, last=False)
    machine.beat(20, turn)
    opening = machine.opening(turn)
    rest = machine.rest(turn._replace(last=True))
    assert rest.notes[-1].end <= 12 * form
    assert [*opening.notes, *rest.notes] == sorted([*opening.notes, *rest.notes], key=lambda note: note.onset)


@pytest.mark.parametrize("meter", ["3/4", "12/8", "7/8"])
def test_other_meters(meter: str) -> None:
    tune = Tune(parse_progression(f"meter: {meter}\n| F7 | Bb7 | F7 | C7 | F7 | F7 |"))
    bar = tune.form.bar_ticks[1] // 12
    machine = trader(tune=tune, tempo=70.0)
    for k in range(3):
        start = (4 * k + 2) * bar
        turn = Turn(start - 2 * bar, start, start + bar, start + 2 * bar, last=False)
        opening, rest = play(machine, turn, melody(k, turn.heard_from, 2 * bar, step=1 / 3))
        line = opening.notes + rest.notes
        assert all(12 * turn.start <= note.onset < 12 * turn.end for note in line)
        if meter == "12/8":
            assert {note.onset % 12 for note in line} <= {0, 4, 8}


def test_a_tempo_may_change_and_a_slow_machine_tries_less() -> None:
    ticking = iter(range(100_000))
    machine = trader(clock=lambda: float(next(ticking)))
    play(machine, FIRST, melody(1))
    machine.tempo = 120.0
    opening, rest = play(machine, Turn(32, 48, 52, 64, last=False), melody(2, 32))
    assert opening.notes + rest.notes
    machine.close()


def test_what_is_asked_for_is_checked_and_kept() -> None:
    with pytest.raises(OptionError, match=r"answer must be in 0\.\.1"):
        trader(answer=1.5)
    with pytest.raises(OptionError, match="tempo must be above 0"):
        trader(tempo=0.0)
    machine = trader(controls=Controls(low=50, high=64))
    opening, rest = play(machine, FIRST, melody(1, low=70))
    assert all(50 <= note.pitch <= 64 for note in opening.notes + rest.notes)


def test_scores_prefer_motifs_in_the_register_and_no_echo() -> None:
    pitches = [60, 64, 67, 71, 69, 65, 62, 66, 63, 70]
    phrase = Phrase(tuple(Note(12 * k, 12, pitch) for k, pitch in enumerate(pitches)), 192)
    wanted = Wanted(phrase, HORN, 200.0, 1.0, 60.0)

    def score(pitches: Sequence[int], step: int = 12) -> float:
        notes = [Note(192 + step * k, step, pitch) for k, pitch in enumerate(pitches)]
        return wanted.score(notes, 192, 384, -1.0)

    motif = [62, 66, 69, 73, 72, 67, 63, 67, 72, 70]
    assert score(motif) > score([62, 63, 69, 68, 72, 67, 63, 62, 72, 70])
    assert score(motif) > score([pitch - 14 for pitch in motif])
    assert score(motif) > score(motif * 2, 6)
    assert score(motif) > score(pitches)
    assert score([]) < score(motif)


def test_scales_and_turns_are_small_motifs_and_repeats_none() -> None:
    assert weight_of((2, 1, 2)) == weight_of((-1, -1, -1)) == weight_of((3, -3, 3)) < weight_of((2, -1, 2))
    assert runs([Note(k, 1, 60) for k in range(8)]) == []


def test_any_height_has_a_place_in_the_register() -> None:
    heights = [in_register(above, HORN) for above in range(-60, 61)]
    assert heights == sorted(heights)
    assert HORN.low < heights[0] < HORN.middle < heights[-1] < HORN.high


def test_a_horn_bends_inside_its_turn_and_plays_the_same_notes() -> None:
    plain, bending, found = trader(), trader(expression=1.0), 0
    for turn in turns(2):
        events = melody(1, turn.heard_from, step=1.0)
        for one, other in zip(play(plain, turn, events), play(bending, turn, events), strict=True):
            assert one.notes == other.notes
            assert [note.onset for note in one.played] == [note.onset for note in other.played]
            assert not any(note.controls for note in one.played)
            ends = [note.onset + control.after for note in other.played for control in note.controls]
            assert all(end < turn.end for end in ends)
            found += len(ends)
    assert found > 20


def test_a_density_that_is_asked_for_is_played_whatever_was_heard() -> None:
    counts = {}
    for density in (2.0, 8.0):
        machine = trader(controls=Controls(density=density))
        counts[density] = sum(
            len(answer.notes)
            for turn in turns(2)
            for answer in play(machine, turn, melody(1, turn.heard_from))
        )
    assert counts[8.0] > 2 * counts[2.0]
