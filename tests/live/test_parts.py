"""The small parts of a session: ports, clocks, bars and turns, what is to be sent, workers, taps."""

from __future__ import annotations

import random
import time
from collections import deque
from pathlib import Path

import numpy as np
import pytest

from jazzgen.charts.find import find_tune
from jazzgen.errors import JazzgenError, OptionError, OutputError, PortError, WorkersError
from jazzgen.live.band_ahead import BandAhead
from jazzgen.live.clock import (
    PULSE,
    PULSES,
    START,
    STOP,
    ClockFollower,
    Timeline,
    VirtualClock,
    tempo_changes,
)
from jazzgen.live.journal import Journal, variable
from jazzgen.live.output import MemorySink
from jazzgen.live.play import LiveSettings, one_chorus
from jazzgen.live.ports import MemoryPorts, find_port, missing
from jazzgen.live.tap import latencies, measure
from jazzgen.live.turns import Bars, Trading
from jazzgen.live.upcoming import Upcoming
from jazzgen.live.worker import Remote
from jazzgen.music.grid import PlayedNote
from jazzgen.takes.settings import Settings

# ----------------------------------------------------------------------------------------------------- ports

NAMES = ["Keystation 49:0", "Keystation 49:1", "Synth"]


@pytest.mark.parametrize("wanted", ["Synth", "synth", "3", "YNT"])
def test_a_port_is_found_by_name_part_or_number(wanted: str) -> None:
    assert find_port(wanted, NAMES, "output") == "Synth"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [("key", "2 ports match; known are: 1 Keystation"), ("4", "there is no such port"), ("", "no such")],
)
def test_a_port_that_is_not_meant_lists_those_that_are_there(wanted: str, message: str) -> None:
    with pytest.raises(PortError, match=message):
        find_port(wanted, NAMES, "input")


def test_what_has_gone_is_named() -> None:
    ports = MemoryPorts()
    assert missing(ports, "keys", "synth") == missing(ports, None, None) == ""
    ports.names.remove("synth")
    assert missing(ports, "keys", "synth") == "the output 'synth' has gone"
    ports.dead = True
    assert "cannot be reached" in missing(ports, None, None)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"virtual": True, "heard": "a"}, "leave --in and --out out"),
        ({"heard": "a"}, "name --in and --out"),
        ({"answer": 1.5}, r"answer must be in 0\.\.1"),
        ({"latency_ms": -1}, "latency must be"),
        ({"latency_ms": float("nan")}, "latency must be"),
        ({"clock": "both"}, "clock must be one of in, out"),
        ({"trade": "3"}, "trade must be one of 2, 4, 8, choruses"),
        ({"first": "you"}, "first must be me or machine"),
        ({"end_controller": 128}, r"end-controller must be in 0\.\.127"),
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, object], message: str) -> None:
    given = {"virtual": True, **wrong} if "heard" not in wrong else wrong
    with pytest.raises(OptionError, match=message):
        LiveSettings(Settings(), **given)  # type: ignore[arg-type]


# ----------------------------------------------------------------------------------------------------- clock


def followed(tempo: float, quarters: float, jitter_s: float, begin: float = 5.0) -> ClockFollower:
    """A follower that has heard so many quarters."""
    follower, rng = ClockFollower(), random.Random(1)  # noqa: S311
    follower.hear(START, begin)
    for pulse in range(round(quarters * PULSES) + 1):
        follower.hear(PULSE, begin + pulse * 60 / tempo / PULSES + rng.gauss(0, jitter_s))
    return follower


@pytest.mark.parametrize("tempo", [90, 150, 220])
def test_a_clock_is_followed_within_a_bar(tempo: int) -> None:
    line = followed(tempo, 4, 0.001).line()
    assert line is not None
    assert 60 / line.pace == pytest.approx(tempo, rel=0.01)
    assert line.seconds(4.0) == pytest.approx(5.0 + 4 * 60 / tempo, abs=0.002)


def test_a_clock_starts_and_stops() -> None:
    follower = ClockFollower()
    follower.hear(PULSE, 1.0)
    follower.hear(PULSE, 1.02)
    assert follower.line() is None  # it has not begun to run
    follower.hear(START, 1.03)
    assert follower.line() is None
    follower.hear(PULSE, 1.04)
    line = follower.line()
    assert line is not None
    assert line.seconds(0.0) == pytest.approx(1.04)  # the first pulse after the start is the downbeat
    follower.hear(STOP, 1.05)
    assert follower.stopped
    assert follower.line() is None


def test_a_steady_clock_is_one_tempo_and_a_change_one_more() -> None:
    rng = random.Random(3)  # noqa: S311
    steady = [(float(q), 0.4 * q + rng.uniform(-0.001, 0.001)) for q in range(200)]
    ((begin, pace),) = tempo_changes(steady)
    assert begin == 0
    assert pace == pytest.approx(0.4, abs=1e-4)
    changed = [*steady, *((200.0 + q, 80 + 0.3 * q) for q in range(50))]
    (_, one), (at, two) = tempo_changes(changed)
    assert one == pytest.approx(0.4, abs=1e-4)
    assert two == pytest.approx(0.3, abs=1e-3)
    assert at == pytest.approx(200, abs=1)
    with pytest.raises(ValueError, match="two points"):
        tempo_changes(steady[:1])


def test_a_line_goes_both_ways() -> None:
    line = Timeline(4.0, 100.0, 0.3)
    assert line.quarters(line.seconds(17.25)) == pytest.approx(17.25)


# -------------------------------------------------------------------------------------------- bars and turns


@pytest.mark.parametrize("form", ["blues-f", "waltz-bb", "meter: 12/8\n| F7 | (4/4) Bb7 | (7/8) F7 | C7 |"])
def test_bars_beats_and_quarters_are_one_another(form: str) -> None:
    bars = Bars(find_tune(form).form)
    for bar in range(3 * len(bars)):
        beat = bars.beat_of(bar)
        assert bars.bar_at(beat) == bar == bars.bar_at(beat + 0.99)
        assert bars.beats_at(bars.quarters(beat + 0.5)) == pytest.approx(beat + 0.5)
    assert bars.quarters(-1.0) == -float(bars.form.meters[0].beat_quarters)
    assert bars.beats_at(bars.quarters(-1.0)) == -1.0


def test_turns_go_on_over_the_chorus_line() -> None:
    trading = Trading(Bars(find_tune("blues-f").form), "8")
    assert [trading.machines(bar) for bar in (0, 7, 8, 15, 16)] == [False, False, True, True, False]
    turn = trading.turn_from(0)
    assert turn is not None
    assert (turn.heard_from, turn.start, turn.second, turn.end) == (0, 32, 36, 64)
    assert trading.turn_from(9, end_bar=24) is None  # 24 to 31 would be its next
    cut = trading.turn_from(0, end_bar=12)
    assert cut is not None
    assert (cut.end, cut.last) == (48, True)


def test_choruses_are_traded_whole() -> None:
    trading = Trading(Bars(find_tune("blues-f").form), "choruses", "machine")
    turn = trading.turn_from(1)
    assert turn is not None
    assert (turn.heard_from, turn.start, turn.end) == (48, 96, 144)


# -------------------------------------------------------------------------------------------- what is to come


def test_what_is_dropped_takes_its_end_along() -> None:
    upcoming = Upcoming()
    upcoming.add(1, PlayedNote(0.0, 5.0, 60, 80))
    upcoming.add(1, PlayedNote(4.0, 6.0, 62, 80))
    upcoming.add(2, PlayedNote(4.5, 6.0, 62, 80))
    upcoming.drop({1}, 4.0)
    assert [(event.beat, event.channel, event.begins) for event in upcoming.take(9.0)] == [
        (0.0, 1, True), (4.5, 2, True), (5.0, 1, False), (6.0, 2, False),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def band() -> BandAhead:
    form = one_chorus(find_tune("blues-f").form)
    return BandAhead(form, tempo=180, seed=3, comping="guitar", bass="rules", humanize=0.7)


def test_a_chorus_depends_on_the_seed_and_its_number_alone(band: BandAhead) -> None:
    third = band.chorus(3, last=False)
    assert np.array_equal(third, band.chorus(3, last=False))
    assert not np.array_equal(third["pitch"], band.chorus(4, last=False)["pitch"])
    assert third["onset"].min() >= 3 * 48 - 0.1
    assert third["onset"].max() < 4 * 48
    assert [part.name for part in band.parts()] == ["Guitar", "Bass", "Drums"]


def test_the_last_chorus_comes_to_rest(band: BandAhead) -> None:
    last, other = band.chorus(2, last=True), band.chorus(2, last=False)
    final = 2 * 48 + 44.5  # the last bar after its downbeat
    assert (last["onset"] > final).sum() == 0
    assert (other["onset"] > final).sum() > 3


# --------------------------------------------------------------------------------------------------- journal


def test_numbers_are_written_as_midi_has_them() -> None:
    assert [variable(n).hex() for n in (0, 0x7F, 0x80, 0x3FFF, 0x4000)] == [
        "00", "7f", "8100", "ff7f", "818000",
    ]  # fmt: skip


def test_a_journal_needs_a_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="choose another place"):
        Journal(tmp_path / "file" / "take.part.mid", find_tune("blues-f").form, 120, float)


def test_a_journal_that_a_killed_session_left_is_not_lost(tmp_path: Path) -> None:
    left = tmp_path / "take.part.mid"
    left.write_bytes(b"what was played")
    with pytest.raises(OutputError, match="the only recording of a session that was killed"):
        Journal(left, find_tune("blues-f").form, 120, float)
    assert left.read_bytes() == b"what was played"


# --------------------------------------------------------------------------------------------------- workers


class Counter:
    """What a worker does in the tests."""

    def __init__(self, begin: int) -> None:
        if begin < 0:
            raise OptionError(f"begin must be 0 or more, received {begin}")
        self.count = begin

    def add(self, number: int) -> int:
        self.count += number
        return self.count

    def fail(self) -> None:
        raise ZeroDivisionError("as a bug would")


def wait_for(worker: Remote, asked: object) -> None:
    limit = time.monotonic() + 120
    while not asked.ready and time.monotonic() < limit:  # type: ignore[attr-defined]
        worker.collect()
        time.sleep(0.01)


def test_a_worker_does_what_it_is_told_in_order() -> None:
    worker = Remote(Counter, 10)
    worker.tell("add", 5)
    one, two = worker.ask("add", 1), worker.ask("add", 2)
    wait_for(worker, two)
    assert (one.value, two.value) == (16, 18)
    failing = worker.ask("fail")
    with pytest.raises(RuntimeError, match="as a bug would"):
        wait_for(worker, failing)
    with pytest.raises(WorkersError, match="has ended"):
        wait_for(worker, failing)
    worker.close()


def test_what_a_worker_refuses_is_said_here() -> None:
    worker = Remote(Counter, -1)
    with pytest.raises(JazzgenError, match="received -1"):
        wait_for(worker, worker.made)
    worker.close()


# ------------------------------------------------------------------------------------------------------ taps


def test_taps_are_compared_with_the_nearest_click() -> None:
    assert latencies([1.0, 2.0, 3.0], [1.05, 2.9]) == pytest.approx([-0.1, 0.05])


def test_latency_is_the_median_of_the_taps() -> None:
    clock = VirtualClock()
    ports = MemoryPorts(clock.now)
    heard: deque[tuple[bytes, float]] = deque()
    late = [0.04, 0.05, 0.06, 0.05, 0.2]
    ports.send = lambda message: (  # type: ignore[method-assign]
        heard.append((bytes((0x90, 60, 9)), clock.now() + late[len(heard) % 5]))
        if message[0] == 0x99
        else None
    )
    found = measure(MemorySink(ports, clock.now), heard, clock)
    assert found.median_ms == pytest.approx(50, abs=21)  # a session's tick
    assert found.taps == 16


def test_too_few_taps_are_no_figure() -> None:
    clock = VirtualClock()
    with pytest.raises(PortError, match="0 taps came near a click"):
        measure(MemorySink(MemoryPorts(clock.now), clock.now), deque(), clock)
