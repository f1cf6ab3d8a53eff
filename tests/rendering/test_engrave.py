"""The lead sheet as a file: pictures that need no music font, pages of A4, the same notes in MuseScore."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from importlib.util import find_spec
from pathlib import Path

import pytest

from jazzgen.errors import MissingPackageError, OptionError
from jazzgen.music.score import Arrangement, Solo
from jazzgen.rendering import engrave
from jazzgen.util.packages import optional
from tests.rendering.lines import FORM, sounding

needs_music21 = pytest.mark.skipif(find_spec("music21") is None, reason="needs music21")
needs_verovio = pytest.mark.skipif(find_spec("verovio") is None, reason="needs jazzgen[notation]")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


MUSESCORE = next(filter(None, map(shutil.which, engrave.MUSESCORE)), None)


@pytest.mark.skipif(MUSESCORE is None, reason="needs the program MuseScore")
@needs_music21
def test_musescore_reads_the_same_notes(solo: Solo, tmp_path: Path) -> None:
    music21 = optional("music21", "test", "this test")
    engrave.lead_sheet(solo, tmp_path / "in.musicxml")
    surroundings = {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
    command = [str(MUSESCORE), "-o", str(tmp_path / "out.musicxml"), str(tmp_path / "in.musicxml")]
    subprocess.run(command, check=True, capture_output=True, env=surroundings, timeout=60)
    score = music21.converter.parse(tmp_path / "out.musicxml").stripTies()
    notes = [note for note in score.flatten().notes if isinstance(note, music21.note.Note)]
    assert [(float(note.offset), note.pitch.midi) for note in notes] == sounding(solo)


@needs_verovio
def test_svg_needs_no_music_font(solo: Solo, tmp_path: Path) -> None:
    for name in "ab":
        assert engrave.lead_sheet(solo, tmp_path / f"{name}.svg", key="Bb") == 1
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert svg == (tmp_path / "b.svg").read_text(encoding="utf-8")
    assert "Leipzig" not in svg
    assert re.search("[\ue000-\uf8ff]", svg) is None
    root = ET.fromstring(svg)  # noqa: S314
    classes = [element.get("class") for element in root.iter() if element.get("class")]
    assert classes.count("harm") == len(FORM.chords)
    assert sum("note" in str(name).split() for name in classes) >= len(solo.notes)
    assert classes.count("reh") == 2


@needs_verovio
@pytest.mark.skipif(find_spec("cairosvg") is None, reason="needs jazzgen[notation]")
def test_pdf_has_pages_of_a4(solo: Solo, tmp_path: Path) -> None:
    long = Solo(solo.notes, FORM.repeat(9), title="Long")
    count = engrave.lead_sheet(long, tmp_path / "long.pdf")
    pypdf = optional("pypdf", "notation", "this test")
    pages = pypdf.PdfReader(tmp_path / "long.pdf").pages
    assert len(pages) == count > 1
    assert [round(float(side)) for side in pages[0].mediabox[2:]] == [595, 842]
    assert "Long" in pages[0].extract_text()


def test_a_take_is_its_solo(solo: Solo, tmp_path: Path) -> None:
    engrave.lead_sheet(solo, tmp_path / "solo.musicxml")
    assert engrave.lead_sheet(Arrangement(solo), tmp_path / "take.musicxml") == 1
    assert (tmp_path / "take.musicxml").read_bytes() == (tmp_path / "solo.musicxml").read_bytes()


def test_other_suffixes_and_keys_are_refused(solo: Solo, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"\.musicxml, \.svg or \.pdf, received 'page\.doc'"):
        engrave.lead_sheet(solo, tmp_path / "page.doc")
    with pytest.raises(OptionError, match="C, Bb, Eb, received 'F'"):
        engrave.lead_sheet(solo, tmp_path / "page.svg", "F")
    assert list(tmp_path.iterdir()) == []


def test_without_verovio(solo: Solo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "verovio", None)
    with pytest.raises(MissingPackageError, match=r"engraving needs verovio.*jazzgen\[notation\]"):
        engrave.lead_sheet(solo, tmp_path / "page.svg")
    engrave.lead_sheet(solo, tmp_path / "page.musicxml")  # MusicXML needs nothing


def test_pdf_without_anything_that_writes_it(
    solo: Solo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    monkeypatch.setattr(engrave.shutil, "which", lambda _: None)
    with pytest.raises(MissingPackageError, match=r"cairosvg.*MuseScore.*svg"):
        engrave.lead_sheet(solo, tmp_path / "page.pdf")
