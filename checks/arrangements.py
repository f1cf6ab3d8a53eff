"""Files whose solo is known: arrangements of a solo as people's files have them, with decoys.

Each of `KINDS` makes an `Arranged` of a solo and a generator. Decoys play what is made of the solo's chords:
riffs of a horn section, pads, strummed chords, arpeggios, drums by other channels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import mido
import numpy as np

from jazzgen.band.ensemble import accompany
from jazzgen.midi.smf import Song, TimedNote, Track
from jazzgen.midi.smf_writing import write_song
from jazzgen.music.chords import parse_chord
from jazzgen.music.score import DRUM_CHANNEL, SOLO, Note, Progression, Solo

PPQ = 480
HORNS = ("Tenor Sax", "Alto Sax", "Trumpet", "Trombone", "Clarinet", "Flute", "Vibes", "Guitar")
PROGRAMS = {"Tenor Sax": 66, "Alto Sax": 65, "Trumpet": 56, "Trombone": 57, "Clarinet": 71, "Flute": 73,
            "Vibes": 11, "Guitar": 26}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arranged:
    """A song, the number (from 1) of the track that plays the solo, the solo's notes and form. `merged`:
    write it as a file of format 0.
    """

    song: Song
    number: int
    line: tuple[Note, ...]
    form: Progression
    merged: bool = False


Random = np.random.Generator


def write_arranged(arranged: Arranged, path: Path) -> None:
    """Write the song of an arrangement."""
    write_song(arranged.song, path)
    if arranged.merged:
        file = mido.MidiFile(path)
        names = [message for track in file.tracks[1:] for message in track if message.type == "track_name"]
        for track in file.tracks[1:]:
            track[:] = [message for message in track if message not in names]
        merged = mido.MidiFile(type=0, ticks_per_beat=file.ticks_per_beat)
        merged.tracks.append(mido.merge_tracks(file.tracks))
        merged.save(path)


# ------------------------------------------------------------------------------------------------ the players


def _notes(solo: Solo, notes: Sequence[Note]) -> tuple[TimedNote, ...]:
    beat = solo.grid_beat
    return tuple(
        TimedNote(
            n.onset * PPQ // beat, max(n.end * PPQ // beat, n.onset * PPQ // beat + 1), n.pitch, n.velocity
        )
        for n in notes
    )


def _name(rng: Random) -> str:
    return str(rng.choice(HORNS))


def _lead(solo: Solo, name: str, channel: int = 0) -> Track:
    return Track(name, PROGRAMS.get(name, 0), channel, _notes(solo, solo.notes))


def _band(solo: Solo, rng: Random, *names: str) -> list[Track]:
    """The generated band's tracks of these names, all without any."""
    parts = accompany(solo, rng, comping="piano")
    return [
        Track(part.name, part.program, part.channel, tuple(_band_notes(part.notes)))
        for part in parts
        if part.notes and (not names or part.name in names)
    ]


def _band_notes(notes: Sequence[Note]) -> Iterator[TimedNote]:
    # The band's notes are in ticks of the grid, which in double time is twice the file's.
    for note in notes:
        yield TimedNote(note.onset * PPQ // 12, note.end * PPQ // 12, note.pitch, note.velocity)


def _chords(solo: Solo) -> list[tuple[int, int, list[int]]]:
    """(start, end, pitches from the root up) of the chords, in file ticks."""
    form = solo.progression
    ends = [change.tick for change in form.chords[1:]] + [form.length]
    found = []
    for change, end in zip(form.chords, ends, strict=True):
        chord = parse_chord(change.symbol)
        if chord:
            tones = sorted((tone - chord.root) % 12 for tone in chord.pitch_classes)
            start, stop = change.tick * PPQ // solo.grid_beat, end * PPQ // solo.grid_beat
            found.append((start, stop, [48 + chord.root + tone for tone in tones]))
    return found


def _pad(solo: Solo, name: str, program: int, channel: int, up: int = 12) -> Track:
    notes = [
        TimedNote(start, end - 10, pitch + up, 60)
        for start, end, tones in _chords(solo)
        for pitch in tones[:4]
    ]
    return Track(name, program, channel, tuple(sorted(notes)))


def _strum(solo: Solo, name: str, program: int, channel: int) -> Track:
    notes = [
        TimedNote(tick + 6 * k, tick + PPQ // 2, pitch + 7, 70)
        for start, end, tones in _chords(solo)
        for tick in range(start, end, PPQ)
        for k, pitch in enumerate(tones[:4])
    ]
    return Track(name, program, channel, tuple(sorted(notes)))


def _arpeggio(solo: Solo, name: str, program: int, channel: int) -> Track:
    notes = [
        TimedNote(tick, tick + PPQ // 4, tones[k % len(tones)] + 12, 70)
        for start, end, tones in _chords(solo)
        for k, tick in enumerate(range(start, end, PPQ // 2))
    ]
    return Track(name, program, channel, tuple(notes))


def _long_tones(solo: Solo, name: str, program: int, channel: int, rng: Random) -> Track:
    notes = [
        TimedNote(start, end - 10, 12 + tones[int(rng.integers(1, 3)) % len(tones)], 60)
        for start, end, tones in _chords(solo)
    ]
    return Track(name, program, channel, tuple(notes))


def _riffs(solo: Solo, names: Sequence[str], channel: int, rng: Random) -> list[Track]:
    """A horn section: one rhythm in two of four bars, a voice each."""
    voices: list[list[TimedNote]] = [[] for _ in names]
    for start, end, tones in _chords(solo):
        if start // (4 * PPQ) % 4 < 2:
            continue
        for tick in (start, start + 3 * PPQ // 2, start + 2 * PPQ):
            if tick + PPQ // 2 <= end and rng.random() < 0.8:
                for voice, line in enumerate(voices):
                    line.append(TimedNote(tick, tick + PPQ // 2, tones[voice % len(tones)] + 12, 90))
    return [
        Track(name, PROGRAMS.get(name, 61), channel + k, tuple(line))
        for k, (name, line) in enumerate(zip(names, voices, strict=True))
        if line
    ]


def _song(solo: Solo, tracks: Sequence[Track], **more: object) -> Song:
    meters = tuple((meter.tick * PPQ // solo.grid_beat, meter.beats, 4) for meter in solo.progression.meters)
    end = max(
        solo.progression.length * PPQ // solo.grid_beat,
        *(note.end for track in tracks for note in track.notes),
    )
    return Song(
        PPQ, end, tuple(tracks), title="Test", tempos=((0, round(60e6 / solo.tempo)),), meters=meters, **more
    )  # type: ignore[arg-type]


def _arranged(solo: Solo, tracks: Sequence[Track], lead: Track, merged: bool = False) -> Arranged:
    playing = [
        track for track in tracks if track.notes
    ]  # where a form has no chords, decoys have nothing to play
    return Arranged(_song(solo, playing), playing.index(lead) + 1, solo.notes, solo.progression, merged)


# -------------------------------------------------------------------------------------------------- the kinds


def _combo(solo: Solo, rng: Random) -> Arranged:
    lead = _lead(solo, _name(rng))
    return _arranged(solo, [lead, *_band(solo, rng)], lead)


def _band_first(solo: Solo, rng: Random) -> Arranged:
    lead = _lead(solo, _name(rng), 5)
    return _arranged(solo, [*_band(solo, rng), lead], lead)


def _nameless(solo: Solo, rng: Random) -> Arranged:
    band = [replace(track, name="", program=0) for track in _band(solo, rng)]
    lead = replace(_lead(solo, "Piano", 4), name="")
    return _arranged(solo, [*band[:1], lead, *band[1:]], lead)


def _section(solo: Solo, rng: Random) -> Arranged:
    lead = _lead(solo, "Guitar", 10)
    horns = _riffs(solo, ("Trumpet", "Alto Sax", "Trombone"), 4, rng)
    return _arranged(solo, [*horns, *_band(solo, rng), lead], lead)


def _strings(solo: Solo, rng: Random) -> Arranged:
    lead = _lead(solo, _name(rng))
    pad = _pad(solo, "Melody Strings", 48, 6)
    high = _long_tones(solo, "Lead Violin", 40, 7, rng)
    return _arranged(solo, [pad, high, *_band(solo, rng), lead], lead)


def _lead_guitar(solo: Solo, rng: Random) -> Arranged:
    lead = _lead(solo, _name(rng))
    return _arranged(solo, [_strum(solo, "Lead Guitar", 26, 6), *_band(solo, rng), lead], lead)


def _keyswitches(solo: Solo, rng: Random) -> Arranged:
    lead = _lead(solo, "Tenor Sax")
    low = int(rng.choice([12, 24, 25]))
    every = lead.notes[:: int(rng.integers(4, 9))]
    switches = [
        TimedNote(max(n.start - 60, 0), max(n.start - 20, 1), low + k % 3, 100) for k, n in enumerate(every)
    ]
    lead = replace(lead, notes=tuple(sorted([*lead.notes, *switches])))
    return _arranged(solo, [*_band(solo, rng), lead], lead)


def _head_doubled(solo: Solo, rng: Random) -> Arranged:
    lead = replace(_lead(solo, _name(rng), 4), name="Track 5")
    head = lead.notes[: max(len(lead.notes) // 4, 8)]
    melody = Track("Melody", 56, 5, tuple(note._replace(velocity=100) for note in head))
    return _arranged(solo, [melody, *_band(solo, rng), lead], lead)


def _other_drums(solo: Solo, rng: Random) -> Arranged:
    lead = _lead(solo, _name(rng))
    name = str(rng.choice(["Drums", "Solo", "Lead", ""]))
    band = [
        replace(track, name=name, channel=int(rng.integers(3, 9)), program=0)
        if track.channel == DRUM_CHANNEL
        else track
        for track in _band(solo, rng)
    ]
    return _arranged(solo, [*band, lead], lead)


def _left_hand(solo: Solo) -> list[TimedNote]:
    """Chords below the line, wherever they begin."""
    lines = _notes(solo, solo.notes)
    low = min((note.pitch for note in lines), default=60)
    notes = []
    for start, end, tones in _chords(solo):
        shift = 0
        while max(tones[1:4], default=60) + shift > min(low - 1, 62):
            shift -= 12
        for tick in range(start, end, 4 * PPQ):
            notes += [TimedNote(tick, min(tick + 2 * PPQ, end), tone + shift, 60) for tone in tones[1:4]]
    return [note for note in notes if note.pitch > 20]


def _pianist(solo: Solo, rng: Random) -> Arranged:
    up = 12 * max((65 - min((note.pitch for note in solo.notes), default=65)) // 12, 0)
    solo = replace(solo, notes=tuple(replace(note, pitch=note.pitch + up) for note in solo.notes))
    lead = Track("Piano", 0, 0, tuple(sorted([*_notes(solo, solo.notes), *_left_hand(solo)])))
    return _arranged(solo, [lead, *_band(solo, rng, "Bass", "Drums")], lead)


def _performance(solo: Solo, rng: Random) -> Arranged:
    """The same as it is played: nothing quite together, chords rolled."""
    arranged = _pianist(solo, rng)
    lead, *band = arranged.song.tracks
    moves = rng.integers(-12, 13, len(lead.notes)).tolist()
    played = [
        note._replace(start=max(note.start + move, 0), end=max(note.end + move // 2, note.start + move + 20))
        for note, move in zip(lead.notes, moves, strict=True)
    ]
    lead = replace(lead, notes=tuple(sorted(played)))
    return replace(arranged, song=replace(arranged.song, tracks=(lead, *band)))


def _two_staves(solo: Solo, rng: Random) -> Arranged:
    right, left = ("Piano", "Piano") if rng.random() < 0.5 else ("Piano RH", "Piano LH")
    lead = Track(right, 0, 0, _notes(solo, solo.notes))
    below = Track(left, 0, 1, tuple(sorted(_left_hand(solo))))
    return _arranged(solo, [lead, below, *_band(solo, rng, "Bass", "Drums")], lead)


def _format_0(solo: Solo, rng: Random) -> Arranged:
    lead = _lead(solo, _name(rng), 6)
    band = _band(solo, rng)
    ordered = sorted([*band, lead], key=lambda track: track.channel)
    return _arranged(solo, ordered, lead, merged=True)


def _wrong_names(solo: Solo, rng: Random) -> Arranged:
    lead = replace(_lead(solo, "Vibes"), name=str(rng.choice(["MIDI 03", "Staff-1", "Synth", "Piano 2"])))
    bass = [replace(track, name="Solo Bass") for track in _band(solo, rng, "Bass")]
    return _arranged(solo, [*bass, *_band(solo, rng, "Piano", "Drums"), lead], lead)


def _arpeggios(solo: Solo, rng: Random) -> Arranged:
    lead = _lead(solo, _name(rng))
    return _arranged(solo, [_arpeggio(solo, "Synth", 81, 6), *_band(solo, rng), lead], lead)


def _counter_line(solo: Solo, rng: Random) -> Arranged:
    lead = _lead(solo, "Trumpet")
    return _arranged(solo, [_long_tones(solo, "Flute", 73, 5, rng), *_band(solo, rng, "Bass"), lead], lead)


def _strays(solo: Solo, rng: Random) -> Arranged:
    lead = replace(_lead(solo, "Guitar", 3), name="Gtr")
    stray = Track("Vocal Melody", 54, 5, tuple(note for note in lead.notes[-40::4]))
    return _arranged(solo, [stray, *_band(solo, rng), lead], lead)


def _alone_with_bass(solo: Solo, rng: Random) -> Arranged:
    lead = replace(_lead(solo, _name(rng)), name=SOLO.lower() + " 1", program=0)
    return _arranged(solo, [*_band(solo, rng, "Bass"), lead], lead)


KINDS: dict[str, Callable[[Solo, Random], Arranged]] = {
    "a combo, the solo first": _combo,
    "the band first": _band_first,
    "no names, no programs": _nameless,
    "a horn section with lead names": _section,
    "strings named as melody and lead": _strings,
    "a strummed guitar named as lead": _lead_guitar,
    "keyswitches in the solo": _keyswitches,
    "a melody that doubles the head only": _head_doubled,
    "drums on another channel, named or not": _other_drums,
    "a pianist's two hands in one track": _pianist,
    "a pianist's two hands, as performed": _performance,
    "a pianist's two hands in two tracks": _two_staves,
    "format 0": _format_0,
    "a bass named Solo, the solo named otherwise": _wrong_names,
    "arpeggios of a synthesizer": _arpeggios,
    "a counter line in long tones": _counter_line,
    "a few stray notes named as vocals": _strays,
    "bass and solo only": _alone_with_bass,
}
