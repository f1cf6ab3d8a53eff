"""Measure an improviser by the takes it makes: the table of what a musician would keep, with pass and fail.

    jazzgen wjazzd wjazzd.db corpus/
    python -m checks.judging classic-64 corpus/             100 takes, a minute or two
    python -m checks.judging mine.safetensors corpus/ --critic

Takes are played, with the defaults and a seed each, over progressions that people improvised on, at their
tempo and on their instrument: those of solos in 4/4 whose tunes the checkpoint says it was not trained on.
Statistics are means over takes; `jazzgen/evaluation/statistics.py` says what each counts. The human column is
measured on the whole corpus, in the same way. The critic (see `jazzgen/evaluation/critic.py`) compares the
takes with the very solos whose progressions they use. The exit code is 1 if a figure misses its target.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from jazzgen.corpus.splits import title_digest
from jazzgen.corpus.wjazzd import load
from jazzgen.errors import DataError, JazzgenError, OptionError
from jazzgen.evaluation.comparison import corpus_reference
from jazzgen.evaluation.critic import Verdict, discriminate
from jazzgen.evaluation.likelihood import evaluate
from jazzgen.evaluation.statistics import STATISTICS, describe
from jazzgen.improviser.improvise import improvise
from jazzgen.improviser.originality import NGRAM, Index, longest_run
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.shipped import find_checkpoint
from jazzgen.music.score import Solo
from jazzgen.takes.take import shipped_index

JOBS = 2
TWICE_BELOW = 48  # bars: a shorter form is one chorus, and a take is to have two or more
COPIED_NOTES = 125
SHOWN = 15  # features of the critic's table
CRITIC = 0.80


@dataclass(frozen=True, slots=True)
class Target:
    """The mean of a statistic over takes is to lie in `low`..`high`."""

    statistic: str
    low: float
    high: float


def around(statistic: str) -> Target:
    """Within one standard deviation of the human mean."""
    human = corpus_reference().statistics[statistic]
    return Target(statistic, human.mean - human.sd, human.mean + human.sd)


def targets() -> tuple[Target, ...]:
    """The table's rows."""
    return (
        Target("chord_tones", 0.47, 0.54),
        Target("chord_tones_strong", 0.50, math.inf),
        Target("lift", 0.09, math.inf),
        Target("in_scale", 0.75, 0.83),
        Target("leaps_octave", 0.001, 0.012),
        Target("leaps_fifth", 0.025, 0.055),
        Target("range", 24, 34),
        Target("rests", 0.12, 0.33),
        Target("notes_per_bar", 4.1, 11.4),
        Target("notes_per_phrase", 8, 35),
        Target("longest_repeat", -math.inf, 5),
        around("pitch_entropy"),
        around("entropy_1"),
        around("entropy_4"),
        around("grooving"),
        Target("unique_shapes", 0.90, 0.97),
    )


# ---------------------------------------------------------------------------------------------- the takes


def held_out(checkpoint: Checkpoint, solos: Sequence[Solo]) -> list[Solo]:
    """The solos over tunes that the checkpoint was not trained on, as its record says."""
    split = checkpoint.description.get("training", {}).get("split", {})
    tunes = set(split.get("held_out_tunes", ()))
    found = [solo for solo in solos if title_digest(solo.title) in tunes]
    if not found:
        raise DataError(
            f"{checkpoint.path}: none of {len(solos)} solos in 4/4 is one that its record says was held out"
        )
    return found


def play(checkpoint: Checkpoint, solo: Solo, seed: int, index: Index | None = None) -> Solo:
    """A take over the progression of `solo`, with the defaults."""
    form = solo.progression
    return improvise(
        checkpoint,
        form,
        np.random.default_rng(seed),
        choruses=1 if len(form.bar_ticks) >= TWICE_BELOW else 2,
        tempo=solo.grid_tempo,
        instrument=solo.instrument,
        index=index,
    )


def make_takes(checkpoint: Checkpoint, solos: Sequence[Solo], count: int, seed: int) -> list[Solo]:
    """`count` takes over the progressions of `solos`, in turn."""
    index = shipped_index(checkpoint.path, checkpoint)
    jobs = (delayed(play)(checkpoint, solos[k % len(solos)], seed + k, index) for k in range(count))
    return list(Parallel(n_jobs=JOBS)(jobs))


# ---------------------------------------------------------------------------------------------- the table


def judge(takes: Sequence[Solo]) -> Iterator[tuple[str, bool]]:
    """A line of the table for each target, and whether it was reached."""
    found = describe(takes)
    yield f"{'':36}{'human (10..90 %)':>24}{'to reach':>16}{'takes':>9}", True
    for target in targets():
        human, mean = corpus_reference().statistics[target.statistic], found[target.statistic].mean
        reached = target.low <= mean <= target.high
        low, high = human.band
        yield (
            f"{STATISTICS[target.statistic].label:36}"
            f"{f'{human.mean:.3f} ({low:.3f}..{high:.3f})':>24}"
            f"{_span(target):>16}{mean:>9.3f}  {'ok' if reached else 'MISSED'}",
            reached,
        )
    others = (name for name in STATISTICS if name not in {target.statistic for target in targets()})
    for name in others:
        human = corpus_reference().statistics[name]
        low, high = human.band
        yield (
            f"{STATISTICS[name].label:36}{f'{human.mean:.3f} ({low:.3f}..{high:.3f})':>24}"
            f"{'':16}{found[name].mean:>9.3f}",
            True,
        )


def _span(target: Target) -> str:
    if target.high == math.inf:
        return f">= {target.low:g}"
    if target.low == -math.inf:
        return f"<= {target.high:g}"
    return f"{target.low:.3g}..{target.high:.3g}"


def copied_lines(index: Index, takes: Sequence[Solo]) -> Iterator[tuple[str, bool]]:
    """The longest run of intervals, of the first notes of each take, that stands in a training solo."""
    runs = [longest_run(index, take, notes=COPIED_NOTES) for take in takes]
    lengths = [run.length if run else NGRAM - 1 for run in runs]
    for name, figure, most, human in (
        ("mean", float(np.mean(lengths)), 11, 9.6),
        ("max", max(lengths), 16, 28),
    ):
        reached = figure <= most
        yield (
            f"{f'run found in training solos, {name}':36}{human:>24.3f}{f'<= {most}':>16}{figure:>9.3f}"
            f"  {'ok' if reached else 'MISSED'}",
            reached,
        )


def critic_lines(verdict: Verdict) -> Iterator[tuple[str, bool]]:
    """The critic's AUC beside its target, and what gives the takes away."""
    low, high = verdict.interval
    reached = verdict.auc <= CRITIC
    interval = f"{verdict.auc:.3f} ({low:.3f}..{high:.3f})"
    yield (
        f"{'critic AUC, ' + verdict.stronger:36}{'0.5 = cannot tell':>24}{f'<= {CRITIC:g}':>16}"
        f"  {interval}  {'ok' if reached else 'MISSED'}",
        reached,
    )
    yield (
        f"{verdict.human_excerpts} human and {verdict.generated_excerpts} generated excerpts, "
        f"{verdict.tunes} tunes",
        True,
    )
    yield f"{'what gives them away':42}{'human':>10}{'takes':>10}{'distance':>10}", True
    for row in verdict.giveaways[:SHOWN]:
        yield f"{row.feature:42}{row.human:>10.3f}{row.generated:>10.3f}{row.distance:>+10.2f}", True


def run(given: argparse.Namespace) -> Iterator[tuple[str, bool]]:
    """The whole measurement, line by line."""
    if given.takes < 1:
        raise OptionError(f"--takes must be 1 or more, received {given.takes}")
    if given.seed < 0:
        raise OptionError(f"--seed must be 0 or more, received {given.seed}")
    checkpoint = load_checkpoint(find_checkpoint(given.model))
    solos = [s for s in load(given.folder) if {m.beats for m in s.progression.meters} == {4}]
    unseen = held_out(checkpoint, solos)
    figures = evaluate(checkpoint, unseen)
    yield f"{len(unseen)} held-out solos: " + ", ".join(f"{k} {v:.6g}" for k, v in figures.items()), True
    takes = make_takes(checkpoint, unseen, given.takes, given.seed)
    yield f"{len(takes)} takes of {given.model}, {sum(len(take.notes) for take in takes)} notes", True
    yield from judge(takes)
    index = shipped_index(checkpoint.path, checkpoint)
    if index is not None:
        yield from copied_lines(index, takes)
    if given.critic:
        yield from critic_lines(discriminate(unseen, takes, given.seed))


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, measure, print; returns 0, 1 if a target was missed, 2 for what cannot be used."""
    parser = argparse.ArgumentParser(description="Measure an improviser by the takes it makes.")
    parser.add_argument("model", metavar="MODEL", help="a checkpoint, or the name of a shipped one")
    parser.add_argument(
        "folder", metavar="FOLDER|DB", type=Path, help="MIDI files of the database's solos, or it"
    )
    parser.add_argument("--takes", type=int, default=100, metavar="N", help="default: 100")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the first take's (default: 0)")
    parser.add_argument("--critic", action="store_true", help="ask the critic, too")
    missed = 0
    try:
        for line, reached in run(parser.parse_args(arguments)):
            print(line, flush=True)
            missed += not reached
    except JazzgenError as error:
        print(f"checks.judging: {error}", file=sys.stderr)
        return 2
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
