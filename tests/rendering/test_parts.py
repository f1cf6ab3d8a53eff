"""The parts of a file as files: the same events, and nothing of other people's files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.midi.smf import Song, TimedNote, Track, read_song
from jazzgen.midi.smf_writing import write_song
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement, Note, Part, Solo
from jazzgen.rendering.parts import part_files, with_tail, without_room


@pytest.fixture
def take(tmp_path: Path) -> Path:
    solo = Solo((Note(0, 12, 60), Note(12, 36, 64)), parse_progression("| C | % |"), tempo=97)
    band = (Part("Bass", 32, 2, (Note(0, 48, 36),)), Part("Drums", 0, 9, (Note(12, 3, 38), Note(60, 3, 38))))
    write_arrangement(Arrangement(solo, band), tmp_path / "take.mid")
    return tmp_path / "take.mid"


def test_a_part_is_its_track_and_the_conductor(take: Path, tmp_path: Path) -> None:
    whole = read_song(take)
    parts = part_files(take.read_bytes())
    assert [(part.name, part.role) for part in parts] == [
        ("Solo", "solo"),
        ("Bass", "bass"),
        ("Drums", "drums"),
    ]
    for part, track in zip(parts, whole.tracks, strict=True):
        (tmp_path / "part.mid").write_bytes(part.midi)
        assert read_song(tmp_path / "part.mid") == replace(whole, tracks=(track,))


@pytest.mark.parametrize(
    "tracks",
    [
        [("Solo", 0), ("Strings", 1)],  # a name that jazzgen does not write
        [("Solo", 0), ("Bass", 0)],  # one channel for two, of which one may change the other's volume
        [("Solo", 0), ("solo", 1)],
    ],
)
def test_files_of_others_stay_whole(tracks: list[tuple[str, int]], tmp_path: Path) -> None:
    written = tuple(Track(name, 0, channel, (TimedNote(0, 480, 60, 90),)) for name, channel in tracks)
    write_song(Song(480, 960, written), tmp_path / "other.mid")
    assert part_files((tmp_path / "other.mid").read_bytes()) == ()


def test_a_file_of_one_track_stays_whole(take: Path) -> None:
    midi = take.read_bytes()
    assert part_files(midi[:9] + b"\0" + midi[10:]) == ()  # format 0
    conductor = midi.index(b"MTrk", 14 + 4)
    assert part_files(midi[:14] + midi[conductor:]) == ()  # notes in the first track


def test_a_file_that_breaks_off_anywhere_is_no_error(take: Path) -> None:
    midi = take.read_bytes()
    for end in range(14, len(midi)):
        for part in part_files(midi[:end]):
            assert without_room(with_tail(part.midi, 9)).startswith(b"MThd")


def test_no_room_sends_nothing_and_changes_nothing_else(take: Path) -> None:
    midi = take.read_bytes()
    dry = without_room(midi)
    added = 2 * 16 * 4
    assert len(dry) == len(midi) + added
    body = 14 + 8
    assert dry[body : body + 4] == bytes((0, 0xB0, 91, 0))
    assert dry[body + added :][: len(midi) - body].count(bytes((91, 52))) == 0 < midi.count(bytes((91, 52)))
    differing = [at for at in range(body, len(midi)) if midi[at] != dry[at + added]]
    assert [midi[at] for at in differing] == [52, 40, 40]  # the rooms of solo, bass and drums
    assert {dry[at + added] for at in differing} == {0}
