"""Small charts of every format, to be damaged, and absurd ones."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from urllib.parse import quote

from jazzgen.charts.ireal import MAGIC, swap_blocks

_MUSIC = (
    "{*AT44D-7 G7 |C^7   |N1E-7b5 A7b9 |D-7   }|N2D-7 G7 |C6   Q]*B[SF-7,Bb7,Eb^7,p| x  |r|    |"
    "<D.C. al Coda>G7sus   ][QC69   |n   |W/G(F7)   U Z"
)
_BAR = (
    '<measure number="{}">{}<harmony><root><root-step>{}</root-step></root><kind text="{}">{}</kind>'
    "</harmony><note><rest/><duration>16</duration></note>{}</measure>"
)
_MUSICXML = (
    '<?xml version="1.0"?><score-partwise version="3.1"><work><work-title>A</work-title></work><part-list>'
    '<score-part id="P1"><part-name>x</part-name></score-part></part-list><part id="P1">'
    + _BAR.format(
        1,
        "<attributes><divisions>4</divisions><key><fifths>-2</fifths></key><time><beats>4</beats>"
        '<beat-type>4</beat-type></time></attributes><barline location="left"><repeat direction="forward"/>'
        "</barline>",
        "C",
        "m7",
        "minor-seventh",
        "",
    )
    + _BAR.format(2, '<barline><ending number="1" type="start"/></barline>', "F", "7", "dominant", "")
    + _BAR.format(3, "", "B", "maj7", "major-seventh", '<barline><repeat direction="backward"/></barline>')
    + "</part></score-partwise>"
)
_LS = (
    "(title A (b))\n(composer C)\n(meter 4 4)\n(key -1)\n(tempo 140.0)\n(style swing)\n(part (type chords))\n"
    "(section (style swing)) Dm7 / G7 / | CM7 | / | NC | C13_ A7#5 |\n(part (type melody))\n c8 d8 e4\n"
)
_ABC = (
    "X:1\nT:A\nC:Trad\nM:6/8\nL:1/8\nQ:3/8=100\nK:Gmix\n"
    '|:"G"GAB "D7"d2A|1 "C;Am"z6 :|2 "G/f+"[GB]3 (3abc |]\n\n'
    'X:2\nT:B\nM:C|\nK:Am\n"Am"A2>B2 {c}d4|[M:3/4]"E7"E6|"Am"A6!D.C.!|]\n'
)
_CHORDPRO = (
    '{title: A}\n{composer: B}\n{key: C}\n{time: 4/4}\n{start_of_grid label="A" shape="1+4x4+1"}\n'
    "A |: C . . . | Dm7~G7 . . . :|3x\n|1 F / / / :|2 % . . . |\n{end_of_grid}\n"
    "{time: 3/4}\n{sog}\n| G7 | %% | |\n{eog}\n"
)
_BIAB = "[Song]\nx\n[Chords]\n|: a) C | Am,,Dm7 G7 | C- | C.. |\n b) F | C,,,G7 | C^C :3X|\n[ChordsEnd]\n"
_MSCX = (
    '<?xml version="1.0"?><museScore version="3.02"><Score><metaTag name="workTitle">A</metaTag>'
    '<Staff id="1">'
    "<Measure><voice><TimeSig><sigN>4</sigN><sigD>4</sigD></TimeSig><Harmony><root>16</root><name>m7</name>"
    "</Harmony><Rest><durationType>measure</durationType></Rest></voice><startRepeat/></Measure>"
    "<Measure><endRepeat>2</endRepeat><voice><Harmony><root>15</root><name>7</name><base>14</base></Harmony>"
    "<Rest><durationType>measure</durationType></Rest></voice></Measure></Staff></Score></museScore>"
)
_SNG = (
    '<Song spName="A" spTempo="120"><spChordLeadSheet><spItems>'
    '<CLI__SectionImpl><spSection spName="A" spTs="FOUR_FOUR"/><spPos spPos="[0:0]"/></CLI__SectionImpl>'
    '<CLI__ChordSymbolImpl><spChord spOriginalName="Dm7"/><spPos spPos="[1:2,5]"/></CLI__ChordSymbolImpl>'
    "</spItems></spChordLeadSheet></Song>"
)
_TEXT = (
    "title: A\ncomposer: B\nkey: Bb\ntempo: 140\n[Intro] | F7 | % |\n[A] |: Bb6 | Gm7@2.5 |1. Cm7 . F7 . :|"
    "2. Cm7 F7 (To Coda) ||\n[B] | (3/4) Ebm7 | (4/4) Ab7 (D.C. al Coda) |\n[Coda] | Bb6 (END) | % ||\n"
)


def ireal_link(music: str = _MUSIC, songs: int = 1) -> str:
    """A link of iReal Pro."""
    one = f"A Tune=Doe Jane==Bossa Nova=C-=5={MAGIC}{swap_blocks(music)}=Latin=140=3"
    return "irealb://" + "===".join([quote(one, safe="=")] * songs)


def zipped(name: str, data: bytes, times: int = 1) -> bytes:
    """A zip archive of a file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", f'<container><rootfile full-path="{name}"/></container>')
        with archive.open(name, "w") as file:
            for _ in range(times):
                file.write(data)
    return made.getvalue()


def good_charts() -> list[bytes]:
    """One chart or more of each format."""
    texts = [
        f'<a href="{ireal_link()}">x</a>',
        f'<a href="{ireal_link(songs=4)}">x</a>',
        "irealbook://" + quote(f"A=B C=Swing=F=n={_MUSIC}", safe="="),
        *(_MUSICXML, _LS, _ABC, _CHORDPRO, _BIAB, _MSCX, _SNG, _TEXT),
    ]
    archives = [zipped("a.musicxml", _MUSICXML.encode()), zipped("a.mscx", _MSCX.encode())]
    return [text.encode() for text in texts] + archives


_ENTITIES = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
ABSURD_CHARTS: dict[str, Callable[[], bytes | str]] = {
    "nothing": lambda: b"",
    "NUL": lambda: b"irealb://" + b"\0" * 100_000,
    "1 MB of {": lambda: "irealb://A=B==C=D=E=" + MAGIC + "{" * 1_000_000 + "===",
    "1 MB of cells": lambda: "irealb://A=B==C=D=E=" + MAGIC + "[" + "C" * 1_000_000 + "===",
    "1 MB of bars": lambda: ireal_link("C7|" * 300_000),
    "open texts": lambda: ireal_link("C7|" + "<" * 300_000),
    "open stars": lambda: ireal_link("C7|" + "C*" * 300_000 + "|"),
    "10^9 times": lambda: ireal_link("{<1000000000x>C7   |F7   }"),
    "repeats in repeats": lambda: ireal_link("{C7   |" * 2000 + "F7   }" * 2000),
    "jumps without an end": lambda: ireal_link("[SC7   |<D.S. al Coda>F7   ]<D.C. al Fine>" * 2000 + "Z"),
    "endings": lambda: ireal_link("{C7   " + "".join(f"|N{k % 10}F7   }}" for k in range(4000))),
    "codas": lambda: ireal_link("[C7  Q|" * 4000 + "Z"),
    "100,000 songs": lambda: "irealb://" + f"A=B==C=D=E={MAGIC}[C7   Z=F=0=3===" * 100_000,
    "songs without music": lambda: "irealb://" + "=" * 1_000_000,
    "links": lambda: "irealb://" * 100_000,
    "lone surrogates": lambda: "irealb://A=B==C=D=E=" + MAGIC + "[C\udc80   |\udcff   Z===",
    "entities in entities": lambda: _ENTITIES + "]><score-partwise>&i;</score-partwise>",
    "an external entity": lambda: (
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><score-partwise><work><work-title>&x;</work-title>'
        "</work></score-partwise>"
    ),
    "elements in elements": lambda: "<score-partwise>" + "<part>" * 200_000,
    "a zip bomb": lambda: zipped("a.musicxml", b"<score-partwise>" + b" " * 1_000_000, 1000),
    "a zip bomb of MuseScore": lambda: zipped("a.mscx", b"<museScore>" + b" " * 1_000_000, 1000),
    "a zip with a path": lambda: zipped("../../../etc/passwd", _MUSICXML.encode()),
    "a zip of nothing": lambda: zipped("a.txt", b""),
    "a huge divisions": lambda: _MUSICXML.replace("<divisions>4", "<divisions>" + "9" * 5000),
    "a huge repeat": lambda: _MUSICXML.replace('"backward"', '"backward" times="1000000000"'),
    "1 MB of parentheses": lambda: "(title " + "(" * 1_000_000,
    "1 MB of .ls bars": lambda: "(title A)\n" + "C7 | " * 200_000,
    "1 MB of ABC": lambda: "X:1\nK:C\n" + '"C"z4|' * 160_000,
    "100,000 tunes": lambda: 'X:1\nT:A\nK:C\n"C"z8|\n\n' * 100_000,
    "tuplets": lambda: "X:1\nK:C\n" + "(9:9:9" * 100_000,
    "1 MB of a grid": lambda: "{start_of_grid}\n" + "| C . . . " * 100_000,
    "a grid of ~": lambda: "{start_of_grid}\n| " + "C~" * 300_000 + " |\n{end_of_grid}",
    "directives": lambda: "{t:" * 300_000,
    "choruses of Band-in-a-Box": lambda: "[Chords]\n|: C | F :999999999X|\n[ChordsEnd]",
    "1 MB of text": lambda: "[A] | Dm7 | G7 |\n" * 60_000,
    "text with blanks": lambda: "| C" + " " * 500_000 + "|" + " (" * 200_000,
    "text of dashes": lambda: "| C |\n" + "-" * 500_000 + "x",
    "text of numbers": lambda: "1" * 900_000 + " | C |",
    "text of places": lambda: "| C@1 " + " ".join(f"D@2+{k}/99" for k in range(1, 99)) + " |",
    "a list that ends late": lambda: "1 1 C\n99999 1 F",
    "meters": lambda: "".join(f"({1 + k % 16}/4) C |" for k in range(4000)),
    "text of jumps": lambda: "| C (Segno) (D.S. al Coda) (To Coda) (Coda) (Fine) " * 2000,
}
