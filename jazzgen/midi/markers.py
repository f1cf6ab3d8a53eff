"""Facts and section names in the text events of a `Song`; `chord_events.py` reads the chord symbols.

The recipe of a take and facts for which MIDI has no event are texts such as "jazzgen generate-midi ..." and
"player: Art Pepper". Sections are markers, as "[A]" in the files that jazzgen writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jazzgen.midi.smf import Song, TimedText

RECIPE = "jazzgen "  # the beginning of a text event that is the command to make the file again
# Text events "fact: value" for which MIDI has no event.
FACTS = ("player", "instrument", "style", "reading", "transposed", "composer")
DOUBLE_TIME, SINGLE_TIME = "double time", "single time"  # the values of "reading"


def find_facts(song: Song) -> dict[str, str]:
    """The facts about the solo in the text events: a value for each of `FACTS` that occurs."""
    facts: dict[str, str] = {}
    for text in song.texts:
        name, colon, value = text.text.partition(": ")
        if colon and name in FACTS:
            facts.setdefault(name, value.strip())
    return facts


def find_recipe(song: Song) -> str:
    """The command by which jazzgen made the file; empty where it did not."""
    return next((text.text for text in song.texts if text.text.startswith(RECIPE)), "")


def is_our_own(song: Song) -> bool:
    """Whether jazzgen wrote the file: it has a recipe, says how it is to be read, or names the player, as the
    files of `jazzgen wjazzd` do. Other programs write "composer: ..." and "style: ...", too.
    """
    facts = find_facts(song)
    return bool(find_recipe(song)) or "player" in facts or facts.get("reading") in (DOUBLE_TIME, SINGLE_TIME)


def is_fact(text: str) -> bool:
    """Whether a text is the recipe or a fact."""
    return text.startswith(RECIPE) or text.partition(":")[0] in FACTS


BRACKETED = re.compile(r"\[(.*)\]", re.DOTALL)
# What both a chord and a section can be called: A, B', C2. A7 and A6 are meant as chords: only 1 to 4 count.
LETTER = re.compile(r"([A-G])['′’*]*[1-4]?")
# A letter that is called a part: "A, Chorus1", "Part B", "C section", "A (2x)".
_PART = re.compile(
    r"(?:(?:part|section)\s+)([A-H][1-4']?)(?:\W.*)?"
    r"|([A-H][1-4']?)(?:\s*[,:;-]?\s*(?:\(.*\)|(?:part|section|theme|chorus|ending|intro|solo|head)\s*\d*))+",
    re.IGNORECASE,
)
_NEXT_SECTION = 3.5  # bars: the same name sooner than this is the same section


def part_letter(text: str) -> str:
    """The letter of a text such as "A, Chorus1" or "Part B"; empty where it is no such text."""
    found = _PART.fullmatch(text)
    return (found[1] or found[2]).upper() if found else ""


def section_name(text: str) -> str:
    """The name of the section that a marker names: without brackets, a part's letter alone."""
    bracketed = BRACKETED.fullmatch(text)
    return bracketed[1] if bracketed else part_letter(text) or text


def named_sections(texts: Iterable[TimedText], bar: float) -> Iterator[TimedText]:
    """The sections of a foreign file, by time. Band-in-a-Box may name one in each `bar` (ticks)."""
    last: TimedText | None = None
    for text in sorted(texts):
        name = section_name(text.text)
        if last is None or name != last.text or text.tick - last.tick >= _NEXT_SECTION * bar:
            last = TimedText(text.tick, name)
            yield last
