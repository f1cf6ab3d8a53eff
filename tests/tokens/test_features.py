"""Which features a model reads, and those that the place in the form determines, each by hand."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jazzgen.errors import CheckpointError, OptionError
from jazzgen.model.checkpoint import load_checkpoint, save_checkpoint
from jazzgen.music.score import ChordChange, MeterChange, Progression, Section
from jazzgen.tokens import features
from jazzgen.tokens.features import (
    FEATURES,
    Feature,
    FeatureSpec,
    form_table,
    near_class,
    nearest_pitch,
)
from tests.checkpoints import hearing_all
from tests.tokens.tracking import ALL, FORM, tracking

# ----------------------------------------------------------------------------------- determined by the place


def test_beat_is_the_place_in_the_beat_and_the_beat_of_the_bar() -> None:
    rows = form_table(FeatureSpec(("beat",)), FORM, 160).active
    assert [rows[tick] for tick in (0, 3, 12, 46, 48)] == [[0, 12], [3, 12], [0, 13], [10, 15], [0, 12]]
    nine = Progression((ChordChange(0, "C"),), 108, (MeterChange(0, 9),))
    assert form_table(FeatureSpec(("beat",)), nine, 160).active[96] == [
        0,
        12 + 7,
    ]  # the ninth beat counts as 8th


@pytest.mark.parametrize(
    ("symbol", "rows"),
    [
        ("Dm7", {0, 3, 7, 10, 12}),
        ("C7/E", {0, 4, 7, 10, 12 + 4}),
        ("F#o7", {0, 3, 6, 9, 12}),
        ("N.C.", {24}),
    ],
)
def test_chord_is_its_tones_above_the_root_and_its_bass(symbol: str, rows: set[int]) -> None:
    form = Progression((ChordChange(0, symbol),), 48)
    assert set(form_table(FeatureSpec(("chord",)), form, 160).active[0]) == rows


def test_next_is_the_chord_to_come_above_this_root_and_the_ticks_until_it() -> None:
    table = form_table(FeatureSpec(("next",)), FORM, 160)
    g7 = {5, 12 + 5, 12 + 9, 12 + 0, 12 + 3}  # seen from D
    assert set(table.active[0]) == g7 | {24 + 5}  # 48 ticks: 37 to 48
    assert set(table.active[47]) == g7 | {24 + 0}
    assert set(table.active[48 + 36]) == {5, 12 + 5, 12 + 9, 12 + 0, 12 + 4} | {24 + 2}  # Cmaj7 from G
    assert table.active[96] == []
    assert [table.roots[tick] for tick in (0, 47, 48, 96, 191)] == [2, 2, 7, 0, 0]


def test_form_counts_bars_since_the_section_until_its_end_and_until_the_solo_ends() -> None:
    form = replace(FORM.repeat(3), sections=(Section(0, "A"), Section(96, "B")))
    rows = form_table(FeatureSpec(("form",)), form, 160).active
    assert rows[0] == [0, 8 + 1, 16 + 5]  # bar 1 of an A of two bars; 11 more bars count as 5
    assert rows[48] == [1, 8 + 0, 16 + 5]
    assert rows[96] == [0, 8 + 7, 16 + 5]  # nine more bars of the B count as 7
    assert rows[48 * 11] == [7, 8 + 0, 16 + 0]


@pytest.mark.parametrize(
    ("tempo", "double_time", "rows"),
    [(60, False, [0]), (80, False, [1]), (160, False, [3]), (160, True, [3, 9]), (390, False, [8])],
)
def test_tempo_is_a_bucket_and_whether_it_is_double_time(
    tempo: float, double_time: bool, rows: list[int]
) -> None:
    assert tracking("tempo", tempo=tempo, double_time=double_time).active_features() == rows


# ---------------------------------------------------------------------------------------------------- spec


def test_features_follow_each_other() -> None:
    spec = FeatureSpec(("tempo", "player", "register", "motif"), ("Ann", "Bob"))
    assert spec.offsets == {"tempo": 0, "player": 10, "register": 12, "motif": 24}
    assert (spec.width, spec.most_active, spec.motif) == (24, 4, True)
    assert (FeatureSpec().width, FeatureSpec().most_active, FeatureSpec().motif) == (0, 0, False)


@pytest.mark.parametrize(
    ("features", "players", "message"),
    [
        (("beat", "weather"), (), "received beat, weather"),
        (("beat", "beat"), (), "received beat, beat"),
        (("player",), (), "if and only if"),
        (("beat",), ("Ann",), "if and only if"),
    ],
)
def test_a_layout_that_makes_no_sense_is_refused(
    features: tuple[str, ...], players: tuple[str, ...], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        FeatureSpec(features, players)


def test_the_meaning_travels_with_a_checkpoint_and_another_is_refused(tmp_path: Path) -> None:
    made = hearing_all(4)
    assert made.description["context_layout"] == made.spec.fingerprint
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, made.arrays, made.description)
    assert load_checkpoint(path).spec == made.spec
    save_checkpoint(path, made.arrays, {**made.description, "context_layout": "0" * 16})
    with pytest.raises(CheckpointError, match="mean something else than ours; train it again"):
        load_checkpoint(path)


def test_files_of_version_01_mean_the_same() -> None:
    # If a constant has to change, take `checkpoint.EARLIER_FINGERPRINT` out, so that those files are refused.
    names = "beat chord next form pitches intervals register phrase texture tempo player motion motif"
    assert FeatureSpec(tuple(names.split()), ("Ann",)).fingerprint == "6d4a74ea7bd89f30"


def test_a_feature_that_a_model_does_not_read_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: FeatureSpec((name,)).fingerprint for name in FEATURES if name != "player"}
    assert len(set(before.values())) == len(before)
    monkeypatch.setitem(FEATURES, "range", Feature(2, 1))
    monkeypatch.setitem(FEATURES, "tempo", Feature(2, 2, ((0, 100),)))
    after = {name: FeatureSpec((name,)).fingerprint for name in before}
    assert {name for name in before if before[name] != after[name]} == {"tempo"}
    assert FeatureSpec().fingerprint == ""


# What no trained weights depend on, or what the vocabulary's fingerprint covers.
NO_MEANING = {"EARLIER", "FEATURES", "NEAREST_FIRST", "OCTAVE", "TICKS_PER_BEAT"}
MEANING = sorted({name for name in vars(features) if name.isupper() and name[0] != "_"} - NO_MEANING)


@pytest.mark.parametrize("name", MEANING)
def test_each_constant_changes_the_fingerprint(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = getattr(features, name)
    other = value + 1 if isinstance(value, int) else (*value[:-1], value[-1] + 1)
    changed = module_with(name, other, monkeypatch)
    assert changed.FeatureSpec(ALL.features, ALL.players).fingerprint != ALL.fingerprint
    same = module_with(name, value, monkeypatch)
    assert same.FeatureSpec(ALL.features, ALL.players).fingerprint == ALL.fingerprint


def defined_by(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {alias.name for alias in node.names}
    targets = node.targets if isinstance(node, ast.Assign) else []
    return {leaf.id for target in targets for leaf in ast.walk(target) if isinstance(leaf, ast.Name)}


def module_with(name: str, value: object, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`features` made anew, with the constant `name` set to `value` right behind where it is defined."""
    tree = ast.parse(Path(features.__file__).read_text(encoding="utf-8"))
    (place,) = [k for k, node in enumerate(tree.body) if name in defined_by(node)]
    tree.body[place + 1 : place + 1] = ast.parse(f"{name} = {value!r}").body
    module = ModuleType("changed_features")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(tree, features.__file__, "exec"), module.__dict__)  # noqa: S102
    return module


# --------------------------------------------------------------------------------------------------- octaves


@pytest.mark.parametrize(
    ("pitch_class", "last", "middle", "pitch"),
    [
        (0, 60, 60.0, 60),
        (5, 60, 60.0, 65),
        (7, 60, 60.0, 55),
        (6, 60, 60.0, 66),  # as far either way: towards the middle
        (6, 61, 70.0, 66),
        (0, 66, 60.0, 60),
        (0, 66, 70.0, 72),
        (4, None, 60.0, 64),
        (7, None, 60.0, 55),
        (6, None, 60.5, 66),
    ],
)
def test_the_nearest_pitch(pitch_class: int, last: int | None, middle: float, pitch: int) -> None:
    assert nearest_pitch(pitch_class, last, middle) == pitch


@given(st.integers(0, 11), st.integers(30, 100), st.integers(60, 150))
def test_no_pitch_of_the_class_is_nearer(pitch_class: int, last: int, twice_middle: int) -> None:
    near, middle = nearest_pitch(pitch_class, last, twice_middle / 2), twice_middle / 2
    others = [pitch for pitch in range(128) if pitch % 12 == pitch_class]
    assert near % 12 == pitch_class
    assert abs(near - last) == min(abs(pitch - last) for pitch in others)
    equals = [pitch for pitch in others if abs(pitch - last) == abs(near - last)]
    assert abs(near - middle) == min(abs(pitch - middle) for pitch in equals)
    assert 0 <= near_class(near, last) == near - last + 6 <= 12


def test_a_feature_by_its_earlier_name_is_refused_with_the_one_that_it_has_now() -> None:
    with pytest.raises(OptionError, match="received beat, habits; habits is called texture now"):
        FeatureSpec(("beat", "habits"))
