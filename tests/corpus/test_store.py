"""A prepared corpus on disk and back: every solo exactly, and every fault in one line."""

from __future__ import annotations

import hashlib
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import strategies as st

from jazzgen.corpus.loading import load_solos
from jazzgen.corpus.packed import READER_VERSION, pack, unpack
from jazzgen.corpus.store import (
    SHARD_FOLDER,
    ShardEntry,
    SourceFile,
    open_corpus,
    open_shard,
    shard_files,
    write_description,
    write_shard,
)
from jazzgen.errors import DataError
from jazzgen.midi.find import midi_files
from jazzgen.midi.reading import read_solo
from jazzgen.music.score import Solo
from jazzgen.tokens.vocabulary import encode
from tests.shared import ROOT

STUDIES = midi_files([ROOT / "data" / "midi"])
TEXT = st.text(max_size=8)


@pytest.fixture(scope="module")
def studies() -> list[Solo]:
    return [read_solo(path) for path in STUDIES]


def write_corpus(folder: Path, solos: list[Solo], a_shard: int = 4) -> Path:
    """The solos in shards of `a_shard`, as they are, repeats and all."""
    shards = folder / SHARD_FOLDER
    shards.mkdir(parents=True)
    entries = []
    for start in range(0, len(solos), a_shard):
        some = solos[start : start + a_shard]
        sources = [
            SourceFile(f"{start + i}.mid", bytes([i]) * 32, "", pack(solo)) for i, solo in enumerate(some)
        ]
        entries.append(ShardEntry(write_shard(shards, sources), len(some), ()))
    write_description(folder, entries, {"solos": len(solos), "skipped": 0})
    return folder


# ---------------------------------------------------------------------------------------------- round trip


def test_every_study_solo_comes_back_as_it_was_read(tmp_path: Path, studies: list[Solo]) -> None:
    corpus = open_corpus(write_corpus(tmp_path / "corpus", studies))
    assert len(corpus) == len(studies) == 10
    assert list(corpus) == studies
    assert [corpus[i] for i in (-1, 0, 5)] == [studies[i] for i in (-1, 0, 5)]
    assert corpus[3:6] == tuple(studies[3:6])
    for i, solo in enumerate(studies):
        assert corpus.values(i).dtype == np.uint8
        assert corpus.values(i).tolist() == encode(solo)
        assert corpus.n_values(i) == len(encode(solo))
        assert (corpus.title(i), corpus.player(i)) == (solo.title, solo.player)


def test_the_same_sources_give_the_same_bytes(tmp_path: Path, studies: list[Solo]) -> None:
    one, two = write_corpus(tmp_path / "1", studies), write_corpus(tmp_path / "2", studies)
    assert [p.name for p in shard_files(one / SHARD_FOLDER)] == [
        p.name for p in shard_files(two / SHARD_FOLDER)
    ]
    for path in shard_files(one / SHARD_FOLDER):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem


def test_a_shard_knows_its_files(tmp_path: Path, studies: list[Solo]) -> None:
    sources = [
        SourceFile("bad/\udcff.mid", bytes(32), "is not MIDI", None),
        SourceFile("good.mid", b"1" * 32, "", pack(studies[0])),
        SourceFile("worse.mid", b"2" * 32, "has no notes", None),
    ]
    shard = open_shard(tmp_path, write_shard(tmp_path, sources))
    assert (shard.n_files, shard.n_solos, shard.reader) == (3, 1, READER_VERSION)
    assert [shard.solo_of_file(i) for i in range(3)] == [None, 0, None]
    again = [shard.source(i) for i in range(3)]
    assert [source[:3] for source in again] == [source[:3] for source in sources]
    assert again[1].solo is not None
    assert unpack(again[1].solo) == studies[0]


def test_repeats_are_passed_over(tmp_path: Path, studies: list[Solo]) -> None:
    folder = write_corpus(tmp_path / "corpus", studies[:6], a_shard=3)
    described = json.loads((folder / "corpus.json").read_text())
    described["shards"][0]["duplicates"] = [0, 2]
    described["shards"][1]["duplicates"] = [1]
    (folder / "corpus.json").write_text(json.dumps(described))
    assert list(open_corpus(folder)) == [studies[1], studies[3], studies[5]]


def test_a_corpus_goes_to_another_process_as_its_folder(tmp_path: Path, studies: list[Solo]) -> None:
    corpus = open_corpus(write_corpus(tmp_path / "corpus", studies))
    corpus.values(0)
    sent = pickle.dumps(corpus)
    assert len(sent) < 1000
    assert list(pickle.loads(sent)) == studies  # noqa: S301 -- our own, a line above


def test_an_index_outside_is_an_index_error(tmp_path: Path, studies: list[Solo]) -> None:
    corpus = open_corpus(write_corpus(tmp_path / "corpus", studies[:2]))
    for index in (2, -3):
        with pytest.raises(IndexError, match=f"solo {index} of a corpus of 2"):
            corpus.values(index)


def test_training_data_may_be_a_corpus(tmp_path: Path, studies: list[Solo]) -> None:
    folder = write_corpus(tmp_path / "corpus", studies)
    solos, skipped = load_solos([folder])
    assert list(solos) == studies
    assert skipped == ()
    with pytest.raises(DataError, match="a prepared corpus is given alone"):
        load_solos([folder, STUDIES[0]])


def test_strict_refuses_a_corpus_with_skipped_files(tmp_path: Path, studies: list[Solo]) -> None:
    folder = write_corpus(tmp_path / "corpus", studies)
    assert len(load_solos([folder], strict=True).solos) == 10
    described = json.loads((folder / "corpus.json").read_text()) | {"left_out": 3}
    (folder / "corpus.json").write_text(json.dumps(described))
    with pytest.raises(DataError, match="3 files were skipped"):
        load_solos([folder], strict=True)


# -------------------------------------------------------------------------------------------------- faults


def one_line(error: pytest.ExceptionInfo[DataError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def test_a_damaged_shard_is_named(tmp_path: Path, studies: list[Solo]) -> None:
    corpus = open_corpus(write_corpus(tmp_path / "corpus", studies))
    path = shard_files(corpus.shard_folder)[0]
    data = bytearray(path.read_bytes())
    data[-40] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="its bytes are not those it is named for") as error:
        list(corpus)
    assert str(path) in one_line(error)


def test_a_missing_shard_is_found_on_opening(tmp_path: Path, studies: list[Solo]) -> None:
    folder = write_corpus(tmp_path / "corpus", studies)
    path = shard_files(folder / SHARD_FOLDER)[1]
    path.unlink()
    with pytest.raises(DataError, match="it is missing") as error:
        open_corpus(folder)
    assert path.name in one_line(error)


@pytest.mark.parametrize(
    ("name", "array", "match"),
    [
        ("values", np.full(9, 78, np.uint8), "offsets of its array values"),
        ("times.offsets", None, r"lacks the array times\.offsets"),
        ("pitches", np.zeros((3, 3), np.uint8), "array pitches is U8"),
        ("file", np.array([[9]], np.int64), "its solos do not fit its files"),
        ("digest", np.zeros((2, 32), np.uint8), "its solos do not fit its files"),
    ],
)
def test_a_shard_that_lies_is_refused(
    tmp_path: Path, studies: list[Solo], name: str, array: np.ndarray | None, match: str
) -> None:
    """Its bytes are those it is named for, but somebody else wrote them."""
    sources = [SourceFile("a.mid", bytes(32), "", pack(studies[0]))]
    honest = open_shard(tmp_path, write_shard(tmp_path, sources)).path
    arrays = safetensors.numpy.load_file(honest)
    if array is None:
        del arrays[name]
    else:
        arrays[name] = array
    with safetensors.safe_open(honest, framework="np") as file:
        forged = safetensors.numpy.save(arrays, metadata=file.metadata())
    digest = hashlib.sha256(forged).hexdigest()
    (tmp_path / f"{digest}.safetensors").write_bytes(forged)
    with pytest.raises(DataError, match=match) as error:
        open_shard(tmp_path, digest)
    assert digest in one_line(error)


def test_values_that_are_none_and_forms_that_are_none_are_refused(
    tmp_path: Path, studies: list[Solo]
) -> None:
    packed = pack(studies[0])
    wrong = packed._replace(values=packed.values + np.uint8(78))
    with pytest.raises(DataError, match=r"not in 0\.\.77"):
        open_shard(tmp_path, write_shard(tmp_path, [SourceFile("a.mid", bytes(32), "", wrong)]))
    form = packed.form.replace('"chords":[[0,', '"chords":[[1,')
    name = write_shard(tmp_path, [SourceFile("a.mid", bytes(32), "", packed._replace(form=form))])
    with pytest.raises(DataError, match="solo 0 is none: the first chord must stand at tick 0"):
        open_shard(tmp_path, name).solo(0)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "it is damaged"),
        ("[]", "does not describe a corpus"),
        ('{"kind": "corpus", "format": 0}', "prepared by another jazzgen"),
        (None, "no prepared corpus; make one with jazzgen prepare"),
    ],
)
def test_a_folder_that_is_no_corpus_is_refused(tmp_path: Path, text: str | None, match: str) -> None:
    if text is not None:
        (tmp_path / "corpus.json").write_text(text)
    with pytest.raises(DataError, match=match) as error:
        open_corpus(tmp_path)
    assert str(tmp_path) in one_line(error)


@pytest.mark.parametrize(
    "row", [{"name": "../../x"}, {"solos": -1}, {"duplicates": [9]}, {"duplicates": [1, 0]}]
)
def test_a_description_that_lies_is_refused(
    tmp_path: Path, studies: list[Solo], row: dict[str, object]
) -> None:
    folder = write_corpus(tmp_path / "corpus", studies[:2])
    described = json.loads((folder / "corpus.json").read_text())
    described["shards"][0] |= row
    (folder / "corpus.json").write_text(json.dumps(described))
    with pytest.raises(DataError, match=r"corpus\.json"):
        open_corpus(folder)
