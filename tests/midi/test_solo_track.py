"""solo_track.py: the solo's track, found or named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jazzgen.errors import TrackError
from jazzgen.midi.reading import read
from jazzgen.midi.smf import TimedNote, Track
from tests.midi.songs import SCALE, chord, line, song, texts


def test_the_solo_is_the_most_solo_like_track(saved) -> None:
    changes = texts((0, "Dm7"), (4, "G7"))
    walking = line(*[38, 41, 45, 44] * 4, name="Track 1", program=32, channel=2, every=480)
    melody = line(*SCALE, name="Track 2", program=65)
    drums = line(*[51] * 16, name="Solo", channel=9)
    comping = chord((53, 57, 60, 64), (53, 57, 59, 64), name="Track 4")
    reading = read(saved(song(walking, comping, drums, melody, markers=changes)))
    assert (reading.track, reading.track_index) == ("Track 2", 4)
    assert "most solo-like of 3 tracks: a lead instrument's program, plays in" in reading.reason
    assert reading.runner_up.startswith("1 'Track 1': ")
    assert reading.solo.instrument == "alto-sax"


def test_a_name_counts(saved) -> None:
    changes = texts((0, "Dm7"))
    other, solo = line(*SCALE, name="Sax 2"), line(*SCALE, name="Lead", program=0, channel=1)
    band = line(*SCALE, name="Strings", program=66, channel=2)
    assert read(saved(song(band, solo, markers=changes))).track == "Lead"
    assert read(saved(song(other, markers=changes))).reason == "the only track with pitches"


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("alto", "Alto"), ("ALTO", "Alto"), ("ten", "Tenor 1"), (2, "Tenor 1"), ("2", "Tenor 1")],
)
def test_the_track_can_be_named(saved, wanted, name: str) -> None:
    both = song(line(*SCALE, name="Alto"), line(*SCALE, name="Tenor 1", channel=1), markers=texts((0, "C")))
    reading = read(saved(both), track=wanted)
    assert reading.track == name
    assert "asked for" in reading.reason


@pytest.mark.parametrize("wanted", ["trumpet", "3", 0, ""])
def test_a_track_that_is_not_there(saved, wanted) -> None:
    both = song(line(*SCALE, name="Alto"), line(*SCALE, name="Tenor", channel=1))
    with pytest.raises(TrackError, match=r"its tracks with notes are 1 'Alto', 2 'Tenor'"):
        read(saved(both), track=wanted)


WHOLE = texts(*((16 * k, "Dm7") for k in range(8)))


def solo_line(bars: int, doubled: int = 0, **more: object) -> Track:
    """Eighths that do not repeat; of every ten notes so many are double stops."""
    rng = np.random.default_rng(3)
    pitches = [60 + int(rng.integers(3)) * 7 + int(rng.integers(6)) for _ in range(8 * bars)]
    alone = line(*pitches, **more)  # type: ignore[arg-type]
    below = [note._replace(pitch=note.pitch - 4) for k, note in enumerate(alone.notes) if k % 10 < doubled]
    return replace(alone, notes=tuple(sorted([*alone.notes, *below])))


@pytest.mark.parametrize("name", ["French Horn", "Horn", "Trumpet"])
@pytest.mark.parametrize(("guitar", "program"), [("Guitar", 26), ("E-Gitarre", 27), ("Distortion Gtr", 30)])
@pytest.mark.parametrize("doubled", [0, 1, 2])
@pytest.mark.parametrize("riff", [(67, 69, 70, None), (67, 69, 70, None, 70, 69, 67, 65)])
def test_a_riff_is_backing(saved, name: str, guitar: str, program: int, doubled: int, riff) -> None:
    again = riff * (128 // len(riff))
    starts = [(k * 480, pitch) for k, pitch in enumerate(again) if pitch]
    horn = Track(name, 56, 3, tuple(TimedNote(tick, tick + 200, pitch, 90) for tick, pitch in starts))
    solo = solo_line(32, doubled, name=guitar, program=program)
    band = chord(*[(53, 57, 60, 64), (53, 57, 59, 64)] * 16, name="Track 4")
    reading = read(saved(song(horn, solo, band, markers=WHOLE, end=32 * 1920)))
    assert reading.track == guitar
    assert "different bars" in reading.runner_up


def test_an_ostinato_does_not_beat_a_solo_of_half_the_piece(saved) -> None:
    ostinato = line(*(72, 74, 76, 77, 79, 77, 76, 74) * 32, name="Lead synth", program=81, channel=3)
    flute = solo_line(20, name="Flute", program=73)
    late = replace(
        flute, notes=tuple(n._replace(start=n.start + 15360, end=n.end + 15360) for n in flute.notes)
    )
    assert read(saved(song(ostinato, late, markers=WHOLE, end=32 * 1920))).track == "Flute"


def test_a_chorus_that_is_played_again_is_no_riff(saved) -> None:
    chorus = solo_line(8, name="Track 1", program=0)
    pitches = [note.pitch for note in chorus.notes] * 4
    head = line(*pitches, name="Track 1", program=0)
    pad = replace(line(*[62, 65, 64, 67] * 8, name="Lead", channel=1, every=1920), program=81)
    assert read(saved(song(head, pad, markers=WHOLE, end=32 * 1920))).track == "Track 1"
