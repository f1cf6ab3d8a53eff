"""markers.py and chord_events.py: chord symbols and section names in texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.errors import NoChordsError
from jazzgen.midi.reading import read, read_solo
from tests.midi.songs import SCALE, chord, line, song, texts


def form_of(path: Path) -> tuple[list[str], list[str]]:
    form = read_solo(path).progression
    return [change.symbol for change in form.chords], [section.name for section in form.sections]


@pytest.mark.parametrize("kind", ["markers", "texts", "lyrics"])
def test_chords_come_from_markers_texts_or_lyrics(saved, kind: str) -> None:
    found = texts((0, "Dm7"), (4, "G7"), (8, "Cmaj7"))
    assert form_of(saved(song(line(*SCALE), **{kind: found})))[0] == ["Dm7", "G7", "Cmaj7"]


@pytest.mark.parametrize(
    ("markers", "chords", "sections"),
    [
        # letters far apart in the order of the alphabet are a form, not four triads
        (((0, "A"), (16, "A"), (32, "B"), (48, "A")), [], ["A", "A", "B", "A"]),
        (((0, "A1"), (32, "A2"), (64, "B1")), [], ["A1", "A2", "B1"]),
        (((0, "Intro"), (16, "A"), (48, "B"), (80, "Coda")), [], ["Intro", "A", "B", "Coda"]),
        # close together, or in another order, they are chords
        (((0, "C"), (4, "F"), (8, "G"), (12, "C")), ["C", "F", "G", "C"], []),
        (((0, "A"), (2, "D"), (4, "E")), ["A", "D", "E"], []),
        # where another chord stands beside it, a letter is a section
        (((0, "A"), (0, "Dm7"), (4, "G7"), (16, "B"), (16, "Em7")), ["Dm7", "G7", "Em7"], ["A", "B"]),
        (((0, "Dm7"), (4, "G7"), (8, "C"), (12, "A7")), ["Dm7", "G7", "C", "A7"], []),
        (((0, "[A]"), (0, "A"), (4, "[B]"), (4, "B")), ["A", "B"], ["A", "B"]),
        (((0, "Verse"), (0, "Am7"), (4, "D7"), (8, "Solo"), (8, "C"), (12, "F")), ["Am7", "D7", "C", "F"],
         ["Verse", "Solo"]),
    ],
)  # fmt: skip
def test_sections_are_not_chords(saved, markers, chords, sections) -> None:
    bars = max(int(markers[-1][0]) // 4 + 4, 2)
    tune = song(line(*SCALE), chord(*[(48, 60, 64, 67)] * bars), markers=texts(*markers), end=bars * 1920)
    reading = read(saved(tune), track="Solo")
    form = reading.solo.progression
    assert [section.name for section in form.sections] == sections
    assert reading.chord_source == ("markers" if chords else "accompaniment")
    assert [change.symbol for change in form.chords] == (chords or ["C"])


@pytest.mark.parametrize(
    "fact", ["composer: Hoagy Carmichael", "style: Swing", "instrument: Alto", "reading: hard"]
)
def test_a_fact_of_another_program_does_not_make_a_file_our_own(saved, fact: str) -> None:
    parts = texts((0, "A"), (16, "B"), (32, "A"), (48, "B"))
    tune = song(
        line(*SCALE), chord(*[(48, 60, 64, 67)] * 16), markers=parts, texts=texts((0, fact)), end=16 * 1920
    )
    reading = read(saved(tune), track="Solo")
    assert (reading.chord_source, reading.solo.progression.style) == ("accompaniment", "swing")
    assert [section.name for section in reading.solo.progression.sections] == ["A", "B", "A", "B"]


def test_words_are_not_chords(saved) -> None:
    sung = texts((0, "A"), (1, "foggy"), (2, "day"), (3, "in"))
    with pytest.raises(NoChordsError):
        read_solo(saved(song(line(*SCALE), lyrics=sung)))


@pytest.mark.parametrize(
    "symbol",
    ["Hm7", "Gx9", "F79#11#b", "Dm7b", "Bb77", "e7", "G7xyz9", "Bm11,e7", "D_7", "Dm7 swing", "D=7 (solo)"],
)
@pytest.mark.parametrize("accompanied", [True, False])
def test_a_misspelled_symbol_among_chords_is_a_warning(saved, symbol: str, accompanied: bool) -> None:
    band = [chord((48, 58, 64, 67), (43, 53, 59, 62), (41, 51, 57, 60), (43, 53, 59, 62))] * accompanied
    found = texts((0, "C7"), (4, symbol), (8, "F7"), (12, "G7"))
    reading = read(saved(song(line(*SCALE * 2), *band, markers=found)), track="Solo")
    assert len(reading.warnings) == 1
    assert reading.warnings[0].startswith(f"bar 2: {symbol!r} is no known chord symbol")
    form = reading.solo.progression
    assert [change.symbol for change in form.chords] == ["C7", *["G7"] * accompanied, "F7", "G7"]
    assert not form.sections


@pytest.mark.parametrize("name", ["A1", "Bridge", "Chorus 2", "Fill", "D.C.", "Coda", "Ending 2", "C1"])
def test_the_name_of_a_section_among_chords_is_no_misspelled_symbol(saved, name: str) -> None:
    path = saved(song(line(*SCALE), markers=texts((0, "C7"), (1, name), (2, "F7"), (3, "G7"))))
    assert [section.name for section in read(path).solo.progression.sections] == [name]


def test_one_unmistakable_chord_among_words_is_a_chord(saved) -> None:
    found = texts((0, "Verse"), (0, "Dm7"), (1, "Take 3"), (2, "Fade"), (2, "Loop start"), (3, "G"))
    chords, sections = form_of(saved(song(line(*SCALE), markers=found)))
    assert chords == ["Dm7", "G"]
    assert sections[0] == "Verse"
