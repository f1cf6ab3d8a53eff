"""A MIDI file to a `Solo`: `read_solo`, or `read`, which also reports how the solo was found.

    take.mid ──smf.read_song──▶ Song ──find_bars──▶ Bars ──on_beats──▶ Song, in beats
                                  ├──find_solo──▶ line  ──grid.quantize──▶ notes ─┐
                                  └──find_chords, else infer_chords──▶ chords ─────┴─▶ Solo

A `Song` is in a file's own ticks and then in as many a beat, a `Solo` on the grid of 12 ticks a beat;
`writing.py` is the way back.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from math import ceil
from pathlib import Path

from jazzgen.errors import MidiError, NoChordsError
from jazzgen.midi.bars import Bars, find_bars, mean_tempo
from jazzgen.midi.chord_events import ChordTrack, find_chords
from jazzgen.midi.chord_inference import infer_chords
from jazzgen.midi.hands import onset_groups
from jazzgen.midi.layout import READERS
from jazzgen.midi.markers import DOUBLE_TIME, SINGLE_TIME, find_facts, find_recipe, is_our_own
from jazzgen.midi.smf import Song, TimedText, naming, read_song
from jazzgen.midi.solo_track import SoloTrack, find_solo, instrument_of
from jazzgen.midi.timeline import Timeline
from jazzgen.music import grid
from jazzgen.music.score import (
    NO_CHORD,
    TICKS_PER_BEAT,
    ChordChange,
    Note,
    Progression,
    Section,
    Solo,
)

MERGED_SHARE = 0.03  # of the notes may merge on the grid without a warning: ornaments


@dataclass(frozen=True, slots=True)
class Reading:
    """A solo and how it was found.

    `track` and `track_index` (from 1, over the tracks with notes) are its track, `reason` why it was chosen,
    `runner_up` the second and why it lost; `chord_source` is "accompaniment", "given" or one of
    `chord_events.SOURCES`; `recipe` is the command by which jazzgen made the file,
    if it did; `dropped` counts notes that quantization merged; `warnings` say what could not be read as it
    stands; `transposed` is one of `layout.READERS` where the file is written for those and not at concert
    pitch.
    """

    solo: Solo
    track: str
    track_index: int
    reason: str
    chord_source: str
    recipe: str = ""
    dropped: dict[str, int] = field(default_factory=dict)
    runner_up: str = ""
    warnings: tuple[str, ...] = ()
    transposed: str = ""


def read_solo(
    path: str | os.PathLike[str],
    track: str | int | None = None,
    progression: Progression | None = None,
    pickup: float | None = None,
) -> Solo:
    """The solo in the MIDI file at `path`; see `read`.

    Parameters
    ----------
    path, track, progression, pickup
        As `read` takes them.

    Returns
    -------
    Solo
        On the grid.

    Raises
    ------
    MidiError
        As `read` raises it.
    """
    return read(path, track, progression, pickup).solo


def read(
    path: str | os.PathLike[str],
    track: str | int | None = None,
    progression: Progression | None = None,
    pickup: float | None = None,
) -> Reading:
    """The solo in the MIDI file at `path`, its chords, and how both were found.

    Parameters
    ----------
    path, track
        The file, and a track's name (exact, else part of it; in any case) or number; None finds the most
        solo-like one.
    progression, pickup
        Replaces the chords of the file, bar by bar and repeated to its end; and the beats before the first
        bar line, less than a bar (None: as the file has it).

    Returns
    -------
    Reading
        The solo on the grid.

    Raises
    ------
    MidiError, OptionError
        `TrackError` without such a track, `NoChordsError` without chords; a pickup that is no part of a bar.
    """
    file = read_song(path)
    bars = find_bars(file, pickup)
    song = bars.on_beats(file)
    with naming(path):
        chosen = find_solo(song, track)
        found = song.tracks[chosen.number - 1]
        facts = find_facts(song)
        notes, double_time = _quantized(song, chosen, bars, facts.get("reading", ""))
        scale, end = 2 if double_time else 1, notes[-1].end
        if progression is not None:
            form, warnings = _cover(progression, bars, scale * TICKS_PER_BEAT, end)
            source = "given"
        else:
            track_of_chords, source, warnings = _find_chords(song, chosen, Timeline.of(bars, song.ppq))
            style = facts.get("style", "") if is_our_own(song) else ""
            form = _form(song, track_of_chords, bars, scale * TICKS_PER_BEAT, end, style)
    solo = Solo(
        notes=tuple(notes),
        progression=replace(form, composer=form.composer or facts.get("composer", "")),
        tempo=mean_tempo(file, bars),
        title=Path(path).stem if song.title is None else song.title,
        player=facts.get("player", ""),
        instrument=instrument_of(found, facts.get("instrument", "")),
        double_time=double_time,
    )
    merged, recipe, reader = len(chosen.line) - len(notes), find_recipe(song), facts.get("transposed", "")
    return Reading(
        *(solo, found.name, chosen.number, chosen.reason, source, recipe),
        dropped={"merged": merged} if merged else {},
        runner_up=chosen.runner_up,
        warnings=file.warnings + bars.warnings + warnings + _about_merged(chosen, len(notes), song.ppq),
        transposed=reader if reader in READERS else _reader_of_recipe(recipe),
    )


def has_chords(path: str | os.PathLike[str]) -> bool:
    """Whether the events of a MIDI file name its chords; not where it cannot be read."""
    try:
        file = read_song(path)
        bars = find_bars(file, None)
        song = bars.on_beats(file)
        return bool(find_chords(song, Timeline.of(bars, song.ppq), tuple).chords)
    except MidiError:
        return False


def _quantized(song: Song, chosen: SoloTrack, bars: Bars, stated: str) -> tuple[list[Note], bool]:
    """The notes on the grid and whether in double time, which `stated` may say."""
    in_double_time = {DOUBLE_TIME: True, SINGLE_TIME: False}.get(stated) if bars.in_quarters else False
    played = ((n.start / song.ppq, n.end / song.ppq, n.pitch, n.velocity) for n in chosen.line)
    return grid.quantize(played, in_double_time, bars.compound)


def _about_merged(chosen: SoloTrack, kept: int, ppq: int) -> tuple[str, ...]:
    """A warning where the grid loses more than a few notes; the tones of a chord count as one."""
    onsets = len(onset_groups(chosen.line, ppq))
    if onsets - kept <= MERGED_SHARE * onsets:
        return ()
    return (f"{onsets - kept} of {onsets} notes are left out: they are too close to others for the grid",)


def _reader_of_recipe(recipe: str) -> str:
    """Whom jazzgen up to 0.2.0 wrote a take for, which it says in the recipe alone."""
    found = re.search(rf" --transpose=({'|'.join(READERS)})(?= |$)", recipe)
    return found[1] if found else ""


def _find_chords(song: Song, solo: SoloTrack, timeline: Timeline) -> tuple[ChordTrack, str, tuple[str, ...]]:
    """The chords of a song, their source, and a warning for each symbol that cannot be read."""

    @cache
    def inferred() -> Sequence[TimedText]:
        return infer_chords(song, solo, timeline)

    events = find_chords(song, timeline, inferred)
    if events.chords:
        instead = (
            "read from the accompaniment" if events.unread and inferred() else "the chord before it goes on"
        )
        warnings = tuple(
            f"bar {timeline.bar_number(text.tick)}: {text.text[:32]!r} is no known chord symbol; {instead}"
            for text in events.unread
        )
        return (
            ChordTrack(_filled(events.chords, inferred, timeline), events.sections),
            events.source,
            warnings,
        )
    refused = _about_refused(events.refused, timeline)
    if not inferred():
        raise NoChordsError(
            f"has {refused or 'no chord symbols (marker, text or lyric events)'} and no accompaniment to "
            "tell the chords from; give them with --progression '| Dm7 | G7 | Cmaj7 | % |'"
        )
    warnings = (f"{refused}; the chords are read from the accompaniment",) if refused else ()
    return ChordTrack(tuple(inferred()), events.sections), "accompaniment", warnings


def _about_refused(refused: Sequence[TimedText], timeline: Timeline) -> str:
    if not refused:
        return ""
    first, last = (
        f"{text.text[:32]!r} in bar {timeline.bar_number(text.tick)}" for text in (min(refused), max(refused))
    )
    which = first if len(refused) == 1 else f"{first} to {last}"
    count = f"{len(refused)} chord symbol{'s' * (len(refused) > 1)}"
    return f"{count} ({which}) that cannot be the chords of the whole piece"


def _filled(
    chords: Sequence[TimedText], inferred: Callable[[], Sequence[TimedText]], timeline: Timeline
) -> tuple[TimedText, ...]:
    """`chords` with what the accompaniment sounds in the place of those without a symbol."""
    filled: list[TimedText] = []
    ticks = [chord.tick for chord in inferred()] if not all(chord.text for chord in chords) else []
    for chord, end in zip(chords, [*(later.tick for later in chords[1:]), timeline.beats[-1]], strict=True):
        if chord.text:
            filled.append(chord)
            continue
        first, last = bisect_right(ticks, chord.tick), bisect_left(ticks, end)
        filled += [TimedText(chord.tick, sounding.text) for sounding in inferred()[max(first - 1, 0) : first]]
        filled += inferred()[first:last]
    return tuple(filled)


def _form(song: Song, track: ChordTrack, bars: Bars, beat: int, end: int, style: str) -> Progression:
    """The progression of a song, `beat` ticks a beat, at least to the tick `end`."""
    length = _length(bars, beat, end)
    symbols = {0: NO_CHORD} | {round(chord.tick / song.ppq * beat): chord.text for chord in track.chords}
    names = {round(text.tick / song.ppq * beat): text.text for text in track.sections}
    return Progression(
        chords=tuple(ChordChange(tick, symbols[tick]) for tick in sorted(symbols) if tick < length),
        length=length,
        meters=bars.changes(beat),
        sections=tuple(Section(tick, names[tick]) for tick in sorted(names) if tick < length),
        title=song.title or "",
        key=song.key,
        style=style or "swing",
    )


def _length(bars: Bars, beat: int, end: int) -> int:
    """The ticks of all bars, `beat` a beat, at least to the tick `end`: a last note that the grid moves onto
    the final bar line opens another bar.
    """
    last_bar, length = bars.meters[-1][1] * beat, bars.length * beat
    return length + max(ceil((end - length) / last_bar), 0) * last_bar


def _cover(progression: Progression, bars: Bars, beat: int, end: int) -> tuple[Progression, tuple[str, ...]]:
    """The given progression over the bars of a file, `beat` ticks a beat, at least to the tick `end`; and a
    warning where those have other numbers of beats.

    From the first whole bar on each bar of the progression, which is repeated, fills one of the file: what
    stands at half of one stands at half of the other. The meters are the file's.
    """
    meters, length = bars.changes(beat), _length(bars, beat, end)
    stops = [*(later.tick for later in meters[1:]), length]
    filled = [
        (start, start + meter.beats * beat, meter)
        for meter, stop in zip(meters, stops, strict=True)
        for start in range(meter.tick, stop, meter.beats * beat)
    ][bool(bars.pickup) :]
    own = list(pairwise([*progression.bar_ticks, progression.length]))
    events: list[list[ChordChange | Section]] = [[] for _ in own]
    stated: list[ChordChange | Section] = [*progression.chords, *progression.sections]
    for event in stated:
        events[progression.bar_at(event.tick)].append(event)
    placed: dict[tuple[int, type], ChordChange | Section] = {}
    if bars.pickup:
        placed[0, ChordChange] = ChordChange(0, NO_CHORD)
    warnings = []
    for number, (start, stop, meter) in enumerate(filled):
        first, last = own[number % len(own)]
        for event in events[number % len(own)]:
            tick = start + (event.tick - first) * (stop - start) // (last - first)
            placed[tick, type(event)] = replace(event, tick=tick)
        if last - first != meter.beats * TICKS_PER_BEAT:
            written = progression.meter_at(first).signature
            warnings.append(
                f"bar {number + 1}: the chords given are in {written}, the file in {meter.signature}; "
                "each of their bars is laid over one of the file"
            )
    form = replace(
        progression,
        chords=tuple(event for event in placed.values() if isinstance(event, ChordChange)),
        sections=tuple(event for event in placed.values() if isinstance(event, Section)),
        meters=meters,
        length=length,
    )
    return form, tuple(warnings[:1])
