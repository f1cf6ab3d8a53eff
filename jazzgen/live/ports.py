"""MIDI ports behind one small interface: `SystemPorts` for those of the machine, `MemoryPorts` for those of a
test. A message is its bytes; it arrives with the second, of `time.monotonic`, at which it came.

The binding is python-rtmidi, or supriya-midi where that has no wheels (Python 3.13 and later); both speak to
ALSA and JACK (PipeWire has both), CoreMIDI and Windows. Neither says that a port has gone: `missing` looks.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, TextIO

from jazzgen.errors import OptionError, PortError
from jazzgen.util.packages import optional

Receive = Callable[[bytes, float], None]  # a message, and the second at which it came
CLIENT = "jazzgen"
POLL_S = 0.003  # between two looks into the queue of an input
SEQUENCER = Path("/dev/snd/seq")  # where it is not there, ALSA has no MIDI
EXTRA = "live"
NO_PORTS = "no MIDI ports: plug something in, start a synth"


class Closable(Protocol):
    """An open input."""

    def close(self) -> None:
        """Close it."""


class Outlet(Closable, Protocol):
    """An open output."""

    def send(self, message: bytes) -> None:
        """Send a message at once."""


class Ports(Protocol):
    """What a session needs of the machine's ports."""

    def inputs(self) -> list[str]:
        """The names of what can be heard; raises `PortError` where MIDI itself is not there."""

    def outputs(self) -> list[str]:
        """The names of what can be played."""

    def open_input(self, name: str, receive: Receive, *, virtual: bool = False) -> Closable:
        """Hear the port `name`, or make one that others can play; `receive` is called in another thread."""

    def open_output(self, name: str, *, virtual: bool = False) -> Outlet:
        """Play the port `name`, or make one that others can hear."""


def find_port(wanted: str, names: Sequence[str], what: str) -> str:
    """The one of `names` that is called `wanted`, has that in its name, or is the number `wanted` from 1.

    Raises `PortError` that lists them where none or several are meant; `what` is "input" or "output".
    """
    if wanted in names:
        return wanted
    if wanted.isdecimal():
        found = [name for number, name in enumerate(names, 1) if wanted == str(number)]
    else:
        found = [name for name in names if wanted and wanted.casefold() in name.casefold()]
    if len(found) == 1:
        return found[0]
    known = "; ".join(f"{number} {name}" for number, name in enumerate(names, 1))
    how = f"{len(found)} ports match" if found else "there is no such port"
    advice = f"known are: {known}" if names else "there is none at all: plug one in, or play with --virtual"
    raise PortError(f"{what} {wanted[:80]!r}: {how}; {advice}")


def missing(ports: Ports, heard: str | None, played: str | None) -> str:
    """What has gone of the input `heard` and the output `played`, in words; empty where both are there.

    None stands for a virtual port, which lives as long as the machine's MIDI does.
    """
    try:
        inputs, outputs = ports.inputs(), ports.outputs()
    except PortError as error:
        return str(error)
    if heard is not None and heard not in inputs:
        return f"the input {heard!r} has gone"
    if played is not None and played not in outputs:
        return f"the output {played!r} has gone"
    return ""


class Watch:
    """What looks for the ports of a session, in a process of its own: asking a busy server takes time.

    Every other look is by new clients, for those of a server that died go on listing what there was.
    """

    def __init__(self, old: Ports, new: Ports, heard: str | None, played: str | None) -> None:
        self._ports, self._heard, self._played = (old, new), heard, played
        self._looks = 0

    def look(self) -> str:
        """As `missing`."""
        self._looks += 1
        return missing(self._ports[self._looks % 2], self._heard, self._played)


def make_watch(heard: str | None, played: str | None) -> Watch:
    """A watch over the machine's ports; made in its own process, whose standard error it silences."""
    hush()
    return Watch(SystemPorts(keep=True), SystemPorts(), heard, played)


# ---------------------------------------------------------------------------------------- the machine's ports


class SystemPorts:
    """The machine's ports, listed by a new client each time unless it is to `keep` them; raises
    `MissingPackageError` without a binding.
    """

    def __init__(self, *, keep: bool = False) -> None:
        self._kept: dict[Any, Any] | None = {} if keep else None
        if find_spec("rtmidi") is None and find_spec("supriya_midi") is not None:
            self._binding, self._api = _supriya()
        else:
            self._binding = optional("rtmidi", EXTRA, "playing live")
            self._api = self._binding.API_UNIX_JACK if _only_jack() else self._binding.API_UNSPECIFIED

    def inputs(self) -> list[str]:
        """As `Ports`."""
        return self._names(self._binding.MidiIn)

    def outputs(self) -> list[str]:
        """As `Ports`."""
        return self._names(self._binding.MidiOut)

    def open_input(self, name: str, receive: Receive, *, virtual: bool = False) -> Closable:
        """Hear clocks and what is played, but neither system exclusive nor active sensing."""
        port = self._open(self._binding.MidiIn, name, virtual, "input")
        port.ignore_types(sysex=True, timing=False, active_sense=True)
        return _Inlet(port, receive)

    def open_output(self, name: str, *, virtual: bool = False) -> Outlet:
        """Raises `PortError` where it cannot be opened."""
        return _SystemPort(self._open(self._binding.MidiOut, name, virtual, "output"))

    def _client(self, kind: Any) -> Any:
        try:
            return kind(self._api, CLIENT)
        except Exception as error:  # each binding has errors of its own
            raise PortError(f"the machine's MIDI cannot be reached: {error}; start it (as jackd)") from None

    def _names(self, kind: Any) -> list[str]:
        if self._kept is not None:
            client = self._kept.setdefault(kind, None) or self._client(kind)
            self._kept[kind] = client
            return list(client.get_ports())
        client = self._client(kind)
        try:
            return list(client.get_ports())
        finally:
            client.delete()

    def _open(self, kind: Any, name: str, virtual: bool, what: str) -> Any:
        port = self._client(kind)
        try:
            if virtual:
                return port.open_virtual_port(name) or port
            names = list(port.get_ports())
            return port.open_port(names.index(name), f"{CLIENT} {what}") or port
        except ValueError:
            raise PortError(
                f"the {what} {name!r} has gone; jazzgen ports lists those that are there"
            ) from None
        except (NotImplementedError, SystemError, RuntimeError) as error:
            advice = "make a port with loopMIDI and name it" if sys.platform == "win32" else "name another"
            raise PortError(f"the {what} {name!r} cannot be opened: {error}; {advice}") from None


class _Inlet:
    """An input whose queue a thread empties. A callback would let the audio server wait for Python's lock.

    The binding times messages by their distances. The second of the first is the least that fits all: no
    message was taken from the queue before it came.
    """

    def __init__(self, port: Any, receive: Receive) -> None:
        self._port, self._receive = port, receive
        self._open = True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        since, first = 0.0, float("inf")
        while self._open:
            while (event := self._port.get_message()) is not None:
                since += event[1]
                first = min(first, time.monotonic() - since)
                self._receive(bytes(event[0]), first + since)
            time.sleep(POLL_S)

    def close(self) -> None:
        self._open = False
        self._thread.join()
        self._port.close_port()
        self._port.delete()


class _SystemPort:
    def __init__(self, port: Any) -> None:
        self._port = port

    def send(self, message: bytes) -> None:
        self._port.send_message(message)

    def close(self) -> None:
        self._port.close_port()
        self._port.delete()


def _only_jack() -> bool:
    """Whether ALSA has no sequencer: asked first, it would complain."""
    return sys.platform.startswith("linux") and not SEQUENCER.exists()


def _supriya() -> tuple[Any, Any]:
    binding = optional("supriya_midi", EXTRA, "playing live")
    return binding, binding.RtMidiAPI.UNIX_JACK if _only_jack() else binding.RtMidiAPI.UNSPECIFIED


def hush() -> None:
    """Let nothing be printed on standard error from here on, by C libraries either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """Let C libraries print nothing on standard error meanwhile: JACK tells of a lost server in ten lines."""
    sys.stderr.flush()
    kept, python = os.dup(2), sys.stderr
    own: TextIO = os.fdopen(
        os.dup(2), "w", buffering=1, encoding=python.encoding or "utf-8", errors="replace"
    )
    hush()
    sys.stderr = own
    try:
        yield
    finally:
        sys.stderr = python
        own.close()
        os.dup2(kept, 2)
        os.close(kept)


# -------------------------------------------------------------------------------------------- ports in memory


class MemoryPorts:
    """Ports of a test. What is played is in `played`, with the second at which it was; `clock` says it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.names = ["keys", "synth"]
        self.dead = False
        self.played: list[tuple[float, bytes]] = []
        self._receivers: list[Receive] = []

    def inputs(self) -> list[str]:
        """All, while MIDI is there."""
        if self.dead:
            raise PortError("the machine's MIDI cannot be reached: switched off; start it")
        return list(self.names)

    outputs = inputs

    def open_input(self, name: str, receive: Receive, *, virtual: bool = False) -> Closable:
        """What `play` is told goes to `receive`."""
        if not virtual and name not in self.inputs():
            raise PortError(f"the input {name!r} has gone")
        self._receivers.append(receive)
        return self

    def open_output(self, name: str, *, virtual: bool = False) -> Outlet:
        """What is sent is kept."""
        if not virtual and name not in self.outputs():
            raise PortError(f"the output {name!r} has gone")
        return self

    def play(self, message: bytes, at_s: float | None = None) -> None:
        """A person plays `message`."""
        for receive in self._receivers:
            receive(message, self.clock() if at_s is None else at_s)

    def send(self, message: bytes) -> None:
        """The machine plays."""
        if self.dead:
            raise PortError("the output has gone")
        self.played.append((self.clock(), message))

    def close(self) -> None:
        """Nothing is left open."""


def check_chosen(heard: str | None, played: str | None, virtual: bool) -> None:
    """Raise `OptionError` unless ports are named, or virtual ones are asked for."""
    if virtual and (heard or played):
        raise OptionError("--virtual makes both ports itself; leave --in and --out out")
    if not virtual and not (heard and played):
        raise OptionError("name --in and --out (jazzgen ports lists them), or make ports with --virtual")
