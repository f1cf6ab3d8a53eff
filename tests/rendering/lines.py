"""Solos to write down: a form, any line on the grid, and what of a line sounds."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from jazzgen.charts.text import parse_progression
from jazzgen.music.score import TICKS_PER_BEAT, Note, Solo

FORM = parse_progression(
    "title: Four & More\nkey: Bb\n"
    "[A] | Cm7 | F7b9 . . F7#5 | Bbmaj7/D | Db7 . Gbmaj7 . | [B] N.C. | Bb6/9 | Am7b5 . D7b9#11 . | Gm7 |"
)


@st.composite
def solos(draw: st.DrawFn) -> Solo:
    """A line on the grid over two to four bars of 3/4, 4/4 or 5/4, each beat straight or in triplets."""
    beats = draw(st.sampled_from([3, 4, 5]))
    bars = draw(st.sampled_from([2, 4]))
    symbols = st.sampled_from(["Cm7", "F7b9", "Db7", "Ebmaj7", "Bdim7", "N.C.", "E7alt", "A7", "Gb6"])
    text = "| " + " | ".join(draw(symbols) for _ in range(bars)) + " |"
    form = parse_progression(f"meter: {beats}/4\n{text}")
    onsets = []
    for beat in range(form.length // TICKS_PER_BEAT):
        places = draw(st.sampled_from([(), (0,), (6,), (0, 6), (0, 3, 6, 9), (4, 8), (0, 8), (3, 9), (0, 4)]))
        onsets += [beat * TICKS_PER_BEAT + place for place in places]
    notes = []
    for onset, following in pairwise([*onsets, form.length]):
        duration = draw(st.integers(1, following - onset))
        notes.append(Note(onset, duration, draw(st.integers(50, 80))))
    return Solo(tuple(notes), form, double_time=draw(st.booleans()))


def sounding(solo: Solo, above: int = 0) -> list[tuple[float, int]]:
    return [(note.onset / TICKS_PER_BEAT, note.pitch + above) for note in solo.notes]
