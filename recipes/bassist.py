"""Train the shipped bassist from a Weimar Jazz Database: `make band` runs this.

    python -m recipes.bassist wjazzd.db -o models/bassist.safetensors

A tenth of the tunes is held out and judged at the end, in nats a beat: the
network against a Markov chain of the same lines, and against the rules' line as a distribution, which is the
same network trained on what `--bass rules` plays under the same solos.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jazzgen.band.bassist import bass
from jazzgen.band.scene import BEAT, Scene
from jazzgen.band.walking import (
    HEADS,
    KIND,
    LOW,
    LSTM,
    PITCHES,
    PLAYED,
    STATIC,
    UNKNOWN,
    WIDTH,
    Beats,
    played_features,
    read_beats,
    views,
)
from jazzgen.corpus.bass_lines import BassLine, read_bass_lines
from jazzgen.corpus.splits import split_by_title, title_digest
from jazzgen.errors import JazzgenError
from jazzgen.model.backend import import_keras_quietly
from jazzgen.model.checkpoint import save_checkpoint
from jazzgen.util.files import check_writable
from jazzgen.util.version import __version__
from recipes.improviser import TEST, TEST_SEED

UNITS, EPOCHS, BATCH, WINDOW = 96, 24, 16, 64
RATE, DECAY, DROPOUT, INPUT_DROPOUT = 0.004, 0.02, 0.4, 0.1
UNIFORM = 0.1  # share of a uniform distribution in the rules' one: they never play what some people do
Arrays = dict[str, npt.NDArray[Any]]


class Line(NamedTuple):
    """The beats under a solo, and the pitch of each (T,), `UNKNOWN` where it is not known."""

    beats: Beats
    pitches: Sequence[int]


def tensors(line: Line) -> tuple[npt.NDArray[Any], ...]:
    """Features (T, F), views (T, 4, 28), targets (T,) and whether each counts (T,)."""
    features, seen = [], []
    before = last = UNKNOWN
    for t, pitch in enumerate(line.pitches):
        root, following = int(line.beats.roots[t]), int(line.beats.next_roots[t])
        features.append(np.concatenate([line.beats.features[t], played_features(last, before, root)]))
        seen.append(views(last, root, following))
        before, last = last, pitch
    known = np.array([p != UNKNOWN for p in line.pitches]) & (line.beats.roots >= 0)
    targets = np.maximum(np.array(line.pitches) - LOW, 0)
    return np.array(features), np.array(seen), targets, known


def windows(lines: Sequence[Line]) -> tuple[npt.NDArray[Any], ...]:
    """All lines cut into windows of `WINDOW` beats, the last of each filled with beats that do not count."""
    cut: list[tuple[npt.NDArray[Any], ...]] = []
    for line in lines:
        arrays = tensors(line)
        more = -len(line.pitches) % WINDOW
        padded = [np.pad(a, [(0, more)] + [(0, 0)] * (a.ndim - 1)) for a in arrays]
        cut += list(zip(*(a.reshape(-1, WINDOW, *a.shape[1:]) for a in padded), strict=True))
    return tuple(np.stack(part) for part in zip(*cut, strict=True))


# ---------------------------------------------------------------------------------------------- the network


def build() -> Any:
    """The graph: features and views in, log probabilities (T, 28) out."""
    import keras
    from keras import layers, ops

    x = keras.Input((None, WIDTH))
    seen = keras.Input((None, len(HEADS), len(PITCHES)), dtype="int32")
    h = layers.LSTM(UNITS, return_sequences=True, name="lstm")(layers.Dropout(INPUT_DROPOUT)(x))
    h = layers.Dropout(DROPOUT)(h)
    heads = [layers.Dense(width, name=name)(h) for name, width in HEADS.items()]
    picked = [
        layers.Lambda(_pick, arguments={"k": k}, output_shape=(None, len(PITCHES)))([head, seen])
        for k, head in enumerate(heads)
    ]
    logits = layers.Add()(picked)
    return keras.Model([x, seen], layers.Activation(ops.log_softmax)(logits))


def _pick(pair: Sequence[Any], k: int) -> Any:
    from keras import ops

    head, seen = pair
    return ops.take_along_axis(head, seen[:, :, k], axis=-1)


def train(lines: Sequence[Line], epochs: int, seed: int) -> Any:
    """A network fitted to the lines."""
    import keras
    from keras import ops

    keras.utils.set_random_seed(seed)
    network = build()

    def loss(target: Any, logs: Any) -> Any:
        return -ops.take_along_axis(logs, ops.expand_dims(ops.cast(target, "int32"), -1), axis=-1)[..., 0]

    x, seen, targets, known = windows(lines)
    steps = epochs * -(-len(x) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps)
    network.compile(keras.optimizers.AdamW(rate, weight_decay=DECAY, clipnorm=1.0), loss=loss)
    network.fit(
        [x, seen], targets, sample_weight=known.astype(np.float32), batch_size=BATCH, epochs=epochs, verbose=0
    )
    return network


def nats(network: Any, lines: Sequence[Line], uniform: float = 0.0) -> float:
    """Mean nats a known beat, of the network mixed with a share of a uniform distribution."""
    total = count = 0.0
    for line in lines:
        x, seen, targets, known = tensors(line)
        logs = np.array(network.predict_on_batch([x[None], seen[None]]))[0]
        shares = (1 - uniform) * np.exp(logs[np.arange(len(targets)), targets]) + uniform / len(PITCHES)
        total -= np.log(shares)[known].sum()
        count += known.sum()
    return float(total / count)


def arrays_of(network: Any) -> Arrays:
    """The weights by the names of the checkpoint."""
    found = {f"lstm/{name}": w for name, w in zip(LSTM, network.get_layer("lstm").get_weights(), strict=True)}
    for head in HEADS:
        kernel, bias = network.get_layer(head).get_weights()
        found |= {f"{head}/kernel": kernel, f"{head}/bias": bias}
    return found


# --------------------------------------------------------------------------------------------- the baselines


def markov(train_lines: Sequence[Line], test_lines: Sequence[Line]) -> float:
    """Nats a beat of a chain: the interval, by the last degree and whether the chord begins or ends."""
    counts: defaultdict[tuple[int, bool, bool], Counter[int]] = defaultdict(Counter)
    for line in train_lines:
        for context, step, _ in _steps(line):
            counts[context][step] += 1
    everything = sum(counts.values(), Counter[int]())
    total, beats = 0.0, 0
    for line in test_lines:
        for context, step, allowed in _steps(line):
            weights = {s: counts[context][s] + 20 * everything[s] / everything.total() + 0.1 for s in allowed}
            total -= np.log(weights[step] / sum(weights.values()))
            beats += 1
    return total / beats


def _steps(line: Line) -> list[tuple[tuple[int, bool, bool], int, range]]:
    """(context, step, steps within the range) of each known beat after a known one."""
    names = list(STATIC)
    start = {name: sum(STATIC[n] for n in names[: names.index(name)]) for name in names}
    found = []
    for t in range(1, len(line.pitches)):
        last, pitch, root = line.pitches[t - 1], line.pitches[t], int(line.beats.roots[t])
        if UNKNOWN in (last, pitch) or root < 0:
            continue
        row = line.beats.features[t]
        context = ((last - root) % 12, bool(row[start["beats since"]]), bool(row[start["beats until"]]))
        found.append((context, pitch - last, range(LOW - last, int(PITCHES[-1]) - last + 1)))
    return found


def rules_line(line: BassLine, seed: int) -> list[int]:
    """What the rules walk under the same solo, by beats."""
    notes = bass(Scene.of(line.solo), np.random.default_rng(seed), learned=False)
    struck = {note.onset: note.pitch for note in notes}
    return [struck.get(t * BEAT, UNKNOWN) for t in range(len(line.pitches))]


# ------------------------------------------------------------------------------------------------ the program


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, judge, write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("database", type=Path, help="wjazzd.db")
    parser.add_argument("-o", "--output", type=Path, default=Path("models/bassist.safetensors"))
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        check_writable(given.output)
        return _run(given)
    except JazzgenError as error:
        print(error, file=sys.stderr)
        return 2


def _run(given: argparse.Namespace) -> int:
    lines = read_bass_lines(given.database)
    split = split_by_title([line.solo for line in lines], TEST, TEST_SEED)
    held = {id(solo) for solo in split.held_out}
    beats = [read_beats(Scene.of(line.solo)) for line in lines]
    people = [Line(b, line.pitches) for b, line in zip(beats, lines, strict=True)]
    known = [line for line, (solo, *_) in zip(people, lines, strict=True) if id(solo) not in held]
    test = [line for line, (solo, *_) in zip(people, lines, strict=True) if id(solo) in held]
    ruled = [
        Line(b, rules_line(line, k))
        for k, (b, line) in enumerate(zip(beats, lines, strict=True))
        if id(line.solo) not in held
    ]
    import_keras_quietly()
    start = time.perf_counter()
    network = train(known, given.epochs, given.seed)
    seconds = round(time.perf_counter() - start)
    figures = {
        "nats_per_beat": round(nats(network, test), 3),
        "nats_per_beat_on_its_own": round(nats(network, known), 3),
        "markov": round(float(markov(known, test)), 3),
        "rules": round(nats(train(ruled, max(given.epochs // 2, 1), given.seed), test, UNIFORM), 3),
        "uniform": round(float(np.log(len(PITCHES))), 3),
    }
    record = {
        "source": "Weimar Jazz Database, beats.bass_pitch",
        "recordings": len(known),
        "beats": sum(p != UNKNOWN for line in known for p in line.pitches),
        "held_out": sorted({title_digest(line.solo.title) for line in lines if id(line.solo) in held}),
        "test_recordings": len(test),
        "epochs": given.epochs,
        "seed": given.seed,
        "seconds": seconds,
        **figures,
    }
    description = {
        "kind": KIND,
        "n_a": UNITS,
        "features": [*STATIC, *PLAYED],
        "training": record,
        "jazzgen": __version__,
    }
    save_checkpoint(given.output, arrays_of(network), description, half=True)
    print(f"{given.output}: {record}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
