"""Lead sheets of chords: valid MusicXML that reads back as the same progression."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.charts import musicxml
from jazzgen.charts.forms import find_builtin
from jazzgen.charts.musicxml_writing import text
from jazzgen.charts.tune import make_tune
from jazzgen.music.meters import read_meter
from jazzgen.music.score import TICKS_PER_BEAT, ChordChange, Progression, Section
from tests.charts.expected import coded, key_code
from tests.rendering.test_musicxml import validate

QUALITIES = "|m|7|m7|maj7|m7b5|dim7|6|69|7alt|7b9|13|9sus4|7sus4b9|mmaj7|m9b5|7#5|5|add9|maj7#11|(b5)|7no5"
SYMBOLS = st.one_of(
    st.just("N.C."),
    st.builds(
        lambda root, quality, bass: root + quality + bass,
        st.sampled_from(["C", "F#", "Gb", "Bb", "D#", "Cb"]),
        st.sampled_from(QUALITIES.split("|")),
        st.sampled_from(["", "/E", "/Ab"]),
    ),
)
METERS = ("4/4", "3/4", "2/2", "6/8", "12/8", "7/8", "5/4", "2/4")


def back(written: str) -> Progression:
    """What is read in a lead sheet."""
    return make_tune(musicxml.entries(written.encode(), "a file")[0].read()).form


def sections(form: Progression) -> list[tuple[int, str]]:
    """Where sections begin."""
    return [(section.tick, section.name) for section in form.sections]


@st.composite
def progressions(draw: st.DrawFn) -> Progression:
    """Bars of changing meters, sections, chords anywhere on the grid."""
    bars = draw(st.lists(st.sampled_from(METERS), min_size=1, max_size=12))
    meters, starts, tick = [], [], 0
    for meter in bars:
        change = read_meter(meter, tick)
        if not meters or meters[-1].signature != meter:
            meters.append(change)
        starts.append(tick)
        tick += change.beats * TICKS_PER_BEAT
    chords = draw(st.dictionaries(st.integers(0, tick - 1), SYMBOLS, max_size=20)) | {0: draw(SYMBOLS)}
    marked = draw(
        st.dictionaries(st.sampled_from(starts), st.sampled_from(["A", "B", "Intro", "Coda"]), max_size=4)
    )
    return Progression(
        tuple(ChordChange(at, chords[at]) for at in sorted(chords)),
        tick,
        tuple(meters),
        tuple(Section(at, marked[at]) for at in sorted(marked)),
        title=draw(st.sampled_from(["", "A Tune", "Tom & Jerry's <Blues>"])),
        key=draw(st.sampled_from(["", "C", "Bb", "F#m", "Gb", "Ebm"])),
        tempo=draw(st.sampled_from([None, 60.0, 132.5])),
    )


@given(progressions())
@settings(deadline=None, max_examples=60)
def test_any_progression_reads_back(form: Progression) -> None:
    written, warnings = text(form)
    read = back(written)
    assert warnings == []
    assert coded(read) == coded(form)
    assert sections(read) == sections(form)
    assert read.meters == form.meters
    assert (read.title, key_code(read.key), read.tempo) == (form.title, key_code(form.key), form.tempo)


@pytest.mark.parametrize("name", ["rhythm-changes-bb", "blues-f", "waltz-bb", "five-four-ebm", "bossa-f"])
def test_the_sheet_is_valid(name: str) -> None:
    form = find_builtin(name)
    assert form is not None
    validate(text(replace(form, tempo=120.0), composer="Ann Lee")[0])


def section(name: str, *roots: str) -> list[tuple[str, str]]:
    """Bars of a section: its name at the first, and a symbol each ("" holds)."""
    return [(name if n == 0 else "", root) for n, root in enumerate(roots)]


def form_of(*bars: tuple[str, str]) -> Progression:
    """A progression of bars of 4/4."""
    return Progression(
        tuple(ChordChange(48 * n, root) for n, (_, root) in enumerate(bars) if root),
        48 * len(bars),
        sections=tuple(Section(48 * n, name) for n, (name, _) in enumerate(bars) if name),
    )


def test_sections_that_come_again_are_written_between_repeat_signs() -> None:
    a, b = section("A", "C", "F"), section("B", "G", "G7")
    form = form_of(*a, *a, *b, *a)
    root = ET.fromstring(text(form)[0])  # noqa: S314  # our own text
    assert len(root.findall("part/measure")) == 6
    assert [r.get("direction") for r in root.iter("repeat")] == ["forward", "backward"]
    assert coded(back(text(form)[0])) == coded(form)
    three = form_of(*a, *a, *a, *b)
    assert ET.fromstring(text(three)[0]).find(".//repeat[@times='3']") is not None  # noqa: S314


def test_what_differs_or_would_be_read_otherwise_is_written_out() -> None:
    a, b = section("A", "C", "F"), section("B", "G", "G7")
    for form in (
        form_of(*a, *section("A", "C", "G"), *b),  # another bar
        form_of(*a, *section("B", "C", "F")),  # another name
        form_of(*section("A", "C", ""), *section("A", "", "F")),  # held into it
        form_of(*a, *a),  # a repeat of all is an invitation to play it again
    ):
        written, warnings = text(form)
        assert "<repeat" not in written
        assert not warnings
        assert coded(back(written)) == coded(form)


def test_chords_between_note_values_have_an_offset() -> None:
    form = Progression((ChordChange(0, "C"), ChordChange(16, "F"), ChordChange(24, "G")), 48)
    root = ET.fromstring(text(form)[0])  # noqa: S314
    assert [e.text for e in root.iter("offset")] == ["32"]
    durations = [Fraction(e.text or "") for e in root.iter("duration")]
    assert sum(durations) == 4 * 24
    assert coded(back(text(form)[0])) == coded(form)


def test_composer_and_tempo_are_for_what_the_progression_lacks() -> None:
    form = form_of(("A", "C"))
    assert back(text(form, composer="Ann Lee", tempo=90.0)[0]).composer == "Ann Lee"
    own = replace(form, composer="Bob", tempo=200.0)
    read = back(text(own, composer="Ann Lee", tempo=90.0)[0])
    assert (read.composer, read.tempo) == ("Bob", 200.0)


def test_equal_progressions_are_equal_text() -> None:
    assert text(form_of(("A", "C"))) == text(form_of(("A", "C")))


def test_a_charts_own_word_for_its_style_is_printed() -> None:
    written, _ = text(form_of(("A", "C")), style="Medium Up Swing")
    assert "<words>Medium Up Swing</words>" in written
    assert "<words>Swing</words>" in text(form_of(("A", "C")))[0]
