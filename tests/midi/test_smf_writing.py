"""smf_writing.py: what is written is sound MIDI, and mido reads it too."""

from __future__ import annotations

import io
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.errors import OptionError
from jazzgen.midi.smf import Song, TimedNote, TimedText, Track, read_song
from jazzgen.midi.smf_writing import write_song

NOTES = st.lists(
    st.builds(
        lambda start, length, pitch, velocity: TimedNote(start, start + length, pitch, velocity),
        st.integers(0, 4000),
        st.integers(1, 900),
        st.integers(0, 127),
        st.integers(1, 127),
    ),
    max_size=40,
)


def conducted(*tracks: Track, end: int = 5760) -> Song:
    return Song(480, end, tracks, title="Title", tempos=((0, 500_000),), meters=((0, 4, 4),))


@settings(deadline=None, max_examples=100)
@given(NOTES)
def test_written_notes_never_overlap_or_hang_and_mido_reads_them_too(tmp_path_factory, notes) -> None:
    path = tmp_path_factory.getbasetemp() / "written.mid"
    write_song(conducted(Track("Solo", 66, 3, tuple(notes))), path)
    sounding: dict[int, int] = {}
    paired = []
    tick = 0
    for message in mido.MidiFile(path).tracks[1]:
        tick += message.time
        if message.type == "note_on":
            assert message.note not in sounding
            sounding[message.note] = tick
        elif message.type == "note_off":
            paired.append((sounding.pop(message.note), tick, message.note))
    assert not sounding
    assert tick == 5760
    ours = [track.notes for track in read_song(path).tracks]
    assert sorted(paired) == sorted(tuple(note[:3]) for track in ours for note in track)
    assert {(note.start, note.pitch) for note in notes} == {(start, pitch) for start, _, pitch in paired}


def test_a_song_reads_back_as_it_was_written(tmp_path: Path) -> None:
    song = Song(
        ppq=96,
        end=768,
        tracks=(
            Track("Solo", 66, 0, (TimedNote(0, 90, 60, 80), TimedNote(96, 192, 60, 127))),
            Track("Drums", 0, 9, (TimedNote(0, 10, 36, 1),)),
        ),
        title="Für Élise 夜",
        key="F#m",
        tempos=((0, 500_000), (96, 123_456)),
        meters=((0, 1, 4), (96, 4, 4)),
        texts=(TimedText(0, "jazzgen 1"),),
        lyrics=(TimedText(5, "la"),),
        markers=(TimedText(0, "[A]"), TimedText(0, "C△7")),
    )
    write_song(song, tmp_path / "a.mid")
    assert read_song(tmp_path / "a.mid") == song
    write_song(song, tmp_path / "b.mid")
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()


def test_what_midi_cannot_hold_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    for song in (
        conducted(Track("Solo", 66, 0, (TimedNote(0, 9, 128, 80),))),
        Song(480, 480, (), meters=((0, 300, 4),)),
        Song(480, 480, (), key="H"),
    ):
        with pytest.raises(OptionError, match="cannot be written as MIDI"):
            write_song(song, tmp_path / "a.mid")
    assert list(tmp_path.iterdir()) == []


def test_texts_that_utf_8_cannot_hold_are_written_with_a_mark(tmp_path: Path) -> None:
    write_song(Song(480, 480, (), title="caf\udce9"), tmp_path / "a.mid")
    assert read_song(tmp_path / "a.mid").title == "caf?"


def test_conventions_that_programs_trip_over(tmp_path: Path) -> None:
    """Nothing but meta events in the conductor; name, program, volume, pan, room at 0; offs before ons."""
    notes = (TimedNote(0, 480, 60, 80), TimedNote(480, 960, 60, 80))
    write_song(conducted(Track("Solo", 66, 0, notes), Track("Bass", 32, 1, notes)), tmp_path / "a.mid")
    file = mido.MidiFile(file=io.BytesIO((tmp_path / "a.mid").read_bytes()))
    assert file.type == 1
    assert all(message.is_meta for message in file.tracks[0])
    assert "copyright" not in {message.type for track in file.tracks for message in track}
    for track in file.tracks[1:]:
        first = [message.type for message in track[:5]]
        assert first == ["track_name", "program_change", *["control_change"] * 3]
        assert [message.control for message in track[2:5]] == [7, 10, 91]
        assert [message.time for message in track[:5]] == [0, 0, 0, 0, 0]
        assert [message.type for message in track[5:]] == [
            "note_on", "note_off", "note_on", "note_off", "end_of_track",
        ]  # fmt: skip
        assert len({message.channel for message in track if not message.is_meta}) == 1
    assert {sum(message.time for message in track) for track in file.tracks} == {5760}


def test_the_bytes_that_hang_lmms_are_not_written(tmp_path: Path) -> None:
    """A snare at velocity 35 before 120 ticks is "&#x"; other notes keep their velocities."""
    snares = tuple(TimedNote(at, at + 120, 38, level) for at, level in ((0, 35), (480, 34), (960, 35)))
    ride = (TimedNote(1080, 1090, 51, 35), TimedNote(1440, 1560, 51, 35))
    longer = (TimedNote(1920, 2041, 38, 35),)  # 121 ticks
    drums = Track("Drums", 0, 9, (*snares, *ride, *longer))
    write_song(Song(ppq=480, end=3840, tracks=(drums,)), tmp_path / "take.mid")
    assert b"&#x" not in (tmp_path / "take.mid").read_bytes()
    levels = [note.velocity for note in read_song(tmp_path / "take.mid").tracks[0].notes]
    assert levels == [36, 34, 36, 35, 35, 35]
