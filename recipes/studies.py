"""The project's own study solos: composed here, phrase by phrase, and written to `data/midi/`.

    python -m recipes.studies                 write data/midi/*.mid and its SOURCES.md
    python -m recipes.studies --report        print what the lines are made of, in numbers
    python -m recipes.studies --read blues    print studies bar by bar, degrees against chords

A study is text, one line a bar: the chord symbols, a bar line, the melody.

    Cm7 F7b9    | 8 ~ d4 eb4 g4 bb4 a4 gb4 eb4

Chords share the bar evenly (two in a bar of three beats: two beats and one); `%` goes on with the last one.
In the melody a number sets the length of what follows: 1 2 4 8 16 as in whole note to sixteenth, a dot
lengthens by half, `8t` is an eighth triplet. `-` is a rest, `~` holds the last note, also over the bar line,
and all else are pitches by name and octave (c4 is middle C). A line such as `[B]` starts a section. Swing is
not written out: eighths are even here.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from jazzgen import midi
from jazzgen.errors import ProgressionError
from jazzgen.music.chords import parse_chord
from jazzgen.music.progressions import reference_roots
from jazzgen.music.score import (
    TICKS_PER_BEAT,
    Arrangement,
    ChordChange,
    MeterChange,
    Note,
    Progression,
    Section,
    Solo,
    instrument,
)
from jazzgen.util.files import replacing

__all__ = ["FOLDER", "STUDIES", "Figures", "Study", "figures", "main", "sources", "to_solo", "write_studies"]

RECIPE = "python -m recipes.studies"
FOLDER = Path(__file__).resolve().parent.parent / "data" / "midi"


@dataclass(frozen=True, slots=True)
class Study:
    """One study as composed: what stands over the music, and the music (`bars`, in the notation above)."""

    name: str  # of the file, without .mid
    title: str
    form: str
    key: str
    tempo: int  # quarter notes a minute
    instrument: str
    practises: str
    bars: str
    style: str = "swing"
    beats: int = 4  # in a bar


# ------------------------------------------------------------------------------------------------------------
# The music

STUDIES = (
    Study(
        name="01-blues-in-f",
        title="Two Streets Over",
        form="jazz blues, two choruses of 12",
        key="F",
        tempo=138,
        instrument="tenor-sax",
        practises="a three-note pick-up developed; 7th to 3rd into the IV and the ii; b9 on dominants",
        bars="""
            [A]
            F7          | 8 - c4 d4 f4 4. a4 8 g4
            Bb7         | 8 ab4 f4 4 d4 2 -
            F7          | 8 - c4 d4 f4 4 a4 8 - eb4
            Cm7 F7b9    | 8 ~ d4 eb4 g4 bb4 a4 gb4 eb4
            Bb7         | 8 d4 e4 4 f4 2 -
            Bdim7       | 4 - 8 b3 c#4 d4 e4 f4 g4
            F7          | 8 bb4 g#4 a4 f4 4 d4 4 -
            Am7b5 D7b9  | 8 - c5 bb4 a4 g4 f#4 eb4 c4
            Gm7         | 4 bb3 4 - 8 d4 f4 a4 ab4
            C7b9        | 8 g4 a4 bb4 c5 db5 c5 bb4 g#4
            F7 D7       | 8 a4 f4 4 - 2 -
            Gm7 C7      | 4 - 8 bb4 a4 g4 f4 e4 g4
            [A]
            F7          | 4 f4 8 - ab4 8t c5 d5 c5 8 ab4 f4
            Bb7         | 8 ab4 f4 d4 - 2 -
            F7          | 8 - a4 8t c5 d5 c5 8 ab4 a4 4 c5
            Cm7 F7      | 8 - d5 c5 g4 bb4 a4 c5 c#5
            Bb7         | 4. d5 8 c5 8t bb4 c5 bb4 8 ab4 f4
            Bdim7       | 8 - g4 ab4 bb4 4 b4 8 - c5
            F7          | 4 ~ 8 a4 g4 4 f4 4 -
            Am7b5 D7b9  | 8 - g4 a4 bb4 c5 bb4 c5 eb5
            Gm7         | 8 d5 bb4 a4 f#4 4 g4 8 - f4
            C7b9        | 8 e4 f4 g4 e4 db5 c5 bb4 g4
            F7          | 4 a4 4 - 8 - c4 d4 f4
            %           | 4 a4 8 - g4 f4 - 4 -
        """,
    ),
    Study(
        name="02-minor-blues-in-c",
        title="Lamp Black",
        form="minor blues, two choruses of 12",
        key="Cm",
        tempo=160,
        instrument="trumpet",
        practises="a rising call and its answers; enclosures of the root; bVI7 to V7 by semitone",
        bars="""
            [A]
            Cm7         | 4 - 8 g4 c5 4. eb5 8 d5
            Fm7         | 8 c5 bb4 ab4 g4 4 f4 4 -
            Cm7         | 4 - 8 g4 c5 4. eb5 8 f5
            C7b9        | 8 e5 f5 e5 db5 c5 bb4 - ab4
            Fm7         | 4 ~ 8 g4 ab4 8t bb4 c5 d5 4 eb5
            %           | 8 d5 c5 - ab4 2 -
            Cm7         | 8 - b4 c5 eb5 d5 b4 4 c5
            %           | 8 - g4 gb4 f4 4 eb4 4 -
            Ab7         | 8 - c4 db4 eb4 f4 gb4 ab4 bb4
            G7b9        | 8 b4 d5 4 f5 8 eb5 d5 b4 ab4
            Cm7         | 8 g4 f4 4 eb4 2 -
            Dm7b5 G7b9  | 4 - 8 - d4 eb4 f4 ab4 b4
            [A]
            Cm7         | 8 c5 d5 4 eb5 8 - d5 c5 g4
            Fm7         | 8t ab4 bb4 c5 8 d5 eb5 4. g5 8 f5
            Cm7         | 8 eb5 d5 c5 - 2 -
            C7b9        | 8 - g5 f5 e5 db5 c5 bb4 ab4
            Fm7         | 8 g4 f4 - ab4 8t c5 eb5 g5 8 ab5 g5
            %           | 8 f5 eb5 d5 c5 4 ab4 4 -
            Cm7         | 8 - f#4 g4 eb5 d5 b4 4 c5
            %           | 8 - bb4 a4 g4 8t f4 g4 f4 4 eb4
            Ab7         | 4 - 8 eb5 f5 8t gb5 f5 eb5 8 db5 c5
            G7b9        | 8 b4 c5 ab4 g4 f4 ab4 b4 d5
            Cm7         | 8 eb5 c5 d5 b4 4 c5 4 -
            Cm6         | 8 - g4 f4 d4 4. c4 8 -
        """,
    ),
    Study(
        name="03-rhythm-changes-in-bb",
        title="Penny Arcade",
        form="rhythm changes, AABA of 32",
        key="Bb",
        tempo=200,
        instrument="alto-sax",
        practises="two chords a bar through 3rds and 7ths; one shape up three chords; a bridge in sequences",
        bars="""
            [A]
            Bb6 G7b9    | 8 - f4 g4 bb4 4 d5 8 c5 b4
            Cm7 F7      | 4 bb4 8 g4 bb4 a4 - 4 -
            Dm7 G7b9    | 8 - f4 g4 a4 c5 b4 ab4 g4
            Cm7 F7b9    | 8 eb4 g4 bb4 d5 c5 bb4 a4 gb4
            Bb7         | 8 f4 d4 4 - 8 - ab4 bb4 c5
            Eb7 Edim7   | 8 db5 c5 bb4 ab4 g4 f#4 g4 bb4
            Dm7 G7      | 4. a4 8 c5 b4 - 4 -
            Cm7 F7      | 2 - 8 - g4 a4 c5
            [A]
            Bb6 G7      | 8 d5 c5 bb4 f4 4 b4 8 - d5
            Cm7 F7      | 8 eb5 d5 c5 g4 4 a4 8 - e5
            Dm7 G7      | 8 f5 e5 d5 a4 4 b4 4 -
            Cm7 F7b9    | 4 - 8 f4 f#4 g4 a4 gb4 eb4
            Bb7         | 4 d4 8 - ab4 8t bb4 b4 bb4 8 ab4 f4
            Eb7 Edim7   | 8 g4 ab4 bb4 c5 db5 bb4 4 e5
            Cm7 F7b9    | 8 f5 eb5 d5 c5 bb4 a4 gb4 f4
            Bb6         | 8 eb4 c4 4 d4 2 -
            [B]
            D7          | 8 - a4 b4 c5 4 e5 8 f#5 e5
            %           | 8 d5 c5 b4 bb4 4 a4 4 -
            G7          | 8 - d4 e4 f4 4 a4 8 b4 a4
            %           | 8 g4 f4 8t e4 f4 e4 8 d4 b3 4 -
            C7          | 8 - g4 a4 bb4 4 d5 8 e5 d5
            %           | 8t db5 d5 db5 8 c5 bb4 a4 g4 4 -
            F7b9        | 8 - eb4 f4 g4 a4 bb4 c5 eb5
            %           | 8 gb5 f5 eb5 c5 a4 gb4 eb4 c4
            [A]
            Bb6 G7b9    | 4 d4 4 - 8 - f4 g4 ab4
            Cm7 F7      | 4. g4 8 c5 bb4 a4 4 -
            Dm7 G7b9    | 8 - f4 a4 c5 8t b4 c5 b4 8 ab4 g4
            Cm7 F7      | 8 eb4 - - f#4 g4 bb4 a4 ab4
            Bb7         | 4 ~ 8 f4 d4 4 - 8 - g4
            Eb7 Edim7   | 4 ~ 8 bb4 c5 db5 d5 4 e5
            Cm7 F7      | 8 eb5 d5 c5 bb4 a4 bb4 c5 eb5
            Bb6         | 8 d5 c5 - f4 4 bb4 4 -
        """,
    ),
    Study(
        name="04-two-five-ones-falling",
        title="Six Front Doors",
        form="ii-V-I in six keys, each a whole tone lower, 24 bars",
        key="C",
        tempo=152,
        instrument="piano",
        practises="the 7th of the ii falls to the 3rd of the V; one four-bar idea set again in a far key",
        bars="""
            [A]
            Dm7         | 8 - e4 f4 a4 c5 e5 4 d5
            G7b9        | 8 c5 b4 d5 f5 e5 d5 b4 ab4
            Cmaj7       | 8 g4 f4 4 e4 2 -
            %           | 8 - c5 d5 b4 4 g4 4 -
            [B]
            Cm7         | 4 - 8 d4 eb4 8t g4 bb4 d5 8 c5 bb4
            F7b9        | 8 ~ a4 c5 eb5 gb5 f5 eb5 c5
            Bbmaj7      | 8 d5 c5 bb4 a4 4 f4 4 -
            %           | 8 - e4 f4 g4 4 a4 8 c5 d5
            [C]
            Bbm7        | 4. db5 8 c5 8t bb4 c5 bb4 8 ab4 gb4
            Eb7b9       | 8 g4 f4 g4 bb4 db5 e5 db5 b4
            Abmaj7      | 8 db5 c5 4 bb4 ab4 -
            %           | 8 - g4 ab4 bb4 c5 eb5 - b4
            [D]
            Abm7        | 4 ~ 8 bb4 ab4 gb4 eb4 4 -
            Db7b9       | 8 - e4 f4 ab4 b4 eb5 d5 b4
            Gbmaj7      | 8 ~ bb4 c5 db5 f5 ab5 f5 eb5
            %           | 8 db5 - 4 - 2 -
            [E]
            F#m7        | 4 - 8 g#4 a4 8t c#5 e5 g#5 8 f#5 e5
            B7b9        | 8 ~ d#5 f#5 a5 c6 b5 a5 f#5
            Emaj7       | 8 g#5 f#5 e5 d#5 4 b4 4 -
            %           | 8 - a#4 b4 c#5 4 d#5 8 b4 g#4
            [F]
            Em7         | 8 g4 f#4 g4 a4 8t b4 d5 f#5 8 e5 d5
            A7b9        | 4 c#5 8 - g5 bb5 a5 g5 e5
            Dmaj7       | 8 g5 f#5 4 e5 8 d5 - 4 -
            %           | 8 - c#5 b4 a4 2 f#4
        """,
    ),
    Study(
        name="05-modal-in-d-minor",
        title="Harbor Wall",
        form="modal AABA of 32: D dorian, bridge F and Eb dorian",
        key="Dm",
        tempo=132,
        instrument="trombone",
        practises="space; one motif raised, answered, moved through three modes and brought home",
        bars="""
            [A]
            Dm7         | 8 - a3 d4 e4 4. f4 8 e4
            %           | 8 d4 c4 - a3 2 -
            %           | 8 - a3 d4 e4 4. g4 8 f4
            %           | 8 e4 c4 - d4 2 -
            %           | 4 - 8 - d4 8t f4 g4 a4 8 g4 e4
            %           | 4. f4 8 d4 c4 a3 b3 g3
            %           | 4. a3 8 f3 4 d3 4 -
            %           | 1 -
            [A]
            Dm7         | 8 - c4 f4 g4 4. a4 8 g4
            %           | 8 f4 d4 - c4 2 -
            %           | 8 - c4 f4 g4 4. b4 8 a4
            %           | 8 c5 a4 8t g4 a4 g4 4 f4 4 -
            %           | 2 - 8 - a4 f4 d4
            %           | 8 c4 a3 b3 c4 4. d4 8 f4
            %           | 4 e4 8 d4 c#4 4 d4 4 -
            %           | 2 - 4 - 8 - c4
            [B]
            Fm7         | 4 ~ 8 eb4 f4 4. ab4 8 g4
            %           | 8 f4 eb4 8t c4 eb4 c4 4 bb3 4 -
            %           | 8 - c4 eb4 f4 4. ab4 8 bb4
            %           | 4 c5 8 ab4 f4 4 g4 8 - gb4
            Ebm7        | 4 ~ 8 - bb3 8t db4 eb4 f4 8 gb4 bb4
            %           | 4. db5 8 c5 4 bb4 4 -
            %           | 8 - ab4 gb4 f4 eb4 db4 4 bb3
            %           | 4. db4 8 bb3 2 -
            [A]
            Dm7         | 8 - a3 d4 e4 4. f4 8 e4
            %           | 8 d4 c4 - a3 4 - 8 c4 d4
            %           | 8 f4 d4 e4 f4 8t g4 a4 g4 8 f4 d4
            %           | 4. e4 8 c4 4 d4 4 -
            %           | 4 - 8 - a4 8t b4 a4 g4 8 e4 c4
            %           | 8 d4 f4 e4 c4 4 a3 4 -
            %           | 8 - a3 b3 c4 4. d4 8 c4
            %           | 8 a3 g3 f3 - 4. d3 8 -
        """,
    ),
    Study(
        name="06-bossa-in-a-minor",
        title="Folding Chairs",
        form="bossa, three times 8",
        key="Am",
        tempo=132,
        instrument="flute",
        style="bossa",
        practises="even eighths, chords entered on the and of 4, one rhythm kept and varied",
        bars="""
            [A]
            Am7         | 4. e5 8 c5 - d5 4 e5
            %           | 8 - b4 c5 b4 a4 - - f5
            Dm7         | 4 ~ 8 - e5 - d5 4 e5
            G7          | 8 - f5 e5 d5 c5 - - b4
            Cmaj7       | 4 ~ 8 c5 d5 4. f#5 8 g5
            Fmaj7       | 4. e5 8 d5 4 c5 4 -
            Bm7b5       | 8 - a4 b4 c5 8t d5 e5 f5 8 e5 d5
            E7b9        | 8 c5 b4 g#4 b4 4 d5 4 -
            [B]
            Am7         | 4. e5 8 c5 - e5 4 g5
            D7          | 8 - f#5 e5 d5 c5 - - bb4
            Gm7         | 4 ~ 8 c5 d5 4. f5 8 a5
            C7          | 8 bb5 a5 g5 f5 4 e5 4 -
            Fmaj7       | 8 - e5 f5 g5 4 a5 8 c6 b5
            Bm7b5 E7b9  | 8 a5 g5 f5 e5 f5 e5 d5 b4
            Am6         | 4. c5 8 b4 4 a4 4 -
            Am6 E7b9    | 2 - 8 - b4 c5 d5
            [A]
            Am7         | 4. e5 8 g5 - f#5 4 e5
            %           | 8 d5 c5 - b4 4 c5 4 -
            Dm7         | 4. a4 8 c5 - d5 4 e5
            G7          | 8 - f5 a5 g5 4 f5 8 e5 d5
            Cmaj7       | 8 e5 f5 g5 b5 - a5 4 g5
            Bm7b5 E7b9  | 8 f5 e5 d5 c5 b4 c5 b4 g#4
            Am6         | 4 a4 8 - c5 8t e5 f#5 g#5 4 b5
            %           | 4. a5 8 e5 2 -
        """,
    ),
    Study(
        name="07-waltz-in-g",
        title="Paper Lanterns",
        form="jazz waltz, 16 + 8 + 8",
        key="G",
        tempo=168,
        instrument="vibraphone",
        style="waltz",
        beats=3,
        practises="two against three; guide tones falling by semitones (bars 9 to 13); sequences",
        bars="""
            [A]
            Gmaj7       | 4. b4 d5
            Em7         | 8 - f#5 g5 f#5 e5 d5
            Am7         | 4. c5 e5
            D7          | 8 - g5 a5 g5 f#5 e5
            Bm7         | 8 d5 c#5 4 b4 -
            E7b9        | 8 - g#4 a4 b4 d5 e5
            Am7         | 8 f5 e5 d5 c5 b4 c5
            D7          | 4 - 8 a4 b4 c5 e5
            Gmaj7       | 4. f#5 8 d5 b4 d5
            G7          | 4. f5 8 d5 b4 d5
            Cmaj7       | 4. e5 8 c5 4 -
            F7          | 4. eb5 8 c5 a4 c5
            Bm7         | 4. d5 8 b4 4 -
            E7b9        | 8 - b4 c5 d5 f5 d5
            Am7 D7b9    | 8 e5 d5 c5 b4 a4 f#4
            Gmaj7       | 4 a4 g4 -
            [B]
            Cm7         | 8 - c5 d5 eb5 8t f5 g5 f5
            F7          | 8 eb5 d5 c5 a4 4 -
            Bbmaj7      | 8 - bb4 c5 d5 8t eb5 f5 eb5
            Ebmaj7      | 8 d5 c5 bb4 g4 4 -
            Am7b5       | 8 - a4 bb4 c5 d5 eb5
            D7b9        | 8 f#5 eb5 d5 c5 bb4 a4
            Gm7         | 8 c5 bb4 4 g4 -
            Am7 D7      | 8 - c5 d5 e5 f#5 a5
            [A]
            Gmaj7       | 4. b5 f#5
            Em7         | 8 - f#5 g5 f#5 e5 d5
            Am7         | 4. c5 e5
            D7          | 8 - e5 f#5 e5 d5 c5
            Bm7         | 4. b4 8 a4 4 -
            E7b9        | 8 - f4 g#4 a4 b4 d5
            Am7 D7      | 8 c5 b4 a4 g4 f#4 a4
            Gmaj7       | 4 c5 b4 -
        """,
    ),
    Study(
        name="08-ballad-in-eb",
        title="The Last Tram",
        form="ballad, 8 + 8",
        key="Eb",
        tempo=66,
        instrument="flugelhorn",
        style="ballad",
        practises="a singing line, sixteenths and triplets as decoration; appoggiaturas; major to minor IV",
        bars="""
            [A]
            Ebmaj7 Cm7  | 8 - g4 bb4 d5 4. f5 8 eb5
            Fm7 Bb7     | 4 c5 16 bb4 ab4 g4 ab4 4 d5 4 -
            Gm7 C7b9    | 8 - 16 c5 d5 8 f5 d5 8t e5 f5 e5 8 db5 bb4
            Fm7 Bb7     | 8 ab4 g4 f4 c5 4 ab4 4 -
            Ebmaj7 Eb7  | 4. g4 8 bb4 16 c5 db5 eb5 f5 8 db5 bb4
            Abmaj7 Abm6 | 4 c5 8 - eb5 4 cb5 8 bb4 ab4
            Gm7 C7b9    | 8 - 16 a4 bb4 8 d5 c5 4 e5 8 db5 bb4
            Fm7 Bb7b9   | 8 ab4 g4 ab4 c5 8t cb5 c5 cb5 8 bb4 -
            [B]
            Abmaj7      | 8 - eb4 g4 bb4 4. d5 8 c5
            Am7b5 D7b9  | 8 eb5 d5 16 c5 d5 eb5 g5 8t f#5 g5 f#5 8 eb5 c5
            Gm7         | 8 bb4 a4 4 g4 2 -
            C7b9        | 4 - 16 e4 f4 g4 bb4 4. db5 8 bb4
            Fm7 Abm6    | 4 ab4 8t g4 ab4 c5 4 cb5 -
            Gm7 Gbdim7  | 4 c5 8 bb4 f4 4 a4 8 - bb4
            Fm7 Bb7b9   | 4 ab4 8 - c5 16 cb5 ab4 g4 ab4 8 bb4 f#4
            Ebmaj7      | 4 ab4 8 g4 bb4 2 d5
        """,
    ),
    Study(
        name="09-dominants-round-the-cycle",
        title="Ring Road",
        form="dominants down the cycle of fifths two bars each, then one ii-V after another, 32 bars",
        key="Bb",
        tempo=232,
        instrument="guitar",
        practises="each 7th falling to the next 3rd at speed; lines that breathe across the two-bar chords",
        bars="""
            [A]
            G7          | 4 - 8 - b3 d4 e4 f4 g4
            %           | 8 a4 g4 f4 e4 4 d4 8 - bb3
            C7          | 4 ~ 8 c4 d4 e4 g4 bb4 a4
            %           | 8 g4 f4 e4 d4 4 e4 4 -
            F7          | 8 - g4 a4 c5 4. eb5 8 d5
            %           | 8 c5 b4 bb4 a4 8t g4 a4 g4 8 f4 eb4
            Bb7         | 4 d4 8 - e4 f4 - 4 -
            %           | 8 - d5 c5 bb4 4 ab4 8 - g4
            Eb7         | 4 ~ 8 bb4 db5 4. f5 8 eb5
            %           | 8 db5 c5 bb4 ab4 g4 f4 eb4 db4
            Ab7         | 4 c4 4 - 8 - gb4 ab4 bb4
            %           | 4. c5 8 bb4 8t ab4 bb4 ab4 8 gb4 eb4
            Db7         | 8 f4 eb4 f4 ab4 4. cb5 8 bb4
            %           | 8 ab4 gb4 - eb4 4 f4 4 -
            F#7b9       | 8 - c#4 e4 f#4 g4 a#4 c#5 e5
            %           | 8 g5 f#5 e5 c#5 b4 a#4 g4 e4
            [B]
            Bm7         | 8 f#4 d4 4 - 8 - d5 c#5 b4
            E7          | 8 a4 g#4 b4 d5 4 c#5 8 b4 -
            Em7         | 8 - f#4 g4 b4 4. d5 8 b4
            A7b9        | 8 c#5 d5 e5 g5 bb5 a5 g5 e5
            Am7         | 8 e5 d5 4 c5 2 -
            D7          | 4 - 8 f#4 g4 8t a4 b4 c5 8 e5 d5
            Dm7         | 8 f5 e5 d5 c#5 4 d5 8 - c5
            G7          | 8 b4 - - a4 b4 d5 f5 e5
            Gm7         | 4. d5 8 c5 bb4 a4 g4 f4
            C7          | 8 e4 f4 g4 bb4 4 a4 8 g4 -
            Cm7         | 8 - f#4 g4 bb4 8t d5 eb5 d5 8 c5 bb4
            F7b9        | 8 a4 bb4 a4 gb4 4 eb4 8 - d4
            Bbmaj7      | 4 ~ 8 c4 d4 2 -
            G7b9        | 8 - b3 c4 d4 f4 ab4 b4 d5
            Cm7 F7b9    | 8 eb5 d5 c5 bb4 a4 bb4 gb4 eb4
            Bb6         | 4 d4 8 - f4 bb4 - 4 -
        """,
    ),
    Study(
        name="10-falling-major-thirds",
        title="Three-Cornered Square",
        form="keys a major third apart, one bar and half a bar a chord, with turnarounds, 24 bars",
        key="C",
        tempo=176,
        instrument="clarinet",
        practises="common tones and semitones between far keys; the same opening taken two ways",
        bars="""
            [A]
            Cmaj7         | 8 - g4 c5 d5 4 e5 8 - db5
            Eb7           | 4 ~ 8 bb4 c5 db5 f5 eb5 db5
            Abmaj7        | 8 ~ c5 4 bb4 8 ab4 - 4 -
            B7            | 8 - g#4 a4 c#5 4 d#5 8 c#5 b4
            Emaj7         | 8 a4 g#4 - b4 8t c#5 d#5 c#5 8 b4 g#4
            G7            | 8 - a4 b4 d5 4 f5 8 - e5
            Cmaj7         | 4 ~ 8 d5 c5 4 b4 4 -
            Cmaj7 A7b9    | 2 - 8 - bb4 a4 c#5
            [B]
            Dm7 Eb7       | 8 d5 e5 f5 a5 g5 f5 eb5 db5
            Abmaj7 B7     | 8 c5 bb4 g4 ab4 a4 b4 4 d#5
            Emaj7 G7      | 8 e5 d#5 c#5 b4 d5 c5 b4 a4
            Cmaj7         | 8 f4 d#4 4 e4 2 -
            Em7 A7b9      | 4 - 8 f#4 g4 8t b4 c#5 e5 8 g5 bb5
            Dm7 G7b9      | 8 a5 g5 f5 e5 d5 c5 b4 ab4
            Cmaj7 Ebmaj7  | 4 g4 8 a4 b4 4 bb4 8 c5 d5
            Abmaj7 Dbmaj7 | 4 eb5 8 db5 c5 4 ab4 4 -
            [A]
            Cmaj7         | 8 - g4 c5 d5 4 e5 8 - db5
            Eb7           | 4 ~ 8 eb5 f5 4 g5 -
            Abmaj7 B7     | 8 eb5 c5 bb4 g4 4 a4 8 g#4 f#4
            Emaj7 G7      | 8 e4 f#4 g#4 b4 4 d5 8 c5 a4
            Cmaj7 A7b9    | 8 b4 g4 4 - 8 - c#5 e5 g5
            Dm7 G7b9      | 8 f5 g5 f5 d5 b4 ab4 f4 d#4
            Cmaj7         | 8 f4 e4 - g4 4 b4 4 -
            %             | 8 - a4 g4 d4 4. e4 8 -
        """,
    ),
)  # fmt: skip


# ------------------------------------------------------------------------------------------------------------
# From text to a Solo

LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
ACCIDENTALS = {"": 0, "#": 1, "b": -1}
LENGTHS = {"1": 48, "2": 24, "4": 12, "8": 6, "16": 3, "2.": 36, "4.": 18, "8.": 9, "8t": 4}  # in ticks
HOLD, REST = "~", "-"
PITCH = re.compile(r"([a-g])([#b]?)(\d)")
STRAIGHT, TRIPLET = frozenset({0, 3, 6, 9}), frozenset({0, 4, 8})
# A reader takes onsets at the start and at 2/3 of a beat for swung eighths; a study writes even eighths.
READ_AS_SWING = (frozenset({8}), frozenset({0, 8}))


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a study: `section` if one starts here, chord symbols, melody tokens."""

    section: str
    chords: tuple[str, ...]
    melody: tuple[str, ...]


def read_bars(text: str) -> Iterator[Bar]:
    """The bars of a study's text."""
    section = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("["):
            section = line.strip("[]")
            continue
        chords, _, melody = line.partition("|")
        yield Bar(section, tuple(chords.split()), tuple(melody.split()))
        section = ""


def chord_changes(bars: Sequence[Bar], beats: int) -> Iterator[ChordChange]:
    """Where the harmony changes, `beats` beats a bar; a chord that goes on is not said again."""
    last = ""
    for number, bar in enumerate(bars):
        for index, symbol in enumerate(bar.chords):
            # Two chords over three beats take two and one: rounding up gives the first the longer half.
            beat = -(-index * beats // len(bar.chords))
            if symbol not in ("%", last):
                yield ChordChange((number * beats + beat) * TICKS_PER_BEAT, symbol)
                last = symbol


def melody_spans(bars: Sequence[Bar], beats: int, where: str) -> Iterator[tuple[int, int, int]]:
    """(onset, duration, pitch) of every note, in ticks; a wrong bar raises `ProgressionError` naming it."""
    sounding: tuple[int, int, int] | None = None
    bar_ticks = beats * TICKS_PER_BEAT
    for number, bar in enumerate(bars):
        place, tick, length = f"{where}, bar {number + 1}", number * bar_ticks, 0
        for word in bar.melody:
            if word in LENGTHS:
                length = LENGTHS[word]
                continue
            if word == HOLD and sounding is not None:
                sounding = (sounding[0], sounding[1] + length, sounding[2])
            else:
                if sounding is not None:
                    yield sounding
                sounding = None if word == REST else (tick, length, _pitch(word, place))
            tick += length
        if (lasts := tick - number * bar_ticks) != bar_ticks:
            raise ProgressionError(f"{place}: it lasts {lasts} ticks; a bar of {beats} beats has {bar_ticks}")
    if sounding is not None:
        yield sounding


def _pitch(word: str, where: str) -> int:
    match = PITCH.fullmatch(word)
    if match is None:
        raise ProgressionError(
            f"{where}: {word!r} is neither a length ({' '.join(LENGTHS)}), a pitch such as bb4, "
            f"a rest ({REST}) nor a note held on ({HOLD})"
        )
    letter, accidental, octave = match.groups()
    return 12 * (int(octave) + 1) + LETTERS[letter] + ACCIDENTALS[accidental]


def shaped(spans: Sequence[tuple[int, int, int]]) -> Iterator[Note]:
    """The spans with velocities: higher is louder, off-beats are leaned on, a phrase dies away at its end."""
    middle = sum(pitch for _, _, pitch in spans) / len(spans)
    for span, following in zip(spans, [*spans[1:], None], strict=True):
        onset, duration, pitch = span
        velocity = 84 + round(pitch - middle)
        velocity += 7 if onset % TICKS_PER_BEAT else 0
        if following is None or following[0] - onset - duration >= TICKS_PER_BEAT:
            velocity -= 12
        yield Note(onset, duration, pitch, min(max(velocity, 40), 120))


def to_solo(study: Study) -> Solo:
    """The study as a `Solo`; raises `ProgressionError` for a bar that does not add up, a note out of the
    instrument's range or a beat that does not lie on the grid.
    """
    bars = list(read_bars(study.bars))
    bar_ticks = study.beats * TICKS_PER_BEAT
    progression = Progression(
        chords=tuple(chord_changes(bars, study.beats)),
        length=len(bars) * bar_ticks,
        meters=(MeterChange(0, study.beats),),
        sections=tuple(Section(n * bar_ticks, bar.section) for n, bar in enumerate(bars) if bar.section),
        title=study.title,
        key=study.key,
        style=study.style,
    )
    solo = Solo(
        notes=tuple(shaped(list(melody_spans(bars, study.beats, study.name)))),
        progression=progression,
        tempo=study.tempo,
        title=study.title,
        player="jazzgen",
        instrument=study.instrument,
    )
    _check_playable(solo, study.name)
    return solo


def _check_playable(solo: Solo, where: str) -> None:
    horn = instrument(solo.instrument)
    beats: dict[int, set[int]] = {}
    for note in solo.notes:
        bar = solo.progression.bar_at(note.onset) + 1
        if not horn.low <= note.pitch <= horn.high:
            raise ProgressionError(
                f"{where}, bar {bar}: pitch {note.pitch} is outside the {horn.name}'s {horn.low}..{horn.high}"
            )
        beats.setdefault(note.onset // TICKS_PER_BEAT, set()).add(note.onset % TICKS_PER_BEAT)
    for beat, onsets in beats.items():
        if not (onsets <= STRAIGHT or onsets <= TRIPLET) or onsets in READ_AS_SWING:
            bar = solo.progression.bar_at(beat * TICKS_PER_BEAT) + 1
            raise ProgressionError(
                f"{where}, bar {bar}: onsets at ticks {sorted(onsets)} of one beat; "
                "use some of 0 3 6 9 or of 0 4 8, and 0 6 for swung eighths"
            )


# ------------------------------------------------------------------------------------------------------------
# Rereading: the lines in numbers, and bar by bar

DEGREE_NAMES = ("1", "b9", "9", "b3", "3", "11", "b5", "5", "b13", "13", "b7", "7")
A_FIFTH = 7  # semitones
NAMES = ("c", "db", "d", "eb", "e", "f", "gb", "g", "ab", "a", "bb", "b")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a line is made of; shares are 0..1."""

    bars: int
    notes: int
    strong_chord_tones: float  # of the notes that start on beats 1 and 3 (in 3/4: on 1), chord tones
    chord_tones: float  # of all notes; one that anticipates the next chord may belong to that one
    rests: float  # of the time from the first bar line to the last
    lowest: int
    highest: int
    steps: float  # of the intervals, a whole tone or less
    leaps: float  # of the intervals, more than a fifth
    longest_run: float  # beats without a silence of a beat or more
    same_rhythm: int  # the longest row of bars with one and the same rhythm


def figures(solo: Solo) -> Figures:
    """Measures a solo as a teacher would count."""
    notes, progression = solo.notes, solo.progression
    strong = [note for note in notes if _is_strong(note, progression)]
    intervals = [abs(b.pitch - a.pitch) for a, b in pairwise(notes)]
    pitches = [note.pitch for note in notes]
    return Figures(
        bars=len(progression.bar_ticks),
        notes=len(notes),
        strong_chord_tones=_mean([_is_chord_tone(note, progression) for note in strong]),
        chord_tones=_mean([_is_chord_tone(note, progression) for note in notes]),
        rests=1 - sum(note.duration for note in notes) / progression.length,
        lowest=min(pitches),
        highest=max(pitches),
        steps=_mean([interval <= 2 for interval in intervals]),
        leaps=_mean([interval > A_FIFTH for interval in intervals]),
        longest_run=_longest_run(notes) / TICKS_PER_BEAT,
        same_rhythm=_same_rhythm(solo),
    )


def _mean(facts: Sequence[bool]) -> float:
    return sum(facts) / max(len(facts), 1)


def _is_strong(note: Note, progression: Progression) -> bool:
    place = note.onset - progression.bar_start(note.onset)
    return place == 0 or (place == 2 * TICKS_PER_BEAT and progression.beats_at(note.onset) == 4)


def _is_chord_tone(note: Note, progression: Progression) -> bool:
    # A note tied into the next chord, or a last eighth before it, is heard as that chord's.
    ticks = {note.onset, note.end - 1}
    chords = [parse_chord(progression.chord_at(tick).symbol) for tick in ticks]
    return any(chord is not None and note.pitch % 12 in chord.pitch_classes for chord in chords)


def _longest_run(notes: Sequence[Note]) -> int:
    longest, start = 0, notes[0].onset
    for before, after in pairwise(notes):
        if after.onset - before.end >= TICKS_PER_BEAT:
            longest, start = max(longest, before.end - start), after.onset
    return max(longest, notes[-1].end - start)


def _rhythms(solo: Solo) -> list[tuple[int, ...]]:
    rhythms: list[list[int]] = [[] for _ in solo.progression.bar_ticks]
    for note in solo.notes:
        rhythms[solo.progression.bar_at(note.onset)].append(
            note.onset - solo.progression.bar_start(note.onset)
        )
    return [tuple(rhythm) for rhythm in rhythms]


def _same_rhythm(solo: Solo) -> int:
    longest = row = 1
    for before, after in pairwise(_rhythms(solo)):
        row = row + 1 if before == after and after else 1
        longest = max(longest, row)
    return longest


def print_report(studies: Sequence[Study]) -> None:
    """One line a study, in numbers."""
    print(f"{'study':30}bars notes strong tones rests  range  steps leaps   run same")
    for study in studies:
        f = figures(to_solo(study))
        print(
            f"{study.name:30}{f.bars:4}{f.notes:6}{f.strong_chord_tones:7.2f}{f.chord_tones:6.2f}{f.rests:6.2f}"
            f"  {f.lowest}-{f.highest}{f.steps:7.2f}{f.leaps:6.2f}{f.longest_run:6.1f}{f.same_rhythm:5}"
        )


def print_reading(study: Study) -> None:
    """The study bar by bar: each note as pitch and degree, `*` where it is no chord tone."""
    solo = to_solo(study)
    roots = reference_roots(solo.progression)
    lines: list[list[str]] = [[] for _ in solo.progression.bar_ticks]
    for note in solo.notes:
        degree = DEGREE_NAMES[(note.pitch - roots[solo.progression.chord_index(note.onset)]) % 12]
        foreign = "" if _is_chord_tone(note, solo.progression) else "*"
        place = (note.onset - solo.progression.bar_start(note.onset)) / TICKS_PER_BEAT + 1
        name = f"{NAMES[note.pitch % 12]}{note.pitch // 12 - 1}"
        lines[solo.progression.bar_at(note.onset)].append(f"{place:.3g}:{name}={degree}{foreign}")
    print(f"\n{study.title} ({study.name}), {study.instrument}, {study.tempo} BPM")
    for number, (bar, line) in enumerate(zip(read_bars(study.bars), lines, strict=True), start=1):
        print(f"{number:3} {bar.section:2}{' '.join(bar.chords):14}| {'  '.join(line)}")


# ------------------------------------------------------------------------------------------------------------
# Writing


def sources(studies: Sequence[Study]) -> str:
    """The text of SOURCES.md."""
    rows = "\n".join(
        f"| `{s.name}.mid` | {s.title} | {s.form} | {s.key} | {s.tempo} | {s.instrument} | {s.practises} |"
        for s in studies
    )
    return f"""# Where these solos come from

Ten study solos, composed for this project. None is a transcription and none quotes a recorded solo or a tune;
the progressions are common forms that nobody owns. They carry the project's own licence, MIT.

Their readable source is [`recipes/studies.py`](../../recipes/studies.py), which makes these
files and this page: edit the music there and run it again. Each file holds the solo and the chord symbols as
markers. Eighths are written even, so that the files lie exactly on the grid; swing them when you play.

| file | title | form | key | BPM | instrument | what it practises |
|---|---|---|---|---|---|---|
{rows}
"""


def write_studies(folder: Path, studies: Sequence[Study] = STUDIES) -> list[Path]:
    """Writes one MIDI file a study and SOURCES.md into `folder`, which must exist; returns the paths."""
    paths = []
    for study in studies:
        path = folder / f"{study.name}.mid"
        midi.write_arrangement(Arrangement(to_solo(study), recipe=RECIPE), path)
        paths.append(path)
    paths.append(folder / "SOURCES.md")
    with replacing(paths[-1]) as temporary:
        temporary.write_text(sources(studies), encoding="utf-8", newline="\n")
    return paths


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the studies, or prints them for rereading."""
    parser = argparse.ArgumentParser(
        description="Make the study solos in data/midi/ from their readable source."
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to write (default: data/midi)")
    parser.add_argument("--report", action="store_true", help="print figures instead of writing")
    parser.add_argument(
        "--read", metavar="NAME", help="print the studies whose name contains NAME, bar by bar"
    )
    options = parser.parse_args(arguments)
    if options.report:
        print_report(STUDIES)
    elif options.read is not None:
        for study in STUDIES:
            if options.read in study.name:
                print_reading(study)
    else:
        for path in write_studies(options.folder):
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
