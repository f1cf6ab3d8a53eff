"""Walking lines in figures, the band's and people's alike, and a classifier that tells one from the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from checks.band.takes import BandTake
from jazzgen.band.bassist import bass
from jazzgen.band.scene import Scene
from jazzgen.band.walking import KIND, LOW, WalkingNetwork, network_shapes, read_beats
from jazzgen.corpus.bass_lines import UNKNOWN, BassLine, clean
from jazzgen.corpus.splits import title_digest, title_key
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.shipped import find_checkpoint
from jazzgen.music.chords import Chord, parse_chord
from jazzgen.music.score import TICKS_PER_BEAT, Note, Progression
from recipes.bassist import Line, markov, rules_line, tensors

EXCERPT, FEWEST = 64, 48  # beats of an excerpt, and of them the known ones
FOLDS, DRAWS = 5, 5
Scores = npt.NDArray[np.float64]


class Walk(NamedTuple):
    """A bass line by beats over a form in 4/4: a pitch, or `UNKNOWN` where it does not walk."""

    form: Progression
    pitches: tuple[int, ...]

    def chords(self) -> list[tuple[Chord | None, bool]]:
        """The chord of each beat, and whether it is its first."""
        form, starts = self.form, {change.tick for change in self.form.chords}
        ticks = range(0, form.length, TICKS_PER_BEAT)
        return [(parse_chord(form.chord_at(tick).symbol), tick in starts) for tick in ticks]


def walk_of(form: Progression, notes: Sequence[Note]) -> tuple[Walk, int]:
    """The bars of a line in which each beat is struck, and how many notes lie between their beats."""
    struck = {note.onset: note.pitch for note in notes}
    pitches, between = [], 0
    for bar in form.bar_ticks:
        beats = [struck.get(bar + k * TICKS_PER_BEAT, UNKNOWN) for k in range(form.beats_at(bar))]
        walks = UNKNOWN not in beats
        pitches += beats if walks else [UNKNOWN] * len(beats)
        inside = range(bar, bar + len(beats) * TICKS_PER_BEAT)
        between += walks * sum(note.onset in inside and note.onset % TICKS_PER_BEAT > 0 for note in notes)
    return Walk(form, tuple(pitches)), between


def figures(walks: Sequence[Walk]) -> dict[str, float]:
    """Percentages over all beats of the lines."""
    counts: Counter[str] = Counter()
    for walk in walks:
        for k, (pitch, (chord, first)) in enumerate(zip(walk.pitches, walk.chords(), strict=True)):
            if pitch == UNKNOWN or chord is None:
                continue
            place = k % 4 + 1
            counts["first"] += first
            counts["root"] += first and pitch % 12 == chord.bass
            counts[f"beat {place}"] += 1
            counts[f"tone {place}"] += pitch % 12 in chord.pitch_classes
        pairs = [(a, b) for a, b in pairwise(walk.pitches) if UNKNOWN not in (a, b)]
        counts["pairs"] += len(pairs)
        counts["repeated"] += sum(a == b for a, b in pairs)
        counts["wide"] += sum(abs(a - b) > 7 for a, b in pairs)
    return {
        "root on the chord's first beat": 100 * counts["root"] / counts["first"],
        **{f"chord tones on beat {k}": 100 * counts[f"tone {k}"] / counts[f"beat {k}"] for k in range(1, 5)},
        "repeated pitch": 100 * counts["repeated"] / counts["pairs"],
        "wider than a fifth": 100 * counts["wide"] / counts["pairs"],
    }


def band_figures(takes: Sequence[BandTake]) -> dict[str, float]:
    """The figures of the takes' walking bars, and notes between the beats, per 100 beats."""
    walks, between, beats = [], 0, 0
    for take in takes:
        scale = take.solo.time_scale
        notes = [replace(note, onset=note.onset // scale) for note in take.parts["Bass"].notes]
        walk, more = walk_of(take.scene.form, notes)
        walks.append(walk)
        between += more
        beats += sum(pitch != UNKNOWN for pitch in walk.pitches)
    return {**figures(walks), "notes between the beats": 100 * between / beats}


# ------------------------------------------------------------------------------- how well lines are predicted


def nats(lines: Sequence[BassLine]) -> dict[str, float]:
    """Nats a beat of people's lines over the tunes that the shipped bassist was not trained on.

    The network; a Markov chain of the other tunes' lines; and the same chain of what the rules walk under the
    other tunes' solos, which is the rules' line as a distribution. All over the same beats: known ones, after
    a known one.
    """
    checkpoint = _shipped()
    held_out = checkpoint.description["training"]["held_out"]
    people, ruled, test = [], [], []
    for number, line in enumerate(lines):
        beats = read_beats(Scene.of(line.solo))
        if title_digest(line.solo.title) in held_out:
            test.append(Line(beats, line.pitches))
        else:
            people.append(Line(beats, line.pitches))
            ruled.append(Line(beats, rules_line(line, number)))
    network = _of_network(WalkingNetwork(checkpoint.arrays), test)
    chain, rules = markov(people, test), markov(ruled, test)
    return {
        "nats a beat, held out: the network": network,
        "nats a beat, held out: a Markov chain": chain,
        "nats a beat, held out: the rules": rules,
        "nats a beat by which the network is better than both": min(chain, rules) - network,
    }


def _shipped() -> Checkpoint:
    return load_checkpoint(find_checkpoint(KIND), kind=KIND, shapes=network_shapes)


def _of_network(network: WalkingNetwork, lines: Sequence[Line]) -> float:
    total, count = 0.0, 0
    for line in lines:
        network.rest()
        before = UNKNOWN
        for features, view, target, known in zip(*tensors(line), strict=True):
            logits = network.step(features, view).astype(np.float64)
            if known and before != UNKNOWN:
                total += float(np.log(np.exp(logits - logits[target]).sum()))
                count += 1
            before = int(known) and LOW + int(target)
    return total / count


# ------------------------------------------------------------------------------------------- the classifier


def tell_apart(lines: Sequence[BassLine], learned: bool) -> tuple[float, float]:
    """The AUC of the stronger of two classifiers between people's lines and the band's under the same solos,
    the mean of `DRAWS` draws; and that over tunes alone of which the shipped bassist has read nothing.

    Both are cleaned alike and cut into excerpts of 16 bars; a tune is never on both sides of a fold.
    """
    held_out = _shipped().description["training"]["held_out"]
    unread = {title_key(line.solo.title) for line in lines if title_digest(line.solo.title) in held_out}
    found = [_scored(lines, learned, seed) for seed in range(DRAWS)]
    return (
        float(np.mean([_auc(scores, y, tunes) for scores, y, tunes in found])),
        float(np.mean([_auc(scores, y, tunes, unread) for scores, y, tunes in found])),
    )


def _auc(scores: Sequence[Scores], y: Scores, tunes: Sequence[str], among: Container[str] = ()) -> float:
    from sklearn.metrics import roc_auc_score

    kept = np.array([not among or tune in among for tune in tunes])
    return max(float(roc_auc_score(y[kept], score[kept])) for score in scores)


def _scored(lines: Sequence[BassLine], learned: bool, seed: int) -> tuple[list[Scores], Scores, list[str]]:
    """The scores of each classifier for the excerpts of one draw, which of them are the band's, and of which
    tune each is.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows, labels, tunes = [], [], []
    for number, line in enumerate(lines):
        played = bass(Scene.of(line.solo), np.random.default_rng([seed, number]), learned=learned)
        ours, _ = walk_of(line.form, played)
        # What people's annotation does not know is unknown in the band's line, too.
        known = [
            o if p != UNKNOWN else UNKNOWN for o, p in zip(clean(ours.pitches), line.pitches, strict=True)
        ]
        for label, walk in ((0, Walk(line.form, line.pitches)), (1, Walk(line.form, tuple(known)))):
            for features in excerpt_features(walk):
                rows.append(features)
                labels.append(label)
                tunes.append(title_key(line.solo.title))
    X, y = np.array(rows), np.array(labels)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    trees = HistGradientBoostingClassifier(max_iter=80, max_leaf_nodes=8, min_samples_leaf=15, random_state=0)
    scores = [
        cross_val_predict(make, X, y, groups=tunes, cv=folds, method="predict_proba")[:, 1]
        for make in (linear, trees)
    ]
    return scores, y, tunes


def excerpt_features(walk: Walk) -> Iterator[npt.NDArray[np.float64]]:
    """Of each 16 bars: intervals, their pairs, degrees, chord tones by beat, ways into chords, register."""
    chords = walk.chords()
    for start in range(0, len(walk.pitches) - EXCERPT + 1, EXCERPT):
        places = range(start, start + EXCERPT)
        if sum(walk.pitches[k] != UNKNOWN for k in places) >= FEWEST:
            yield _features(walk.pitches, chords, places)


def _features(
    pitches: Sequence[int], chords: Sequence[tuple[Chord | None, bool]], places: range
) -> npt.NDArray[np.float64]:
    known = [k for k in places if pitches[k] != UNKNOWN]
    steps = {k: pitches[k + 1] - pitches[k] for k in known[:-1] if pitches[k + 1] != UNKNOWN}
    sizes = np.bincount([min(abs(step), 12) for step in steps.values()], minlength=13) / len(steps)
    kinds = {k: int(np.digitize(step, (-2, 0, 1, 3))) for k, step in steps.items()}
    pairs = np.bincount([5 * a + kinds[k + 1] for k, a in kinds.items() if k + 1 in kinds], minlength=25)
    over = [(k, chord) for k in known if (chord := chords[k][0]) is not None]
    degrees = np.bincount([(pitches[k] - chord.root) % 12 for k, chord in over], minlength=12)
    tones = [
        np.mean([pitches[k] % 12 in c.pitch_classes for k, c in over if k % 4 == beat] or [0.0])
        for beat in range(4)
    ]
    first = [pitches[k] % 12 == chord.bass for k, chord in over if chords[k][1]]
    into = [min(abs(steps[k - 1]), 12) for k, _ in over if chords[k][1] and k - 1 in steps]
    ways = np.bincount(into, minlength=13)
    heights = np.array([pitches[k] for k in known])
    register = [heights.mean(), heights.std(), heights.min(), heights.max()]
    up = np.mean([step > 0 for step in steps.values()])
    return np.concatenate([
        sizes, pairs / max(pairs.sum(), 1), degrees / max(degrees.sum(), 1), tones, [np.mean(first or [0.0])],
        ways / max(ways.sum(), 1), register, [up],
    ])  # fmt: skip
