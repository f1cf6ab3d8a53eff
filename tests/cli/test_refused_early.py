"""What cannot be is refused before anything is made: no note is played, no sound rendered, no file left."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.cli import main
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement, Note, Part, Solo
from tests.cli.commands import refused

BEGUN = "it has begun to work"
WORK = (
    "jazzgen.takes.take.solos_over", "jazzgen.takes.many.make_takes", "jazzgen.takes.songs.make_take",
    "jazzgen.takes.restore.make_take", "jazzgen.util.parallel.streamed", "jazzgen.rendering.audio.play",
)  # fmt: skip
SONGS = "| Dm7 | G7 | Cmaj7 | % |"


def _begin(*_: object, **__: object) -> None:
    pytest.fail(BEGUN)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a file and a take of four bars, where all that takes long is a failure."""
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    solo = Solo((Note(0, 24, 60),), parse_progression("| C | % | % | % |"))
    band = (Part("Bass", 32, 2, (Note(0, 48, 36),)), Part("Drums", 0, 9, (Note(12, 3, 38),)))
    write_arrangement(Arrangement(solo, band), "old.mid")
    for work in WORK:
        monkeypatch.setattr(work, _begin)
    return tmp_path


def assert_refused(capsys: pytest.CaptureFixture[str], folder: Path, named: str, *words: object) -> None:
    """`jazzgen WORDS` names what is wrong and leaves the folder as it was."""
    assert named in refused(capsys, *words)
    assert sorted(path.name for path in folder.iterdir()) == ["file", "old.mid"]


ANY = [
    (["--tracks", "solo,kazoo"], "no track 'kazoo' in this take; its tracks are solo, piano, bass, drums"),
    (["--tracks", "guitar"], "no track 'guitar'"),
    (["--comping", "guitar", "--tracks", "piano"], "no track 'piano'"),
    (["--channel", "bass=10"], "channel 10 is for drums and for nothing else, received bass=10"),
    (["--channel", "drums=3"], "received drums=3"),
    (["--channel", "kazoo=3"], "no track 'kazoo'"),
    (["--player", "Nobody"], "unknown player 'Nobody'"),
    (["--model", "classic-64", "--effort", "2"], "effort 2 plays several candidates"),
    (["--model", "bassist"], "it is of kind 'bassist'"),
    (["-o", "/dev/null/x.mid"], "/dev/null"),
]
OF_A_FORM = [
    (["--again", "99 seed=1"], "bars must be in 1..12"),
    (["--again", "1 seed=1", "--count-in"], "bars must be in 2..13"),
    (["--again", "5 part=kazoo"], "no part 'kazoo' in this take"),
    (["--again", "5 density=12 rests=0.5"], "density can be 0.7..6.8"),
    (["--again", "5 player=Nobody"], "unknown player 'Nobody'"),
    (["--density", "12", "--rests", "0.5"], "density can be 0.7..6.8"),
]
OF_ONE = [
    (["--stems", ""], "stems need a folder"),
    (["--stems", "file"], "cannot make the folder file"),
    (["--stems", "/dev/null/x"], "cannot make the folder /dev/null/x"),
    (["--stems", "x", "-o", "x/solo.mid"], "would be one of the stems"),
    (["--stems", "x.mid", "-o", "x.mid"], "cannot be the file and the folder of the stems"),
    (["-o", ""], "name a file"),
    (["-o", "file/x.mid"], "file/x.mid"),
]


@pytest.mark.parametrize(("words", "named"), ANY + OF_A_FORM + OF_ONE)
def test_a_take(capsys: pytest.CaptureFixture[str], folder: Path, words: list[str], named: str) -> None:
    assert_refused(capsys, folder, named, "generate-midi", "--seed", 1, "--choruses", 1, *words)


@pytest.mark.parametrize(("words", "named"), ANY + OF_A_FORM)
def test_takes(capsys: pytest.CaptureFixture[str], folder: Path, words: list[str], named: str) -> None:
    assert_refused(capsys, folder, named, "generate-midi", "--seed", 1, "--choruses", 1, "--takes", 2, *words)


@pytest.mark.parametrize(("words", "named"), ANY)
def test_songs(capsys: pytest.CaptureFixture[str], folder: Path, words: list[str], named: str) -> None:
    given = ("--all-songs", "--progression", SONGS, "-o", "songs", "--seed", 1)
    assert_refused(capsys, folder, named, "generate-midi", *given, *words)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--stems", ""], "stems need a folder"),
        (["--stems", "file"], "cannot make the folder file"),
        (["--stems", "x.wav"], "x.wav cannot be the mix and the folder of the stems"),
        (["-o", "file/x.wav"], "file/x.wav"),
        (["-o", "/dev/null/x.wav"], "/dev/null"),
    ],
)
def test_sound(capsys: pytest.CaptureFixture[str], folder: Path, words: list[str], named: str) -> None:
    pytest.importorskip("midirenderer")
    assert_refused(capsys, folder, named, "render", "old.mid", "-o", "x.wav", *words)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--bars", "x"], "bars must be two numbers"),
        (["--candidates", "99"], "candidates must be in 1..64"),
        (["--seed", "-1"], "seed must be 0 or more"),
        (["--style", "polka"], "unknown style 'polka'"),
        (["--again", "5 colour=2"], "has no 'colour=2'"),
        (["--retime", "1000"], "retime must be in 20..400"),
        (["--transpose", "99"], "transpose must be"),
        (["--channel", ""], "a channel must be given"),
        (["--tracks", "kazoo"], "no track 'kazoo'"),
        (["--channel", "bass=10"], "received bass=10"),
        (["--stems", ""], "stems need a folder"),
        (["--stems", "file"], "cannot make the folder file"),
        (["--primer", "none.mid"], "names no primer"),
        (["-o", "file/x.mid"], "file/x.mid"),
    ],
)
def test_bars_again(
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    named: str,
) -> None:
    monkeypatch.setattr("jazzgen.takes.take.play_again", _begin)
    assert_refused(capsys, folder, named, "again", "old.mid", "-o", "x.mid", *words)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--player", "Nobody"], "unknown player 'Nobody'"),
        (["--density", "12", "--rests", "0.5"], "density can be"),
        (["--log", ""], "it is empty"),
        (["--log", "file/x"], "file/x"),
        (["--record", "file/x.mid"], "file/x.mid"),
    ],
)
def test_a_session(
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    named: str,
) -> None:
    pytest.importorskip("rtmidi")
    monkeypatch.setattr("jazzgen.live.play.Output", _begin)
    assert_refused(capsys, folder, named, "live", "--virtual", "--record", "x.mid", *words)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--model", "bassist"], "it is of kind 'bassist'"),
        (["--dir", "file"], "cannot make the folder file"),
        (["--dir", "file/x"], "cannot make the folder file/x"),
        (["--solos", "none"], "there are no solos at none"),
        (["--solos", "file"], "file: is empty, not a MIDI file"),
    ],
)
def test_the_studio(
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    named: str,
) -> None:
    pytest.importorskip("uvicorn")
    monkeypatch.setattr("jazzgen.studio.serve._listen", _begin)
    assert_refused(capsys, folder, named, "studio", "--no-browser", *words)


@pytest.mark.parametrize(
    "words",
    [
        ["generate-midi", "--tracks", "bass", "--channel", "bass=9", "--stems", "new/x", "-o", "new/x.mid"],
        ["generate-midi", "--takes", "2", "--again", "12 part=bass"],
        ["generate-midi", "--all-songs", "--progression", SONGS, "-o", "songs"],
        ["render", "old.mid", "-o", "new/x.wav", "--stems", "new"],
    ],
)
def test_good_commands_begin_to_work(folder: Path, words: list[str]) -> None:
    """Or else the tests above would pass however late a command is refused."""
    if words[0] == "render":
        pytest.importorskip("midirenderer")
    with pytest.raises(pytest.fail.Exception, match=BEGUN):
        main(words)
