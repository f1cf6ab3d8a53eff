"""The command line in the hands of a hostile user, on a machine that fails: full disks, closed streams,
signals, absurd numbers. A result or one line, exit code 2, and nothing half-written left behind.

Each test is named for what was once a traceback, a lost file or a hang.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from checks.hostile.readers import command
from jazzgen import cli, midi
from jazzgen.by_hand import names
from jazzgen.charts import forms
from jazzgen.cli import common
from jazzgen.errors import JazzgenError, MissingPackageError, OptionError, OutputError
from jazzgen.improviser import originality
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement, ChordChange, Note, Progression, Solo
from jazzgen.rendering import rhythm, sound_files
from jazzgen.rendering.musicxml import musicxml
from jazzgen.takes import many as takes
from jazzgen.util import files, packages, parallel
from jazzgen.util.files import replacing, same_place
from tests.shared import ROOT

STUDY = str(ROOT / "data/midi/01-blues-in-f.mid")
TAKE = ["generate-midi", "--choruses", "1", "--progression", "ii-v-i", "--seed", "1", "--effort", "1"]
PROGRAM = [sys.executable, "-m", "jazzgen"]


@pytest.fixture(autouse=True)
def heard_signals() -> Iterator[None]:
    """A run that a shell or nohup started in the background ignores some, and so would all its processes."""
    usual = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def run(
    *words: str, folder: Path, before=None, stdout: int = subprocess.PIPE, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *words],
        cwd=folder,
        # With a limit on files Python would keep the beginning of a module that it compiled.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        preexec_fn=before,
        timeout=60,
    )


def refused(done: subprocess.CompletedProcess[str], *expected: str) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("jazzgen: ")
    for words in expected:
        assert words in done.stderr


# ---------------------------------------------------------------------------------------- numbers and names


@pytest.mark.parametrize(
    "words",
    [
        [*TAKE, "--takes", "9" * 30],
        [*TAKE, "--takes", "2", "-o", "."],
        [*TAKE, "--takes", "2", "-o", "/"],
        [*TAKE, "-o", "/", "--wav"],
        [*TAKE, "--temperature", "1e22"],
        [*TAKE, "--temperature", "1e308"],
        ["prepare", STUDY, "-o", "corpus", "--jobs", "9" * 23],
        ["prepare", "", "-o", "corpus"],
        ["prepare", STUDY, "-o", ""],
        ["evaluate", "classic-64", ""],
        ["names", "--count", "9" * 23],
        ["evaluate", "--solos", str(ROOT / "data/midi"), "--against", str(ROOT / "data/midi"), "--critic",
         "--seed", "-1"],
        ["evaluate", "--solos", str(ROOT / "data/midi"), "--against", str(ROOT / "data/midi"), "--critic",
         "--seed", "9" * 23],
    ],
    ids=lambda words: " ".join(words)[-40:],
)  # fmt: skip
def test_absurd_numbers_and_empty_names_are_refused(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command(*words, may_succeed=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--choruses", "--progression", "--title-", "--style", "--player"])
def test_a_message_is_of_bounded_length_whatever_was_given(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*TAKE, option, "9" * 100_000]) == 2
    assert len(capsys.readouterr().err) < 1300


def test_a_page_can_have_a_name_that_is_not_utf8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its plots were written, and then came a traceback: the page names them."""
    pytest.importorskip("matplotlib")
    page = tmp_path / "page\udcff.md"
    assert cli.main(["evaluate", "--solos", str(ROOT / "data/midi"), "--report", str(page)]) == 0
    assert b"page\xff-bands.svg" in page.read_bytes()


def test_links_in_a_circle_can_be_compared(tmp_path: Path) -> None:
    """`Path.resolve` raises `RuntimeError` for one."""
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    assert same_place(circle, circle)
    assert not same_place(circle, tmp_path / "take.mid")
    (tmp_path / "other").symlink_to(tmp_path / "take.mid")
    assert same_place(tmp_path / "other", tmp_path / "take.mid")
    command(*TAKE, "-o", str(tmp_path / "take.mid"), "--stems", str(circle), may_succeed=False)
    assert not (tmp_path / "take.mid").exists()


# ------------------------------------------------------------------------------------------------- the disk


def small_files() -> None:
    """What a disk with 20,000 bytes left is to a process."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3"])
def test_a_sound_that_does_not_fit_on_the_disk_is_one_line(suffix: str, tmp_path: Path) -> None:
    pytest.importorskip("soundfile")
    pytest.importorskip("midirenderer")
    (tmp_path / f"take{suffix}").write_bytes(b"good")
    write_arrangement(Arrangement(solo_of([60, 64, 67, 72], 24)), tmp_path / "x.mid")
    before = (tmp_path / "x.mid").read_bytes()
    refused(
        run("render", "x.mid", "-o", f"take{suffix}", folder=tmp_path, before=small_files),
        f"cannot write take{suffix}: File too large",
    )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        f"take{suffix}": b"good",
        "x.mid": before,
    }


def test_a_machine_without_semaphores_works_in_silence(tmp_path: Path) -> None:
    """joblib said over four lines that it would use threads."""

    def no_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    refused(run(*TAKE, "--takes", "2", "-o", "x.mid", folder=tmp_path, before=no_files), "File too large")
    assert list(tmp_path.iterdir()) == []


def test_a_file_inside_a_file_is_named_as_the_user_named_it(tmp_path: Path) -> None:
    """Stems and takes go through a temporary name twice; the message named that one."""
    target = tmp_path / "take.mid"
    with (
        pytest.raises(OutputError, match=r"cannot write .*/take\.mid: No space"),
        replacing(target) as outer,
        replacing(outer),
    ):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this system")
@pytest.mark.parametrize("words", [["progressions"], [*TAKE, "--takes", "2"]], ids=["progressions", "takes"])
def test_standard_output_on_a_full_disk_is_one_line(words: list[str], tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        refused(run(*words, folder=tmp_path, stdout=full.fileno()), "cannot write standard output: No space")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied", "/x/y"), "/x/y: Permission denied"),
        (OSError(24, "Too many open files"), "Too many open files"),
        (MemoryError(), "not enough memory"),
    ],
)
def test_what_the_machine_refuses_is_one_line(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> tuple[str, ...]:
        raise error

    monkeypatch.setattr(forms, "builtin_names", fail)
    assert cli.main(["progressions"]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("jazzgen: ")
    assert said in printed
    assert printed.count("\n") == 1


# ------------------------------------------------------------------------------------- streams and signals


def close_output() -> None:
    os.close(1)


def close_errors() -> None:
    os.close(2)


def test_a_closed_standard_output_is_nobody(tmp_path: Path) -> None:
    done = run(*TAKE, "-o", "take.mid", folder=tmp_path, before=close_output)
    assert (done.returncode, done.stderr) == (0, "")
    assert midi.read_solo(tmp_path / "take.mid").notes


def test_processes_of_a_closed_standard_error_work(tmp_path: Path) -> None:
    """A file opened later got its number, or, in a process started from here, none did."""
    done = run(*TAKE, "--takes", "2", "-o", "take.mid", folder=tmp_path, before=close_errors)
    assert done.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["take-001.mid", "take-002.mid"]
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_unwinds_and_leaves_nothing_half_written(
    number: int,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """SIGTERM ended the process where it stood, with its temporary file beside the good one."""
    handlers = [signal.getsignal(known) for known in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    written = files.replacing

    def struck(path):
        os.kill(os.getpid(), number)
        time.sleep(10)
        return written(path)

    monkeypatch.chdir(tmp_path)
    (tmp_path / "take.mid").write_bytes(b"good")
    monkeypatch.setattr("jazzgen.midi.smf_writing.replacing", struck)
    assert cli.main([*TAKE, "-o", "take.mid"]) == code
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"good"]
    assert capsys.readouterr().err.count("\n") == 1
    assert [signal.getsignal(known) for known in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == handlers


def test_takes_end_at_once_and_in_one_line_when_they_are_interrupted(tmp_path: Path) -> None:
    """Every process of a terminal gets Ctrl-C; joblib's printed a traceback each."""
    process = subprocess.Popen(
        [*PROGRAM, *TAKE, "--takes", "5000", "-o", "take.mid"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert "take-0001.mid" in process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert (process.returncode, errors) == (130, "jazzgen: interrupted\n")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    ours = [".take-001-abcd_123.mid", "..take-001-abcd_123-4567efgh.mid"]
    others = [".take-002-abcd_123.mid", "..take-002-abcd_123-4567efgh.mid", ".take-001.mid", "take-001.mid"]
    for name in ours + others:
        (tmp_path / name).write_bytes(b"")
    files.remove_temporaries([tmp_path / "take-001.mid", tmp_path / "take-003.mid"])
    assert {path.name for path in tmp_path.iterdir()} == set(others)


def test_ctrl_c_is_not_lost_inside_the_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """libsndfile calls back into Python and drops what is raised there; only the main thread gets signals."""
    pytest.importorskip("soundfile")
    encode = sound_files._encode
    in_main: list[bool] = []

    def watched(*given):
        in_main.append(threading.current_thread() is threading.main_thread())
        return encode(*given)

    monkeypatch.setattr(sound_files, "_encode", watched)
    sound_files.write(np.zeros((48, 2)), tmp_path / "x.flac")
    assert in_main == [False]
    assert (tmp_path / "x.flac").read_bytes()[:4] == b"fLaC"


# -------------------------------------------------------------------------------------------------- packages


@pytest.mark.parametrize("package", ["tensorflow", "keras"])
def test_training_names_the_package_that_is_missing(
    package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if find_spec("tensorflow") is None:
        pytest.skip("training is not installed")
    monkeypatch.setattr(common, "find_spec", lambda name: None if name == package else find_spec(name))
    assert cli.main(["train", STUDY]) == 2
    said = capsys.readouterr().err
    assert package in said.lower()
    assert "pip install 'jazzgen[train]'" in said


def test_a_missing_package_is_named_as_it_is_installed() -> None:
    with pytest.raises(MissingPackageError, match=r"needs nosuchpackage, which is not .*jazzgen\[plot\]"):
        packages.optional("nosuchpackage.figure", "plot", "a picture")


def test_a_picture_is_drawn_without_a_home(tmp_path: Path) -> None:
    pytest.importorskip("cairosvg")
    done = run(
        "plot", STUDY, "-o", "x.png", folder=tmp_path, HOME="/proc/nowhere", XDG_CONFIG_HOME="/proc/no"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_process_that_dies_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given, **_options):
        raise BrokenExecutor("killed")
        yield

    monkeypatch.setattr(parallel, "streamed", broken)
    written = takes.write_takes(
        takes.Settings(progression="ii-v-i", choruses=1), tmp_path / "take.mid", range(1, 3), workers=2
    )
    with pytest.raises(JazzgenError, match="was killed"):
        list(written)


@pytest.mark.parametrize("numbers", [range(1, 10**30), range(5, 5), range(1, 9, 2), range(4)])
def test_numbers_of_takes_that_are_none_are_refused(numbers: range, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="takes must be numbered"):
        list(takes.write_takes(takes.Settings(), tmp_path / "take.mid", numbers))


# ----------------------------------------------------------------------------------------------------- speed

PATIENCE_S = 8.0  # as in test_hostile.py: what took the square of its length took minutes


def computing(action) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def solo_of(pitches: list[int], step: int) -> Solo:
    """Notes of `step` ticks, one after the other."""
    length = -(-len(pitches) * step // 48) * 48
    notes = tuple(Note(step * k, step, pitch) for k, pitch in enumerate(pitches))
    return Solo(notes, Progression((ChordChange(0, "F7"),), length=length))


@pytest.mark.no_cover  # it is timed
def test_triplets_of_a_lead_sheet_do_not_take_the_square_of_their_number() -> None:
    """Each note was held against every triplet beat of the solo: 50,000 notes took 47 s."""
    solo = solo_of([60 + k % 12 for k in range(30_000)], 4)
    assert computing(lambda: rhythm.write_measures(solo)) < PATIENCE_S
    assert computing(lambda: musicxml(solo)) < PATIENCE_S


@pytest.mark.no_cover  # it is timed
def test_a_solo_of_one_pitch_is_compared_at_once() -> None:
    """It stands at as many places of the training solos as its notes are many, all at the same time."""
    solo = solo_of([60] * 16_000, 6)
    index = originality.build_index([solo])
    run_found: list[originality.Run | None] = []
    assert computing(lambda: run_found.append(originality.longest_run(index, solo))) < PATIENCE_S
    assert run_found[0] is not None
    assert (run_found[0].length, run_found[0].first_note) == (15_999, 0)


def test_many_names_are_told_apart_once_each() -> None:
    """Each new one was spelled out against all that were given: the square of their number."""
    model = names.shipped("dinosaurs")
    found = names.invent(model, np.random.default_rng(1), 60, only_new=True)
    assert len({name.lower() for name, _ in found}) == 60
