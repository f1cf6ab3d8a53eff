"""MIDI files in and out: `read_solo` and `write_arrangement`.

    take.mid ──smf.read_song──▶ Song ──read──▶ Reading(Solo)
    take.mid ◀──smf.write_song── Song ◀──write_arrangement── Arrangement

A `Song` is in a file's own ticks, a `Solo` on the grid of 12 ticks a beat: nothing above this module knows
about files.

In: meters in quarters and their changes become bars (a short first bar is a pick-up), tempo changes a mean
tempo. The solo is the track that the caller names, or the most solo-like one. Chords are marker, text or
lyric events; without them what the accompaniment sounds, half a bar at a time.

Out: a conductor track with title, tempo, meters, key, texts, sections and chords; then the solo and the
band, one channel each. What is written reads back as the same solo and chords, whatever the feel.

The texts: a section is the marker "[A]" (a bare "A" would be a chord), a chord the marker "Dm7". The
conductor's text events hold the recipe ("jazzgen ...") and facts for which MIDI has no event ("player: Art
Pepper").
"""

from __future__ import annotations

import os
import re
import shlex
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise
from math import ceil
from pathlib import Path

from jazzgen.errors import DataError, HarmonyError, MidiError, NoChordsError, OptionError, TrackError
from jazzgen.midi.layout import AS_USUAL, Layout, players, transposed
from jazzgen.midi.smf import (
    DEFAULT_TEMPO_US,
    Song,
    TimedNote,
    TimedText,
    Track,
    naming,
    read_song,
    write_song,
)
from jazzgen.music import grid, harmony
from jazzgen.music.score import (
    DRUM_CHANNEL,
    INSTRUMENTS,
    TICKS_PER_BEAT,
    Arrangement,
    ChordChange,
    MeterChange,
    Note,
    Part,
    Progression,
    Section,
    Solo,
)
from jazzgen.performance.feel import Feel
from jazzgen.util.files import kind_of, make_folder, replacing, same_place

__all__ = ["Reading", "midi_files", "read", "read_solo", "write_arrangement"]

# ------------------------------------------------------------------------------------------- finding the solo

# Words in a track's name that say what it plays.
LEAD_WORDS = re.compile(
    r"solo|lead|melod|head|improv|vocal|voice|sax|trumpet|tpt|cornet|horn|clarinet|flute|trombone|vib"
    r"|violin|harmonica"
)
BAND_WORDS = re.compile(
    r"bass|drum|perc|chord|comp|accomp|begleit|pad\b|string|rhythm|backing|left|kick|snare|cymbal|\bl\.?h\b"
)
# General MIDI programs of instruments that lead, and of those that accompany.
LEAD_PROGRAMS = frozenset({11, 22, 26, 40, 41, 42, 53, 54, 56, 57, 59, 60, *range(64, 80), *range(80, 88)})
BAND_PROGRAMS = frozenset({*range(32, 40), *range(44, 52), 55, *range(88, 104)})
# The solo instruments of `score.py` by General MIDI program, first fit: rows of (from, to, name).
PROGRAM_INSTRUMENTS = (
    (0, 7, "piano"), (8, 15, "vibraphone"), (24, 31, "guitar"), (40, 45, "violin"), (52, 54, "voice"),
    (56, 56, "trumpet"), (57, 58, "trombone"), (59, 61, "trumpet"), (64, 64, "soprano-sax"),
    (65, 65, "alto-sax"), (66, 66, "tenor-sax"), (67, 67, "baritone-sax"), (68, 69, "soprano-sax"),
    (70, 70, "bass-clarinet"), (71, 71, "clarinet"), (72, 79, "flute"),
)  # fmt: skip


def _find_track(song: Song, wanted: str | int | None) -> tuple[int, str]:
    """The number (from 1) of the solo's track and a sentence that says why this one.

    Raises `MidiError` where nothing but drums plays, `TrackError` where `wanted` is not there.
    """
    if not song.tracks:
        raise MidiError("has no notes, so there is nothing to read")
    if wanted is not None:
        return _find_named(song, str(wanted).strip())
    numbers = [number for number, track in enumerate(song.tracks, 1) if track.channel != DRUM_CHANNEL]
    if not numbers:
        raise MidiError("has only drums (channel 10), so there is no solo in it")
    if len(numbers) == 1:
        return numbers[0], "the only track with pitches"
    rated = {number: _rate(song.tracks[number - 1], song.ppq) for number in numbers}
    best = max(numbers, key=lambda number: rated[number][0])  # the first of equals
    return best, f"the most solo-like of {len(numbers)} tracks: {rated[best][1]}"


def _find_named(song: Song, wanted: str) -> tuple[int, str]:
    folded = wanted.casefold()
    names = [track.name.casefold() for track in song.tracks]
    for matches, how in (
        ([number for number, name in enumerate(names, 1) if name == folded], "named"),
        ([int(wanted)] if wanted.isdecimal() and 1 <= int(wanted[:9]) <= len(names) else [], "number"),
        ([number for number, name in enumerate(names, 1) if folded and folded in name], "named like"),
    ):
        # What stands on channel 10 are drums, whose keys are no pitches.
        pitched = [number for number in matches if song.tracks[number - 1].channel != DRUM_CHANNEL]
        if matches and not pitched:
            raise TrackError(
                f"track {wanted!r} is drums (channel 10), whose keys are no pitches; name another"
            )
        if pitched:
            best = max(pitched, key=lambda number: _rate(song.tracks[number - 1], song.ppq)[0])
            among = f", the most solo-like of {len(pitched)} such" if len(pitched) > 1 else ""
            return best, f"asked for: {how} {wanted!r}{among}"
    known = ", ".join(f"{number} {track.name!r}" for number, track in enumerate(song.tracks[:16], 1))
    more = f" and {len(song.tracks) - 16} more" if len(song.tracks) > 16 else ""
    raise TrackError(f"no track {wanted!r}; its tracks with notes are {known}{more}")


def _rate(track: Track, ppq: int) -> tuple[float, str]:
    """How solo-like a track is, and the reasons as text. The weights were set by hand; names weigh most."""
    notes = track.notes
    alone = sum(_sounds_alone(a, b) for a, b in pairwise(notes)) + 1
    voices = alone / len(notes)
    beats = max((notes[-1].end - notes[0].start) / ppq, 1.0)
    pitches = sorted(note.pitch for note in notes)
    middle = pitches[len(pitches) // 2]
    name = track.name.casefold()
    lead, band = bool(LEAD_WORDS.search(name)), bool(BAND_WORDS.search(name))
    score = (
        4.0 * (voices - 0.5)
        + min(len(notes) / beats, 2.0)
        + min(len(set(pitches)) / 12, 1.0)
        + (1.0 if 52 <= middle <= 88 else -2.5 if middle < 46 else 0.0)
        + (3.0 * lead - 3.0 * band)
        + 1.5 * (track.program in LEAD_PROGRAMS)
        - 2.0 * (track.program in BAND_PROGRAMS)
        - 2.0 * (len(notes) < 8)
    )
    reasons = [
        *(["named as a lead"] if lead and not band else []),
        *(["a lead instrument's program"] if track.program in LEAD_PROGRAMS else []),
        f"{100 * voices:.0f} % of its notes sound alone",
        f"{len(notes) / beats:.1f} notes a beat",
        f"middle pitch {middle}",
    ]
    return score, ", ".join(reasons)


def _sounds_alone(note: TimedNote, following: TimedNote) -> bool:
    """Legato overlaps are melody too; notes that share half of their time are a chord."""
    return note.start < following.start and 2 * (note.end - following.start) <= note.end - note.start


def _instrument_of(track: Track, stated: str) -> str:
    """The instrument the file states, while the track's program agrees; else the nearest to the program."""
    if stated in INSTRUMENTS and INSTRUMENTS[stated].program == track.program:
        return stated
    rows = (name for low, high, name in PROGRAM_INSTRUMENTS if low <= track.program <= high)
    return next(rows, "tenor-sax")


# ----------------------------------------------------------------------------------------- bars, tempo, facts


@dataclass(frozen=True, slots=True)
class _Bars:
    """The meters of a song as (beat, beats a bar), and the beat of its final bar line."""

    meters: tuple[tuple[int, int], ...]
    length: int

    @property
    def pickup(self) -> int:
        """The beats of a first bar that is shorter than the next; 0 without one."""
        if (
            len(self.meters) < 2
            or self.meters[1][0] != self.meters[0][1]
            or self.meters[0][1] >= self.meters[1][1]
        ):
            return 0
        return self.meters[0][1]


def _find_bars(song: Song) -> _Bars:
    """Bars from the meter changes; a bar that a change cuts short becomes a bar of its own length.

    Raises `MidiError` for a meter that is not in quarters, or one that changes inside a beat.
    """
    changes = {0: 4}
    for tick, numerator, denominator in song.meters:
        beat = round(tick / song.ppq)
        if denominator != 4 or not numerator:
            raise MidiError(
                f"has the meter {numerator}/{denominator} at beat {beat + 1}; "
                "only meters in quarters (n/4) can be read"
            )
        if abs(tick - beat * song.ppq) * TICKS_PER_BEAT > song.ppq:
            raise MidiError(
                f"changes its meter inside beat {int(tick / song.ppq) + 1}; move the change onto a beat"
            )
        changes[beat] = numerator
    # An end-of-track a moment after the bar line does not open another bar.
    sounding = [track.notes[-1].start for track in song.tracks]
    end = max(song.end, *sounding) / song.ppq - 1 / TICKS_PER_BEAT
    starts = [beat for beat in sorted(changes) if beat == 0 or beat < end]
    meters: list[tuple[int, int]] = []
    for start, stop in pairwise(starts):
        whole_bars, short = divmod(stop - start, changes[start])
        if whole_bars:
            meters.append((start, changes[start]))
        if short:
            meters.append((stop - short, short))
    last = changes[starts[-1]]
    meters.append((starts[-1], last))
    length = starts[-1] + max(ceil((end - starts[-1]) / last), 1) * last
    changed = [meters[0], *(now for before, now in pairwise(meters) if before[1] != now[1])]
    return _Bars(tuple(changed), length)


def _mean_tempo(song: Song) -> float:
    """Quarter notes a minute: the mean over the beats of the file (the tempo itself if it never changes)."""
    changes = [(0, DEFAULT_TEMPO_US), *song.tempos]
    ends = [tick for tick, _ in changes[1:]] + [max(song.end, changes[-1][0])]
    lasting = [(end - tick, us) for (tick, us), end in zip(changes, ends, strict=True)]
    ticks = sum(duration for duration, _ in lasting)
    us = round(sum(duration * us for duration, us in lasting) / ticks) if ticks else changes[-1][1]
    return _tempo_of(us)


def _tempo_of(microseconds: int) -> float:
    """The tempo with the fewest decimals that is written as so many microseconds: 219.1, not 219.10044."""
    for decimals in range(9):
        tempo = round(60e6 / microseconds, decimals)
        if tempo > 0 and _microseconds(tempo) == microseconds:
            return tempo
    return 60e6 / microseconds


def _microseconds(tempo: float) -> int:
    return round(60e6 / tempo)


RECIPE = "jazzgen "  # how the text event begins that says how to make the file again
FACTS = ("player", "instrument", "style", "reading")  # text events "fact: value" for which MIDI has no event
DOUBLE_TIME, SINGLE_TIME = "double time", "single time"  # the values of "reading"


def _find_facts(song: Song) -> dict[str, str]:
    facts: dict[str, str] = {}
    for text in song.texts:
        name, colon, value = text.text.partition(": ")
        if colon and name in FACTS:
            facts.setdefault(name, value.strip())
    return facts


def _is_fact(text: str) -> bool:
    return text.startswith(RECIPE) or text.partition(":")[0] in FACTS


# ---------------------------------------------------------------------------------------- chords and sections

BRACKETED = re.compile(r"\[(.*)\]", re.DOTALL)
# What both a chord and a section can be called: A, B', C2. A7 and A6 are meant as chords: only 1 to 4 count.
AMBIGUOUS = re.compile(r"([A-G])['′’]*[1-4]?")
# A text of nothing but what chord symbols are made of, a figure among it: meant as a chord, whatever it says.
MEANT_AS_CHORD = re.compile(
    r"(?=.*\d)[A-H](?:maj|min|dim|aug|sus|add|alt|dom|no|[A-G]|[mMohjx^Δø°+#b♭♯(),/\d-])+"
)
UNMISTAKABLE = re.compile(
    r"[A-G].*[679].*", re.DOTALL
)  # among what parses as a chord: Dm7, C69; not A2, Go, Do
SECTION_BEATS = 16  # letters that stand this far apart, on average, name sections: four bars of four
LONGEST_SYMBOL = 32  # characters; longer texts are not tried as chords
LONGEST_VOTE = 16  # half bars: a note held for longer is a drone and says nothing about later chords


def _find_chords(song: Song) -> tuple[list[TimedText], list[TimedText]]:
    """Chord symbols and section names in the texts: the chords of the first kind of event that has them."""
    sections = [
        TimedText(marker.tick, match[1])
        for marker in song.markers
        if (match := BRACKETED.fullmatch(marker.text))
    ]
    markers = [marker for marker in song.markers if not BRACKETED.fullmatch(marker.text)]
    texts = [text for text in song.texts if not _is_fact(text.text)]
    ours = "reading" in _find_facts(
        song
    )  # jazzgen wrote it: sections stand in brackets, and a bare A is A major
    for kind in (markers, texts, list(song.lyrics)):
        named = set() if ours else _section_letters(kind, song.ppq)
        others = [text for text in kind if text not in named]
        chords = [text for text in others if _is_chord(text.text)]
        # Most of them, or one that nobody would write for anything else: a figure is in it.
        if 2 * len(chords) > len(others) or any(UNMISTAKABLE.fullmatch(text.text) for text in chords):
            _refuse_misspelled(others, song.ppq)
            break
    else:
        chords = []
    taken = set(chords)
    sections += [marker for marker in markers if marker not in taken]
    return chords, sorted(sections)


def _refuse_misspelled(texts: Sequence[TimedText], ppq: int) -> None:
    """Among chords, a symbol that is none must not pass for a section: the chord before it would sound on."""
    for text in texts:
        if MEANT_AS_CHORD.fullmatch(text.text) and not AMBIGUOUS.fullmatch(text.text):
            try:
                harmony.parse_chord(text.text, f"beat {text.tick / ppq + 1:g}")
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
        harmony.parse_chord(text)
    except HarmonyError:
        return False
    return True


def _infer_chords(song: Song, solo_number: int, bars: _Bars) -> list[tuple[float, str]]:
    """(beat, symbol) from what all pitched tracks but the solo sound, half a bar at a time.

    A half bar in which nothing sounds keeps the chord before it: a band that stops has not left the form.
    """
    band = [
        note
        for number, track in enumerate(song.tracks, 1)
        if number != solo_number and track.channel != DRUM_CHANNEL
        for note in track.notes
    ]
    if not band:
        return []
    starts = _half_bars(bars)
    sounds = [_Sound() for _ in starts]
    edges = [*starts, bars.length]
    for note in band:
        start, end = note.start / song.ppq, note.end / song.ppq
        first = bisect_right(starts, start) - 1
        for place in range(first, min(first + LONGEST_VOTE, len(starts))):
            if edges[place] >= end:
                break
            sounds[place].add(
                note.pitch, max(start, edges[place]) - edges[place], min(end, edges[place + 1]) - edges[place]
            )
    chords: list[tuple[float, str]] = []
    for start, sound in zip(starts, sounds, strict=True):
        symbol = sound.symbol() if any(sound.weights) else "" if chords else "N.C."
        if symbol and (not chords or chords[-1][1] != symbol):
            chords.append((start, symbol))
    return chords


def _half_bars(bars: _Bars) -> list[int]:
    """Where each half bar starts, in beats: 4/4 is 2 + 2, 5/4 is 3 + 2; up to three beats are not divided."""
    starts: list[int] = []
    for (start, beats), (end, _) in pairwise([*bars.meters, (bars.length, 0)]):
        for bar in range(start, end, beats):
            starts += [bar, bar + (beats + 1) // 2] if beats > 3 else [bar]
    return starts


@dataclass(slots=True)
class _Sound:
    """What sounds in half a bar: beats by pitch class, and the lowest pitch, first of all at its start."""

    weights: list[float] = field(default_factory=lambda: [0.0] * 12)
    lowest: int | None = None
    lowest_at_start: int | None = None

    def add(self, pitch: int, start: float, end: float) -> None:
        """A note from `start` to `end`, in beats from the start of the half bar."""
        if end - start < 1 / TICKS_PER_BEAT:
            return  # a release that hangs over the bar line is not part of the next chord
        self.weights[pitch % 12] += end - start
        self.lowest = min(pitch, pitch if self.lowest is None else self.lowest)
        if start < 0.25:
            self.lowest_at_start = min(pitch, pitch if self.lowest_at_start is None else self.lowest_at_start)

    def symbol(self) -> str:
        """The chord symbol. The bass is what is lowest at the start: a bass line walks on from there."""
        bass = self.lowest if self.lowest_at_start is None else self.lowest_at_start
        return harmony.infer_chord(self.weights, None if bass is None else bass % 12)


# ------------------------------------------------------------------------------------------- a Song to a Solo


@dataclass(frozen=True, slots=True)
class Reading:
    """A solo and how it was found.

    `track` and `track_index` (from 1, over the tracks with notes) say where, `reason` why there;
    `chord_source` is "markers" (also text and lyric events), "accompaniment" or "given"; `recipe` is how
    jazzgen made the file, if it did; `dropped` counts the notes that one voice on the grid has no room for.
    """

    solo: Solo
    track: str
    track_index: int
    reason: str
    chord_source: str
    recipe: str = ""
    dropped: dict[str, int] = field(default_factory=dict)


def read_solo(
    path: str | os.PathLike[str], track: str | int | None = None, progression: Progression | None = None
) -> Solo:
    """The solo in the MIDI file at `path`; see `read`."""
    return read(path, track, progression).solo


def read(
    path: str | os.PathLike[str], track: str | int | None = None, progression: Progression | None = None
) -> Reading:
    """The solo in the MIDI file at `path`, its chords, and how both were found.

    `track` is a track's name (exact, else part of it; case does not matter) or number; None finds the most
    solo-like one. `progression` replaces what the file may say about chords, repeated to cover the solo.
    Raises `MidiError`: `TrackError` without such a track, `NoChordsError` without chords.
    """
    song = read_song(path)
    with naming(path):
        number, reason = _find_track(song, track)
        found = song.tracks[number - 1]
        facts = _find_facts(song)
        notes, double_time = _read_notes(found, song.ppq, facts.get("reading", ""))
        end = notes[-1].end
        if progression is None:
            form, source = _read_form(song, number, double_time, end, facts.get("style", ""))
        else:
            form, source = _cover(progression, _find_bars(song), double_time, end), "given"
    solo = Solo(
        notes=tuple(notes),
        progression=form,
        tempo=_mean_tempo(song),
        title=Path(path).stem if song.title is None else song.title,
        player=facts.get("player", ""),
        instrument=_instrument_of(found, facts.get("instrument", "")),
        double_time=double_time,
    )
    dropped = len(found.notes) - len(notes)
    recipe = next((text.text for text in song.texts if text.text.startswith(RECIPE)), "")
    return Reading(solo, found.name, number, reason, source, recipe, {"merged": dropped} if dropped else {})


def _read_notes(track: Track, ppq: int, reading: str) -> tuple[list[Note], bool]:
    """One voice on the grid, and whether in double time: as the file states, else as the notes ask for."""
    double_time = {DOUBLE_TIME: True, SINGLE_TIME: False}.get(reading)
    return grid.read_notes(
        [(note.start / ppq, note.end / ppq, note.pitch, note.velocity) for note in track.notes], double_time
    )


def _grid_beat(double_time: bool) -> int:
    """Ticks of the grid in a beat of the file."""
    return TICKS_PER_BEAT * (2 if double_time else 1)


def _read_form(song: Song, number: int, double_time: bool, end: int, style: str) -> tuple[Progression, str]:
    """The progression a song plays, at least to the tick `end`, and where its chords come from."""
    beat = _grid_beat(double_time)
    bars = _find_bars(song)
    texts, sections = _find_chords(song)
    if texts:
        chords, source = [(text.tick / song.ppq, text.text) for text in texts], "markers"
    else:
        chords, source = _infer_chords(song, number, bars), "accompaniment"
    if not chords:
        raise NoChordsError(
            "has no chord symbols (marker, text or lyric events) and no accompaniment to tell the chords "
            "from; give them with --progression '| Dm7 | G7 | Cmaj7 | % |'"
        )
    last_bar = bars.meters[-1][1] * beat
    length = bars.length * beat
    length += (
        max(ceil((end - length) / last_bar), 0) * last_bar
    )  # a last note that the grid moves onto the bar line
    symbols = {round(place * beat): symbol for place, symbol in chords}
    symbols.setdefault(0, "N.C.")
    names = {round(text.tick / song.ppq * beat): text.text for text in sections}
    form = Progression(
        chords=tuple(ChordChange(tick, symbols[tick]) for tick in sorted(symbols) if tick < length),
        length=length,
        meters=tuple(MeterChange(start * beat, beats) for start, beats in bars.meters),
        sections=tuple(Section(tick, names[tick]) for tick in sorted(names) if tick < length),
        title=song.title or "",
        key=song.key,
        **({"style": style} if style else {}),
    )
    return form, source


def _cover(progression: Progression, bars: _Bars, double_time: bool, end: int) -> Progression:
    """The given progression from the first whole bar on, as often as it takes to reach the tick `end`."""
    if double_time:
        progression = _stretch(progression, 2)
    pickup = bars.pickup * _grid_beat(double_time)
    times = max(ceil((end - pickup) / progression.length), 1)
    form = progression.repeat(times)
    if not pickup:
        return form
    return replace(
        form,
        chords=(ChordChange(0, "N.C."), *(replace(chord, tick=chord.tick + pickup) for chord in form.chords)),
        meters=(
            MeterChange(0, bars.pickup),
            *(replace(meter, tick=meter.tick + pickup) for meter in form.meters),
        ),
        sections=tuple(replace(section, tick=section.tick + pickup) for section in form.sections),
        length=form.length + pickup,
    )


def _stretch(form: Progression, times: int) -> Progression:
    """Each bar as so many bars of the same meter."""
    return replace(
        form,
        chords=tuple(replace(chord, tick=chord.tick * times) for chord in form.chords),
        meters=tuple(replace(meter, tick=meter.tick * times) for meter in form.meters),
        sections=tuple(replace(section, tick=section.tick * times) for section in form.sections),
        length=form.length * times,
    )


# ----------------------------------------------------------------------------------- an Arrangement to a Song


def write_arrangement(
    arrangement: Arrangement,
    path: str | os.PathLike[str],
    *,
    feel: Feel | None = None,
    layout: Layout = AS_USUAL,
    stems: str | os.PathLike[str] | None = None,
) -> None:
    """Write the solo and its band; `read_solo` gives the same solo back. Equal takes give equal bytes.

    `feel` is how it is played; None is the exact grid. With a feel the same values come back, while
    velocities and the ends of bound notes are the player's. `layout` says which tracks, on which channels,
    at what pitch, with which markers; its options join the recipe. `stems` is a folder, made if it is not
    there, that besides gets a file a track ("solo.mid", "bass.mid"), each with the conductor and as long as
    the whole. Raises `OptionError` for what does not fit into a file and `OutputError` where one cannot be
    written; then none is.
    """
    written = transposed(arrangement, layout.transpose)
    files = [(Path(path), _lay_out(written, layout, feel))]
    if stems is not None:
        if not os.fspath(stems):
            raise OptionError("stems need a folder, received an empty name; give one, as in --stems stems")
        for track in files[0][1].tracks:
            alone = replace(layout, tracks=(track.name.casefold(),))
            files.append((Path(stems, _file_name(track.name)), _lay_out(written, alone, feel)))
        if any(same_place(one, other) for (one, _), (other, _) in combinations(files, 2)):
            raise OptionError(f"{path} would be one of the stems in {stems}; write them to another folder")
    # All of them are moved into place when the last one is written, or none is.
    with ExitStack() as together:
        for number, (target, song) in enumerate(files):
            if number == 1:
                make_folder(target.parent)
            write_song(song, together.enter_context(replacing(target)))


def _file_name(track: str) -> str:
    return re.sub(r"[^\w+-]+", "-", track.casefold()) + ".mid"


def _lay_out(arrangement: Arrangement, layout: Layout, feel: Feel | None) -> Song:
    """What the file of an arrangement says, which is transposed already."""
    solo = arrangement.solo
    _check_double_time(solo)
    ppq = layout.ppq
    beat = _grid_beat(solo.double_time)

    def at(tick: int) -> int:
        return round(tick * ppq / beat)

    form = solo.progression
    us = _microseconds(solo.tempo)
    if not 1 <= us <= 0xFFFFFF:
        raise OptionError(
            f"a tempo in a MIDI file must be in 3.6..60,000,000 beats a minute, received {solo.tempo:g}"
        )
    return Song(
        ppq=ppq,
        end=at(form.length),
        title=solo.title,
        key=form.key or harmony.estimate_key(form),
        tempos=((0, us),),
        meters=tuple((at(meter.tick), meter.beats, 4) for meter in form.meters),
        texts=tuple(TimedText(0, text) for text in _texts_of(arrangement, layout)),
        markers=tuple(_markers_of(form, layout.markers, at)),
        tracks=tuple(
            Track(
                part.name,
                part.program,
                channel,
                _played(part, solo, feel or Feel(0), ppq),
                part.volume,
                part.pan,
            )
            for part, channel in players(arrangement, layout)
        ),
    )


def _check_double_time(solo: Solo) -> None:
    """In double time two bars of the grid are one of the file; raise `OptionError` where one is left over."""
    form = solo.progression
    if solo.double_time:
        for meter, end in zip(form.meters, [*(m.tick for m in form.meters[1:]), form.length], strict=True):
            if (end - meter.tick) % (2 * meter.beats * TICKS_PER_BEAT):
                raise OptionError(
                    f"a solo in double time needs an even number of bars, received {form.length} ticks "
                    f"with an odd number of {meter.beats}/4 bars from tick {meter.tick}"
                )


def _texts_of(arrangement: Arrangement, layout: Layout) -> Iterator[str]:
    """The recipe, to which the layout's options belong, and the facts that MIDI has no event for."""
    solo = arrangement.solo
    if arrangement.recipe:
        recipe = " ".join([arrangement.recipe, *map(shlex.quote, layout.options())])
        yield recipe if recipe.startswith(RECIPE) else RECIPE + recipe
    reading = DOUBLE_TIME if solo.double_time else SINGLE_TIME
    for name, value in zip(
        FACTS, (solo.player, solo.instrument, solo.progression.style, reading), strict=True
    ):
        if value:
            yield f"{name}: {value}"


def _markers_of(form: Progression, kinds: str, at: Callable[[int], int]) -> Iterator[TimedText]:
    """Section and chord markers by time; a section stands before the chord that opens it."""
    sections, chords = [], []
    if kinds in ("both", "sections"):
        sections = [(section.tick, 0, f"[{section.name}]") for section in form.sections]
    if kinds in ("both", "chords"):
        chords = [(chord.tick, 1, chord.symbol) for chord in form.chords]
    for tick, _, text in sorted(sections + chords):
        yield TimedText(at(tick), text)


def _played(part: Part, solo: Solo, feel: Feel, ppq: int) -> tuple[TimedNote, ...]:
    """A part in the file's ticks."""
    return tuple(
        TimedNote(round(note.onset * ppq), round(note.end * ppq), note.pitch, note.velocity)
        for note in feel.play(part, solo, ppq)
    )


# ------------------------------------------------------------------------------------------------- many files


def midi_files(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The MIDI files that `paths` name, sorted: files as they are, folders searched for .mid and .midi.

    Hidden files are not taken from folders; a folder that links lead back to is searched once. Raises
    `MidiError` for a path that is not there and `DataError` for a folder without a MIDI file.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if (kind := kind_of(path)) != "folder":
            if not kind:
                raise MidiError(f"{path}: no such file or folder; check the name")
            found.append(path)
            continue
        inside = list(_search(path))
        if not inside:
            raise DataError(f"{path}: no MIDI file (.mid, .midi) in this folder or below it")
        found += inside
    if not found:
        raise DataError("no MIDI files were named; give files or folders")
    return sorted(set(found))


def _search(folder: Path) -> Iterator[Path]:
    seen: set[Path] = set()

    def refuse(error: OSError) -> None:
        # Passed over, its solos would be missing without a word.
        raise DataError(
            f"cannot read the folder {os.fsdecode(error.filename)}: {error.strerror}; "
            "make it readable, or name the files and folders beside it"
        )

    for root, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        real = Path(root).resolve()
        if real in seen:
            folders.clear()  # links led back here: do not go round
            continue
        seen.add(real)
        for name in names:
            path = Path(root, name)
            if path.suffix.lower() in (".mid", ".midi") and not name.startswith(".") and path.is_file():
                yield path
