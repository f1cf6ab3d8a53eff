"""The Weimar Jazz Database as MIDI files: every solo converts and reads back with the annotated notes."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import mido
import pytest

from jazzgen.corpus import wjazzd
from jazzgen.midi.reading import read, read_solo
from jazzgen.midi.smf import read_song
from jazzgen.music import grid
from tests.shared import ROOT, shared_file


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jazzgen", "wjazzd", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


# ----------------------------------------------------------------------------------------- a small database

SCHEMA = """
CREATE TABLE solo_info (melid INTEGER PRIMARY KEY, performer TEXT, title TEXT, instrument TEXT);
CREATE TABLE melody (eventid INTEGER PRIMARY KEY, melid INTEGER, onset REAL, pitch REAL, duration REAL,
    division INTEGER, bar INTEGER, beat INTEGER, tatum INTEGER, beatdur REAL, loud_med REAL);
CREATE TABLE beats (beatid INTEGER PRIMARY KEY, melid INTEGER, onset REAL, bar INTEGER, beat INTEGER,
    signature TEXT, chord TEXT, form TEXT, chorus_id INTEGER);
"""


def beats_of(melid: int, signature: str = "4/4") -> list[tuple]:
    """From beat 4 of bar 0, half a second each: a pick-up, two bars, and a beat of a third."""
    places = [(0, 4), *((bar, beat) for bar in (1, 2) for beat in (1, 2, 3, 4)), (3, 1)]
    chords = {(0, 4): "NC", (1, 1): "D-7", (2, 1): "Gj7"}
    form = {0: "I1"}
    return [
        (
            melid,
            10 + n / 2,
            bar,
            beat,
            signature,
            chords.get((bar, beat), ""),
            form.get(bar, "A1"),
            int(bar > 1),
        )
        for n, (bar, beat) in enumerate(places)
    ]


EVENTS = [  # onset s, pitch, duration s, division, bar, beat, tatum, beatdur s, dB
    (10.25, 60, 0.25, 2, 0, 4, 2, 0.5, 60.0),  # the "and" of the pick-up
    (10.51, 62, 0.70, 1, 1, 1, 1, 0.5, 66.0),  # a little late, and longer than until the next
    (11.00, 64, 0.17, 3, 1, 2, 1, 0.5, None),
    (11.34, 65, 0.10, 3, 1, 2, 3, 0.5, 90.0),
]


@pytest.fixture
def database(tmp_path: Path):
    connection = sqlite3.connect(tmp_path / "small.db")
    connection.executescript(SCHEMA)
    for melid, (performer, title, code) in enumerate(
        [("Art Pepper", "../../etc/passwd", "as"), ("Élise", "Tune / 2", "bcl"), ("X", "Six", "kazoo")], 1
    ):
        connection.execute("INSERT INTO solo_info VALUES (?, ?, ?, ?)", (melid, performer, title, code))
        signature = "6/8" if title == "Six" else "4/4"
        connection.executemany(
            "INSERT INTO beats (melid, onset, bar, beat, signature, chord, form, chorus_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            beats_of(melid, signature),
        )
        connection.executemany(
            "INSERT INTO melody (melid, onset, pitch, duration, division, bar, beat, tatum, beatdur,"
            " loud_med) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(melid, *event) for event in EVENTS],
        )
    connection.commit()
    yield connection
    connection.close()


def test_the_summary_says_what_was_skipped_and_why(database, tmp_path: Path) -> None:
    done = run(tmp_path / "small.db", tmp_path / "out" / "midi", "--jobs", 1)
    assert done.returncode == 0
    assert done.stdout == f"{tmp_path / 'out' / 'midi'}: 2 of 3 solos (metrical), 8 notes\n"
    assert done.stderr.splitlines() == [
        "jazzgen: skipped 3, X, Six: the meter 6/8; only meters in quarters can be written",
        "jazzgen: 1 solo skipped",
        "jazzgen: instrument 'kazoo' of 1 solo is not known; written as tenor-sax",
    ]
    # Nothing in the database becomes a path.
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.mid")) == [
        "out/midi/art-pepper-etc-passwd-001.mid",
        "out/midi/elise-tune-2-002.mid",
    ]


def test_metrical_files_have_the_annotated_places(database, tmp_path: Path) -> None:
    run(tmp_path / "small.db", tmp_path, "--jobs", 1)
    reading = read(tmp_path / "art-pepper-etc-passwd-001.mid")
    solo = reading.solo
    # Bar 0 lacks three beats: they are silent, so that the file begins with a bar line.
    assert [(note.onset, note.pitch) for note in solo.notes] == [(42, 60), (48, 62), (60, 64), (66, 65)]
    assert [note.velocity for note in solo.notes] == [70, 88, 88, 120]
    assert [(c.tick, c.symbol) for c in solo.progression.chords] == [
        (0, "N.C."),
        (36, "NC"),
        (48, "D-7"),
        (96, "Gj7"),
    ]
    assert [(s.tick, s.name) for s in solo.progression.sections] == [(36, "I1"), (48, "A1"), (96, "A1")]
    assert solo.progression.length == 4 * 48
    assert (solo.title, solo.player, solo.instrument) == ("../../etc/passwd", "Art Pepper", "alto-sax")
    assert solo.tempo == 120.0
    assert read_solo(tmp_path / "elise-tune-2-002.mid").instrument == "bass-clarinet"


def seconds_of(path: Path) -> list[tuple[float, int]]:
    """(second, pitch) of the note-ons, as mido plays the file."""
    now, found = 0.0, []
    for message in mido.MidiFile(path):
        now += message.time
        if message.type == "note_on" and message.velocity:
            found.append((now, message.note))
    return found


def test_performed_files_last_as_long_as_the_recording(database, tmp_path: Path) -> None:
    run(tmp_path / "small.db", tmp_path, "--jobs", 1, "--timing", "performed")
    found = seconds_of(tmp_path / "art-pepper-etc-passwd-001.mid")
    first_bar_line = 10 - 3 * 0.5
    for (second, pitch), event in zip(found, EVENTS, strict=True):
        assert second == pytest.approx(event[0] - first_bar_line, abs=1e-4)
        assert pitch == event[1]


@pytest.mark.parametrize("fault", ["none", "text", "other tables", "no such column"])
def test_what_is_no_such_database_is_refused_in_one_line(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "file.db"
    if fault == "text":
        path.write_text("not a database " * 100)
    elif fault != "none":
        table = "other (melid)" if fault == "other tables" else "solo_info (melid)"
        connection = sqlite3.connect(path)
        connection.execute(f"CREATE TABLE {table}")
        connection.commit()
        connection.close()
    done = run(path, tmp_path / "out")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"jazzgen: {path}: ")
    assert not (tmp_path / "out").exists()
    assert path.exists() == (fault != "none")


def test_an_empty_database_and_a_folder_in_the_way(database, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(tmp_path / "small.db", tmp_path / "file")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    database.execute("DELETE FROM solo_info")
    database.commit()
    assert "no solos in it" in run(tmp_path / "small.db", tmp_path / "out").stderr


@pytest.mark.parametrize("jobs", [0, -2, 1025])
def test_a_number_of_workers_that_is_none_is_refused(database, tmp_path: Path, jobs: int) -> None:
    done = run(tmp_path / "small.db", tmp_path / "out", "--jobs", jobs)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"jobs must be in 1..1,024, or -1 for one a core, received {jobs}" in done.stderr


def test_a_cell_of_another_kind_skips_its_solo(database, tmp_path: Path) -> None:
    database.execute("UPDATE melody SET tatum = 'first' WHERE melid = 1")
    database.execute("UPDATE melody SET beatdur = 0 WHERE melid = 2")
    database.commit()
    done = wjazzd.convert(tmp_path / "small.db", tmp_path / "out", jobs=1)
    assert (done.written, done.notes, len(done.skipped)) == (0, 0, 3)
    assert all("a value of another kind than expected" in line for line in done.skipped[:2])


# ----------------------------------------------------------------------------------------- the corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """All solos of the reference corpus, and the folder of their metrical files."""
    path = shared_file("wjazzd", "wjazzd.db")
    folder = tmp_path_factory.mktemp("wjazzd")
    with closing(wjazzd.open_database(path)) as database:
        solos = list(wjazzd.read_transcriptions(database))
    done = run(path, folder, "--jobs", 2)
    assert done.stdout == f"{folder}: 413 of 413 solos (metrical), 179,155 notes\n"
    yield solos, folder
    shutil.rmtree(folder)


def annotated(solo) -> list[tuple[float, float, int, int]]:
    """The solo's notes in beats from the first bar line, from bar, beat, tatum and division alone."""
    first_bar = solo.beats[0].bar
    sizes: dict[int, int] = {}
    for beat in solo.beats:
        sizes[beat.bar] = int(beat.signature.partition("/")[0])
    starts = {bar: sum(sizes[b] for b in range(first_bar, bar)) for bar in sizes}
    onsets = [starts[e.bar] + e.beat - 1 + (e.tatum - 1) / e.division for e in solo.events]
    ends = [onset + e.duration / e.beatdur for onset, e in zip(onsets, solo.events, strict=True)]
    cut = [min(end, after) for end, after in zip(ends, [*onsets[1:], ends[-1]], strict=True)]
    # To the resolution of the file: of two ornaments of equal length the 17th decimal would choose.
    onsets, cut = ([round(beat * wjazzd.PPQ) / wjazzd.PPQ for beat in beats] for beats in (onsets, cut))
    return [(on, end, int(event.pitch), 90) for on, end, event in zip(onsets, cut, solo.events, strict=True)]


def compare(solo, path: Path) -> str:
    """What is wrong with the file of a solo; nothing, it is to be hoped."""
    found = read_solo(path)
    expected, double_time = grid.quantize(annotated(solo))
    shapes = [
        [(note.onset, note.duration, note.pitch) for note in notes] for notes in (found.notes, expected)
    ]
    chords = [change.symbol for change in found.progression.chords if change.symbol != "N.C."]
    checks = {
        "notes": shapes[0] == shapes[1],
        "durations": all(
            abs(a.duration - b.duration) <= 1 for a, b in zip(found.notes, expected, strict=False)
        ),
        "double time": found.double_time == double_time,
        "chords": chords == [beat.chord for beat in solo.beats if beat.chord],
        "names": (found.title, found.player) == (solo.title, solo.performer),
        "instrument": found.instrument == wjazzd.INSTRUMENT_CODES[solo.instrument],
    }
    return ", ".join(f"{solo.melid}: {name}" for name, good in checks.items() if not good)


@pytest.mark.no_cover  # 413 times the same lines
def test_all_solos_read_back_with_the_annotated_notes(corpus) -> None:
    solos, folder = corpus
    assert [wrong for solo in solos if (wrong := compare(solo, folder / wjazzd.file_name(solo)))] == []


def test_performed_time_is_the_recordings(corpus, tmp_path: Path) -> None:
    solos, _ = corpus
    for solo in solos[::60]:
        wjazzd.write_midi(solo, tmp_path, "performed")
        path = tmp_path / wjazzd.file_name(solo)
        found = seconds_of(path)
        lag = found[0][0] - solo.events[0].onset
        for (second, pitch), event in zip(found, solo.events, strict=True):
            assert second - lag == pytest.approx(event.onset, abs=1e-4)
            assert pitch == event.pitch
        assert len(read_song(path).tempos) >= len(solo.beats)
