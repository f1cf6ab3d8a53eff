"""given.py: the track and the chords that files do not say, by options or by charts beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.cli import main
from jazzgen.corpus.given import Given, chart_beside, charts_beside
from jazzgen.corpus.loading import load_solos
from jazzgen.corpus.prepare import prepare
from jazzgen.corpus.store import open_corpus
from jazzgen.errors import DataError
from jazzgen.midi.layout import Layout
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement, Solo
from tests.corpus.solos import make_solo

BLUES = parse_progression("| F7 | Bb7 |")


@pytest.fixture
def melody(tmp_path: Path) -> Path:
    """A file without chords."""
    (tmp_path / "midi").mkdir()
    path = tmp_path / "midi" / "tune.mid"
    write_arrangement(Arrangement(make_solo("Tune")), path, layout=Layout(markers="none"))
    return path


def chords_of(solo: Solo) -> list[str]:
    return [change.symbol for change in solo.progression.chords]


@pytest.mark.parametrize("suffix", [".chords", ".txt"])
def test_a_chart_beside_a_file_gives_its_chords(melody: Path, suffix: str) -> None:
    with pytest.raises(DataError, match="no chord symbols"):
        load_solos([melody])
    chart = melody.with_suffix(suffix)
    chart.write_text("title: Tune\n| Gm7 | C7 |", encoding="utf-8")
    assert chords_of(load_solos([melody.parent]).solos[0]) == ["Gm7", "C7"]
    assert charts_beside([melody.parent]) == [chart]
    assert chords_of(load_solos([melody], given=Given(None, BLUES)).solos[0]) == ["F7", "Bb7"]


def test_a_text_without_bars_is_no_chart(melody: Path) -> None:
    melody.with_suffix(".txt").write_text("recorded in June", encoding="utf-8")
    assert chart_beside(melody) is None
    melody.with_suffix(".txt").write_bytes(b"|\0\xff")
    assert chart_beside(melody) is None
    melody.with_suffix(".txt").write_text("Mix notes | todo: EQ", encoding="utf-8")
    assert chart_beside(melody) is None
    assert Given().chords_of(melody) is None


def test_only_charts_that_can_be_read_are_counted(melody: Path) -> None:
    wrong = melody.with_suffix(".chords")
    wrong.write_text("| Gm7 | Xyz |", encoding="utf-8")
    assert chart_beside(melody) == wrong
    assert charts_beside([melody]) == []


@pytest.mark.parametrize("name", [".", "/", ""])
def test_a_path_without_a_name_has_no_chart(name: str) -> None:
    assert chart_beside(Path(name)) is None


def test_a_chart_that_is_wrong_is_named(melody: Path) -> None:
    melody.with_suffix(".chords").write_text("| Gm7 | Xyz |", encoding="utf-8")
    with pytest.raises(DataError, match=r"tune\.chords: .*Xyz"):
        load_solos([melody])


def test_the_track_can_be_given(melody: Path) -> None:
    assert load_solos([melody], given=Given("solo", BLUES)).solos
    with pytest.raises(DataError, match="no track 'flute'"):
        load_solos([melody], given=Given("flute", BLUES))


def test_a_prepared_corpus_follows_its_charts(melody: Path, tmp_path: Path) -> None:
    corpus, chart = tmp_path / "corpus", melody.with_suffix(".chords")
    chart.write_text("| Gm7 | C7 |", encoding="utf-8")
    assert prepare([melody.parent], corpus).read == 1
    assert prepare([melody.parent], corpus).read == 0
    chart.write_text("| Am7 | D7 |", encoding="utf-8")
    assert prepare([melody.parent], corpus).read == 1
    assert chords_of(open_corpus(corpus)[0]) == ["Am7", "D7"]
    assert prepare([melody.parent], corpus, given=Given(None, BLUES)).read == 1
    assert chords_of(open_corpus(corpus)[0]) == ["F7", "Bb7"]
    with pytest.raises(DataError, match="has its tracks and chords already"):
        load_solos([corpus], given=Given(None, BLUES))


def test_commands_take_what_is_given(
    melody: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = str(tmp_path / "corpus")
    assert main(["prepare", str(melody), "-o", corpus]) == 2
    assert main(["prepare", str(melody), "-o", corpus, "--progression", "| F7 | % |", "--track", "1"]) == 0
    assert main(["evaluate", "classic-64", str(melody), "--progression", "blues-f"]) == 0
    melody.with_suffix(".chords").write_text("| Gm7 | C7 |", encoding="utf-8")
    capsys.readouterr()
    assert main(["evaluate", "classic-64", str(melody), "--json"]) == 0
    assert "1 file with the chords of a chart beside: tune.chords" in capsys.readouterr().err


def test_a_text_does_not_override_the_chords_of_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A take beside the chart it was made of, or beside a playlist, has its own chords; `.chords` wins."""
    take = tmp_path / "tune.mid"
    write_arrangement(Arrangement(make_solo("Tune")), take)
    own = chords_of(load_solos([take]).solos[0])
    take.with_suffix(".txt").write_text("| Gm7 | C7 |", encoding="utf-8")
    assert _plotted(take, capsys) == (0, "")
    assert chords_of(load_solos([take]).solos[0]) == own
    take.with_suffix(".txt").write_text("irealb://broken", encoding="utf-8")
    assert _plotted(take, capsys) == (0, "")
    take.with_suffix(".chords").write_text("| Gm7 | C7 |", encoding="utf-8")
    said = "jazzgen: 1 file with the chords of a chart beside: tune.chords\n"
    assert _plotted(take, capsys) == (0, said)
    assert chords_of(load_solos([take]).solos[0]) == ["Gm7", "C7"]


def _plotted(take: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and standard error of `jazzgen plot`."""
    code = main(["plot", str(take), "-o", str(take.with_suffix(".svg"))])
    return code, capsys.readouterr().err


def test_what_cannot_be_read_as_it_stands_is_said_for_each_file(
    melody: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    melody.with_suffix(".chords").write_text("meter: 3/4\n| Gm7 | C7 |", encoding="utf-8")
    warned: list[str] = []
    load_solos([melody], warn=warned.append)
    assert len(warned) == 1
    assert warned[0].startswith(f"{melody}: bar 1: the chords given are in 3/4")
    assert main(["prepare", str(melody.parent), "-o", str(tmp_path / "corpus")]) == 0
    assert "jazzgen: tune.mid: bar 1: the chords given" in capsys.readouterr().err
    assert main(["evaluate", "classic-64", str(melody)]) == 0
    assert f"jazzgen: {melody}: bar 1: the chords given" in capsys.readouterr().err
    for number in range(10):
        copy = melody.with_name(f"copy-{number}.mid")
        copy.write_bytes(melody.read_bytes())
        copy.with_suffix(".chords").write_bytes(melody.with_suffix(".chords").read_bytes())
    assert main(["evaluate", "classic-64", str(melody.parent)]) == 0
    err = capsys.readouterr().err
    assert err.count("bar 1: the chords given") == 8
    assert "11 files read with such warnings" in err
