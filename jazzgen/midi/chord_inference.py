"""Chord inference: chord symbols from everything that sounds in a `Song`, on the beats where they change.

    tracks ──roles──▶ votes for pitch classes, beat by beat ──harmony.decode──▶ root and family of each beat
                                                                                       │
    symbols, spelled in the key ◀── a symbol for each stretch (`_name`) ◀──────────────┘

A bass tells the root where a chord begins, chord instruments and a pianist's left hand tell the rest, lines
such as the solo tell a little. A chord struck before the beat is meant for the beat.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from jazzgen.midi.hands import onset_groups
from jazzgen.midi.harmony import FAMILIES, ROOTED, Floats, chordal_likelihood, decode, load_harmony
from jazzgen.midi.parts import is_drums, share_of_steps, without_keyswitches
from jazzgen.midi.repetition import find_period, pooled
from jazzgen.midi.smf import Song, TimedNote, TimedText, Track
from jazzgen.midi.solo_track import BASS_PROGRAMS, BASS_WORDS, SoloTrack
from jazzgen.midi.timeline import Timeline
from jazzgen.music.chords import is_minor
from jazzgen.music.keys import estimate_key, read_key
from jazzgen.music.pitch import fold, name_at, nearest_place, note_name
from jazzgen.music.score import NO_CHORD, TICKS_PER_BEAT, ChordChange, MeterChange, Progression

BASS, CHORDAL, LINE = range(3)
# What each role tells: bass, chords, lines. Chosen on training tunes, as the other figures here.
WEIGHTS = (1.5, 1.2, 0.6)
ALONE = 2.2  # ... and chords where there is no bass
LOW_BASS = 48  # the median of a line below which it is a bass
SUNG, MELODIC = 0.85, 0.2  # shares of single notes and of steps from which a track is a line, no arpeggio
LONGEST_VOTE = 16  # beats: a note held for longer is a drone and no evidence of later chords
HELD = 0.3  # the vote of a note that was struck in an earlier beat
# Where there is no bass, the vote as one of the lowest note of a chord, by pitch from and to.
DEPTHS = ((1.0, 0, 45), (0.4, 45, 50), (0.03, 50, 128))
EARLY = 0.15  # of a beat: played so little before it, a note is on the beat
PUSHED = 0.42  # of a beat, from here on a chord is struck for the next one
TRIADS_BY_CHANCE = (0.9, 0.6)  # of twice their share, without and with a bass
UNHEARD = 0.02  # how much less often chords are said to change in a bar without accompaniment
FEWEST_BARS = 0.15  # share of the bars in which an accompaniment must play


Found = tuple[int, "str | tuple[int, str, int | None]"]  # a beat, and N.C. or (root, quality, bass)


@dataclass(frozen=True, slots=True)
class Votes:
    """(T, 12) how much each pitch class counts on a beat, 0..1, by role; `bass_onset` what begins on it."""

    bass: Floats
    bass_onset: Floats
    chordal: Floats
    line: Floats
    has_bass: bool = False

    def pooled(self, period: int) -> Votes:
        """Each beat's votes together with those of the other choruses of a form of so many beats."""
        bass, bass_onset, chordal, line = (
            pooled(votes, period) for votes in (self.bass, self.bass_onset, self.chordal, self.line)
        )
        return Votes(bass, bass_onset, chordal, line, self.has_bass)


def infer_chords(song: Song, solo: SoloTrack, timeline: Timeline) -> list[TimedText]:
    """The chords that sound, by tick; none where hardly anything but lines does.

    A beat in which nothing sounds keeps the chord before it: a band that stops has not left the form.
    """
    votes = _vote(song, solo, timeline)
    bars = _bars_with(votes.chordal + votes.bass, timeline)
    if len(bars) < max(FEWEST_BARS * len(_bars_with(votes.chordal + votes.bass + votes.line, timeline)), 1):
        return []
    period = find_period(votes.chordal + votes.bass, timeline.bars)
    states = _decode(votes.pooled(period) if period else votes, timeline)
    first = timeline.bars[bars[0]]
    found: list[Found] = [(0, NO_CHORD)] if first else []
    for begin, end in _stretches(states):
        if end > first:
            start = max(begin, first)
            found.append((start, _name(votes, states, start, end)))
    spelled = _spelled(found, len(timeline.beats) - 1)
    return [TimedText(timeline.beats[beat], symbol) for beat, symbol in spelled]


def _decode(votes: Votes, timeline: Timeline) -> list[int]:
    """The state of each beat, whichever habit of the chord instruments makes the file likelier."""
    harmony = load_harmony()
    chances = _chances(votes, timeline)
    line = WEIGHTS[LINE] * votes.line @ harmony.line.T
    held = np.maximum(votes.bass - votes.bass_onset, 0)
    bass = WEIGHTS[BASS] * votes.bass @ harmony.bass_later.T
    new_bass = WEIGHTS[BASS] * (votes.bass_onset @ harmony.bass_first.T + held @ harmony.bass_later.T)
    # Three notes of a rootless voicing are a triad by chance; players of triads play little else.
    by_chance = TRIADS_BY_CHANCE[votes.has_bass]
    triads = min(max(2 * _share_of_triads(votes) - by_chance, 0.0), 1.0)
    found = []
    for rooted in ROOTED if votes.chordal.any() else ROOTED[:1]:
        weight = WEIGHTS[CHORDAL] if votes.has_bass else ALONE
        common = line + weight * chordal_likelihood(votes.chordal, rooted, triads, votes.has_bass)
        if votes.has_bass or rooted == ROOTED[0]:
            found.append(decode(common + bass, common + new_bass, chances, harmony))
        else:
            common += WEIGHTS[BASS] * votes.bass_onset @ harmony.lowest.T
            found.append(decode(common, common, chances, harmony))
    return max(found)[1]


def _bars_with(votes: Floats, timeline: Timeline) -> list[int]:
    """The bars, from 0, on one of whose beats there is a vote."""
    sounding = np.flatnonzero(votes.any(axis=1))
    return sorted(set((np.searchsorted(timeline.bars, sounding, side="right") - 1).tolist()))


def _share_of_triads(votes: Votes) -> float:
    """The share of the chords struck that are, with the bass, a major or minor triad."""
    chords = (votes.chordal >= 1.0).sum(axis=1) >= 2
    struck = ((votes.chordal >= 1.0) | (votes.bass_onset > 0))[chords]
    struck = struck[struck.sum(axis=1) >= 3]
    triads = {
        frozenset((root + tone) % 12 for tone in (0, third, 7)) for root in range(12) for third in (3, 4)
    }
    return sum(frozenset(np.flatnonzero(row).tolist()) in triads for row in struck) / max(len(struck), 1)


def _chances(votes: Votes, timeline: Timeline) -> Floats:
    """(T,) how likely a chord is to change on each beat; hardly in a bar in which only lines sound."""
    lines = [*timeline.bars, len(timeline.beats) - 1]
    sounding = np.asarray((votes.chordal + votes.bass).any(axis=1))
    harmony, chances = load_harmony(), np.ones(len(timeline.beats) - 1)
    for start, end in pairwise(lines):
        heard = 1.0 if sounding[start:end].any() else UNHEARD
        chances[start:end] = [heard * harmony.change(place, end - start) for place in range(end - start)]
    return chances


def _stretches(states: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(begin, end) of the beats with one state."""
    edges = [0, *(k for k in range(1, len(states)) if states[k] != states[k - 1]), len(states)]
    yield from pairwise(edges)


# ------------------------------------------------------------------------------------------- what sounds when


def _vote(song: Song, solo: SoloTrack, timeline: Timeline) -> Votes:
    notes: dict[int, list[TimedNote]] = {BASS: [], CHORDAL: [*solo.below], LINE: [*solo.line]}
    for number, track in enumerate(song.tracks, 1):
        if number != solo.number and not is_drums(track):
            music = without_keyswitches(track)
            notes[role_of(track, music, song.ppq)] += music
    shape = (len(timeline.beats) - 1, 12)
    votes = Votes(np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape), bool(notes[BASS]))
    _add(votes.line, notes[LINE], timeline)
    _add(votes.chordal, notes[CHORDAL], timeline, pushed=True)
    _add(votes.bass, notes[BASS], timeline, onsets=votes.bass_onset)
    if not votes.has_bass:
        groups = onset_groups(notes[CHORDAL], song.ppq)
        lowest = [min(group, key=lambda note: note.pitch) for group in groups]
        for vote, low, high in DEPTHS:
            near = [note for note in lowest if low <= note.pitch < high]
            _add(votes.bass, near, timeline, vote=vote, onsets=votes.bass_onset, pushed=True)
    return votes


def role_of(track: Track, notes: Sequence[TimedNote], ppq: int) -> int:
    """Whether a track is a bass, a chord instrument or a line."""
    groups = onset_groups(notes, ppq)
    alone = sum(len(group) == 1 for group in groups) / len(groups)
    middle = sorted(note.pitch for note in notes)[len(notes) // 2]
    named = bool(BASS_WORDS.search(track.name.casefold())) or track.program in BASS_PROGRAMS
    if middle < (60 if named else LOW_BASS) and alone > 0.7:
        return BASS
    return LINE if alone > SUNG and share_of_steps(notes) >= MELODIC else CHORDAL


def _add(
    votes: Floats,
    notes: Sequence[TimedNote],
    timeline: Timeline,
    vote: float = 1.0,
    onsets: Floats | None = None,
    pushed: bool = False,
) -> None:
    """Add the votes of notes, (T, 12), in place: in each beat the strongest of a pitch class.

    `onsets` gets those of notes that begin on a beat; `pushed`: what begins late in a beat is the next one's.
    """
    beats = np.array(timeline.beats)
    last = len(beats) - 2
    if not notes:
        return
    starts = np.array([note.start for note in notes])
    at = np.clip(np.searchsorted(beats, starts, side="right") - 1, 0, last)
    length = beats[at + 1] - beats[at]
    fraction = (starts - beats[at]) / length
    late = fraction >= (PUSHED if pushed else 1 - EARLY)
    first = np.minimum(at + late, last)
    for note, own, begin, where, size in zip(
        notes, at.tolist(), first.tolist(), fraction.tolist(), length.tolist(), strict=True
    ):
        pitch_class = note.pitch % 12
        lasts = (note.end - note.start) / size
        if pushed and begin > own and where < 0.8 and note.end <= beats[begin] + size / 12:
            # A short chord on the off-beat: for the next beat, most often.
            votes[own, pitch_class] = max(votes[own, pitch_class], vote * 0.3)
        strength = vote * (1.0 if lasts >= 0.25 else 0.4 + 2.4 * lasts)
        votes[begin, pitch_class] = max(votes[begin, pitch_class], strength)
        if onsets is not None and (begin > own or where <= EARLY):
            onsets[begin, pitch_class] = max(onsets[begin, pitch_class], strength)
        for beat in range(begin + 1, min(begin + LONGEST_VOTE, last + 1)):
            if note.end - beats[beat] < size / TICKS_PER_BEAT:
                break  # a release that hangs over is not part of the next chord
            votes[beat, pitch_class] = max(votes[beat, pitch_class], HELD * vote)


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
