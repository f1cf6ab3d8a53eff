"""songs.py, and takes over charts: intro, coda, head, and the title, tempo and recipe that a chart gives."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from jazzgen.charts.find import ChartOptions
from jazzgen.cli import main
from jazzgen.errors import ChordError, OptionError
from jazzgen.midi.reading import read_solo
from jazzgen.takes.many import Written
from jazzgen.takes.settings import Settings
from jazzgen.takes.songs import file_names, write_songs
from jazzgen.takes.take import Take, make_take
from tests.charts.playlists import write_playlist
from tests.charts.text import symbols

BAR = 48


@pytest.fixture(scope="module")
def playlist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_playlist(tmp_path_factory.mktemp("charts"))


@pytest.fixture(scope="module")
def full(playlist: Path) -> Take:
    """Three choruses with intro, coda and a head for the band."""
    chart = ChartOptions(song="blue mood", form="full")
    return make_take(Settings(progression=str(playlist), chart=chart, choruses=3, head=True, seed=1))


def test_the_chart_reaches_the_take(full: Take) -> None:
    form = full.solo.progression
    assert symbols(form).split()[0] == "E7"
    assert len(form.bar_ticks) == 1 + 8 + 8 + 6 + 1
    assert [section.name for section in form.sections] == [
        "Intro", "Head: A", "A", "Solo: A", "A", "Head: A", "A", "Coda"
    ]  # fmt: skip
    assert (full.solo.title, full.solo.tempo, form.composer, form.key) == (
        "The Blue Mood",
        140.0,
        "Doe Jane",
        "C",
    )


def test_the_soloist_leaves_the_head_to_the_band(full: Take) -> None:
    onsets = [note.onset for note in full.solo.notes]
    assert min(onsets) >= 9 * BAR
    assert max(note.end for note in full.solo.notes) <= 17 * BAR
    bass = next(part for part in full.parts if part.name == "Bass")
    assert min(note.onset for note in bass.notes) < BAR
    assert max(note.onset for note in bass.notes) >= 23 * BAR


def test_the_recipe_makes_the_same_file(full: Take, tmp_path: Path) -> None:
    """Without the playlist: the chart stands in the recipe."""
    full.write(tmp_path / "a.mid")
    assert read_solo(tmp_path / "a.mid").progression.composer == "Doe Jane"
    command = shlex.split(full.recipe.split("; ")[2])
    assert main([*command[1:], "-o", str(tmp_path / "b.mid")]) == 0
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()


def test_a_head_needs_three_choruses() -> None:
    with pytest.raises(OptionError, match="choruses must be 3 or more"):
        Settings(head=True)


def test_a_take_of_every_song(playlist: Path, tmp_path: Path) -> None:
    settings = Settings(progression=str(playlist), choruses=1, seed=2)
    found = list(write_songs(settings, tmp_path / "takes", workers=1))
    assert [one.path.name for one in found if isinstance(one, Written)] == [
        "The Blue Mood.mid",
        "Second Thought.mid",
    ]
    (skipped,) = (one for one in found if isinstance(one, str))
    assert "'Broken': unknown chord symbol 'C7sussus' at bar 2" in skipped
    alone = make_take(replace(settings, chart=ChartOptions("second")))
    alone.write(tmp_path / "alone.mid")
    assert (tmp_path / "takes" / "Second Thought.mid").read_bytes() == (tmp_path / "alone.mid").read_bytes()
    with pytest.raises(ChordError, match="Broken"):
        list(write_songs(settings, tmp_path / "strict", strict=True, workers=1))
    with pytest.raises(OptionError, match="blues-f is one song and no playlist; leave all-songs out"):
        list(write_songs(Settings(), tmp_path / "one"))


def test_file_names_are_never_paths() -> None:
    titles = [
        "Tune, The",
        "tune the",
        "../../etc/passwd",
        "",
        "a/b\\c:d*?",
        "CON",
        "Água",
        "x" * 300,
        "\0\n",
        ".hidden",
    ]
    names = file_names(titles)
    assert names[:7] == ["Tune The", "tune the (2)", "etc passwd", "Untitled", "a b c d", "CON tune", "Água"]
    assert len({name.casefold() for name in names}) == len(titles)
    assert all(not set(name) & set("/\\:*?\0\n.") and len(name) < 90 for name in names)


def test_the_head_is_the_charts_melody(tmp_path: Path) -> None:
    """As the solo's line in the first and the last chorus, in the instrument's range, and in the recipe."""
    text = "title: T\n| C6 {C6=2 E6@3=2} | G7 {D6=4} | C6 {C6=4} | % |"
    take = make_take(Settings(progression=text, choruses=3, head=True, seed=1))
    notes = take.solo.notes
    assert [note.pitch for note in notes[:4]] == [note.pitch for note in notes[-4:]] == [72, 76, 74, 72]
    assert [note.onset for note in notes[-4:]] == [8 * BAR, 8 * BAR + 24, 9 * BAR, 10 * BAR]
    assert take.improvised.notes == notes[4:-4]
    assert "{C6=2 E6@3=2}" in take.recipe
