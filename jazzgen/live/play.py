"""From settings to a session that is played: `play`, which `jazzgen live` calls.

It opens the ports, lets trader and band work in processes of their own, hears the signals that end a process,
and plays to the end.
"""

from __future__ import annotations

import os
import shlex
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np

from jazzgen.by_hand import names
from jazzgen.charts.find import self_contained
from jazzgen.errors import OptionError
from jazzgen.live.band_ahead import BandAhead
from jazzgen.live.clock import SystemClock
from jazzgen.live.events import Outcome, Tell, form_of, to_nobody
from jazzgen.live.output import Output
from jazzgen.live.ports import Closable, Ports, check_chosen, find_port, make_watch
from jazzgen.live.recording import Facts, Recording
from jazzgen.live.session import STOPPED, Plan, Session, Stage
from jazzgen.live.trader import Trader
from jazzgen.live.turns import Bars, Trading, check_trading
from jazzgen.live.worker import Remote
from jazzgen.music.score import Progression, instrument
from jazzgen.takes.inputs import TakeInputs
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import load_inputs
from jazzgen.util.files import check_writable
from jazzgen.util.signals import handling
from jazzgen.util.version import __version__

IN, OUT = "jazzgen in", "jazzgen out"  # the virtual ports
CLOCKS = ("in", "out")
SHORTEST_FORM = 8  # bars: a shorter form is played several times as one chorus
MOST_LATENCY_MS = 500.0


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """What a session is: `take` names the tune, the tempo, the soloist and the band as for a take.

    `heard` and `played` are ports, or both are made where `virtual` is set. `answer` is from 0, free, to 1,
    close to what the person plays. `latency_ms` is subtracted from what is heard. `clock` is "in", to follow
    a MIDI clock, "out", to send one, or None. `record` is the file of the take; None keeps none.
    `end_controller` ends the tune. Raises `OptionError` for what is out of range.
    """

    take: Settings
    heard: str | None = None
    played: str | None = None
    virtual: bool = False
    trade: str = "4"
    first: str = "me"
    answer: float = 0.6
    latency_ms: float = 0.0
    clock: str | None = None
    record: str | None = None
    end_controller: int | None = None
    log: str = ""  # what was sent, and when: see `Output`

    def __post_init__(self) -> None:
        check_chosen(self.heard, self.played, self.virtual)
        if not 0 <= self.answer <= 1:
            raise OptionError(f"answer must be in 0..1 (0: free, 1: close), received {self.answer:g}")
        if not 0 <= self.latency_ms <= MOST_LATENCY_MS:
            raise OptionError(
                f"latency must be in 0..{MOST_LATENCY_MS:g} ms, received {self.latency_ms:g}; "
                "jazzgen ports --tap measures it"
            )
        if self.clock not in (None, *CLOCKS):
            raise OptionError(f"clock must be one of {', '.join(CLOCKS)}, received {self.clock!r}")
        if self.end_controller is not None and not 0 <= self.end_controller <= 127:
            raise OptionError(f"end-controller must be in 0..127, received {self.end_controller}")
        check_trading(self.trade, self.first)


def one_chorus(form: Progression) -> Progression:
    """What goes round: the form, or a short one several times."""
    return form.repeat(ceil(SHORTEST_FORM / len(form.bar_ticks)))


def make_trader(live: LiveSettings) -> Trader:
    """The player of a session; made in the process in which it plays."""
    inputs = load_inputs(live.take)
    settings, tune = live.take, replace(inputs.tune, form=one_chorus(inputs.tune.form))
    return Trader(
        inputs.checkpoint, tune, np.random.default_rng([settings.seed, 1]),
        tempo=settings.tempo_of(inputs.tune.form), instrument=settings.instrument,
        controls=settings.controls, answer=live.answer, humanize=settings.humanize,
        expression=settings.expression, index=inputs.index, engine=settings.engine, clock=time.perf_counter,
    )  # fmt: skip


def make_band(live: LiveSettings, form: Progression) -> BandAhead:
    """The band of a session over one chorus."""
    settings = live.take
    return BandAhead(
        form, tempo=settings.tempo_of(form), seed=settings.seed, comping=settings.comping,
        bass=settings.bass, humanize=settings.humanize,
    )  # fmt: skip


def play(
    live: LiveSettings,
    ports: Ports,
    say: Callable[[str], None],
    tell: Tell = to_nobody,
    control: Callable[[Session], None] | None = None,
) -> tuple[Outcome, int | None]:
    """Play a session.

    Parameters
    ----------
    live, ports
        What is played, and on what.
    say, tell
        Are given lines for a person, and what happens as data (`events.py`).
    control
        Is handed the session before it runs, to end it when somebody wants that; None: the return key does.

    Returns
    -------
    tuple of Outcome and int or None
        How it ended, and the signal that ended it, if one did.

    Raises
    ------
    JazzgenError
        What ports, chart, model and the file of the take raise, before a note is played.
    """
    inputs = load_inputs(live.take)
    form = one_chorus(inputs.tune.form)
    heard, played = _ports_of(live, ports)
    band = make_band(live, form)
    parts, bars = tuple(band.parts()), Bars(form)
    if live.log:
        check_writable(live.log)
    facts = facts_of(live, inputs)
    recording = Recording(live.record, bars, facts, parts)
    journal = "" if recording.journal is None else str(recording.journal.path)
    try:
        output = Output(played, virtual=live.virtual, recording=journal, log=live.log)
    except BaseException:
        recording.discard()
        raise
    plan = Plan(
        Trading(bars, live.trade, live.first), band.tempo, parts, instrument(live.take.instrument).program,
        live.latency_ms / 1000, live.clock or "", live.end_controller, live.take.expression,
    )  # fmt: skip
    there = (None, None) if live.virtual else (heard, played)
    stage = Stage(
        SystemClock(), output, Remote(make_trader, live), Remote(make_band, live, form), recording,
        Remote(make_watch, *there), say, tell,
    )  # fmt: skip
    known = {"title": facts.title, "tempo": facts.tempo, "seed": live.take.seed}
    tell(form_of(bars, known | {"trade": live.trade, "first": live.first}))
    session = Session(plan, stage)
    return _run(session, lambda: ports.open_input(heard, session.receive, virtual=live.virtual), control)


def _ports_of(live: LiveSettings, ports: Ports) -> tuple[str, str]:
    """The names of the input and the output."""
    if live.virtual:
        return IN, OUT
    heard = find_port(live.heard or "", ports.inputs(), "input")
    return heard, find_port(live.played or "", ports.outputs(), "output")


def _run(
    session: Session, open_input: Callable[[], Closable], control: Callable[[Session], None] | None
) -> tuple[Outcome, int | None]:
    """Hear the person, and the signals that end a process, while the session runs."""
    signals: list[int] = []
    with handling(lambda number, _: _signalled(number, session, signals)):
        try:
            inlet = open_input()
        except BaseException:
            session.abandon()
            raise
        (control or hear_keys)(session)
        try:
            outcome = session.run()
        finally:
            inlet.close()
    return outcome, signals[0] if signals else None


def _signalled(number: int, session: Session, signals: list[int]) -> None:
    """Ctrl-C once lets the tune end, twice stops; the other signals stop."""
    if number != signal.SIGINT:
        signals.append(number)
        session.stop("ended by a signal")
    else:
        session.end()


def hear_keys(session: Session, *, stops: bool = False) -> None:
    """Let the return key end the tune as Ctrl-C does, where standard input is ours to read; where it `stops`,
    the end of standard input ends the session: whoever started it has gone.
    """
    try:
        if os.isatty(0) and os.getpgrp() != os.tcgetpgrp(0):  # in the background, reading would halt it
            return
    except (OSError, AttributeError):  # Windows knows no such groups
        pass

    def listen() -> None:
        try:
            while os.read(0, 1024):
                session.end()
        except OSError:
            return
        if stops:
            session.stop(STOPPED)

    threading.Thread(target=listen, daemon=True).start()


def facts_of(live: LiveSettings, inputs: TakeInputs) -> Facts:
    """What the take of a session says: its title, and the command."""
    settings, tune = live.take, inputs.tune
    tempo = settings.tempo_of(tune.form)
    title = settings.title or tune.title
    if not title:
        title = names.title(np.random.default_rng([settings.seed, 2]), names.shipped("tunes"))
    chart = self_contained(settings.progression, settings.chart, tune)
    words: list[Any] = [
        "jazzgen",
        "live",
        "--progression",
        chart,
        "--trade",
        live.trade,
        "--first",
        live.first,
    ]
    words += ["--tempo", f"{tempo:g}", "--instrument", settings.instrument, "--answer", f"{live.answer:g}"]
    words += ["--seed", settings.seed]
    command = shlex.join(map(str, words))
    recipe = f"jazzgen {__version__}; checkpoint sha256 {inputs.checkpoint.sha256}; {command}"
    return Facts(tempo, settings.instrument, title, recipe)
