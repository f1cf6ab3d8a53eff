"""bass_lines.py: the annotation of the bass, cleaned."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jazzgen.corpus.bass_lines import HIGH, LOW, UNKNOWN, clean, read_bass_lines
from jazzgen.errors import DataError


@pytest.mark.parametrize(
    ("heard", "cleaned"),
    [
        ((38, 52, 41), (38, 40, 41)),  # an octave too high
        ((38, 29, 41), (38, 41, 41)),  # too low
        ((38, 46, 41), (38, 46, 41)),  # a leap up and back that stays as it is nearer
        ((40, 43, 43, 43, 41), (40, 43, 43, 43, 41)),
        ((40, 43, 43, 43, 43, 41), (40, 0, 0, 0, 0, 41)),  # stuck
        ((38, 0, 52, 41), (38, 0, 52, 41)),  # unknown neighbours say nothing
        ((), ()),
    ],
)
def test_octaves_are_mended_and_stuck_pitches_unknown(
    heard: tuple[int, ...], cleaned: tuple[int, ...]
) -> None:
    assert clean(heard) == cleaned


def database(path: Path, pitches: list[int | None], bass: bool = True) -> Path:
    """One solo of F7 and Bb7 in turn, a bar each, with a bass."""
    with closing(sqlite3.connect(path)) as file:
        file.executescript(
            "CREATE TABLE solo_info (melid INTEGER, performer TEXT, title TEXT, instrument TEXT);"
            "CREATE TABLE melody (eventid INTEGER, melid INTEGER, onset REAL, pitch REAL, duration REAL,"
            " division INTEGER, bar INTEGER, beat INTEGER, tatum INTEGER, beatdur REAL);"
            "CREATE TABLE beats (beatid INTEGER, melid INTEGER, onset REAL, bar INTEGER, beat INTEGER,"
            " signature TEXT, chord TEXT, form TEXT);"
            "INSERT INTO solo_info VALUES (1, 'Nobody', 'Test', 'ts');"
        )
        if bass:
            file.execute("ALTER TABLE beats ADD COLUMN bass_pitch INTEGER")
        for k, pitch in enumerate(pitches):
            bar, beat = divmod(k, 4)
            chord = ("F7", "Bb7")[bar % 2] if beat == 0 else ""
            row = (k, 1, k / 2, bar + 1, beat + 1, "4/4", chord, "")
            marks = "?, ?, ?, ?, ?, ?, ?, ?, ?" if bass else "?, ?, ?, ?, ?, ?, ?, ?"
            file.execute(f"INSERT INTO beats VALUES ({marks})", (*row, pitch)[: 8 + bass])  # noqa: S608 - ours
            note = (k, 1, k / 2, 60 + k % 7, 0.4, 1, bar + 1, beat + 1, 1, 0.5)
            file.execute("INSERT INTO melody VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", note)
        file.commit()
    return path


WALK: list[int | None] = [41, 43, 45, 47, 46, 48, 50, 47]


def test_a_line_stands_on_the_beats_of_its_solo(tmp_path: Path) -> None:
    heard = WALK * 10
    heard[5] = None
    (line,) = read_bass_lines(database(tmp_path / "wjazzd.db", heard))
    assert line.pitches == tuple(pitch or UNKNOWN for pitch in heard)
    assert line.form.chord_at(48).symbol == "Bb7"
    assert all(pitch == UNKNOWN or LOW <= pitch <= HIGH for pitch in line.pitches)


@pytest.mark.parametrize(
    "heard",
    [[pitch + 1 for pitch in WALK * 10 if pitch], WALK * 5, [41, 41, 46, 46] * 20],
    ids=["not the chords'", "too short", "in two"],
)
def test_what_cannot_be_relied_on_is_left_out(tmp_path: Path, heard: list[int | None]) -> None:
    assert read_bass_lines(database(tmp_path / "wjazzd.db", heard)) == []


def test_a_database_without_a_bass_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="bass_pitch is missing"):
        read_bass_lines(database(tmp_path / "wjazzd.db", WALK, bass=False))
