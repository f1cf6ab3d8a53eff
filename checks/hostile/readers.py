"""Every reader, and what becomes of a case in it.

A case ends in a result or a `JazzgenError`; at the command line in exit code 0 or 2, one line on standard
error, and nothing printed that acts on a terminal.
"""

from __future__ import annotations

import contextlib
import io
import re
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from jazzgen import cli
from jazzgen.by_hand.names import load_names
from jazzgen.charts.find import ChartOptions, find_progression, find_tune, read_chart, songs_in
from jazzgen.charts.text_writing import write_text
from jazzgen.corpus.loading import load_solos
from jazzgen.errors import JazzgenError
from jazzgen.midi.reading import read_solo
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.music.chords import parse_chord
from jazzgen.music.keys import transpose_progression
from jazzgen.rendering import audio
from jazzgen.rendering.musicxml import musicxml
from jazzgen.rendering.page import svg
from jazzgen.rendering.piano_roll import RollPage
from tests.shared import ROOT

SECONDS = 2.0  # of computing that one reader may take for one file of up to 1 MB


def command(*words: str, may_succeed: bool = True, quiet: bool = True) -> None:
    """`jazzgen WORDS` in this process: raises `AssertionError` unless it ends as a command must. One that is
    not `quiet` may report what it assumed before it is refused.
    """
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(list(words))
    said = out.getvalue() + err.getvalue()
    acting = [c for c in said if not c.isprintable() and c != "\n"]
    assert not acting, f"printed {acting[:5]!r}"
    assert code in ((0, 2) if may_succeed else (2,)), f"exit code {code}"
    assert "Warning" not in err.getvalue(), err.getvalue()
    if code == 2 and not quiet:
        assert err.getvalue().splitlines()[-1].startswith("jazzgen: ")
    elif code == 2:
        assert re.fullmatch(r"jazzgen: [^\n]+\n", err.getvalue()), f"standard error {err.getvalue()[:500]!r}"
        assert len(err.getvalue()) < 2000, f"a line of {len(err.getvalue()):,} characters"


def _midi_readers(path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    solo = []
    yield "read_solo", lambda: solo.append(read_solo(path))
    yield "inspect", lambda: command("inspect", str(path))
    yield "inspect --json", lambda: command("inspect", str(path), "--json")
    yield "inspect --progression", lambda: command("inspect", str(path), "--progression", "| Cm7 | F7 |")
    yield "load_solos", lambda: load_solos([path])
    yield "render", lambda: audio._read(path)  # all that comes before the engine, which takes its time
    if solo:
        # What was written is checked on a clock of its own: that is this suite's work.
        written: list[str] = []
        yield "plot", lambda: written.append(svg(RollPage(solo[0])))
        yield "what plot wrote", lambda: [_check_xml(written.pop()) for _ in range(len(written))]
        yield "leadsheet", lambda: written.append(musicxml(solo[0]))
        yield "what leadsheet wrote", lambda: [_check_xml(written.pop()) for _ in range(len(written))]


def _check_xml(text: str) -> None:
    """Raise unless `text` is well-formed; a tree of it would cost more than drawing it did."""
    expat.ParserCreate().Parse(text, True)


def _checkpoint_readers(path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "load_checkpoint", lambda: load_checkpoint(path)
    yield "load_names", lambda: load_names(path)
    yield "names", lambda: command("names", "--model", str(path), "--count", "1", "--seed", "1")
    take = ["-o", str(path.with_suffix(".mid")), "--choruses", "1", "--seed", "1", "--progression", "ii-v-i"]
    yield "generate-midi", lambda: command("generate-midi", "--model", str(path), *take)


def _progression_readers(path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    yield "find_progression", lambda: find_progression(text)
    yield "a file", lambda: find_progression(str(path))
    yield "transpose_progression", lambda: transpose_progression(find_progression(text), 5)
    yield "parse_chord", lambda: [_chord(word) for word in dict.fromkeys(text[:20_000].split())]
    study = str(ROOT / "data/midi/01-blues-in-f.mid")
    yield "inspect --progression", lambda: command("inspect", study, f"--progression={text}")


def _chart_readers(path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "songs_in", lambda: songs_in(str(path))
    yield "find_tune", lambda: find_tune(str(path), ChartOptions("1", form="full"))
    yield "read_chart", lambda: write_text(read_chart(path, "1", form="written"))
    yield "progressions", lambda: command("progressions", str(path), quiet=False)
    show = ["--song", "1", "--unknown", "hold", "--form", "full", "--show"]
    yield "progressions --show", lambda: command("progressions", str(path), *show, quiet=False)


def _chord(text: str) -> None:
    with contextlib.suppress(JazzgenError):
        parse_chord(text)


READERS = {
    "midi": _midi_readers,
    "checkpoint": _checkpoint_readers,
    "progression": _progression_readers,
    "chart": _chart_readers,
}


class Verdict(NamedTuple):
    """How a case ended: `fault` is None or what went wrong, `refused` how many readers refused it, `seconds`
    what the slowest of them, `slowest`, took.
    """

    fault: str | None
    refused: int
    seconds: float
    slowest: str


def try_case(kind: str, path: Path, seconds: float = SECONDS) -> Verdict:
    """Put the file at `path` through every reader of `kind`; each may compute for so many seconds."""
    worst, slowest, refused = 0.0, "", 0
    for name, read in READERS[kind](path):
        start = time.process_time()
        try:
            read()
        except JazzgenError as error:
            refused += 1
            if not str(error).strip():
                return Verdict(f"{name}: an error without a word", refused, worst, slowest)
        except BaseException:  # MemoryError and SystemExit are faults too
            return Verdict(f"{name}: {traceback.format_exc()}", refused, worst, slowest)
        took = time.process_time() - start
        if took > worst:
            worst, slowest = took, name
        if took > seconds:
            return Verdict(f"{name}: {took:.1f} s of computing, at most {seconds:g}", refused, worst, slowest)
    return Verdict(None, refused, worst, slowest)
