"""Learn the corrections of a bassist from its lines beside people's: a part of `make band`.

    python -m recipes.walking_corrections bassist.safetensors wjazzd.db -o corrected.safetensors

As `recipes/corrections.py` does for the soloist: lines under the solos of training tunes are counted as
people's are, by the contexts of `walking.TABLES`, and the logit of a choice in a context gains part of the
logarithm of how much oftener people chose it there; and again.

Of people's degrees the chord's bass as it begins and the chord's tones count for more than one, `ROOT_WEIGHT`
and `TONE_WEIGHTS`: the annotation lost some of them. Everything else is to come as often as it was annotated.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jazzgen.band.bassist import bass, walks
from jazzgen.band.scene import BEAT, Scene
from jazzgen.band.walking import KIND, LOW, TABLES, UNKNOWN, Place, network_shapes
from jazzgen.corpus.bass_lines import BassLine, clean, read_bass_lines
from jazzgen.corpus.splits import title_digest
from jazzgen.errors import JazzgenError
from jazzgen.model.checkpoint import CORRECTIONS, Checkpoint, load_checkpoint, save_checkpoint
from jazzgen.util.files import check_writable
from recipes.corrections import Tables, corrected, log_ratios
from recipes.refitting import say

# What one beat of people's counts for, so that the band has its 75 to 90 % of roots and its chord tones by
# beat of the bar (`checks/band`) at the end nearer to people.
ROOT_WEIGHT, TONE_WEIGHTS = 1.82, (1.05, 0.97, 0.95, 0.93)
# How much of the logarithm a table gains in a round; two of them see intervals.
RATES = {"steps": 0.3, "ways": 0.3, "degrees": 0.45, "heights": 0.3}
ROUNDS = 24


def counted(scene: Scene, pitches: Sequence[int], weighed: bool = False) -> Tables:
    """How often each choice was made, by the contexts of `TABLES`; `weighed` as people's are."""
    tables = {name: np.zeros(shape) for name, shape in TABLES.items()}
    for t, pitch in enumerate(pitches):
        tick = t * BEAT
        chord = scene.chord_at(tick)
        if pitch == UNKNOWN or chord is None:
            continue
        place = Place.of(scene, chord.root, tick, pitches[max(t - 2, 0) : t])
        weight = 1.0
        if weighed:
            weight *= ROOT_WEIGHT if place.begins and pitch % 12 == chord.bass else 1.0
            weight *= TONE_WEIGHTS[place.beat] if pitch % 12 in chord.pitch_classes else 1.0
        for name, (row, columns) in place.cells().items():
            tables[name][(*row, columns[pitch - LOW])] += weight if name == "degrees" else 1.0
    return tables


def walked(
    line: BassLine, scene: Scene, rng: np.random.Generator, arrays: dict[str, npt.NDArray[np.float32]]
) -> list[int]:
    """What the network walks under the same solo, by beats, cleaned and unknown where people's line is."""
    struck = {note.onset: note.pitch for note in bass(scene, rng, arrays=arrays)}
    ticks = range(0, len(line.pitches) * BEAT, BEAT)
    in_walk = [walks(scene, scene.bars[scene.form.bar_at(tick)]) for tick in ticks]
    heard = clean(
        [struck.get(tick, UNKNOWN) if walk else UNKNOWN for tick, walk in zip(ticks, in_walk, strict=True)]
    )
    return [ours if people != UNKNOWN else UNKNOWN for ours, people in zip(heard, line.pitches, strict=True)]


def fit(
    checkpoint: Checkpoint, lines: Sequence[BassLine], rounds: int, seed: int
) -> tuple[Checkpoint, list[float]]:
    """The bassist with its corrections, and how far its lines were from people's in each round, in nats.

    Parameters
    ----------
    checkpoint
        A bassist; corrections that it has are where the first round begins.
    lines
        People's, of training tunes.
    rounds
        How often all lines are played and counted. The result is the mean over the second half of the rounds.
    seed
        Of the lines that are played.

    Returns
    -------
    (Checkpoint, list of float)

    """
    scenes = [Scene.of(line.solo) for line in lines]
    people = _sum([counted(scene, line.pitches, True) for scene, line in zip(scenes, lines, strict=True)])
    tables = {
        name: np.array(checkpoint.arrays.get(CORRECTIONS + name, np.zeros(shape)), np.float64)
        for name, shape in TABLES.items()
    }
    kept, away = [], []
    for number in range(rounds):
        arrays = corrected(checkpoint, tables).arrays
        found = _sum([
            counted(scene, walked(line, scene, np.random.default_rng([seed, number, k]), dict(arrays)))
            for k, (scene, line) in enumerate(zip(scenes, lines, strict=True))
        ])  # fmt: skip
        ratios = {name: log_ratios(people[name], found[name]) for name in TABLES}
        far = {name: float((people[name] * abs(r)).sum() / people[name].sum()) for name, r in ratios.items()}
        away.append(float(np.mean(list(far.values()))))
        say(f"round {number + 1}: {', '.join(f'{n} {f:.3f}' for n, f in far.items())} nats from people")
        tables = {name: table + RATES[name] * ratios[name] for name, table in tables.items()}
        kept.append(tables)
    settled = kept[rounds // 2 :]
    means = {name: np.mean([some[name] for some in settled], axis=0) for name in TABLES}
    return corrected(checkpoint, means), away


def _sum(counts: Sequence[Tables]) -> Tables:
    return {name: np.sum([some[name] for some in counts], axis=0) for name in TABLES}


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, and write the checkpoint with its corrections."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("database", type=Path, help="wjazzd.db")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        check_writable(given.output)
        trained = load_checkpoint(given.model, kind=KIND, shapes=network_shapes)
        held_out = trained.description["training"]["held_out"]
        lines = [
            line for line in read_bass_lines(given.database) if title_digest(line.solo.title) not in held_out
        ]
        made, away = fit(trained, lines, given.rounds, given.seed)
        record = {"rounds": given.rounds, "seed": given.seed, "nats_from_people": [round(f, 3) for f in away]}
        save_checkpoint(given.output, made.arrays, {**made.description, "corrections": record}, half=True)
    except JazzgenError as error:
        print(f"recipes.walking_corrections: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
