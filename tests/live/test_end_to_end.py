"""`jazzgen live` as it is run, over a JACK server without hardware that the test starts."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.rig import KILLS, Rig, ended_by, why_not
from jazzgen import midi
from jazzgen.cli import main
from jazzgen.live.ports import quiet_libraries
from jazzgen.midi.smf import read_song

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())
OPTIONS = ["--tempo", "300", "--trade", "2", "--seed", "1", "--progression", "| Dm7 | G7 | Cmaj7 | % |"]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with quiet_libraries(), Rig(tmp_path) as rig:
        yield rig


def test_a_tune_is_traded_recorded_and_ended_by_ctrl_c(rig: Rig) -> None:
    rig.start(*OPTIONS, "--clock", "out")
    rig.until(lambda: rig.notes() > 8, "the band played")
    for pitch in (60, 64, 67):
        rig.press(pitch, 0.05)
    rig.until(lambda: rig.notes(0) > 2, "jazzgen answered")
    rig.send(signal.SIGINT)
    code, out, err = rig.end()
    assert (code, err) == (0, "")
    assert "you" in out
    assert "the last chorus: it ends with bar" in out
    song = read_song(rig.take)
    tracks = {track.name: track for track in song.tracks}
    assert set(tracks) == {"Solo", "You", "Piano", "Bass", "Drums"}
    assert [note.pitch for note in tracks["You"].notes] == [60, 64, 67]
    bars = len(midi.read(rig.take, track="Solo").solo.progression.bar_ticks)
    assert (bars - 1) % 8 == 0  # a count-in, and a form of four bars that goes round in eights
    sent = [message for _, message in rig.sent()]
    assert sent.count(b"\xfa") == sent.count(b"\xfc") == 1
    assert sent.count(b"\xf8") >= 24 * 4 * (bars - 1)
    recorded = sum(len(tracks[name].notes) for name in ("Solo", "Piano", "Bass", "Drums"))
    played = sum(message[0] & 0xF0 == 0x90 for message in sent)
    late = int(re.search(r"(\d+) notes left out", out)[1])  # type: ignore[index] - on a busy machine
    assert abs(recorded - played - late) <= 2  # notes of one pitch on one tick are one in a file


@pytest.mark.parametrize("how", KILLS)
def test_nothing_hangs_however_it_ends(rig: Rig, how: str) -> None:
    off, _ = ended_by(rig, how, OPTIONS, 0.3)
    # What is measured on a busy machine is no promise: `python -m checks.live ends` measures.
    assert off < 30


def test_virtual_ports_can_be_connected_to(rig: Rig) -> None:
    rig.start(*OPTIONS, virtual=True)
    rig.until(lambda: any("jazzgen in" in name for name in rig.ports.outputs()), "its port was there")
    rig.until(lambda: any("jazzgen out" in name for name in rig.ports.inputs()), "its port was there")
    rig.send(signal.SIGTERM)
    code, _, err = rig.end()
    assert code == 128 + signal.SIGTERM
    assert err == "jazzgen: ended by a signal\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--record", "/proc/none/take.mid"], "cannot write /proc/none/take.mid: "),
        (["--record", "take.wav"], "a session is recorded as .mid, received take.wav"),
        (["--log", "/proc/none/log.json"], "cannot write /proc/none/log.json: "),
        (["--tempo", "nan"], "tempo must be in 20..400"),
    ],
)
def test_what_cannot_be_is_one_line_before_a_note(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["live", "--virtual", "--record", "take.mid", *options]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert err.startswith(f"jazzgen: {said}")


def test_ports_are_listed_as_json(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ports", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["inputs"], found["outputs"]) == (rig.ports.inputs(), rig.ports.outputs())
    assert main(["ports", "--tap"]) == 2
    assert capsys.readouterr().err.startswith("jazzgen: --tap needs --in and --out")


def test_what_happens_is_told_as_json_until_standard_input_ends(rig: Rig) -> None:
    rig.start(*OPTIONS, "--events", stdin=subprocess.PIPE)
    rig.until(lambda: rig.notes() > 8, "the band played")
    rig.press(61, 0.05)
    rig.until(lambda: rig.notes(0) > 2, "jazzgen answered")
    code, out, err = rig.end()  # closes it
    assert (code, err) == (0, "")
    events = [json.loads(line) for line in out.splitlines()]
    assert [events[0]["event"], events[-1]["event"]] == ["form", "end"]
    assert (events[0]["bars"], events[0]["chords"][1]) == (list(range(0, 32, 4)), [4.0, "G7"])
    assert (events[-1]["reason"], events[-1]["file"]) == ("stopped", str(rig.take))
    beats = [event for event in events if event["event"] == "beat"]
    assert [int(event["beat"] // 1) for event in beats[:6]] == [-4, -3, -2, -1, 0, 1]
    first = next(event for event in beats if event["beat"] >= 8)
    assert (first["bar"], first["chord"], first["turn"], first["tempo"]) == (3, "Cmaj7", "jazzgen", 300)
    assert [event["velocity"] > 0 for event in events if event["event"] == "you"] == [True, False]
    answered = sum(len(event["notes"]) for event in events if event["event"] == "answer")
    assert answered >= events[-1]["jazzgen"] > 2
    assert {"event": "said", "text": "bars 1 to 2: you"} in events


def test_a_port_that_is_not_there_is_one_line(rig: Rig) -> None:
    rig.start(*OPTIONS, "--in", "nothing of this name")
    code, _, err = rig.end()
    assert code == 2
    assert err.startswith("jazzgen: input 'nothing of this name': there is no such port; known are: 1 ")
    assert len(err.splitlines()) == 1
