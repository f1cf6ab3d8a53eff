"""How much of a solo was heard before: against a search over the notes themselves."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.cli import main
from jazzgen.cli.inspect import index_of_recipe
from jazzgen.errors import CheckpointError, DataError
from jazzgen.improviser.originality import (
    NGRAM,
    CopyDetector,
    Index,
    Run,
    build_index,
    find_source,
    index_beside,
    load_index,
    longest_run,
    longest_run_elsewhere,
    save_index,
)
from jazzgen.model.shipped import DEFAULT_MODEL, shipped_checkpoints
from jazzgen.music.score import ChordChange, Note, Progression, Solo

BAR = 48


def line(pitches: list[int], gaps: list[int] | None = None, title: str = "") -> Solo:
    """A solo of these pitches; `gaps` in ticks from onset to onset (eighths)."""
    gaps = gaps or [6] * len(pitches)
    onsets = np.cumsum([0, *gaps[: len(pitches) - 1]]).tolist() if pitches else []
    notes = tuple(Note(onset, 3, pitch) for onset, pitch in zip(onsets, pitches, strict=True))
    bars = (notes[-1].end if notes else 1) // BAR + 1
    return Solo(
        notes, Progression((ChordChange(0, "C"),), bars * BAR), title=title, player=f"who plays {title}"
    )


def by_search(solo: Solo, others: list[Solo], rhythm: bool = False) -> int:
    """The longest common run, from every pair of places, a step at a time; 0 below NGRAM."""

    def moves(solo: Solo) -> list[tuple[int, int]]:
        return [(b.pitch - a.pitch, b.onset - a.onset if rhythm else 0) for a, b in pairwise(solo.notes)]

    mine, longest = moves(solo), 0
    for theirs in map(moves, others):
        above = [0] * (len(theirs) + 1)
        for step in mine:
            above = [0, *(above[k] + 1 if step == other else 0 for k, other in enumerate(theirs))]
            longest = max(longest, *above)
    return longest if longest >= NGRAM else 0


# Two or three pitches and two gaps: long common runs, overlaps and repetitions come by themselves.
PITCHES = st.lists(st.sampled_from([60, 61, 63]), max_size=40)
LINES = st.builds(line, PITCHES, st.lists(st.sampled_from([3, 6]), min_size=40, max_size=40))


@settings(deadline=None, max_examples=150)
@given(st.lists(LINES, max_size=4), LINES, st.booleans())
def test_the_longest_run_is_what_a_search_finds(others: list[Solo], solo: Solo, rhythm: bool) -> None:
    others = [*others, line(list(range(40, 40 + NGRAM + 1)))]
    run = longest_run(build_index(others), solo, rhythm)
    assert (run.length if run else 0) == by_search(solo, others, rhythm)
    if run:
        source = find_source(solo, run, others, rhythm)
        assert source is not None
        copied = solo.notes[run.first_note : run.first_note + run.length + 1]
        theirs = others[source.solo].notes[source.first_note : source.first_note + run.length + 1]
        assert [b.pitch - a.pitch for a, b in pairwise(copied)] == [
            b.pitch - a.pitch for a, b in pairwise(theirs)
        ]


def _after(index: Index, pitches: list[int]) -> CopyDetector:
    detector = CopyDetector(index)
    for pitch in pitches:
        detector.push(pitch)
    return detector


@settings(deadline=None, max_examples=60)
@given(st.lists(LINES, min_size=1, max_size=3), PITCHES)
def test_a_player_is_told_before_what_a_search_finds_after(others: list[Solo], pitches: list[int]) -> None:
    index = build_index([*others, line(list(range(40, 40 + NGRAM + 1)))])
    detector, ends = CopyDetector(index), 0
    for k, pitch in enumerate(pitches):
        told = detector.would_copy(pitch)
        # Another question changes nothing, and an own detector that heard the same says the same.
        assert detector.would_copy(61) == _after(index, pitches[:k]).would_copy(61)
        assert detector.would_copy(pitch) == told
        detector.push(pitch)
        ends = max(ends, told)
    assert ends == by_search(line(pitches), [*others, line(list(range(40, 40 + NGRAM + 1)))])


RNG = np.random.default_rng(7)
FIRST, SECOND = ([int(p) for p in RNG.integers(45, 80, 60)] for _ in range(2))


def test_a_planted_copy_is_found_at_its_place_and_in_whose_solo() -> None:
    solos = [line(FIRST, title="One"), line(SECOND, title="Two")]
    # Nine notes of our own, then SECOND[20:35] a third higher: 15 notes, 14 intervals, from bar 2.
    own = [50, 70, 50, 71, 50, 72, 50, 73, 50]
    take = line([*own, *(p + 4 for p in SECOND[20:35]), 50, 70, 51])
    run = longest_run(build_index(solos), take)
    assert run == Run(length=14, first_note=9, onset=54, bar=2)
    source = find_source(take, run, solos)
    assert source is not None
    assert (source.solo, source.title, source.player) == (1, "Two", "who plays Two")
    assert (source.first_note, source.bar) == (20, 20 * 6 // BAR + 1)
    assert find_source(take, run, solos[:1]) is None


def test_two_halves_from_two_solos_are_no_run() -> None:
    tail, head = FIRST[-NGRAM - 1 :], [p + FIRST[-1] - SECOND[0] for p in SECOND[: NGRAM + 1]]
    run = longest_run(build_index([line(FIRST), line(SECOND)]), line([*tail, *head[1:]]))
    assert run is not None
    assert run.length == NGRAM


def test_another_rhythm_is_a_run_of_intervals_only() -> None:
    index = build_index([line(FIRST)])
    swung = line(FIRST, [9, 3] * 30)
    run = longest_run(index, swung)
    assert run is not None
    assert run.length == len(FIRST) - 1
    assert longest_run(index, swung, rhythm=True) is None


def test_only_the_first_notes_count_where_asked() -> None:
    run = longest_run(build_index([line(FIRST)]), line(FIRST), notes=11)
    assert run is not None
    assert run.length == 10


def test_a_solo_is_not_compared_with_its_own_title() -> None:
    solos = [line(FIRST, title="A"), line(FIRST[:30], title="A"), line([*SECOND, *FIRST[5:15]], title="B")]
    runs = longest_run_elsewhere(solos, [solo.title for solo in solos])
    expected = [
        by_search(solos[0], solos[2:]),
        by_search(solos[1], solos[2:]),
        by_search(solos[2], solos[:2]),
    ]
    assert [run.length if run else 0 for run in runs] == expected
    assert 9 <= max(expected) < 20  # what was planted, and not the 29 that the takes of A share


def test_nothing_to_index_is_said() -> None:
    with pytest.raises(DataError, match="2 solos, none with a run of 6 intervals"):
        build_index([line([60, 62]), line([])])


# --------------------------------------------------------------------------------------------------- the file


def test_the_file_gives_the_index_back_and_does_not_depend_on_the_order(tmp_path: Path) -> None:
    solos = [line(FIRST), line(SECOND)]
    for name, given_solos in (("one", solos), ("two", solos[::-1])):
        save_index(tmp_path / name, build_index(given_solos, checkpoint_sha256="ab" * 32))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    index = load_index(tmp_path / "one", "ab" * 32)
    assert index.solos == 2
    assert longest_run(index, line(FIRST)) == longest_run(build_index(solos), line(FIRST))


def write(path: Path, array: np.ndarray, name: str = "places", **changes: object) -> Path:
    """An index file that is right but for what is given."""
    description = dict(build_index([line(FIRST)], checkpoint_sha256="ab" * 32).description) | changes
    data = safetensors.numpy.save({name: array}, metadata={"jazzgen": json.dumps(description)})
    path.write_bytes(data)
    return path


GOOD = build_index([line(FIRST)]).places


@pytest.mark.parametrize(
    ("array", "name", "changes", "fault"),
    [
        (GOOD, "places", {"kind": "improviser"}, "of kind 'improviser'"),
        (GOOD, "places", {"gram": 9}, "hashes 9 intervals together, ours 6"),
        (GOOD, "places", {"solos": "many"}, "its solos must be 1 or more, received 'many'"),
        (GOOD, "places", {"checkpoint_sha256": "cd" * 32}, "belongs to the checkpoint with sha256 'cdcd"),
        (GOOD, "notes", {}, r"the one array places, received \['notes'\]"),
        (GOOD[:-1], "places", {}, "must be U64 of shape"),
        (GOOD.astype(np.float32), "places", {}, "received F32"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    tmp_path: Path, array: np.ndarray, name: str, changes: dict[str, object], fault: str
) -> None:
    path = write(tmp_path / "x.safetensors", array, name, **changes)
    with pytest.raises(CheckpointError, match=fault) as caught:
        load_index(path, "ab" * 32)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"MThd", b"\xff" * 64])
def test_what_is_no_index_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="no safetensors file, or damaged"):
        load_index(path)
    with pytest.raises(CheckpointError, match="no such file"):
        load_index(tmp_path / "missing")


def test_an_index_is_no_model() -> None:
    assert index_beside("models/classic-64.safetensors").name == "classic-64.originality.safetensors"
    assert not [name for name in shipped_checkpoints() if "originality" in name]


def test_an_empty_index_finds_nothing() -> None:
    assert Index(np.empty(0, np.uint64)).lookup(1 << 24).tolist() == []


# ---------------------------------------------------------------------------------------- the command line


def test_a_take_says_what_it_copies_and_from_whom(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take = tmp_path / "take.mid"
    assert main(["generate-midi", "--seed", "1", "-o", str(take)]) == 0
    copied = re.search(r"copies at most (\d+) intervals in a row", capsys.readouterr().out)
    assert copied
    # The take itself stands in for the corpus: every run of it is found there.
    assert main(["inspect", str(take), "--json", "--corpus", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)["originality"]
    assert found["index"] == "improviser.originality.safetensors"
    assert found["training_solos"] == 370
    run = found["intervals"]
    assert run["length"] == int(copied[1])
    assert run["source"]["first_note"] == run["first_note"]
    assert run["source"]["bar"] == run["bar"]
    assert main(["inspect", str(take)]) == 0
    assert f"370 training solos: {run['length']} intervals from bar {run['bar']}" in capsys.readouterr().out


def test_a_model_without_an_index_is_said_to_have_none(tmp_path: Path) -> None:
    assert index_of_recipe("jazzgen 0.1.0; jazzgen generate-midi --model ../../etc/passwd") is None
    found = index_of_recipe("")
    assert found is not None
    assert found[0].name == f"{DEFAULT_MODEL}.originality.safetensors"
