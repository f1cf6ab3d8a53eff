"""comping.py: when chords are struck, and which tones a voicing has."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from jazzgen.band import ensemble as band
from jazzgen.band.scene import Scene
from jazzgen.charts.find import find_progression
from jazzgen.charts.text import parse_progression
from jazzgen.music.chords import parse_chord
from jazzgen.music.score import Note, Solo
from tests.band.parts import chords_of, form_of, play, starts


def test_every_chord_is_heard() -> None:
    form = form_of("| Dm7 G7 | Cmaj7 A7 | Dm7 Db7 | C6 |")
    for seed in range(20):
        onsets = starts(play(form, seed)["Piano"])
        for change, after in pairwise([*form.chords, parse_progression("| C |").chords[0]]):
            end = after.tick or form.length
            assert any(change.tick - 6 <= onset < end for onset in onsets), (seed, change)


def test_the_piano_anticipates_and_leaves_holes() -> None:
    form = find_progression("blues-f").repeat(4)
    onsets = starts(play(form, tempo=160.0)["Piano"])
    bars = [form.bar_at(onset) for onset in onsets]
    assert any(onset % 48 == 42 for onset in onsets)
    hits = [len(starts(play(form, seed, tempo=160.0)["Piano"])) for seed in range(4)]
    assert np.mean(hits) < 2.6 * len(form.bar_ticks)
    busy = tuple(Note(tick, 6, 66) for tick in range(0, form.length, 6))
    under = starts(play(form, tempo=160.0, notes=busy)["Piano"])
    assert len(under) < len(onsets)
    assert len(set(bars)) <= len(form.bar_ticks)


def test_the_piano_answers_the_soloists_rests() -> None:
    form = find_progression("blues-f").repeat(8)
    talks = tuple(  # two bars of eighths, two bars of rest
        Note(tick, 6, 66) for tick in range(0, form.length, 6) if tick // 96 % 2 == 0
    )
    scene = Scene.of(Solo(talks, form, tempo=160.0))
    answers = total = 0
    for seed in range(4):
        onsets = starts(play(form, seed, tempo=160.0, notes=talks)["Piano"])
        answers += sum(scene.rests_at(onset) for onset in onsets)
        total += len(onsets)
    assert answers > 0.55 * total  # half of the time is silent


def test_the_top_line_goes_somewhere_by_steps() -> None:
    """In a take: it moves by a third at most on the mean, through at least an octave."""
    form = find_progression("standard-abac-g").repeat(2)
    tops = [max(pitches) for pitches in chords_of(play(form, 3, tempo=160.0)["Piano"]).values()]
    leaps = np.abs(np.diff(tops))
    assert 0.8 < leaps.mean() <= 3
    assert np.std(tops) >= 2
    assert max(tops) - min(tops) >= 9


def test_a_voicing_is_not_struck_all_the_time() -> None:
    form = find_progression("blues-f").repeat(6)
    struck = list(chords_of(play(form, 2, tempo=160.0)["Piano"]).values())
    assert sum(a == b for a, b in pairwise(struck)) <= 0.25 * len(struck)


@pytest.mark.parametrize("comping", ["piano", "guitar"])
def test_no_chord_has_a_minor_ninth_or_a_raised_ninth_under_its_third(comping: str) -> None:
    form = form_of("| Cmaj7 A7alt | Dm7 G7#9 | Fm7b5 Bb7b9 | Eb6 D7 | Am7 D7b13 | Gmaj9 C13 |")
    for seed in range(12):
        part = band.accompany(Solo((), form), np.random.default_rng(seed), comping=comping)[0]
        for onset, pitches in chords_of(part).items():
            chord = parse_chord(form.chord_at(min(onset + 6 * (onset % 12 == 6), form.length - 1)).symbol)
            assert chord
            for low, high in combinations(pitches, 2):
                under_third = high - low == 1 and (high - chord.root) % 12 == 4
                assert high - low != 13, (seed, onset, pitches)
                assert not under_third, (seed, onset, pitches)


@pytest.mark.parametrize(("style", "tempo"), [("ballad", 66.0), ("swing", 60.0)])
def test_slow_chords_are_held_and_heard_in_time_also_under_a_busy_soloist(style: str, tempo: float) -> None:
    form = form_of("| Dm7 | G7 | Cmaj7 | A7alt | Dm7 | G7 | Cmaj7 | A7alt |")
    busy = tuple(Note(tick, 3, 72) for tick in range(0, form.length, 3))
    lengths = []
    for seed in range(6):
        part = play(form, seed, style=style, tempo=tempo, notes=busy)["Piano"]
        onsets = starts(part)
        for change in form.chords[:-1]:
            assert any(change.tick - 6 <= onset <= change.tick + 12 for onset in onsets), (seed, change)
        lengths += [note.duration for note in part.notes]
    assert np.median(lengths) >= 12


def test_a_push_may_be_held_over_the_bar_line_but_not_into_silence() -> None:
    form = form_of("| Dm7 | G7 | N.C. | Cmaj7 |").repeat(4)
    held = 0
    for seed in range(12):
        for note in play(form, seed, tempo=140.0)["Piano"].notes:
            bar = note.onset // 48
            if note.onset % 48 == 42 and note.end > 48 * (bar + 1):
                held += 1
                assert bar % 4 != 1, (seed, note)
    assert held > 10
