"""A primer plays as it was played, in its own bars."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.midi.smf import Song, TimedNote, Track, read_song
from jazzgen.midi.smf_writing import write_song
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import make_take
from tests.shared import shared_file


def solo_of(path: Path) -> Track:
    return next(track for track in read_song(path).tracks if track.name == "Solo")


@pytest.mark.parametrize("count_in", [False, True])
def test_a_primer_of_bar_3_plays_in_bar_3_as_it_was_played(tmp_path: Path, count_in: bool) -> None:
    primer = shared_file("cases", "37-primer-starting-in-bar-3.mid")
    take = make_take(Settings(primer=str(primer), seed=1, choruses=1, count_in=count_in))
    take.write(tmp_path / "take.mid")
    (riff,) = read_song(primer).tracks
    later = 4 * 480 * count_in
    played = [note._replace(start=note.start + later, end=note.end + later) for note in riff.notes]
    assert played[0].start == 2 * 4 * 480 + later  # what is before it are rests
    assert list(solo_of(tmp_path / "take.mid").notes[: len(played)]) == played
    assert take.primed == len(played)


def test_what_the_grid_has_no_place_for_is_played_too(tmp_path: Path) -> None:
    """A phrase with a grace note and a double stop, on other ticks than the take's, played freely."""
    notes = (
        TimedNote(21, 24, 61, 50), TimedNote(24, 90, 62, 101), TimedNote(103, 190, 65, 77),
        TimedNote(103, 188, 58, 40), TimedNote(196, 420, 69, 64),
    )  # fmt: skip
    track = Track("Riff", 66, 0, notes)
    write_song(Song(96, 4 * 96 * 2, (track,), meters=((0, 4, 4),)), tmp_path / "riff.mid")
    take = make_take(Settings(primer=str(tmp_path / "riff.mid"), seed=1, choruses=1, humanize=0.9))
    take.write(tmp_path / "take.mid")
    found = solo_of(tmp_path / "take.mid").notes
    assert set(found) >= {note._replace(start=5 * note.start, end=5 * note.end) for note in notes}
    assert len(found) == len(take.solo.notes) + 2


def test_a_primer_read_in_double_time_is_played_in_the_time_of_its_file(tmp_path: Path) -> None:
    notes = tuple(TimedNote(k * 60, k * 60 + 50, 60 + k % 12, 80) for k in range(32))  # 32nds
    song = Song(480, 4 * 480, (Track("Riff", 66, 0, notes),), meters=((0, 4, 4),))
    write_song(song, tmp_path / "riff.mid")
    take = make_take(Settings(primer=str(tmp_path / "riff.mid"), seed=1, choruses=1))
    take.write(tmp_path / "take.mid")
    assert set(solo_of(tmp_path / "take.mid").notes) >= set(notes)
