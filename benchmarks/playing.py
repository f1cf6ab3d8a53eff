"""Takes: one from a cold start, the engine step by step, many together, their sound, and their rules."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from benchmarks.rows import (
    MEGABYTES,
    ROOT,
    SECONDS,
    Given,
    Pairs,
    Row,
    SkippedError,
    a_second,
    row_of_pairs,
    seconds,
    side_by_side,
)
from jazzgen.charts.find import find_progression
from jazzgen.model.checkpoint import Checkpoint, describe_improviser, improviser_shapes, load_checkpoint
from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint
from jazzgen.music.score import Progression, Solo
from jazzgen.tokens.features import FEATURES, FeatureSpec
from jazzgen.tokens.motif import Proposal
from jazzgen.tokens.views import CLASSES
from jazzgen.tokens.vocabulary import N_VALUES, encode

FORM = "rhythm-changes-bb"  # 32 bars
STEPS = 500  # of an engine, a repeat


# ----------------------------------------------------------------------------------------------- a cold start


def generating(given: Given) -> list[Row]:
    """`generate-midi`, 32 bars, a fresh process, against importing TensorFlow: time with one candidate and
    with as many as it plays by default, memory, modules.
    """
    with tempfile.TemporaryDirectory() as folder:
        take = ["generate-midi", "--progression", FORM, "--choruses", "1", "--seed", "1"]
        take += ["-o", str(Path(folder) / "take.mid")]
        run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        alone, chosen = (
            side_by_side(
                partial(run, [sys.executable, "-m", "jazzgen", *take, *effort]),
                partial(run, [sys.executable, "-c", "import tensorflow"]),
                given.repeats,
            )
            for effort in (["--effort", "1"], [])
        )
        ours_mb = [_peak_mb(*take) for _ in range(given.repeats)]
        theirs_mb = [_peak_mb("import", "tensorflow") for _ in range(given.repeats)]
        program = f"import sys; from jazzgen.cli import main; main({take!r}); print(*sys.modules)"
        loaded = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        ).stdout
    heavy = {"tensorflow", "keras", "music21"} & set(loaded.split())
    what = "generate-midi, 32 bars, cold, whole process"
    return [
        row_of_pairs(
            f"{what}, one candidate",
            alone,
            SECONDS,
            "import tensorflow",
            ">= 6",
            headline="a take of 32 bars, cold, of one candidate: times faster than importing TensorFlow",
        ),
        row_of_pairs(
            f"{what}, candidates to choose from as by default",
            chosen,
            SECONDS,
            "import tensorflow",
            ">= 2",
            headline="the same with the default effort: times faster",
        ),
        row_of_pairs(
            f"{what}: peak memory, times less",
            Pairs(tuple(ours_mb), tuple(theirs_mb)),
            MEGABYTES,
            "import tensorflow",
            ">= 3",
            headline="its peak memory: times less",
        ),
        Row("of TensorFlow, Keras and music21 it loads", str(len(heavy)), "3", len(heavy), "== 0"),
    ]


def importing(given: Given) -> list[Row]:
    """`import jazzgen` in a fresh process against a bare Python that imports NumPy."""
    run = partial(subprocess.run, check=True)
    pairs = side_by_side(
        partial(run, [sys.executable, "-c", "import jazzgen"]),
        partial(run, [sys.executable, "-c", "import numpy"]),
        max(given.repeats, 5),
    )
    what = "import jazzgen, whole process: times less than a bare Python with NumPy"
    return [row_of_pairs(what, pairs, SECONDS, "import numpy", ">= 0.5")]


def _peak_mb(*command: str) -> float:
    """The most memory in MB that a process held for this jazzgen command, or to import a module."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.probe", *command],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return float(json.loads(done.stdout.splitlines()[-1])["peak_mb"])


# -------------------------------------------------------------------------------------------- step by step


def stepping(given: Given) -> list[Row]:
    """The NumPy engine, one solo: a plain one of 256 units, and the model with a context, with the
    registers of its notes; each against torch's LSTM cell of that size. One core: a product of so few rows is
    never divided. The context of each step is prepared beforehand.
    """
    if find_spec("torch") is None:
        raise SkippedError("torch, the baseline, is not installed")
    checkpoint, about = context_checkpoint()
    pairs = side_by_side(
        _our_context_steps(checkpoint),
        _torch_steps(checkpoint.n_a, checkpoint.layers, N_VALUES + checkpoint.spec.width),
        max(given.repeats, 9),
        clock=time.process_time,
    )
    what = f"NumPy engine with context, views and register, {about}, one core: values a second"
    return [
        _against_torch(max(given.repeats, 9)),
        row_of_pairs(
            what,
            pairs,
            a_second(STEPS),
            "torch, which chooses no registers",
            ">= 2500",
            figures=[STEPS / s for s in pairs.ours_s],
        ),
    ]


def _against_torch(repeats: int) -> Row:
    from jazzgen.model.engine import NumpyEngine

    n_a = 256
    engine = NumpyEngine(_random_checkpoint(n_a, FeatureSpec()))

    def ours() -> None:
        state = engine.start()
        for k in range(STEPS):
            _, state = engine.step(k % N_VALUES, state)

    pairs = side_by_side(ours, _torch_steps(n_a, 1, N_VALUES), repeats)
    what = f"NumPy engine, one solo, {n_a} units, one core: values a second against torch's LSTMCell"
    headline = f"one solo, {n_a} units, values a second: times as many as torch's LSTMCell"
    return row_of_pairs(what, pairs, a_second(STEPS), "torch", ">= 1", headline=headline)


def _torch_steps(n_a: int, layers: int, n_x: int) -> Callable[[], None]:
    """As many steps of torch's LSTM cells, one above the other, with a softmax over the values."""
    import torch

    torch.set_num_threads(1)
    cells = [torch.nn.LSTMCell(n_a if layer else n_x, n_a) for layer in range(layers)]
    dense = torch.nn.Linear(n_a, N_VALUES)

    @torch.inference_mode()
    def steps() -> None:
        states = [(torch.zeros(1, n_a), torch.zeros(1, n_a)) for _ in cells]
        x = torch.zeros(1, n_x)
        for k in range(STEPS):
            above = x
            for layer, cell in enumerate(cells):
                states[layer] = cell(above, states[layer])
                above = states[layer][0]
            probs = torch.softmax(dense(above), dim=1)
            x = torch.zeros(1, n_x)
            # Each step waits for the one before, as in playing.
            x[0, k % N_VALUES] = probs[0, 0] * 0 + 1

    return steps


def _our_context_steps(checkpoint: Checkpoint) -> Callable[[], None]:
    """Steps with context, proposals, views and registers."""
    from jazzgen.model.engine import NumpyEngine

    engine, rng = NumpyEngine(checkpoint), np.random.default_rng(0)
    rows = [sorted(rng.choice(engine.spec.width, 34, replace=False).tolist()) for _ in range(STEPS)]
    ratios = rng.normal(0, 0.5, (STEPS, engine.spec.views, CLASSES)).astype(np.float32)
    proposals = [Proposal(3, 2, 30), None]

    def steps() -> None:
        state = engine.start()
        for k in range(STEPS):
            _, state = engine.step(k % N_VALUES, state, rows[k], proposals, k % 12, ratios[k])
            if k % 4:  # a quarter of the values are rests
                engine.octaves(state, k % 72, k % 13)

    return steps


def context_checkpoint() -> tuple[Checkpoint, str]:
    """The default model if it has a context, else random weights of the size of the improviser."""
    checkpoint = load_checkpoint(find_checkpoint(DEFAULT_MODEL))
    if not checkpoint.spec.features:
        spec = FeatureSpec(tuple(name for name in FEATURES if name != "player"))
        checkpoint = _random_checkpoint(384, spec, layers=2, register_units=64)
    return checkpoint, f"{checkpoint.layers} x {checkpoint.n_a} units"


def _random_checkpoint(n_a: int, spec: FeatureSpec, **options: Any) -> Checkpoint:
    description = describe_improviser(n_a, spec=spec, **options)
    rng = np.random.default_rng(0)
    arrays = {
        name: rng.normal(0, 0.1, shape).astype(np.float32)
        for name, shape in improviser_shapes(description).items()
    }
    return Checkpoint(arrays, description, "0" * 64, Path("random.safetensors"))


# -------------------------------------------------------------------------------------------- many together


def many_takes(given: Given) -> list[Row]:
    """64 solos of 32 bars with the model with a context, dealt out to a process for each core and
    stepped together, against one after the other in one process. The processes have started already, as
    they are after the first share of takes.
    """
    from jazzgen.improviser.improvise import improvise

    checkpoint, about = context_checkpoint()
    form, solos, cores = find_progression(FORM), 64, joblib.cpu_count()
    with joblib.Parallel(n_jobs=cores) as parallel:

        def together() -> list[Solo]:
            size = min(32, -(-solos // cores))
            shares = [range(k, min(k + size, solos)) for k in range(0, solos, size)]
            done = parallel(joblib.delayed(improvise_share)(checkpoint, form, share) for share in shares)
            return [solo for share in done for solo in share]

        def one_by_one() -> list[Solo]:
            return [improvise(checkpoint, form, np.random.default_rng(k)) for k in range(solos)]

        played = together()
        if played != one_by_one():
            raise SystemExit("solos improvised together are not those improvised alone")
        pairs = side_by_side(together, one_by_one, given.repeats)
    values = sum(len(encode(solo)) for solo in played)
    what = f"{solos} solos of 32 bars, {about}, on {cores} cores: values a second against one at a time"
    headline = f"{solos} solos of 32 bars together, values a second: times as many as one at a time"
    return [row_of_pairs(what, pairs, a_second(values), "one at a time", ">= 3", headline=headline)]


def improvise_share(checkpoint: Checkpoint, form: Progression, seeds: range) -> list[Solo]:
    """A solo a seed, stepped together: what a process does."""
    from jazzgen.improviser.improvise import improvise_all

    return improvise_all(checkpoint, form, [np.random.default_rng(k) for k in seeds])


# ----------------------------------------------------------------------------------------- sound and rules


def rendering(given: Given) -> list[Row]:
    """A take of 32 bars with the whole band into a WAV file, against the time that it lasts.

    In seconds of processor time: music lasts as long on a busy machine, so that only this is a fair pair.
    """
    from jazzgen.rendering.audio import render
    from jazzgen.takes.settings import Settings
    from jazzgen.takes.take import make_take

    settings = Settings(progression=FORM, choruses=1, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        take, sound = Path(folder, "take.mid"), Path(folder, "take.wav")
        make_take(settings).write(take)
        lasts_s = render(take, sound).seconds
        spent_s = [
            seconds(partial(render, take, sound), time.process_time) for _ in range(max(given.repeats, 5))
        ]
    what = "render, 32 bars with the whole band to WAV: times faster than it lasts"
    headline = "the sound of 32 bars with the whole band: times faster than it lasts"
    pairs = Pairs(tuple(spent_s), (lasts_s,) * len(spent_s))
    note = " of a core"
    return [row_of_pairs(what, pairs, SECONDS, "of music", ">= 30", note=note, headline=headline)]


def takes(_: Given) -> list[Row]:
    """500 takes of every kind against the rules of their files, and the figures of the band in them."""
    import check_takes  # the script beside benchmark.py

    checkpoint = load_checkpoint(find_checkpoint(DEFAULT_MODEL))
    wrong, counts = 0, Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for _about, take, feel in check_takes.make_takes(500, checkpoint):
            found, played = check_takes.check(take, feel, Path(folder, "take.mid"))
            wrong += len(found)
            counts += played
    what = "500 takes: rules of their files broken, or read back otherwise"
    return [
        Row(what, f"{wrong}", "0", wrong, "== 0", what),
        *(
            Row(what, f"{figure:.3f}", "500 takes", figure, target)
            for what, (figure, target) in check_takes.figures(counts).items()
        ),
    ]


MEASUREMENTS = {
    "importing": importing,
    "generating": generating,
    "stepping": stepping,
    "many-takes": many_takes,
    "rendering": rendering,
    "takes": takes,
}
