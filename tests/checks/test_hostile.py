"""Hostile input, a short run (`make fuzz` is the long one): no traceback, no hang, one line where refused.

Below the runs stands a test for each fault that fuzzing found, named for it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.hostile.cases import ABSURD, SUFFIXES, make_case
from checks.hostile.checkpoints import weighing
from checks.hostile.midi import CHORD, END, NOTE, chunk, header, meta, number, song
from checks.hostile.readers import Verdict, command, try_case
from jazzgen import cli, midi
from jazzgen.by_hand.name_text import read_names
from jazzgen.charts import text as charts_text
from jazzgen.charts.text import parse_progression
from jazzgen.cli.streams import PlainOutput
from jazzgen.corpus import loading
from jazzgen.errors import CheckpointError, DataError, JazzgenError, ProgressionError
from jazzgen.midi import reading, smf
from jazzgen.midi.find import midi_files
from jazzgen.midi.reading import read, read_solo
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.music.score import ChordChange, Note, Progression, Section, Solo
from jazzgen.rendering.musicxml import musicxml
from jazzgen.util.files import kind_of, read_bytes
from tests.shared import ROOT

MUTATED = {
    "midi": 24,
    "checkpoint": 24,
    "progression": 60,
    "chart": 20,
}  # cases of chance besides the absurd ones
# Of computing. The limit is 2 s, for a process of its own on a quiet machine; here others test beside it,
# among the objects of all tests before, and the longest take up to three times as long.
PATIENCE_S = 8.0


def once(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, which is called once for the same arguments, whatever it returns or raises."""
    outcomes: dict[tuple[str, ...], Any] = {}

    def called(*given: object, **named: object) -> Any:
        key = (*map(str, given), str(named))
        if key not in outcomes:
            try:
                outcomes[key] = function(*given, **named)
            except JazzgenError as error:
                outcomes[key] = error
        if isinstance(outcome := outcomes[key], JazzgenError):
            raise type(outcome)(*outcome.args)
        return outcome

    return called


@contextlib.contextmanager
def parsed_once() -> Iterator[None]:
    """Six readers of a MIDI file, and four of a text, begin with the same step, which is most of their work.
    Here the first of them takes it for all; in `make fuzz` each takes it for itself.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name, modules in (("read_song", (smf, reading)), ("read", (reading, loading, midi))):
            called_once = once(getattr(modules[0], name))
            for module in modules:
                patch.setattr(module, name, called_once)
        patch.setattr(charts_text, "read_text_chart", once(charts_text.read_text_chart))
        yield


def tried(kind: str, count: int, folder: Path) -> Verdict:
    case = make_case(kind, 1, count)
    path = folder / f"case{SUFFIXES[kind]}"
    path.write_bytes(case.data)
    with parsed_once():
        return try_case(kind, path, PATIENCE_S)


@pytest.mark.parametrize(
    ("kind", "count"),
    # Of the charts a share, for the longest take a second each; `python -m checks.fuzz` tries all.
    [
        (kind, n)
        for kind, absurd in ABSURD.items()
        for n in range(0, len(absurd), 5 if kind == "chart" else 1)
    ],
    ids=str,
)
def test_the_absurd_is_read_or_refused(kind: str, count: int, tmp_path: Path) -> None:
    assert tried(kind, count, tmp_path).fault is None


@pytest.mark.parametrize("kind", MUTATED)
def test_the_mutated_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    first = len(ABSURD[kind])
    for count in range(first, first + MUTATED[kind]):
        verdict = tried(kind, count, tmp_path)
        assert verdict.fault is None, f"case {kind}:{count}"


def test_a_case_is_made_again_from_its_number() -> None:
    for kind, absurd in ABSURD.items():
        there = len(absurd) + 3
        assert make_case(kind, 1, there) == make_case(kind, 1, there)
        assert make_case(kind, 1, there) != make_case(kind, 2, there)


DELTAS = st.integers(0, 1 << 28).map(number)
CHANNEL_EVENTS = st.tuples(st.integers(0x80, 0xEF), st.binary(min_size=1, max_size=3)).map(
    lambda event: bytes([event[0]]) + event[1]
)
METAS = st.tuples(st.integers(0, 127), st.binary(max_size=40)).map(lambda event: meta(*event)[1:])
EVENTS = st.tuples(DELTAS, CHANNEL_EVENTS | METAS | st.binary(max_size=6)).map(b"".join)
TRACKS = st.lists(EVENTS, max_size=30).map(b"".join)
SHORTS = st.integers(0, 3) | st.integers(0, 0xFFFF)
FILES = st.tuples(SHORTS, SHORTS, SHORTS, st.lists(TRACKS, max_size=3)).map(
    lambda file: header(*file[:3]) + b"".join(map(chunk, file[3]))
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES)
def test_any_stream_of_events_is_read_or_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "case.mid"
    path.write_bytes(data)
    with contextlib.suppress(JazzgenError):
        assert read_solo(path).notes


# ----------------------------------------------------------------------------------- what is not a real file


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize(
    "words",
    [
        ["inspect", "{pipe}"],
        ["inspect", "{study}", "--progression", "{pipe}"],
        ["generate-midi", "-o", "{folder}/take.mid", "--model", "{pipe}"],
        ["generate-midi", "-o", "{folder}/take.mid", "--progression", "/dev/zero"],
        ["generate-midi", "-o", "{pipe}", "--choruses", "1"],
        ["names", "--train", "{pipe}"],
        ["names", "--train", "/dev/zero"],
        ["names", "--model", "{pipe}"],
        ["evaluate", "classic-64", "{pipe}"],
        ["evaluate", "{pipe}", "{study}"],
        ["render", "{pipe}", "-o", "{folder}/take.wav"],
        ["render", "{study}", "-o", "{folder}/take.wav", "--soundfont", "{pipe}"],
        ["plot", "/dev/zero", "-o", "{folder}/take.svg"],
        ["leadsheet", "{folder}", "-o", "{folder}/take.svg"],
        ["inspect", "{long}"],
        ["evaluate", "classic-64", "{long}"],
        ["evaluate", "{long}", "{study}"],
        ["names", "--train", "{long}"],
        ["generate-midi", "-o", "{folder}/{long}.mid", "--choruses", "1"],
        ["generate-midi", "-o", "{folder}/take.mid", "--model", "{long}"],
        ["generate-midi", "-o", "{folder}/take.mid", "--progression", "{long}"],
        ["render", "{study}", "-o", "{folder}/take.wav", "--soundfont", "{long}"],
    ],
    ids=" ".join,
)
def test_pipes_devices_folders_and_endless_names_are_refused(words: list[str], pipe: Path) -> None:
    study = ROOT / "data/midi/01-blues-in-f.mid"
    places = {"pipe": pipe, "study": study, "folder": pipe.parent, "long": "x" * 300}
    command(*(word.format(**places) for word in words), may_succeed=False)
    assert [path.name for path in pipe.parent.iterdir()] == ["pipe"]


def test_links_in_a_circle_are_searched_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "back").symlink_to(tmp_path)
    (tmp_path / "a" / "self.mid").symlink_to(tmp_path / "a" / "self.mid")
    (tmp_path / "a" / "pipe.mid").symlink_to("/dev/zero")
    (tmp_path / "tune.mid").write_bytes(song(CHORD + NOTE))
    assert midi_files([tmp_path]) == [tmp_path / "tune.mid"]


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_bytes(path, 5) == b"12345"
    with pytest.raises(OSError, match="more than 4 bytes"):
        read_bytes(path, 4)
    assert [kind_of(p) for p in (path, tmp_path, "/dev/zero", tmp_path / "x", "x" * 5000, "\0")] == [
        "file", "folder", "device", "", "", "",
    ]  # fmt: skip


def test_a_list_of_names_has_an_end(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no regular file"):
        read_names("/dev/zero")


# ---------------------------------------------------------------------------------------- faults once found


def computing(action) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def refused(text: str) -> None:
    with pytest.raises(ProgressionError):
        parse_progression(text)


def test_open_brackets_do_not_take_the_square_of_their_number() -> None:
    """Once each of them was searched for its end through all that follow: 500,000 took hours."""
    assert computing(lambda: refused("[" * 200_000 + "| C |")) < PATIENCE_S


def test_blanks_in_a_title_do_not_take_the_square_of_their_number() -> None:
    assert computing(lambda: parse_progression("title: a" + " " * 500_000 + "b\n| C |")) < PATIENCE_S


def test_a_marker_cannot_be_read_in_a_million_million_ways(tmp_path: Path) -> None:
    """ "mj" was both a word and two letters of the pattern that knows a misspelled chord."""
    path = tmp_path / "tune.mid"
    path.write_bytes(song(CHORD + meta(6, b"C1" + b"mj" * 60 + b"!") + NOTE))
    assert computing(lambda: read_solo(path)) < PATIENCE_S


def test_sections_of_a_lead_sheet_do_not_take_the_square_of_their_number() -> None:
    sections = tuple(Section(3 * k, str(k)) for k in range(20_000))
    form = Progression((ChordChange(0, "C"),), 60_000, sections=sections)
    solo = Solo((Note(0, 6, 60),), form)
    assert computing(lambda: musicxml(solo)) < PATIENCE_S


def test_names_in_a_file_do_not_act_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tune.mid"
    path.write_bytes(song(meta(3, "\x1b[2Jover\u202edone\x9b".encode()) + CHORD + NOTE))
    assert cli.main(["inspect", str(path)]) == 0
    assert "[2Jover\\u202edone\n" in capsys.readouterr().out
    assert cli.main(["inspect", str(path), "--json"]) == 0
    out = capsys.readouterr().out
    assert out.rstrip("\n").isprintable()
    assert json.loads(out)["track"] == "[2Jover\u202edone"


def test_a_file_whose_name_is_not_utf8_can_be_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output cannot write a lone surrogate: the take was written, and then came a traceback."""
    path = f"{tmp_path}/take\udcff.mid"
    assert cli.main(["generate-midi", "--choruses", "1", "--progression", "ii-v-i", "-o", path]) == 0
    assert "take\\udcff.mid" in capsys.readouterr().out
    assert cli.main(["inspect", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["file"] == path


def test_what_an_ascii_terminal_cannot_write_is_escaped() -> None:
    behind = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert PlainOutput(behind).write("Après\n") == 6
    behind.seek(0)
    assert behind.read() == "Apr\\u00e8s\n"


@pytest.mark.parametrize("header_line", ["key: C", "meter: ", "style: "])
def test_a_message_does_not_repeat_a_megabyte(header_line: str) -> None:
    with pytest.raises(ProgressionError) as caught:
        parse_progression(header_line + "#" * 500_000 + "\n| C |")
    assert len(str(caught.value)) < 300


def test_a_path_in_a_file_stays_a_text(tmp_path: Path) -> None:
    """A file whose title is a path is still read, and neither opened nor written elsewhere."""
    path = tmp_path / "tune.mid"
    secret = tmp_path / "secret.txt"
    secret.write_text("| Gm7 |")
    name = os.fsencode(secret)
    path.write_bytes(song(meta(3, name) + meta(1, b"style: " + name) + meta(6, name) + CHORD, NOTE))
    solo = read_solo(path, progression=parse_progression("| Cm7 |"))
    assert solo.title == str(secret)
    assert {change.symbol for change in solo.progression.chords} == {"Cm7"}


def test_a_track_that_ends_in_the_middle_is_read_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "tune.mid"
    path.write_bytes(song(CHORD + NOTE).replace(END, b"\x00\x90"))
    assert any("break" in warning or "cut" in warning for warning in read(path).warnings)


def test_weights_that_overflow_are_refused(tmp_path: Path) -> None:
    """Finite each, but their sums are not: generating printed warnings and played NaN."""
    path = tmp_path / "huge.safetensors"
    path.write_bytes(weighing(3e38))
    with pytest.raises(CheckpointError, match=r"a weight of size 3e\+38"):
        load_checkpoint(path)


# ---------------------------------------------------------------------------------------------- the long run


def test_the_long_run_finds_keeps_and_repeats_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A worker that answers with a fault: the file is kept, the line that repeats it printed, the exit 1."""
    from checks import fuzz

    class Faulty:
        def __init__(self, folder: Path) -> None:
            self.folder = folder

        def attempt(self, task, seed: int) -> dict[str, object]:
            assert seed == 5
            (self.folder / "case.mid").write_bytes(b"bad")
            return (
                {"hang": "no answer"}
                if task.number == 1
                else {"fault": None, "refused": 1, "seconds": 0.1, "slowest": "x"}
            )

        def close(self) -> None:
            pass

    monkeypatch.setattr(fuzz, "Worker", Faulty)
    counts = ["--midi", "3", "--checkpoint", "0", "--progression", "0", "--chart", "0"]
    assert fuzz.main([*counts, "--seed", "5", "--workers", "1", "--keep", str(tmp_path / "kept")]) == 1
    assert (tmp_path / "kept" / "midi-5-1.mid").read_bytes() == b"bad"
    out = capsys.readouterr().out
    assert "again: python -m checks.fuzz --seed 5 --only midi:1" in out
    assert "midi: 3 cases, 2 refused by a reader, 0 faults, 1 hangs" in out
    assert "1 failed" in out
