"""Bends, vibrato and level of a channel and of its notes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import mido
import pytest

from jazzgen.midi import controllers, smf
from jazzgen.midi.controllers import TimedControl, by_note, of_notes, read_controls
from jazzgen.midi.reading import read_solo
from jazzgen.midi.smf import Song, TimedNote, TimedText, Track, read_song
from jazzgen.midi.smf_writing import write_song
from jazzgen.music.grid import Control, PlayedNote

PPQ = 480


def _at(beat: float) -> int:
    return round(beat * PPQ)


def _cc(tick: int, number: int, value: int) -> tuple[int, int, int, int]:
    return tick, 0xB0, number, value


def _wheel(tick: int, value: int) -> tuple[int, int, int, int]:
    return tick, 0xE0, value + 8192 & 0x7F, value + 8192 >> 7


def test_bends_are_read_in_cents_by_the_range_that_holds() -> None:
    rows = [_wheel(0, 4096), _cc(1, 101, 0), _cc(1, 100, 0), _cc(1, 6, 12), _cc(1, 38, 50), _wheel(2, -4096)]
    assert [control.value for control in read_controls(rows)] == [100, -625]
    other = [_cc(0, 101, 0), _cc(0, 100, 1), _cc(0, 6, 24), _wheel(1, 8191)]  # RPN 1 is the tuning
    shut = [_cc(0, 101, 0), _cc(0, 100, 0), _cc(0, 99, 1), _cc(0, 6, 24), _wheel(1, 8191)]
    assert round(read_controls(other)[0].value) == round(read_controls(shut)[0].value) == 200


def test_modulation_and_expression_are_read_and_other_controllers_are_not() -> None:
    found = read_controls([_cc(3, 1, 64), _cc(4, 7, 5), _cc(5, 11, 99), _cc(6, 6, 12)])
    assert found == (TimedControl(3, "vibrato", 64), TimedControl(5, "level", 99))


NOTES = [
    PlayedNote(0.0, 0.5, 60, 90, (Control(0.0, "bend", -50.09765625), Control(0.05, "bend", 0.0))),
    PlayedNote(0.5, 1.0, 62, 90, (Control(0.25, "vibrato", 30.0), Control(0.3, "level", 100.0))),
    PlayedNote(1.0, 1.5, 64),
    PlayedNote(2.0, 3.0, 65, 90, (Control(0.1, "level", 90.0), Control(0.5, "bend", -300.0))),
]


def test_each_note_begins_at_rest() -> None:
    found = of_notes(NOTES, _at)
    assert TimedControl(_at(1.0), "vibrato", 0) in found
    assert TimedControl(_at(1.0), "level", 127) in found
    assert of_notes([note._replace(controls=()) for note in NOTES], _at) == ()


def test_what_notes_do_comes_back_from_the_channel() -> None:
    starts = [_at(note.onset) for note in NOTES]
    assert by_note(starts, of_notes(NOTES, _at), PPQ, 4 * PPQ) == [note.controls for note in NOTES]


def test_a_note_ends_where_the_next_begins() -> None:
    long = PlayedNote(0.0, 2.0, 60, 90, (Control(0.9, "bend", -100.0), Control(1.1, "bend", -200.0)))
    found = of_notes([long, PlayedNote(1.0, 2.0, 62)], _at)
    assert found == (TimedControl(432, "bend", -100), TimedControl(480, "bend", 0))


def test_what_is_still_bent_belongs_to_the_next_note_too() -> None:
    """In a file from elsewhere, which need not put anything to rest."""
    held = [TimedControl(0, "bend", 40.0)]
    assert by_note([0, 100, 100], held, 100, 400) == [(Control(0.0, "bend", 40.0),)] * 3


def _song(controls: Iterable[TimedControl] = ()) -> Song:
    notes = tuple(TimedNote(_at(n.onset), _at(n.end), n.pitch, n.velocity) for n in NOTES)
    return Song(
        ppq=PPQ,
        end=4 * PPQ,
        tracks=(Track("Solo", 66, 0, notes, controls=tuple(controls)),),
        markers=(TimedText(0, "C7"),),
    )


def test_a_track_sets_the_range_and_ends_at_rest(tmp_path: Path) -> None:
    write_song(_song(of_notes(NOTES, _at)), tmp_path / "bent.mid")
    track = mido.MidiFile(tmp_path / "bent.mid").tracks[1]
    rows = [(m.control, m.value) for m in track if m.type == "control_change"]
    first = [(101, 0), (100, 0), (6, 12), (38, 0), (101, 127), (100, 127), (1, 0), (11, 127)]
    assert rows[3:11] == first
    assert rows[-8:] == [(101, 0), (100, 0), (6, 2), *first[3:]]
    assert [m.pitch for m in track if m.type == "pitchwheel"][-1] == 0
    assert sum(m.time for m in track) == 4 * PPQ


def test_a_track_without_them_has_no_such_message(tmp_path: Path) -> None:
    write_song(_song(), tmp_path / "plain.mid")
    track = mido.MidiFile(tmp_path / "plain.mid").tracks[1]
    assert [m.control for m in track if m.type == "control_change"] == [7, 10, 91]
    assert not any(m.type == "pitchwheel" for m in track)


def test_a_wheel_is_no_other_note(tmp_path: Path) -> None:
    write_song(_song(of_notes(NOTES, _at)), tmp_path / "bent.mid")
    write_song(_song(), tmp_path / "plain.mid")
    assert read_solo(tmp_path / "bent.mid").notes == read_solo(tmp_path / "plain.mid").notes
    back = [row for row in read_song(tmp_path / "bent.mid").tracks[0].controls if 0 < row.tick < 4 * PPQ]
    assert back == [row for row in of_notes(NOTES, _at) if row.tick]


def test_bends_beyond_the_wheel_stop_there() -> None:
    (_, low), (_, high) = controllers.written(
        [TimedControl(0, "bend", -5000.0), TimedControl(0, "bend", 5000.0)], 0
    )
    assert (low.pitch, high.pitch) == (-8192, 8191)


def test_too_many_are_left_out_with_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smf, "MAX_CONTROLS", 20)
    write_song(_song(of_notes(NOTES, _at)), tmp_path / "bent.mid")
    song = read_song(tmp_path / "bent.mid")
    assert song.tracks[0].controls == ()
    assert song.warnings == ("has more than 20 controllers and bends, which are left out",)
