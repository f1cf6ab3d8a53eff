"""The Weimar Jazz Database: its solos as they were transcribed, and as one MIDI file a solo.

The database is the SQLite file that https://jazzomat.hfm-weimar.de offers (Open Database License 1.0). Each
MIDI file has a track "Solo" with the instrument's General MIDI program, chord and section markers, the
meters, the tempo, the title and the player. It begins with the bar line of the first annotated bar and ends
with the last one's. There are two timings:

    metrical   a note stands where the annotation puts it: beat + (tatum - 1) / division; one tempo
    performed  a note stands where it was played: each beat has its own tempo, so that a time in the file is
               the time in the recording, less that of the first bar line, within a tenth of a millisecond
"""

from __future__ import annotations

import os
import re
import sqlite3
import statistics
import tempfile
import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

from jazzgen.corpus.loading import load_solos
from jazzgen.errors import DataError
from jazzgen.midi.smf import Song, TimedNote, TimedText, Track
from jazzgen.midi.smf_writing import write_song
from jazzgen.music.score import INSTRUMENTS, Solo
from jazzgen.performance.model import STEPS_A_DECIBEL
from jazzgen.util.files import make_folder
from jazzgen.util.parallel import in_order, worker_count

Timing: TypeAlias = Literal["metrical", "performed"]
T = TypeVar("T")

# 2^5 * 3^2 * 5 * 7 ticks a quarter note. Tatums divide a beat into 1 to 36: 10080 writes 99.6 % of the
# corpus's positions exactly (480: 98.3 %), the others within 1/20160 of a beat, which is 50 µs at 60 BPM.
PPQ = 10080

# The columns that a solo needs; a file with all of them is taken for the database.
TABLES = {
    "solo_info": "melid, performer, title, instrument",
    "melody": "eventid, melid, onset, pitch, duration, division, bar, beat, tatum, beatdur",
    "beats": "beatid, melid, onset, bar, beat, signature, chord, form",
}

# The database's instrument codes: its name in jazzgen, or a General MIDI program where jazzgen has none.
INSTRUMENT_CODES: dict[str, str | int] = {
    "ss": "soprano-sax", "as": "alto-sax", "ts": "tenor-sax", "ts-c": "tenor-sax", "bs": "baritone-sax",
    "cl": "clarinet", "bcl": "bass-clarinet", "fl": "flute", "tp": "trumpet", "cor": "cornet",
    "flgn": "flugelhorn", "fln": "flugelhorn", "tb": "trombone", "g": "guitar", "p": "piano",
    "vib": "vibraphone", "v": "violin", "vl": "violin", "voc": "voice",
    "b": 32, "dr": 0, "key": 4, "org": 16, "bjo": 105, "acc": 21, "harm": 22, "ob": 68, "bsn": 70, "tu": 58,
}  # fmt: skip

# Loudness is in decibels against the recording, not against the player: a solo's median becomes this
# velocity.
MEDIAN_VELOCITY, SOFTEST, LOUDEST = 88, 30, 120


class Beat(NamedTuple):
    """One row of `beats`: `onset` in seconds, `signature` as "4/4", `chord` and `form` where they change."""

    onset: float
    bar: int
    beat: int
    signature: str
    chord: str
    form: str
    chorus: int


class Event(NamedTuple):
    """One row of `melody`: `onset` and `duration` in seconds, `beatdur` in seconds a beat, `loudness` in
    decibels, None where it was not measured; `modulation` is what the pitch does, "" for nothing, None where
    the database has no such column.
    """

    onset: float
    pitch: float
    duration: float
    division: int
    bar: int
    beat: int
    tatum: int
    beatdur: float
    loudness: float | None
    modulation: str | None = None


@dataclass(frozen=True, slots=True)
class Transcription:
    """One solo as the database has it; `instrument` is the database's code."""

    melid: int
    performer: str
    title: str
    instrument: str
    events: tuple[Event, ...]
    beats: tuple[Beat, ...]


# --------------------------------------------------------------------------------------- reading the database


def open_database(path: str | os.PathLike[str]) -> sqlite3.Connection:
    """A read-only connection; raises `DataError` where the file is not a Weimar Jazz Database."""
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: no such file; give the SQLite file of the Weimar Jazz Database")
    try:
        database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        database.text_factory = lambda raw: raw.decode("utf-8", "replace")
        for table, columns in TABLES.items():
            database.execute(f"SELECT {columns} FROM {table} LIMIT 1")  # noqa: S608 - our own names
    except sqlite3.Error as error:
        raise DataError(f"{path}: not a Weimar Jazz Database ({error}); wjazzd.db is one") from None
    return database


def read_transcriptions(database: sqlite3.Connection) -> Iterator[Transcription]:
    """Every solo, by its number. Loudness, modulations and choruses are read where the file has them."""
    loudness = _optional(database, "melody", "loud_med")
    chorus = _optional(database, "beats", "chorus_id")
    modulation = _optional(database, "melody", "f0_mod")
    if modulation != "NULL":
        modulation = "coalesce(f0_mod, '')"
    events = _by_solo(
        database,
        Event,
        f"onset, pitch, duration, division, bar, beat, tatum, beatdur, {loudness}, "
        f"{modulation} FROM melody "
        "ORDER BY melid, onset, eventid",
    )
    beats = _by_solo(
        database,
        Beat,
        "onset, bar, beat, signature, coalesce(chord, ''), coalesce(form, ''), "
        f"coalesce({chorus}, 0) FROM beats ORDER BY melid, onset, beatid",
    )
    for melid, performer, title, code in database.execute(
        "SELECT melid, coalesce(performer, ''), coalesce(title, ''), coalesce(instrument, '') "
        "FROM solo_info ORDER BY melid"
    ):
        yield Transcription(melid, performer, title, code, tuple(events[melid]), tuple(beats[melid]))


def _optional(database: sqlite3.Connection, table: str, column: str) -> str:
    """`column` if the table has it, else SQL's NULL."""
    names = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
    return column if column in names else "NULL"


def _by_solo(database: sqlite3.Connection, row: Callable[..., T], query: str) -> defaultdict[Any, list[T]]:
    """The rows of a query over columns of `row`, by the number of their solo."""
    found: defaultdict[Any, list[T]] = defaultdict(list)
    for melid, *values in database.execute(f"SELECT melid, {query}"):
        found[melid].append(row(*values))
    return found


# --------------------------------------------------------------------------------------------- bars and beats


@dataclass(frozen=True, slots=True)
class BeatMap:
    """Where beats lie, in beats from the first bar line and in seconds.

    `numbers` finds a beat by (bar, beat in the bar), `meters` are (beat, beats a bar), `seconds` has the time
    of each of the `length` beats and of the final bar line.
    """

    numbers: dict[tuple[int, int], int]
    meters: tuple[tuple[int, int], ...]
    seconds: tuple[float, ...]

    @classmethod
    def of(cls, beats: Sequence[Beat]) -> BeatMap:
        """Whole bars from the annotated beats; what the first and the last bar lack is extrapolated."""
        if not beats:
            raise DataError("no beats")
        numbers: dict[tuple[int, int], int] = {}
        meters: list[tuple[int, int]] = []
        start = size = 0
        bar = beats[0].bar - 1
        for row in beats:
            if row.bar != bar:
                if row.bar != bar + 1:
                    raise DataError(f"bar {row.bar} follows bar {bar}")
                start, bar, size = start + size, row.bar, _quarters(row.signature)
                if not meters or meters[-1][1] != size:
                    meters.append((start, size))
            if not 1 <= row.beat <= size or (bar, row.beat) in numbers:
                raise DataError(f"bar {bar} in {row.signature} has an odd beat {row.beat}")
            numbers[bar, row.beat] = start + row.beat - 1
        known = {numbers[row.bar, row.beat]: row.onset for row in beats}
        return cls(numbers, tuple(meters), tuple(_fill(known, start + size)))

    @property
    def length(self) -> int:
        """How many beats all bars have together."""
        return len(self.seconds) - 1

    @property
    def tempo(self) -> float:
        """The mean tempo in beats a minute, to a tenth."""
        return round(60 * self.length / (self.seconds[-1] - self.seconds[0]), 1)

    def annotated(self, event: Event) -> tuple[float, float]:
        """Onset and end of a note, in beats, where the annotation puts it."""
        try:
            beat = self.numbers[event.bar, event.beat]
        except KeyError:
            raise DataError(f"a note lies on beat {event.beat} of bar {event.bar}, which has none") from None
        onset = beat + (event.tatum - 1) / event.division
        return onset, onset + event.duration / event.beatdur

    def played(self, event: Event) -> tuple[float, float]:
        """Onset and end of a note, in beats, where it was played."""
        return self._beat_at(event.onset), self._beat_at(event.onset + event.duration)

    def _beat_at(self, second: float) -> float:
        beat = min(max(bisect_right(self.seconds, second) - 1, 0), self.length - 1)
        before, after = self.seconds[beat : beat + 2]
        return max(beat + (second - before) / (after - before), 0.0)

    def tempi(self) -> Iterator[tuple[int, int]]:
        """(tick, microseconds a quarter note) of each beat; the next makes up for what rounding loses."""
        elapsed = 0
        for beat, second in enumerate(self.seconds[1:]):
            until = round((second - self.seconds[0]) * 1e6)
            yield beat * PPQ, until - elapsed
            elapsed = until


def _quarters(signature: str) -> int:
    match = re.fullmatch(r"([1-9]\d?)/4", signature or "")
    if not match:
        raise DataError(f"the meter {signature}; only meters in quarters can be written")
    return int(match[1])


def _fill(known: dict[int, float], length: int) -> Iterator[float]:
    """The seconds of beats 0..length from those that are known, by straight lines through the nearest two."""
    beats = sorted(known)
    if len(beats) < 2 or any(known[a] >= known[b] for a, b in pairwise(beats)):
        raise DataError("the beats' times do not rise")
    for beat in range(length + 1):
        after = min(max(bisect_right(beats, beat), 1), len(beats) - 1)
        a, b = beats[after - 1], beats[after]
        yield known[a] + (beat - a) * (known[b] - known[a]) / (b - a)


# ----------------------------------------------------------------------------------------- one solo to a Song


def to_song(solo: Transcription, timing: Timing = "metrical") -> Song:
    """What the MIDI file of one solo says; raises `DataError` where the annotation does not add up."""
    beats = BeatMap.of(solo.beats)
    if not solo.events:
        raise DataError("no notes")
    position = beats.annotated if timing == "metrical" else beats.played
    code = INSTRUMENT_CODES.get(solo.instrument, "tenor-sax")
    program = INSTRUMENTS[code].program if isinstance(code, str) else code
    texts = [f"player: {solo.performer}", *([f"instrument: {code}"] if isinstance(code, str) else [])]
    return Song(
        ppq=PPQ,
        end=beats.length * PPQ,
        title=solo.title,
        tempos=((0, round(60e6 / beats.tempo)),) if timing == "metrical" else tuple(beats.tempi()),
        meters=tuple((beat * PPQ, size, 4) for beat, size in beats.meters),
        texts=tuple(TimedText(0, text) for text in texts),
        markers=tuple(_markers(beats, solo.beats)),
        tracks=(Track("Solo", program, 0, tuple(_notes(solo.events, position))),),
    )


def _markers(beats: BeatMap, rows: Sequence[Beat]) -> Iterator[TimedText]:
    """Sections, where the part of the form or the chorus changes, and chords."""
    last = ("", 0)
    for row in rows:
        tick = beats.numbers[row.bar, row.beat] * PPQ
        if row.form and (row.form, row.chorus) != last:
            yield TimedText(tick, f"[{row.form}]")
        last = (row.form, row.chorus)
        if row.chord:
            yield TimedText(tick, row.chord)


def _notes(events: Sequence[Event], position: Callable[[Event], tuple[float, float]]) -> Iterator[TimedNote]:
    """The notes in ticks, each cut at the next onset: a horn plays one note at a time."""
    loud = [event.loudness for event in events if event.loudness is not None]
    median = statistics.median(loud) if loud else 0.0
    placed = sorted(
        (*position(event), round(event.pitch), _velocity(event.loudness, median)) for event in events
    )
    starts = [round(onset * PPQ) for onset, _, _, _ in placed]
    for start, (_, end, pitch, velocity) in zip(starts, placed, strict=True):
        following = starts[bisect_right(starts, start) :][:1]
        yield TimedNote(start, max(min([round(end * PPQ), *following]), start + 1), pitch, velocity)


def _velocity(loudness: float | None, median: float) -> int:
    louder = 0.0 if loudness is None else loudness - median
    return min(max(round(MEDIAN_VELOCITY + STEPS_A_DECIBEL * louder), SOFTEST), LOUDEST)


# ----------------------------------------------------------------------------------------- all solos to files


def file_name(solo: Transcription) -> str:
    """A name of plain letters, digits and hyphens: nothing in the database can lead out of the folder."""
    plain = unicodedata.normalize("NFKD", f"{solo.performer} {solo.title}").encode("ascii", "ignore").decode()
    words = re.findall("[a-z0-9]+", plain.lower().replace("'", ""))
    return f"{'-'.join(words)[:80]}-{int(solo.melid):03d}.mid"


def write_midi(solo: Transcription, folder: Path, timing: Timing) -> int | str:
    """Write one solo's file; returns how many notes it has, or the reason why it was skipped."""
    try:
        song = to_song(solo, timing)
    except DataError as error:
        return str(error)
    except (TypeError, ValueError, ArithmeticError) as error:  # SQLite lets any cell hold anything
        return f"a value of another kind than expected ({error})"
    write_song(song, folder / file_name(solo))
    return len(song.tracks[0].notes)


class Conversion(NamedTuple):
    """What became of the database's `solos`: how many were `written`, with how many `notes`; a line for each
    that was `skipped`; the `unknown` instrument codes and how many solos have each, written as tenor sax.
    """

    solos: int
    written: int
    notes: int
    skipped: tuple[str, ...]
    unknown: dict[str, int]


def convert(
    database: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    timing: Timing = "metrical",
    jobs: int | None = None,
    report: Callable[[int, int], None] | None = None,
) -> Conversion:
    """Write a MIDI file of each solo.

    Parameters
    ----------
    database
        The SQLite file.
    folder
        Where the files go; made if it does not exist.
    timing
        "metrical" or "performed".
    jobs
        Worker processes; by default one a core.
    report
        Called with (done, total) after each solo.

    Returns
    -------
    Conversion
        What was written and what was skipped.

    Raises
    ------
    DataError
        The file is not the database, or has no solos.
    """
    with closing(open_database(database)) as opened:
        solos = list(read_transcriptions(opened))
    if not solos:
        raise DataError(f"{database}: no solos in it")
    write = partial(write_midi, folder=make_folder(folder), timing=timing)
    notes, skipped = [], []
    with closing(in_order(write, solos, worker_count(jobs))) as results:
        for done, (solo, result) in enumerate(zip(solos, results, strict=True), start=1):
            if isinstance(result, int):
                notes.append(result)
            else:
                skipped.append(f"{solo.melid}, {solo.performer}, {solo.title}: {result}")
            if report is not None:
                report(done, len(solos))
    unknown = Counter(solo.instrument for solo in solos if solo.instrument not in INSTRUMENT_CODES)
    return Conversion(len(solos), len(notes), sum(notes), tuple(skipped), dict(sorted(unknown.items())))


def load(data: Path) -> Sequence[Solo]:
    """The solos of a database, or of a folder of MIDI files made from it, as jazzgen reads them."""
    if data.is_dir():
        return load_solos([data]).solos
    with tempfile.TemporaryDirectory() as folder:
        convert(data, folder)
        return load_solos([folder]).solos
