"""What sounds on each beat of a `Song`, by who plays it: votes for pitch classes, of bass, chords and lines.

A chord struck before the beat is meant for the beat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jazzgen.midi.hands import onset_groups
from jazzgen.midi.harmony import Floats
from jazzgen.midi.parts import is_drums, share_of_steps, without_keyswitches
from jazzgen.midi.smf import Song, TimedNote, Track
from jazzgen.midi.solo_track import BASS_PROGRAMS, BASS_WORDS, SoloTrack
from jazzgen.midi.timeline import Timeline
from jazzgen.music.score import TICKS_PER_BEAT

BASS, CHORDAL, LINE = range(3)
LOW_BASS = 48  # the median of a line below which it is a bass
SUNG, MELODIC = 0.85, 0.2  # shares of single notes and of steps from which a track is a line, no arpeggio
LONGEST_VOTE = 16  # beats: a note held for longer is a drone and no evidence of later chords
HELD = 0.3  # the vote of a note that was struck in an earlier beat
# Where there is no bass, the vote as one of the lowest note of a chord, by pitch from and to.
DEPTHS = ((1.0, 0, 45), (0.4, 45, 50), (0.03, 50, 128))
EARLY = 0.15  # of a beat: played so little before it, a note is on the beat
PUSHED = 0.42  # of a beat, from here on a chord is struck for the next one


@dataclass(frozen=True, slots=True)
class Votes:
    """(T, 12) how much each pitch class counts on a beat, 0..1, by role; `bass_onset` what begins on it.

    `lowest` is 1 for the lowest note of the chords struck where nobody else plays a bass.
    """

    bass: Floats
    bass_onset: Floats
    chordal: Floats
    line: Floats
    lowest: Floats
    has_bass: bool = False


def count_votes(song: Song, solo: SoloTrack, timeline: Timeline) -> Votes:
    """The votes of all that sounds."""
    notes: dict[int, list[TimedNote]] = {BASS: [], CHORDAL: [*solo.below], LINE: [*solo.line]}
    for number, track in enumerate(song.tracks, 1):
        if number != solo.number and not is_drums(track):
            music = without_keyswitches(track)
            notes[role_of(track, music, song.ppq)] += music
    bass, onset, chordal, line, lowest = np.zeros((5, len(timeline.beats) - 1, 12))
    votes = Votes(bass, onset, chordal, line, lowest, bool(notes[BASS]))
    _add(votes.line, notes[LINE], timeline)
    _add(votes.chordal, notes[CHORDAL], timeline, pushed=True)
    _add(votes.bass, notes[BASS], timeline, onsets=votes.bass_onset)
    if not votes.has_bass:
        _add_lowest(votes, onset_groups(notes[CHORDAL], song.ppq), timeline)
    return votes


def _add_lowest(votes: Votes, groups: Sequence[Sequence[TimedNote]], timeline: Timeline) -> None:
    """What the lowest notes of chords tell, as a bass and as the foundation of voicings."""
    bottoms = [min(group, key=lambda note: note.pitch) for group in groups]
    for vote, low, high in DEPTHS:
        near = [note for note in bottoms if low <= note.pitch < high]
        _add(votes.bass, near, timeline, vote=vote, onsets=votes.bass_onset, pushed=True)
    beats = np.array(timeline.beats)
    found: dict[int, int] = {}
    for group, note in zip(groups, bottoms, strict=True):
        if len(group) > 1:
            own = min(max(int(np.searchsorted(beats, note.start, side="right")) - 1, 0), len(beats) - 2)
            late = note.start - beats[own] >= PUSHED * (beats[own + 1] - beats[own])
            beat = min(own + int(late), len(beats) - 2)
            found[beat] = min(found.get(beat, note.pitch), note.pitch)
    for beat, pitch in found.items():
        votes.lowest[beat, pitch % 12] = 1


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
