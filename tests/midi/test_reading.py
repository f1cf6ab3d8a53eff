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


def test_the_largest_file_let_through_is_read(saved) -> None:
    """As many notes and beats as are let through, and no chords."""
    pads = [chord(*[tuple(range(40, 64))] * 400, name=f"pad {n}", channel=n) for n in range(1, 6)]
    path = saved(song(line(*SCALE * 100), *pads, end=19_999 * 480))
    assert read(path).chord_source == "accompaniment"
