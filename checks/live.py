"""What `jazzgen live` promises, a row each: on time, heard, recorded, silent when it ends.

    python -m checks.live                          all rows, half an hour on a quiet machine
    python -m checks.live answers clock            some: lateness, answers, hour, clock, ends
    python -m checks.live ends --ends 2            each way to end twice
    python -m checks.live --install                first install jackd (Debian), as root or by sudo

| row      | how                                                                                        |
|----------|--------------------------------------------------------------------------------------------|
| lateness | the process that plays: 16ths at 240 BPM over JACK, a trader composing all the while        |
| answers  | sessions in their own time, the processor time of each answer taken off                     |
| clock    | the same, under a MIDI clock whose pulses jitter by 1 ms                                    |
| hour     | the same, an hour at 200 BPM                                                                |
| ends     | `jazzgen live` over JACK, ended by signals and by a keyboard that is taken away              |

Without jackd the first and the last say so and are left out. The exit code is 1 where a figure is not
reached.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from checks import debian
from checks.rig import KILLS, PACKAGE, SYNTH, Rig, RigError, ended_by, hanging, may_run_first, why_not
from checks.virtual import Room
from jazzgen.live.clock import PULSE, PULSES, START
from jazzgen.live.output import Output
from jazzgen.live.play import LiveSettings, make_trader
from jazzgen.live.ports import find_port, quiet_libraries
from jazzgen.live.session import FREEZE_S
from jazzgen.live.trader import Trader
from jazzgen.live.turns import Turn
from jazzgen.live.worker import Remote
from jazzgen.midi.smf import read_song
from jazzgen.takes.settings import Settings

Row = tuple[bool, str]
TEMPI = (60, 90, 120, 150, 180, 220, 260, 300)
AHEAD_S = 0.25  # that notes are sent ahead, as a session does


def trader(seed: int = 1, tempo: float = 160.0, form: str = "blues-f") -> Trader:
    """The trader of a session."""
    take = Settings(progression=form, tempo=tempo, seed=seed)
    return make_trader(LiveSettings(take, virtual=True))


def person(tempo: float, seconds: float, seed: int, turn_s: float) -> Iterator[tuple[float, bytes]]:
    """Eighths of a person in their turns, the first and every second, over bar lines and a little late:
    (second after the first bar line, message).
    """
    rng = random.Random(seed)  # noqa: S311
    eighth, second, pitch = 30 / tempo, 0.0, 64
    while second < seconds:
        if second % (2 * turn_s) < turn_s + eighth and rng.random() < 0.8:
            pitch = min(max(pitch + rng.choice((-4, -3, -2, -1, 1, 2, 3, 5)), 52), 80)
            begin = second + rng.uniform(0, 0.02)
            yield begin, bytes((0x90, pitch, rng.randrange(60, 110)))
            yield begin + 0.9 * eighth, bytes((0x80, pitch, 0))
        second += eighth


# ------------------------------------------------------------------------------------------------ lateness


def lateness(notes: int, realtime: bool, limit_ms: float) -> Row:
    """How late so many 16ths at 240 are, while a trader works."""
    with tempfile.TemporaryDirectory() as folder, quiet_libraries(), Rig(Path(folder)) as rig:
        output = Output(find_port(SYNTH, rig.ports.outputs(), "output"), realtime=realtime)
        worker = Remote(trader)
        while not worker.made.ready:
            time.sleep(0.05)
            worker.collect()
        begin, sent, turn, asked = time.monotonic() + 0.5, 0, 0, worker.made
        while sent < notes:
            now = time.monotonic()
            while sent < notes and begin + sent / 16 < now + AHEAD_S:
                due = begin + sent / 16
                output.note(due, bytes((0x90, 60 + sent % 12, 80)))
                output.note(due + 0.05, bytes((0x80, 60 + sent % 12, 64)))
                sent += 1
            worker.collect()
            if asked.ready:
                turn += 1
                start = 32 * turn
                asked = worker.ask("opening", Turn(start - 16, start, start + 4, start + 16, False))
                asked = worker.ask("rest", Turn(start - 16, start, start + 4, start + 16, False))
            output.alive(now)
            time.sleep(0.02)
        time.sleep(AHEAD_S)
        output.panic()
        report = output.close()
        worker.close()
    first = "with" if output.realtime else "without"
    how_late = ", ".join(f"{name} {report[name]} ms" for name in ("p50", "p99", "max"))
    text = (
        f"output lateness, {notes} 16ths at 240 BPM, {turn} answers composed meanwhile, {first} real-time "
        f"priority: {how_late}; p99 at most {limit_ms:g}"
    )
    return report["p99"] <= limit_ms and output.realtime == realtime, text


# ------------------------------------------------------------------------------------------------- answers


def answers(turns: int) -> Iterator[Row]:
    """Whether so many answers are there in time, and stay in the machine's bars."""
    margins: list[float] = []
    rests: list[float] = []
    notes = wrong = lost = played = left = 0
    each = -(-turns // len(TEMPI))
    for tempo in TEMPI:
        turn_s = 16 * 60 / tempo
        choruses = -(-each * 8 // 12)
        with tempfile.TemporaryDirectory() as folder:
            script = list(person(tempo, choruses * 48 * 60 / tempo, tempo, turn_s))
            room = Room(
                tempo=tempo, path=Path(folder, "take.mid"), person=script, trader=trader(1, tempo),
                expression=0.7,
            )  # fmt: skip
            room.at((choruses - 1) * 48 * 60 / tempo + 1, room.session.finish)
            outcome = room.run()
            song = read_song(outcome.kept)
        spent = room.answers.spent
        margins += [FREEZE_S - s for s in spent["opening"]]
        rests += spent["rest"]
        for second, _, _ in room.played(0):
            notes += 1
            wrong += second % (2 * turn_s) < turn_s - 1e-6
        pressed = sum(m[0] == 0x90 and s < choruses * 48 * 60 / tempo for s, m in script)
        found = sum(len(track.notes) for track in song.tracks if track.name == "You")
        played, lost = played + pressed, lost + pressed - found
        left += len(hanging(message for _, message in room.ports.played))
    least = min(margins) * 1000
    yield (
        least >= 50 and len(margins) >= turns,
        f"answers ready before their bar line, {TEMPI[0]} to {TEMPI[-1]} BPM: at least {least:.0f} ms "
        f"(processor time; {sum(m >= 0.05 for m in margins)} of {len(margins)} turns 50 ms or more); "
        f"the rest of an answer takes {max(rests) * 1000:.0f} ms at most",
    )
    yield wrong == 0 and notes > 0, f"notes of the machine in the person's bars: {wrong} of {notes}"
    yield lost == 0 and played > 0, f"the person's notes lost in the recording: {lost} of {played}"
    yield left == 0, f"notes left sounding at the end of {len(TEMPI)} sessions: {left}"


# --------------------------------------------------------------------------------------------------- clock


def follow(tempo: float, later: float, seed: int) -> tuple[float, float]:
    """A session that follows a clock which changes its tempo in the second chorus, in per cent: how wrong the
    tempo of a bar is after the first bar, and after the first bar of the other.
    """
    rng = random.Random(seed)  # noqa: S311
    room = Room(clock="in", tempo=120)
    second = room.time.now() + 1.0
    room.at(second - 0.001, lambda: room.ports.play(bytes((START,))), absolute=True)
    beats: list[tuple[float, float]] = []  # of the person's clock: second, quarter from the count-in on
    changed = 4 + 48 + 18
    for pulse in range((4 + 96) * PULSES):
        quarter = pulse / PULSES
        room.at(second + rng.gauss(0, 0.001), lambda: room.ports.play(bytes((PULSE,))), absolute=True)
        beats.append((second, quarter))
        second += 60 / (later if quarter >= changed else tempo) / PULSES
    room.at(48 * 60 / tempo + 1, room.session.finish)
    wrong: dict[float, float] = {}

    def look(quarter: float, true: float) -> None:
        line = room.session._line
        assert line is not None
        wrong[quarter] = 100 * abs(60 / line.pace / true - 1)

    for second, quarter in beats:
        true = later if quarter > changed else tempo
        if quarter in (4.0, 8.0, 40.0, changed + 4.0, changed + 8.0):
            room.at(second + 0.01, lambda q=quarter, t=true: look(q, t), absolute=True)
    room.run()
    after = max(wrong[changed + 4.0], wrong[changed + 8.0])
    return max(wrong[4.0], wrong[8.0], wrong[40.0]), after


def clock() -> Row:
    """How well a clock is followed."""
    tempi = (90, 110, 130, 150, 170, 190, 205, 220)
    found = [follow(tempo, tempi[-1 - k], k) for k, tempo in enumerate(tempi)]
    steady, changed = (max(row[k] for row in found) for k in (0, 1))
    text = (
        f"MIDI clock with 1 ms of jitter, {tempi[0]} to {tempi[-1]} BPM: after one bar wrong by "
        f"{steady:.2f} % at most, one bar after a change within a chorus by {changed:.2f} %; at most 1"
    )
    return max(steady, changed) <= 1, text


# ---------------------------------------------------------------------------------------------------- hour


def hour(minutes: float) -> Iterator[Row]:
    """Memory and drift of a long session at 200 BPM."""
    tempo, seconds = 200.0, 60 * minutes
    memory: list[tuple[float, float]] = []
    worst = [0.0]
    clicks = 0

    def hear(second: float, message: bytes) -> None:
        nonlocal clicks
        if message[0] == 0xF8:  # the clock that is sent: 24 a quarter, exactly
            ideal = room.first_bar + (clicks / PULSES - 4) * 60 / tempo
            worst[0] = max(worst[0], abs(second - ideal))
            clicks += 1

    with tempfile.TemporaryDirectory() as folder:
        room = Room(
            tempo=tempo, clock="out", path=Path(folder, "take.mid"), trader=trader(1, tempo), heard=hear,
            person=(), bass="learned", expression=0.7,
        )  # fmt: skip
        source = person(tempo, seconds, 1, 16 * 60 / tempo)

        def play_on(until: float) -> None:
            for at, message in source:
                room.at(at, lambda m=message: room.ports.play(m))
                if at >= until:
                    break
            memory.append((until, current_mb()))
            if until < seconds:
                room.at(until, lambda: play_on(until + 60))

        play_on(60)
        room.at(seconds, room.session.finish)
        begin = time.process_time()
        outcome = room.run()
        spent = time.process_time() - begin
    warm = next(mb for at, mb in memory if at >= min(300, seconds / 4))
    grown = memory[-1][1] - warm
    text = f"{outcome.bars} bars at 200 BPM, {outcome.human_notes} notes heard, {spent:.0f} s to compute"
    yield grown < 20, f"memory, {text}: grows {grown:.1f} MB after the first minutes; less than 20"
    yield worst[0] < 0.005, f"drift over that: {worst[0] * 1000:.2f} ms at most; less than 5"


def current_mb() -> float:
    """What this process has in memory."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# ---------------------------------------------------------------------------------------------------- ends


def ends(count: int) -> Iterator[Row]:
    """Every way to end, so many times."""
    rng = random.Random(1)  # noqa: S311
    for how in KILLS:
        offs: list[float] = []
        failed: list[str] = []
        for seed in range(count):
            with tempfile.TemporaryDirectory() as folder, quiet_libraries(), Rig(Path(folder)) as rig:
                try:
                    options = ["--tempo", "240", "--trade", "2", "--seed", str(seed)]
                    offs.append(ended_by(rig, how, options, rng.uniform(0, 3))[0])
                except RigError as error:
                    failed.append(str(error))
        limit = 2.0 if how == "lost port" else 0.1
        longest = max(offs, default=float("inf"))
        text = f"{how}: {len(failed)} of {count} wrong; no note after {1000 * longest:.0f} ms"
        yield not failed and longest <= limit, text + "".join(f"\n    {line}" for line in failed)


def main(arguments: list[str] | None = None) -> int:
    """A line each; 1 where a figure is not reached."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    rows = ("lateness", "answers", "clock", "hour", "ends")
    parser.add_argument("rows", metavar="ROW", nargs="*", help=f"{', '.join(rows)} (default: all)")
    parser.add_argument("--install", action="store_true", help="install jackd with apt-get first")
    parser.add_argument("--notes", type=int, default=2000, help="of lateness (default: 2000)")
    parser.add_argument("--turns", type=int, default=200, help="of answers (default: 200)")
    parser.add_argument("--minutes", type=float, default=60, help="of the hour (default: 60)")
    parser.add_argument("--ends", type=int, default=20, help="of each kind (default: 20)")
    given = parser.parse_args(arguments)
    asked = given.rows or rows
    if unknown := set(asked) - set(rows):
        parser.error(f"rows are {', '.join(rows)}, received {', '.join(sorted(unknown))}")
    if given.install and why_not() and (reason := debian.install([PACKAGE])):
        print(f"live: {reason}; going on with what there is")
    measured: dict[str, Callable[[], Iterator[Row]]] = {
        "lateness": lambda: late_rows(given.notes),
        "answers": lambda: answers(given.turns),
        "clock": lambda: iter([clock()]),
        "hour": lambda: hour(given.minutes),
        "ends": lambda: ends(given.ends),
    }
    bad = 0
    for name in asked:
        if name in ("lateness", "ends") and (reason := why_not()):
            print(f"{name:9}skipped: {reason}")
            continue
        for reached, text in measured[name]():
            bad += not reached
            print(f"{name:9}{'' if reached else 'NOT REACHED: '}{text}", flush=True)
    return int(bad > 0)


def late_rows(notes: int) -> Iterator[Row]:
    """With real-time priority, where the machine gives it, and without."""
    if may_run_first():
        yield lateness(notes, realtime=True, limit_ms=1)
    yield lateness(notes, realtime=False, limit_ms=5)


if __name__ == "__main__":
    sys.exit(main())
