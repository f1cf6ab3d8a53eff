"""Answers against what they answer: motifs, register and density taken up, late notes heard, time needed.

    python -m checks.trading ../shared/wjazzd/wjazzd.db             100 phrases of held-out solos, two minutes
    python -m checks.trading wjazzd.db --tuning --phrases 40        of solos that the model was trained on
    python -m checks.trading wjazzd.db --show 10                    ten trades as notes over their chords
    python -m checks.trading wjazzd.db --midi trades/               and as MIDI files

A phrase is four bars of a solo of the Weimar Jazz Database, note by note as it was played, over its own
changes and at its tempo; a machine with a tenor saxophone plays the next four. Each answer is made twice: to
the phrase, and, over the same chords, to another one. A *motif* is a run of three intervals; what share of an
answer's motifs are the phrase's, heard against unheard, is how much it was listened to. Times are processor
times with `OPENBLAS_NUM_THREADS=1`; the exit code is 1 where a figure is not reached.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jazzgen.charts.tune import Tune
from jazzgen.corpus.splits import title_digest
from jazzgen.corpus.wjazzd import BeatMap, Transcription, open_database, read_transcriptions, write_midi
from jazzgen.errors import DataError, JazzgenError
from jazzgen.live.hearing import Hearing
from jazzgen.live.trader import Trader
from jazzgen.live.trader_phrase import runs
from jazzgen.live.turns import Answer, Turn
from jazzgen.midi import reading
from jazzgen.midi.smf import Song, TimedNote, TimedText, Track
from jazzgen.midi.smf_writing import write_song
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.shipped import find_checkpoint
from jazzgen.music.grid import PlayedNote
from jazzgen.music.pitch import pitch_name
from jazzgen.music.score import TICKS_PER_BEAT, Note, Progression
from jazzgen.takes.take import shipped_index

BARS = 4  # a turn
BEATS = 4 * BARS
FEWEST = 8  # notes of a phrase
BEFORE, BEHIND = 0.15, 0.06  # seconds from the bar line: when an answer's opening is made, and its rest
TIMES, SHARE, CORRELATION = 4.0, 0.6, 0.4  # to reach


@dataclass(frozen=True)
class Example:
    """A phrase of four bars, in beats from its first bar line, over eight bars."""

    title: str
    player: str
    form: Progression
    tempo: float
    notes: tuple[PlayedNote, ...]

    def on_grid(self) -> list[Note]:
        """Its notes as they are spelled in the database's own notes: pitches alone matter."""
        return [Note(k, 1, note.pitch) for k, note in enumerate(self.notes)]


class Traded(NamedTuple):
    """An answer, the processor time that its steps took, and how many notes each step had heard."""

    answer: tuple[Note, ...]
    played: tuple[PlayedNote, ...]
    beats: tuple[float, ...]
    opening: float
    rest: float


# ------------------------------------------------------------------------------------------------- phrases


def examples(database: Path, checkpoint: Checkpoint, tuning: bool, count: int, seed: int) -> list[Example]:
    """So many phrases, of as many solos as there are: of those held out, or for `tuning` of the others."""
    split = checkpoint.description.get("training", {}).get("split", {})
    digests = set(split.get("held_out_tunes", ()))
    with closing(open_database(database)) as opened:
        solos = [s for s in read_transcriptions(opened) if (title_digest(s.title) in digests) != tuning]
    rng = np.random.default_rng(seed)
    found: list[list[Example]] = []
    for k in rng.permutation(len(solos)).tolist():
        phrases = list(_phrases(solos[k]))
        found.append([phrases[i] for i in rng.permutation(len(phrases))])
        if tuning and len(found) >= count:
            break
    if not any(found):
        raise DataError(
            f"{database}: no solo in it of which the record of {checkpoint.path} says that it fits"
        )
    rounds = [phrases[k] for k in range(count) for phrases in found if k < len(phrases)]
    return rounds[:count]


def _phrases(solo: Transcription) -> Iterator[Example]:
    """The phrases of one solo in 4/4, every four bars, where enough is played."""
    with tempfile.TemporaryDirectory() as folder:
        if not isinstance(write_midi(solo, Path(folder), "metrical"), int):
            return
        read = reading.read(str(next(Path(folder).iterdir()))).solo
    form = read.progression.scaled(1 / read.time_scale)
    beats = BeatMap.of(solo.beats)
    if {meter.beats for meter in form.meters} != {4} or not 50 <= read.tempo <= 320:
        return
    played = [(*beats.played(event), round(event.pitch)) for event in solo.events]
    for start in range(0, form.length // TICKS_PER_BEAT - 2 * BEATS + 1, BEATS):
        notes = [
            PlayedNote(onset - start, max(end, onset + 0.05) - start, pitch)
            for onset, end, pitch in played
            if -0.1 <= onset - start < BEATS + BEHIND * read.tempo / 60
        ]
        if len(notes) >= FEWEST:
            bars = form.between(start * TICKS_PER_BEAT, (start + 2 * BEATS) * TICKS_PER_BEAT)
            yield Example(solo.title, solo.performer, bars, read.tempo, tuple(sorted(notes)))


# ------------------------------------------------------------------------------------------------- trading


def trade(checkpoint: Checkpoint, over: Example, heard: Example, answer: float, seed: int) -> Traded:
    """The answer, over the chords of one example, to the notes of another, step by step as live."""
    index = shipped_index(checkpoint.path, checkpoint)
    rng = np.random.default_rng(seed)
    trader = Trader(checkpoint, Tune(over.form), rng, tempo=over.tempo, answer=answer, index=index)
    turn = Turn(0, BEATS, BEATS + 4, 2 * BEATS, last=False)
    events = sorted(
        [(note.onset, 1, note.pitch) for note in heard.notes]
        + [(note.end, 0, note.pitch) for note in heard.notes]
    )
    beat = over.tempo / 60
    steps = [(float(number), number) for number in range(1, BEATS)]
    steps += [(BEATS - BEFORE * beat, 0), (BEATS + BEHIND * beat, 0)]
    spent: list[float] = []
    answers: list[Answer] = []
    at = 0
    for due, number in steps:
        while at < len(events) and events[at][0] < due:
            onset, on, pitch = events[at]
            if on:
                trader.note_on(onset, pitch, 90)
            else:
                trader.note_off(onset, pitch)
            at += 1
        began = time.process_time()
        if number:
            trader.beat(number, turn)
        else:
            answers.append(trader.rest(turn) if answers else trader.opening(turn))
        spent.append(time.process_time() - began)
    notes, played = _joined(answers)
    return Traded(notes, played, tuple(spent[:-2]), spent[-2], spent[-1])


def _joined(answers: Sequence[Answer]) -> tuple[tuple[Note, ...], tuple[PlayedNote, ...]]:
    return tuple(n for a in answers for n in a.notes), tuple(n for a in answers for n in a.played)


# ------------------------------------------------------------------------------------------------- figures


def motif_share(answer: Sequence[Note], phrase: Example) -> float:
    """The share of an answer's motifs that are the phrase's."""
    known, own = set(runs(phrase.on_grid())), runs(answer)
    return sum(run in known for run in own) / len(own) if own else 0.0


def report(given: Sequence[Example], heard: Sequence[Traded], unheard: Sequence[Traded]) -> Iterator[str]:
    """A line a figure; those that are not reached say so."""
    shares = np.array([motif_share(t.answer, e) for t, e in zip(heard, given, strict=True)])
    others = np.array([motif_share(t.answer, e) for t, e in zip(unheard, given, strict=True)])
    times = shares.mean() / max(others.mean(), 1e-9)
    yield (
        f"motifs taken up: {shares.mean():.1%} of an answer's heard, {others.mean():.1%} unheard, "
        f"{times:.1f} times{_missed(times >= TIMES)}"
    )
    yield f"answers that take up any: {(shares > 0).mean():.0%}{_missed((shares > 0).mean() >= SHARE)}"
    longest = np.array([_longest(t.answer, e) for t, e in zip(heard, given, strict=True)])
    yield f"longest passage of intervals repeated: mean {longest.mean():.1f}, most {longest.max()}"
    theirs = [(np.mean([n.pitch for n in e.notes]), len(e.notes) / BEATS) for e in given]
    ours = [(np.mean([n.pitch for n in t.answer] or [60]), len(t.answer) / BEATS) for t in heard]
    for k, name in enumerate(("register", "density")):
        r = float(np.corrcoef([x[k] for x in theirs], [y[k] for y in ours])[0, 1])
        means = f"means {np.mean([x[k] for x in theirs]):.2f} and {np.mean([y[k] for y in ours]):.2f}"
        yield f"{name}: correlation {r:.2f}, {means}{_missed(r >= CORRELATION)}"
    ends = np.array([2 * BEATS - t.answer[-1].end / TICKS_PER_BEAT if t.answer else BEATS for t in heard])
    close = (ends < 0.5).mean()
    yield f"rest before the next turn: median {np.median(ends):.1f} beats, {close:.0%} under half a beat"
    late = np.array([_late(example) for example in given])
    behind = f"{BEFORE * 1000:.0f} ms before the bar line to {BEHIND * 1000:.0f} ms behind it"
    yield (
        f"notes from {behind}: {late[:, 0].sum()} in {(late[:, 0] > 0).sum()} phrases, "
        f"{late[:, 1].sum()} of them read for the other bars"
    )
    for name, spent in (
        ("a beat", [x for t in heard for x in t.beats]),
        ("the first bar", [t.opening for t in heard]),
        ("the other bars", [t.rest for t in heard]),
    ):
        p50, p99 = np.percentile(spent, (50, 99)) * 1000
        yield f"processor time of {name}: p50 {p50:.1f}, p99 {p99:.1f}, most {max(spent) * 1000:.1f} ms"
    outside = [n for t in heard for n in t.played if n.onset < BEATS or n.end > 2 * BEATS]
    yield f"notes in the player's bars: {len(outside)}{_missed(not outside)}"


def _late(example: Example) -> tuple[int, int]:
    """How many notes of a phrase come after the first bar of its answer is made, and how many of them are
    read for the others: some are ornaments or chords, of which one note is left.
    """
    beat = example.tempo / 60
    read = []
    for until in (BEATS - BEFORE * beat, BEATS + BEHIND * beat):
        hearing = Hearing(example.form, example.tempo)
        for note in example.notes:
            if note.onset < until:
                hearing.note_on(note.onset, note.pitch, note.velocity)
                if note.end < until:
                    hearing.note_off(note.end, note.pitch)
        read.append(len(hearing.line(0, BEATS, BEATS)))
    return sum(note.onset >= BEATS - BEFORE * beat for note in example.notes), read[1] - read[0]


def _longest(answer: Sequence[Note], phrase: Example) -> int:
    theirs = [b.pitch - a.pitch for a, b in pairwise(phrase.notes)]
    ours = [b.pitch - a.pitch for a, b in pairwise(answer)]
    best = [0] * (len(theirs) + 1)
    longest = 0
    for step in ours:
        best = [0, *(before + 1 if own == step else 0 for before, own in zip(best, theirs, strict=False))]
        longest = max(longest, *best)
    return longest


def _missed(reached: bool) -> str:
    return "" if reached else "  MISSED"


# ------------------------------------------------------------------------------------------------ to be read


def shown(example: Example, traded: Traded) -> Iterator[str]:
    """A trade as notes over chords, a line a bar: each note with its place in the bar, in beats from 1."""
    yield f"{example.player}, {example.title}, {example.tempo:.0f}; {motif_share(traded.answer, example):.0%}"
    mine = [(n.onset / TICKS_PER_BEAT, n.end / TICKS_PER_BEAT, n.pitch) for n in traded.answer]
    lines = [(n.onset, n.end, n.pitch) for n in example.notes] + mine
    for bar in range(2 * BARS):
        chords = [c.symbol for c in example.form.chords if bar * 48 <= c.tick < bar * 48 + 48]
        words = [
            f"{onset - 4 * bar + 1:.2f}{pitch_name(pitch)}{'' if end - onset < 0.9 else '-'}"
            for onset, end, pitch in lines
            if 4 * bar <= round(onset, 1) < 4 * bar + 4
        ]
        yield f"  {'<>'[bar >= BARS]} {' '.join(chords):16} {' '.join(words)}"


def write_trade(path: Path, example: Example, traded: Traded) -> None:
    """A trade as a MIDI file of two tracks, with its chords as markers."""
    tracks = []
    for name, program, channel, notes in (
        ("Player", 65, 0, example.notes),
        ("Solo", 66, 1, traded.played),
    ):
        timed = [
            TimedNote(max(round(n.onset * 480), 0), max(round(n.end * 480), 1), n.pitch, n.velocity)
            for n in notes
        ]
        tracks.append(Track(name, program, channel, tuple(timed)))
    markers = tuple(TimedText(change.tick * 40, change.symbol) for change in example.form.chords)
    song = Song(
        ppq=480, end=2 * BEATS * 480, title=f"{example.title}", tempos=((0, round(60e6 / example.tempo)),),
        meters=((0, 4, 4),), texts=(), markers=markers, tracks=tuple(tracks),
    )  # fmt: skip
    write_song(song, path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Trade, measure, print; 1 if a figure is not reached, 2 for what cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database", metavar="DB", type=Path, help="the Weimar Jazz Database")
    parser.add_argument("--phrases", type=int, metavar="N", default=100, help="default: 100")
    parser.add_argument("--answer", type=float, metavar="A", default=0.6, help="default: 0.6")
    parser.add_argument("--model", metavar="FILE", default="improviser", help="default: improviser")
    parser.add_argument("--seed", type=int, metavar="N", default=0, help="default: 0")
    parser.add_argument("--tuning", action="store_true", help="phrases that the model was trained on")
    parser.add_argument("--show", type=int, metavar="N", default=0, help="print so many trades")
    parser.add_argument("--midi", metavar="FOLDER", type=Path, help="write the trades that are shown")
    given = parser.parse_args(arguments)
    try:
        checkpoint = load_checkpoint(find_checkpoint(given.model))
        phrases = examples(given.database, checkpoint, given.tuning, given.phrases, given.seed)
        heard = [trade(checkpoint, e, e, given.answer, given.seed + k) for k, e in enumerate(phrases)]
        others = [*phrases[len(phrases) // 2 :], *phrases[: len(phrases) // 2]]
        unheard = [
            trade(checkpoint, e, replace(other, tempo=e.tempo), given.answer, given.seed + k)
            for k, (e, other) in enumerate(zip(phrases, others, strict=True))
        ]
        lines = list(report(phrases, heard, unheard))
        for k, (example, traded) in enumerate(list(zip(phrases, heard, strict=True))[: given.show]):
            print(*shown(example, traded), sep="\n")
            if given.midi is not None:
                given.midi.mkdir(parents=True, exist_ok=True)
                write_trade(given.midi / f"trade-{k + 1:02d}.mid", example, traded)
    except JazzgenError as error:
        print(f"checks.trading: {error}", file=sys.stderr)
        return 2
    print(f"{len(phrases)} phrases, --answer {given.answer:g}")
    print(*lines, sep="\n")
    return int(any("MISSED" in line for line in lines))


if __name__ == "__main__":
    sys.exit(main())
