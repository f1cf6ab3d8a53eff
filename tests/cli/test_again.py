"""`jazzgen again`."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.cli import main
from jazzgen.midi.reading import read
from jazzgen.midi.smf import read_song
from tests.cli.commands import refused, run

SHORT = ("--progression", "| Dm7 | G7 | Cmaj7 | % |", "--choruses", "3", "--effort", "1")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("made") / "take.mid"
    assert main(["generate-midi", "--seed", "1", *SHORT, "-o", str(path)]) == 0
    return path.read_bytes()


@pytest.fixture
def take(made: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("take.mid").write_bytes(made)
    return "take.mid"


def test_bars_are_played_again_and_the_file_says_how(capsys: pytest.CaptureFixture[str], take: str) -> None:
    words = [
        "--bars",
        "5-8",
        "--part",
        "solo",
        "--seed",
        7,
        "--candidates",
        3,
        "--density",
        6,
        "--range",
        "C3-E5",
    ]
    code, out, _ = run(capsys, "again", take, *words, "-o", "new.mid")
    assert code == 0
    edit = "5-8 part=solo seed=7 candidates=3 range=48-76 density=6"
    assert out.splitlines()[1:] == [f"new.mid: again {edit}"]
    assert read("new.mid").recipe.endswith(f"--again '{edit}'")
    assert run(capsys, "generate-midi", "--seed", 1, *SHORT, "--again", edit, "-o", "same.mid")[0] == 0
    assert Path("same.mid").read_bytes() == Path("new.mid").read_bytes()
    # One after the other, in one command or two.
    assert run(capsys, "again", "new.mid", "--part", "band", "--seed", 2, "-o", "two.mid")[0] == 0
    both = ["--again", edit, "--again", "part=band seed=2"]
    assert run(capsys, "again", take, *both, "-o", "both.mid")[0] == 0
    assert Path("two.mid").read_bytes() == Path("both.mid").read_bytes()


def test_without_a_seed_each_time_is_another(capsys: pytest.CaptureFixture[str], take: str) -> None:
    said = [run(capsys, "again", take, "--bars", "2-3", "-o", f"{k}.mid")[1].splitlines()[1] for k in "ab"]
    assert said[0].partition("seed=")[2] != said[1].partition("seed=")[2]


def test_the_layout_is_the_files_unless_asked_otherwise(
    capsys: pytest.CaptureFixture[str], take: str
) -> None:
    words = [
        "generate-midi",
        "--seed",
        1,
        *SHORT,
        "--transpose",
        "Bb",
        "--tracks",
        "solo,bass",
        "-o",
        "bb.mid",
    ]
    assert run(capsys, *words)[0] == 0
    edit = ["again", "bb.mid", "--bars", "2-3", "--seed", 1, "-o"]
    assert run(capsys, *edit, "same.mid")[0] == 0
    assert run(capsys, *edit, "all.mid", "--ppq", 960, "--channel", "solo=4")[0] == 0
    before, same, other = map(read_song, ("bb.mid", "same.mid", "all.mid"))
    assert [track.name for track in same.tracks] == ["Solo", "Bass"]
    assert same.tracks[1] == before.tracks[1]
    assert (other.ppq, other.tracks[0].channel, other.key) == (960, 3, before.key)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--bars", "9-20"], "bars must be in 1..12, as this take has them, received 9-20"),
        (["--bars", "nine"], "bars must be two numbers, as 9-16, or one, received 'nine'"),
        (["--part", "organ"], "no part 'organ' in this take; it has solo, piano, bass, drums"),
        (["--part", "bass", "--density", "5"], "are asked of the solo, not of bass; leave them out"),
        (["--candidates", "0"], "candidates must be in 1..64, received 0"),
        (["--again", "2 sed=1"], "has no 'sed=1'"),
        (["--player", "Nobody"], "Nobody"),
        (["--tracks", "tuba"], "no track 'tuba' in this take"),
    ],
)
def test_what_cannot_be_is_one_line(
    capsys: pytest.CaptureFixture[str], take: str, words: list[str], message: str
) -> None:
    assert message in refused(capsys, "again", take, *words, "-o", "new.mid")
    assert not Path("new.mid").exists()


def test_a_file_that_is_none_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "no-such.mid: no such file" in refused(capsys, "again", tmp_path / "no-such.mid", "-o", "x.mid")
