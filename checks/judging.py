"""Measure an improviser by the takes it makes: the table of what a musician would keep, with pass and fail.

    jazzgen wjazzd wjazzd.db corpus/
    python -m checks.judging classic-64 corpus/             100 takes, a minute or two
    python -m checks.judging mine.safetensors corpus/ --critic  and one over each solo: fifteen minutes

Takes are played, with the defaults and a seed each, over progressions that people improvised on, at their
tempo and on their instrument: those of solos in 4/4 whose tunes the checkpoint says it was not trained on.
Statistics are means over takes; `jazzgen/evaluation/statistics.py` says what each counts. The human column is
measured on the whole corpus, in the same way.

With `--critic` a take is also played over every solo in 4/4, since some 40 are too few for effects of .2: two
sets of 43 solos by the same people are .17 apart on average. These takes are compared with the solos
themselves, encoded and decoded: in the newer statistics, by Cohen's d over solos, and by three critics
(`jazzgen/evaluation/critic.py`), the mean of three seeds each.

The exit code is 1 if a figure misses its target.
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
from jazzgen.evaluation.comparison import corpus_reference, effect
from jazzgen.evaluation.critic import Verdict, discriminate
from jazzgen.evaluation.likelihood import evaluate, loss_along
from jazzgen.evaluation.recoding import in_range, recoded
from jazzgen.evaluation.statistics import NEW, STATISTICS, describe
from jazzgen.improviser.improvise import improvise
from jazzgen.improviser.originality import NGRAM, Index, longest_run
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.shipped import find_checkpoint
from jazzgen.music.score import Solo
from jazzgen.takes.take import shipped_index

JOBS = 2
TWICE_BELOW = 48  # bars: a shorter form is one chorus, and a take is to have two or more
COPIED_NOTES = 125
SHOWN = 15  # of what gives takes away, a critic
REPEATS = 3  # seeds of a critic
CRITICS = {"features": 0.65, "ngrams": 0.75, "recurrent": 0.62}  # AUC, at most
MEAN_EFFECT, LARGEST_EFFECT = 0.2, 0.4  # of the newer statistics
#                 figure of `evaluate`   name                       to reach
PREDICTION = (
    ("nats_per_note",     "nats a source note",              -math.inf, 3.53),
    ("register_nats",     "nats a note of the register",     -math.inf, 0.185),
    ("register_accuracy", "registers guessed",               0.937, math.inf),
)  # fmt: skip
LEARNED = -0.08  # nats a value: the last third of a solo less its first values


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


def play(
    checkpoint: Checkpoint, solo: Solo, seed: int, index: Index | None = None, twice_below: int = TWICE_BELOW
) -> Solo:
    """A take over the progression of `solo`, with the defaults; twice over one of fewer bars than that."""
    form = solo.progression
    return improvise(
        checkpoint,
        form,
        np.random.default_rng(seed),
        choruses=1 if len(form.bar_ticks) >= twice_below else 2,
        tempo=solo.grid_tempo,
        instrument=solo.instrument,
        index=index,
    )


def make_takes(
    checkpoint: Checkpoint, solos: Sequence[Solo], count: int, seed: int, twice_below: int = TWICE_BELOW
) -> list[Solo]:
    """`count` takes over the progressions of `solos`, in turn."""
    index = shipped_index(checkpoint.path, checkpoint)
    jobs = (
        delayed(play)(checkpoint, solos[k % len(solos)], seed + k, index, twice_below) for k in range(count)
    )
    return list(Parallel(n_jobs=JOBS)(jobs))


# ---------------------------------------------------------------------------------------------- the table


def prediction(checkpoint: Checkpoint, solos: Sequence[Solo]) -> Iterator[tuple[str, bool]]:
    """How well the model predicts `solos`, and whether better as they go on."""
    figures = evaluate(checkpoint, solos)
    yield f"{len(solos)} held-out solos: " + ", ".join(f"{k} {v:.6g}" for k, v in figures.items()), True
    for name, label, low, high in PREDICTION:
        if name in figures:
            yield _row(label, "", Target(name, low, high), figures[name])
    first, last = loss_along(checkpoint, solos)
    yield _row(
        "nats a value, last third - first 50",
        f"{last:.3f} - {first:.3f}",
        Target("", -math.inf, LEARNED),
        last - first,
    )


def judge(takes: Sequence[Solo]) -> Iterator[tuple[str, bool]]:
    """A line of the table for each target, and whether it was reached; then how many of the older statistics
    lie in the human band.
    """
    found, reference = describe(takes), corpus_reference().statistics
    yield f"{'':36}{'human (10..90 %)':>24}{'to reach':>16}{'takes':>9}", True
    for target in targets():
        name = target.statistic
        yield _row(STATISTICS[name].label, _human(name), target, found[name].mean)
    for name in (name for name in STATISTICS if name not in {target.statistic for target in targets()}):
        yield f"{STATISTICS[name].label:36}{_human(name):>24}{'':16}{found[name].mean:>9.3f}", True
    older = [name for name in STATISTICS if name not in NEW]
    inside = [reference[name].band[0] <= found[name].mean <= reference[name].band[1] for name in older]
    yield _row("older statistics in the human band", "", Target("", len(older), math.inf), sum(inside))


def _human(name: str) -> str:
    human = corpus_reference().statistics[name]
    low, high = human.band
    return f"{human.mean:.3f} ({low:.3f}..{high:.3f})"


def _row(label: str, human: str, target: Target, figure: float, shown: str = "") -> tuple[str, bool]:
    """A line with a target, and whether `figure`, or its text `shown`, reaches it."""
    reached = target.low <= figure <= target.high
    mark = "ok" if reached else "MISSED"
    return f"{label:36}{human:>24}{_span(target):>16}{shown or f'{figure:.3f}':>9}  {mark}", reached


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
        label = f"run found in training solos, {name}"
        yield _row(label, f"{human:.3f}", Target("", -math.inf, most), figure)


# ------------------------------------------------------------------------------------- takes beside people


def effect_lines(people: Sequence[Solo], takes: Sequence[Solo]) -> Iterator[tuple[str, bool]]:
    """How far takes and people lie apart in each of the newer statistics, the mean and the largest of all."""
    human, found = describe(people), describe(takes)
    effects = {name: effect(found[name], human[name]) for name in NEW}
    yield f"{'':36}{'people':>24}{'effect (d)':>16}{'takes':>9}", True
    for name in sorted(NEW, key=lambda name: -abs(effects[name])):
        yield (
            f"{STATISTICS[name].label:36}{human[name].mean:>24.3f}{effects[name]:>+16.2f}{found[name].mean:>9.3f}",
            True,
        )
    sizes = [abs(size) for size in effects.values() if not math.isnan(size)]
    for name, figure, most in (("mean", np.mean, MEAN_EFFECT), ("largest", max, LARGEST_EFFECT)):
        target = Target("", -math.inf, most)
        yield _row(f"effect of the newer statistics, {name}", "", target, float(figure(sizes or [math.nan])))


def critic_lines(verdict: Verdict) -> Iterator[tuple[str, bool]]:
    """A critic's AUC beside its target, and what gives the takes away."""
    low, high = verdict.interval
    yield _row(
        f"critic by {verdict.kind}, AUC",
        "0.5 = cannot tell",
        Target("", -math.inf, CRITICS[verdict.kind]),
        verdict.auc,
        f"  {verdict.auc:.3f} ({low:.3f}..{high:.3f})",
    )
    each = ", ".join(f"{name} {area:.3f}" for name, area in verdict.by_classifier.items())
    yield (
        f"  {each}; {verdict.human_excerpts} human and {verdict.generated_excerpts} generated excerpts, "
        f"{verdict.tunes} tunes",
        True,
    )
    if verdict.giveaways:
        yield f"  {'what gives them away':42}{'human':>10}{'takes':>10}{'distance':>10}", True
    for row in verdict.giveaways[:SHOWN]:
        yield f"  {row.feature:42}{row.human:>10.3f}{row.generated:>10.3f}{row.distance:>+10.2f}", True


def beside_people(checkpoint: Checkpoint, solos: Sequence[Solo], seed: int) -> Iterator[tuple[str, bool]]:
    """A take over each of `solos`, at their own length, compared with them."""
    people = [in_range(recoded(solo)) for solo in solos]
    takes = make_takes(checkpoint, solos, len(solos), seed, 0)
    yield f"{len(takes)} takes over all tunes, beside the solos, encoded and decoded, in the range", True
    yield from effect_lines(people, takes)
    for kind in CRITICS:
        yield from critic_lines(discriminate(people, takes, seed, kind, REPEATS, JOBS))


def run(given: argparse.Namespace) -> Iterator[tuple[str, bool]]:
    """The whole measurement, line by line."""
    if given.takes < 1:
        raise OptionError(f"--takes must be 1 or more, received {given.takes}")
    if given.seed < 0:
        raise OptionError(f"--seed must be 0 or more, received {given.seed}")
    checkpoint = load_checkpoint(find_checkpoint(given.model))
    solos = [s for s in load(given.folder) if {m.beats for m in s.progression.meters} == {4}]
    unseen = held_out(checkpoint, solos)
    yield from prediction(checkpoint, unseen)
    takes = make_takes(checkpoint, unseen, given.takes, given.seed)
    yield f"{len(takes)} takes of {given.model}, {sum(len(take.notes) for take in takes)} notes", True
    yield from judge(takes)
    index = shipped_index(checkpoint.path, checkpoint)
    if index is not None:
        yield from copied_lines(index, takes)
    if given.critic:
        yield from beside_people(checkpoint, solos, given.seed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, measure, print; returns 0, 1 if a target was missed, 2 for what cannot be used."""
    parser = argparse.ArgumentParser(description="Measure an improviser by the takes it makes.")
    parser.add_argument("model", metavar="MODEL", help="a checkpoint, or the name of a shipped one")
    parser.add_argument(
        "folder", metavar="FOLDER|DB", type=Path, help="MIDI files of the database's solos, or it"
    )
    parser.add_argument("--takes", type=int, default=100, metavar="N", help="default: 100")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the first take's (default: 0)")
    parser.add_argument("--critic", action="store_true", help="ask the three critics, too")
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
