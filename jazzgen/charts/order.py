"""From written bars to playing order: repeats, endings, jumps, codas, intro.

Two orders come out, as indices of bars: the *form*, over which choruses are played, and the *last* chorus,
which leaves for the outro coda or stops at END. The intro belongs to no chorus. What had to be assumed is a
sentence in `warnings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from jazzgen.charts.repeats import Ending, Group, ends_section, find_groups
from jazzgen.charts.written import Jump, WrittenBar
from jazzgen.errors import ProgressionError
from jazzgen.music.score import MAX_BARS


@dataclass(frozen=True, slots=True)
class Order:
    """Indices of bars in playing order; `last` is None where the last chorus is as the form."""

    form: tuple[int, ...]
    intro: tuple[int, ...] = ()
    last: tuple[int, ...] | None = None
    warnings: tuple[str, ...] = ()


def find_order(bars: Sequence[WrittenBar], keeps_intro: bool = False) -> Order:
    """The playing order of `bars`, where `keeps_intro` with the intro in the form; raises `ProgressionError`
    where it has no bars or more than `MAX_BARS`.
    """
    if not bars:
        raise ProgressionError("it has no bars")
    if len(bars) > MAX_BARS:
        raise ProgressionError(
            f"bar {MAX_BARS + 1}: the progression grows beyond {MAX_BARS} bars; write it shorter"
        )
    walk = _Walk(bars)
    coda = walk.outro
    played = [k for k in walk.play(0, len(bars) if coda is None else coda) if not bars[k].pickup]
    intro = frozenset[int]() if keeps_intro else _intro(bars)
    if played and intro.issuperset(played):
        walk.warn(min(intro), "there is nothing but an intro; it is the form")
        intro = frozenset()
    form = [number for number in played if number not in intro]
    if not form:
        raise ProgressionError("no bars are left when pickup and intro are taken off")
    before = _leading(played, intro)
    if intro:
        walk.warn(min(intro), f"the intro ({len(intro)} bar{'s'[: len(intro) > 1]}) is in no chorus")
        if any(number in intro for number in played[len(before) :]):
            walk.warn(min(intro), "an intro is played again or stands later; it is left out there too")
    return Order(tuple(form), tuple(before), _last_chorus(walk, form), tuple(walk.warnings))


def _leading(played: list[int], intro: frozenset[int]) -> list[int]:
    """The bars played before the first that is not of the intro."""
    end = next((k for k, number in enumerate(played) if number not in intro), len(played))
    return played[:end]


def _last_chorus(walk: _Walk, form: list[int]) -> tuple[int, ...] | None:
    """The form as it is played the last time, None where that is as always."""
    bars, last = walk.bars, form
    if walk.outro is not None:
        leave = next((k for k in range(walk.outro) if bars[k].to_coda), None)
        if leave in form:
            last = form[: _last_index(form, leave) + 1]
            where = f"leaves behind bar {walk.name(leave)} for it"
        else:
            where = "goes on to it"
        walk.warn(walk.outro, f"the coda there is an outro: only the last chorus {where}")
        last = last + walk.play(walk.outro, len(bars))
    played = set(last)
    stop = next((k for k, bar in enumerate(bars) if bar.end and k in played), None)
    if stop is not None:
        last = last[: _last_index(last, stop) + 1]
        if last != form:
            walk.warn(stop, "END: the last chorus stops behind it")
    return tuple(last) if last != form else None


def _last_index(numbers: list[int], wanted: int | None) -> int:
    return max(k for k, number in enumerate(numbers) if number == wanted)


def _intro(bars: Sequence[WrittenBar]) -> frozenset[int]:
    """The bars of an intro: to the next section, or without one to the first double bar."""
    found: set[int] = set()
    for first in (k for k, bar in enumerate(bars) if is_intro(bar.section)):
        ends = (k for k in range(first + 1, len(bars)) if bars[k].section)
        end = next(ends, None) or next(k + 1 for k in range(first, len(bars)) if ends_section(bars, k))
        found.update(range(first, end))
    return frozenset(found)


def is_intro(section: str) -> bool:
    """Whether a section of that name is played before the first chorus only."""
    return section.strip().lower() in ("i", "in") or section.strip().lower().startswith("intro")


@dataclass
class _Walk:
    """Plays through the bars as a musician reads them.

    `al` is how far the jump in progress goes, `returned` its own last bar: repeats up to there are not played
    again.
    """

    bars: Sequence[WrittenBar]
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.groups = find_groups(self.bars, self.warnings)
        self.closing = {number: group for group in self.groups for number in group.closes}
        self.ending_of = {ending.last: group for group in self.groups for ending in group.endings}
        self.choosing = {group.endings[0].first: group for group in self.groups if group.endings}
        jumps = [(k, self._complete(k, bar.jump)) for k, bar in enumerate(self.bars) if bar.jump]
        self.jumps = {self._effect(k): jump for k, jump in jumps}
        codas = [k for k, bar in enumerate(self.bars) if bar.coda]
        self.coda = codas[-1] if codas else None
        to_coda = any(jump.al == "coda" for _, jump in jumps)
        # Without a jump to it, the coda follows the last chorus only.
        self.outro = None if to_coda or not self.coda else self.coda
        if len(jumps) > 1:
            self.warn(jumps[0][0], "there are several jumps; each is taken once, as it comes")

    def name(self, number: int | None) -> int:
        """The number of a bar in messages."""
        return 0 if number is None else self.bars[number].number or number + 1

    def warn(self, number: int, what: str) -> None:
        self.warnings.append(f"bar {self.name(number)}: {what}")

    def _complete(self, number: int, jump: Jump) -> Jump:
        """A jump in bar `number`; a bare one goes to the coda for which it has left, or to a Fine."""
        before = self.bars[: number + 1]
        if jump.al:
            return jump
        if any(bar.to_coda for bar in before) and any(bar.coda for bar in self.bars[number:]):
            al = "coda"
        elif any(bar.fine for bar in before):
            al = "fine"
        else:
            return jump
        sign = "D.S." if jump.to_segno else "D.C."
        self.warn(number, f"{sign} there is read as {sign} al {al.capitalize()}")
        return Jump(jump.to_segno, al)

    def _effect(self, number: int) -> int:
        """The bar behind which a jump written in bar `number` is taken: where its section ends."""
        effect = next(k for k in range(number, len(self.bars)) if self._leaves_section(k))
        if effect != number:
            self.warn(number, f"the jump written there is taken at the end of its section, bar {effect + 1}")
        return effect

    def _leaves_section(self, number: int) -> bool:
        """Whether a section ends behind bar `number`: by its bar line, by the next mark, or by the coda."""
        after = self.bars[number + 1 : number + 2]
        return ends_section(self.bars, number) or any(bar.section or bar.coda for bar in after)

    def play(self, start: int, end: int) -> list[int]:
        """The bars from `start` to before `end` in playing order."""
        self.al: Jump | None = None
        self.returned = -1
        self.passes: dict[int, int] = {}
        self.taken: set[int] = set()
        order: list[int] = []
        at: int | None = start
        while at is not None and at < end:
            if group := self.choosing.get(at):
                at = self._choose(group)
                if at is None or at >= end:
                    break
            order.append(at)
            if len(order) > MAX_BARS:
                raise ProgressionError(
                    f"bar {self.name(at)}: the progression grows beyond {MAX_BARS} bars; write it shorter or "
                    "repeat less"
                )
            at = self._next(at)
        return order

    def _choose(self, group: Group) -> int | None:
        """The bar to play at the first ending of `group`."""
        if group.start <= self.returned:
            wanted = self._returned_ending(group)
            if isinstance(wanted, int):
                return wanted
        else:
            wanted = group.ending(self.passes.get(group.start, 1))
        return wanted.first if wanted else group.last + 1

    def _returned_ending(self, group: Group) -> Ending | int | None:
        """After a jump: the ending in which its target stands, else the last; or a bar elsewhere."""
        al = self.al.al if self.al else ""
        if al.isdecimal():
            number = int(al)
            if found := next((e for e in group.endings if number in e.numbers), None):
                return found
            # A third ending after the bridge.
            behind = range(self.returned + 1, len(self.bars))
            if found_bar := next((k for k in behind if number in self.bars[k].endings), None):
                self.al = None
                return found_bar
        for ending in group.endings:
            inside = self.bars[ending.first : ending.last + 1]
            if any((al == "fine" and bar.fine) or (al == "coda" and bar.to_coda) for bar in inside):
                return ending
        return group.ending(group.passes)

    def _next(self, at: int) -> int | None:
        """The bar to play after bar `at`; None at the end."""
        bar, al = self.bars[at], self.al.al if self.al else ""
        if al == "fine" and bar.fine:
            return None
        if al == "coda" and bar.to_coda and self.coda is not None:
            self.al = None
            return self.coda
        group = self.closing.get(at) or self.ending_of.get(at)
        if group is not None and group.start <= self.returned:
            if al.isdecimal() and any(int(al) in e.numbers and e.last == at for e in group.endings):
                return None
            if not group.endings:
                self.warn(at, "the repeat there is not played again after the jump")
        elif group is not None and at in group.closes:
            number = self.passes.get(group.start, 1)
            if number < group.passes:
                self.passes[group.start] = number + 1
                return group.start
        if at in self.jumps:
            return self._jump(at)
        return group.last + 1 if group is not None and group.endings else at + 1

    def _jump(self, at: int) -> int | None:
        """Take the jump behind bar `at`; where it has been taken, the target was not met on the way."""
        jump = self.jumps[at]
        if at in self.taken:
            if jump.al == "coda" and self.al == jump and self.coda is not None:
                self.al = None
                return self.coda
            return at + 1 if not jump.al or self.al is None else None
        self.taken.add(at)
        self.al, self.returned = jump, max(at, self.returned)
        self._check_target(at, jump)
        if not jump.to_segno:
            return 0
        segnos = [k for k, bar in enumerate(self.bars[: at + 1]) if bar.segno]
        if not segnos:
            self.warn(at, "D.S. without a segno; it is read as D.C.")
        return segnos[-1] if segnos else 0

    def _check_target(self, at: int, jump: Jump) -> None:
        where = {
            "fine": any(bar.fine for bar in self.bars),
            "coda": self.coda is not None,
            "": True,
        }
        there = where.get(jump.al, any(jump.al in map(str, bar.endings) for bar in self.bars))
        if not there:
            wanted = f"ending {jump.al}" if jump.al.isdecimal() else jump.al.capitalize()
            self.warn(at, f"a jump leads to {wanted}, which is not there; it is played to the jump's own bar")
