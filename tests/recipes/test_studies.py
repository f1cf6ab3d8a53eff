"""The project's own study solos: what they promise a reader, a player and a learner."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jazzgen import midi
from jazzgen.errors import ProgressionError
from jazzgen.music.chords import guide_tones, parse_chord
from jazzgen.music.score import Solo
from jazzgen.tokens import vocabulary
from recipes.studies.__main__ import main, write_studies
from recipes.studies.figures import figures
from recipes.studies.music import STUDIES
from recipes.studies.notation import Study, to_solo
from tests.shared import ROOT

DATA = ROOT / "data" / "midi"


NAMES = [study.name for study in STUDIES]


def study(name: str) -> Study:
    return next(study for study in STUDIES if study.name == name)


def test_there_are_enough_over_different_forms() -> None:
    assert len(STUDIES) >= 8
    forms = {tuple((c.tick, c.symbol) for c in to_solo(s).progression.chords) for s in STUDIES}
    assert len(forms) == len(STUDIES)
    assert len({s.instrument for s in STUDIES}) >= 8
    assert {s.beats for s in STUDIES} == {3, 4}


def test_the_files_are_what_the_script_writes(tmp_path: Path) -> None:
    written = write_studies(tmp_path)
    assert {path.name for path in written} == {path.name for path in DATA.iterdir()}
    stale = [path.name for path in written if path.read_bytes() != (DATA / path.name).read_bytes()]
    assert not stale, f"run python -m recipes.studies: {stale}"


@pytest.mark.parametrize("name", NAMES)
def test_reads_back_as_composed(name: str) -> None:
    composed = to_solo(study(name))
    read = midi.read_solo(DATA / f"{name}.mid")
    assert read.notes == composed.notes
    assert read.progression.chords == composed.progression.chords
    assert read.progression.meters == composed.progression.meters
    assert read.progression.sections == composed.progression.sections
    assert read.progression.length == composed.progression.length
    assert (read.title, read.instrument) == (composed.title, composed.instrument)
    assert read.tempo == pytest.approx(composed.tempo, abs=0.01)
    assert not read.double_time


@pytest.mark.parametrize("name", NAMES)
def test_values_give_the_solo_back(name: str) -> None:
    solo = to_solo(study(name))
    values = vocabulary.encode(solo)
    decoded = vocabulary.decode(values, solo.progression, instrument=solo.instrument, tempo=solo.tempo)
    assert [(n.onset, n.pitch % 12) for n in decoded.notes] == [(n.onset, n.pitch % 12) for n in solo.notes]
    assert vocabulary.encode(decoded) == values


def guide_tones_met(solo: Solo) -> float:
    """The share of chords whose 3rd or 7th sounds in the first bar of the chord's own time."""
    form = solo.progression
    ends = [change.tick for change in form.chords[1:]] + [form.length]
    met = []
    for change, end in zip(form.chords, ends, strict=True):
        chord = parse_chord(change.symbol)
        assert chord is not None
        heard = [n for n in solo.notes if n.onset < min(end, change.tick + 48) and n.end > change.tick]
        met.append(any(n.pitch % 12 in guide_tones(chord) for n in heard))
    return sum(met) / len(met)


@pytest.mark.parametrize("name", NAMES)
def test_a_teacher_would_not_wince(name: str) -> None:
    solo = to_solo(study(name))
    f = figures(solo)
    assert f.bars >= 16
    assert 0.6 <= f.strong_chord_tones <= 0.95  # the changes are outlined, and sometimes suspended
    assert 0.5 <= f.chord_tones <= 0.8
    assert 0.15 <= f.rests <= 0.35
    assert f.steps > 0.5
    assert f.leaps <= 0.05
    assert f.highest - f.lowest >= 12
    assert f.longest_run <= 24  # beats: six bars at most without a breath of a beat
    assert f.same_rhythm <= 2
    assert guide_tones_met(solo) >= 0.8


@pytest.mark.parametrize("name", NAMES)
def test_the_end_is_a_landing(name: str) -> None:
    solo = to_solo(study(name))
    last = solo.notes[-1]
    chord = parse_chord(solo.progression.chord_at(last.onset).symbol)
    assert chord is not None
    assert last.pitch % 12 in chord.pitch_classes
    assert last.onset >= solo.progression.bar_ticks[-1]


def test_sources_name_every_file_and_the_licence() -> None:
    text = (DATA / "SOURCES.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(.+?)\.mid`", text, flags=re.MULTILINE) == NAMES
    assert "MIT" in text


def test_report_and_reading_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--report"]) == 0
    report = capsys.readouterr().out
    assert all(name in report for name in NAMES)
    assert main(["--read", NAMES[0]]) == 0
    assert STUDIES[0].title in capsys.readouterr().out


@pytest.mark.parametrize(
    ("bars", "message"),
    [
        ("C7 | 8 c4 d4", r"bar 1: it lasts 12 ticks; a bar of 4 beats has 48"),
        ("C7 | 2 c4 h4", r"bar 1: 'h4' is neither a length"),
        ("C7 | 1 c4\nC7 | 1 c9", r"bar 2: pitch 120 is outside the tenor-sax's 44\.\.76"),
        ("C7 | 8t c4 ~ d4 2. -", r"bar 1: onsets at ticks \[0, 8\] of one beat"),
    ],
)
def test_a_wrong_bar_is_named(bars: str, message: str) -> None:
    wrong = Study("wrong", "Wrong", "one chord", "C", 120, "tenor-sax", "nothing", bars)
    with pytest.raises(ProgressionError, match=message):
        to_solo(wrong)
