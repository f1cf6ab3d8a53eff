"""xf.py: chord symbols as Yamaha's XF events."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.midi.layout import Layout
from jazzgen.midi.reading import read
from jazzgen.midi.smf import read_song
from jazzgen.midi.writing import write_arrangement
from jazzgen.midi.xf import decode, encode
from jazzgen.music.chords import parse_chord
from jazzgen.music.score import Arrangement, Note, Solo

QUALITIES = [
    "", "6", "maj7", "maj7#11", "add9", "maj9", "69", "aug", "m", "m6", "m7", "m7b5", "madd9", "m9",
    "m7(11)", "mmaj7", "mmaj9", "dim", "dim7", "7", "7sus4", "7b5", "9", "7#11", "7(13)", "7b9", "7b13",
    "7#9", "maj7#5", "7#5",
]  # fmt: skip


@pytest.mark.parametrize("kind", range(30))
def test_the_types_are_those_of_the_specification(kind: int) -> None:
    """Bytes as a Yamaha keyboard writes them: E flat, natural F in the bass."""
    symbol = "Eb" + QUALITIES[kind]
    payload = bytes((0x43, 0x7B, 0x01, 0x23, kind, 0x34, 0x7F))
    assert decode(payload) == f"{symbol}/F"
    assert encode(f"{symbol}/F") == payload
    assert decode(encode(symbol)) == symbol


@pytest.mark.parametrize("root", ["C", "Db", "D#", "E", "F#", "Gb", "Ab", "Bbb", "C##", "B♭"])
def test_roots_keep_their_spelling(root: str) -> None:
    plain = root.replace("♭", "b")
    assert decode(encode(f"{root}m7")) == f"{plain}m7"
    assert decode(encode(f"F6/9/{root}")) == f"F69/{plain}"


@pytest.mark.parametrize(
    ("symbol", "nearest"), [("C13", "C9"), ("C7alt", "C7#9"), ("Cm11", "Cm9"), ("C7b9b13", "C7b9")]
)
def test_what_xf_lacks_becomes_the_nearest_type(symbol: str, nearest: str) -> None:
    assert decode(encode(symbol)) == nearest
    asked, had = parse_chord(symbol), parse_chord(nearest)
    assert asked is not None
    assert had is not None
    assert {4, 10} & asked.pitch_classes == {4, 10} & had.pitch_classes


def test_no_chord() -> None:
    assert decode(encode("N.C.")) == "N.C."


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x43\x7b\x00XF02", b"\x43\x7b\x01\x31", b"\x43\x7b\x01\x00\x00\x7f\x7f",
     b"\x43\x7b\x01\x31\x1e\x7f\x7f", b"\x43\x7b\x01\x31\xff\x7f\x7f", b"\x41\x10\x42\x12"],
)  # fmt: skip
def test_other_events_are_no_chords(payload: bytes) -> None:
    assert decode(payload) is None


def test_a_take_is_written_and_read_with_xf_chords(tmp_path: Path) -> None:
    form = parse_progression("[A] | Dm7 | G7 | [B] | Cmaj7/G . Bbm7b5 . | N.C. |")
    solo = Solo(tuple(Note(6 * n, 6, 60 + n) for n in range(16)), form, title="Tune")
    path = tmp_path / "take.mid"
    write_arrangement(Arrangement(solo), path, layout=Layout(markers="xf"))
    song = read_song(path)
    assert [chord.text for chord in song.xf_chords] == ["Dm7", "G7", "Cmaj7/G", "Bbm7b5", "N.C."]
    assert [marker.text for marker in song.markers] == ["[A]", "[B]"]
    reading = read(path)
    assert reading.solo.progression.chords == form.chords
    assert reading.solo.progression.sections == form.sections
