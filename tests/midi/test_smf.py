"""smf.py: broken, foreign and hostile bytes in, one line or a `Song` out."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.errors import MidiError
from jazzgen.midi.smf import TimedNote, TimedText, Track, read_song


def parse_hexdump(text: str) -> bytes:
    """The bytes of a dump in hexadecimal; what follows a # on a line is a comment."""
    return bytes.fromhex(" ".join(line.partition("#")[0] for line in text.splitlines()))


HEADER = (
    "4D 54 68 64  00 00 00 06  00 01  00 01  00 60  # MThd, 6 bytes: format 1, 1 track, 96 ticks a quarter"
)


END = "00 FF 2F 00  # end of track"


def file_of(*events: str, header: str = HEADER) -> bytes:
    """A file with one track of these events in hexadecimal."""
    body = parse_hexdump("\n".join(events))
    return parse_hexdump(header) + b"MTrk" + len(body).to_bytes(4, "big") + body


@pytest.fixture
def saved(tmp_path: Path):
    def save(data: bytes) -> Path:
        path = tmp_path / "file.mid"
        path.write_bytes(data)
        return path

    return save


def notes_of(path: Path) -> list[tuple[int, ...]]:
    return [tuple(note) for track in read_song(path).tracks for note in track.notes]


def test_running_status_and_velocity_0(saved) -> None:
    path = saved(
        file_of(
            "00 FF 03 04 53 6F 6C 6F  # track name: Solo",
            "00 C0 42                 # program 66: tenor saxophone",
            "00 90 3C 50              # note on, channel 1, pitch 60, velocity 80",
            "60 3C 00                 # a quarter later velocity 0: note off by running status",
            "00 3E 51                 # pitch 62, velocity 81",
            "81 40 3E 00              # 192 ticks later: off",
            END,
        )
    )
    song = read_song(path)
    assert song.ppq == 96
    assert song.end == 288
    assert song.tracks == (Track("Solo", 66, 0, (TimedNote(0, 96, 60, 80), TimedNote(96, 288, 62, 81))),)


def test_format_0_is_split_by_channel(saved) -> None:
    path = saved(
        file_of(
            "00 FF 03 04 54 75 6E 65  # track name: Tune",
            "00 C1 20                 # channel 2: program 32, bass",
            "00 90 3C 50  00 91 24 50 # one note on channel 1, one on channel 2",
            "60 80 3C 40  00 81 24 40",
            END,
            header=HEADER.replace("00 01  00 01", "00 00  00 01"),
        )
    )
    song = read_song(path)
    assert song.title == "Tune"
    assert [(track.name, track.channel, track.program) for track in song.tracks] == [
        ("Tune, channel 1", 0, 0),
        ("Tune, channel 2", 1, 32),
    ]


def test_a_missing_note_off_ends_at_the_next_onset(saved) -> None:
    path = saved(file_of("00 90 48 50", "60 3C 50", "60 80 3C 40", "8F 00 FF 2F 00"))
    assert notes_of(path) == [(0, 96, 72, 80), (96, 192, 60, 80)]


def test_a_missing_note_off_lasts_four_beats_at_most(saved) -> None:
    assert notes_of(saved(file_of("00 90 48 50", "BF 00 FF 2F 00"))) == [(0, 4 * 96, 72, 80)]


def test_a_pitch_struck_again_ends_there(saved) -> None:
    path = saved(file_of("00 90 3C 50", "60 3C 51", "60 80 3C 40", END))
    assert notes_of(path) == [(0, 96, 60, 80), (96, 192, 60, 81)]


def test_a_note_off_after_the_note_on_at_one_tick_belongs_to_the_note_before(saved) -> None:
    path = saved(file_of("00 90 3C 50", "60 90 3C 51", "00 80 3C 40", "60 80 3C 40", END))
    assert notes_of(path) == [(0, 96, 60, 80), (96, 192, 60, 81)]


def test_a_note_off_without_a_note_says_nothing(saved) -> None:
    assert notes_of(saved(file_of("00 80 3C 40", "00 90 3C 50", "60 80 3C 40", END))) == [(0, 96, 60, 80)]


def test_time_before_an_unknown_meta_event_is_kept(saved) -> None:
    """mido 1.3 loses it: then all that follows comes a beat early."""
    path = saved(file_of("60 FF 08 03 53 61 78  # program name: Sax", "00 90 3C 50", "60 80 3C 40", END))
    assert notes_of(path) == [(96, 192, 60, 80)]


def test_system_exclusive_events_and_other_chunks_are_skipped(saved) -> None:
    track = file_of("60 F0 05 7E 7F 09 01 F7  # GM on", "00 90 3C 50", "60 80 3C 40", END)
    other = b"XFIH\x00\x00\x00\x02ab"
    assert notes_of(saved(track[:14] + other + track[14:])) == [(96, 192, 60, 80)]


@pytest.mark.parametrize(
    ("payload", "text"),
    [("Für Elise".encode(), "Für Elise"), ("Für Elise".encode("latin-1"), "Für Elise"), (b"C7 \0", "C7")],
)
def test_texts_are_utf_8_or_latin_1(saved, payload: bytes, text: str) -> None:
    path = saved(file_of(f"00 FF 06 {len(payload):02X} {payload.hex()}", END))
    assert read_song(path).markers == (TimedText(0, text),)


def test_tempo_meter_and_key(saved) -> None:
    path = saved(
        file_of(
            "00 FF 51 03 07 A1 20     # 500,000 microseconds a quarter",
            "00 FF 58 04 03 02 18 08  # 3/4",
            "00 FF 59 02 FE 00        # two flats, major",
            "60 FF 51 03 06 1A 80     # 400,000 microseconds",
            END,
        )
    )
    song = read_song(path)
    assert song.tempos == ((0, 500_000), (96, 400_000))
    assert song.meters == ((0, 3, 4),)
    assert song.key == "Bb"


@pytest.mark.parametrize(
    "odd",
    [
        "00 FF 59 02 09 00  # nine sharps",
        "00 FF 51 02 07 A1  # a tempo of two bytes",
        "00 FF 59 00  # no key",
    ],
)
def test_a_key_or_tempo_that_says_nothing_does_not_spoil_the_notes(saved, odd: str) -> None:
    assert notes_of(saved(file_of(odd, "00 90 3C 50", "60 80 3C 40", END))) == [(0, 96, 60, 80)]


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ("00 B0 07 C8  # volume 200", "track 1 has a value above 127, read as 127, at quarter 1"),
        ("00 C0 C8", "track 1 has a program above 127, which is left out, at quarter 1"),
        ("00 E0 80 C0 00 E0 80 00", "track 1 has a value above 127, read as 127, at quarter 1 and 1 more"),
        ("00 90 C8 50", "track 1 has a note above 127, which is left out, at quarter 1"),
        ("00 F8", "track 1 has a message 0xF8, which has no place in a file, at quarter 1"),
        ("00 F2 10 10", "track 1 has a message 0xF2, which has no place in a file, at quarter 1"),
        ("00 FF 59 02 09 00  # nine sharps", "a key signature that is none is left out"),
        ("00 FF 51 02 07 A1 00 FF 51 01 07", "a tempo that is none is left out (2 of them)"),
    ],
)
def test_what_players_overlook_is_a_warning(saved, odd: str, said: str) -> None:
    song = read_song(saved(file_of(odd, "00 90 3C 50", "60 80 3C 40", END)))
    assert [tuple(note) for note in song.tracks[0].notes] == [(0, 96, 60, 80)]
    assert song.warnings == (said,)


def test_a_velocity_above_127_is_the_loudest(saved) -> None:
    assert notes_of(saved(file_of("00 90 3C 90", "60 80 3C 40", END))) == [(0, 96, 60, 127)]


def test_a_header_may_promise_too_many_tracks(saved) -> None:
    song = read_song(
        saved(
            file_of("00 90 3C 50", "60 80 3C 40", END, header=HEADER.replace("00 01  00 60", "00 03  00 60"))
        )
    )
    assert song.warnings == ("its header promises 3 tracks, it has 1",)


@pytest.mark.parametrize(
    ("missing", "notes"),
    [
        (3, [(0, 96, 60, 80), (96, 192, 62, 80)]),
        (7, [(0, 96, 60, 80), (96, 97, 62, 80)]),
        (9, [(0, 96, 60, 80)]),
    ],
)
def test_a_file_that_is_cut_off_is_read_as_far_as_it_goes(saved, missing: int, notes) -> None:
    path = saved(
        file_of("00 C0 41", "00 90 3C 50", "60 80 3C 40", "00 90 3E 50", "60 80 3E 40", END)[:-missing]
    )
    song = read_song(path)
    assert [tuple(note) for note in song.tracks[0].notes] == notes
    assert song.warnings == (f"breaks off: {missing} bytes of track 1 are missing",)
    assert song.tracks[0].program == 65


NOTE = "00 90 3C 50 60 80 3C 40"


GOOD = file_of(NOTE, END)


BROKEN = {
    "empty": (b"", "is empty"),
    "text": (b"Dear Sir or Madam", r"not a MIDI file: it starts with b'Dear'"),
    "RIFF": (b"RIFF" + GOOD, "not a MIDI file"),
    "half a header": (GOOD[:11], "breaks off in its header"),
    "no track": (GOOD[:14], "promises 1 tracks, it has 0"),
    "event cut": (file_of(NOTE, "00 90 3C"), "track 1 breaks off in the middle of an event"),
    "text cut": (file_of(NOTE, "00 FF 06 7F 41"), "track 1 breaks off"),
    "length cut": (file_of(NOTE, "81"), "track 1 breaks off"),
    "format 2": (file_of(NOTE, END, header=HEADER.replace("00 01  00 01", "00 02  00 01")), "format 2"),
    "SMPTE time": (file_of(NOTE, END, header=HEADER.replace("00 60", "E7 28")), "SMPTE"),
    "PPQ 0": (file_of(NOTE, END, header=HEADER.replace("00 60", "00 00")), "0 ticks a quarter"),
    "data first": (file_of("00 3C 50", END), "data before any status"),
    "five-byte time": (file_of("FF FF FF FF 7F 90 3C 50", END), "longer than four bytes"),
    "billion ticks": (file_of("00 90 3C 50", "FF FF FF 7F 80 3C 40", END), "lasts 2,796,202 beats"),
    "65,535 tracks": (file_of(NOTE, END, header=HEADER.replace("00 01  00 60", "FF FF  00 60")), "65,535"),
    "2,000 real tracks": (
        b"MThd\0\0\0\6\0\1" + (2000).to_bytes(2, "big") + b"\0\x60" + 2000 * (GOOD[14:]),
        "2,000 tracks; at most 1,024",
    ),
    "60,000 notes": (file_of(*["01 90 3C 50 01 3C 00"] * 60_000), "more than 50,000 notes"),
    "60,000 texts": (file_of(*["00 FF 06 01 41"] * 60_000), "60,000 texts, tempi"),
    "5 MB": (GOOD + bytes(5_000_000), "too big"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_files_are_refused_in_one_line(saved, fault: str) -> None:
    data, message = BROKEN[fault]
    path = saved(data)
    with pytest.raises(MidiError, match=message) as caught:
        read_song(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_missing_folders_and_devices(tmp_path: Path) -> None:
    with pytest.raises(MidiError, match="no such file"):
        read_song(tmp_path / "none.mid")
    with pytest.raises(MidiError, match="is a folder"):
        read_song(tmp_path)
    with pytest.raises(MidiError, match="not a regular file"):
        read_song(os.devnull)
    with pytest.raises(MidiError, match=r"'a\\x00b'"):
        read_song("a\0b")


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_whatever_the_bytes_only_a_midi_error_comes_out(tmp_path_factory, data: st.DataObject) -> None:
    """Bytes of a good file changed, taken out and put in."""
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(8, len(content)))
        content[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    path = tmp_path_factory.getbasetemp() / "changed.mid"
    path.write_bytes(content)
    with suppress(MidiError):
        song = read_song(path)
        assert all(note.end > note.start for track in song.tracks for note in track.notes)
