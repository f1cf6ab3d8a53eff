"""The reference corpus in our vocabulary, how well the shipped models predict it, and what they copy."""

from __future__ import annotations

import contextlib
import itertools
import math
import sqlite3
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

from benchmarks.rows import MICROSECONDS, Given, Pairs, Row, row_of_pairs, row_of_share
from jazzgen.corpus.splits import title_digest
from jazzgen.errors import ChordError, JazzgenError
from jazzgen.improviser.originality import NGRAM, CopyDetector, Index, build_index, longest_run
from jazzgen.midi.find import midi_files
from jazzgen.midi.reading import read_solo
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint
from jazzgen.music.chords import parse_chord
from jazzgen.music.keys import transpose_progression
from jazzgen.music.score import Note, Solo
from jazzgen.tokens.vocabulary import N_VALUES, decode, encode

PLAIN_MODEL = "classic-64"


def write_corpus(database: Path, folder: Path) -> None:
    """The corpus as a user has it: converted by the command to MIDI files."""
    command = [sys.executable, "-m", "jazzgen", "wjazzd", str(database), str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@cache
def corpus_as_midi(database: Path) -> dict[int, Solo]:
    """The corpus converted to MIDI files, and those read back; by `melid`."""
    solos = {}
    with tempfile.TemporaryDirectory() as folder:
        write_corpus(database, Path(folder))
        for file in midi_files([folder]):
            with contextlib.suppress(JazzgenError):  # one that does not read counts as missing below
                solos[int(file.stem.rsplit("-", 1)[-1])] = read_solo(file)
    return solos


def _read_only(database: Path) -> contextlib.closing[sqlite3.Connection]:
    return contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True))


# ------------------------------------------------------------------------------------------- the vocabulary


def chords(given: Given) -> list[Row]:
    """Every distinct chord symbol of the corpus parses."""
    with _read_only(given.corpus) as database:
        symbols = [symbol for (symbol,) in database.execute("SELECT DISTINCT chord FROM beats") if symbol]
    known = sum(_parses(symbol) for symbol in symbols)
    what = "distinct chord symbols of the corpus that parse"
    headline = "chord symbols of the Weimar Jazz Database that parse, %"
    return [row_of_share(what, known, len(symbols), "== 100", headline=headline)]


def _parses(symbol: str) -> bool:
    try:
        parse_chord(symbol)
    except ChordError:
        return False
    return True


def invariants(given: Given) -> list[Row]:
    """Corpus solos, through MIDI, that keep both promises of the vocabulary."""
    with _read_only(given.corpus) as database:
        (count,) = database.execute("SELECT count(*) FROM solo_info").fetchone()
    kept = sum(_keeps_promises(solo) for solo in corpus_as_midi(given.corpus).values())
    what = "corpus solos that read, encode and decode with both invariants"
    return [row_of_share(what, kept, count, "== 100")]


def _keeps_promises(solo: Solo) -> bool:
    values = encode(solo)
    again = decode(values, solo.progression, instrument=solo.instrument)
    moved = Solo(
        tuple(Note(n.onset, n.duration, n.pitch + 3) for n in solo.notes),
        transpose_progression(solo.progression, 3),
    )
    return _melody(again) == _melody(solo) and encode(again) == values and encode(moved) == values


def _melody(solo: Solo) -> list[tuple[int, int]]:
    return [(note.onset, note.pitch % 12) for note in solo.notes]


def survivors(given: Given) -> list[Row]:
    """Notes of the 4/4 solos that the grid keeps."""
    query = (
        "SELECT melid, count(*) FROM melody JOIN solo_info USING (melid) "
        "WHERE signature = '4/4' GROUP BY melid"
    )
    with _read_only(given.corpus) as database:
        played = dict(database.execute(query).fetchall())
    solos = corpus_as_midi(given.corpus)
    on_grid = sum(len(solos[melid].notes) for melid in played if melid in solos)
    what = f"notes of the {len(played)} solos in 4/4 that survive the grid"
    headline = "notes of real solos that survive the grid, %"
    return [row_of_share(what, on_grid, sum(played.values()), ">= 96", headline=headline)]


# ------------------------------------------------------------------------------------------------ the models


def held_out(given: Given) -> list[Row]:
    """The shipped models on the tunes they were not trained on."""
    from jazzgen.evaluation.likelihood import evaluate

    plain, improviser = (load_checkpoint(find_checkpoint(name)) for name in (PLAIN_MODEL, DEFAULT_MODEL))
    tunes = set(plain.description["training"]["split"]["held_out_tunes"])
    solos = [solo for solo in corpus_as_midi(given.corpus).values() if title_digest(solo.title) in tunes]
    figures, better = evaluate(plain, solos), evaluate(improviser, solos)
    uniform = math.log(N_VALUES) * figures["values"] / figures["notes"]
    nats, ours = figures["nats_per_note"], better["nats_per_note"]
    return [
        Row(
            f"plain model, nats a note on {figures['solos']} solos held out by title",
            f"{nats:.3f} ({figures['nats_per_value']:.3f} a value)",
            f"uniform {uniform:.2f}",
            nats,
            "<= 4.12",
            "the course's model on solos it has not seen, nats a note",
        ),
        Row(
            "improviser on the same solos: nats a note better",
            f"{ours:.3f}",
            f"plain {nats:.3f}",
            nats - ours,
            ">= 0.29",
            "the improviser on the same solos: nats a note better",
        ),
        Row(
            "improviser: register of the next note, nats",
            f"{better['register_nats']:.3f}",
            "0.320 by frequencies alone",
            better["register_nats"],
            "<= 0.21",
        ),
        Row(
            "improviser: register of the next note, share right",
            f"{better['register_accuracy']:.3f}",
            "0.927 always nearest",
            better["register_accuracy"],
            ">= 0.93",
        ),
    ]


# --------------------------------------------------------------------------------------------------- copying


def originality(given: Given) -> list[Row]:
    """The longest copied runs by the hashed index and by a search over the notes, and how fast each answers:
    every tenth solo against all solos of the other nine tenths. A solo is a pair.
    """
    solos = list(corpus_as_midi(given.corpus).values())
    asked = [solo for k, solo in enumerate(solos) if k % 10 == 0]
    index = build_index(solo for k, solo in enumerate(solos) if k % 10)
    others = [_steps(solo) for k, solo in enumerate(solos) if k % 10]
    wrong, ours_s, theirs_s = 0, [], []
    for solo in asked:
        run = longest_run(index, solo)
        ours_s.append(_asking_s(index, solo))
        begin = time.perf_counter()
        wrong += _contradicts(run.length if run else 0, solo, others)
        theirs_s.append((time.perf_counter() - begin) / len(solo.notes))
    return [
        Row(
            f"longest copied runs of {len(asked)} solos that a search contradicts",
            f"{wrong}",
            "0",
            wrong,
            "== 0",
        ),
        row_of_pairs(
            "asking what a next note would copy: times faster than searching for a note",
            Pairs(tuple(ours_s), tuple(theirs_s)),
            MICROSECONDS,
            "searching",
            ">= 10",
        ),
    ]


def _asking_s(index: Index, solo: Solo) -> float:
    """Seconds a question: what each of twelve next notes would copy, all through `solo`."""
    detector, count = CopyDetector(index), 0
    begin = time.perf_counter()
    for note in solo.notes:
        for pitch in range(note.pitch - 6, note.pitch + 6):
            detector.would_copy(pitch)
            count += 1
        detector.push(note.pitch)
    return (time.perf_counter() - begin) / count


def _contradicts(length: int, solo: Solo, others: list[bytes]) -> bool:
    """Whether a run longer than `length` intervals of `solo` stands in others, or none as long (0: none was
    found).
    """
    shortest, mine = length or NGRAM - 1, _steps(solo)
    found = {k: any(_copied(mine, other, k) for other in others) for k in (shortest, shortest + 1)}
    return found[shortest + 1] or (length > 0 and not found[shortest])


def _steps(solo: Solo) -> bytes:
    return bytes(b.pitch - a.pitch + 128 for a, b in itertools.pairwise(solo.notes))


def _copied(mine: bytes, other: bytes, length: int) -> bool:
    return any(mine[k : k + length] in other for k in range(len(mine) - length + 1))


MEASUREMENTS = {
    "chords": chords,
    "invariants": invariants,
    "survivors": survivors,
    "held-out": held_out,
    "originality": originality,
}
