"""MIDI files to arrays: solos, split by tune, as one-hot windows and as streams of windows.

In: files or folders of MIDI solos, or a prepared corpus. Out: `X (m, Tx, 78)` and `Y (m, Tx, 78)`, float32,
where Y is X moved one step to the left: at each step the input is the value before and the target the value
itself. A solo's very first input is the zero vector, because nothing has been played yet. `stream` gives the
same as numbers with their context, in an order in which the recurrent state can be carried from one window to
the next.

Solos are split by title, so that two takes of one tune never stand on both sides. All randomness comes in as
a generator or a seed.
"""

from __future__ import annotations

import hashlib
import heapq
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from jazzgen.corpus.store import MANIFEST_FILE, Corpus, is_corpus, open_corpus
from jazzgen.errors import DataError, JazzgenError, MidiError, OptionError
from jazzgen.midi.reading import midi_files, read_solo
from jazzgen.music.score import Solo
from jazzgen.tokens.context import MEMORIES, Encoded, Layout, encode_solo
from jazzgen.tokens.vocabulary import N_VALUES, encode
from jazzgen.util.parallel import cores, in_order

__all__ = [
    "Batch",
    "Encodings",
    "Loaded",
    "Plan",
    "Selection",
    "Share",
    "Split",
    "Windows",
    "load_solos",
    "one_hot",
    "read_or_refusal",
    "split_by_title",
    "stream",
    "title_digest",
    "title_key",
    "windows",
]

FloatArray: TypeAlias = npt.NDArray[np.float32]
IntArray: TypeAlias = npt.NDArray[np.int64]

KEPT_VALUES = 2**20  # of encoded solos in memory: five times the reference corpus, 100 MB

# Starting a second Python costs what reading some 30 solos does.
MIN_PARALLEL_FILES = 32


# ------------------------------------------------------------------------------------------------------ files


class Loaded(NamedTuple):
    """The `solos` that could be read, and for each file that could not, one line that names it and why."""

    solos: Sequence[Solo]
    skipped: tuple[str, ...]


def load_solos(
    paths: Iterable[str | os.PathLike[str]],
    strict: bool = False,
    report: Callable[[int, int], None] | None = None,
) -> Loaded:
    """Read every MIDI file among `paths`, files or folders searched recursively, in parallel and in sorted
    order; or open the prepared corpus that `paths` name, whose solos are read when they are asked for.

    A file that cannot be read as a solo is skipped and listed; with `strict` the first of them is raised
    instead. `report(done, total)` is called after each file. Raises `DataError` if no file could be read.
    """
    named = [Path(path) for path in paths]
    if any(is_corpus(path) for path in named):
        return Loaded(_open_only(named, strict), ())
    files = midi_files(named)
    workers = cores() if len(files) >= MIN_PARALLEL_FILES else 1
    solos, skipped = [], []
    with closing(in_order(read_or_refusal, files, workers)) as results:
        for done, (file, result) in enumerate(zip(files, results, strict=True), start=1):
            if isinstance(result, Solo):
                solos.append(result)
            elif strict:
                raise result
            else:
                skipped.append(_line(file, result))
            if report is not None:
                report(done, len(files))
    if not solos:
        reason = f"the first: {skipped[0]}" if skipped else "there is none"
        raise DataError(f"none of {len(files)} MIDI files can be read as a solo; {reason}")
    return Loaded(tuple(solos), tuple(skipped))


def _open_only(paths: Sequence[Path], strict: bool) -> Corpus:
    """The corpus at the one path there is."""
    if len(paths) > 1:
        raise DataError(
            f"a prepared corpus is given alone, received {', '.join(map(str, paths))}; "
            "prepare all the MIDI files into one corpus"
        )
    corpus = open_corpus(paths[0])
    if strict and corpus.left_out:
        raise DataError(
            f"{paths[0]}: {corpus.left_out} files were left out when it was prepared; "
            f"its {MANIFEST_FILE} says why"
        )
    return corpus


def read_or_refusal(file: Path) -> Solo | JazzgenError:
    """The solo in `file`, or what is wrong with it: an exception would end the whole parallel run."""
    try:
        solo = read_solo(file)
        return solo if solo.notes else MidiError(f"{file}: has no notes")
    except JazzgenError as error:
        return error


def _line(file: Path, error: JazzgenError) -> str:
    text = str(error)
    return text if str(file) in text else f"{file}: {text}"


# ------------------------------------------------------------------------------------------------------ split


class Selection(Sequence[Solo]):
    """Some of `solos`, by their numbers: of a prepared corpus each is read when it is asked for, and what
    there is to know of all of them comes without reading any.
    """

    def __init__(self, solos: Sequence[Solo], numbers: Sequence[int]) -> None:
        self.solos: Sequence[Solo] = solos
        self.numbers: Sequence[int] = numbers
        if isinstance(solos, Selection):
            self.solos, self.numbers = solos.solos, [solos.numbers[number] for number in numbers]

    @classmethod
    def of(cls, solos: Sequence[Solo]) -> Selection:
        """All of `solos`."""
        return solos if isinstance(solos, cls) else cls(solos, range(len(solos)))

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> Solo: ...
    @overload
    def __getitem__(self, index: slice) -> Selection: ...
    def __getitem__(self, index: int | slice) -> Solo | Selection:
        if isinstance(index, slice):
            return Selection(self.solos, self.numbers[index])
        return self.solos[self.numbers[index]]

    def titles(self) -> list[str]:
        """The title of each."""
        if isinstance(self.solos, Corpus):
            return [self.solos.title(number) for number in self.numbers]
        return [solo.title for solo in self]

    def players(self) -> list[str]:
        """The player of each."""
        if isinstance(self.solos, Corpus):
            return [self.solos.player(number) for number in self.numbers]
        return [solo.player for solo in self]

    def sizes(self) -> IntArray:
        """(n, 2) How many notes and how many values each has."""
        if isinstance(self.solos, Corpus):
            sizes = [(self.solos.n_notes(number), self.solos.n_values(number)) for number in self.numbers]
        else:
            sizes = [(len(solo.notes), len(encode(solo))) for solo in self]
        return np.array(sizes, dtype=np.int64).reshape(-1, 2)


class Split(NamedTuple):
    """Solos to train on and solos held out, each in the order they came in."""

    train: Selection
    held_out: Selection


def title_key(title: str) -> str:
    """What two spellings of one tune's title have in common: its letters and digits, in lower case.

    >>> title_key("Dickie's  Dream") == title_key("DICKIES DREAM")
    True
    """
    return "".join(letter for letter in title.casefold() if letter.isalnum()) or title.strip()


def title_digest(title: str) -> str:
    """Says which tune without saying its title: 16 hex digits, for a record of what was held out.

    >>> title_digest("So What") == title_digest("so  what")
    True
    """
    return hashlib.sha256(title_key(title).encode()).hexdigest()[:16]


def split_by_title(solos: Sequence[Solo], fraction: float = 0.1, seed: int = 0) -> Split:
    """Hold out about `fraction` of the tunes, each with all its takes.

    Tunes are drawn by a hash of seed and title, so the order of the solos plays no part and a folder that
    grows keeps its tunes on their side, but for a few at the border. Untitled solos count as a tune each.
    With `fraction` above 0 at least one tune is held out and one kept; of a single tune nothing can be held
    out.
    """
    if not 0 <= fraction < 1:
        raise OptionError(f"the held-out fraction must be 0 or more and below 1, received {fraction}")
    titles = Selection.of(solos).titles()
    keys = [title_key(title) or f"untitled {i}" for i, title in enumerate(titles)]
    tunes = sorted(set(keys), key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())
    count = min(max(round(fraction * len(tunes)), 1), len(tunes) - 1) if fraction > 0 and tunes else 0
    held = set(tunes[:count])
    return Split(
        train=Selection(solos, [i for i, key in enumerate(keys) if key not in held]),
        held_out=Selection(solos, [i for i, key in enumerate(keys) if key in held]),
    )


# ---------------------------------------------------------------------------------------------------- windows


class Windows(NamedTuple):
    """Windows over solos: arrays for the model, and where each window starts."""

    X: FloatArray  # (m, Tx, 78)
    Y: FloatArray  # (m, Tx, 78)
    solo: IntArray  # (m,) which solo
    start: IntArray  # (m,) which of its values Y[:, 0] is


def one_hot(values: npt.ArrayLike) -> FloatArray:
    """Values (...) -> one-hot vectors (..., 78); -1, which is no value, becomes the zero vector."""
    indices = np.asarray(values, dtype=np.int64)
    if indices.size and (indices.min() < -1 or indices.max() >= N_VALUES):
        raise OptionError(f"values must be in -1..{N_VALUES - 1}, received {indices.min()}..{indices.max()}")
    return _ROWS[indices]


# Row -1 is the last one: the zero vector.
_ROWS = np.eye(N_VALUES + 1, N_VALUES, dtype=np.float32)


def windows(solos: Sequence[Sequence[int]], Tx: int, rng: np.random.Generator | None = None) -> Windows:
    """Cut solos, each a sequence of values, into windows of `Tx` steps that cover every value exactly once.

    The first window of a solo starts at its first value, with the zero vector as input. With `rng` that
    window is shortened by a random number of steps, so that from one epoch to the next the cuts fall
    elsewhere. Windows shorter than Tx are filled up with zero vectors at the end; a zero target adds nothing
    to a cross-entropy loss.
    """
    if Tx < 1:
        raise OptionError(f"Tx, the length of a window, must be 1 or more, received {Tx}")
    inputs, targets, solo_of, starts = [], [], [], []
    for number, values in enumerate(solos):
        targets_of_solo = np.asarray(values, dtype=np.int64)
        inputs_of_solo = np.concatenate([[-1], targets_of_solo[:-1]])
        first = Tx - int(rng.integers(Tx)) if rng is not None else Tx
        for start, stop in _cuts(len(targets_of_solo), first, Tx):
            inputs.append(_padded(inputs_of_solo[start:stop], Tx))
            targets.append(_padded(targets_of_solo[start:stop], Tx))
            solo_of.append(number)
            starts.append(start)
    return Windows(
        one_hot(np.array(inputs, dtype=np.int64).reshape(-1, Tx)),
        one_hot(np.array(targets, dtype=np.int64).reshape(-1, Tx)),
        np.array(solo_of, dtype=np.int64),
        np.array(starts, dtype=np.int64),
    )


def _cuts(length: int, first: int, Tx: int) -> list[tuple[int, int]]:
    """(start, stop) of windows over `length` values: the first of `first` values, the others of `Tx`."""
    edges = [0, *range(first, length, Tx), length]
    return [(start, stop) for start, stop in pairwise(edges) if start < stop]


def _padded(values: IntArray, Tx: int) -> IntArray:
    return np.pad(values, (0, Tx - len(values)), constant_values=-1)


# ---------------------------------------------------------------------------------------------------- streams


class Batch(NamedTuple):
    """The next window of m solos, side by side. Where a solo has ended, `X` and `Y` are -1 and `rows` no
    row.
    """

    X: npt.NDArray[np.int32]  # (m, Tx) the value before, -1 before the first
    Y: npt.NDArray[np.int32]  # (m, Tx) the value
    rows: npt.NDArray[np.int16]  # (m, Tx, slots) of the context
    proposed: npt.NDArray[np.int16]  # (m, Tx, 2) by the motif memories, -1 for nothing
    agree: npt.NDArray[np.int16]  # (m, Tx, 2) class 0..5
    last: npt.NDArray[np.int16]  # (m, Tx) pitch class above the root, -1 for none
    displacement: npt.NDArray[np.int32]  # (m, Tx) class 0..4 of a note, -1 for a rest
    near: npt.NDArray[np.int32]  # (m, Tx) class 0..12
    begins: npt.NDArray[np.bool_]  # (m,) a new solo: its state is zero, not what the last window left


class Encodings(Sequence[Encoded]):
    """Solos as a model with the context of `layout` learns them, each encoded when it is asked for.

    With `players` a solo's player is told, where the layout knows the name. Solos of up to `keep` values
    stay in memory together, at some 100 bytes a value.
    """

    def __init__(
        self, solos: Sequence[Solo], layout: Layout, players: bool = False, keep: int = KEPT_VALUES
    ) -> None:
        self.solos, self.layout, self.players = Selection.of(solos), layout, players
        self._room = keep
        self._kept: dict[int, Encoded] = {}

    def __len__(self) -> int:
        return len(self.solos)

    def __getitem__(self, number: Any) -> Any:
        """The solo `number`; slices are not needed by anyone."""
        if number in self._kept:
            return self._kept[number]
        solo = self.solos[number]
        known = self.players and solo.player in self.layout.players
        encoded = encode_solo(self.layout, solo, solo.player if known else None)
        if len(encoded.values) <= self._room:
            self._room -= len(encoded.values)
            self._kept[number] = encoded
        return encoded

    def sizes(self) -> IntArray:
        """(n, 2) How many notes and how many values each solo has."""
        return self.solos.sizes()


class Plan(NamedTuple):
    """One epoch: the numbers of the solos in the order they are played, and how long each one's first
    window is.

    The first window is shortened at random, so that from one epoch to the next the cuts fall elsewhere.
    """

    order: IntArray  # (n,)
    firsts: IntArray  # (n,) 1..Tx

    @classmethod
    def draw(cls, n: int, Tx: int, rng: np.random.Generator) -> Plan:
        """All of `n` solos in random order."""
        return cls(rng.permutation(n), Tx - rng.integers(Tx, size=n))

    @classmethod
    def straight(cls, n: int, Tx: int) -> Plan:
        """All of `n` solos as they come, in whole windows."""
        return cls(np.arange(n), np.full(n, Tx))

    def steps(self, lengths: IntArray, m: int, Tx: int) -> int:
        """How many batches `stream` makes of solos of `lengths` (n,) values."""
        free = [0] * m  # when each place takes its next solo
        for number, first in zip(self.order, self.firsts, strict=True):
            if lengths[number]:
                heapq.heapreplace(free, free[0] + 1 - (-max(int(lengths[number]) - int(first), 0) // Tx))
        return max(free)


class Share(NamedTuple):
    """What one worker of several takes of each batch, and what it must know of the solos of the others."""

    places: range  # of the m
    lengths: IntArray  # (n,) values of each solo
    slots: int  # of the context


def stream(
    encode: Callable[[int], Encoded], plan: Plan, m: int, Tx: int, no_row: int, share: Share | None = None
) -> Iterator[Batch]:
    """Every value of the planned solos exactly once, `m` solos side by side, Tx values at a time.

    Each of the m places plays its solo to the end and takes the next one, so a state carried from batch to
    batch is that of the same solo unless `begins` says otherwise. Solos are encoded when their turn comes:
    memory does not grow with their number. With a `share`, a batch has only its places, and solos in other
    places are not encoded.
    """
    own, lengths = (share.places, share.lengths) if share is not None else (range(m), np.zeros(0, np.int64))
    waiting = iter(zip(plan.order, plan.firsts, strict=True))
    playing: list[_Turn | None] = [None] * m
    while True:
        begins = np.zeros(m, np.bool_)
        for place in range(m):
            while playing[place] is None and (coming := next(waiting, None)) is not None:
                number = int(coming[0])
                solo = encode(number) if place in own else None
                length = len(solo.values) if solo is not None else int(lengths[number])
                begins[place] = True
                if length:
                    playing[place] = _Turn(solo, length, 0, int(coming[1]))
        if not any(turn is not None for turn in playing):
            return
        here = slice(own.start, own.stop)
        slots = share.slots if share is not None else _slots(playing)
        yield _batch([_window(turn) for turn in playing[here]], Tx, no_row, slots, begins[here])
        for place, turn in enumerate(playing):
            if turn is not None:
                stop = turn.start + turn.window
                playing[place] = turn._replace(start=stop, window=Tx) if stop < turn.length else None


class _Turn(NamedTuple):
    """A solo that a place plays; none where the place is another worker's."""

    solo: Encoded | None
    length: int
    start: int  # the next value
    window: int  # values


def _slots(playing: Sequence[_Turn | None]) -> int:
    return next(
        int(turn.solo.rows.shape[1]) for turn in playing if turn is not None and turn.solo is not None
    )


def _window(turn: _Turn | None) -> tuple[Encoded, int, int] | None:
    """The solo and where its window starts and stops."""
    if turn is None or turn.solo is None:
        return None
    return turn.solo, turn.start, min(turn.start + turn.window, turn.length)


def _batch(
    windows_now: Sequence[tuple[Encoded, int, int] | None],
    Tx: int,
    no_row: int,
    slots: int,
    begins: npt.NDArray[np.bool_],
) -> Batch:
    m = len(windows_now)
    batch = Batch(
        X=np.full((m, Tx), -1, np.int32),
        Y=np.full((m, Tx), -1, np.int32),
        rows=np.full((m, Tx, slots), no_row, np.int16),
        proposed=np.full((m, Tx, MEMORIES), -1, np.int16),
        agree=np.zeros((m, Tx, MEMORIES), np.int16),
        last=np.full((m, Tx), -1, np.int16),
        displacement=np.full((m, Tx), -1, np.int32),
        near=np.zeros((m, Tx), np.int32),
        begins=begins,
    )
    for place, window in enumerate(windows_now):
        if window is None:
            continue
        solo, start, stop = window
        n = stop - start
        batch.Y[place, :n] = solo.values[start:stop]
        first = 1 if start == 0 else 0  # nothing stands before the first value
        batch.X[place, first:n] = solo.values[start + first - 1 : stop - 1]
        batch.rows[place, :n] = solo.rows[start:stop]
        batch.proposed[place, :n] = solo.proposed[start:stop]
        batch.agree[place, :n] = solo.agree[start:stop]
        batch.last[place, :n] = solo.last[start:stop]
        batch.displacement[place, :n] = solo.displacement[start:stop]
        batch.near[place, :n] = solo.near[start:stop]
    return batch
