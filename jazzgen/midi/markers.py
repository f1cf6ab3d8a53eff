"""Chord symbols, section names and facts in the text events of a `Song`.

Chords are marker, text or lyric events: the first of these kinds that has any. A section is the marker "[A]",
as jazzgen writes it, or a letter that stands where sections do. The recipe of a take and facts for which MIDI
has no event are texts such as "jazzgen generate-midi ..." and "player: Art Pepper".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from jazzgen.errors import HarmonyError, MidiError
from jazzgen.midi.smf import Song, TimedText
from jazzgen.music.chords import parse_chord

RECIPE = "jazzgen "  # the beginning of a text event that is the command to make the file again
# Text events "fact: value" for which MIDI has no event.
FACTS = ("player", "instrument", "style", "reading", "composer")
DOUBLE_TIME, SINGLE_TIME = "double time", "single time"  # the values of "reading"


def find_facts(song: Song) -> dict[str, str]:
    """The facts about the solo in the text events: a value for each of `FACTS` that occurs."""
    facts: dict[str, str] = {}
    for text in song.texts:
        name, colon, value = text.text.partition(": ")
        if colon and name in FACTS:
            facts.setdefault(name, value.strip())
    return facts


def _is_fact(text: str) -> bool:
    return text.startswith(RECIPE) or text.partition(":")[0] in FACTS


BRACKETED = re.compile(r"\[(.*)\]", re.DOTALL)
# What both a chord and a section can be called: A, B', C2. A7 and A6 are meant as chords: only 1 to 4 count.
AMBIGUOUS = re.compile(r"([A-G])['′’]*[1-4]?")
# A text made of the signs of chord symbols, a figure among them: meant as a chord, even if it does not parse.
MEANT_AS_CHORD = re.compile(
    r"(?=.*\d)[A-H](?:maj|min|dim|aug|sus|add|alt|dom|no|[A-G]|[mMohjx^Δø°+#b♭♯(),/\d-])+"
)
# Among what parses as a chord, what can be nothing else: Dm7, C69; not A2, Go, Do.
UNMISTAKABLE = re.compile(r"[A-G].*[679].*", re.DOTALL)
SECTION_BEATS = 16  # letters that stand this far apart, on average, name sections: four bars of four
LONGEST_SYMBOL = 32  # characters; longer texts are not tried as chords


def find_chords(song: Song) -> tuple[list[TimedText], list[TimedText]]:
    """The chord symbols and the section names of a song, by time.

    Raises `MidiError` for a misspelled symbol among chords.
    """
    bracketed = {marker: match[1] for marker in song.markers if (match := BRACKETED.fullmatch(marker.text))}
    sections = [TimedText(marker.tick, name) for marker, name in bracketed.items()]
    markers = [marker for marker in song.markers if marker not in bracketed]
    texts = [text for text in song.texts if not _is_fact(text.text)]
    ours = "reading" in find_facts(song)  # jazzgen brackets sections, so a bare A is A major
    for kind in (markers, texts, list(song.lyrics)):
        named = set() if ours else _section_letters(kind, song.ppq)
        others = [text for text in kind if text not in named]
        chords = [text for text in others if _is_chord(text.text)]
        # Most of them are chords, or one can be nothing else.
        if 2 * len(chords) > len(others) or any(UNMISTAKABLE.fullmatch(text.text) for text in chords):
            _refuse_misspelled(others, song.ppq)
            break
    else:
        chords = []
    taken = set(chords)
    sections += [marker for marker in markers if marker not in taken]
    return chords, sorted(sections)


def _refuse_misspelled(texts: Sequence[TimedText], ppq: int) -> None:
    """Raise `MidiError` for a misspelled symbol: taken for a section, the chord before it would sound on."""
    for text in texts:
        if MEANT_AS_CHORD.fullmatch(text.text) and not AMBIGUOUS.fullmatch(text.text):
            try:
                parse_chord(text.text, f"beat {text.tick / ppq + 1:g}")
            except HarmonyError as error:
                raise MidiError(str(error)) from None


def _section_letters(texts: Sequence[TimedText], ppq: int) -> set[TimedText]:
    """The texts that could be chords but name sections: A, A, B, A over the bars of a form.

    Among other chords a letter is a section where another chord stands with it; alone, where the letters come
    in the order of the alphabet and stand far apart.
    """
    letters = [text for text in texts if AMBIGUOUS.fullmatch(text.text)]
    if not letters:
        return set()
    chord_ticks = {text.tick for text in texts if not AMBIGUOUS.fullmatch(text.text) and _is_chord(text.text)}
    initials = list(dict.fromkeys(text.text[0] for text in letters))
    alphabetical = initials == list("ABCDEFG"[: len(initials)])
    beside = {text for text in letters if text.tick in chord_ticks}
    if chord_ticks:
        return set(letters) if alphabetical and 2 * len(beside) >= len(letters) else beside
    gap = (letters[-1].tick - letters[0].tick) / max(len(letters) - 1, 1)
    far = gap >= SECTION_BEATS * ppq or len(letters) == 1
    return set(letters) if alphabetical and far else set()


def _is_chord(text: str) -> bool:
    if len(text) > LONGEST_SYMBOL:
        return False
    try:
        parse_chord(text)
    except HarmonyError:
        return False
    return True
