"""Progressions as text in the notation of `text.py`: the form in which charts are shown and kept in recipes.

What is written and read again is the same progression: chords at any tick, meters, sections, key, style,
tempo, title and composer. Two neighbouring chords with the same symbol are one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from jazzgen.charts.order import is_intro
from jazzgen.charts.tune import Tune, merged
from jazzgen.errors import ProgressionError
from jazzgen.music.pitch import note_name
from jazzgen.music.score import TICKS_PER_BEAT, MeterChange, Note, Progression

BARS_A_LINE = 4
_PARTS = {0: "", 3: ".25", 6: ".5", 9: ".75"}  # ticks of a beat; others are fractions


def write_tune(tune: Tune) -> str:
    """The text of a tune: intro, form, and where the last chorus leaves it for a coda or an end."""
    form, last = tune.form, tune.last
    heads = _headers(form, (tune.intro or form).meters[0])
    marks: dict[int, str] = {}
    parts = [_Lines(form, marks, tune.melody)]
    if tune.intro is not None or last is not None:
        for bar in parts[0].bars:  # in the form it is a name and no place to leave for
            bar.section = f'"{bar.section}"' if bar.section.lower() == "coda" else bar.section
    if tune.intro is not None:
        parts.insert(0, _Lines(tune.intro, {}))
        parts[0].bars[0].section = parts[0].bars[0].section or "Intro"
    elif last is None and _plays_otherwise(form):
        heads.append("form: written")
    if last is not None:
        kept = _common_bars(form, last)
        if not kept:
            raise ProgressionError("its last chorus has nothing of its form and cannot be written as text")
        rest = len(last.bar_ticks) - kept
        if rest:
            start = last.bar_ticks[kept]
            late = [replace(n, onset=n.onset - start) for n in tune.last_melody if n.onset >= start]
            outro = _Lines(last.between(start, last.length), {}, late)
            outro.mark = "" if outro.bars[0].section.lower() == "coda" else "(Coda) "
            parts.append(outro)
        if kept < len(form.bar_ticks) or not rest:
            marks[kept - 1] = " (To Coda)" if rest else " (END)"
    meter, lines = parts[0].bars[0].meter, heads
    for part in parts:
        lines += part.lines(meter)
        meter = part.bars[-1].meter
    return "\n".join(lines) + "\n"


def write_text(progression: Progression) -> str:
    """The text of a progression as it stands."""
    return write_tune(Tune(progression))


def _headers(form: Progression, meter: MeterChange) -> list[str]:
    said = {
        "title": form.title,
        "composer": form.composer,
        "meter": meter.signature,
        "key": form.key,
        "style": form.style,
        "tempo": "" if form.tempo is None else repr(float(form.tempo)).removesuffix(".0"),
    }
    return [f"{name}: {line}" for name, text in said.items() if (line := " ".join(text.split()))]


def _plays_otherwise(form: Progression) -> bool:
    """Whether the names of its sections would let the form be read in another order."""
    names = [section.name.strip() for section in form.sections]
    return any(is_intro(name) or name.lower() == "coda" for name in names)


def _common_bars(form: Progression, last: Progression) -> int:
    """How many bars of `last` are as those of `form`, from the first on."""
    mine, other = (list(_bars(progression)) for progression in (form, last))
    return next(
        (k for k, (a, b) in enumerate(zip(mine, other, strict=False)) if a != b), min(len(mine), len(other))
    )


# --------------------------------------------------------------------------------------------------- bars


class _Bar:
    """One bar: its meter, the name of a section that begins there, and its chords at ticks in it."""

    def __init__(
        self, meter: MeterChange, length: int, section: str, sounding: str, chords: Sequence[tuple[int, str]]
    ) -> None:
        self.meter, self.length, self.section = meter.signature, length, section
        self.sounding, self.chords = sounding, tuple(chords)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Bar) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def text(self, before: _Bar | None) -> str:
        """The entries of the bar; `before` is the bar before on the same line of music."""
        chords = self.chords
        if not chords:
            whole = before is not None and (
                not before.chords or (before.chords[0][0] == 0 and len(before.chords) == 1)
            )
            return "%" if whole else self.sounding
        beats = self.length // TICKS_PER_BEAT
        if any(tick % TICKS_PER_BEAT for tick, _ in chords):
            return " ".join(f"{symbol}{_place(tick)}" for tick, symbol in chords)
        at = dict(chords)
        if not chords[0][0]:
            for count in (1, 2, beats):
                step = self.length // count
                if beats % count == 0 and all(tick % step == 0 for tick in at):
                    return " ".join(at.get(k * step, ".") for k in range(count))
        return " ".join(at.get(k * TICKS_PER_BEAT, "." if k else self.sounding) for k in range(beats))


def _place(tick: int) -> str:
    """The beat of a chord behind its `@`: nothing at the beginning of the bar."""
    return f"@{_beats(tick + TICKS_PER_BEAT)}" if tick else ""


def _beats(ticks: int) -> str:
    """So many beats: "2", "2.5", "2+1/3"."""
    beats, part = divmod(ticks, TICKS_PER_BEAT)
    return f"{beats}{_PARTS.get(part, f'+{Fraction(part, TICKS_PER_BEAT)}')}"


def _bars(progression: Progression) -> Iterator[_Bar]:
    chords = list(merged(progression.chords))
    sections = {progression.bar_at(section.tick): section.name for section in progression.sections}
    meters = {meter.tick: meter for meter in progression.meters}
    meter, sounding, k = progression.meters[0], chords[0].symbol, 0
    for number, (start, end) in enumerate(pairwise([*progression.bar_ticks, progression.length])):
        meter = meters.get(start, meter)
        here = []
        while k < len(chords) and chords[k].tick < end:
            here.append((chords[k].tick - start, "".join(chords[k].symbol.split())))
            k += 1
        yield _Bar(meter, end - start, _plain(sections.get(number, "")), "".join(sounding.split()), here)
        sounding = chords[k - 1].symbol


def _plain(name: str) -> str:
    """The name of a section without the signs that the notation needs."""
    return " ".join(name.translate(str.maketrans("[]|", "   ")).split())


class _Lines:
    """Lines of bars with the notes of the melody; `marks` stand behind some of them, `mark` before the
    first.
    """

    def __init__(self, progression: Progression, marks: dict[int, str], melody: Sequence[Note] = ()) -> None:
        self.bars, self.marks, self.mark = list(_bars(progression)), marks, ""
        self.notes: dict[int, list[str]] = {}
        for note in melody:
            number = progression.bar_at(note.onset)
            place = _place(note.onset - progression.bar_ticks[number])
            name = f"{note_name(note.pitch % 12)}{note.pitch // 12 - 1}"
            self.notes.setdefault(number, []).append(f"{name}{place}={_beats(note.duration)}")

    def lines(self, meter: str) -> Iterator[str]:
        """The lines, behind bars of `meter`."""
        line, count = "", 0
        width = max((len(bar.section) + 2 for bar in self.bars if bar.section), default=0)
        for number, bar in enumerate(self.bars):
            if line and (bar.section or count == BARS_A_LINE):
                yield f"{line} |"
                line, count = "", 0
            before = self.bars[number - 1] if line else None
            if not line:
                label = f"[{bar.section}]" if bar.section else ""
                line = f"{label:{width}} |" if width else "|"
            else:
                line += " |"
            change = f"({bar.meter}) " if bar.meter != meter else ""
            meter = bar.meter
            melody = f" {{{' '.join(self.notes[number])}}}" if number in self.notes else ""
            behind = f"{melody}{self.marks.get(number, '')}"
            line += f" {'' if number else self.mark}{change}{bar.text(before)}{behind}"
            count += 1
        yield f"{line} |"
