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

NAMES = [number.name for number in fields(Tuning)]
OTHER = Tuning(held_dissonance_bias=0.7, pitch_prior_std=math.inf, motif_bias=-5.5)


@pytest.mark.parametrize("name", NAMES)
def test_each_constant_says_what_it_serves(name: str) -> None:
    assert f"\n        {name} " in (Tuning.__doc__ or "")


def test_there_are_at_most_eight() -> None:
    assert len(NAMES) <= 8


def test_neutral_corrects_nothing() -> None:
    neutral = Tuning.neutral()
    assert neutral.harmony_prior == neutral.motif_bias == 0
    assert neutral.degree_temperature == neutral.rhythm_views == neutral.pitch_views == 1
    assert neutral.pitch_prior_std == math.inf


def test_a_model_without_context_has_the_harmony_prior_instead() -> None:
    assert Tuning.default(has_context=True) == Tuning()
    plain = Tuning.default(has_context=False)
    assert (Tuning().harmony_prior, plain.harmony_prior) == (0, 1)
    assert plain.held_dissonance_bias == 0
    assert plain.degree_temperature == 1
    differs = [name for name, value in asdict(plain).items() if value != getattr(Tuning(), name)]
    assert sorted(differs) == ["degree_temperature", "harmony_prior", "held_dissonance_bias"]


@pytest.mark.parametrize("tuning", [Tuning(), Tuning.neutral(), Tuning.default(False), OTHER])
def test_json_gives_the_tuning_back(tuning: Tuning) -> None:
    assert Tuning.from_json(json.loads(json.dumps(tuning.as_json(), allow_nan=False))) == tuning


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({"degree_temperature": 0.0}, r"degree_temperature must be a number in 0\.1\.\.10, received 0\.0"),
        ({"motif_bias": math.nan}, "motif_bias must be a number"),
        ({"motif_bias": math.inf}, "motif_bias must be a number"),
        ({"motif_bias": True}, "motif_bias must be a number"),
        ({"motif_bias": (0.1, 0.2)}, "motif_bias must be a number"),
        ({"pitch_prior_std": "wide"}, "pitch_prior_std must be a number in 1..inf"),
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
    classic = shipped_checkpoints().get("classic-64")
    assert classic is None or load_checkpoint(classic).tuning == Tuning.default(has_context=False)


def test_a_tuning_of_an_earlier_version_is_passed_over(tmp_path: Path) -> None:
    earlier = {"tuning": {"long_note_bias": 0.2, "motif_biases": [0.1, 0.4, 0.8, 1.3, 1.3, -1.5]}}
    save_checkpoint(tmp_path / "earlier.safetensors", made_of(4).arrays, describe_improviser(4) | earlier)
    assert load_checkpoint(tmp_path / "earlier.safetensors").tuning == Tuning.default(has_context=False)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"tuning": []}, "its tuning does not fit: a tuning must have harmony_prior, rhythm_views"),
        ({"tuning": {"motif_bias": 1}}, "a tuning must have"),
        ({"tuning": Tuning().as_json() | {"more": 1}}, "a tuning must have"),
        ({"tuning": Tuning().as_json() | {"motif_bias": [1, 2]}}, "motif_bias must be a number"),
        ({"tuning": Tuning().as_json() | {"motif_bias": 10**400}}, "motif_bias must be a number in -20..20"),
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
    assert replace(Tuning(), motif_bias=0) == replace(Tuning(), motif_bias=0.0)
