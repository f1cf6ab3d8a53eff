"""A person, a synth and a JACK server without hardware, for `jazzgen live` to be played through.

    with Rig(Path(folder)) as rig:
        rig.start("--trade", "4", "--tempo", "240")
        rig.until(lambda: rig.notes() > 20)
        rig.press(60)

The person's port is called keys, the synth's is synth. Nothing sounds: `jackd -d dummy` is started by the rig
under a name of its own, beside any other. What the synth hears is in `heard`, with the second at which it
came, to the period of the server: 1,024 frames are 21 ms.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from jazzgen.live.ports import SystemPorts

PACKAGE = "jackd2"  # of Debian: jackd and its library
KEYS, SYNTH = "keys", "synth"
START_S, END_S = 120.0, 60.0  # that the server, or jazzgen, may take to start and to end
ON, OFF, CONTROL, WHEEL, ALL_OFF = 0x90, 0x80, 0xB0, 0xE0, 123
Message = tuple[float, bytes]


class RigError(Exception):
    """Something did not happen in time; the text is one line."""


def why_not() -> str:
    """What is missing for a rig, in words; "" where there is all."""
    if shutil.which("jackd") is None:
        return f"jackd is not installed (Debian package {PACKAGE})"
    if find_spec("rtmidi") is None and find_spec("supriya_midi") is None:
        return "no MIDI binding is installed: pip install 'jazzgen[live]'"
    return ""


def hanging(messages: Iterable[bytes], all_off: bool = False) -> set[tuple[int, int]]:
    """The (channel, pitch) of notes that no note-off follows, and of those that were struck while they
    sounded: many a synth plays such a note twice and ends it once. With `all_off` that controller counts, as
    it does for a synth.
    """
    sounding: set[tuple[int, int]] = set()
    twice: set[tuple[int, int]] = set()
    for message in messages:
        key = message[0] & 0x0F, message[1] if len(message) > 1 else 0
        if message[0] & 0xF0 == ON and message[2]:
            twice |= {key} & sounding
            sounding.add(key)
        elif message[0] & 0xF0 in (ON, OFF):
            sounding.discard(key)
        elif all_off and message[0] & 0xF0 == CONTROL and message[1] == ALL_OFF:
            sounding = {note for note in sounding if note[0] != key[0]}
            twice = {note for note in twice if note[0] != key[0]}
    return sounding | twice


def may_run_first() -> bool:
    """Whether this machine gives real-time priority to us, and so to the server and its clients."""
    if not hasattr(os, "sched_setscheduler"):
        return False
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    except OSError:
        return False
    return True


class Rig:
    """The server, both ports and the process of `jazzgen live`; its files go into `folder`."""

    def __init__(self, folder: Path, frames: int = 1024) -> None:
        self.folder, self.frames = folder, frames
        self.heard: list[Message] = []
        self.process: subprocess.Popen[str] | None = None
        self._name = f"jazzgen-{os.getpid()}-{time.monotonic_ns() % 100_000}"
        self._before = os.environ.get("JACK_DEFAULT_SERVER")
        self._closing: list[Callable[[], None]] = []
        self.realtime = may_run_first()

    def __enter__(self) -> Self:
        # Servers share a registry: two that start at once can be without ports.
        self._alone = Path(tempfile.gettempdir(), "jazzgen-jack.lock").open("w")
        fcntl.flock(self._alone, fcntl.LOCK_EX)
        os.environ["JACK_DEFAULT_SERVER"], os.environ["JACK_NO_START_SERVER"] = self._name, "1"
        self.server = subprocess.Popen(
            # With patience: on a busy machine a client that is late must not be thrown out.
            ["jackd", "-R" if self.realtime else "-r", "-t", "4000", "-n", self._name,
             "-d", "dummy", "-r", "48000", "-p", str(self.frames)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.ports = SystemPorts()
        subprocess.run(
            ["jack_wait", "-s", self._name, "-w", "-t", str(int(START_S))], capture_output=True, check=False
        )
        self.keys = self.ports.open_output(KEYS, virtual=True)
        synth = self.ports.open_input(SYNTH, self._hear, virtual=True)
        self._closing = [self.unplug, synth.close]
        return self

    def _hear(self, message: bytes, second: float) -> None:
        self.heard.append((second, message))

    def unplug(self) -> None:
        """Take the person's keyboard away."""
        if self.keys is not None:
            self.keys.close()
            self.keys = None  # type: ignore[assignment]

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for close in self._closing:
            close()
        self.server.terminate()
        self.server.wait(END_S)
        self._alone.close()
        del os.environ["JACK_NO_START_SERVER"]
        if self._before is None:
            del os.environ["JACK_DEFAULT_SERVER"]
        else:
            os.environ["JACK_DEFAULT_SERVER"] = self._before

    def start(self, *options: str, virtual: bool = False, stdin: int = subprocess.DEVNULL) -> None:
        """Start `jazzgen live` with these options and the rig's ports, and wait for its first note."""
        ports = ["--virtual"] if virtual else ["--in", KEYS, "--out", SYNTH]
        self.log.unlink(missing_ok=True)
        words = [sys.executable, "-m", "jazzgen", "live", *ports, "--record", str(self.take),
                 "--log", str(self.log), *options]  # fmt: skip
        self.heard.clear()
        self.process = subprocess.Popen(
            words, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    @property
    def take(self) -> Path:
        """The file that the session is recorded in."""
        return self.folder / "take.mid"

    @property
    def log(self) -> Path:
        """What the process that plays has sent; there once it has ended."""
        return self.folder / "log.json"

    def sent(self) -> list[Message]:
        """The same, read."""
        self.until(self.log.is_file, "the process that plays ended", watched=False)
        rows = json.loads(self.log.read_text(encoding="ascii"))["sent"]
        return [(second, bytes.fromhex(message)) for second, message in rows]

    def press(self, pitch: int, seconds: float = 0.1) -> None:
        """The person plays a note."""
        self.keys.send(bytes((ON, pitch, 80)))
        time.sleep(seconds)
        self.keys.send(bytes((OFF, pitch, 0)))

    def notes(self, channel: int | None = None) -> int:
        """How many notes the synth has heard."""
        return sum(m[0] & 0xF0 == ON and channel in (None, m[0] & 0x0F) for _, m in list(self.heard))

    def sounding(self) -> set[tuple[int, int]]:
        """What sounds now."""
        return hanging((message for _, message in list(self.heard)), all_off=True)

    def until(self, happened: Callable[[], bool], what: str, watched: bool = True) -> None:
        """Wait until something has happened; raises `RigError` where it does not, or jazzgen, which is
        `watched`, ends before.
        """
        limit = time.monotonic() + START_S
        while not happened():
            if watched and self.process is not None and self.process.poll() is not None:
                said = self.process.communicate()[1][-300:]
                raise RigError(f"before {what} jazzgen ended with {self.process.returncode}: {said!r}")
            if time.monotonic() > limit:
                raise RigError(f"{what}: not within {START_S:g} s")
            time.sleep(0.005)

    def send(self, number: int) -> float:
        """Send a signal to jazzgen; the second at which that was."""
        assert self.process is not None
        begin = time.monotonic()
        os.kill(self.process.pid, number)
        return begin

    def end(self, limit_s: float = END_S) -> tuple[int, str, str]:
        """Wait for jazzgen's end: its exit code, and what it printed."""
        assert self.process is not None
        try:
            out, err = self.process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            raise RigError(f"jazzgen did not end within {limit_s:g} s") from None
        return self.process.returncode, out, err


KILLS = {"INT": [signal.SIGINT, signal.SIGINT], "TERM": [signal.SIGTERM], "HUP": [signal.SIGHUP],
         "KILL": [signal.SIGKILL], "lost port": []}  # fmt: skip


def bent(messages: Iterable[bytes]) -> set[int]:
    """The channels that are left with a wheel that does not rest, or bends farther than usual."""
    parameter: dict[tuple[int, int], int] = {}
    ranges: dict[int, int] = {}
    wheels: dict[int, bytes] = {}
    for message in messages:
        channel = message[0] & 0x0F
        if message[0] & 0xF0 == WHEEL:
            wheels[channel] = message[1:]
        elif message[0] & 0xF0 == CONTROL and message[1] in (100, 101):
            parameter[channel, message[1]] = message[2]
        elif message[0] & 0xF0 == CONTROL and message[1] == 6:
            chosen = parameter.get((channel, 101)), parameter.get((channel, 100))
            ranges |= {channel: message[2]} if chosen == (0, 0) else {}
    left = {channel for channel, wheel in wheels.items() if wheel != bytes((0, 64))}
    return left | {channel for channel, semitones in ranges.items() if semitones != 2}


def _silent(sent: Iterable[Message]) -> float:
    """The second at which the last note that sounded was ended."""
    sounding: set[tuple[int, int]] = set()
    last = 0.0
    for second, message in sent:
        if len(message) == 3 and message[0] & 0xF0 in (ON, OFF):
            key = message[0] & 0x0F, message[1]
            if message[0] & 0xF0 == ON and message[2]:
                sounding.add(key)
            elif key in sounding:
                sounding.discard(key)
                last = second
    return last


def ended_by(rig: Rig, how: str, options: Iterable[str], wait_s: float) -> tuple[float, float]:
    """Play a session and end it so.

    Parameters
    ----------
    rig, how
        With what, and one of `KILLS`.
    options, wait_s
        Of `jazzgen live`; and how long after its first 20 notes.

    Returns
    -------
    tuple of float
        The seconds after which the last note was off, and after which jazzgen had ended.

    Raises
    ------
    RigError
        Where a note was left sounding, the take is not there, or more than a line was said.
    """
    rig.start(*options)
    rig.until(lambda: rig.notes() > 20, "the band played")
    rig.press(60)
    time.sleep(wait_s)
    rig.until(lambda: bool(rig.sounding()), "a note sounded")
    begin = time.monotonic()
    if how == "lost port":
        rig.unplug()
    for number in KILLS[how]:
        rig.send(number)
        time.sleep(0.03 if number == signal.SIGINT else 0)
    code, out, err = rig.end()
    ended = time.monotonic() - begin
    sent = rig.sent()
    if left := hanging(message for _, message in sent):
        raise RigError(f"{how}: {len(left)} notes were never ended")
    messages = [message for _, message in sent]
    if not any(message[0] & 0xF0 == WHEEL for message in messages) or bent(messages):
        raise RigError(f"{how}: the wheel was never sent, or left as it was")
    time.sleep(0.1)
    if rig.realtime and (left := rig.sounding()):  # else the server itself may lose messages
        raise RigError(f"{how}: the synth was left with {len(left)} notes")
    off = _silent(sent) - begin
    if "Traceback" in err or len(err.splitlines()) > 1:
        raise RigError(f"{how}: it said {err[-500:]!r}")
    kept = rig.folder / "take.part.mid" if how == "KILL" else rig.take
    if not kept.is_file() or (how != "KILL" and "take.mid" not in out):
        raise RigError(f"{how}: no take is left; it ended with {code} and said {err or out!r}")
    return off, ended
