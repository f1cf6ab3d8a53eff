"""Measure what jazzgen promises, each figure beside its baseline in the same run.

    python scripts/benchmark.py                        everything, as a table
    python scripts/benchmark.py --only chords engines  some of it
    python scripts/benchmark.py --json FILE --markdown FILE
    python scripts/benchmark.py --scale                time and memory against size instead (an hour)

Speeds are ratios to a baseline measured in the same run, alternating, medians of the repeats: absolute times
say more about the machine than about the code. Rows about the reference corpus need its database (DB);
without it they are left out and said to be. The exit code is 1 if a figure misses its target.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import math
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import joblib
import numpy as np
from joblib.externals.loky import get_reusable_executor

from jazzgen import names, recurrent
from jazzgen import prepare as prepare_module
from jazzgen.context import FEATURES, Layout, Proposal
from jazzgen.dataset import one_hot, title_digest, windows
from jazzgen.errors import ChordError, JazzgenError
from jazzgen.feel import Feel
from jazzgen.grid import read_notes
from jazzgen.harmony import find_progression, parse_chord, transpose_progression
from jazzgen.midi import midi_files, read_solo, write_arrangement
from jazzgen.prepare import prepare
from jazzgen.score import Arrangement, ChordChange, MeterChange, Note, Progression, Solo
from jazzgen.shipped import DEFAULT_MODEL, find_checkpoint
from jazzgen.vocabulary import N_VALUES, decode, encode
from jazzgen.weights import Checkpoint, describe_improviser, improviser_shapes, load_checkpoint

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "wjazzd" / "wjazzd.db"
DINOSAURS = ROOT.parent / "shared" / "names" / "dinos.txt"
PLAIN_MODEL = "classic-64"
N_A, TX, BATCH = 64, 30, 32
EPOCH_STEPS = 60


@dataclass(frozen=True)
class Row:
    """One figure: what was measured, beside what, and what it has to reach."""

    what: str
    measured: str
    baseline: str
    figure: float
    target: str  # ">= 3", "<= 4.12", "== 100"

    @property
    def reached(self) -> bool:
        """Whether the figure meets the target."""
        relation, bound = self.target.split()
        return {
            ">=": self.figure >= float(bound),
            "<=": self.figure <= float(bound),
            "==": self.figure == float(bound),
        }[relation]


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes, in seconds."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def side_by_side(
    ours: Callable[[], object], theirs: Callable[[], object], repeats: int
) -> tuple[float, float]:
    """The median seconds of both, measured in turns, so that a busy moment of the machine hits both."""
    times = [(seconds(ours), seconds(theirs)) for _ in range(repeats)]
    return statistics.median(t for t, _ in times), statistics.median(t for _, t in times)


# ------------------------------------------------------------------------------------------------- the corpus


def chords(corpus: Path) -> list[Row]:
    """Every distinct chord symbol of the corpus parses."""
    with sqlite3.connect(f"{corpus.as_uri()}?mode=ro", uri=True) as database:
        symbols = [symbol for (symbol,) in database.execute("SELECT DISTINCT chord FROM beats") if symbol]
    known = sum(_parses(symbol) for symbol in symbols)
    return [_share("distinct chord symbols of the corpus that parse", known, len(symbols), "== 100")]


def _parses(symbol: str) -> bool:
    try:
        parse_chord(symbol)
    except ChordError:
        return False
    return True


def _share(what: str, part: int, whole: int, target: str) -> Row:
    return Row(what, f"{part:,} of {whole:,}", "all", 100 * part / whole, target)


@cache
def corpus_as_midi(corpus: Path) -> dict[int, Solo]:
    """The corpus as a user has it: converted by the script to MIDI files, and those read back; by `melid`."""
    solos = {}
    with tempfile.TemporaryDirectory() as folder:
        script = ROOT / "scripts" / "wjazzd_to_midi.py"
        subprocess.run([sys.executable, script, corpus, folder], check=True, stdout=subprocess.DEVNULL)
        for file in midi_files([folder]):
            with contextlib.suppress(JazzgenError):  # one that does not read counts as missing below
                solos[int(file.stem.rsplit("-", 1)[-1])] = read_solo(file)
    return solos


def invariants(corpus: Path) -> list[Row]:
    """Corpus solos, through MIDI, that keep both promises of the vocabulary."""
    with sqlite3.connect(f"{corpus.as_uri()}?mode=ro", uri=True) as database:
        (count,) = database.execute("SELECT count(*) FROM solo_info").fetchone()
    kept = sum(_keeps_promises(solo) for solo in corpus_as_midi(corpus).values())
    return [_share("corpus solos that read, encode and decode with both invariants", kept, count, "== 100")]


def _keeps_promises(solo: Solo) -> bool:
    values = encode(solo)
    again = decode(values, solo.progression, instrument=solo.instrument)
    moved = Solo(
        tuple(Note(n.onset, n.duration, n.pitch + 3) for n in solo.notes),
        transpose_progression(solo.progression, 3),
    )
    return _melody(again) == _melody(solo) and encode(again) == values and encode(moved) == values


def _melody(solo: Solo) -> list[tuple[int, int]]:
    return [(note.onset, note.pitch % 12) for note in solo.notes]


def survivors(corpus: Path) -> list[Row]:
    """Notes of the 4/4 solos that are still there on the grid."""
    with sqlite3.connect(f"{corpus.as_uri()}?mode=ro", uri=True) as database:
        query = (
            "SELECT melid, count(*) FROM melody JOIN solo_info USING (melid) "
            "WHERE signature = '4/4' GROUP BY melid"
        )
        played = dict(database.execute(query).fetchall())
    solos = corpus_as_midi(corpus)
    on_grid = sum(len(solos[melid].notes) for melid in played if melid in solos)
    what = f"notes of the {len(played)} solos in 4/4 that survive the grid"
    return [_share(what, on_grid, sum(played.values()), ">= 96")]


def held_out(corpus: Path) -> list[Row]:
    """The shipped plain model on the tunes it was not trained on."""
    from jazzgen.evaluation import evaluate

    plain, improviser = (load_checkpoint(find_checkpoint(name)) for name in (PLAIN_MODEL, DEFAULT_MODEL))
    tunes = set(plain.description["training"]["split"]["held_out_tunes"])
    solos = [solo for solo in corpus_as_midi(corpus).values() if title_digest(solo.title) in tunes]
    figures, better = evaluate(plain, solos), evaluate(improviser, solos)
    uniform = math.log(N_VALUES) * figures["values"] / figures["notes"]
    nats, ours = figures["nats_per_note"], better["nats_per_note"]
    return [
        Row(
            f"plain model, nats a note on {figures['solos']} solos held out by title",
            f"{nats:.3f} ({figures['nats_per_value']:.3f} a value)",
            f"uniform {uniform:.2f}",
            nats,
            "<= 4.12",
        ),
        Row(
            "improviser on the same solos: nats a note better",
            f"{ours:.3f}",
            f"plain {nats:.3f}",
            nats - ours,
            ">= 0.29",
        ),
        Row(
            "improviser: register of the next note, nats",
            f"{better['register_nats']:.3f}",
            "0.320 by frequencies alone",
            better["register_nats"],
            "<= 0.21",
        ),
        Row(
            "improviser: register of the next note, share right",
            f"{better['register_accuracy']:.3f}",
            "0.927 always nearest",
            better["register_accuracy"],
            ">= 0.93",
        ),
    ]


def originality(corpus: Path) -> list[Row]:
    """The longest copied runs by the hashed index and by a search over the notes, and how fast each answers:
    every tenth solo against all solos of the other nine tenths.
    """
    from jazzgen.originality import GRAM, Copying, build_index, longest_run

    solos = list(corpus_as_midi(corpus).values())
    asked = [solo for k, solo in enumerate(solos) if k % 10 == 0]
    index = build_index(solo for k, solo in enumerate(solos) if k % 10)
    steps = [_steps(solo) for k, solo in enumerate(solos) if k % 10]
    wrong = 0
    runs = [longest_run(index, solo) for solo in asked]
    begin = time.perf_counter()
    for solo, run in zip(asked, runs, strict=True):
        length, mine = (run.length if run else GRAM - 1), _steps(solo)
        found = {k: any(_copied(mine, other, k) for other in steps) for k in (length, length + 1)}
        wrong += found[length + 1] or (run is not None and not found[length])
    search_s = (time.perf_counter() - begin) / sum(len(solo.notes) for solo in asked)
    copying, count = Copying(index), 0
    begin = time.perf_counter()
    for note in asked[0].notes:
        for pitch in range(note.pitch - 6, note.pitch + 6):
            copying.would_copy(pitch)
            count += 1
        copying.push(note.pitch)
    query_s = (time.perf_counter() - begin) / count
    return [
        Row(
            f"longest copied runs of {len(asked)} solos that a search contradicts",
            f"{wrong}",
            "0",
            wrong,
            "== 0",
        ),
        Row(
            "asking what a next note would copy: times faster than searching for a note",
            f"{query_s * 1e6:.1f} us",
            f"{search_s * 1e6:.0f} us",
            search_s / query_s,
            ">= 10",
        ),
    ]


def _steps(solo: Solo) -> bytes:
    return bytes(b.pitch - a.pitch + 128 for a, b in itertools.pairwise(solo.notes))


def _copied(mine: bytes, other: bytes, length: int) -> bool:
    return any(mine[k : k + length] in other for k in range(len(mine) - length + 1))


# -------------------------------------------------------------------------------------------------- the model


def engines() -> list[Row]:
    """Keras and NumPy play the same values from the shipped weights, after silence and after each of the 78
    values.
    """
    from jazzgen.improviser import Improviser
    from jazzgen.model import make_layers, music_inference_model, set_layer_weights

    n = 200
    checkpoint = load_checkpoint(find_checkpoint(PLAIN_MODEL))
    layers = make_layers(checkpoint.n_a)
    set_layer_weights(layers, checkpoint.arrays)
    firsts = [*range(N_VALUES), None]
    x0 = one_hot([-1 if first is None else first for first in firsts])[:, None, :]  # (m, 1, 78)
    zeros = np.zeros((len(firsts), checkpoint.n_a), np.float32)
    expected = np.asarray(music_inference_model(n, layers)([x0, zeros, zeros]))  # (m, n, 78)
    played = np.array([_play(Improviser(checkpoint), first, n) for first in firsts])  # (m, n, 78)
    same = int((played.argmax(axis=2) == expected.argmax(axis=2)).sum())
    difference = float(np.abs(played - expected).max())
    m = len(firsts)
    return [
        Row(
            f"{m} x {n} values by argmax, the same in NumPy and Keras",
            f"{same:,}",
            f"{m * n:,}",
            same,
            f"== {m * n}",
        ),
        Row("largest difference of their probabilities", f"{difference:.1e}", "0", difference, "<= 1e-5"),
    ]


def _play(engine: Any, value: int | None, n: int) -> Any:
    """The probabilities (n, 78) of `n` steps that hear `value` first, then the likeliest value each time."""
    state, probs = engine.start(), []
    for _ in range(n):
        stepped, state = engine.step(value, state)
        probs.append(stepped)
        value = int(stepped.argmax())
    return probs


def parameters() -> list[Row]:
    """The number of weights of `djmodel(30)`."""
    from jazzgen.model import djmodel, make_layers

    count = djmodel(TX, make_layers(N_A)).count_params()
    formula = 4 * N_A * (N_VALUES + N_A + 1) + N_VALUES * (N_A + 1)
    return [Row(f"weights of djmodel({TX})", f"{count:,}", f"{formula:,}", count, f"== {formula}")]


def training(repeats: int) -> list[Row]:
    """An epoch of `djmodel` against the classic way of writing it: 57,600 values of noise, 60 batches of 32.

    Each in a process of its own, because importing `jazzgen.model` changes TensorFlow's settings; epochs in
    turns.
    """
    values = EPOCH_STEPS * BATCH * TX
    with _Epochs("ours") as ours, _Epochs("classic") as classic:
        first_ours, first_classic = ours.next(), classic.next()
        later = [(ours.next(), classic.next()) for _ in range(max(repeats, 5))]
    later_ours, later_classic = (statistics.median(pair[i] for pair in later) for i in (0, 1))
    return [
        Row(
            f"first epoch of {values:,} values, compiling included",
            f"{first_ours:.1f} s",
            f"{first_classic:.1f} s written the classic way",
            first_classic / first_ours,
            ">= 3",
        ),
        Row(
            "then values a second",
            f"{values / later_ours:,.0f}",
            f"{values / later_classic:,.0f} written the classic way",
            later_classic / later_ours,
            ">= 6",
        ),
    ]


class _Epochs:
    """A process that trains one epoch each time it is asked, and says how many seconds that took."""

    def __init__(self, way: str) -> None:
        command = [sys.executable, __file__, "--epochs-of", way]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def __enter__(self) -> _Epochs:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def next(self) -> float:
        """One more epoch: its seconds."""
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        print(file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())


def train_on_request(way: str) -> int:
    """The work inside `_Epochs`: an epoch a line of standard input."""
    noise = np.random.default_rng(0).integers(0, N_VALUES, (EPOCH_STEPS * BATCH, TX))
    epoch = _our_epoch(noise) if way == "ours" else _classic_epoch(noise)
    for _ in sys.stdin:
        print(seconds(epoch), flush=True)
    return 0


def _our_epoch(values: Any) -> Callable[[], object]:
    """One epoch of `jazzgen train` over `values` (solos, TX), without the held-out solos."""
    from jazzgen.context import MEMORIES, Encoded
    from jazzgen.dataset import Plan, stream
    from jazzgen.model import make_layers
    from jazzgen.training.settings import Settings
    from jazzgen.training.steps import Stepper

    nothing = np.zeros((TX, MEMORIES), np.int16)
    solos = [
        Encoded(row, np.zeros((TX, 0), np.int16), nothing - 1, nothing, nothing[:, 0] - 1, row * 0, row * 0)
        for row in values
    ]
    stepper = Stepper(make_layers(N_A), Settings(n_a=N_A, Tx=TX, batch_size=BATCH), 10_000)
    plan = Plan.straight(len(solos), TX)
    return lambda: [*stepper.train(stream(solos.__getitem__, plan, BATCH, TX, 0))]


def _classic_epoch(values: Any) -> Callable[[], object]:
    X, Y, _, _ = windows(values.tolist(), TX)
    zeros = np.zeros((len(X), N_A), np.float32)
    targets = [Y[:, t] for t in range(TX)]
    return partial(_classic_model().fit, [X, zeros, zeros], targets, batch_size=BATCH, verbose=0)


def _classic_model() -> Any:
    """The course's notebook: a default LSTM, a list of Tx outputs with a loss and an accuracy each."""
    import keras

    reshapor = keras.layers.Reshape((1, N_VALUES))
    LSTM_cell = keras.layers.LSTM(N_A, return_state=True)
    densor = keras.layers.Dense(N_VALUES, activation="softmax")
    X = keras.Input((TX, N_VALUES))
    a0, c0 = keras.Input((N_A,)), keras.Input((N_A,))
    a, c = a0, c0
    outputs = []
    for t in range(TX):
        # t=t: the notebook's own lambda closes over the loop variable, which Keras 3 does not run.
        x = keras.layers.Lambda(lambda X, t=t: X[:, t, :], output_shape=(N_VALUES,))(X)
        a, _, c = LSTM_cell(reshapor(x), initial_state=[a, c])
        outputs.append(densor(a))
    model = keras.Model([X, a0, c0], outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=["categorical_crossentropy"] * TX,
        metrics=["accuracy"] * TX,
    )
    return model


# ------------------------------------------------------------------------------------------------ the outside


def reading(repeats: int) -> list[Row]:
    """A MIDI file of 2,000 notes, as a solo, against music21's parser."""
    import music21

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "solo.mid"
        write_arrangement(Arrangement(_long_solo(2000)), path, feel=Feel(0.7))
        if len(read_solo(path).notes) != 2000:
            raise SystemExit("the benchmark's own file does not read back whole")
        # forceSource: music21 would else answer from its cache.
        theirs = partial(music21.converter.parse, path, forceSource=True)
        ours_s, theirs_s = side_by_side(partial(read_solo, path), theirs, max(repeats, 5))
    what = "reading a MIDI file of 2,000 notes"
    return [
        Row(what, f"{ours_s * 1000:.0f} ms", f"{theirs_s * 1000:.0f} ms music21", theirs_s / ours_s, ">= 40")
    ]


def preparing(corpus: Path, repeats: int) -> list[Row]:
    """The corpus prepared by two workers, started and all, against one; and by one against music21.

    The process is up already, as it is for each in turn; both write a corpus from nothing.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = ROOT / "scripts" / "wjazzd_to_midi.py"
        subprocess.run(
            [sys.executable, script, corpus, folder / "midi"], check=True, stdout=subprocess.DEVNULL
        )
        files = midi_files([folder / "midi"])
        begin = itertools.count()

        def ours(files: Sequence[Path], jobs: int) -> None:
            prepare(files, folder / f"corpus-{next(begin)}", jobs=jobs)

        two_s, one_s = side_by_side(
            lambda: (get_reusable_executor().shutdown(), ours(files, 2)), lambda: ours(files, 1), repeats
        )
        warm_s, again_s = side_by_side(partial(ours, files, 2), partial(ours, files, 1), repeats)
        sample = files[::20]
        # Both on one core in this process: its own time does not count what else the machine does.
        ours_cpu_s = _core_seconds(partial(ours, sample, 1))
        with mock.patch.object(prepare_module, "read_or_refusal", _read_with_music21):
            music21_cpu_s = _core_seconds(partial(ours, sample, 1))
    what = f"preparing the {len(files)} solos of the corpus"
    return [
        Row(
            f"{what} with 2 workers",
            f"{two_s:.2f} s, starting them included",
            f"{one_s:.2f} s with 1",
            one_s / two_s,
            ">= 1.6",
        ),
        Row(
            f"{what} with 2 workers that have started",
            f"{warm_s:.2f} s",
            f"{again_s:.2f} s with 1",
            again_s / warm_s,
            ">= 1.6",
        ),
        Row(
            f"preparing {len(sample)} of them with 1 worker",
            f"{ours_cpu_s:.2f} s of a core",
            f"{music21_cpu_s:.1f} s with music21 as the reader",
            music21_cpu_s / ours_cpu_s,
            ">= 30",
        ),
    ]


def _core_seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _read_with_music21(file: Path) -> Solo:
    """What `midi.read_solo` does as far as music21 goes, which passes over markers: the notes on our grid."""
    import music21

    score = music21.converter.parse(file, forceSource=True)
    played = [
        (float(note.offset), float(note.offset + note.quarterLength), note.pitch.midi, note.volume.velocity)
        for note in score.flatten().notes
        if isinstance(note, music21.note.Note)
    ]
    notes, double_time = read_notes(played)
    bars = -(-notes[-1].end // 48)
    return Solo(
        tuple(notes),
        Progression((ChordChange(0, "N.C."),), 48 * bars),
        title=file.stem,
        double_time=double_time,
    )


def scale(corpus: Path, repeats: int) -> list[Row]:
    """Time and memory at many sizes, as a table of their own, and the rows that have a target."""
    import scaling  # the script beside this one

    rows = scaling.studies(repeats)
    if corpus.is_file():
        rows += scaling.reference(corpus, scaling.SIZES, repeats)
    print(scaling.to_markdown(rows))
    small, large = rows[-2:]
    return [
        Row(
            f"preparing {large.files:,} files, ms a file",
            f"{large.ms_a_file:.1f}",
            f"{small.ms_a_file:.1f} of {small.files:,}",
            large.ms_a_file / small.ms_a_file,
            "<= 1.2",
        ),
        Row(
            f"preparing {large.files:,} files, peak MB of the parent",
            f"{large.peak_mb:.0f}",
            f"{small.peak_mb:.0f} of {small.files:,}",
            large.peak_mb,
            "<= 500",
        ),
    ]


def _long_solo(notes: int) -> Solo:
    """The study solos in 4/4 one after the other, rests and all, until there are `notes` notes."""
    studies = [read_solo(path) for path in midi_files([ROOT / "data" / "midi"])]
    studies = [solo for solo in studies if solo.progression.meters == (MeterChange(0, 4),)]
    played: list[Note] = []
    chords: list[ChordChange] = []
    start = 0
    for solo in itertools.cycle(studies):
        played += [replace(note, onset=note.onset + start) for note in solo.notes]
        chords += [replace(change, tick=change.tick + start) for change in solo.progression.chords]
        start += solo.progression.length
        if len(played) >= notes:
            return Solo(tuple(played[:notes]), Progression(tuple(chords), start))
    raise AssertionError("there are no study solos")


def generating(repeats: int) -> list[Row]:
    """`generate-midi`, 32 bars, a fresh process, against importing TensorFlow."""
    with tempfile.TemporaryDirectory() as folder:
        take = ["generate-midi", "--progression", "rhythm-changes-bb", "--choruses", "1", "--seed", "1"]
        take += ["-o", str(Path(folder) / "take.mid")]
        run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ours = partial(run, [sys.executable, "-m", "jazzgen", *take])
        ours_s, theirs_s = side_by_side(
            ours, partial(run, [sys.executable, "-c", "import tensorflow"]), repeats
        )
        probe = f"import sys; from jazzgen.cli import main; main({take!r}); print(*sys.modules)"
        loaded = subprocess.run(
            [sys.executable, "-c", probe], check=True, capture_output=True, text=True
        ).stdout
    heavy = {"tensorflow", "keras", "music21"} & set(loaded.split())
    return [
        Row(
            "generate-midi, 32 bars, cold, whole process",
            f"{ours_s:.2f} s",
            f"{theirs_s:.2f} s import tensorflow",
            theirs_s / ours_s,
            ">= 6",
        ),
        Row("of TensorFlow, Keras and music21 it loads", str(len(heavy)), "3", len(heavy), "== 0"),
    ]


def stepping(repeats: int) -> list[Row]:
    """The NumPy engine, one solo: a plain one of 256 units against torch's LSTM cell of that size, and the
    model that hears a context, with the registers of its notes. One core: a product of so few rows is never
    divided.
    """
    if find_spec("torch") is None:
        print("stepping: torch is not installed, so its cell is left out", file=sys.stderr)
        return [_hearing(repeats)]
    return [_against_torch(repeats), _hearing(repeats)]


def _against_torch(repeats: int) -> Row:
    import torch

    from jazzgen.improviser import Improviser

    n_a, n = 256, 500
    engine = Improviser(_random_checkpoint(n_a, Layout()))
    torch.set_num_threads(1)
    cell, dense = torch.nn.LSTMCell(N_VALUES, n_a), torch.nn.Linear(n_a, N_VALUES)

    @torch.inference_mode()
    def theirs() -> None:
        pair, x = (torch.zeros(1, n_a), torch.zeros(1, n_a)), torch.zeros(1, N_VALUES)
        for k in range(n):
            pair = cell(x, pair)
            probs = torch.softmax(dense(pair[0]), dim=1)
            x = torch.zeros(1, N_VALUES)
            x[0, k % N_VALUES] = probs[0, 0] * 0 + 1  # each step waits for the one before, as in playing

    def ours() -> None:
        state = engine.start()
        for k in range(n):
            _, state = engine.step(k % N_VALUES, state)

    ours_s, theirs_s = side_by_side(ours, theirs, max(repeats, 9))
    what = f"NumPy engine, one solo, {n_a} units, one core: values a second against torch's LSTMCell"
    return Row(what, f"{n / ours_s:,.0f}", f"{n / theirs_s:,.0f} torch", theirs_s / ours_s, ">= 1")


def _hearing(repeats: int) -> Row:
    """Values a second of the engine alone, with context, proposals and registers, in processor time: the
    context of each step is prepared beforehand.
    """
    from jazzgen.improviser import Improviser

    checkpoint, about = _hearing_checkpoint()
    engine, rng, n = Improviser(checkpoint), np.random.default_rng(0), 500
    rows = [sorted(rng.choice(engine.width, 34, replace=False).tolist()) for _ in range(n)]
    proposals = [Proposal(3, 2, 30), None]

    def play() -> None:
        state = engine.start()
        for k in range(n):
            _, state = engine.step(k % N_VALUES, state, rows[k], proposals, k % 12)
            if k % 4:  # a quarter of the values are rests
                engine.register(state, k % 72, k % 13)

    times = []
    for _ in range(max(repeats, 9)):
        begin = time.process_time()
        play()
        times.append(time.process_time() - begin)
    speed = n / statistics.median(times)
    what = f"NumPy engine with context and register, {about}, one core: values a second"
    return Row(what, f"{speed:,.0f}", "4,000 of every model", speed, ">= 4000")


def _hearing_checkpoint() -> tuple[Checkpoint, str]:
    """The default model if it hears a context, else random weights of the size of the improviser."""
    checkpoint = load_checkpoint(find_checkpoint(DEFAULT_MODEL))
    if not checkpoint.layout.features:
        layout = Layout(tuple(name for name in FEATURES if name != "player"))
        checkpoint = _random_checkpoint(384, layout, layers=2, register_units=64)
    return checkpoint, f"{checkpoint.layers} x {checkpoint.n_a} units"


def _random_checkpoint(n_a: int, layout: Layout, **options: int) -> Checkpoint:
    description = describe_improviser(n_a, layout=layout, **options)
    rng = np.random.default_rng(0)
    arrays = {
        name: rng.normal(0, 0.1, shape).astype(np.float32)
        for name, shape in improviser_shapes(description).items()
    }
    return Checkpoint(arrays, description, "0" * 64, Path("random.safetensors"))


def many_takes(repeats: int) -> list[Row]:
    """64 solos of 32 bars with the model that hears a context, dealt out to a process for each core and
    stepped together there, against one after the other in one process. The processes are there already, as
    they are after the first share of takes.
    """
    from jazzgen.improviser import improvise_over

    checkpoint, about = _hearing_checkpoint()
    form, solos, cores = find_progression("rhythm-changes-bb"), 64, joblib.cpu_count()
    with joblib.Parallel(n_jobs=cores) as parallel:

        def together() -> list[Solo]:
            size = min(32, -(-solos // cores))
            shares = [range(k, min(k + size, solos)) for k in range(0, solos, size)]
            done = parallel(joblib.delayed(_improvise)(checkpoint, form, share) for share in shares)
            return [solo for share in done for solo in share]

        def one_by_one() -> list[Solo]:
            return [improvise_over(checkpoint, form, np.random.default_rng(k)) for k in range(solos)]

        played = together()
        if played != one_by_one():
            raise SystemExit("solos improvised together are not those improvised alone")
        ours_s, theirs_s = side_by_side(together, one_by_one, repeats)
    values = sum(len(encode(solo)) for solo in played)
    what = f"{solos} solos of 32 bars, {about}, on {cores} cores: values a second against one at a time"
    measured, baseline = f"{values / ours_s:,.0f}", f"{values / theirs_s:,.0f} one at a time"
    return [Row(what, measured, baseline, theirs_s / ours_s, ">= 3")]


def _improvise(checkpoint: Checkpoint, form: Progression, seeds: range) -> list[Solo]:
    from jazzgen.improviser import improvise_all

    return improvise_all(checkpoint, form, [np.random.default_rng(k) for k in seeds])


def rendering(repeats: int) -> list[Row]:
    """A take of 32 bars with the whole band into a WAV file, against the time that it lasts.

    In seconds of processor time: music lasts as long on a busy machine, so that only this is a fair pair.
    """
    from jazzgen.render.audio import render
    from jazzgen.take import Settings, make_take

    settings = Settings(progression="rhythm-changes-bb", choruses=1, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        take, sound = Path(folder, "take.mid"), Path(folder, "take.wav")
        write_arrangement(make_take(settings), take, feel=settings.feel)
        lasts_s = render(take, sound).seconds
        spent_s = []
        for _ in range(repeats):
            begin = time.process_time()
            render(take, sound)
            spent_s.append(time.process_time() - begin)
    took_s = statistics.median(spent_s)
    what = "render, 32 bars with the whole band to WAV: times faster than it lasts"
    return [Row(what, f"{took_s:.2f} s", f"{lasts_s:.1f} s of music", lasts_s / took_s, ">= 30")]


# ----------------------------------------------------------------------------------------------------- report


def gradients() -> list[Row]:
    """Every gradient of every whole sequence against central differences, in float64."""
    rng = np.random.default_rng(0)
    n_x, n_a, m, T = 3, 4, 2, 5
    gates = {"rnn": (), "gru": ("u", "r", "c"), "lstm": ("f", "i", "c", "o")}
    worst = 0.0
    for cell, names_of_gates in gates.items():
        weights = {f"W{gate}": (n_a, n_a + n_x) for gate in names_of_gates} or {
            "Wax": (n_a, n_x),
            "Waa": (n_a, n_a),
        }
        biases = {f"b{gate}": (n_a, 1) for gate in names_of_gates or ("a",)}
        output = {"Wy": (2, n_a), "by": (2, 1)} if names_of_gates else {"Wya": (2, n_a), "by": (2, 1)}
        given = {name: rng.normal(size=size) for name, size in {**weights, **biases, **output}.items()}
        given |= {"x": rng.normal(size=(n_x, m, T)), "a0": rng.normal(size=(n_a, m))}
        da = rng.normal(size=(n_a, m, T))
        forward = getattr(recurrent, f"{cell}_forward")
        *_, caches = forward(given["x"], given["a0"], given)
        found = getattr(recurrent, f"{cell}_backward")(da, caches)
        loss = partial(_weighed_states, forward, given, da)
        for name in {*weights, *biases, "x", "a0"}:
            numeric = _central_differences(loss, given[name])
            apart = np.linalg.norm(found[f"d{name}"] - numeric)
            size = np.linalg.norm(found[f"d{name}"]) + np.linalg.norm(numeric)
            worst = max(worst, float(apart / size))
    what = "largest relative error of a gradient by hand (RNN, GRU, LSTM)"
    return [Row(what, f"{worst:.1e}", "central differences, float64", worst, "<= 1e-6")]


def _weighed_states(forward: Callable[..., Any], given: dict[str, Any], da: Any) -> float:
    return float((da * forward(given["x"], given["a0"], given)[0]).sum())


def _central_differences(loss: Callable[[], float], array: Any, h: float = 1e-5) -> Any:
    slopes = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        before = array[index]
        array[index] = before + h
        above = loss()
        array[index] = before - h
        slopes[index] = (above - loss()) / (2 * h)
        array[index] = before
    return slopes


def lstm_by_hand(repeats: int) -> list[Row]:
    """One training step's forward and backward by hand, against the same step in Keras."""
    import keras

    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, TX, N_VALUES)).astype(np.float32)
    y = np.eye(N_VALUES, dtype=np.float32)[rng.integers(N_VALUES, size=(BATCH, TX))]
    inputs = keras.Input((TX, N_VALUES))
    layer = keras.layers.LSTM(N_A, return_sequences=True)
    dense = keras.layers.Dense(N_VALUES, activation="softmax")
    model = keras.Model(inputs, dense(layer(inputs)))
    model.compile("sgd", "categorical_crossentropy")
    given = recurrent.lstm_from_keras(layer.get_weights(), dense.get_weights())
    a0 = np.zeros((N_A, BATCH), np.float32)
    columns, targets = x.transpose(2, 0, 1), y.transpose(2, 0, 1)

    def by_hand() -> tuple[Any, dict[str, Any]]:
        a, y_pred, _, caches = recurrent.lstm_forward(columns, a0, given)
        dz = (y_pred - targets) / (BATCH * TX)
        return a, recurrent.lstm_backward(np.tensordot(given["Wy"].T, dz, axes=1), caches)

    difference = np.abs(by_hand()[0] - layer(x).numpy().transpose(2, 0, 1)).max()
    model.train_on_batch(x, y)  # builds the graph
    ours_s, theirs_s = side_by_side(by_hand, lambda: model.train_on_batch(x, y), max(repeats, 20))
    what = f"LSTM by hand, forward and backward, {N_A} units, batch {BATCH}, Tx {TX}: times Keras's time"
    return [
        Row(
            "largest difference of an LSTM's states by hand",
            f"{difference:.1e}",
            "Keras",
            difference,
            "<= 1e-5",
        ),
        Row(
            what,
            f"{ours_s * 1000:.1f} ms",
            f"{theirs_s * 1000:.1f} ms train_on_batch",
            ours_s / theirs_s,
            "<= 4",
        ),
    ]


def dinosaurs(names_file: Path) -> list[Row]:
    """The exercise's RNN on its list: 35,000 steps of one name."""
    data = names.read_names(names_file, ["case"])
    begin = time.perf_counter()
    record = names.model(data, np.random.default_rng(0)).record
    took_s = time.perf_counter() - begin
    loss = record["smoothed_loss"]
    return [
        Row(
            "dinosaur RNN, smoothed loss after 35,000 steps", f"{loss}", "23.07 at the start", loss, "<= 22.9"
        ),
        Row("dinosaur RNN, seconds in all", f"{took_s:.0f} s", "60 s", took_s, "<= 60"),
    ]


def invented() -> list[Row]:
    """How many of 1,000 names drawn from the shipped networks are new."""
    rows = []
    for kind, temperature in (("dinosaurs", 1.0), ("tunes", 0.8)):
        drawn = names.invent(names.shipped(kind), np.random.default_rng(0), 1000, temperature)
        new = sum(not name.known for name in drawn) / 10
        stumps = sum(len(name.name) < 3 for name in drawn)
        at = f"of 1,000 {kind} drawn at {temperature:g}"
        rows.append(Row(f"% {at}: not in the list", f"{new:.1f} %", "the training list", new, ">= 90"))
        rows.append(Row(f"{at}: stumps of two letters or fewer", f"{stumps}", "0", stumps, "== 0"))
    return rows


def takes() -> list[Row]:
    """500 takes of every kind against the rules of their files, and the figures of the band in them."""
    import check_takes  # the script beside this one

    checkpoint = load_checkpoint(find_checkpoint(DEFAULT_MODEL))
    wrong, counts = 0, Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for _, take, feel in check_takes.make_takes(500, checkpoint):
            found, played = check_takes.check(take, feel, Path(folder, "take.mid"))
            wrong += len(found)
            counts += played
    return [
        Row("500 takes: rules of their files broken, or read back otherwise", f"{wrong}", "0", wrong, "== 0"),
        *(
            Row(what, f"{figure:.3f}", "500 takes", figure, target)
            for what, (figure, target) in check_takes.figures(counts).items()
        ),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; 1 if a target is missed."""
    about_corpus = {
        "chords": chords,
        "invariants": invariants,
        "survivors": survivors,
        "held-out": held_out,
        "originality": originality,
    }
    parser = argparse.ArgumentParser(
        description="Measure what jazzgen promises, each figure beside its baseline."
    )
    parser.add_argument("--corpus", metavar="DB", type=Path, default=CORPUS, help="wjazzd.db")
    parser.add_argument("--names", metavar="FILE", type=Path, default=DINOSAURS, help="dinos.txt")
    parser.add_argument("--repeats", metavar="N", type=int, default=3, help="of each timed pair (default: 3)")
    parser.add_argument("--only", metavar="NAME", nargs="+", help="some measurements (default: all)")
    parser.add_argument("--scale", action="store_true", help="time and memory against size instead (an hour)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the rows as JSON too")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write the table to a file too")
    parser.add_argument("--epochs-of", choices=("ours", "classic"), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.epochs_of:
        return train_on_request(given.epochs_of)
    measurements: dict[str, Callable[[], list[Row]]] = {
        **{name: partial(measure, given.corpus.resolve()) for name, measure in about_corpus.items()},
        "engines": engines,
        "parameters": parameters,
        "training": partial(training, given.repeats),
        "reading": partial(reading, given.repeats),
        "preparing": partial(preparing, given.corpus.resolve(), given.repeats),
        "generating": partial(generating, given.repeats),
        "stepping": partial(stepping, given.repeats),
        "many-takes": partial(many_takes, given.repeats),
        "rendering": partial(rendering, given.repeats),
        "gradients": gradients,
        "lstm": partial(lstm_by_hand, given.repeats),
        "dinosaurs": partial(dinosaurs, given.names.resolve()),
        "names": invented,
        "takes": takes,
    }
    if given.scale:
        measurements = {"scale": partial(scale, given.corpus.resolve(), given.repeats)}
    for name in set(given.only or ()) - measurements.keys():
        parser.error(f"--only must be among {', '.join(measurements)}, received {name}")
    rows: list[Row] = []
    for name, measure in measurements.items():
        if given.only and name not in given.only:
            continue
        needed = (
            given.corpus
            if name in {*about_corpus, "preparing"}
            else given.names
            if name == "dinosaurs"
            else None
        )
        if needed is not None and not needed.is_file():
            print(f"{name}: left out, there is no {needed}", file=sys.stderr)
            continue
        print(f"{name} ...", file=sys.stderr)
        rows += measure()
    table = to_markdown(rows)
    print(table, end="")
    if given.markdown:
        given.markdown.write_text(to_page(table), encoding="utf-8")
    if given.json:
        found = [asdict(row) | {"reached": row.reached} for row in rows]
        given.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return int(not all(row.reached for row in rows))


def to_page(table: str) -> str:
    """The table as a page of its own, with what it was measured on."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
    return (
        "# Figures\n\nWhat jazzgen promises, measured by `make benchmark`, which wrote this page: each speed "
        "beside its baseline in\nthe same run, so that the ratio counts and not the machine. This time: "
        f"{machine}, Python {platform.python_version()}.\n\n{table}"
    )


def to_markdown(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | measured | baseline | figure | to reach | |", "|---|---|---|---|---|---|"]
    for row in rows:
        figure = f"{row.figure:.3g}" if row.figure < 1000 else f"{row.figure:,.0f}"
        mark = "yes" if row.reached else "**no**"
        lines.append(f"| {row.what} | {row.measured} | {row.baseline} | {figure} | {row.target} | {mark} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
