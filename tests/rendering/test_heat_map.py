"""The heat map: what was played where it stands, and what the model gave it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.errors import OptionError
from jazzgen.music.score import Solo
from jazzgen.rendering.heat_map import HeatPage, plot_probabilities
from jazzgen.rendering.page import svg
from jazzgen.tokens.vocabulary import N_VALUES, REST, decode, encode, value_of
from tests.rendering.pictures import shapes, tips, words
from tests.rendering.test_page import needs_cairosvg


def certain(values: list[int]) -> str:
    """The page of a model that was sure of what came."""
    solo = decode(values, parse_progression("| C |").repeat(20))
    assert encode(solo) == values
    return svg(HeatPage(solo, np.eye(N_VALUES)[values]))


@pytest.fixture
def half(solo: Solo) -> np.ndarray:
    """(n, 78): one half for each value that was played."""
    values = encode(solo)
    probs = np.full((len(values), N_VALUES), 0.5 / (N_VALUES - 1))
    probs[np.arange(len(values)), values] = 0.5
    return probs


def test_played_values_are_marked_where_they_stand(solo: Solo, half: np.ndarray) -> None:
    picture = svg(HeatPage(solo, half))
    assert len(tips(picture)) == len(half)
    assert tips(picture)[:2] == ["step 1: rest, eighth, p = 0.500", "step 2: 1, eighth, p = 0.500"]
    said = words(picture)
    assert f"{len(half)} values  ·  0.69 nats a value  ·  the likeliest was played 100 % of the time" in said
    assert said[0] == "Four & More"
    assert {"step 1", "Cm7"} <= set(said)


def test_a_higher_degree_and_a_longer_note_stand_higher() -> None:
    picture = certain([value_of(REST, 0), value_of(0, 0), value_of(0, 5), value_of(11, 5)])
    y = [float(shape.get("y", "nan")) for shape in shapes(picture, "rect") if len(shape)]
    assert y == sorted(y, reverse=True)


def test_many_steps_make_more_rows() -> None:
    said = words(certain([0] * 250))
    assert [word for word in said if word.startswith("step")] == ["step 1", "step 105", "step 209"]


@needs_cairosvg
def test_probabilities_as_files(solo: Solo, half: np.ndarray, tmp_path: Path) -> None:
    for suffix in ("svg", "png"):
        plot_probabilities(solo, half, tmp_path / f"heat.{suffix}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["heat.png", "heat.svg"]
    assert (tmp_path / "heat.svg").read_text(encoding="utf-8") == svg(HeatPage(solo, half))


def test_what_are_no_probabilities_of_its_values_is_refused(solo: Solo, half: np.ndarray) -> None:
    n = len(half)
    for wrong in (half[:, 1:], half[1:], half[0]):
        with pytest.raises(OptionError, match=rf"the {n} values of this solo need .*shape \({n}, 78\)"):
            HeatPage(solo, wrong)
    for wrong in (np.full((n, 78), 3.0), np.full((n, 78), np.nan), -half):
        with pytest.raises(OptionError, match="after the softmax"):
            HeatPage(solo, wrong)
    with pytest.raises(OptionError, match="the 0 values of this solo"):
        HeatPage(Solo((), solo.progression), np.zeros((0, 78)))
