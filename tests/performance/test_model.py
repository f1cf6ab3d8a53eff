"""The fitted model of a soloist: its file is checked, its numbers are the corpus's, its features mean what
they say.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.errors import DataError
from jazzgen.music.phrases import phrase_starts
from jazzgen.music.score import Note
from jazzgen.performance import model as performance
from jazzgen.performance.model import (
    LOUDNESS_FEATURES,
    PERFORMANCE_FILE,
    TEMPI,
    AR1Noise,
    beat_positions,
    load_performance,
    loudness_features,
)
from tests.shared import shared_file


def column(notes: list[Note], name: str) -> list[float]:
    form = parse_progression("| C7 | % | % | % |")
    return loudness_features(notes, form)[:, LOUDNESS_FEATURES.index(name)].tolist()


def test_the_places_in_a_bar() -> None:
    notes = [Note(tick, 1, 60) for tick in (0, 3, 6, 9, 12, 18, 24, 36, 40, 44, 48)]
    assert column(notes, "beat 1") == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert column(notes, "beats 2 and 4") == [0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0]
    assert column(notes, "off-beat") == [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0]
    assert column(notes, "triplet") == [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0]
    assert beat_positions([note.onset for note in notes]) == [
        "beat", "16th 2", "16th 3", "16th 4", "beat", "off-beat", "beat", "beat", "triplet 2", "triplet 3",
        "beat",
    ]  # fmt: skip


def test_the_line_and_its_phrases() -> None:
    notes = [Note(0, 6, 60), Note(6, 6, 64), Note(12, 6, 62), Note(36, 6, 61), Note(42, 6, 67)]
    assert phrase_starts([note.onset for note in notes], [note.end for note in notes]) == [0, 3]
    assert column(notes, "peak") == [0, 1, 0, 0, 0]
    assert column(notes, "trough") == [0, 0, 0, 1, 0]
    assert column(notes, "place in the phrase") == pytest.approx([-1 / 3, 0, 1 / 3, -0.25, 0.25])
    assert column(notes, "rise to the next") == pytest.approx([4 / 12, 0, 0, 6 / 12, 0])
    assert loudness_features([], parse_progression("| C |")).shape == (0, len(LOUDNESS_FEATURES))


def test_a_phrase_dies_away_and_high_notes_are_louder() -> None:
    form = parse_progression("| C7 | % |")
    level = load_performance().decibels([Note(6 * k, 6, 60) for k in range(16)], form)
    assert level[:4].mean() > level[-4:].mean() + 0.8
    arch = load_performance().decibels([Note(6 * k, 6, p) for k, p in enumerate((60, 72, 60))], form)
    assert arch[1] > arch[0] + 1
    assert arch.mean() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("tempo", "ratio"), [(100, 1.28), (160, 1.33), (220, 1.30), (260, 1.21), (300, 1.16)]
)
def test_the_swing_is_that_of_beats_of_two_eighths(tempo: int, ratio: float) -> None:
    """The second source: medians of the ratio itself, over the beats of exactly two eighths."""
    assert load_performance().swing_ratio(tempo) == pytest.approx(ratio, abs=0.09)


def test_chance_wanders() -> None:
    drawn = AR1Noise(white_std=0.0, ar_std=2.0, ar_coef=0.8).draw(np.random.default_rng(1), 20_000, 4.0)
    assert drawn.std() == pytest.approx(2.0, rel=0.05)
    assert np.corrcoef(drawn[1:], drawn[:-1])[0, 1] == pytest.approx(0.8, abs=0.03)
    assert AR1Noise(1.0, 1.0, 0.5).draw(np.random.default_rng(1), 0, 2.0).shape == (0,)


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        (("loudness_db", "weights", "peak"), "loud", "could not convert"),
        (("loudness_db", "weights", "peak"), float("inf"), "finite"),
        (("loudness_db", "weights", "mood"), 1.0, "other features"),
        (("loudness_db", "noise", "white_std"), -1, "must not be negative"),
        (("time_ms", "tempi"), [1.0] * len(TEMPI), "other features, positions or tempi"),
        (("time_ms", "positions", "beat"), [1.0], "7 finite numbers"),
        (("time_ms", "noise_beats", "ar_coef"), 1, "ar_coef below 1"),
        (("time_ms",), None, "not a performance model"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, where, value, message: str) -> None:
    content = json.loads(PERFORMANCE_FILE.read_text(encoding="utf-8"))
    inner = content
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    path = tmp_path / "other.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_performance(path)
    with pytest.raises(DataError, match="cannot be read"):
        load_performance(tmp_path / "none.json")


def test_the_file_names_its_source() -> None:
    assert "Open Database License" in json.loads(PERFORMANCE_FILE.read_text(encoding="utf-8"))["source"]


@pytest.mark.no_cover  # the whole corpus
def test_the_fit_to_the_corpus_is_what_ships(tmp_path: Path, monkeypatch, capsys) -> None:
    database = shared_file("wjazzd", "wjazzd.db")
    from recipes import feel as program

    assert program.main([str(database), "-o", str(tmp_path / "fit.json")]) == 0
    fitted, shipped = load_performance(tmp_path / "fit.json"), load_performance()
    for name in LOUDNESS_FEATURES:
        assert fitted.loudness[name] == pytest.approx(shipped.loudness[name], abs=0.002)
    for place in performance.BEAT_POSITIONS:
        assert fitted.time[place] == pytest.approx(shipped.time[place], abs=0.11)
    figure = dict(line.rsplit(maxsplit=1) for line in capsys.readouterr().out.splitlines()[1:])
    assert float(figure["loudness explained, fitted"]) > 0.13
    assert float(figure["loudness explained, hand-set"]) < 0
    missed = [float(figure[f"time missed by (ms), {k}"]) for k in ("fitted", "hand-set", "straight")]
    assert missed == sorted(missed)


def test_a_database_of_another_kind_is_one_line(tmp_path: Path, monkeypatch, capsys) -> None:
    from recipes import feel as program

    (tmp_path / "no.db").write_bytes(b"text")
    assert program.main([str(tmp_path / "no.db"), "-o", str(tmp_path / "fit.json")]) == 2
    assert "not a Weimar Jazz Database" in capsys.readouterr().err
    assert not (tmp_path / "fit.json").exists()
