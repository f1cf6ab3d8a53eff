"""comping.py: when chords are struck, and which tones a voicing has."""

from __future__ import annotations

from itertools import pairwise

from jazzgen.band.comping import voicing_tones
from jazzgen.band.scene import Scene
from jazzgen.charts.find import find_progression
from jazzgen.charts.text import parse_progression
from jazzgen.music.chords import parse_chord
from jazzgen.music.score import Note, Solo
from tests.band.parts import form_of, play, starts


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
    assert len(onsets) < 2.6 * len(form.bar_ticks)
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


def test_a_raised_eleventh_stands_for_the_fifth() -> None:
    assert voicing_tones(parse_chord("G7#11")) == [(7 + up) % 12 for up in (2, 4, 6, 10)]
