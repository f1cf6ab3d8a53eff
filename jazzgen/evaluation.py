"""How good a model, or a set of solos, is: in numbers.

`evaluate` asks a checkpoint how likely it finds each next value of solos that people played, in nats (natural
logarithms: 0 is certainty, log 78 = 4.357 the ignorance of a uniform guess). `statistics` describes solos,
played or generated, without any model, so that takes can be laid beside people's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from jazzgen import harmony
from jazzgen.errors import DataError
from jazzgen.improviser import IS_REST, Improviser, lstm_step, softmax
from jazzgen.score import TICKS_PER_BEAT, Note, Solo
from jazzgen.vocabulary import N_VALUES, encode
from jazzgen.weights import Checkpoint

__all__ = ["evaluate", "statistics"]


def evaluate(checkpoint: Checkpoint, solos: Sequence[Solo]) -> dict[str, float | int]:
    """How well the model predicts `solos`, each run from its first value to its last in one pass from the
    zero state.

    Keys: `solos`, `notes` (values that are notes) and `values`, counted; `nats_per_value`; `nats_per_note`,
    the loss summed over all values divided by `notes`; `accuracy`, the share of values that the model finds
    likeliest. Raises `DataError` if there is no note to predict.
    """
    sequences = [values for solo in solos if (values := encode(solo))]
    notes = sum(int((~IS_REST[values]).sum()) for values in sequences)
    if not notes:
        raise DataError(
            f"nothing to evaluate: {len(solos)} solos without a note; give at least one with notes"
        )
    nats, hits = _losses(Improviser(checkpoint), sequences)
    total = sum(map(len, sequences))
    return {
        "solos": len(sequences),
        "notes": notes,
        "values": total,
        "nats_per_value": nats / total,
        "nats_per_note": nats / notes,
        "accuracy": hits / total,
    }


def _losses(model: Improviser, sequences: Sequence[Sequence[int]]) -> tuple[float, int]:
    """Summed loss in nats and the number of right guesses; all sequences side by side, one step at a time."""
    # Longest first, so that those still running are always the first m rows: nothing is padded or masked.
    by_length = sorted(sequences, key=len, reverse=True)
    heard = np.full(
        len(by_length), N_VALUES
    )  # (m,): the last value of each; row 78 of the drives is the zero input
    a = c = np.zeros((len(by_length), model.n_a), np.float32)  # (m, n_a)
    nats, hits = 0.0, 0
    for t in range(len(by_length[0])):
        target = np.array([values[t] for values in by_length if t < len(values)])  # (m,), m shrinks
        m = len(target)
        a, c = lstm_step(model.drives[heard[:m]], a[:m], c[:m], model.recurrent)
        probs = softmax(a @ model.out_kernel + model.out_bias)  # (m, 78)
        # A probability that underflows to 0 counts as the smallest float32: a finite, very bad mark.
        drawn = np.maximum(probs[np.arange(m), target], np.finfo(np.float32).tiny)
        nats -= float(np.log(drawn, dtype=np.float64).sum())
        hits += int((probs.argmax(axis=1) == target).sum())
        heard = target
    return nats, hits


STRONG = 2 * TICKS_PER_BEAT  # beats 1 and 3 of a bar are this far apart
LEAP = 7  # semitones: a leap is wider than a fifth
SHAPE = 8  # notes of a melodic shape


def statistics(solos: Sequence[Solo]) -> dict[str, float]:
    """What solos are like, on average over all their notes; shares are 0..1, nan where there is nothing to
    share.

    `chord_tones` and `chord_tones_strong` (on beats 1 and 3): of the notes over a chord; `rest`: of the time;
    `notes_per_bar`; `range`: semitones from lowest to highest, averaged over solos; `steps` (1 or 2
    semitones), `leaps` (more than 7) and `repeats` (0): of the intervals; `recurring`: of the windows of 8
    notes, those whose intervals and lengths occur more than once in their solo.
    """
    played = [solo for solo in solos if solo.notes]
    notes = sum(len(solo.notes) for solo in played)
    tones = [tone for solo in played for tone in _chord_tones(solo)]
    intervals = np.abs([b.pitch - a.pitch for solo in played for a, b in pairwise(solo.notes)])
    sounding = sum(note.duration for solo in played for note in solo.notes)
    windows = [window for solo in played for window in _windows(solo.notes)]
    return {
        "chord_tones": _share([hit for _, hit in tones]),
        "chord_tones_strong": _share([hit for strong, hit in tones if strong]),
        "rest": 1 - sounding / max(sum(_span(solo) for solo in played), 1),
        "notes_per_bar": notes / max(sum(len(solo.progression.bar_ticks) for solo in played), 1),
        "range": float(np.mean([_range(solo) for solo in played])) if played else math.nan,
        "steps": _share((intervals >= 1) & (intervals <= 2)),
        "leaps": _share(intervals > LEAP),
        "repeats": _share(intervals == 0),
        "recurring": _share(windows),
    }


def _share(hits: Sequence[bool] | np.ndarray) -> float:
    return float(np.mean(hits)) if len(hits) else math.nan


def _span(solo: Solo) -> int:
    """Ticks from the first note to the end of the last."""
    return solo.notes[-1].end - solo.notes[0].onset


def _range(solo: Solo) -> int:
    pitches = [note.pitch for note in solo.notes]
    return max(pitches) - min(pitches)


def _chord_tones(solo: Solo) -> list[tuple[bool, bool]]:
    """For each note over a chord: does it stand on beat 1 or 3, and is it a chord tone?"""
    form, found = solo.progression, []
    for note in solo.notes:
        chord = harmony.parse_chord(form.chord_at(note.onset).symbol)
        if chord is not None:
            strong = (note.onset - form.bar_start(note.onset)) % STRONG == 0
            found.append((strong, note.pitch % 12 in chord.pitch_classes))
    return found


def _windows(notes: Sequence[Note]) -> list[bool]:
    """For each run of 8 notes: does its shape, intervals and distances in time, occur again in this solo?"""
    moves = [(b.pitch - a.pitch, b.onset - a.onset) for a, b in pairwise(notes)]
    shapes = [tuple(moves[k : k + SHAPE - 1]) for k in range(len(moves) - SHAPE + 2)]
    seen: dict[tuple[tuple[int, int], ...], int] = {}
    for shape in shapes:
        seen[shape] = seen.get(shape, 0) + 1
    return [seen[shape] > 1 for shape in shapes]
