"""`jazzgen prepare`: what the corpus holds, what a second run reads, what a killed or refused one leaves."""

from __future__ import annotations

import errno
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import growth
from checks import kills
from checks.kills import snapshot
from jazzgen.cli import main
from jazzgen.corpus import backends
from jazzgen.corpus import prepare as module
from jazzgen.corpus.given import Given
from jazzgen.corpus.packed import READER_VERSION
from jazzgen.corpus.prepare import prepare
from jazzgen.corpus.store import SHARD_FOLDER, open_corpus, shard_files
from jazzgen.errors import DataError, MidiError, OptionError, OutputError
from jazzgen.midi.find import midi_files
from jazzgen.midi.reading import read_solo
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement
from tests.shared import ROOT

STUDIES = ROOT / "data" / "midi"


@pytest.fixture
def midi(tmp_path: Path) -> Path:
    """The ten studies, half of them in a folder below."""
    folder = tmp_path / "midi"
    for number, path in enumerate(midi_files([STUDIES])):
        target = folder / ("below" if number % 2 else "") / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return folder


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read from here on, in this process."""
    names = []

    def noted(file: Path, given: Given) -> object:
        names.append(file.name)
        return honest(file, given)

    honest = module.read_or_refusal
    monkeypatch.setattr(module, "read_or_refusal", noted)
    return names


def manifest(corpus: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (corpus / "manifest.jsonl").read_text().splitlines()]


def fresh(midi: Path, tmp_path: Path) -> dict[str, bytes]:
    """What a run from nothing makes of `midi` as it is now."""
    shutil.rmtree(tmp_path / "fresh", ignore_errors=True)
    prepare([midi], tmp_path / "fresh", shard_size=2)
    return snapshot(tmp_path / "fresh")


# ------------------------------------------------------------------------------------------- what it holds


def test_the_corpus_is_the_files_in_their_order(midi: Path, tmp_path: Path) -> None:
    done = prepare([midi], tmp_path / "corpus", shard_size=2)
    files = midi_files([midi])
    solos = [read_solo(file) for file in files]
    corpus = open_corpus(tmp_path / "corpus")
    assert list(corpus) == solos
    assert done[:6] == (10, 10, sum(len(s.notes) for s in solos), sum(map(corpus.n_values, range(10))), 0, 0)
    assert done.shards == len(shard_files(corpus.shard_folder)) > 1
    lines = manifest(tmp_path / "corpus")
    assert [line["path"] for line in lines] == [file.relative_to(midi).as_posix() for file in files]
    assert [line["title"] for line in lines] == [solo.title for solo in solos]
    assert all(len(str(line["sha256"])) == 64 for line in lines)


def test_paths_stand_below_the_folder_that_holds_all_the_data(midi: Path, tmp_path: Path) -> None:
    first = midi_files([midi / "below"])[0]
    top = [path for path in midi_files([midi]) if path.parent == midi]
    prepare([first, *top, midi / ".." / "midi" / "below"], tmp_path / "corpus")
    prepare([midi], tmp_path / "whole")
    assert snapshot(tmp_path / "corpus") == snapshot(tmp_path / "whole")


def test_the_same_solo_under_another_name_and_title_counts_once(midi: Path, tmp_path: Path) -> None:
    first, second, *_ = midi_files([midi])
    shutil.copyfile(second, midi / "zz copy.mid")
    renamed = replace(read_solo(first), title="Another", player="Somebody else", tempo=77.0)
    write_arrangement(Arrangement(renamed), midi / "zz renamed.mid")
    done = prepare([midi], tmp_path / "corpus", shard_size=2)
    assert (done.files, done.solos, done.duplicates) == (12, 10, 2)
    named = {line["path"]: line.get("duplicate_of") for line in manifest(tmp_path / "corpus")}
    assert named["zz copy.mid"] == second.relative_to(midi).as_posix()
    assert named["zz renamed.mid"] == first.relative_to(midi).as_posix()
    assert list(open_corpus(tmp_path / "corpus")) == [read_solo(file) for file in midi_files([midi])[:10]]


def test_a_file_that_cannot_be_read_is_skipped_with_its_reason(midi: Path, tmp_path: Path) -> None:
    (midi / "bad.mid").write_bytes(b"not MIDI at all")
    done = prepare([midi], tmp_path / "corpus")
    assert (done.solos, done.skipped) == (10, 1)
    assert done.first_reason.startswith("bad.mid: ")
    (line,) = [line for line in manifest(tmp_path / "corpus") if "left_out" in line]
    assert line["path"] == "bad.mid"
    assert str(tmp_path) not in str(line["left_out"])
    with pytest.raises(DataError, match=r"^bad\.mid: "):
        prepare([midi], tmp_path / "strict", strict=True)


def test_data_without_a_solo_is_refused_and_the_corpus_stands(midi: Path, tmp_path: Path) -> None:
    prepare([midi], tmp_path / "corpus")
    before = snapshot(tmp_path / "corpus")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "bad.mid").write_bytes(b"not MIDI at all")
    with pytest.raises(DataError, match=r"none of 1 MIDI files.*bad\.mid"):
        prepare([tmp_path / "bad"], tmp_path / "corpus")
    assert before.items() <= snapshot(tmp_path / "corpus").items()
    prepare([midi], tmp_path / "corpus")
    assert snapshot(tmp_path / "corpus") == before


# --------------------------------------------------------------------------------------------- a second run


def test_a_second_run_reads_nothing_and_writes_no_shard(
    midi: Path, tmp_path: Path, read_files: list[str]
) -> None:
    assert prepare([midi], tmp_path / "corpus", shard_size=2).read == 10
    shards = tmp_path / "corpus" / SHARD_FOLDER
    before = {path: path.stat().st_mtime_ns for path in shard_files(shards)}
    read_files.clear()
    for file in midi_files([midi]):
        os.utime(file, (1, 1))
    assert prepare([midi], tmp_path / "corpus", shard_size=2).read == 0
    assert read_files == []
    assert {path: path.stat().st_mtime_ns for path in shard_files(shards)} == before


def test_new_changed_and_gone_files_are_all_that_is_touched(
    midi: Path, tmp_path: Path, read_files: list[str]
) -> None:
    prepare([midi], tmp_path / "corpus", shard_size=2)
    files = midi_files([midi])
    files[3].unlink()
    times = files[5].stat()
    changed = bytearray(files[5].read_bytes())
    place = next(growth.note_places(bytes(changed)))
    changed[place + 1] ^= 1  # a velocity: as many bytes as before, at the same time
    files[5].write_bytes(changed)
    os.utime(files[5], ns=(times.st_atime_ns, times.st_mtime_ns))
    solo = replace(read_solo(files[0]), title="New", notes=read_solo(files[0]).notes[1:])
    write_arrangement(Arrangement(solo), midi / "m new.mid")
    read_files.clear()
    assert prepare([midi], tmp_path / "corpus", shard_size=2).read == 2
    assert sorted(read_files) == sorted(["m new.mid", files[5].name])
    assert snapshot(tmp_path / "corpus") == fresh(midi, tmp_path)


def test_another_shard_size_needs_no_file_read_again(
    midi: Path, tmp_path: Path, read_files: list[str]
) -> None:
    prepare([midi], tmp_path / "corpus", shard_size=5)
    read_files.clear()
    prepare([midi], tmp_path / "corpus", shard_size=2)
    assert read_files == []
    assert snapshot(tmp_path / "corpus") == fresh(midi, tmp_path)


def test_a_damaged_shard_is_mended(midi: Path, tmp_path: Path) -> None:
    prepare([midi], tmp_path / "corpus", shard_size=2)
    before = snapshot(tmp_path / "corpus")
    path = shard_files(tmp_path / "corpus" / SHARD_FOLDER)[0]
    path.write_bytes(path.read_bytes()[:-1])
    assert 0 < prepare([midi], tmp_path / "corpus", shard_size=2).read < 10
    assert snapshot(tmp_path / "corpus") == before


def test_another_reader_reads_everything_again(
    midi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare([midi], tmp_path / "corpus")
    monkeypatch.setattr(module, "READER_VERSION", READER_VERSION + 1)
    assert prepare([midi], tmp_path / "corpus").read == 10


def test_a_file_written_while_it_is_read_is_read_again(
    midi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it then is what it was when its sha256 was taken."""
    victim, other, *_ = midi_files([midi])
    original = victim.read_bytes()
    honest = module.read_or_refusal

    def meddle(file: Path, given: Given) -> object:
        if file == victim:
            file.write_bytes(other.read_bytes())
        return honest(file, given)

    monkeypatch.setattr(module, "read_or_refusal", meddle)
    prepare([midi], tmp_path / "corpus", shard_size=2)
    monkeypatch.setattr(module, "read_or_refusal", honest)
    victim.write_bytes(original)
    assert prepare([midi], tmp_path / "corpus", shard_size=2).read == 1
    assert snapshot(tmp_path / "corpus") == fresh(midi, tmp_path)


def test_a_file_without_a_sha256_is_read_each_time(
    midi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", midi_files([midi])[0].stat().st_size - 1)
    too_big = sum(file.stat().st_size > module.MAX_BYTES for file in midi_files([midi]))
    assert prepare([midi], tmp_path / "corpus").read == 10
    assert prepare([midi], tmp_path / "corpus").read == too_big > 0
    (line, *_) = manifest(tmp_path / "corpus")
    assert line["sha256"] is None


@pytest.mark.parametrize("size", [1, 7, 64])
def test_runs_cover_all_files_and_a_new_file_changes_few(size: int) -> None:
    def runs(names: list[str]) -> list[tuple[str, ...]]:
        tasks = [module._Task(name, Path(name), None) for name in sorted(names)]
        return [tuple(task.path for task in tasks[a:b]) for a, b in module._runs(tasks, size)]

    names = [f"{i:05}.mid" for i in range(2000)]
    before = runs(names)
    assert [name for run in before for name in run] == names
    assert max(map(len, before)) <= 4 * size
    assert size / 2 < 2000 / len(before) < 2 * size or size == 1
    after = runs([*names, "01000 new.mid"])
    assert len(set(after) - set(before)) <= 4


# ---------------------------------------------------------------------------------------------- many workers


@pytest.mark.parametrize("backend", ["loky", "dask"])
def test_two_workers_make_the_same_corpus(backend: str, midi: Path, tmp_path: Path) -> None:
    if backend == "dask":
        pytest.importorskip("distributed", reason="needs jazzgen[dask]")
    words = ["-m", "jazzgen", "prepare", midi, "-o", tmp_path / "corpus"]
    words += ["--shard-size", 2, "--jobs", 2, "--backend", backend, "--json"]
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["solos"] == 10
    assert done.stderr == ""
    assert snapshot(tmp_path / "corpus") == fresh(midi, tmp_path)


def test_data_that_is_not_there_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(MidiError, match="no such file or folder"):
        prepare([tmp_path / "nowhere"], tmp_path / "corpus")
    assert not (tmp_path / "corpus").exists()


def test_a_folder_that_cannot_be_read_is_not_passed_over(
    midi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (midi / "shut").mkdir()
    scandir = os.scandir

    def shut(path: str) -> object:  # as the system does for all but root
        if str(path).endswith("shut"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", shut)
    with pytest.raises(
        DataError, match=r"cannot read the folder .*shut: Permission denied; make it readable"
    ):
        prepare([midi], tmp_path / "corpus")


def test_a_name_that_acts_on_a_terminal_is_shown_as_it_is(
    midi: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (midi / "evil\n\x1b[31m.mid").write_bytes(b"no MIDI")
    assert main(["prepare", str(midi), "-o", str(tmp_path / "corpus")]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert r"evil\n\u001b[31m.mid: " in line


def test_a_dead_worker_is_one_line(midi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dying(*_: object) -> Iterator[object]:
        raise BrokenExecutor
        yield

    monkeypatch.setattr(backends, "in_order", dying)
    with pytest.raises(DataError, match=r"a worker process was killed.*fewer --jobs"):
        prepare([midi], tmp_path / "corpus")


# ---------------------------------------------------------------------------------------- killed and refused


def test_killed_at_any_moment_the_next_run_ends_as_an_undisturbed_one(midi: Path) -> None:
    assert kills.main(["prepare", str(midi), "--kills", "2", "--jobs", "1"]) == 0


def test_what_killed_runs_left_half_written_is_removed(midi: Path, tmp_path: Path) -> None:
    prepare([midi], tmp_path / "corpus", shard_size=2)
    before = snapshot(tmp_path / "corpus")
    for name in (".corpus-1.json", ".manifest-2.jsonl", "shards/.abc-3.safetensors"):
        (tmp_path / "corpus" / name).write_bytes(b"half")
    prepare([midi], tmp_path / "corpus", shard_size=2)
    assert snapshot(tmp_path / "corpus") == before


def test_a_full_disk_is_one_line_and_the_corpus_stands(midi: Path, tmp_path: Path) -> None:
    prepare([midi], tmp_path / "corpus")
    before = snapshot(tmp_path / "corpus")
    solo = read_solo(midi_files([midi])[0])
    write_arrangement(Arrangement(replace(solo, notes=solo.notes[1:])), midi / "new.mid")
    done = subprocess.run(
        [sys.executable, "-m", "jazzgen", "prepare", str(midi), "-o", str(tmp_path / "corpus")],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # or the beginning of one would be kept
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)),
    )
    assert done.returncode == 2
    assert done.stderr.startswith("jazzgen: cannot write ")
    assert done.stderr.count("\n") == 1
    assert snapshot(tmp_path / "corpus") == before


def test_a_folder_of_something_else_is_left_alone(midi: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="and no corpus; name a new or an empty folder"):
        prepare([midi], midi)
    with pytest.raises(OutputError, match="cannot make the folder"):
        prepare([midi], midi_files([midi])[0] / "corpus")
    assert not (midi / SHARD_FOLDER).exists()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"jobs": 0}, "jobs must be in 1..1,024.*received 0"),
        ({"jobs": -2}, "received -2"),
        ({"shard_size": 0}, "received 0"),
        ({"backend": "slurm"}, "backend must be one of loky, dask, ray, spark, received 'slurm'"),
    ],
)
def test_options_outside_their_range_are_refused(
    options: dict[str, object], match: str, midi: Path, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=match):
        prepare([midi], tmp_path / "corpus", **options)


# ------------------------------------------------------------------------------------------ the command line


def test_the_command_says_what_the_corpus_holds(
    midi: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = tmp_path / "corpus"
    (midi / "bad.mid").write_bytes(b"not MIDI at all")
    assert main(["prepare", str(midi), "-o", str(corpus), "--shard-size", "4"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{corpus}: 10 solos (1,391 notes, 1,672 values) from 11 files in ")
    assert out.endswith("11 files read, 0 duplicates\n")
    assert err.startswith(
        f"jazzgen: 1 file skipped, {corpus / 'manifest.jsonl'} says why; the first: bad.mid: "
    )
    assert main(["prepare", str(midi), "-o", str(corpus), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["corpus"], found["files"], found["left_out"], found["read"]) == (str(corpus), 11, 1, 0)


def test_the_command_refuses_in_one_line(
    midi: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = str(tmp_path / "corpus")
    for words in (
        ["-o", corpus],
        [str(midi)],
        [str(midi), "-o", corpus, "--backend", "slurm"],
        [str(midi), "-o", corpus, "--jobs", "0"],
        [str(midi), "-o", str(midi)],
        [str(tmp_path / "missing"), "-o", corpus],
        [str(midi), str(tmp_path), "-o", "/dev/null"],
    ):
        assert main(["prepare", *words]) == 2, words
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1), words


def test_the_python_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "scale.md").read_text(), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "scale.md", "exec"), {})  # noqa: S102 - our own page
    assert len(open_corpus("corpus")) == 10


def test_evaluate_takes_a_corpus(midi: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare([midi], tmp_path / "corpus")
    figures = []
    for data in (midi, tmp_path / "corpus"):
        assert main(["evaluate", "classic-64", str(data), "--json"]) == 0
        figures.append(capsys.readouterr().out)
    assert figures[0] == figures[1]


# ------------------------------------------------------------------------------------ what measures its scale


def test_a_grown_corpus_is_transposed_copies(tmp_path: Path) -> None:
    sources = midi_files([STUDIES])[:2]
    growth.grow(sources, tmp_path / "grown", 6)
    solos = [read_solo(path) for path in sorted((tmp_path / "grown").rglob("*.mid"))]
    assert len(solos) == 6
    for source in map(read_solo, sources):
        steps = {
            other.notes[0].pitch - source.notes[0].pitch for other in solos if other.title == source.title
        }
        assert len(steps) == 3
        for other in (other for other in solos if other.title == source.title):
            step = other.notes[0].pitch - source.notes[0].pitch
            moved = [replace(note, pitch=note.pitch + step) for note in source.notes]
            assert list(other.notes) == moved
