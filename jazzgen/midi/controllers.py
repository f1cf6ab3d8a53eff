"""Pitch bends, vibrato and level: the controllers of a channel <-> the `Control`s of its notes.

A file has the wheel, controller 1 (modulation, by which General MIDI instruments play vibrato) and controller
11 (expression, a level below the volume). How far the wheel bends is set by RPN 0. A track that has any of
them says so at tick 0, in semitones, and puts all of them to rest there and at its end, where the wheel's
range goes back to the usual two semitones. Every note begins at rest unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from jazzgen.music.grid import PLACES, Control, PlayedNote
from jazzgen.performance.expression import AT_REST, BEND, BEND_RANGE, CENT_STEP, LEVEL, VIBRATO, tidy

CONTROL_CHANGE, PITCH_WHEEL = 0xB, 0xE  # the upper four bits of a status
KINDS = {1: VIBRATO, 11: LEVEL}
CONTROLLERS = {kind: number for number, kind in KINDS.items()}
DATA, DATA_FINE, NRPN, RPN_FINE, RPN = 6, 38, (98, 99), 100, 101
READ = frozenset({*KINDS, DATA, DATA_FINE, *NRPN, RPN_FINE, RPN})  # controllers
USUAL_RANGE = 2  # semitones, where a file says none
NO_RPN = 127
CENTRE, HIGHEST = 8192, 8191


class TimedControl(NamedTuple):
    """From a file's `tick` on a `kind` has the `value`, as in `Control`."""

    tick: int
    kind: str
    value: float


# ------------------------------------------------------------------------------------------ a file's messages


def read_controls(messages: Iterable[tuple[int, int, int, int]]) -> tuple[TimedControl, ...]:
    """What the messages (tick, status, data, data) of one channel say; others than `READ` say nothing."""
    found: list[TimedControl] = []
    parameter = [NO_RPN, NO_RPN]
    semitones, cents = USUAL_RANGE, 0
    for tick, status, one, two in messages:
        if status >> 4 == PITCH_WHEEL:
            away = (two << 7 | one) - CENTRE
            found.append(TimedControl(tick, BEND, away * (100 * semitones + cents) / CENTRE))
        elif one in KINDS:
            found.append(TimedControl(tick, KINDS[one], float(two)))
        elif one in NRPN:
            parameter = [NO_RPN, NO_RPN]
        elif one in (RPN, RPN_FINE):
            parameter[one == RPN_FINE] = two
        elif parameter == [0, 0]:
            semitones, cents = (two, cents) if one == DATA else (semitones, two)
    return tuple(found)


def written(controls: Sequence[TimedControl], channel: int) -> Iterator[tuple[int, Any]]:
    """(tick, message) of the controls of a channel, without what comes before and after them."""
    import mido

    for tick, kind, value in controls:
        if kind == BEND:
            pitch = min(max(round(value / CENT_STEP), -CENTRE), HIGHEST)
            yield tick, mido.Message("pitchwheel", channel=channel, pitch=pitch)
        else:
            number = CONTROLLERS[kind]
            yield tick, mido.Message("control_change", channel=channel, control=number, value=round(value))


def at_rest(tick: int, channel: int, semitones: int) -> Iterator[tuple[int, Any]]:
    """The wheel bends so many `semitones`, and everything is at rest."""
    import mido

    rows = ((RPN, 0), (RPN_FINE, 0), (DATA, semitones), (DATA_FINE, 0), (RPN, NO_RPN), (RPN_FINE, NO_RPN))
    for number, value in rows:
        yield tick, mido.Message("control_change", channel=channel, control=number, value=value)
    yield from written([TimedControl(tick, kind, value) for kind, value in AT_REST.items()], channel)


def before(controls: Sequence[TimedControl], channel: int) -> Iterator[tuple[int, Any]]:
    """What a track with any controls begins with."""
    if controls:
        yield from at_rest(0, channel, BEND_RANGE)


def behind(controls: Sequence[TimedControl], channel: int, end: int) -> Iterator[tuple[int, Any]]:
    """What it ends with at the tick `end`."""
    if controls:
        yield from at_rest(end, channel, USUAL_RANGE)


# ------------------------------------------------------------------------------------------------------ notes


def of_notes(played: Sequence[PlayedNote], at: Callable[[float], int]) -> tuple[TimedControl, ...]:
    """The controls of notes in ticks; `at` is the tick of a beat.

    Those of a note end where the next one begins, and what that one does not set goes back to rest there.
    """
    if not any(note.controls for note in played):
        return ()
    notes = sorted(played, key=lambda note: note.onset)
    starts = [at(note.onset) for note in notes]
    value, found = dict(AT_REST), []
    for note, start, stop in zip(notes, starts, [*starts[1:], None], strict=True):
        own: dict[tuple[int, str], float] = {}
        for control in note.controls:
            tick = max(at(note.onset + control.after), start)
            if stop is None or tick < stop:
                own[tick, control.kind] = control.value
        for kind, rest in AT_REST.items():
            if value[kind] != rest:
                own.setdefault((start, kind), rest)
        for tick, kind in sorted(own):
            value[kind] = own[tick, kind]
            found.append(TimedControl(tick, kind, value[kind]))
    return tuple(found)


def by_note(
    starts: Sequence[int], controls: Sequence[TimedControl], ppq: int, end: int
) -> list[tuple[Control, ...]]:
    """The controls that notes have which begin at `starts`, rising; the way back of `of_notes`.

    Parameters
    ----------
    starts, controls
        In ticks; what is still bent where a note begins is its own from there.
    ppq
        Ticks a beat.
    end
        The tick at which the file ends, and all is put to rest.

    Returns
    -------
    list of tuple of Control
        One for each note; those that begin together have the same.
    """
    if not controls:
        return [()] * len(starts)
    rows = sorted((row for row in controls if row.tick < end), key=lambda row: row.tick)
    value, k, found = dict(AT_REST), 0, {}
    stops = sorted(set(starts))
    while k < len(rows) and stops and rows[k].tick < stops[0]:
        value[rows[k].kind] = rows[k].value
        k += 1
    for start, stop in zip(stops, [*stops[1:], end], strict=True):
        own = [Control(0.0, kind, value[kind]) for kind in AT_REST]
        while k < len(rows) and rows[k].tick < stop:
            tick, kind, value[kind] = rows[k]
            own.append(Control(round((tick - start) / ppq, PLACES), kind, value[kind]))
            k += 1
        found[start] = tidy(own)
    return [found[start] for start in starts]
