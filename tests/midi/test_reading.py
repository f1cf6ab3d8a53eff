"""reading.py: foreign files are read as a musician would read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.errors import MidiError, NoChordsError
from jazzgen.midi.reading import read, read_solo
from jazzgen.midi.smf import TimedNote, TimedText, Track
from tests.midi.songs import SCALE, chord, line, song, texts


def test_messages_are_distinct(saved, tmp_path: Path) -> None:
    for content, message in (
        (song(), "has no notes"),
        (song(line(36, 38, channel=9)), "has only drums"),
        (song(line(*SCALE)), "no chord symbols .* give them with --progression"),
        (song(line(*SCALE), line(51, channel=9)), "no chord symbols"),
    ):
        with pytest.raises(MidiError, match=message):
            read_solo(saved(content))
    with pytest.raises(NoChordsError):
        read_solo(saved(song(line(*SCALE))))
    with pytest.raises(MidiError, match="no such file"):
        read_solo(tmp_path / "none.mid")


@pytest.mark.parametrize("ppq", [24, 96, 1000, 32767])
def test_any_ppq(saved, ppq: int) -> None:
    notes = tuple(TimedNote(n * ppq // 2, (n + 1) * ppq // 2, 60 + n, 90) for n in range(8))
    path = saved(song(Track("Solo", 0, 0, notes), ppq=ppq, end=4 * ppq, markers=(TimedText(0, "C"),)))
    assert [(note.onset, note.duration) for note in read_solo(path).notes] == [(6 * n, 6) for n in range(8)]


def test_title_and_player(saved) -> None:
    tune = song(line(*SCALE), title="Tune", markers=texts((0, "C")), texts=texts((0, "player: Art Pepper")))
    assert (read_solo(saved(tune)).title, read_solo(saved(tune)).player) == ("Tune", "Art Pepper")


def test_a_given_progression_repeats_to_cover_the_solo(saved) -> None:
    path = saved(song(line(*SCALE * 2), markers=texts((0, "Bb7"))))
    reading = read(path, progression=parse_progression("| Am7 | D7 |"))
    assert reading.chord_source == "given"
    assert [(c.tick, c.symbol) for c in reading.solo.progression.chords] == [
        (0, "Am7"), (48, "D7"), (96, "Am7"), (144, "D7"),
    ]  # fmt: skip


def test_a_given_progression_takes_the_bars_of_the_file(saved) -> None:
    """A bar of 2/4 between bars of 4/4, and a waltz: bar by bar, with a warning where beats differ."""
    meters = ((0, 4, 4), (1920, 2, 4), (2880, 4, 4))
    path = saved(song(line(*SCALE * 2), meters=meters, end=6720))
    reading = read(path, progression=parse_progression("[A] | Am7 . D7 . | G7 . C . |"))
    form = reading.solo.progression
    assert [(c.tick, c.symbol) for c in form.chords] == [
        (0, "Am7"), (24, "D7"), (48, "G7"), (60, "C"), (72, "Am7"), (96, "D7"), (120, "G7"), (144, "C"),
    ]  # fmt: skip
    assert [(s.tick, s.name) for s in form.sections] == [(0, "A"), (72, "A")]
    assert [m.signature for m in form.meters] == ["4/4", "2/4", "4/4"]
    assert [text[:6] for text in reading.warnings] == ["bar 2:"]
    waltz = read(saved(song(line(*SCALE * 2), meters=((0, 3, 4),))), progression=parse_progression("| C |"))
    assert {m.signature for m in waltz.solo.progression.meters} == {"3/4"}
    assert "in 4/4, the file in 3/4" in waltz.warnings[0]


@pytest.mark.parametrize(("beats", "signature"), [(6, "6/8"), (12, "12/8")])
def test_a_given_progression_in_a_compound_meter(saved, beats: int, signature: str) -> None:
    path = saved(song(line(*SCALE * 3), meters=((0, beats, 8),), end=5760))
    chart = parse_progression("meter: 6/8\n| Dm7 G7 | Cmaj7 |")
    form = read(path, progression=chart).solo.progression
    bar = beats * 4
    assert [m.signature for m in form.meters] == [signature]
    assert [(c.tick, c.symbol) for c in form.chords][:3] == [(0, "Dm7"), (bar // 2, "G7"), (bar, "Cmaj7")]


def test_a_given_progression_begins_behind_a_pickup_and_in_double_time(saved) -> None:
    fast = line(*SCALE * 4, every=60)  # eight notes a beat
    path = saved(song(fast, meters=((0, 1, 4), (480, 4, 4)), end=480 + 2 * 1920))
    reading = read(path, progression=parse_progression("| Dm7 G7 |"))
    assert reading.solo.double_time
    assert [(c.tick, c.symbol) for c in reading.solo.progression.chords] == [
        (0, "N.C."), (24, "Dm7"), (72, "G7"), (120, "Dm7"), (168, "G7"),
    ]  # fmt: skip
    assert not reading.warnings


def test_a_slow_solo_is_read_in_double_time_with_its_form(saved) -> None:
    fast = line(*SCALE * 4, every=60)  # eight notes a beat
    markers = texts((0, "[A]"), (0, "Dm7"), (4, "G7"))
    solo = read_solo(saved(song(fast, markers=markers, end=8 * 480)))
    assert solo.double_time
    assert len(solo.notes) == 64
    assert [(c.tick, c.symbol) for c in solo.progression.chords] == [(0, "Dm7"), (96, "G7")]
    assert solo.progression.length == 2 * 8 * 12


def test_notes_that_the_grid_merges_are_counted(saved) -> None:
    doubled = Track("Solo", 66, 0, (TimedNote(0, 30, 60, 90), TimedNote(35, 480, 64, 90)))
    assert read(saved(song(doubled, markers=texts((0, "C"))))).dropped == {"merged": 1}


def test_a_last_note_on_the_final_bar_line_opens_a_bar(saved) -> None:
    late = Track("Solo", 66, 0, (TimedNote(0, 480, 60, 90), TimedNote(1910, 1920, 62, 90)))
    solo = read_solo(saved(song(late, end=1920, markers=texts((0, "C")))))
    assert solo.notes[-1].onset == 48
    assert solo.progression.length == 96


@pytest.mark.no_cover  # as much as is let through
def test_the_largest_file_let_through_is_read(saved) -> None:
    """As many notes and beats as are let through, and no chords."""
    pads = [chord(*[tuple(range(40, 64))] * 400, name=f"pad {n}", channel=n) for n in range(1, 6)]
    path = saved(song(line(*SCALE * 100), *pads, end=19_999 * 480))
    assert read(path).chord_source == "accompaniment"
