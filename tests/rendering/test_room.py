"""The room: linear, the same at any time, dying away, and sent to as controller 91 says."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from jazzgen.midi.smf import Song, TimedNote, Track
from jazzgen.midi.smf_writing import write_song
from jazzgen.rendering.parts import room_send
from jazzgen.rendering.room import LENGTH, response, reverberation


def level(samples: np.ndarray) -> float:
    return 10 * float(np.log10(np.square(samples).mean()))


def test_one_sample_is_answered_by_the_response_wherever_it_stands() -> None:
    sent = np.zeros(200_000, np.float32)
    sent[[100, 130_000]] = 1, -0.5
    heard = reverberation(sent)
    assert heard[100 : 100 + LENGTH] == pytest.approx(response(), abs=1e-6)
    assert heard[130_000 : 130_000 + LENGTH] == pytest.approx(-0.5 * response(), abs=1e-6)
    assert len(reverberation(sent[:150])) == 150


def test_it_dies_away_and_is_wide() -> None:
    heard = response()
    blocks = [level(heard[at : at + 4_800]) for at in range(0, LENGTH - 4_800, 4_800)]
    assert all(after < before - 3 for before, after in pairwise(blocks))
    assert blocks[0] - blocks[-1] > 60
    assert np.abs(heard[:480]).max() < 0.02  # not before a wall is reached
    assert np.corrcoef(heard.T)[0, 1] < 0.5


def test_low_notes_stay_out_of_it() -> None:
    time_s = np.arange(96_000) / 48_000
    bass, horn = (
        level(reverberation(np.sin(2 * np.pi * hz * time_s).astype(np.float32))) for hz in (45, 440)
    )
    assert bass < horn - 12


def test_what_a_file_sends(tmp_path: Path) -> None:
    tracks = tuple(
        Track(f"Track {n}", 0, n, (TimedNote(0, 480, 60, 90),), room=room) for n, room in enumerate((20, 60))
    )
    write_song(Song(480, 480, tracks), tmp_path / "a.mid")
    midi = (tmp_path / "a.mid").read_bytes()
    assert room_send(midi) == pytest.approx(40 / 127)
    assert room_send(midi.replace(bytes((91, 20)), bytes((90, 20)))) == pytest.approx(60 / 127)
    assert room_send(midi.replace(bytes((91,)), bytes((90,)))) == pytest.approx(40 / 127)
