"""The plan of an arrangement: what is played after what, from the intro to the tag.

    "intro:4 head solo*2 trade:4 shout head tag"

    intro:4, intro:8    the rhythm section alone, before the form
    head                a chorus of the band, or of the chart's melody, in two; before and behind the solos
    solo                a chorus of the soloist's
    trade:2, :4, :8     a chorus in which soloist and drums play so many bars in turns
    drums               a chorus of the drums alone
    shout               a chorus in which the band plays one riff together; the soloist rests
    tag:2, tag:4        the last bars are played three times

A number that is left out is four; `*3` is three in a row. `Plan.parse` and `Plan.text` are twins; `planned`
lays a plan out over a tune, in ticks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import NamedTuple

from jazzgen.charts.tune import Tune, joined
from jazzgen.errors import OptionError
from jazzgen.music.endings import TAGGED, tag_of, with_ending
from jazzgen.music.intros import intro_of
from jazzgen.music.score import MAX_BARS, Progression, Section

INTRO, HEAD, SOLO, TRADE, DRUMS, SHOUT, TAG = "intro", "head", "solo", "trade", "drums", "shout", "tag"
NUMBERS = {INTRO: (4, 8), TRADE: (4, 2, 8), TAG: (4, 2)}  # bars; the first where none is said
CHORUSES = (HEAD, SOLO, TRADE, DRUMS, SHOUT)
TRADES = ("none", "2", "4", "8")
SHAPE = "a plan is words such as 'intro:4 head solo*2 trade:4 shout head tag'"
_WORD = re.compile(r"([a-z]+)(?::([0-9]{1,2}))?(?:\*([0-9]{1,9}))?", re.IGNORECASE)
# What the section of a passage is called in a file, alone or before the name that the form has for it.
_NAME = re.compile(r"(Intro|Head|Solo|Trade|Drums|Shout|Tag)(?: ([248]))?(?:: (.*))?", re.DOTALL)


class Word(NamedTuple):
    """A word of a plan, and the bars of an intro, of a turn, or of a tag (0: as usual)."""

    kind: str
    bars: int = 0

    @property
    def text(self) -> str:
        """As it is written in a plan."""
        return f"{self.kind}:{self.bars}" if self.bars else self.kind

    @property
    def title(self) -> str:
        """As the section of a file."""
        return f"{self.kind.capitalize()} {self.bars}" if self.kind == TRADE else self.kind.capitalize()


@dataclass(frozen=True, slots=True)
class Plan:
    """Checked when it is made: `OptionError` for words in an order in which they cannot be played."""

    words: tuple[Word, ...]

    def __post_init__(self) -> None:
        kinds = [word.kind for word in self.words]
        middle = [kind for kind in kinds if kind in CHORUSES]
        inner = list(middle)
        while inner and inner[0] == HEAD:
            inner.pop(0)
        while inner and inner[-1] == HEAD:
            inner.pop()
        wrong = ""
        if INTRO in kinds[1:]:
            wrong = "intro comes first, and once"
        elif TAG in kinds[:-1]:
            wrong = "tag comes last, and once"
        elif not {SOLO, TRADE} & {*middle}:
            wrong = "without solo or trade there is nothing to improvise"
        elif HEAD in inner:
            wrong = "head comes before or behind the other choruses, not between them"
        elif len(middle) > MAX_BARS:
            wrong = f"at most {MAX_BARS} choruses can be played"
        if wrong:
            raise OptionError(f"{wrong}; received {self.text[:80]!r}; {SHAPE}")

    @classmethod
    def parse(cls, text: str) -> Plan:
        """The plan that `text` describes; raises `OptionError`."""
        words: list[Word] = []
        for part in text.split():
            match = _WORD.fullmatch(part)
            kind = match[1].lower() if match else ""
            if match is None or kind not in (*NUMBERS, *CHORUSES):
                known = ", ".join((INTRO, *CHORUSES, TAG))
                raise OptionError(f"a plan has no {part[:40]!r}; it is made of {known}; {SHAPE}")
            numbers = NUMBERS.get(kind, ())
            bars = int(match[2]) if match[2] else numbers[0] if numbers and kind != TAG else 0
            if match[2] and bars not in numbers:
                known = " or ".join(map(str, sorted(numbers))) or "no number"
                raise OptionError(f"{kind} takes {known}, received {part[:40]!r}")
            times = int(match[3]) if match[3] else 1
            if not 1 <= times <= MAX_BARS or (times > 1 and kind in (INTRO, TAG)):
                raise OptionError(f"{kind} cannot be played {times} times, received {part[:40]!r}")
            words += [Word(kind, bars)] * times
            if len(words) > MAX_BARS + 2:
                raise OptionError(f"a plan has at most {MAX_BARS} choruses; {SHAPE}")
        return cls(tuple(words))

    @classmethod
    def of(cls, choruses: int, *, head: bool, intro: str = "none", trade: str = "none") -> Plan:
        """The plan of so many choruses.

        Parameters
        ----------
        choruses
            All of them.
        head
            Whether the first and the last are heads.
        intro
            One of `intros.INTROS`.
        trade
            One of `TRADES`: the bars of a turn in the chorus before the last.

        Returns
        -------
        Plan
            Without a tag.

        """
        words = [Word(SOLO)] * choruses
        if head:
            words[0] = words[-1] = Word(HEAD)
        if trade != TRADES[0]:
            words[-2] = Word(TRADE, int(trade))
        return cls((*([] if intro == "none" else [Word(INTRO, int(intro))]), *words))

    @property
    def text(self) -> str:
        """What `parse` reads this from."""
        runs = [(word, len(list(same))) for word, same in groupby(self.words)]
        return " ".join(word.text + f"*{count}" * (count > 1) for word, count in runs)

    @property
    def choruses(self) -> tuple[Word, ...]:
        """The words that are a chorus each."""
        return tuple(word for word in self.words if word.kind in CHORUSES)

    @property
    def plain(self) -> bool:
        """Whether it is solos and nothing else."""
        return all(word.kind == SOLO for word in self.words)


class Passage(NamedTuple):
    """From the tick `start` to `end` a word of a plan, or a turn of trading: "solo" or "drums"."""

    word: Word
    start: int
    end: int

    @property
    def kind(self) -> str:
        """What is played."""
        return self.word.kind


class Planned(NamedTuple):
    """A plan over a tune: all that is played, the first ticks of choruses, and a passage for each word. Where
    the plan is plain there are no passages.
    """

    form: Progression
    starts: tuple[int, ...]
    passages: tuple[Passage, ...] = ()

    @property
    def turns(self) -> tuple[Passage, ...]:
        """The passages, trading in its turns."""
        return tuple(_turns(self.passages, self.form.bar_ticks))

    @property
    def windows(self) -> tuple[tuple[int, int], ...]:
        """From where to where the soloist improvises; from beginning to end where there are no passages."""
        return windows_of(self.turns) or ((0, self.form.length),)

    @property
    def sectioned(self) -> Progression:
        """The form with a section where each passage begins, for markers."""
        sections = {section.tick: section for section in self.form.sections}
        for passage in self.passages:
            title = passage.word.title
            own = sections[passage.start].name if passage.start in sections else title
            name = title if own.casefold() == title.casefold() else f"{title}: {own}"
            sections[passage.start] = Section(passage.start, name)
        return replace(self.form, sections=tuple(sections[tick] for tick in sorted(sections)))


def planned(tune: Tune, plan: Plan, ending: str = "none") -> Planned:
    """`plan` over `tune`, with an ending, one of `endings.ENDINGS`; raises `OptionError` for turns or a tag
    that are longer than the form.
    """
    first, last = plan.words[0], plan.words[-1]
    bars = len(tune.form.bar_ticks)
    for word in plan.choruses:
        if word.bars >= bars:
            raise OptionError(f"{word.text} needs a form of more than {word.bars} bars; this one has {bars}")
    if first.kind == INTRO:
        tune = replace(tune, intro=intro_of(tune.form, first.bars))
    closing = tune.last or tune.form
    if ending != "none":
        closing = with_ending(closing)
    length = 0
    if ending == "tag" or last.kind == TAG:
        last = last if last.kind == TAG else Word(TAG)
        tagged = last.bars or (4 if len(closing.bar_ticks) >= 8 else 2)
        if tagged > len(closing.bar_ticks):
            raise OptionError(f"a tag of {tagged} bars needs as many in the form; this one has {bars}")
        tag = tag_of(closing, tagged)
        begin, length = closing.length - tag.length, (TAGGED - 1) * tag.length
        kept = [closing.between(0, begin)] if begin else []
        closing = joined([*kept, *[tag] * (TAGGED - 1), closing.between(begin, closing.length)])
    tune = replace(tune, last=closing)
    count = len(plan.choruses)
    form, starts = tune.played(count), tune.starts(count)
    if plan.plain and not length:
        return Planned(form, starts)
    before = [Passage(Word(INTRO), 0, starts[0])] if starts[0] else []
    edges = [*starts, form.length - length]
    choruses = [Passage(word, edges[k], edges[k + 1]) for k, word in enumerate(plan.choruses)]
    after = [Passage(last, form.length - length, form.length)] if length else []
    return Planned(form, starts, (*before, *choruses, *after))


def _turns(passages: Sequence[Passage], bars: Sequence[int]) -> Iterator[Passage]:
    """The passages; those of trading as turns, the soloist first; choruses of it in a row go on."""
    number, before = 0, ""
    for passage in passages:
        if passage.kind != TRADE:
            # A tag belongs to whoever plays the last chorus.
            owner = {SOLO: SOLO, TRADE: SOLO}.get(before, HEAD)
            yield passage._replace(word=Word(owner)) if passage.kind == TAG else passage
            number = 0
        else:
            inside = [tick for tick in bars if passage.start <= tick < passage.end]
            edges = [*inside[:: passage.word.bars], passage.end]
            for k, (start, end) in enumerate(pairwise(edges), number):
                yield Passage(Word((SOLO, DRUMS)[k % 2]), start, end)
            number += len(edges) - 1
        before = passage.kind


def windows_of(turns: Sequence[Passage]) -> tuple[tuple[int, int], ...]:
    """From where to where the soloist plays, without a break."""
    found: list[tuple[int, int]] = []
    for turn in turns:
        if turn.kind != SOLO:
            continue
        if found and found[-1][1] == turn.start:
            found[-1] = found[-1][0], turn.end
        else:
            found.append((turn.start, turn.end))
    return tuple(found)


def own_name(section: str) -> str:
    """The name that a form has for a section of a file; empty where only the plan names it."""
    match = _NAME.fullmatch(section)
    return section if match is None else match[3] or ""


def passages_in(form: Progression) -> list[tuple[str, int, int]]:
    """(name, first bar, last bar) of the passages that the sections of a file name, bars from 1."""
    begins = [(s.tick, m) for s in form.sections if (m := _NAME.fullmatch(s.name))]
    found = []
    ends = [*(tick for tick, _ in begins[1:]), form.length][: len(begins)]
    for (tick, match), end in zip(begins, ends, strict=True):
        title = f"{match[1]} {match[2]}" if match[2] else match[1]
        found.append((title, form.bar_at(tick) + 1, form.bar_at(end - 1) + 1))
    return found
