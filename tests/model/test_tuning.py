"""The constants that correct a model at play: checked when made, and carried by the checkpoint's header."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest

from jazzgen.errors import CheckpointError, OptionError
from jazzgen.model.checkpoint import describe_improviser, load_checkpoint, save_checkpoint
from jazzgen.model.shipped import shipped_checkpoints
from jazzgen.model.tuning import Tuning
from tests.checkpoints import made_of

NAMES = [constant.name for constant in fields(Tuning)]
OTHER = Tuning(long_note_bias=0.7, pitch_prior_std=math.inf, motif_biases=(0.0, 1, 2, 3, 4, -5.5))


@pytest.mark.parametrize("name", NAMES)
def test_each_constant_says_what_it_serves(name: str) -> None:
    assert f"\n        {name} " in (Tuning.__doc__ or "")


def test_neutral_corrects_nothing() -> None:
    neutral = Tuning.neutral()
    assert neutral.harmony_prior == neutral.long_note_bias == neutral.repeated_pitch_bias == 0
    assert neutral.degree_temperature == neutral.motif_min_gain == neutral.motif_max_gain == 1
    assert neutral.pitch_prior_std == math.inf
    assert set(neutral.motif_biases) == set(neutral.shape_biases) == {0.0}


def test_a_model_without_context_has_the_harmony_prior_instead() -> None:
    assert Tuning.default(has_context=True) == Tuning()
    plain = Tuning.default(has_context=False)
    assert (Tuning().harmony_prior, plain.harmony_prior) == (0, 1)
    assert plain.held_dissonance_bias == plain.long_note_bias == plain.outside_on_beat_bias == 0
    assert plain.degree_temperature == 1
    changed = "harmony_prior degree_temperature long_note_bias outside_on_beat_bias held_dissonance_bias"
    differs = [name for name, value in asdict(plain).items() if value != getattr(Tuning(), name)]
    assert sorted(differs) == sorted(changed.split())


@pytest.mark.parametrize("tuning", [Tuning(), Tuning.neutral(), Tuning.default(False), OTHER])
def test_json_gives_the_tuning_back(tuning: Tuning) -> None:
    assert Tuning.from_json(json.loads(json.dumps(tuning.as_json(), allow_nan=False))) == tuning


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({"degree_temperature": 0.0}, r"degree_temperature must be a number in 0\.1\.\.10, received 0\.0"),
        ({"long_note_bias": math.nan}, "long_note_bias must be a number"),
        ({"long_note_bias": math.inf}, "long_note_bias must be a number"),
        ({"long_note_bias": True}, "long_note_bias must be a number"),
        ({"long_note_bias": (0.1, 0.2)}, "long_note_bias must be a number"),
        ({"pitch_prior_std": "wide"}, "pitch_prior_std must be a number in 1..inf"),
        ({"motif_biases": (1.0,) * 5}, "motif_biases must be 6 numbers in -20..20"),
        ({"motif_biases": 1.0}, "motif_biases must be 6 numbers"),
        ({"shape_biases": (1.0,) * 5 + ("6",)}, "shape_biases must be 6 numbers"),
        ({"motif_min_gain": 2.0}, r"motif_min_gain must be at most motif_max_gain, 1\.6, received 2"),
    ],
)
def test_what_is_no_tuning_is_refused(constants: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Tuning(**constants)


def test_the_header_carries_it(tmp_path: Path) -> None:
    made = made_of(4)
    path = tmp_path / "tuned.safetensors"
    save_checkpoint(path, made.arrays, describe_improviser(4, tuning=OTHER))
    assert load_checkpoint(path).tuning == OTHER


def test_a_checkpoint_without_one_gets_the_default(tmp_path: Path) -> None:
    made = made_of(4)
    description = {name: value for name, value in describe_improviser(4).items() if name != "tuning"}
    save_checkpoint(tmp_path / "old.safetensors", made.arrays, description)
    assert load_checkpoint(tmp_path / "old.safetensors").tuning == Tuning.default(has_context=False)
    for name, path in shipped_checkpoints().items():
        if name in ("improviser", "classic-64"):
            assert load_checkpoint(path).tuning == Tuning.default(has_context=name == "improviser")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"tuning": None}, "its tuning does not fit: a tuning must have harmony_prior, degree_temperature"),
        ({"tuning": {"long_note_bias": 1}}, "a tuning must have"),
        ({"tuning": Tuning().as_json() | {"more": 1}}, "a tuning must have"),
        ({"tuning": Tuning().as_json() | {"motif_biases": [1, 2]}}, "motif_biases must be 6 numbers"),
        (
            {"tuning": Tuning().as_json() | {"motif_exponent": 10**400}},
            "motif_exponent must be a number in 0..10",
        ),
        ({"tuning": Tuning().as_json() | {"motif_exponent": [[]]}}, "motif_exponent must be a number"),
    ],
)
def test_a_header_with_another_tuning_is_refused(
    tmp_path: Path, change: dict[str, object], fault: str
) -> None:
    path = tmp_path / "wrong.safetensors"
    save_checkpoint(path, made_of(4).arrays, describe_improviser(4) | change)
    with pytest.raises(CheckpointError, match=fault):
        load_checkpoint(path)


def test_constants_are_frozen_numbers() -> None:
    assert replace(Tuning(), long_note_bias=0) == replace(Tuning(), long_note_bias=0.0)
