"""The study solos as they were composed, in the notation of `notation.py`: the music of `data/midi/`."""

from __future__ import annotations

from recipes.studies.notation import Study

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
