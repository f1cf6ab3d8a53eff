"""`jazzgen live` as it is run, over a JACK server without hardware that the test starts."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.rig import KILLS, Rig, ended_by, why_not
from jazzgen import midi
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


def test_a_port_that_is_not_there_is_one_line(rig: Rig) -> None:
    rig.start(*OPTIONS, "--in", "nothing of this name")
    code, _, err = rig.end()
    assert code == 2
    assert err.startswith("jazzgen: input 'nothing of this name': there is no such port; known are: 1 ")
    assert len(err.splitlines()) == 1
