"""A lead sheet as a file: MusicXML, SVG engraved by verovio, or a PDF that cairosvg or MuseScore makes.

Equal solos give equal MusicXML and SVG.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from jazzgen.errors import MissingPackageError, OptionError, OutputError
from jazzgen.midi.layout import at_concert_pitch
from jazzgen.midi.reading import Reading, read
from jazzgen.rendering.lettering import FAMILY, Measure, lettered
from jazzgen.rendering.musicxml import musicxml
from jazzgen.rendering.page import import_cairosvg
from jazzgen.rendering.sources import Source, solo_of
from jazzgen.util.files import check_writable, replacing
from jazzgen.util.packages import optional


def lead_sheet(source: Source | Reading, path: str | os.PathLike[str], key: str | None = None) -> int:
    """Write a solo (a `Solo`, that of a take, or of a MIDI file) as a lead sheet; the number of its pages.

    `path` ends in .musicxml, .svg or .pdf; `key` is C (concert pitch), Bb or Eb, None for the file's own: C,
    or for whom it is transposed already. An SVG is one picture, however long, a PDF has A4 pages. Raises
    `OptionError` for another key or suffix and `MissingPackageError` where jazzgen[notation] is needed.
    """
    path = Path(path)
    check_writable(path)
    suffix = path.suffix.lower()
    if isinstance(source, str | os.PathLike):
        source = read(source)
    if isinstance(source, Reading):
        solo, own = source.solo, source.transposed
        solo = at_concert_pitch(solo, own) if own else solo
    else:
        solo, own = solo_of(source), ""
    xml = musicxml(solo, key or own or "C")
    match suffix:
        case ".musicxml" | ".xml":
            data, pages = xml.encode(), 1
        case ".svg":
            data, pages = engrave(xml, one_page=True)[0].encode(), 1
        case ".pdf":
            data, pages = _pdf(xml)
        case _:
            raise OptionError(f"a lead sheet ends in .musicxml, .svg or .pdf, received {path.name!r}")
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return pages


# -------------------------------------------------------------------------------------------------- engraving

# A4 in tenths of a millimeter.
_PAGE = {"pageWidth": 2100, "pageHeight": 2970, "scale": 40, "footer": "none", "breaks": "line"}
_MARGINS = {"pageMarginTop": 100, "pageMarginBottom": 100, "pageMarginLeft": 120, "pageMarginRight": 120}
_STEADY = {"xmlIdSeed": 1, "smuflTextFont": "none", "minLastJustification": 0.5, "harmDist": 1.5}
A4_PIXELS = 793.7, 1122.5  # of 1/96 inch


def engrave(xml: str, *, one_page: bool = False, measure: Measure | None = None) -> list[str]:
    """MusicXML text drawn by verovio: an SVG for each A4 page, or one as tall as it must be.

    `measure` is for a program that does not know `textLength`, see `lettering.py`.
    """
    verovio: Any = optional("verovio", "notation", "engraving")
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions(_PAGE | _MARGINS | _STEADY)
    if one_page:
        toolkit.setOptions({"pageHeight": 60000, "adjustPageHeight": True})
    if not toolkit.loadData(xml):
        raise RuntimeError("verovio refuses the MusicXML that jazzgen wrote")
    pages = (toolkit.renderToSVG(page) for page in range(1, toolkit.getPageCount() + 1))
    return [lettered(page, toolkit.getResourcePath(), measure) for page in pages]


def _cairo_measure() -> Measure:
    """How wide cairosvg sets words: letter by letter, in the font that cairo has for the family's first."""
    cairo: Any = optional("cairocffi", "notation", "writing PDF")
    context = cairo.Context(cairo.ImageSurface(cairo.FORMAT_A8, 1, 1))

    @lru_cache(maxsize=4096)
    def advance(letter: str, bold: bool, italic: bool) -> float:
        slant = cairo.FONT_SLANT_ITALIC if italic else cairo.FONT_SLANT_NORMAL
        weight = cairo.FONT_WEIGHT_BOLD if bold else cairo.FONT_WEIGHT_NORMAL
        context.select_font_face(FAMILY.split(",")[0], slant, weight)
        context.set_font_size(1000)
        return float(context.text_extents(letter)[4]) / 1000

    return lambda text, size, bold, italic: size * sum(advance(letter, bold, italic) for letter in text)


def _pdf(xml: str) -> tuple[bytes, int]:
    """A PDF of MusicXML text, and its pages: by cairosvg, or by MuseScore where that cannot run."""
    try:
        cairosvg = import_cairosvg("notation", "writing PDF")
    except MissingPackageError as error:
        program = next(filter(None, map(shutil.which, MUSESCORE)), None)
        if program is None:
            raise MissingPackageError(
                "writing PDF needs cairosvg and the Cairo library (pip install 'jazzgen[notation]', apt"
                " install libcairo2), or MuseScore; or write .svg and print that"
            ) from error
        return _musescore_pdf(program, xml)
    pypdf = optional("pypdf", "notation", "writing PDF")
    width, height = A4_PIXELS
    writer = pypdf.PdfWriter()
    pages = engrave(xml, measure=_cairo_measure())
    for page in pages:
        drawn = cairosvg.svg2pdf(bytestring=page.encode(), output_width=width, output_height=height)
        writer.append(io.BytesIO(drawn))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue(), len(pages)


MUSESCORE = ("mscore", "musescore", "musescore4", "mscore4portable", "musescore3", "mscore3")


def _musescore_pdf(program: str, xml: str) -> tuple[bytes, int]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in.musicxml").write_text(xml, encoding="utf-8")
        # Without a screen, and with an empty home: no dialogs, and no settings of the user's.
        surroundings = os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": name, "HOME": name}
        done = subprocess.run(  # noqa: S603  # a program found on the user's own path, no shell
            [program, "-o", folder / "out.pdf", folder / "in.musicxml"],
            capture_output=True,
            text=True,
            check=False,
            env=surroundings,
        )
        pdf = folder / "out.pdf"
        if done.returncode or not pdf.is_file():
            raise OutputError(
                f"MuseScore cannot write the PDF (exit code {done.returncode}); write .svg instead"
            )
        data = pdf.read_bytes()
    return data, max(len(re.findall(rb"/Type\s*/Page\b", data)), 1)
