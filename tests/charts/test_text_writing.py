"""text_writing.py: what is shown of a tune is read again as the same tune, exactly."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.charts.find import ChartOptions, find_tune, tune_in
from jazzgen.charts.forms import builtin_names
from jazzgen.charts.text import parse_progression
from jazzgen.charts.text_writing import write_text, write_tune
from jazzgen.charts.tune import Tune, joined, merged
from jazzgen.errors import ProgressionError
from jazzgen.music.meters import read_meter
from jazzgen.music.progressions import STYLES
from jazzgen.music.score import TICKS_PER_BEAT, ChordChange, MeterChange, Progression, Section

FULL = ChartOptions(form="full")
SYMBOLS = ["C7", "F#m7b5/C", "Bb^7", "N.C.", "G7(b9,#11)", "E♭Δ", "D-7", "A/B", "Db", "D", "E", "Fm"]
METERS = ["4/4", "3/4", "2/2", "12/8", "6/8", "7/8", "5/4", "2/4", "11/4", "1/4"]
NAMES = ["A", "B", "Bridge", "Intro", "Coda", "Verse 2", "i"]


@st.composite
def progressions(draw: st.DrawFn) -> Progression:
    """Any progression that a chart can be read as."""
    ticks, meters, sections, chords = 0, [], [], []
    for _ in range(draw(st.integers(1, 12))):
        if not meters or draw(st.integers(0, 5)) == 0:
            meter = read_meter(draw(st.sampled_from(METERS)), ticks)
            if not meters or meters[-1].signature != meter.signature:
                meters.append(meter)
        length = meters[-1].beats * TICKS_PER_BEAT
        if draw(st.integers(0, 3)) == 0:
            sections.append(Section(ticks, draw(st.sampled_from(NAMES))))
        at = st.one_of(
            st.sampled_from([0, length // 2, length // 3, 12 % length]), st.integers(0, length - 1)
        )
        places = draw(st.sets(at, max_size=5)) | ({0} if not ticks else set())
        chords += [ChordChange(ticks + place, draw(st.sampled_from(SYMBOLS))) for place in sorted(places)]
        ticks += length
    return Progression(
        tuple(merged(chords)),
        ticks,
        tuple(meters),
        tuple(sections),
        title=" ".join(draw(st.text("aZ éß:|#[]()@%1.", max_size=9)).split()),
        composer=draw(st.sampled_from(["", "Doe Jane", "x: y"])),
        key=draw(st.sampled_from(["", "Bb", "F#m", "Cb"])),
        style=draw(st.sampled_from(STYLES)),
        tempo=draw(st.sampled_from([None, 140.0, 66.5, 20.0, 133.33333333333334])),
    )


@settings(deadline=None, max_examples=400)
@given(progressions())
def test_any_progression_comes_back(progression: Progression) -> None:
    assert parse_progression(write_text(progression)) == progression


@settings(deadline=None, max_examples=200)
@given(progressions(), progressions(), st.data())
def test_any_tune_comes_back(first: Progression, other: Progression, data: st.DataObject) -> None:
    """A form with an intro and a last chorus that leaves it somewhere."""
    form = _named(first, "A")
    bars = len(form.bar_ticks)
    kept = data.draw(st.integers(1, bars))
    outro = _like(_named(other, "C"), form) if kept == bars or data.draw(st.booleans()) else None
    head = form.between(0, form.bar_ticks[kept]) if kept < bars else form
    last = _joined(head, outro) if outro else head
    intro = _like(_named(other, "Intro"), form) if data.draw(st.booleans()) else None
    tune = Tune(form, intro, last, form.title)
    again = tune_in(write_tune(tune).encode(), "", FULL)
    assert (again.form, again.intro, again.last) == (form, intro, last)
    assert again.played(3) == tune.played(3)


def _named(progression: Progression, name: str) -> Progression:
    """With one section, at its start."""
    return _replace(progression, sections=(Section(0, name),))


def _like(progression: Progression, form: Progression) -> Progression:
    said = {field: getattr(form, field) for field in ("title", "composer", "key", "style", "tempo")}
    return _replace(progression, **said)


def _replace(progression: Progression, **fields: object) -> Progression:
    return replace(progression, **fields)  # type: ignore[arg-type]


def _joined(first: Progression, second: Progression) -> Progression:
    both = joined([first, second])
    return _replace(both, chords=tuple(merged(both.chords)))


@pytest.mark.parametrize("name", builtin_names()[::7])
def test_built_in_forms_come_back(name: str) -> None:
    tune = find_tune(name)
    assert parse_progression(write_text(tune.form)) == _replace(
        tune.form, chords=tuple(merged(tune.form.chords))
    )


def test_what_a_musician_reads() -> None:
    form = Progression(
        (ChordChange(0, "Dm7"), ChordChange(36, "G7"), ChordChange(96, "C6"), ChordChange(126, "A7")),
        48 * 3 + 36,
        (MeterChange(0, 4), MeterChange(144, 3)),
        (Section(0, "A"), Section(96, "B")),
        title="T",
        tempo=140.0,
    )
    assert write_text(form) == (
        "title: T\nmeter: 4/4\nstyle: swing\ntempo: 140\n"
        "[A] | Dm7 . . G7 | G7 |\n[B] | C6 A7@3.5 | (3/4) A7 |\n"
    )


def test_the_melody_comes_back() -> None:
    text = (
        "[Intro] | E7 {G4} |\n[A] |: C {C5 E5@2.5=1+1/2 Bb4@4=3} | F7 . {A4@3=.25} (To Coda) :|\n"
        "[B] | G7 |\n[Coda] | Bb {F#3=4} |"
    )
    tune = tune_in(text.encode(), "", FULL)
    assert [(note.onset, note.duration, note.pitch) for note in tune.melody] == [
        (0, 12, 72), (18, 18, 76), (36, 36, 70), (72, 3, 69), (96, 12, 72), (114, 18, 76), (132, 36, 70),
        (168, 3, 69),
    ]  # fmt: skip
    assert [note.pitch for note in tune.last_melody][-2:] == [69, 54]
    again = tune_in(write_tune(tune).encode(), "", FULL)
    assert (again.form, again.melody, again.last_melody) == (tune.form, tune.melody, tune.last_melody)
    picked = tune_in(f"key: C\n{text}".encode(), "", ChartOptions(sections="B,A", key="D"))
    assert [(note.onset, note.pitch) for note in picked.melody][:2] == [(48, 74), (66, 78)]


@pytest.mark.parametrize("notes", ["{X4}", "{C}", "{C99}", "{C4@5}", "{C4=0}", "{C4@0}"])
def test_what_is_no_note_is_named(notes: str) -> None:
    with pytest.raises(ProgressionError, match="is no note there"):
        parse_progression(f"| C {notes} |")


def test_a_coda_inside_the_form_is_read_again_as_a_section() -> None:
    text = "[Intro] | E | [A] | C | F (To Coda) | G (D.C. al Coda) || [Coda] | A |"
    options = ChartOptions(form="full")
    tune = find_tune(text, options)
    again = find_tune(write_tune(tune), options)
    assert tune.intro is not None
    assert "Coda" in [section.name for section in tune.form.sections]
    assert (again.form, again.intro, again.last) == (tune.form, tune.intro, tune.last)
