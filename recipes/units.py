"""Learn how people plan, and how their notes follow: the planner of an improviser and its tables.

    python -m recipes.units improviser.safetensors wjazzd.db -o planned.safetensors

Units are read from people's notes by rule (`jazzgen/music/units.py`), so that plain MIDI files would do.
The planner (`jazzgen/model/planner.py`) is trained on their sequences. The tables
(`jazzgen/tokens/unit_context.py`) are a log-linear model on top of the network, fitted by likelihood with the
plan known: what a plan says of a value is what it adds to what the network has seen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed

from jazzgen.corpus.splits import Selection, split_by_title
from jazzgen.evaluation.recoding import recoded
from jazzgen.improviser.improvise import with_pitches
from jazzgen.improviser.unit_plan import TEMPERATURES, draw_units
from jazzgen.model.backend import import_keras_quietly
from jazzgen.model.cells import softmax
from jazzgen.model.checkpoint import UNIT_TABLES, Checkpoint
from jazzgen.model.engine import NumpyEngine
from jazzgen.model.planner import (
    CHOICES,
    INPUTS,
    PLACE,
    UNITS,
    WIDTHS,
    Planner,
    classes_of,
    one_hot,
    place,
    read_after,
    unit_of,
)
from jazzgen.music.score import Progression, Solo
from jazzgen.music.units import Unit, units_of
from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.tracker import ContextTracker, encode_solo
from jazzgen.tokens.unit_context import ROWS_AT_ONCE, SHAPES, UNTIL, WAY_STEPS, UnitFollower
from jazzgen.tokens.views import CLASSES, LENGTH_CLASS
from jazzgen.tokens.vocabulary import IS_REST, N_LENGTHS, OCTAVE
from recipes.improviser import JUDGE, JUDGE_SEED
from recipes.refitting import parser_of, refit, say

Arrays = dict[str, npt.NDArray[np.float32]]
Table = npt.NDArray[Any]
EPOCHS, BATCH, RATE, DECAY, DROPOUT = 60, 16, 0.004, 0.02, 0.2
MOST_UNITS = 64  # of a sequence; a longer solo is cut
# How much of what was fitted is heard at play, where all else that a player prefers speaks against it:
# without, 27 references of 100 were heard; with it 86.
LENGTHS_HEARD, REPEATS_HEARD = 1.6, 4.0
ROUNDS, VALUES, STEP_SIZE, PRIOR = 10, 4096, 0.03, 2.0  # of the tables' fit: PRIOR counts towards 0
AT_ONCE = 24  # solos
NO_INTERVAL = 999
SETTLING, SETTLED, FEW = 6, 0.6, 9.0  # rounds, how much of a bias is added in each, counts that are too few

# ---------------------------------------------------------------------------------------------- the planner


class Sequences(NamedTuple):
    """What the planner reads before each unit (n, K, I), where the unit begins (n, K, P), its choices
    (n, K, 6), and whether there is one (n, K).
    """

    reads: Table
    begins: Table
    choices: Table
    present: Table


def sequences(solos: Sequence[Solo]) -> Sequences:
    """The units of solos, cut into sequences of `MOST_UNITS`."""
    found: list[tuple[Table, ...]] = []
    for solo in solos:
        rows = list(_rows(units_of(recoded(solo)), solo.progression, solo.grid_tempo))
        for first in range(0, len(rows), MOST_UNITS):
            parts = [np.array(part) for part in zip(*rows[first : first + MOST_UNITS], strict=True)]
            more = MOST_UNITS - len(parts[0])
            present = np.arange(MOST_UNITS) < len(parts[0])
            found.append((*(np.pad(part, ((0, more), (0, 0))) for part in parts), present))
    return Sequences(*(np.stack(part) for part in zip(*found, strict=True)))


def _rows(units: Sequence[Unit], form: Progression, tempo: float) -> Any:
    for k, unit in enumerate(units):
        before = units[k - 1].end if k else 0
        yield read_after(units[:k], form, tempo), place(form, unit.start), classes_of(unit, before)


def build() -> Any:
    """The graph: what is read and where units begin, with their choices as one vector; logits of each out."""
    from keras import Input, Model, layers

    reads, begins = Input((None, INPUTS)), Input((None, PLACE))
    chosen = Input((None, CHOICES))
    state = layers.LSTM(UNITS, return_sequences=True, name="lstm")(layers.Dropout(0.1)(reads))
    base = layers.Concatenate()([layers.Dropout(DROPOUT)(state), layers.Dropout(0.1)(reads)])
    heads, first = [], 0
    for k, (name, width) in enumerate(WIDTHS.items()):
        parts = [base]
        if k:
            earlier = layers.Lambda(_first, arguments={"width": first})(chosen)
            parts += [begins, earlier]
        x = layers.Concatenate()(parts) if k else base
        heads.append(layers.Dense(width, name=name)(x))
        first += width
    return Model([reads, begins, chosen], heads)


def _first(x: Any, width: int) -> Any:
    return x[..., :width]


def inputs(found: Sequences) -> tuple[list[Table], list[Table]]:
    """What the graph is given, and what its heads are to say."""
    chosen = np.array([[one_hot(choices) for choices in row] for row in found.choices])
    return [found.reads, found.begins, chosen], [found.choices[..., k] for k in range(len(WIDTHS))]


def train_planner(solos: Sequence[Solo], epochs: int, seed: int) -> Any:
    """A graph fitted to the units of `solos`."""
    import_keras_quietly()
    import keras

    keras.utils.set_random_seed(seed)
    graph, found = build(), sequences(solos)
    x, targets = inputs(found)
    rate = keras.optimizers.schedules.CosineDecay(RATE, epochs * -(-len(found.reads) // BATCH))
    losses = [keras.losses.SparseCategoricalCrossentropy(from_logits=True)] * len(WIDTHS)
    graph.compile(keras.optimizers.AdamW(rate, weight_decay=DECAY, clipnorm=1.0), loss=losses)
    weight = found.present.astype(np.float32)
    graph.fit(x, targets, sample_weight=[weight] * len(WIDTHS), batch_size=BATCH, epochs=epochs, verbose=0)
    return graph


def nats_by_choice(planner: Planner, solos: Sequence[Solo]) -> dict[str, float]:
    """Mean nats of each choice of a unit."""
    nats: list[list[float]] = []
    for solo in solos:
        state = planner.start()
        for read, begins, choices in _rows(units_of(recoded(solo)), solo.progression, solo.grid_tempo):
            state = planner.step(read, state)
            shares = [planner.shares(state, begins, choices[:k])[choice] for k, choice in enumerate(choices)]
            nats.append([-float(np.log(share)) for share in shares])
    return dict(zip(WIDTHS, np.mean(nats, axis=0).tolist(), strict=True))


def settle(arrays: Arrays, solos: Sequence[Solo], seed: int) -> Arrays:
    """The planner whose plans over the forms of `solos` have each class as often as these do: one that hears
    itself drifts, towards more and shorter units. The logarithm of how much oftener people choose a class is
    added to its bias, in part, and plans are drawn again.
    """
    wanted = _chosen(units_of(recoded(solo)) for solo in solos)
    for number in range(SETTLING):
        planner = Planner(arrays)
        drawn = _chosen(
            draw_units(
                planner, solo.progression, np.random.default_rng([seed, number, k]), tempo=solo.grid_tempo
            )
            for k, solo in enumerate(solos)
        )
        for name, temperature, people, plans in zip(WIDTHS, TEMPERATURES, wanted, drawn, strict=True):
            more = np.log((people + FEW) / people.sum()) - np.log((plans + FEW) / plans.sum())
            bias = f"planner/{name}/bias"
            arrays = {**arrays, bias: arrays[bias] + np.float32(SETTLED * temperature) * np.float32(more)}
    return arrays


def _chosen(plans: Iterable[Sequence[Unit]]) -> list[Table]:
    """How often each class is chosen, of each choice of a unit."""
    total = np.zeros(CHOICES)
    for units in plans:
        for k, unit in enumerate(units):
            total += one_hot(classes_of(unit, units[k - 1].end if k else 0))
    return np.split(total, np.cumsum(list(WIDTHS.values()))[:-1])


def planner_arrays(graph: Any) -> Arrays:
    """The weights by their names in a checkpoint."""
    names = ("kernel", "recurrent_kernel", "bias")
    weights = zip(names, graph.get_layer("lstm").get_weights(), strict=True)
    arrays = {f"planner/lstm/{name}": array for name, array in weights}
    for name in WIDTHS:
        kernel, bias = graph.get_layer(name).get_weights()
        arrays |= {f"planner/{name}/kernel": kernel, f"planner/{name}/bias": bias}
    return arrays


# ----------------------------------------------------------------------------------------------- the tables


class Followed(NamedTuple):
    """T values with what the network and a plan say of each; rows are -1 where there is none."""

    values: Table  # (T,)
    logs: Table  # (T, 78) of the network
    lengths: Table  # (T, 4) rows of the table
    repeats: Table  # (T, 5): length class, interval (`NO_INTERVAL`: none), how many agreed of each
    turn: Table  # (T,) semitones from the last pitch up to the root, mod 12; -1 before the first note


def followed(checkpoint: Checkpoint, solos: Sequence[Solo]) -> Followed:
    """All values of `solos`, the plan read from their notes."""
    engine = NumpyEngine(checkpoint.at_play())
    found: list[tuple[Table, ...]] = []
    for begin in range(0, len(solos), AT_ONCE):
        part = solos[begin : begin + AT_ONCE]
        encoded = [encode_solo(engine.spec, solo) for solo in part]
        for solo, values, heard in zip(part, encoded, engine.log_likelihoods(encoded), strict=True):
            parts = (np.array(part) for part in zip(*_unit_rows(solo), strict=True))
            found.append((values.values, heard.values, *parts))
    return Followed(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _unit_rows(solo: Solo) -> Any:
    """The rows of each value, padded."""
    tracker = ContextTracker.over(solo, FeatureSpec(("motif",)))
    follower = UnitFollower(_as_drawn(units_of(recoded(solo))))
    for value, pitch in with_pitches(solo):
        rows = follower.rows(tracker)
        turn = -1 if tracker.last is None else (tracker.root - tracker.last) % OCTAVE
        lengths, repeat = ((), None) if rows is None else rows
        said = (-1, NO_INTERVAL, 0, 0, 0)
        if repeat is not None:
            interval = NO_INTERVAL if repeat.interval is None else repeat.interval
            said = (repeat.length, interval, *repeat.agreed)
        yield [*lengths, *[-1] * (ROWS_AT_ONCE - len(lengths))], said, turn
        follower.advance(tracker, value, pitch)
        tracker.advance(value, pitch)


def _as_drawn(units: Sequence[Unit]) -> list[Unit]:
    """The units as coarse as a planner draws them."""
    found = []
    before = 0
    for unit in units:
        found.append(unit_of(classes_of(unit, before), unit.start - before, unit.beats, before))
        before = unit.end
    return found


_LENGTHS = np.eye(CLASSES, dtype=np.float32)[LENGTH_CLASS]  # (78, 12)
_DEGREES = np.arange(OCTAVE)


def _added(tables: Arrays, some: Followed) -> tuple[Table, Table]:
    """The logits (m, 78) of `some` values under the tables, and the step of each of the 12 degrees; the last
    row of lengths is 0.
    """
    lengths = tables["lengths"][some.lengths].sum(axis=1)
    steps = np.zeros_like(lengths)
    for kind, sums in enumerate((lengths, steps, steps)):
        there, classes, agreed = _repeated(some, kind)
        sums[there] += classes * tables["repeats"][kind, agreed][:, None]
    step_of = (_DEGREES + np.maximum(some.turn, 0)[:, None]) % OCTAVE
    degrees = np.take_along_axis(steps, step_of, axis=1) * (some.turn >= 0)[:, None]
    logits = some.logs.astype(np.float32) + lengths[:, LENGTH_CLASS]
    logits[:, : OCTAVE * N_LENGTHS] += degrees.repeat(N_LENGTHS, axis=1)
    return logits, step_of


def _repeated(some: Followed, kind: int) -> tuple[Table, Table, Table]:
    """Where lengths (0), intervals (1) or ways (2) are repeated: which m values, which of 12 classes (m, 12)
    each gains, and how many agreed (m,).
    """
    length, interval = some.repeats[:, 0], some.repeats[:, 1]
    there = np.flatnonzero((length >= 0) & ((kind == 0) | (interval != NO_INTERVAL)))
    if kind == 2:
        classes = WAY_STEPS[1 + np.sign(interval[there])]
    else:
        classes = np.eye(CLASSES, dtype=np.bool_)[length[there] if kind == 0 else interval[there] % OCTAVE]
    return there, classes.astype(np.float32), some.repeats[there, 2 + kind]


def nats(tables: Arrays, values: Followed) -> float:
    """Nats a note of values with the plan known, octaves left out."""
    total = 0.0
    for first in range(0, len(values.values), 5 * VALUES):
        some = _some(values, slice(first, first + 5 * VALUES))
        logits, _ = _added(tables, some)
        total -= float(np.log(softmax(logits)[np.arange(len(some.values)), some.values]).sum())
    return total / float(np.count_nonzero(~IS_REST[values.values]))


def _some(values: Followed, which: Any) -> Followed:
    return Followed(*(part[which] for part in values))


def _gradient(tables: Arrays, some: Followed) -> Arrays:
    """Of the loss a value."""
    logits, step_of = _added(tables, some)
    wrong = softmax(logits)
    every = np.arange(len(wrong))
    wrong[every, some.values] -= 1
    by_length = wrong @ _LENGTHS
    by_degree = wrong[:, : OCTAVE * N_LENGTHS].reshape(-1, OCTAVE, N_LENGTHS).sum(axis=2)
    by_step = np.zeros_like(by_length)
    np.put_along_axis(by_step, step_of, by_degree * (some.turn >= 0)[:, None], axis=1)
    found = {name: np.zeros_like(table) for name, table in tables.items()}
    for k in range(some.lengths.shape[1]):
        np.add.at(found["lengths"], some.lengths[:, k], by_length)
    for kind, sums in enumerate((by_length, by_step, by_step)):
        there, classes, agreed = _repeated(some, kind)
        np.add.at(found["repeats"][kind], agreed, (sums[there] * classes).sum(axis=1))
    found["lengths"][-1] = 0
    return {name: table / np.float32(len(wrong)) for name, table in found.items()}


def fit_tables(values: Followed, rounds: int, seed: int) -> Arrays:
    """The tables, that of lengths with a last row of 0 for what is not there (Adam: Kingma and Ba, 2015)."""
    rows, classes = SHAPES["lengths"]
    tables: Arrays = {
        "lengths": np.zeros((rows + 1, classes), np.float32),
        "repeats": np.zeros(SHAPES["repeats"], np.float32),
    }
    first = {name: np.zeros_like(table) for name, table in tables.items()}
    second = {name: np.zeros_like(table) for name, table in tables.items()}
    rng, count = np.random.default_rng(seed), len(values.values)
    updates = rounds * -(-count // VALUES)
    done = 0
    for _ in range(rounds):
        order = rng.permutation(count)
        for begin in range(0, count, VALUES):
            done += 1
            for name, slope in _gradient(tables, _some(values, order[begin : begin + VALUES])).items():
                pull = slope + PRIOR * tables[name] / count
                first[name] = 0.9 * first[name] + 0.1 * pull
                second[name] = 0.99 * second[name] + 0.01 * pull**2
                mean, square = first[name] / (1 - 0.9**done), second[name] / (1 - 0.99**done)
                rate = STEP_SIZE * (1 - done / (updates + 1))
                tables[name] -= (rate * mean / (np.sqrt(square) + 1e-6)).astype(np.float32)
    return tables


# ------------------------------------------------------------------------------------------------ the program


def planned(checkpoint: Checkpoint, arrays: Arrays) -> Checkpoint:
    """The model with a planner and its tables."""
    return checkpoint.extended(arrays, planned=True)


def amplify(tables: Arrays) -> None:
    """Let each table count, in place, as much as it does at play."""
    tables["lengths"][: 3 * len(UNTIL)] *= LENGTHS_HEARD
    tables["lengths"][-len(UNTIL) :] *= LENGTHS_HEARD
    tables["repeats"] *= REPEATS_HEARD


def fit(
    checkpoint: Checkpoint,
    known: Selection,
    epochs: int,
    seed: int,
    tell: Callable[[str], None],
) -> Checkpoint:
    """The model with a planner and tables learned from `known` solos but the judging tunes'.

    Parameters
    ----------
    checkpoint
        The improviser.
    known
        Solos, not of test tunes.
    epochs, seed
        Of the planner's training.
    tell
        Is told how well it predicts the judging tunes.

    Returns
    -------
    Checkpoint
    """
    train, judge = split_by_title(known, JUDGE, JUDGE_SEED)
    parts = Parallel(n_jobs=-1)(delayed(followed)(checkpoint, part) for part in (list(train), list(judge)))
    tables = fit_tables(parts[0], ROUNDS, seed)
    nothing = {name: np.zeros_like(table) for name, table in tables.items()}
    tell(
        f"nats a note of the judging tunes: {nats(nothing, parts[1]):.3f}, and with the plan known "
        f"{nats(tables, parts[1]):.3f}"
    )
    tables = {name: table[: SHAPES[name][0]] for name, table in tables.items()}
    amplify(tables)
    learned = planner_arrays(train_planner(list(train), epochs, seed))
    figures = nats_by_choice(Planner(learned), list(judge))
    shown = ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
    tell(f"nats a unit of the judging tunes: {sum(figures.values()):.2f} ({shown})")
    units = {UNIT_TABLES + name: table for name, table in tables.items()}
    return planned(checkpoint, units | settle(learned, list(train), seed))


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, and write the checkpoint with its planner."""
    parser = parser_of(__doc__)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    given = parser.parse_args(arguments)
    return refit("units", given, lambda model, known: fit(model, known, given.epochs, given.seed, say))


if __name__ == "__main__":
    sys.exit(main())
