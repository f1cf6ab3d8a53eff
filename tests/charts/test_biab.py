"""biab.py: songs as Band-in-a-Box puts them on the clipboard."""

from __future__ import annotations

import pytest

from jazzgen.charts import biab
from jazzgen.errors import ProgressionError
from tests.charts.sheets import chart_in, played, written

SONG = """[Song] x [SongEnd]
[Chords]
|:a) Dm7| G7|
|b) CMaj7 Am7| C7sus:3X|
[ChordsEnd]
[Lyrics]
|  la | la |
[LyricsEnd]
"""


def test_a_song() -> None:
    chart = chart_in(biab, SONG)
    assert [bar.section for bar in chart.bars] == ["A", "", "B", ""]
    assert [bar.line for bar in chart.bars] == [3, 3, 4, 4]
    assert played(biab, SONG) == "Dm7 | G7 | CMaj7 Am7@3 | C7sus"  # three choruses are no form of twelve bars


@pytest.mark.parametrize(
    ("bar", "chords"),
    [
        ("C", "C"),
        ("C F", "C F@1/2"),
        ("C F G", "C F@1/4 G@1/2"),
        ("C F G A", "C F@1/4 G@1/2 A@3/4"),
        ("C,,,G7", "C G7@3/4"),
        ("C,F", "C F@1/4"),
        ("C,D G", "C D@1/4 G@1/2"),
        ("C,D G,A", "C D@1/4 G@1/2 A@3/4"),
        ("C.", "C"),
        ("C..", "C"),
        ("C^F", "C F@1/2"),
        ("C/E", "C/E"),
        ("C5b", "C(b5)"),
        ("Bb5#", "Bb(#5)"),
    ],
)
def test_beats(bar: str, chords: str) -> None:
    assert written(biab, f"[Chords]\n| {bar}| C|\n[ChordsEnd]")[0] == chords


def test_an_empty_bar_holds() -> None:
    assert written(biab, "[Chords]\n| C| | F|\n| G|\n") == ["C", "", "F", "G"]


def test_several_songs_are_called_by_their_file() -> None:
    assert [entry.title for entry in biab.entries((SONG * 2).encode(), "dir/My Song.txt")] == ["My Song"] * 2


def test_a_text_without_chords() -> None:
    with pytest.raises(ProgressionError, match=r"no \[Chords\]; copy the song"):
        biab.entries(b"[Lyrics]\n", "x.txt")
    with pytest.raises(ProgressionError, match="there are no bars"):
        chart_in(biab, "[Chords]\n[ChordsEnd]")
