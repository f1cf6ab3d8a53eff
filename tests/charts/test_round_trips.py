"""What is written for other programs and read again is the same progression."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

from jazzgen.charts import chordpro, chordpro_writing, impro_visor, impro_visor_writing, ireal, ireal_writing
from jazzgen.charts.exports import EXPORTS, export
from jazzgen.charts.find import ChartOptions, find_tune
from jazzgen.charts.text import parse_progression
from jazzgen.charts.tune import Tune, make_tune
from jazzgen.music.score import Progression
from tests.charts.progressions import bars, names, progressions, sounds
from tests.shared import shared_file

READERS = {
    "ireal": ireal,
    "ireal-link": ireal,
    "irealbook": ireal,
    "chordpro": chordpro,
    "ls": impro_visor,
}


def again(text: str, kind: str) -> Progression:
    """What is read from a written file, its bars as they stand."""
    return make_tune(READERS[kind].entries(text.encode(), "x")[0].read(), form="written").form


def check(progression: Progression, found: Progression) -> None:
    assert bars(found) == bars(progression)
    assert sounds(found) == sounds(progression)
    assert (found.title, found.composer) == (progression.title, progression.composer)
    assert found.style == progression.style


@settings(max_examples=80, deadline=None)
@given(progressions(sections=("A", "B", "Bridge", "Solo 'x' \"y\"")))
def test_chordpro_holds_any_place(progression: Progression) -> None:
    text, warnings = chordpro_writing.text(progression)
    found = again(text, "chordpro")
    check(progression, found)
    assert (found.key, found.tempo) == (progression.key, progression.tempo)
    assert [name.replace('"', "") for name in names(progression)] == [
        n.replace('"', "") for n in names(found)
    ]
    assert all("quotation" in warning for warning in warnings)


@settings(max_examples=80, deadline=None)
@given(progressions(one_meter=True))
def test_impro_visor_holds_any_place(progression: Progression) -> None:
    text, warnings = impro_visor_writing.text(progression)
    found = again(text, "ls")
    starts = {0, *(section.tick for section in progression.sections)}
    assert {section.tick for section in found.sections} == starts
    check(replace(progression, sections=found.sections), found)
    assert found.tempo == progression.tempo
    assert not warnings


@pytest.mark.parametrize("kind", ["ireal", "irealbook"])
@settings(max_examples=60, deadline=None)
@given(progression=progressions(ticks=12))
def test_ireal_holds_beats(kind: str, progression: Progression) -> None:
    text, warnings = export(Tune(progression), kind)
    found = again(text, kind)
    check(progression, found)
    assert names(found) == names(progression)
    assert found.key == progression.key
    assert kind == "irealbook" or found.tempo == progression.tempo
    assert not warnings


@settings(max_examples=60, deadline=None)
@given(progressions(ticks=6))
def test_ireal_holds_halves_of_beats_or_says_so(progression: Progression) -> None:
    text, warnings = ireal_writing.text(progression)
    found = again(text, "ireal")
    assert bars(found) == bars(progression)
    assert sounds(found) == sounds(progression) or any("moved to beats" in warning for warning in warnings)


def test_every_development_chart() -> None:
    said: set[str] = set()
    for folder in ("ireal", "ls", "abc", "chordpro", "biab", "text"):
        expected = shared_file("charts", folder, "expected.json")
        for song in json.loads(expected.read_text()):
            tune = find_tune(str(expected.parent / song["file"]), ChartOptions(song["song"], "full"))
            once = tune.full
            for kind in READERS:
                text, warnings = export(tune, kind)
                found = again(text, kind)
                said |= {warning.split(" in ")[0] for warning in warnings}
                if kind != "ls" or len(once.meters) == 1:
                    assert sounds(found) == sounds(once), (song["file"], kind)
                    assert found.bar_ticks == once.bar_ticks
                if kind != "ls":
                    assert bars(found) == bars(once), (song["file"], kind)
                    # iReal Pro has a letter for the coda, the last of the sections, and it is said.
                    coda = any("'Coda' is marked" in warning for warning in warnings)
                    assert names(found)[: -1 if coda else None] == names(once)[: -1 if coda else None]
                    assert len(names(found)) == len(names(once))
                    assert found.key == (once.key or found.key)
    said = {warning for warning in said if not warning.startswith("the section 'Coda' is marked")}
    assert said <= {"an .ls sheet has one meter: bars 5 to 8"}


def test_every_export_has_a_reader_here_or_elsewhere() -> None:
    assert set(EXPORTS) == {*READERS, "musicxml", "text"}


# --------------------------------------------------------------------------------------------- single files


def form(text: str) -> Progression:
    return parse_progression(text)


def test_a_page_for_ireal() -> None:
    progression = form(
        "title: The Tune\nkey: F#m\nstyle: ballad\ntempo: 63\n[A] | Cmaj7 | % | Dm7 G7/B | N.C. |"
    )
    text, warnings = ireal_writing.plain_link(progression, composer="Doe Jane")
    assert text.startswith("irealbook://Tune%2C%20The%3DDoe%20Jane%3DBallad%3DF%23-%3Dn%3D")
    assert text.strip().endswith("%2AA%5BT44C%5E7%20%20%20%7C%20x%20%20%7CD-7%20G7%2FB%20%7Cn%20%20%20Z")
    page, _ = ireal_writing.text(progression)
    assert '<a href="irealb://Tune%2C%20The%3D' in page
    assert "<title>The Tune</title>" in page
    assert not warnings


def test_five_beats_in_four_cells() -> None:
    text, _ = ireal_writing.plain_link(form("meter: 5/4\n| Cmaj7 . . F7 . | Dm7 . G7 . . |"))
    assert "T54C%5E7%20F7%20%7C" in text  # C^7 and F7 with a cell each: three beats and two
    assert "D-7%2CG7%20%20Z" in text


def test_scrambling_is_undone_by_the_reader() -> None:
    music = "*A[T44C^7   |D-7 G7 | x  |E-7   |A7   |" * 4 + "Z"
    assert "XyQ" in ireal_writing.scramble(music)
    assert ireal.unscramble(ireal_writing.scramble(music)) == music


def test_what_ireal_cannot_hold_is_said() -> None:
    progression = form("tempo: 120.5\n[Bridge] | C7(b9,#9,b13) | Cmaj7 |\n[A] | Dm7@1 G7@2+1/12 | C |")
    text, warnings = ireal_writing.link(progression)
    assert warnings == [
        "the section 'Bridge' is marked B: iReal Pro has letters only",
        "bar 1: C7(b9,#9,b13) is written as C7alt, the nearest that iReal Pro has",
        "bar 3: its chords are moved to beats; iReal Pro has none so close",
        "the tempo is written as 120: iReal Pro has whole beats a minute",
    ]
    assert len(again(text, "ireal-link").bar_ticks) == 4


@pytest.mark.parametrize(
    ("bar", "read"),
    [
        ("C@1 D@1+1/3 E@1+2/3 F@3.5", "C D E F"),
        ("C@1 D@4+1/3 E@4.5", "C D E"),
        ("C@1 D@1+1/12 E@1+1/6 F@1.25 G@1+1/3", "C D E F G"),
    ],
)
def test_no_chord_is_lost_where_ireal_has_no_place_for_it(bar: str, read: str) -> None:
    text, warnings = ireal_writing.link(form(f"| {bar} | A |"))
    found = again(text, "ireal-link")
    assert " ".join(change.symbol for change in found.chords) == f"{read} A"
    assert len(found.bar_ticks) == 2
    assert warnings == ["bar 1: its chords are moved to beats; iReal Pro has none so close"]


def test_the_nearest_quality_of_ireal_has_the_same_seventh() -> None:
    text, warnings = ireal_writing.plain_link(form("| C7no3 | Cmaj7(no3) |"))
    assert "C7%20%20%20%7CC%5E7%20" in text
    assert warnings[0] == "bar 1: C7no3 is written as C7, the nearest that iReal Pro has"


def test_a_chordpro_grid() -> None:
    progression = form(
        "title: T\nkey: Bb\ntempo: 140\n[A] | Dm7 | G7 . C7 . | F@1 G7@2.5 | G7 |\n[B] | N.C. |"
    )
    text, warnings = chordpro_writing.text(progression)
    assert text.endswith(
        "{x_style: swing}\n\n"
        '{start_of_grid shape="4x4" label="A"}\n'
        "| Dm7 . . . | G7 . C7 . | F F~G7 . . | . . . . ||\n"
        "{end_of_grid}\n\n"
        '{start_of_grid shape="4x4" label="B"}\n| N.C. . . . |.\n{end_of_grid}\n'
    )
    assert not warnings


def test_an_impro_visor_sheet() -> None:
    progression = form("title: T (x)\nkey: Bbm\nmeter: 3/4\n[A] | Dmaj7 | Gdim7 . Caug/E | N.C. . F(b5) |")
    text, warnings = impro_visor_writing.text(progression, style="Slow Waltz")
    assert "(title T (x))\n" in text
    assert "(comments Slow Waltz)\n" in text
    assert "(meter 3 4)\n(key -5)\n" in text
    assert "(section (style waltz))\nDM7 | Go7 / C+/E | NC / F(b5) |\n" in text
    assert not warnings
