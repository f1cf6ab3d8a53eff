"""A session under a clock that jumps, with ports in memory."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import mido
import pytest

from checks.rig import bent
from checks.virtual import ANSWERED, PlainTrader, Room
from jazzgen import midi
from jazzgen.live.clock import PULSE, PULSES, START
from jazzgen.live.turns import Answer, Turn
from jazzgen.midi.smf import read_song
from jazzgen.music.grid import Control
from jazzgen.performance.expression import BEND

SOLO, DRUMS = 0, 9


def press(pitch: int, at: float, seconds: float = 0.2) -> list[tuple[float, bytes]]:
    """A key, down and up."""
    return [(at, bytes((0x90, pitch, 77))), (at + seconds, bytes((0x80, pitch, 0)))]


def test_the_band_counts_in_plays_and_comes_to_rest() -> None:
    room = Room()
    room.at(1.0, room.session.finish)
    outcome = room.run()
    assert (outcome.reason, outcome.bars) == ("", 12)
    clicks = room.played(DRUMS)[:4]
    assert [round(second, 3) for second, _, _ in clicks] == [-2.0, -1.5, -1.0, -0.5]
    assert {channel for channel in (1, 2, 9) if room.played(channel)} == {1, 2, 9}
    assert max(second for channel in (1, 2, 9) for second, _, _ in room.played(channel)) < 24.1
    assert room.hanging() == 0


def test_the_machine_plays_in_its_own_bars_alone() -> None:
    room = Room(person=press(60, 3.0) + press(62, 17.5))
    room.at(1.0, room.session.finish)
    room.run()
    # At 120 a bar lasts 2 s: the machine has bars 5 to 8 of the twelve.
    seconds = [second for second, pitch, _ in room.played(SOLO)]
    assert len(seconds) == 16
    assert min(seconds) >= 8.0
    assert max(seconds) < 16.0
    offs = [s - room.first_bar for s, m in room.ports.played if m[0] == 0x80 and m[1] == ANSWERED]
    assert max(offs) <= 16.0


def test_the_trader_hears_beats_then_answers_twice() -> None:
    late = 8.03  # over the bar line of bar 5, before the second reading
    room = Room(person=[*press(60, 0.5), *press(64, 7.9), *press(66, late, 0.01)])
    room.at(1.0, room.session.finish)
    outcome = room.run()
    trader = room.trader
    assert trader.beats[:15] == list(range(1, 16))
    (turn, heard_first), (again, heard_then) = trader.openings[0], trader.rests[0]
    assert (turn.heard_from, turn.start, turn.second, turn.end) == (0, 16, 20, 32)
    assert again == turn
    assert (heard_first, heard_then) == (2, 5)  # 150 ms before the line, 60 ms after it
    assert trader.heard[0] == ("on", pytest.approx(1.0), 60)
    assert trader.heard[-3][1] * 0.5 == pytest.approx(late)
    assert min(outcome.margins) >= 0.13


def test_the_machine_plays_first_where_it_is_asked_to() -> None:
    room = Room(first="machine", trade="2")
    room.at(1.0, room.session.finish)
    room.run()
    turns = [turn for turn, _ in room.trader.openings]
    assert [(turn.heard_from, turn.start) for turn in turns] == [(0, 0), (8, 16), (24, 32)]
    assert turns[-1].last is False  # bars 9 and 10; the person has the last two


def test_the_last_turn_says_so_and_ends_with_the_tune() -> None:
    room = Room(trade="8", first="me")
    room.at(1.0, room.session.finish)
    room.run()
    turn = room.trader.openings[-1][0]
    assert (turn.start, turn.end, turn.last) == (32, 48, True)


def test_an_end_that_is_asked_for_too_late_is_that_of_the_next_chorus() -> None:
    room = Room()
    room.at(22.5, room.session.finish)  # in the last of twelve bars
    assert room.run().bars == 24
    assert any("ends with bar 24" in text for text in room.said)


def test_a_controller_asks_for_the_end() -> None:
    room = Room(person=[(2.0, bytes((0xB0, 80, 127)))], end_controller=80)
    assert room.run().bars == 12


def test_stop_ends_at_once_with_nothing_left_sounding() -> None:
    room = Room()
    room.at(5.03, lambda: room.session.stop("stopped"))
    outcome = room.run()
    assert outcome.reason == "stopped"
    assert room.ports.played[-1][0] - room.first_bar <= 5.13
    assert room.hanging() == 0


def test_a_lost_port_is_said_within_two_seconds() -> None:
    room = Room()
    room.at(5.0, lambda: room.ports.names.remove("keys"))
    outcome = room.run()
    assert outcome.reason == "the input 'keys' has gone"
    assert room.time.now() - room.first_bar <= 7.0
    assert room.hanging() == 0


def test_latency_is_subtracted() -> None:
    room = Room(latency=0.1, person=press(60, 1.1))
    room.at(2.0, room.session.finish)
    room.run()
    assert room.trader.heard[0][1] == pytest.approx(2.0)


def test_the_recording_has_all_that_was_played(tmp_path: Path) -> None:
    person = [row for k in range(40) for row in press(55 + k % 7, 0.4 * k + 0.013, 0.3)]
    person += [(1.0, bytes((0xB0, 64, 127))), (1.5, bytes((0xE0, 0, 80))), *press(50, -1.2, 0.0)]
    room = Room(path=tmp_path / "take.mid", person=person)
    room.at(1.0, room.session.finish)
    outcome = room.run()
    assert outcome.kept == str(tmp_path / "take.mid")
    assert [path.name for path in tmp_path.iterdir()] == ["take.mid"]
    song = read_song(tmp_path / "take.mid")
    tracks = {track.name: track for track in song.tracks}
    assert set(tracks) == {"Solo", "You", "Piano", "Bass", "Drums"}
    assert len(tracks["You"].notes) == 41 == outcome.human_notes
    # As played: 13 ms after the beat, and 0.3 s long; a bar of count-in comes first.
    beat = next(note for note in tracks["You"].notes if note.start > 4 * 480)
    assert beat.start / 480 - 4 == pytest.approx(0.026, abs=0.003)
    assert len(tracks["Solo"].notes) == 16
    reading = midi.read(tmp_path / "take.mid", track="Solo")
    assert [note.onset for note in reading.solo.notes] == [12 * (4 + beat) for beat in range(16, 32)]
    assert len(reading.solo.progression.bar_ticks) == 13
    data = (tmp_path / "take.mid").read_bytes()
    assert bytes((0xB3, 64, 127)) in data
    assert bytes((0xE3, 0, 80)) in data


def test_a_session_that_is_stopped_keeps_what_was_played(tmp_path: Path) -> None:
    room = Room(path=tmp_path / "take.mid", person=press(60, 1.0) + press(65, 8.5, 5.0))
    room.at(9.1, lambda: room.session.stop("stopped"))
    room.run()
    song = read_song(tmp_path / "take.mid")
    you = next(track for track in song.tracks if track.name == "You")
    assert [note.pitch for note in you.notes] == [60, 65]
    solo = next(track for track in song.tracks if track.name == "Solo")
    assert len(solo.notes) == 3  # at 8.0, 8.5 and 9.0 s


def test_a_full_disk_ends_the_session_and_leaves_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(path=tmp_path / "take.mid", person=press(60, 1.0))

    def fill() -> None:
        journal = room.recording.journal
        assert journal is not None
        monkeypatch.setattr(journal, "_file", Full(journal._file))

    room.at(4.0, fill)
    outcome = room.run()
    assert "cannot write" in outcome.reason
    assert "No space left on device" in outcome.reason
    assert outcome.kept == str(tmp_path / "take.part.mid")
    assert room.hanging() == 0
    song = read_song(outcome.kept)
    assert [n.pitch for track in song.tracks if track.channel == 3 for n in track.notes] == [60]


class Full:
    """A file on a disk that is full."""

    def __init__(self, file: object) -> None:
        self.file = file

    def seek(self, place: int) -> None:
        """Anywhere."""

    def write(self, _data: bytes) -> int:
        """Nowhere."""
        raise OSError(28, "No space left on device")

    def close(self) -> None:
        """As it is."""
        self.file.close()  # type: ignore[attr-defined]


def test_the_growing_file_is_whole_whenever_it_is_looked_at(tmp_path: Path) -> None:
    room = Room(path=tmp_path / "take.mid", person=press(60, 1.0))
    seen = []
    part = tmp_path / "take.part.mid"
    for second in (-1.0, 2.0, 9.0):
        room.at(second, lambda: seen.append(read_song(part)))
    room.at(10.0, lambda: room.session.stop("stopped"))
    room.run()
    assert not any(song.warnings for song in seen)
    counts = [sum(len(track.notes) for track in song.tracks) for song in seen]
    assert counts[0] < counts[1] < counts[2]
    assert seen[2].markers[0].text == "F7"


@pytest.mark.parametrize(
    "form", ["waltz-bb", "five-four-ebm", "meter: 12/8\n| F7 | Bb7 | F7 | C7 |", "| Dm7 | G7 |"]
)
def test_every_meter_and_short_forms_play_to_their_end(form: str, tmp_path: Path) -> None:
    room = Room(form=form, trade="2", path=tmp_path / "take.mid", person=press(60, 0.3))
    room.at(0.5, room.session.finish)
    outcome = room.run()
    assert outcome.reason == ""
    assert outcome.bars % len(room.bars) == 0
    assert midi.read(tmp_path / "take.mid").solo.notes


def seconds_of(path: Path, track: str) -> list[float]:
    """When the notes of a track begin, by the file's own tempo map."""
    file = mido.MidiFile(path)
    tempi = [row for row in _ticks(file.tracks[0]) if row[1].type == "set_tempo"]
    assert tempi[0][0] == 0
    found = []
    for tick, message in _ticks(next(each for each in file.tracks if each.name == track)):
        if message.type == "note_on" and message.velocity:
            ends = [*(at for at, _ in tempi[1:]), tick]
            spans = [(min(end, tick) - at, row.tempo) for (at, row), end in zip(tempi, ends, strict=True)]
            found.append(sum(max(ticks, 0) * us for ticks, us in spans) / file.ticks_per_beat / 1e6)
    return found


def _ticks(track: mido.MidiTrack) -> list[tuple[int, mido.Message]]:
    now = 0
    return [(now := now + message.time, message) for message in track]


def test_a_take_that_followed_a_clock_plays_as_it_was_played(tmp_path: Path) -> None:
    room = Room(clock="in", tempo=120, path=tmp_path / "take.mid")
    rng, second, pressed = random.Random(1), 1001.0, []  # noqa: S311
    begin = second
    room.at(second - 0.001, lambda: room.ports.play(bytes((START,))), absolute=True)
    for pulse in range((4 + 49) * PULSES):
        room.at(second + rng.gauss(0, 0.001), lambda: room.ports.play(bytes((PULSE,))), absolute=True)
        if pulse % (3 * PULSES) == 5 * PULSES % (3 * PULSES) and pulse > 4 * PULSES:
            pressed.append(second + 0.011)
            for at, message in press(60 + pulse // PULSES % 12, second + 0.011):
                room.at(at, partial(room.ports.play, message), absolute=True)
        # A steady bar and a half, then faster and faster, then half a chorus much slower.
        tempo = 100 if pulse < 10 * PULSES else 100 + pulse / PULSES if pulse < 28 * PULSES else 84
        second += 60 / tempo / PULSES
    room.at(1.0, room.session.finish)
    part = tmp_path / "take.part.mid"
    room.at(20.0, lambda: seen.append(seconds_of_growing(part)))
    seen: list[int] = []
    assert room.run().reason == ""
    played = seconds_of(tmp_path / "take.mid", "You")
    assert len(played) == len(pressed) > 10
    assert played == pytest.approx([at - begin for at in pressed], abs=0.012)
    changes = [m for m in mido.MidiFile(tmp_path / "take.mid").tracks[0] if m.type == "set_tempo"]
    assert 3 < len(changes) < 30
    assert 60e6 / changes[0].tempo == pytest.approx(100, rel=0.005)
    assert 60e6 / changes[-1].tempo == pytest.approx(84, rel=0.005)
    assert seen[0] > 3  # the growing file has them, too
    assert midi.read(tmp_path / "take.mid", track="You").solo.notes


def seconds_of_growing(path: Path) -> int:
    """How many tempi the growing file has."""
    return len(read_song(path).tempos)


class BendingTrader(PlainTrader):
    """Falls by an octave out of each note, over the beginning of the next."""

    FALL = (Control(0.5, BEND, -600.0), Control(1.1, BEND, -1200.0))

    def _bent(self, answer: Answer) -> Answer:
        return Answer(answer.notes, tuple(note._replace(controls=self.FALL) for note in answer.played))

    def opening(self, turn: Turn) -> Answer:
        """As plainly as its class, but for the falls."""
        return self._bent(super().opening(turn))

    def rest(self, turn: Turn) -> Answer:
        """As above."""
        return self._bent(super().rest(turn))


def test_bends_are_played_among_the_notes_recorded_and_put_to_rest(tmp_path: Path) -> None:
    room = Room(trader=BendingTrader(), expression=0.7, path=tmp_path / "take.mid")
    room.at(10.8, lambda: room.session.stop("stopped"))  # in a fall
    room.run()
    sent = [(round(2 * (s - room.first_bar), 2), m) for s, m in room.ports.played if m[0] in (0x90, 0xE0)]
    wheels = [(beat, (message[2] << 7 | message[1]) - 8192) for beat, message in sent if message[0] == 0xE0]
    begun = [row for row in wheels if row[0] >= 16]
    # The wheel bends an octave: half of it at each half beat, and back before the next note.
    assert begun[:3] == [(16.5, -4096), (17.0, 0), (17.5, -4096)]
    for at, (beat, message) in enumerate(sent):
        if message[0] == 0x90 and beat > 16:
            assert sent[at - 1] == (beat, bytes((0xE0, 0, 64)))
    assert not bent(message for _, message in room.ports.played)
    solo = next(track for track in read_song(tmp_path / "take.mid").tracks if track.name == "Solo")
    assert [row.value for row in solo.controls if row.kind == BEND][1:4] == pytest.approx([-600, 0, -600])
    assert b"\xe0" in (tmp_path / "take.mid").read_bytes()


def test_what_is_no_message_is_not_heard(tmp_path: Path) -> None:
    wrong = [
        b"",
        b"\x90",
        b"\x90\x3c",
        bytes((0x90, 200, 80)),
        bytes((60, 80, 1)),
        b"\xf0\x01\xf7",
        b"\xc0\x05\x01",
    ]
    room = Room(
        path=tmp_path / "take.mid", person=[*((1.0, message) for message in wrong), (2.0, b"\xc0\x05")]
    )
    room.at(1.0, room.session.finish)
    outcome = room.run()
    assert (outcome.reason, outcome.human_notes, room.trader.heard) == ("", 0, [])
