"""Originality: the longest run of a solo that also stands in a solo the model was trained on.

A *run* of L intervals is L + 1 notes whose L steps from note to note, in semitones, follow each other in the
same order in ONE training solo; transposed copies count. The unit is intervals throughout. With `rhythm` the
distances from onset to onset, in ticks, must be the same too. Runs shorter than `NGRAM` intervals are the
alphabet of the music, not copies: they are not looked for.

**The index.** For each place of each training solo, in the order of play, one number of 64 bits: 40 bits of a
hash of the `NGRAM` intervals that start there, and below them 24 bits of a hash of their inter-onset
distances; a 0 ends each solo. A run of L >= NGRAM intervals shows as L - NGRAM + 1 neighbouring places whose
numbers are those of the run's own places: because the places must be neighbours, a run pieced together from
several solos is not taken for one, and the length found is the length there is, unless two hashes collide.
A place looked up in an index of 180,000 meets a wrong hash of 40 bits with a chance of 1.6e-7: 7e-5 for a
solo of 430 notes, and as much for its rhythm (some 1,100 places where the intervals agree and the distances
do not, 2**-24 each). It would read as a run of exactly NGRAM, so it matters only where none is as long; to
lengthen a run by one, the one number after it must collide, 2**-40 or with rhythm 2**-24 for each run under
way. `python -m benchmarks --only originality` compares with a search over the notes themselves.

**What it gives away.** No pitch, chord, title or player stands in it, only hashes, the number of solos and
their lengths. That is no secrecy: six intervals can be guessed (some 10**8 likely ones), and a run that is
known can be followed note by note, by this index or any other that answers exactly and at once. It keeps
the solos from being read or played by accident, not from a determined search for their intervals.

In: solos (`score.Solo`), on the grid of 12 ticks a beat. Out: a `Run`, or None where nothing is as long as
NGRAM; for an improviser a `CopyDetector`, which says how long the copied run would be before it is played.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from jazzgen.errors import CheckpointError, DataError
from jazzgen.model.shipped import INDEX_SUFFIX
from jazzgen.music.score import Note, Solo
from jazzgen.util.files import replacing
from jazzgen.util.version import __version__

Places: TypeAlias = npt.NDArray[np.uint64]

NGRAM = 6  # intervals that are hashed together: the shortest run that is found
INTERVAL_BYTES, RHYTHM_BYTES = 5, 3  # of one place's 8
RHYTHM_BITS = 8 * RHYTHM_BYTES
LONGEST_GAP = 2**16 - 1  # ticks; onsets further apart (1,365 bars) count as this far

KIND = "originality"
METADATA_KEY = "jazzgen"
ARRAY = "places"
# 400 solos make 1.4 MB; a thousand times the notes is no index of ours.
MAX_FILE_BYTES = 512 * 2**20


# ------------------------------------------------------------------------------------------------ the index


@dataclass(frozen=True, eq=False)
class Index:
    """What the training solos play, hashed: `places` (N,), and what is said about them in `description`."""

    places: Places
    description: Mapping[str, Any] = field(default_factory=dict)
    _order: npt.NDArray[np.intp] = field(init=False, repr=False)
    _sorted: Places = field(init=False, repr=False)

    def __post_init__(self) -> None:
        order = np.argsort(self.places, kind="stable")
        object.__setattr__(self, "_order", order)
        object.__setattr__(self, "_sorted", self.places[order])

    @property
    def solos(self) -> int:
        """How many solos it was made from."""
        return int(self.description.get("solos", 0))

    def lookup(self, number: int, rhythm: bool = False) -> npt.NDArray[np.intp]:
        """(k,): the places that hold the hashed intervals of `number`, with `rhythm` its distances too."""
        # The intervals are the upper bits: their places are neighbours when sorted, whatever the rhythm.
        low = number if rhythm else number >> RHYTHM_BITS << RHYTHM_BITS
        high = number if rhythm else low + (1 << RHYTHM_BITS) - 1
        first = int(self._sorted.searchsorted(np.uint64(low)))
        if first == len(self._sorted) or self._sorted[first] > high:
            return self._order[:0]
        last = int(self._sorted.searchsorted(np.uint64(high), side="right"))
        return self._order[first:last]


def build_index(solos: Iterable[Solo], **description: Any) -> Index:
    """The index of `solos`; `description` is stored with it, beside what it is.

    The order of the solos plays no part. Raises `DataError` if none of them is as long as `NGRAM` intervals.
    """
    given = list(solos)
    places = _join([_places(solo.notes) for solo in given])
    if not len(places):
        raise DataError(f"nothing to index: {len(given)} solos, none with a run of {NGRAM} intervals")
    return Index(
        places,
        {
            **description,
            "kind": KIND,
            "gram": NGRAM,
            "solos": len(given),
            "notes": sum(len(solo.notes) for solo in given),
            "places": len(places),
            "jazzgen": __version__,
        },
    )


def _join(parts: Sequence[Places]) -> Places:
    """One solo's places after the other's, each closed by a 0, in an order that depends on the content
    alone.
    """
    closed = [np.append(part, np.uint64(0)) for part in parts if len(part)]
    return (
        np.concatenate(sorted(closed, key=lambda part: part.tobytes())) if closed else np.empty(0, np.uint64)
    )


def _places(notes: Sequence[Note], rhythm: bool = True) -> Places:
    """The number of each of a solo's places (notes - NGRAM,); without `rhythm` its lower bits are 0."""
    steps = bytes(_step(b.pitch - a.pitch) for a, b in pairwise(notes))
    gaps = b"".join(min(b.onset - a.onset, LONGEST_GAP).to_bytes(2, "little") for a, b in pairwise(notes))
    return np.array(
        [
            _hash_steps(steps[k : k + NGRAM]) | (_hash_gaps(gaps[2 * k : 2 * (k + NGRAM)]) if rhythm else 0)
            for k in range(len(steps) - NGRAM + 1)
        ],
        np.uint64,
    )


def _step(interval: int) -> int:
    """An interval of -127..127 semitones as a byte."""
    return interval + 128


def _hash_steps(steps: bytes) -> int:
    """The upper 40 bits of a place's number, never 0."""
    digest = hashlib.blake2b(steps, digest_size=INTERVAL_BYTES, person=b"intervals").digest()
    return max(int.from_bytes(digest, "little"), 1) << RHYTHM_BITS


def _hash_gaps(gaps: bytes) -> int:
    """The lower 24 bits of a place's number."""
    digest = hashlib.blake2b(gaps, digest_size=RHYTHM_BYTES, person=b"distances").digest()
    return int.from_bytes(digest, "little")


# ---------------------------------------------------------------------------------------------------- the run


@dataclass(frozen=True, slots=True)
class Run:
    """A copied run: `length` in intervals (one more in notes), the number of its `first_note` (from 0), that
    note's `onset` in ticks, and its `bar`, counted from 1.
    """

    length: int
    first_note: int
    onset: int
    bar: int


def longest_run(index: Index, solo: Solo, rhythm: bool = False, notes: int | None = None) -> Run | None:
    """The longest run of `solo` that stands in one of the index's solos, the earliest of the longest.

    Parameters
    ----------
    index
        The training solos.
    solo
        What is looked up, transposed or not.
    rhythm
        Whether the distances from onset to onset must agree as well.
    notes
        How many of its first notes count; None for all.

    Returns
    -------
    Run or None
        None if no run is as long as `NGRAM` intervals.
    """
    # The runs under way, as in `CopyDetector` but for all places (N + 1,): a solo of one pitch is at hundreds
    # of them at once. Place -1, before the first, is the last entry, which no run reaches.
    so_far = np.full(len(index.places) + 1, NGRAM - 1)
    reached = np.empty(0, np.intp)
    length, start = 0, 0
    for at, number in enumerate(_places(solo.notes[:notes], rhythm).tolist()):
        places = index.lookup(number, rhythm)
        lengths = so_far[places - 1] + 1
        so_far[reached] = NGRAM - 1
        so_far[places] = lengths
        reached = places
        if len(places) and (longest := int(lengths.max())) > length:
            length, start = longest, at + NGRAM - longest
    if not length:
        return None
    onset = solo.notes[start].onset
    return Run(length, start, onset, solo.progression.bar_at(onset) + 1)


def longest_run_elsewhere(
    solos: Sequence[Solo], titles: Sequence[str], rhythm: bool = False, notes: int | None = None
) -> list[Run | None]:
    """How much people play of each other: for each solo the longest run found in solos of other titles.

    Parameters
    ----------
    solos, titles
        The solos and the title of each; solos of one title are not compared.
    rhythm, notes
        As `longest_run` has them.

    Returns
    -------
    list of Run or None
        One for each solo.
    """
    parts = [_places(solo.notes) for solo in solos]
    found: dict[int, Run | None] = {}
    for title in dict.fromkeys(titles):
        others = Index(_join([part for part, other in zip(parts, titles, strict=True) if other != title]))
        for k, (solo, own) in enumerate(zip(solos, titles, strict=True)):
            if own == title:
                found[k] = longest_run(others, solo, rhythm, notes)
    return [found[k] for k in range(len(solos))]


class RunSource(NamedTuple):
    """Where a run comes from: the number of the `solo` among those searched, its `title` and `player`, the
    run's `first_note` there and its `bar`, counted from 1.
    """

    solo: int
    title: str
    player: str
    first_note: int
    bar: int


def find_source(solo: Solo, run: Run, solos: Iterable[Solo], rhythm: bool = False) -> RunSource | None:
    """The first solo that plays a run, and where; it compares notes, not hashes.

    Parameters
    ----------
    solo, run
        The run and the solo that it was found in.
    solos
        Where it may come from.
    rhythm
        Whether the distances from onset to onset must agree as well.

    Returns
    -------
    RunSource or None
        None if none of `solos` plays it.
    """
    wanted = _moves(solo.notes[run.first_note : run.first_note + run.length + 1], rhythm)
    for number, other in enumerate(solos):
        moves = _moves(other.notes, rhythm)
        for first in range(len(moves) - run.length + 1):
            if moves[first] == wanted[0] and moves[first : first + run.length] == wanted:
                bar = other.progression.bar_at(other.notes[first].onset) + 1
                return RunSource(number, other.title, other.player, first, bar)
    return None


def _moves(notes: Sequence[Note], rhythm: bool) -> list[tuple[int, int]]:
    """(interval, distance in ticks, or 0 without rhythm) from each note to the next."""
    return [(b.pitch - a.pitch, b.onset - a.onset if rhythm else 0) for a, b in pairwise(notes)]


# ------------------------------------------------------------------------------------------- while one plays


class CopyDetector:
    """Follows a solo while it is played and says how long a copied run its next note would end.

    detector = CopyDetector(index)
    detector.push(60)            # a note was played
    detector.would_copy(62)      # intervals, 0 below NGRAM, of the run that a 62 would end
    """

    __slots__ = ("_index", "_pitch", "_reached", "_steps")

    def __init__(self, index: Index) -> None:
        self._index = index
        self._pitch: int | None = None  # the last one played
        self._steps = b""  # the last NGRAM - 1 intervals
        self._reached: dict[int, int] = {}  # the runs under way: place -> length so far

    def push(self, pitch: int) -> None:
        """Go on by a note."""
        self._reached = self._after(pitch)
        if self._pitch is not None:
            self._steps = (self._steps + bytes([_step(pitch - self._pitch)]))[1 - NGRAM :]
        self._pitch = pitch

    def would_copy(self, pitch: int) -> int:
        """The length of the longest run that `pitch` would end, as the next note."""
        return max(self._after(pitch).values(), default=0)

    def _after(self, pitch: int) -> dict[int, int]:
        """The runs under way after `pitch`: those that come from the place before are one longer, the others
        begin with a whole n-gram.
        """
        if self._pitch is None or len(self._steps) < NGRAM - 1:
            return {}
        places = self._index.lookup(_hash_steps(self._steps + bytes([_step(pitch - self._pitch)])))
        return {place: self._reached.get(place - 1, NGRAM - 1) + 1 for place in places.tolist()}


# --------------------------------------------------------------------------------------------------- the file


def index_beside(checkpoint: str | os.PathLike[str]) -> Path:
    """Where the index of a checkpoint lies: beside it, `improviser.originality.safetensors`."""
    path = Path(checkpoint)
    return path.with_name(path.name.removesuffix(".safetensors") + INDEX_SUFFIX)


def save_index(path: str | os.PathLike[str], index: Index) -> None:
    """Write `index` to `path`, whole or not at all; the same index gives the same bytes. Raises
    `OutputError`.
    """
    text = json.dumps(dict(index.description), sort_keys=True, ensure_ascii=False)
    data = safetensors.numpy.save({ARRAY: index.places}, metadata={METADATA_KEY: text})
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def load_index(path: str | os.PathLike[str], checkpoint_sha256: str | None = None) -> Index:
    """Read the index at `path` and check that it is what it says and, if `checkpoint_sha256` (hex) is given,
    that it belongs to that checkpoint. Raises `CheckpointError` that names the file and the fault.
    """
    try:
        return _load(Path(path), checkpoint_sha256)
    except CheckpointError as error:
        raise CheckpointError(f"index {path}: {error}") from error


def _load(path: Path, checkpoint_sha256: str | None) -> Index:
    if not path.is_file():
        raise CheckpointError("there is no such file; recipes/originality.py writes one")
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise CheckpointError(f"it has {size:,} bytes, and an index has at most {MAX_FILE_BYTES:,}")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            description = _describe((file.metadata() or {}).get(METADATA_KEY))
            _check_belongs(description, checkpoint_sha256)
            names = list(file.keys())
            if names != [ARRAY]:
                raise CheckpointError(f"it must hold the one array {ARRAY}, received {names!r:.80}")
            found = file.get_slice(ARRAY)
            shape, dtype = list(found.get_shape()), found.get_dtype()
            if shape != [description["places"]] or dtype != "U64":
                raise CheckpointError(
                    f"the array {ARRAY} must be U64 of shape [{description['places']}], received {dtype} of "
                    f"{shape!r:.80}"
                )
            return Index(file.get_tensor(ARRAY), description)
    except (safetensors.SafetensorError, OSError) as error:
        raise CheckpointError(f"it is no safetensors file, or damaged: {str(error)[:80]}") from error


def _describe(text: str | None) -> dict[str, Any]:
    """The file's description of itself, with every entry that is used later checked."""
    try:
        description = json.loads(text or "null")
    except (ValueError, RecursionError) as error:
        raise CheckpointError("its description is not JSON") from error
    if not isinstance(description, dict) or description.get("kind") != KIND:
        found = description.get("kind") if isinstance(description, dict) else None
        raise CheckpointError(f"it is of kind {found!r:.80}, but {KIND!r} is needed here")
    if description.get("gram") != NGRAM:
        raise CheckpointError(
            f"it hashes {description.get('gram')!r:.80} intervals together, ours {NGRAM}; build it again"
        )
    for key in ("solos", "notes", "places"):
        if type(description.get(key)) is not int or description[key] < 1:
            raise CheckpointError(f"its {key} must be 1 or more, received {description.get(key)!r:.80}")
    return description


def _check_belongs(description: Mapping[str, Any], checkpoint_sha256: str | None) -> None:
    found = description.get("checkpoint_sha256")
    if checkpoint_sha256 is not None and found != checkpoint_sha256:
        raise CheckpointError(
            f"it belongs to the checkpoint with sha256 {found!r:.14}..., not {checkpoint_sha256[:12]}...; "
            "build it again with recipes/originality.py"
        )
