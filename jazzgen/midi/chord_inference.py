"""Chord inference: chord symbols from everything that sounds in a `Song`, on the beats where they change.

    tracks ──votes.count_votes──▶ votes for pitch classes ──harmony.decode──▶ root and family of each beat
                                                                                       │
    symbols, spelled in the key ◀── a symbol for each stretch (`_name`) ◀──────────────┘

A bass tells the root where a chord begins, chord instruments and a pianist's left hand tell the rest, lines
such as the solo tell a little. Bars in whose surroundings the same sounds are heard together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from jazzgen.midi.harmony import FAMILIES, SHARES, Floats, chordal_likelihood, decode, load_harmony
from jazzgen.midi.repetition import find_alike, pooled
from jazzgen.midi.smf import Song, TimedText
from jazzgen.midi.solo_track import SoloTrack
from jazzgen.midi.timeline import Timeline
from jazzgen.midi.votes import Votes, count_votes
from jazzgen.music.chords import is_minor
from jazzgen.music.keys import estimate_key, read_key
from jazzgen.music.pitch import fold, name_at, nearest_place, note_name
from jazzgen.music.score import NO_CHORD, TICKS_PER_BEAT, ChordChange, MeterChange, Progression

# What chords, lines and bars that are alike tell, against the rest: without and with a bass. Chosen, as the
# other figures here, on training tunes.
CHORDS = (0.8, 1.0)
LINES = (0.8, 0.4)
ALIKE = (0.5, 0.3)
REPEATS = 32  # beats in which a voicing that comes again tells less each time
UNHEARD = 0.02  # how much less often chords are said to change in a bar without accompaniment
FEWEST_BARS = 0.15  # share of the bars in which an accompaniment must play
LEAST, MOST = 1e-4, 0.98  # probabilities of a change


Found = tuple[int, "str | tuple[int, str, int | None]"]  # a beat, and N.C. or (root, quality, bass)


def infer_chords(song: Song, solo: SoloTrack, timeline: Timeline) -> list[TimedText]:
    """The chords that sound, by tick; none where hardly anything but lines does.

    A beat in which nothing sounds keeps the chord before it: a band that stops has not left the form.
    """
    votes = count_votes(song, solo, timeline)
    bars = _bars_with(votes.chordal + votes.bass, timeline)
    if len(bars) < max(FEWEST_BARS * len(_bars_with(votes.chordal + votes.bass + votes.line, timeline)), 1):
        return []
    states = _decode(votes, timeline)
    first = timeline.bars[bars[0]]
    found: list[Found] = [(0, NO_CHORD)] if first else []
    for begin, end in _stretches(states):
        if end > first:
            start = max(begin, first)
            found.append((start, _name(votes, states, start, end)))
    spelled = _spelled(found, len(timeline.beats) - 1)
    return [TimedText(timeline.beats[beat], symbol) for beat, symbol in spelled]


def _decode(votes: Votes, timeline: Timeline) -> list[int]:
    """The state of each beat, with whichever habits of its players make the file likelier.

    Without a bass, much the same may be said of several courses of chords: then those that a first course
    has often are likelier in a second one.
    """
    harmony = load_harmony()
    chances = _chances(votes, timeline)
    alike = find_alike(votes.chordal + votes.bass, timeline.bars)
    lines = LINES[votes.has_bass] * votes.line @ harmony.line.T
    stay, change = (lines + bass for bass in _bass_likelihood(votes, timeline))
    fresh = CHORDS[votes.has_bass] * _freshness(votes.chordal)[:, None]
    shares = SHARES if votes.chordal.any() else SHARES[:1]
    found = []
    for chords in chordal_likelihood(votes.chordal, votes.lowest, shares):
        goes_on, begins = (
            pooled(sound + fresh * chords, timeline.bars, ALIKE[votes.has_bass] * alike)
            for sound in (stay, change)
        )
        found.append((*decode(goes_on, begins, chances, harmony), goes_on, begins))
    _, states, goes_on, begins = max(found, key=lambda course: course[0])
    return states if votes.has_bass else decode(goes_on, begins, chances, harmony.adapted(states))[1]


def _bass_likelihood(votes: Votes, timeline: Timeline) -> tuple[Floats, Floats]:
    """(T, S) twice: the logarithm of how likely the bass is where a state goes on, and where it begins."""
    harmony = load_harmony()
    downbeats = np.zeros((len(votes.bass), 1), dtype=bool)
    downbeats[list(timeline.bars)] = True
    held = np.where(votes.bass <= 0.5, np.maximum(votes.bass - votes.bass_onset, 0), 0)
    stay = np.where(downbeats, votes.bass_onset @ harmony.bass_bar.T, votes.bass @ harmony.bass_later.T)
    return stay, votes.bass_onset @ harmony.bass_first.T + held @ harmony.bass_later.T


def _freshness(chordal: Floats) -> Floats:
    """(T,) what a voicing tells that was struck so often within `REPEATS` beats: all, a half, a third ..."""
    found = np.ones(len(chordal))
    seen: dict[bytes, list[int]] = {}
    for beat, row in enumerate(chordal):
        if row.max() >= 0.5:
            before = seen.setdefault((row >= 0.5).tobytes(), [])
            before[:] = [*(other for other in before if beat - other <= REPEATS), beat]
            found[beat] = 1 / len(before)
        elif row.any() and beat:
            found[beat] = found[beat - 1]
    return found


def _bars_with(votes: Floats, timeline: Timeline) -> list[int]:
    """The bars, from 0, on one of whose beats there is a vote."""
    sounding = np.flatnonzero(votes.any(axis=1))
    return sorted(set((np.searchsorted(timeline.bars, sounding, side="right") - 1).tolist()))


def _chances(votes: Votes, timeline: Timeline) -> Floats:
    """(T, F) how likely a chord of each family is to change on each beat; hardly in a bar of lines only."""
    lines = [*timeline.bars, len(timeline.beats) - 1]
    sounding = np.asarray((votes.chordal + votes.bass).any(axis=1))
    harmony, chances = load_harmony(), np.full((len(timeline.beats) - 1, len(FAMILIES)), MOST)
    for start, end in pairwise(lines):
        heard = 1.0 if sounding[start:end].any() else UNHEARD
        for place in range(end - start):
            chances[start + place] = heard * harmony.change(place, end - start)
    return np.asarray(np.clip(chances, LEAST, MOST))


def _stretches(states: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(begin, end) of the beats with one state."""
    edges = [0, *(k for k in range(1, len(states)) if states[k] != states[k - 1]), len(states)]
    yield from pairwise(edges)


# ------------------------------------------------------------------------------------------------- the symbol


def _name(votes: Votes, states: Sequence[int], begin: int, end: int) -> tuple[int, str, int | None]:
    """(root, quality, bass or None) of the chord that lasts from a beat to another."""
    family, root = divmod(states[begin], 12)
    part = slice(begin, end)
    sound = votes.chordal[part].sum(axis=0) + 0.5 * votes.bass[part].sum(axis=0)
    thin = not votes.chordal[part].any()
    tones = np.roll(sound + thin * votes.line[part].sum(axis=0), -root)
    tones = tones / max(float(tones.max()), 1e-9)
    bass = votes.bass[part].sum(axis=0)
    return root, _quality(FAMILIES[family], tones, thin), _slash(bass, root) if votes.has_bass else None


def _slash(bass: Floats, root: int) -> int | None:
    """The pitch class that alone sounds in the bass, where it is not the root."""
    lowest = int(bass.argmax())
    alone = bass[lowest] > 0 and bass[lowest] >= 0.9 * bass.sum()
    return lowest if alone and lowest != root else None


def _quality(family: str, tones: Floats, thin: bool) -> str:
    """The quality within a family; `tones` (12,) how much each sounds, from the root up, the most being 1.

    Natural ninths and thirteenths belong to the voicing, not to the symbol. `thin`: no chord instrument.
    """
    if thin:
        return {"maj": "maj7", "m": "m7"}.get(family, family)
    sixth, b7, major7 = tones[9], tones[10], tones[11]
    augmented = tones[8] > 0.4 and tones[7] < 0.1
    if family == "maj" and augmented:
        return "maj7#5" if major7 > 0.2 else "aug"
    if family == "maj":
        return "maj7" if major7 > 0.2 and major7 >= 0.7 * sixth else "6" if sixth > 0.3 else ""
    if family == "7":
        return "aug" if augmented and b7 < 0.15 else _dominant(tones)
    if family == "m" and major7 > max(0.3, b7):
        return "mmaj7"
    if family == "m":
        return "m7" if b7 > 0.15 else "m6" if sixth > 0.25 else "m"
    without_seventh = {"dim7": (sixth, "dim"), "7sus4": (b7, "sus4")}
    seventh, triad = without_seventh.get(family, (1.0, ""))
    return family if seventh > 0.15 else triad


def _dominant(tones: Floats) -> str:
    """The quality of a dominant by its altered tensions."""
    b9, ninth, sharp9, fifth, b13 = tones[1], tones[2], tones[3], tones[7], tones[8]
    altered = [name for name, sounds in (("b9", b9), ("#9", sharp9), ("b13", b13)) if sounds > 0.3]
    if not altered or ninth > max(b9, sharp9, 0.3):
        return "7"
    if len(altered) > 1 and fifth < 0.25:
        return "7alt"
    return "7#5" if altered == ["b13"] and fifth < 0.1 else "7" + altered[0]


def _spelled(found: Sequence[Found], beats: int) -> list[tuple[int, str]]:
    """(beat, symbol) of chords, their roots spelled in the key that they make up."""
    plain = [
        (beat, chord if isinstance(chord, str) else note_name(chord[0]) + chord[1]) for beat, chord in found
    ]
    form = Progression(
        tuple(ChordChange(beat * TICKS_PER_BEAT, symbol) for beat, symbol in plain),
        beats * TICKS_PER_BEAT,
        (MeterChange(0, 1),),
    )
    key = read_key(estimate_key(form))
    signature = key[0] if key else 0
    symbols: list[tuple[int, str]] = []
    for beat, chord in found:
        if isinstance(chord, str):
            symbol = chord
        else:
            root, quality, bass = chord
            symbol = _note(root, signature, is_minor(quality) or quality.startswith("dim")) + quality
            if bass is not None:
                symbol += "/" + _note(bass, signature, is_minor(quality))
        if not symbols or symbols[-1][1] != symbol:
            symbols.append((beat, symbol))
    return symbols


def _note(pitch_class: int, signature: int, minor: bool) -> str:
    """The name of a root in a key of so many sharps, at most one accidental: from a minor second up (Db in C)
    to an augmented fourth (F#), of a minor chord from the sixth degree's flat (Ab) on.
    """
    return name_at(fold(nearest_place(pitch_class, signature - (4 if minor else 5)), -7, 7))
