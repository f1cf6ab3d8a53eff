"""Expression fitted to annotated modulations, where a database has them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from jazzgen.corpus.wjazzd import open_database, read_transcriptions
from jazzgen.performance.expression import FEATURES, GESTURES, load_chances
from recipes import expression as program

BARS = 80
SOLOS = ("ts", "tb", "p", "ts", "tb", "ts")


def _make(path: Path, column: str = "f0_mod TEXT") -> Path:
    """Phrases of a bar and a half: eighths and a long note. Every second long one of the tenor has vibrato
    and falls are at ends; the trombone slides into one of three.
    """
    database = sqlite3.connect(path)
    database.executescript(
        "CREATE TABLE solo_info (melid INTEGER, performer TEXT, title TEXT, instrument TEXT);"
        "CREATE TABLE melody (eventid INTEGER PRIMARY KEY, melid INTEGER, onset REAL, pitch REAL, duration"
        " REAL, division INTEGER, bar INTEGER, beat INTEGER, tatum INTEGER, beatdur REAL, loud_med REAL"
        f"{', ' * bool(column)}{column});"
        "CREATE TABLE beats (beatid INTEGER PRIMARY KEY, melid INTEGER, onset REAL, bar INTEGER, beat"
        " INTEGER, signature TEXT, chord TEXT, form TEXT);"
    )
    rng = np.random.default_rng(1)
    for melid, code in enumerate(SOLOS, 1):
        database.execute("INSERT INTO solo_info VALUES (?, 'X', ?, ?)", (melid, f"Tune {melid}", code))
        rows = [(melid, (bar * 4 + beat) / 2, bar, beat + 1) for bar in range(BARS) for beat in range(4)]
        database.executemany(
            "INSERT INTO beats (melid, onset, bar, beat, signature, chord, form) "
            "VALUES (?, ?, ?, ?, '4/4', '', '')",
            rows,
        )
        for bar in range(0, BARS, 2):
            for k in range(9):
                beat, tatum = divmod(k, 2)
                long = k == 8
                label = ""
                if long:
                    label = rng.choice(["vibrato", "fall-off", ""], p=[0.5, 0.2, 0.3])
                elif code == "tb" and k in (2, 5) and rng.random() < 0.33:
                    label = "slide"
                onset = (bar * 4 + beat) / 2 + tatum / 4
                row = (melid, onset, 60 + k % 4, 0.8 if long else 0.25, 2, bar + beat // 4, beat % 4 + 1,
                       tatum + 1, 0.5, 60.0)  # fmt: skip
                names = "melid, onset, pitch, duration, division, bar, beat, tatum, beatdur, loud_med"
                if column:
                    row, names = (*row, label or None), f"{names}, f0_mod"
                holes = ", ".join("?" * len(row))
                database.execute(f"INSERT INTO melody ({names}) VALUES ({holes})", row)  # noqa: S608
    database.commit()
    database.close()
    return path


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _make(tmp_path_factory.mktemp("db") / "annotated.db")


def test_the_column_is_read_where_it_is(tmp_path: Path, database: Path) -> None:
    with closing(open_database(database)) as opened:
        labels = {event.modulation for solo in read_transcriptions(opened) for event in solo.events}
    assert labels == {"", "vibrato", "fall-off", "slide"}
    with closing(open_database(_make(tmp_path / "without.db", ""))) as opened:
        assert {e.modulation for solo in read_transcriptions(opened) for e in solo.events} == {None}


def test_what_is_fitted_is_what_is_annotated(
    tmp_path: Path, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.json"
    assert program.main([str(database), "-o", str(mine)]) == 0
    chances = load_chances(mine)
    assert "Fitted by recipes/expression.py" in chances.source

    def likely(gesture: str, instrument: str = "tenor-sax", **features: float) -> float:
        row = np.array([[features.get(name, 1.0 * (name == "constant")) for name in FEATURES]])
        return float(chances.of(gesture, row, instrument)[0])

    assert likely("vibrato", long=np.log2(0.8 / 0.25), last=1, beat=1, rise=0, drop=1 / 4) == pytest.approx(
        0.5, abs=0.12
    )
    assert likely("fall", long=np.log2(0.8 / 0.25), last=1, beat=1, drop=1 / 4) == pytest.approx(0.2, abs=0.1)
    assert likely("slide", "trombone") > 3 * likely("slide")
    said = capsys.readouterr().out
    assert "scoop    0 notes are too few; its rule stays" in said
    assert json.loads(mine.read_text())["weights"]["scoop"] == load_chances().weights["scoop"]


def test_rates_are_by_instrument_and_pianos_are_left_out(database: Path) -> None:
    found = program.rates(program.annotated(database))
    assert set(found) == {"tenor-sax", "trombone"}
    assert set(found["trombone"]) == set(GESTURES)
    assert found["tenor-sax"]["slide"] == 0 < found["trombone"]["slide"]
    assert found["tenor-sax"]["vibrato"] == pytest.approx(100 / 18, abs=2)


@pytest.mark.parametrize("column", ["", "f0_mod TEXT"])
def test_a_database_without_annotations_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], column: str
) -> None:
    path = _make(tmp_path / "bare.db", column)
    with closing(sqlite3.connect(path)) as opened, opened:
        if column:
            opened.execute("UPDATE melody SET f0_mod = 7")  # a cell may hold anything
    assert program.main([str(path), "-o", str(tmp_path / "mine.json")]) == 2
    assert "no modulations are annotated in it (melody.f0_mod)" in capsys.readouterr().err
    assert not (tmp_path / "mine.json").exists()


def test_a_regression_finds_its_own_weights() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(4000), rng.normal(size=(4000, 2))])
    true = np.array([-1.0, 1.5, -0.5])
    y = (rng.random(4000) < 1 / (1 + np.exp(-x @ true))).astype(float)
    assert program.fit_logistic(x, y, np.full(3, 1e-3)) == pytest.approx(true, abs=0.15)
