"""Progressions for property tests, and what two of them must share to be the same music."""

from __future__ import annotations

from hypothesis import strategies as st

from jazzgen.charts.tune import merged
from jazzgen.music.chords import parse_chord
from jazzgen.music.meters import read_meter
from jazzgen.music.score import TICKS_PER_BEAT, ChordChange, MeterChange, Progression, Section

ROOTS = ("C", "Db", "C#", "D", "Eb", "E", "F", "F#", "Gb", "G", "Ab", "A", "Bb", "B")
METERS = ("4/4", "3/4", "5/4", "2/4", "6/4", "7/4", "2/2", "6/8", "9/8", "12/8", "7/8")
QUALITIES = (
    *(
        "",
        "m",
        "7",
        "maj7",
        "m7",
        "m7b5",
        "dim",
        "dim7",
        "aug",
        "6",
        "m6",
        "69",
        "9",
        "13",
        "7b9",
        "7#11",
        "7alt",
    ),
    *(
        "7sus4",
        "9sus4",
        "mmaj7",
        "maj7#11",
        "7#5",
        "m9",
        "m11",
        "add9",
        "5",
        "7#9",
        "7b13",
        "13#11",
        "maj9",
        "sus4",
    ),
)


@st.composite
def symbols(draw: st.DrawFn, qualities: tuple[str, ...] = QUALITIES) -> str:
    """A chord symbol, N.C. now and then."""
    if draw(st.integers(0, 15)) == 0:
        return "N.C."
    bass = f"/{draw(st.sampled_from(ROOTS))}" if draw(st.integers(0, 5)) == 0 else ""
    return f"{draw(st.sampled_from(ROOTS))}{draw(st.sampled_from(qualities))}{bass}"


@st.composite
def progressions(
    draw: st.DrawFn,
    *,
    one_meter: bool = False,
    sections: tuple[str, ...] = ("A", "B", "C", "D"),
    ticks: int = 1,
) -> Progression:
    """A progression of 1 to 12 bars.

    Parameters
    ----------
    draw
        Of hypothesis.
    one_meter
        Whether all bars have one meter.
    sections
        Names of its sections.
    ticks
        Every chord stands at a multiple of so many ticks in its bar.

    Returns
    -------
    Progression
        With title, composer, key, style and tempo.

    """
    meters: list[MeterChange] = []
    chords: dict[int, str] = {0: draw(symbols())}
    begins: list[Section] = []
    tick = 0
    for number in range(draw(st.integers(1, 12))):
        if number == 0 or (not one_meter and draw(st.integers(0, 7)) == 0):
            meter = read_meter(draw(st.sampled_from(METERS)), tick)
            if not meters or meter.signature != meters[-1].signature:
                meters.append(meter)
        if draw(st.integers(0, 3)) == 0:
            begins.append(Section(tick, draw(st.sampled_from(sections))))
        length = meters[-1].beats * TICKS_PER_BEAT
        for place in draw(st.lists(st.integers(0, (length - 1) // ticks), max_size=4)):
            chords[tick + place * ticks] = draw(symbols())
        tick += length
    return Progression(
        tuple(merged([ChordChange(at, chords[at]) for at in sorted(chords)])),
        tick,
        tuple(meters),
        tuple(begins),
        title=draw(st.sampled_from(("Blue Rain", "The Late Train", "Éa & <b>"))),
        composer=draw(st.sampled_from(("Doe Jane", "O'Hara, M."))),
        key=draw(st.sampled_from(("C", "Bb", "F#m", "Dm"))),
        style=draw(st.sampled_from(("swing", "bossa", "ballad", "straight"))),
        tempo=draw(st.sampled_from((100.0, 174.0))),
    )


def sounds(progression: Progression) -> list[tuple[int, object]]:
    """The chords by what sounds, each with its tick; equal neighbours are one."""
    changes: list[tuple[int, object]] = []
    for change in progression.chords:
        chord = parse_chord(change.symbol)
        what = None if chord is None else (chord.root, chord.bass, chord.pitch_classes)
        if not changes or changes[-1][1] != what:
            changes.append((change.tick, what))
    return changes


def bars(progression: Progression) -> object:
    """Bars, meters and section starts."""
    starts = [section.tick for section in progression.sections]
    return progression.bar_ticks, progression.length, progression.meters, starts


def names(progression: Progression) -> list[str]:
    return [section.name for section in progression.sections]
