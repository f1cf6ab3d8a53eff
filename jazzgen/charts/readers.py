"""Which reader reads a file: by its suffix, else by what stands in it.

Each format is a module with `entries(data, name) -> list[Entry]`: the songs of a file, listed without their
bars being read. A module is imported for its own files only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePath

from jazzgen.charts.written import Entry
from jazzgen.errors import OptionError, ProgressionError

MOST_BYTES = 8_000_000  # of a file: ten thousand songs of iReal Pro, or a score of thousands of bars
MOST_BARS_PER_CHORD = 16

# module: the suffixes of its files
_SUFFIXES = {
    "musicxml": "musicxml mxl",
    "mscore": "mscz mscx",
    "jjazzlab": "sng",
    "impro_visor": "ls",
    "abc": "abc",
    "chordpro": "cho chordpro chopro crd pro",
}
_BY_SUFFIX = {suffix: module for module, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}

# What only the program that made them reads; how to get a chart out of it.
_XML = "export it from {} as MusicXML and give that"
_REFUSED = {
    "sgu mgu": "a song of Band-in-a-Box in its own form; in Band-in-a-Box copy the chords as text "
    "(Edit, Copy Special, Copy Song as Text to Clipboard) into a file, and give that",
    "sib": "a score of Sibelius; " + _XML.format("Sibelius"),
    "mus musx": "a score of Finale; " + _XML.format("Finale"),
    "dorico": "a score of Dorico; " + _XML.format("Dorico"),
    "notion enc nwc": "a score of a notation program; " + _XML.format("that program"),
    "gp gp3 gp4 gp5 gpx gtp ptb tef": "a tablature; " + _XML.format("Guitar Pro, TuxGuitar or MuseScore"),
    "pdf png jpg jpeg gif tif tiff": "a picture of a chart; give the file from which it was made, "
    "or type the bars as text",
    "doc docx odt rtf": "a document of a word processor; copy the chart into a text file",
    "mid midi kar": "a MIDI file, which has no chart; give its chords as text or as a chart file",
}
_BY_REFUSED = {suffix: why for suffixes, why in _REFUSED.items() for suffix in suffixes.split()}
KNOWN_ENDINGS = frozenset(f".{suffix}" for suffix in (*_BY_SUFFIX, *_BY_REFUSED))
_OF_TEXT = ("txt", "chords", "md", "html", "htm", "json", "csv", "sf2")

# module: what only a file of its format holds; tried in this order
_SIGNS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("ireal", re.compile(rb"irealb(?:ook)?://", re.IGNORECASE)),
    ("musicxml", re.compile(rb"<score-(?:partwise|timewise)|META-INF/container\.xml")),
    ("mscore", re.compile(rb"<museScore|\.mscx")),
    ("jjazzlab", re.compile(rb"CLI__|spChordLeadSheet|<Song[ >]")),
    ("biab", re.compile(rb"^[ \t]*\[Chords\]", re.IGNORECASE | re.MULTILINE)),
    (
        "chordpro",
        re.compile(
            rb"^[ \t]*\{[ \t]*(?:start_of_grid|sog|start_of_\w+|so[cvbt]|title|t|meta|st|subtitle)\b",
            re.MULTILINE,
        ),
    ),
    (
        "impro_visor",
        re.compile(rb"^[ \t]*\((?:title|composer|meter|key|tempo|part|section|style)\s", re.MULTILINE),
    ),
    ("abc", re.compile(rb"^X:[ \t]*\d+[ \t\r]*$", re.MULTILINE)),
)


def is_ending(ending: str) -> bool:
    """Whether a name with this ending (".abc") is a chart's, or text's."""
    return ending[1:] in {*_BY_SUFFIX, *_BY_REFUSED, *_OF_TEXT} - {"mid", "midi", "kar"}


def entries(data: bytes, name: str, bars_per_chord: int = 0) -> list[Entry]:
    """The songs in the bytes of a file (or of a text) called `name`; with `bars_per_chord` those of ChordPro
    without grids have so many bars a chord.

    Raises `ProgressionError` where they are no chart, with what would do.
    """
    module = format_of(data, name)
    if bars_per_chord:
        found = _songs_of_words(module, data, name, bars_per_chord)
    else:
        found = _reader(module)(data, name)
    if not found:
        raise ProgressionError(f"{name}: there is no song in it")
    return list(found)


def _songs_of_words(module: str, data: bytes, name: str, bars_per_chord: int) -> list[Entry]:
    from jazzgen.charts import chordpro

    if module != "chordpro":
        raise ProgressionError(f"{name}: bars per chord are for songs of ChordPro; leave them out")
    if not 1 <= bars_per_chord <= MOST_BARS_PER_CHORD:
        raise OptionError(f"bars per chord must be in 1..{MOST_BARS_PER_CHORD}, received {bars_per_chord}")
    return chordpro.entries(data, name, bars_per_chord=bars_per_chord)


def _reader(module: str) -> Callable[[bytes, str], list[Entry]]:
    """`entries` of one of the modules; the others are not imported."""
    match module:
        case "ireal":
            from jazzgen.charts.ireal import entries as read
        case "musicxml":
            from jazzgen.charts.musicxml import entries as read
        case "mscore":
            from jazzgen.charts.mscore import entries as read
        case "jjazzlab":
            from jazzgen.charts.jjazzlab import entries as read
        case "impro_visor":
            from jazzgen.charts.impro_visor import entries as read
        case "abc":
            from jazzgen.charts.abc import entries as read
        case "chordpro":
            from jazzgen.charts.chordpro import entries as read
        case "biab":
            from jazzgen.charts.biab import entries as read
        case _:
            from jazzgen.charts.text import entries as read
    return read


def format_of(data: bytes, name: str) -> str:
    """The module that reads `data`, by the suffix of `name`, else by what stands in it."""
    suffix = PurePath(name).suffix[1:].lower() if len(name) < 4096 else ""
    if module := _BY_SUFFIX.get(suffix):
        return module
    if why := _BY_REFUSED.get(suffix):
        raise ProgressionError(f"{name}: it is {why}")
    if data.startswith(b"%PDF"):
        raise ProgressionError(f"{name}: it is {_BY_REFUSED['pdf']}")
    if data.startswith(b"MThd"):
        raise ProgressionError(f"{name}: it is {_BY_REFUSED['mid']}")
    return next((module for module, sign in _SIGNS if sign.search(data)), "text")
