"""solo_track.py: the solo's track, found or named."""

from __future__ import annotations

import pytest

from jazzgen.errors import TrackError
from jazzgen.midi.reading import read
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
