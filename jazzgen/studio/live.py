"""A session of trading, started from a page: `Live` runs it in a process of its own, and tells all pages what
happens there.

The process plays as `jazzgen live` does. It ends when it is told to, and when the pipe to the server ends:
then, too, all notes are off and what was played is kept. The recording grows in the folder of favourites, so
that it is there however the studio ends; the take of it joins the others.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from jazzgen.charts.find import find_tune
from jazzgen.errors import JazzgenError, PortError
from jazzgen.live.events import Event, end_of
from jazzgen.live.play import LiveSettings, one_chorus, play
from jazzgen.live.ports import SystemPorts, quiet_libraries
from jazzgen.live.session import STOPPED, Session
from jazzgen.music.score import Solo
from jazzgen.studio.given import GivenError, Kind, checked, settings_of
from jazzgen.studio.roll import frame_of

LISTING_S, END_S = 60.0, 6.0  # that listing ports may take, and a session to end
FINISH, STOP = "finish", "stop"
# Of a take's settings, what a session has no use for: it goes round until it is ended.
NOT_LIVE = ("choruses", "head", "count_in", "ending", "form")
KINDS = {
    "in": Kind((str,), "the name of a port", none=True), "out": Kind((str,), "the name of a port", none=True),
    "virtual": Kind((bool,), "true or false"), "trade": Kind((str,), "text"), "first": Kind((str,), "text"),
    "answer": Kind((int, float), "a number"), "latency": Kind((int, float), "a number"),
}  # fmt: skip


class Live:
    """The session, if one is played; its methods are called in one event loop.

    `tell` gives an event to all pages, `join` makes a take of a recording.
    """

    def __init__(
        self, model: str, folder: Path, tell: Callable[[Event], None], join: Callable[[Path], Awaitable[None]]
    ) -> None:
        self._model, self._folder, self._tell, self._join = model, folder, tell, join
        self._link: Connection | None = None
        self._process: Any = None
        self._ended = threading.Event()  # of the process
        self._sending = threading.Lock()
        self.playing: Event | None = None  # what a page needs that comes in while it goes on

    async def shown(self) -> dict[str, Any]:
        """The ports, or in one line what is `missing`; and what is played."""
        found: dict[str, Any] = {"inputs": [], "outputs": [], "missing": ""}
        try:
            found |= await asyncio.to_thread(_ports)
        except JazzgenError as error:
            found["missing"] = str(error)
        return found | {"virtual": sys.platform != "win32", "playing": self.playing}

    async def begin(self, given: Mapping[str, Any]) -> Event:
        """Start a session; raises `JazzgenError` for what cannot be played, or while another one is."""
        if self.playing is not None:
            raise GivenError("a session is played already; end it first", "live")
        self.playing = {"state": "starting"}
        try:
            live = await asyncio.to_thread(self._settings, given)
            frame = await asyncio.to_thread(_frame, live)
            begun = {"event": "begin", "trade": live.trade, "first": live.first, "roll": frame, "last": None}
            self.playing = begun
            self._tell(begun)
            await asyncio.to_thread(self._start, live, asyncio.get_running_loop())
        except BaseException:
            self.playing = None
            raise
        return begun

    def _settings(self, given: Mapping[str, Any]) -> LiveSettings:
        wanted = given.get("settings")
        if not isinstance(wanted, dict):
            raise GivenError("a session needs settings, with a chart", "settings")
        take = settings_of({k: v for k, v in wanted.items() if k not in NOT_LIVE}, self._model)
        values = checked({name: value for name, value in given.items() if name != "settings"}, KINDS)
        path = self._folder / time.strftime("live-%Y%m%d-%H%M%S.mid")
        return LiveSettings(
            take, values.get("in") or None, values.get("out") or None, values.get("virtual", False),
            values.get("trade", "4"), values.get("first", "me"), values.get("answer", 0.6),
            values.get("latency", 0.0), record=str(path),
        )  # fmt: skip

    def _start(self, live: LiveSettings, loop: asyncio.AbstractEventLoop) -> None:
        context = multiprocessing.get_context("spawn")
        link, there = context.Pipe()
        process = context.Process(target=_play, args=(there, live))  # no daemon: it has processes of its own
        process.start()
        there.close()
        self._ended.clear()
        self._link, self._process = link, process
        threading.Thread(target=self._listen, args=(link, process, loop), daemon=True).start()

    def _listen(self, link: Connection, process: Any, loop: asyncio.AbstractEventLoop) -> None:
        """Hand on what the process says until it has ended."""
        end: Event = {"event": "end", "reason": "the session was killed; all notes are off", "file": ""}
        with suppress(EOFError, OSError):
            while True:
                event = link.recv()
                if event["event"] == "end":
                    end = event
                else:
                    loop.call_soon_threadsafe(self._heard, event)
        process.join()
        self._ended.set()
        with suppress(RuntimeError):  # the loop has ended
            asyncio.run_coroutine_threadsafe(self._over(end), loop)

    def _heard(self, event: Event) -> None:
        if self.playing is not None and event["event"] == "beat":
            self.playing = self.playing | {"last": event}
        self._tell(event)

    async def _over(self, end: Event) -> None:
        """The session has ended: its take joins the others."""
        self._link = self._process = self.playing = None
        if end["file"]:
            try:
                await self._join(Path(end["file"]))
            except (JazzgenError, OSError) as error:
                end["reason"] = f"{end['reason'] or 'recorded'}; {end['file']} is no take here: {error}"
        self._tell(end)

    def end(self, how: Any) -> None:
        """Let the tune end, or stop it at once."""
        if how not in (FINISH, STOP):
            raise GivenError(f"how must be {FINISH} or {STOP}, received {repr(how)[:40]}", "how")
        if self._link is None:
            raise GivenError("no session is played", "live")
        self._send(how)

    def _send(self, how: str) -> None:
        with self._sending, suppress(OSError):
            if self._link is not None:
                self._link.send(how)

    def close(self) -> None:
        """Stop what is played, and wait until it has ended."""
        process = self._process
        if process is not None and not self._ended.is_set():
            self._send(STOP)
            if not self._ended.wait(END_S):
                process.kill()


def _ports() -> dict[str, Any]:
    """The names of the machine's ports, asked in a process of its own: a MIDI library may hang, or print."""
    words = [sys.executable, "-m", "jazzgen", "ports", "--json"]
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            words, capture_output=True, text=True, timeout=LISTING_S, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise PortError(f"the machine's MIDI does not answer within {LISTING_S:g} s; start it anew") from None
    if done.returncode:
        raise PortError((done.stderr.strip() or "ports cannot be listed").removeprefix("jazzgen: "))
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _frame(live: LiveSettings) -> dict[str, Any]:
    """The roll of one chorus, without notes."""
    take = live.take
    tune = find_tune(take.progression, take.chart)
    form = one_chorus((tune if take.style is None else tune.in_style(take.style)).form)
    return frame_of(Solo((), form, tempo=take.tempo_of(form), instrument=take.instrument))


# ------------------------------------------------------------------------------------------ in the process


def _play(link: Connection, live: LiveSettings) -> None:
    """Play a session; what happens goes through `link`, and through it comes how it is to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # before and after: while it plays, the tune ends

    def tell(event: Event) -> None:
        with suppress(OSError):  # the server has ended, and so will this session
            link.send(event)

    def hear(session: Session) -> None:
        try:
            while True:
                if link.recv() == FINISH:
                    session.end()
                else:
                    session.stop(STOPPED)
        except (EOFError, OSError):
            session.stop("the studio has ended")

    try:
        with quiet_libraries():
            outcome, _ = play(
                live, SystemPorts(), lambda text: tell({"event": "said", "text": text}), tell,
                lambda session: threading.Thread(target=hear, args=(session,), daemon=True).start(),
            )  # fmt: skip
        tell(end_of(outcome))
    except JazzgenError as error:
        tell({"event": "end", "reason": str(error), "file": ""})
