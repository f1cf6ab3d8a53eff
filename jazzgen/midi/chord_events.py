"""Chord symbols in the events of a `Song`: markers, texts, lyrics, cue points and Yamaha's XF chords.

Only a series of symbols that covers the piece counts as its chords (`_is_series`). Remarks, one of which may
look like a chord, and the letters of parts (A, B, A) do not. Brackets, parentheses and quotes around symbols
are looked through. Several symbols in one event ("Dm7, G7") share its bar. A symbol that cannot be read among
good ones is kept apart: its place is known, and the accompaniment may tell what sounds there.

What is refused is kept apart, too, so that no symbol is lost in silence.

Files that jazzgen wrote are read to the letter: sections are in brackets, all other markers are chords.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from jazzgen.errors import HarmonyError
from jazzgen.midi.markers import (
    BRACKETED,
    LETTER,
    is_fact,
    is_our_own,
    named_sections,
    part_letter,
)
from jazzgen.midi.smf import Song, TimedText
from jazzgen.midi.timeline import Timeline
from jazzgen.music.chords import Chord, parse_chord

Inferred = Callable[[], Sequence[TimedText]]  # the chords that the accompaniment sounds, by tick

SOURCES = ("markers", "texts", "lyrics", "cue points", "XF chords")
KARAOKE = "@"  # begins a text in which Soft Karaoke says something about the file; the others are sung
LONGEST_SYMBOL = 32  # characters; longer texts are not tried as chords
LONGEST_TEXT = 96  # characters of a text with several symbols
_PAIRS = {"[": "]", "(": ")", "{": "}", "<": ">", '"': '"', "'": "'", "“": "”", "«": "»", "`": "`", "*": "*"}
_PREFIX = re.compile(r"(?:chords?|akkord|accord)\s*[:=]\s*", re.IGNORECASE)
_SMALL_MINOR = re.compile(
    r"[a-g][b#♭♯]?(?=m|-)(?!maj)"
)  # a small root is minor where the symbol says minor, too
_SHOUTED = re.compile(r"M[AI]")
_HOLDS = {".", "/", "%", "-", "|", "//", "///", "////", "x"}
_REMARK = re.compile(r"(.*\S)\s+[(\[{].*[)\]}]", re.DOTALL)  # Cmaj7 (solo)
_INLINE = re.compile(r"[\[(]([^\[\]()]{1,24})[\])]")
_STRONG = re.compile(r"[A-G](?!o$).+", re.DOTALL)  # more than a letter; Go and Do are words
# Among chords: what is meant as one, even if it does not parse. Not "Drums", "Ending 2" or "D.C.".
_MEANT = re.compile(
    r"[A-Ha-h][b#♭♯]?(?:\d|maj|min|dim|aug|sus|add|alt|[mM](?![a-z])|[-+/_(=~*&]\S|[°øΔ^])\S*"
    r"|(?=\S*\d)[A-H](?:maj|min|dim|aug|sus|add|alt|dom|no|[A-G]|[mMohjx^Δø°+#b♭♯(),/\d-])+"
)
_FORM_WORDS = re.compile(
    r"intro|verse|chorus|bridge|head|solo|coda|ending|outro|interlude|refrain|tag|vamp|theme|part|section|end"
    r"|strophe|couplet|fill|break|loop",
    re.IGNORECASE,
)
# A series begins within so many bars, or this share of the piece, and has no longer gap than the other two.
FIRST_BARS, FIRST_SHARE = 4.5, 0.25
GAP_BARS, GAP_SHARE = 16.5, 0.3
FEW = 4  # chords, which must begin at once where there are as many remarks
BARS_A_CHORD = 8.0  # at most, on average, where there are remarks among the chords
# Chords that last longer than that may be keys or remarks: the accompaniment must have their roots that long.
LONG_BARS, HEARD_SHARE = 4.0, 0.4
COMMON_SHARE = 0.75  # of its tones: G7sus4 is heard where Dm7 is meant


@dataclass(frozen=True, slots=True)
class ChordTrack:
    """The chord symbols of a song and its sections, by tick. `unread` are texts meant as chords that are
    none: each has an entry without a symbol in `chords`, unless another chord stands at its tick. `refused`
    are symbols that are no series, `source` says which events hold the chords.
    """

    chords: tuple[TimedText, ...] = ()
    sections: tuple[TimedText, ...] = ()
    unread: tuple[TimedText, ...] = ()
    refused: tuple[TimedText, ...] = ()
    source: str = "markers"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A text event: the symbols in it, or `meant` as such; `letter`: it can be the name of a part, too."""

    text: TimedText
    symbols: tuple[str, ...] = ()
    letter: bool = False
    bracketed: bool = False
    meant: bool = False

    @property
    def tick(self) -> int:
        return self.text.tick

    @property
    def strong(self) -> bool:
        return any(_STRONG.fullmatch(symbol) for symbol in self.symbols) and not self.letter


def find_chords(song: Song, timeline: Timeline, inferred: Inferred) -> ChordTrack:
    """The chords and sections that the events of a song name; no chords where they are no series."""
    if is_our_own(song):
        return _our_own(song)
    texts = [text for text in song.texts if not is_fact(text.text)]
    kinds = (song.markers, texts, song.lyrics, song.cues, song.xf_chords)
    best: list[_Entry] = []
    source = ""
    parts: list[TimedText] = []
    symbols: list[TimedText] = []  # all that are no parts
    for name, events in zip(SOURCES, kinds, strict=True):
        entries = [_read(event) for event in events if len(event.text) <= LONGEST_TEXT]
        sung = name == "lyrics" or any(event.text.startswith(KARAOKE) for event in events)
        if sung and any(entry.bracketed and entry.symbols for entry in entries):
            entries = [entry if entry.bracketed else _Entry(entry.text) for entry in entries]
        named = _part_names(entries, timeline, inferred)
        entries = [entry for entry in entries if entry.text not in named]
        parts += sorted(named) if not sung and not parts else ()
        if _is_series(entries, song, timeline, sung) and _is_heard(entries, timeline, inferred):
            count = len({entry.tick for entry in entries if entry.symbols})
            if count > len({entry.tick for entry in best if entry.symbols}):
                best, source = entries, name
        symbols += [] if sung else [entry.text for entry in entries if entry.symbols or entry.meant]
    known = {*symbols}
    remarks = [marker for marker in song.markers if marker not in known]
    told = {*remarks}
    sections = [text for text in parts if text not in told] + remarks
    return ChordTrack(
        chords=_spread(best, timeline),
        sections=tuple(named_sections(sections, timeline.bar_length)),
        unread=tuple(entry.text for entry in best if entry.meant),
        refused=() if best else tuple(symbols),
        source=source,
    )


def _our_own(song: Song) -> ChordTrack:
    bracketed = {marker: match[1] for marker in song.markers if (match := BRACKETED.fullmatch(marker.text))}
    chords = [marker for marker in song.markers if marker not in bracketed]
    source = SOURCES[0] if chords else SOURCES[-1]
    chords = chords or list(song.xf_chords)
    return ChordTrack(
        tuple(chord if _parse(chord.text) else TimedText(chord.tick, "") for chord in chords),
        tuple(TimedText(marker.tick, name) for marker, name in bracketed.items()),
        tuple(chord for chord in chords if _parse(chord.text) is None),
        source=source,
    )


# --------------------------------------------------------------------------------------------- one text event


def _parse(text: str) -> tuple[Chord | None] | None:
    """The chord that a text spells, in a tuple because that of N.C. is None; None where it is no symbol."""
    if not text or len(text) > LONGEST_SYMBOL:
        return None
    try:
        return (parse_chord(text),)
    except HarmonyError:
        return None


def _bare(text: str) -> tuple[str, bool]:
    """A text without what encloses it, and whether that were square brackets."""
    text = text.strip(" \t\r\n|") or text.strip()
    text, square = _PREFIX.sub("", text, count=1), False
    while len(text) > 2 and _PAIRS.get(text[0]) == text[-1] and text[-1] not in text[1:-1]:
        square |= text[0] == "["
        text = text[1:-1].strip()
    return text, square


def _symbol(text: str) -> str | None:
    """The symbol that a text is, in a spelling that parses; None where it is none."""
    if small := _SMALL_MINOR.match(text):
        text = small[0].capitalize() + text[small.end() :]
    found = _parse(text)
    if found is None:
        return None
    if found[0] is not None and _SHOUTED.search(text):
        root, bass = text[: 1 + (text[1:2] in ("b", "#", "♭", "♯"))], text.rpartition("/")[2]
        return root + found[0].quality + (f"/{bass}" if found[0].bass != found[0].root else "")
    return text


def _read(event: TimedText) -> _Entry:
    text, square = _bare(event.text)
    if LETTER.fullmatch(text):
        symbol = _symbol(text)
        return _Entry(event, (symbol,) if symbol else (), letter=True, bracketed=square)
    if symbol := _symbol(text):  # also C(maj7), which could pass for a part with a remark
        return _Entry(event, (symbol,), bracketed=square)
    if part_letter(text) or text in _HOLDS:
        return _Entry(event, letter=bool(part_letter(text)))
    for pattern in (r"\s*[,;|]\s*", r"\s+[-–]\s+|\s+"):
        pieces = [piece for piece in re.split(pattern, text.strip(" |,;")) if piece]
        if len(pieces) > 1 and (symbols := _several(pieces)):
            return _Entry(event, symbols, bracketed=square)
        if "," in text and any(_symbol(piece) and _STRONG.fullmatch(piece) for piece in pieces):
            return _Entry(event, meant=True)
    if (told := _REMARK.fullmatch(text)) and (symbol := _symbol(told[1])) and _STRONG.fullmatch(symbol):
        return _Entry(event, (symbol,))
    inline = [symbol for piece in _INLINE.findall(event.text) if (symbol := _symbol(piece.strip()))]
    if inline and all(_STRONG.fullmatch(symbol) for symbol in inline):
        return _Entry(event, tuple(inline), bracketed=True)
    first = text.split()[0] if " " in text else ""
    meant = _MEANT.fullmatch(told[1] if told else text) or (_STRONG.fullmatch(first) and _symbol(first))
    return _Entry(event, meant=bool(meant) and len(text) <= LONGEST_SYMBOL)


def _several(pieces: Sequence[str]) -> tuple[str, ...]:
    """The symbols of an event with several, one a share of its time; empty where a piece is none."""
    symbols: list[str] = []
    for piece in pieces:
        symbol = symbols[-1] if symbols and piece in _HOLDS else _symbol(_bare(piece)[0])
        if symbol is None:
            return ()
        symbols.append(symbol)
    return tuple(symbols) if any(_STRONG.fullmatch(symbol) for symbol in symbols) else ()


# ------------------------------------------------------------------------------------------ all of one kind


def _part_names(entries: Sequence[_Entry], timeline: Timeline, inferred: Inferred) -> set[TimedText]:
    """The texts that name parts and no chords: A, A, B, A over the bars of a form."""
    sure = {entry.text for entry in entries if entry.letter and not entry.symbols}
    letters = [entry for entry in entries if entry.letter and entry.symbols]
    strong = [entry for entry in entries if entry.strong]
    if any(entry.bracketed for entry in letters) and not all(
        entry.bracketed for entry in entries if entry.symbols
    ):
        sure |= {entry.text for entry in letters if entry.bracketed}
        letters = [entry for entry in letters if not entry.bracketed]
        if not strong:
            return sure  # [A] A [B] B: what is not in brackets are chords
    elif letters and all(entry.bracketed for entry in letters) and not strong:
        return sure | {entry.text for entry in letters}
    if not letters:
        return sure
    if strong:
        ticks = {entry.tick for entry in strong}
        beside = {entry.text for entry in letters if entry.tick in ticks}
        alike = _alphabetical(letters) and 2 * len(beside) >= len(letters)
        return sure | ({entry.text for entry in letters} if alike else beside)
    return sure | (
        {entry.text for entry in letters} if sure or _are_parts(letters, timeline, inferred) else set()
    )


def _alphabetical(letters: Sequence[_Entry]) -> bool:
    initials = list(dict.fromkeys(_bare(entry.text.text)[0][0] for entry in letters))
    return initials == list("ABCDEFG"[: len(initials)])


def _are_parts(letters: Sequence[_Entry], timeline: Timeline, inferred: Inferred) -> bool:
    """Whether letters alone, which could be major triads, are the parts of a form: by what the accompaniment
    plays under them if it plays, else by how far apart they stand and in which order.
    """
    sounding = _sounding_share(letters, inferred())
    if sounding is not None and len(letters) > 1 and sounding >= 0.8:
        return False
    if {symbol[0] for entry in letters for symbol in entry.symbols} <= {"A", "B"}:
        return True
    bars = (letters[-1].tick - letters[0].tick) / max(len(letters) - 1, 1) / timeline.bar_length
    if sounding is not None and sounding <= 0.4 and bars > 0.9:
        return True
    return bars >= 3.5 or (bars >= 1.9 and _alphabetical(letters))


def _sounding_share(letters: Sequence[_Entry], chords: Sequence[TimedText]) -> float | None:
    """How many of the letters are the root of a major chord that sounds there; None without accompaniment."""
    if not chords:
        return None
    found, at = 0, 0
    for entry in letters:
        while at + 1 < len(chords) and chords[at + 1].tick <= entry.tick:
            at += 1
        heard, meant = parse_chord(chords[at].text), parse_chord(entry.symbols[0])
        if heard and meant and heard.root == meant.root:
            found += (meant.root + 4) % 12 in heard.pitch_classes
    return found / len(letters)


def _is_series(entries: Sequence[_Entry], song: Song, timeline: Timeline, sung: bool) -> bool:
    """Whether the chords among the events of one kind cover the piece, and are not a few among remarks."""
    ticks = sorted({entry.tick for entry in entries if entry.symbols})
    if not ticks:
        return False
    words = [e for e in entries if not (e.symbols or e.letter or e.meant) and e.text.text not in _HOLDS]
    remarks = sum(not _FORM_WORDS.match(_bare(entry.text.text)[0]) for entry in words)
    bar = timeline.bar_length
    end = min(max(note.end for track in song.tracks for note in track.notes), timeline.beats[-1])
    start = min((track.notes[0].start for track in song.tracks), default=0)
    length = max(end - start, 1)
    gaps = [after - before for before, after in pairwise([*ticks, max(end, ticks[-1])])]
    if sung and remarks > len(ticks) and not all(entry.bracketed for entry in entries if entry.symbols):
        return False
    if not any(entry.strong for entry in entries) and remarks >= len(ticks):
        return False
    if remarks >= len(ticks) and len(ticks) < FEW and (len(ticks) == 1 or ticks[0] - start > bar):
        return False
    if remarks > len(ticks) and length > BARS_A_CHORD * bar * len(ticks):
        return False
    return ticks[0] - start <= max(FIRST_BARS * bar, FIRST_SHARE * length) and max(gaps) <= max(
        GAP_BARS * bar, GAP_SHARE * length
    )


def _is_heard(entries: Sequence[_Entry], timeline: Timeline, inferred: Inferred) -> bool:
    """Whether the accompaniment, if there is one, has the roots or tones of chords that last long: "F major"
    may be the key of the next chorus.
    """
    ticks = [entry.tick for entry in entries if entry.symbols]
    if timeline.beats[-1] - ticks[0] <= LONG_BARS * timeline.bar_length * len(set(ticks)):
        return True
    chords = [(chord.tick, parse_chord(chord.text)) for chord in inferred()]
    meant = {entry.tick: parse_chord(entry.symbols[0]) for entry in entries if entry.symbols}
    heard = total = 0
    for (start, chord), (end, _) in pairwise([*chords, (timeline.beats[-1], None)]):
        tick = max((tick for tick in meant if tick < end), default=None)
        written = None if tick is None else meant[tick]
        if chord and written:
            total += end - start
            common = len(chord.pitch_classes & written.pitch_classes) / len(written.pitch_classes)
            heard += (end - start) * (chord.root == written.root or common >= COMMON_SHARE)
    return heard >= HEARD_SHARE * total


def _spread(entries: Iterable[_Entry], timeline: Timeline) -> tuple[TimedText, ...]:
    """The chords of all events by tick; several in one event share their bar, or the time to the next."""
    chosen: dict[int, _Entry] = {}
    for entry in entries:
        if entry.symbols or (entry.meant and entry.tick not in chosen):
            chosen[entry.tick] = entry
    ticks = [*sorted(chosen), timeline.beats[-1]]
    chords: list[TimedText] = []
    for tick, following in pairwise(ticks):
        symbols = chosen[tick].symbols or ("",)
        end = max(min(following, timeline.bar_end(tick)), tick)
        shares = [TimedText(tick + round(k * (end - tick) / len(symbols)), s) for k, s in enumerate(symbols)]
        chords += [chord for k, chord in enumerate(shares) if not k or chord.text != shares[k - 1].text]
    return tuple(chords)
