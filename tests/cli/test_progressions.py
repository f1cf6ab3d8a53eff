"""`jazzgen progressions`: every built-in form."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from jazzgen.charts import read_chart
from jazzgen.charts.exports import EXPORTS
from tests.charts.playlists import write_playlist
from tests.cli.commands import refused, run


def test_progressions_lists_every_built_in(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "progressions")
    assert code == 0
    assert len(out.splitlines()) >= 10
    names = json.loads(run(capsys, "progressions", "--json")[1])
    assert len(names) == 12 * (len(out.splitlines()) - 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_device_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "jazzgen", "progressions"],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr == "jazzgen: cannot write standard output: No space left on device\n"


def test_a_playlist_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_playlist(tmp_path)
    code, out, _ = run(capsys, "progressions", path)
    assert code == 0
    first, second, broken = out.splitlines()
    assert first.split() == [
        "1",
        "The",
        "Blue",
        "Mood",
        "Doe",
        "Jane",
        "Medium",
        "Swing",
        "C",
        "4/4",
        "8",
        "bars",
        "140",
        "BPM",
    ]
    assert "Fm" in second
    assert "3/4" in second
    assert "unknown chord symbol 'C7sussus' at bar 2" in broken
    rows = json.loads(run(capsys, "progressions", path, "--json", "--song", "second")[1])
    assert [(row["number"], row["title"], row["bars"], row["meter"]) for row in rows] == [
        (2, "Second Thought", 4, "3/4")
    ]


def test_a_chart_is_shown_with_what_was_assumed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_playlist(tmp_path)
    code, out, err = run(capsys, "progressions", path, "--song", "blue mood", "--show")
    assert code == 0
    assert "[A] | C6 | A7 | D-7 | G7 |" in out
    assert "Intro" not in out
    assert [line.split(": ")[1] for line in err.splitlines()] == ["The Blue Mood"] * 2
    assert "the intro (1 bar) is in no chorus" in err
    assert "is an outro" in err
    (tmp_path / "shown.txt").write_text(out, encoding="utf-8")
    assert run(capsys, "progressions", tmp_path / "shown.txt", "--show")[1] == out
    full = run(capsys, "progressions", path, "--song", "1", "--show", "--form", "full", "--key", "D")[1]
    assert "[Intro] | F#7 |" in full
    assert "[Coda] | D69 |" in full
    said = json.loads(run(capsys, "progressions", path, "--song", "1", "--show", "--json")[1])
    assert (said["text"], len(said["warnings"])) == (out, 2)


def test_standard_input_and_links(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_playlist(tmp_path).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))
    assert len(run(capsys, "progressions", "-")[1].splitlines()) == 3
    link = data.decode().split('"')[1]
    assert "[A] | F-7 |" in run(capsys, "progressions", link, "--song", "second", "--show")[1]
    assert run(capsys, "progressions", "| C | F |", "--show")[1] == "meter: 4/4\nstyle: swing\n| C | F |\n"


@pytest.mark.parametrize("kind", EXPORTS)
def test_exports(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_playlist(tmp_path)
    written = tmp_path / "out.txt"
    code, out, _ = run(capsys, "progressions", path, "--song", "2", "--export", kind, "-o", written)
    assert code == 0
    assert out == f"{written}: 'Second Thought'\n"
    assert len(read_chart(written).bar_ticks) == 4
    assert run(capsys, "progressions", path, "--song", "2", "--export", kind)[1].strip()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--show"], "without a chart"),
        (["{path}", "--show"], "it holds 3 songs; choose one with --song"),
        (["{path}", "--song", "blue mod", "--show"], "near to it are 'The Blue Mood'"),
        (["{path}", "-o", "x"], "--output does nothing without --export"),
        (
            ["{path}", "--song", "1", "--export", "musicxml", "-o", "x.mid"],
            "x.mid is of another kind; name it x.",
        ),
        (
            ["{path}", "--song", "1", "--export", "musicxml", "-o", "x.html"],
            "writes .musicxml, .xml, .txt, and",
        ),
        (["{path}", "--song", "1", "--export", "text", "-o", "a/x.mxl"], "name it a/x.txt"),
        (["{path}", "--song", "1", "--export", "ls", "-o", "x.WAV"], "name it x.ls"),
        (["{path}", "--song", "1", "--export", "ls", "-o", ""], "it is empty; name a file"),
        (["--key", "C"], "--key does nothing without a chart"),
        (["blues-f", "--song", "1", "--show"], "is no file of songs"),
        (["{path}", "--song", "3", "--show"], "C7sussus"),
        (["{path}", "--song", "3"], "playlist.html: 'Broken': unknown chord symbol 'C7sussus'"),
        (["{path}", "--song", "3", "--json"], "C7sussus"),
        (
            ["{path}", "--sections", "Z"],
            "none of its 3 songs can be played; the first, 'The Blue Mood': there",
        ),
        (["| Dm7 | H7 |"], "unknown chord symbol 'H7'"),
        (["| C7 | D7 |", "--sections", "A"], "there is no section 'A'; it has none"),
        (["| C7 | D7 |", "--sections", "A", "--show"], "there is no section 'A'; it has none"),
    ],
)
def test_what_cannot_be_shown(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_playlist(tmp_path)
    assert message in refused(capsys, "progressions", *(word.format(path=path) for word in words))


@pytest.mark.parametrize(
    ("data", "message"), [(b"", "at least one bar"), (b"| Dm7 | H7 |", "'H7'"), (b"\xff|", "text")]
)
def test_what_cannot_be_read_is_an_error(
    data: bytes,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On standard input and in a file; a list of several songs names those that can be read."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))
    assert message in refused(capsys, "progressions", "-")
    path = tmp_path / "broken.txt"
    path.write_bytes(data)
    assert "broken.txt" in refused(capsys, "progressions", path)


def test_chords_above_words_are_read_with_bars_per_chord(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "song.cho"
    path.write_text("{t: Song}\n[Am]Hello [F]world\n")
    advice = "or take each chord for a bar with --bars-per-chord 1"
    assert advice in refused(capsys, "progressions", path, "--show")
    assert "--bars-per-chord" not in refused(capsys, "inspect", "x.mid", "--progression", path)
    assert "| Am | % | F | % |" in run(capsys, "progressions", path, "--show", "--bars-per-chord", 2)[1]
    assert "received 99" in refused(capsys, "progressions", path, "--show", "--bars-per-chord", 99)
    assert "songs of ChordPro" in refused(capsys, "progressions", "| C |", "--bars-per-chord", 1)
    assert "do nothing there" in refused(capsys, "progressions", "blues-f", "--show", "--bars-per-chord", 1)


def test_unknown_is_advised_where_it_can_be_typed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "with --unknown hold|nc|triad" in refused(capsys, "progressions", "| C | Xyz |", "--show")
    assert "--unknown" not in refused(capsys, "inspect", "x.mid", "--progression", "| C | Xyz |")
    assert "with --unknown" not in refused(
        capsys, "progressions", "| C | X |", "--show", "--unknown", "hold", "--key", "H"
    )
