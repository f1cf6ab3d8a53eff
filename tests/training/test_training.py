"""Training: it learns, keeps the best, starts again, stops when told, and never damages a file."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf
from rich.console import Console

from jazzgen.corpus.batches import Plan, stream
from jazzgen.corpus.splits import title_digest
from jazzgen.errors import CheckpointError, DataError, OptionError, OutputError
from jazzgen.evaluation import evaluate
from jazzgen.midi.writing import write_arrangement
from jazzgen.model.checkpoint import Checkpoint, describe_improviser, improviser_shapes, load_checkpoint
from jazzgen.model.engine import NumpyEngine
from jazzgen.model.network import make_network, network_weights, set_network_weights
from jazzgen.music.score import Arrangement, ChordChange, Note, Progression, Solo
from jazzgen.tokens.features import FEATURES, FeatureSpec
from jazzgen.tokens.tracker import Encoded, encode_solo
from jazzgen.tokens.vocabulary import LENGTHS, N_VALUES, REST
from jazzgen.training import Settings, Trained, files, loop, progress_file, steps, train, train_files
from jazzgen.training.steps import NOTHING, Stepper

RIFF = [3, 27, 45, 3, 57, 75, 9, 39]
PHRASE = RIFF * 8
QUICK = Settings(n_a=8, Tx=3, epochs=2, seed=1)
FIRST_REST = REST * len(LENGTHS)


def plain(values: Sequence[int]) -> Encoded:
    """The values of a solo as a model without a context learns them."""
    steps = len(values)
    pairs = np.zeros((steps, 2), np.int16)
    octaves = np.where(np.array(values, np.int64) < FIRST_REST, 2, -1)
    return Encoded(
        values=np.array(values, np.int64),
        active=np.zeros((steps, 0), np.int16),
        proposed=pairs - 1,
        match=pairs,
        last_degree=np.full(steps, -1, np.int16),
        displacement=octaves,
        near=np.zeros(steps, np.int64),
    )


def random_solos(count: int, length: int, seed: int = 0) -> list[Encoded]:
    values = np.random.default_rng(seed).integers(0, N_VALUES, (count, length)).tolist()
    return [plain(row) for row in values]


def one_pass_nats(arrays: Mapping[str, np.ndarray], solos: Sequence[Encoded]) -> float:
    """What a plain model loses over whole solos, each stepped by the NumPy engine from its beginning."""
    n_a = len(arrays["densor/kernel"])
    engine = NumpyEngine(Checkpoint(arrays, describe_improviser(n_a), "", Path("none")))
    nats = 0.0
    for solo in solos:
        value, state = None, engine.start()
        for target in solo.values.tolist():
            probs, state = engine.step(value, state)
            nats -= float(np.log(probs[target]))
            value = target
    return nats


# what it learns


LEARNER = Settings(n_a=16, Tx=6, epochs=20, batch_size=4, learning_rate=0.03)


@pytest.fixture(scope="module")
def learned() -> Trained:
    return train([plain(PHRASE)] * 4, settings=LEARNER)


def test_a_small_model_learns_one_phrase_by_heart(learned):
    arrays, record = learned
    assert one_pass_nats(arrays, [plain(PHRASE)]) / len(PHRASE) < 0.1
    assert record["losses"][0] > 3
    assert record["losses"][-1] < 0.1


def test_one_seed_gives_one_set_of_weights():
    first, second = (train([plain(PHRASE)], settings=QUICK).arrays for _ in range(2))
    other = train([plain(PHRASE)], settings=replace(QUICK, seed=2)).arrays
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])
    assert any((first[name] != other[name]).any() for name in first)


def test_the_record_says_how_the_weights_came_about():
    held_out = random_solos(1, 30, seed=5)
    trained = train([plain(PHRASE), plain(RIFF)], held_out, QUICK)
    record = trained.record
    assert record["settings"]["n_a"] == 8
    assert record["settings"]["seed"] == 1
    assert record["data"] == {"solos": 2, "values": 72, "notes": 63}
    assert record["held_out"]["values"] == 30
    assert record["epochs"] == len(record["losses"]) == len(record["held_out_losses"]) == 2
    assert record["nats_per_value"] == min(record["held_out_losses"])
    nats = one_pass_nats(trained.arrays, held_out)
    assert record["nats_per_note"] == pytest.approx(nats / record["held_out"]["notes"], abs=1e-4)


def test_weights_to_start_from_are_used(learned):
    again = train(
        [plain(PHRASE)], [plain(PHRASE)], replace(LEARNER, epochs=1, learning_rate=1e-5), start=learned.arrays
    )
    assert one_pass_nats(again.arrays, [plain(PHRASE)]) <= one_pass_nats(learned.arrays, [plain(PHRASE)])


# which weights it keeps, and when it stops


def test_the_best_weights_on_the_held_out_solos_are_kept():
    # Learning noise by heart makes everything else worse, so the best epoch is an early one.
    held_out = random_solos(4, 40, seed=9)
    kept = []
    settings = Settings(n_a=16, Tx=4, epochs=25, learning_rate=0.05, patience=2)
    trained = train(random_solos(4, 40), held_out, settings, keep=kept.append)
    losses = trained.record["held_out_losses"]
    assert trained.record["best_epoch"] == int(np.argmin(losses)) + 1
    assert one_pass_nats(trained.arrays, held_out) / 160 == pytest.approx(min(losses), abs=1e-4)
    assert trained.record["stopped"] == "no gain for 2 epochs"
    assert len(losses) == trained.record["best_epoch"] + 2
    assert len(kept) < len(losses)


def test_an_interrupt_keeps_the_best_so_far():
    def interrupt_in_the_third_epoch(moment):
        if moment.epoch == 3:
            raise KeyboardInterrupt

    trained = train([plain(PHRASE)], settings=replace(QUICK, epochs=9), report=interrupt_in_the_third_epoch)
    assert trained.record["stopped"] == "interrupted"
    assert trained.record["epochs"] == 2
    assert one_pass_nats(trained.arrays, [plain(PHRASE)]) > 0


def test_an_interrupt_before_the_first_epoch_is_passed_on():
    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train([plain(PHRASE)], settings=QUICK, report=interrupt)


def test_progress_is_reported_to_the_last_value():
    moments = []
    train([plain(PHRASE)], [plain(RIFF)], QUICK, report=moments.append)
    last = {moment.epoch: moment for moment in moments}
    assert last.keys() == {1, 2}
    for moment in last.values():
        assert moment.values_done == moment.values == len(PHRASE)
        assert moment.loss > 0
    assert np.isnan(last[1].held_out)
    assert last[2].held_out == last[2].best > 0


def test_a_training_that_diverges_is_an_error(monkeypatch):
    losses = iter([NOTHING._replace(nats=9.0, values=3.0), NOTHING._replace(nats=np.nan, values=3.0)])
    monkeypatch.setattr(loop.Stepper, "train", lambda *_: iter([(next(losses), False)]))
    with pytest.raises(DataError, match="not a number in epoch 2: the training diverged"):
        train([plain(PHRASE)], settings=QUICK)


# how it is measured


def test_one_pass_in_keras_equals_numpy_whatever_the_windows():
    rng = np.random.default_rng(3)
    shapes = improviser_shapes(describe_improviser(8))
    arrays = {name: rng.normal(0, 0.6, shape).astype(np.float32) for name, shape in shapes.items()}
    solos = [random_solos(1, length, seed=length)[0] for length in (7, 12, 1, 33)]
    expected = one_pass_nats(arrays, solos)
    for m, Tx in ((4, 40), (2, 5)):
        network = make_network(8)
        own = network_weights(network)
        batches = stream(solos.__getitem__, Plan.straight(len(solos), Tx), m, Tx, 0)
        losses = Stepper(network, QUICK, 1).held_out_losses(arrays, batches)
        assert losses.nats == pytest.approx(expected, rel=1e-5)
        assert losses.values == 53
        assert losses.notes == sum(int((solo.values < FIRST_REST).sum()) for solo in solos)
        for name, array in network_weights(network).items():
            np.testing.assert_array_equal(array, own[name])


@pytest.mark.parametrize("graph", ["unrolled", "fused"])
def test_windows_start_in_the_state_the_solo_has_reached(graph):
    """Also behind a first window that was shortened: what fills it up was not heard."""
    solos = random_solos(3, 17)
    settings = replace(QUICK, Tx=5, batch_size=3, graph=graph, learning_rate=0.0, weight_decay=0.0)
    network = make_network(8)
    stepper = Stepper(network, settings, 10)
    straight = stream_of(solos, Plan.straight(3, 17), 3, 17)
    whole = stepper.held_out_losses(network_weights(network), straight)
    cut = stream_of(solos, Plan(np.array([1, 0, 2]), np.array([5, 2, 4])), 3, 5)
    pieces = [losses for losses, _ in stepper.train(cut)]
    assert sum(losses.values for losses in pieces) == 3 * 17
    assert sum(losses.nats for losses in pieces) == pytest.approx(whole.nats, rel=1e-6)


def stream_of(solos, plan, m, Tx):
    return stream(solos.__getitem__, plan, m, Tx, solos[0].active.shape[1])


def test_no_values_at_all_are_refused():
    with pytest.raises(DataError, match="nothing to train on"):
        train([plain([])])


@pytest.mark.parametrize(
    ("name", "value"), [("n_a", 0), ("Tx", 0), ("epochs", 0), ("seed", -1), ("batch_size", 0)]
)
def test_settings_outside_their_range_are_refused(name, value):
    with pytest.raises(OptionError, match=f"received {value}"):
        Settings(**{name: value})


# a model that hears a context


def tune(k: int, player: str = "", bars: int = 4) -> Solo:
    """A solo with leaps, rests and an idea that comes back."""
    form = Progression((ChordChange(0, "Dm7"), ChordChange(48, "G7"), ChordChange(96, "Cmaj7")), 48 * bars)
    notes = [
        Note(6 * i, 6, 55 + (7 * i * (k + 1)) % 19 + (12 if i % 11 == 5 else 0))
        for i in range(8 * bars)
        if i % 7 != 3
    ]
    return Solo(tuple(notes), form, title=f"Tune {k}", player=player)


ALL = FeatureSpec(tuple(FEATURES), ("Ann", "Bob"))
FULL = Settings(
    n_a=6, layers=2, features=ALL.features, register_units=4, Tx=2, batch_size=3, epochs=3, seed=5
)


def heard(count: int) -> list[Encoded]:
    return [encode_solo(ALL, tune(k, bars=3 + k % 3), ALL.players[k % 2]) for k in range(count)]


@pytest.mark.parametrize(
    ("features", "players", "layers", "register_units", "dropped"),
    [
        (ALL.features, ALL.players, 2, 5, {}),
        (ALL.features, ALL.players, 2, 5, {"dropout": 0.4, "context_dropout": 0.2, "value_dropout": 0.1}),
        ((), (), 1, 0, {}),
        (("chord", "motif"), (), 1, 0, {}),
    ],
)
def test_the_fused_graph_has_the_losses_and_gradients_of_the_unrolled_one(
    features, players, layers, register_units, dropped
):
    Tx, m, n_a = 5, 3, 7
    network = make_network(
        n_a, layers=layers, spec=FeatureSpec(features, players), register_units=register_units
    )
    rng = np.random.default_rng(2)
    arrays = network_weights(network)
    set_network_weights(network, {name: rng.normal(0, 0.4, a.shape) for name, a in arrays.items()})
    examples = [encode_solo(network.spec, tune(k), players[0] if players else None) for k in range(m)]
    plan = Plan(np.arange(m), np.array([5, 3, 4]))
    batch = [*stream(examples.__getitem__, plan, m, Tx, network.spec.width)][2]
    assert not features or (batch.proposed >= 0).any()
    batch.Y[1, 3:] = batch.displacement[1, 3:] = -1  # one place's window is filled up behind
    tensors = [tf.constant(array, tf.bool if array.dtype == bool else tf.int32) for array in batch]
    states = [tf.constant(rng.normal(size=(m, n_a)), tf.float32) for _ in range(2 * layers)]
    variables = Stepper(network, QUICK, 1).variables

    def run(graph: str):
        settings = replace(QUICK, n_a=n_a, layers=layers, Tx=Tx, batch_size=m, graph=graph, **dropped)
        stepper = Stepper(network, settings, 10)
        with tf.GradientTape() as tape:
            tape.watch(states)
            losses, after = stepper._losses(tensors, states, train=True)
            loss = losses[0] + losses[1] + sum(tf.reduce_sum(state**2) for state in after)
        return [losses, *after], tape.gradient(loss, [*[v.value for v in variables], *states])

    (ours, our_gradients), (theirs, their_gradients) = run("fused"), run("unrolled")
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-5)
    for mine, other in zip(our_gradients, their_gradients, strict=True):
        assert mine is not None
        largest = float(tf.reduce_max(tf.abs(other)))
        assert largest > 0
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-5 * largest)


def test_a_step_is_adamw_with_clipped_gradients_and_biases_that_do_not_decay():
    # Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, the first two steps in NumPy.
    spec = FeatureSpec(("motif",))
    settings = replace(QUICK, n_a=3, Tx=4, batch_size=2, features=spec.features, weight_decay=0.3)
    settings = replace(settings, learning_rate=0.05, clip_norm=0.1)
    network = make_network(3, spec=spec)
    stepper = Stepper(network, settings, 2)
    examples = [encode_solo(spec, tune(k)) for k in range(2)]
    expected = network_weights(network)
    m, v = ({name: np.zeros_like(array) for name, array in expected.items()} for _ in range(2))
    batches = [*stream(examples.__getitem__, Plan.straight(2, 4), 2, 4, 0)]
    for step, batch in enumerate(batches[:2], start=1):
        tensors = [tf.constant(array, tf.bool if array.dtype == bool else tf.int32) for array in batch]
        with tf.GradientTape() as tape:
            losses, _ = stepper._losses(tensors, stepper.states, train=True)
            loss = losses[0] / 8
        gradients = [g.numpy() for g in tape.gradient(loss, [v.value for v in stepper.variables])]
        norm = np.sqrt(sum((g**2).sum() for g in gradients))
        assert norm > settings.clip_norm
        rate = 0.05 * (1 + np.cos(np.pi * (step - 1) / 2)) / 2
        for (name, weight), gradient in zip(expected.items(), gradients, strict=True):
            g = gradient * settings.clip_norm / norm
            m[name], v[name] = 0.9 * m[name] + 0.1 * g, 0.999 * v[name] + 0.001 * g**2
            decay = 0 if name.endswith(("bias", "strength")) else 0.3 * rate * weight
            corrected = rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            expected[name] = weight - decay - corrected * m[name] / (np.sqrt(v[name]) + 1e-7)
        assert len([*stepper.train([batch])]) == 1
        for name, array in network_weights(network).items():
            np.testing.assert_allclose(array, expected[name], atol=1e-6, err_msg=name)
    assert stepper.steps_taken == 2


def test_a_gradient_that_is_no_number_stays_one():
    network = make_network(3)
    set_network_weights(network, {**network_weights(network), "densor/bias": np.full(78, np.nan, np.float32)})
    stepper = Stepper(network, replace(QUICK, n_a=3, Tx=4, batch_size=2), 2)
    assert len([*stepper.train([*stream_of(random_solos(2, 4), Plan.straight(2, 4), 2, 4)])]) == 1
    assert all(np.isnan(array).any() for array in network_weights(network).values())


FREE = {"dropout": 0.4, "context_dropout": 0.2, "value_dropout": 0.1}


@pytest.mark.parametrize(
    ("settings", "cut_at"),
    [
        (replace(FULL, graph="fused", recurrent_dropout=0.3, average=0.9, warm_up=5, **FREE), 5),
        (replace(FULL, layers=1, dropout=0.3, patience=2), 1),
    ],
)
def test_a_run_that_was_cut_off_ends_with_the_same_weights(tmp_path, monkeypatch, settings, cut_at):
    monkeypatch.setattr(steps, "STEPS_AT_ONCE", 4)
    examples, held_out = heard(6), heard(2)
    whole = train(examples, held_out, settings, players=ALL.players)
    calls = count()
    options = {"players": ALL.players, "progress": tmp_path / "run.progress", "save_every_s": 0}

    def cut(moment):
        # In an epoch's middle: so many steps after its beginning, in the second epoch or the first.
        if moment.epoch == (2 if cut_at > 1 else 1) and moment.values_done and next(calls) == cut_at:
            raise KeyboardInterrupt

    if cut_at > 1:
        cut_off = train(examples, held_out, settings, report=cut, **options)
        assert cut_off.record["stopped"] == "interrupted"
    else:
        with pytest.raises(KeyboardInterrupt):
            train(examples, held_out, settings, report=cut, **options)
    begun = []
    resumed = train(examples, held_out, settings, resume=True, report=begun.append, **options)
    assert begun[0].values_done > 0  # it did not begin anew
    for name, array in whole.arrays.items():
        np.testing.assert_array_equal(array, resumed.arrays[name])
    for key in ("losses", "held_out_losses", "best_epoch", "epochs", "nats_per_note", "stopped"):
        assert resumed.record[key] == whole.record[key]


def test_a_progress_file_of_another_run_is_refused(tmp_path):
    progress = tmp_path / "run.progress"
    settings = replace(QUICK, epochs=1)
    train([plain(PHRASE)], settings=settings, progress=progress)
    for other, solos in ((replace(settings, dropout=0.1), [PHRASE]), (settings, [PHRASE, RIFF])):
        with pytest.raises(CheckpointError, match="other settings or other solos"):
            train([plain(s) for s in solos], settings=other, progress=progress, resume=True)


def test_dropout_is_drawn_anew_each_step_and_the_same_for_one_seed():
    network = make_network(50)
    settings = replace(QUICK, n_a=50, dropout=0.4, batch_size=20)
    masks = []
    for seed, step in ((1, 0), (1, 0), (1, 1), (2, 0)):
        stepper = Stepper(network, replace(settings, seed=seed), 10)
        stepper.optimizer.iterations.assign(step)
        masks.append(stepper._masks()[0].numpy())
    np.testing.assert_array_equal(masks[0], masks[1])
    assert set(np.unique(masks[0]).round(5)) == {0, np.float32(1 / 0.6).round(5)}
    for mask in masks:
        assert (mask == 0).mean() == pytest.approx(0.4, abs=0.04)
    for other in masks[2:]:
        assert ((masks[0] == 0) != (other == 0)).mean() == pytest.approx(2 * 0.4 * 0.6, abs=0.05)


def test_the_weights_kept_are_the_moving_average():
    settings = replace(QUICK, n_a=3, Tx=4, batch_size=2, average=0.6)
    network = make_network(3)
    stepper = Stepper(network, settings, 20)
    expected = network_weights(network)
    batches = [*stream_of(random_solos(2, 40), Plan.straight(2, 4), 2, 4)]
    for taken, batch in enumerate(batches, start=1):
        assert len([*stepper.train([batch])]) == 1
        momentum = min(0.6, taken / (taken + 9))
        for name, array in network_weights(network).items():
            expected[name] = momentum * expected[name] + (1 - momentum) * array
        for name, array in stepper.arrays().items():
            np.testing.assert_allclose(array, expected[name], atol=1e-6)
    assert any((stepper.arrays()[name] != array).any() for name, array in network_weights(network).items())


@pytest.mark.parametrize("anyone", [0.0, 0.5, 1.0])
def test_a_share_of_the_solos_is_played_by_anyone(anyone):
    examples = heard(40)
    run = loop._Run(
        examples, loop._sizes(examples), (), replace(FULL, anyone=anyone), ALL.players, loop.Workers()
    )
    first = ALL.offsets["player"]
    shares = []
    for epoch in (0, 1):
        batches = [*run._batches(epoch)]
        named = np.concatenate([((b.rows >= first) & (b.rows < first + 2)).any(axis=2) for b in batches])
        played = np.concatenate([b.Y >= 0 for b in batches])
        shares.append(named.sum() / played.sum())
    if anyone in (0.0, 1.0):
        assert shares == [1 - anyone] * 2
    else:
        assert all(0.2 < share < 0.8 for share in shares)
        assert shares[0] != shares[1]


# files


def write_tunes(folder, count):
    for i in range(count):
        notes = tuple(Note(6 * k, 6, 60 + (k * (i + 2)) % 12) for k in range(32))
        solo = Solo(notes, Progression((ChordChange(0, "C7"),), 192), title=f"Tune {i}")
        write_arrangement(Arrangement(solo), folder / f"{i}.mid")


def quiet() -> Console:
    return Console(file=io.StringIO())


def test_files_become_a_checkpoint_that_loads(tmp_path):
    write_tunes(tmp_path, 4)
    output = tmp_path / "model.safetensors"
    result = train_files(
        [tmp_path], output, settings=Settings(n_a=8, Tx=2, epochs=2, seed=3), console=quiet()
    )
    loaded = load_checkpoint(output)
    assert loaded.sha256 == result.checkpoint.sha256
    assert loaded.n_a == 8
    record = loaded.description["training"]
    assert record["data"]["solos"] == 3
    assert record["held_out"]["solos"] == 1
    assert record["split"]["seed"] == 3
    (tune,) = record["split"]["held_out_tunes"]
    assert tune in {title_digest(f"TUNE {i}") for i in range(4)}
    assert "8 units, 3 solos" in result.summary
    assert "nats a note" in result.summary


def test_one_tune_trains_without_validation_and_says_so(tmp_path):
    write_tunes(tmp_path, 1)
    console = quiet()
    result = train_files(
        [tmp_path], tmp_path / "m.safetensors", settings=Settings(n_a=4, Tx=2, epochs=1), console=console
    )
    assert console.file.getvalue().startswith("only one tune: none can be held out")
    assert "nats_per_note" not in result.checkpoint.description["training"]


def test_nothing_is_shown_where_there_is_no_terminal(tmp_path):
    write_tunes(tmp_path, 2)
    console = quiet()
    train_files(
        [tmp_path], tmp_path / "m.safetensors", settings=Settings(n_a=4, Tx=2, epochs=1), console=console
    )
    assert console.file.getvalue() == ""


def test_a_terminal_sees_epochs_and_a_rate(tmp_path):
    write_tunes(tmp_path, 2)
    console = Console(file=io.StringIO(), force_terminal=True, width=160)
    train_files(
        [tmp_path], tmp_path / "m.safetensors", settings=Settings(n_a=4, Tx=2, epochs=3), console=console
    )
    assert "training epoch" in console.file.getvalue()
    assert "values/s" in console.file.getvalue()


def test_a_skipped_file_is_listed(tmp_path):
    write_tunes(tmp_path, 2)
    (tmp_path / "bad.mid").write_bytes(b"nothing")
    result = train_files(
        [tmp_path], tmp_path / "m.safetensors", settings=Settings(n_a=4, Tx=2, epochs=1), console=quiet()
    )
    assert len(result.skipped) == 1
    assert "bad.mid" in result.skipped[0]


def test_resuming_goes_on_from_the_file_with_the_same_split(tmp_path):
    write_tunes(tmp_path, 6)
    output = tmp_path / "m.safetensors"
    first = train_files(
        [tmp_path], output, settings=Settings(n_a=8, Tx=2, epochs=3, seed=1), console=quiet()
    ).checkpoint
    again = train_files(
        [tmp_path], output, settings=Settings(n_a=8, Tx=2, epochs=3, seed=2), resume=True, console=quiet()
    ).checkpoint
    before, after = (c.description["training"] for c in (first, again))
    assert after["resumed_from"] == first.sha256
    assert after["split"] == before["split"]
    assert after["nats_per_value"] <= before["nats_per_value"]


def test_resuming_without_a_file_or_with_other_units_is_refused(tmp_path):
    write_tunes(tmp_path, 2)
    output = tmp_path / "m.safetensors"
    with pytest.raises(CheckpointError, match="no such file"):
        train_files([tmp_path], output, resume=True, console=quiet())
    train_files([tmp_path], output, settings=Settings(n_a=4, Tx=2, epochs=1), console=quiet())
    with pytest.raises(
        CheckpointError,
        match="has 4 units, but 5 are asked for; resume with --units 4 --layers 1 --registers 0",
    ):
        train_files([tmp_path], output, settings=Settings(n_a=5), resume=True, console=quiet())


@pytest.mark.parametrize("name", ["no/such/folder.safetensors", "."])
def test_an_output_that_cannot_be_written_is_refused_before_training(tmp_path, monkeypatch, name):
    write_tunes(tmp_path, 2)
    monkeypatch.setattr(files, "train", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(OutputError, match="cannot write"):
        train_files([tmp_path], tmp_path / name, console=quiet())


def test_an_interrupted_run_leaves_its_best_in_the_file(tmp_path, monkeypatch):
    write_tunes(tmp_path, 4)
    calls = count()
    epoch = loop._Run.epoch

    def interrupted(*args):
        if next(calls) == 2:
            raise KeyboardInterrupt
        epoch(*args)

    monkeypatch.setattr(loop._Run, "epoch", interrupted)
    output = tmp_path / "m.safetensors"
    train_files([tmp_path], output, settings=Settings(n_a=4, Tx=2, epochs=5), console=quiet())
    assert load_checkpoint(output).description["training"]["stopped"] == "interrupted"
    assert progress_file(output).is_file()


@pytest.mark.parametrize("graph", ["unrolled", "fused"])
def test_a_full_model_is_trained_from_files(tmp_path, graph):
    for k in range(4):
        write_arrangement(Arrangement(tune(k, player="Ann" if k % 2 else "Bob")), tmp_path / f"{k}.mid")
    output = tmp_path / "full.safetensors"
    settings = replace(FULL, register_units=16, epochs=1, graph=graph)
    train_files([tmp_path], output, settings=settings, console=quiet())
    loaded = load_checkpoint(output)
    assert (loaded.layers, loaded.register_units, loaded.spec.features) == (2, 16, ALL.features)
    assert set(loaded.spec.players) <= {"Ann", "Bob"}
    record = loaded.description["training"]
    assert len(record["register_losses"]) == len(record["held_out_register_losses"]) == 1
    figures = evaluate(loaded, [tune(k) for k in range(4) if title_digest(f"Tune {k}") in held(record)])
    assert figures["nats_per_value"] == pytest.approx(record["nats_per_value"], abs=1e-3)
    assert figures["register_nats"] == pytest.approx(record["held_out_register_losses"][0], abs=1e-3)
    assert not progress_file(output).exists()


def held(record):
    return record["split"]["held_out_tunes"]


def test_solos_without_players_make_a_model_without_the_feature(tmp_path):
    write_tunes(tmp_path, 2)
    output = tmp_path / "m.safetensors"
    settings = replace(FULL, layers=1, epochs=1, graph="fused")
    train_files([tmp_path], output, settings=settings, console=quiet())
    spec = load_checkpoint(output).spec
    assert (spec.players, "player" in spec.features, "chord" in spec.features) == ((), False, True)
