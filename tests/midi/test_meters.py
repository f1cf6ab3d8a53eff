"""Every meter through a file and back: the same notes, chords, meters and sections."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from jazzgen.midi.layout import Layout
from jazzgen.midi.reading import read, read_solo
from jazzgen.midi.smf import read_song
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.meters import read_meter
from jazzgen.music.score import Arrangement, ChordChange, MeterChange, Note, Progression, Section, Solo
from jazzgen.performance.feel import Feel
from jazzgen.tokens.vocabulary import encode
from tests.midi.songs import SCALE, line, song, texts
from tests.shared import shared_file

METERS = (
    "2/2", "3/2", "2/4", "4/4", "7/4", "6/8", "9/8", "12/8", "5/8", "7/8", "4/4 2/4 12/8 7/8", "6/8 3/4",
)  # fmt: skip
PLACES = {
    True: ((0, 4, 8), (0, 8), (8,), (0, 6), (0, 3, 6, 9)),  # in a compound beat
    False: ((0, 6), (6,), (0, 4, 8), (0, 3, 6, 9)),
}


def form_of(signatures: str) -> Progression:
    """Two bars of each meter, a chord and a section for each."""
    meters, chords, tick = [], [], 0
    for signature, symbol in zip(signatures.split(), ("Dm7", "G7", "Cmaj7", "A7"), strict=False):
        meters.append(read_meter(signature, tick))
        chords.append(ChordChange(tick, symbol))
        tick += 2 * 12 * meters[-1].beats
    sections = tuple(Section(change.tick, name) for change, name in zip(chords, "ABCD", strict=False))
    return Progression(tuple(chords), tick, tuple(meters), sections, key="C")


def solo_over(form: Progression, seed: int) -> Solo:
    """A legato line that fills every beat as its meter may, in beats of all kinds."""
    rng = random.Random(seed)  # noqa: S311
    onsets = [
        tick + place
        for tick in range(0, form.length - 12, 12)
        for place in rng.choice(PLACES[form.meter_at(tick).compound])
    ]
    ends = [*onsets[1:], form.length]
    notes = (Note(a, b - a, rng.randrange(55, 75)) for a, b in zip(onsets, ends, strict=True))
    return Solo(tuple(notes), form, tempo=100.0, title="Take")


@pytest.mark.parametrize("signatures", METERS)
def test_a_solo_in_any_meter_comes_back(tmp_path: Path, signatures: str) -> None:
    for seed, ppq in enumerate((480, 480, 96, 101)):
        solo = solo_over(form_of(signatures), seed)
        path = tmp_path / "take.mid"
        write_arrangement(Arrangement(solo), path, layout=Layout(ppq=ppq))
        again = read_solo(path)
        assert again.notes == solo.notes
        assert again.tempo == solo.tempo
        for name in ("chords", "meters", "sections", "length"):
            assert getattr(again.progression, name) == getattr(solo.progression, name)
        write_arrangement(Arrangement(solo), path, feel=Feel(1.0, seed), layout=Layout(ppq=ppq))
        assert encode(read_solo(path)) == encode(solo)


@pytest.mark.parametrize(
    ("signature", "event", "us", "bar"),
    [
        ("2/2", (2, 2), 600_000, 1920),
        ("6/8", (6, 8), 400_000, 1440),  # 100 dotted quarters a minute
        ("12/8", (12, 8), 400_000, 2880),
        ("7/8", (7, 8), 1_200_000, 1680),  # 100 eighths a minute
    ],
)
def test_events_have_the_written_meter(tmp_path: Path, signature: str, event, us: int, bar: int) -> None:
    path = tmp_path / "take.mid"
    write_arrangement(Arrangement(solo_over(form_of(signature), 1)), path)
    song = read_song(path)
    assert (song.meters, song.tempos, song.end) == (((0, *event),), ((0, us),), 2 * bar)


def test_a_compound_beat_is_never_swung(tmp_path: Path) -> None:
    form = form_of("12/8")
    solo = Solo(tuple(Note(6 * k, 6, 60 + k) for k in range(16)), form, tempo=100.0)  # duplets
    straight = [note.onset for note in Feel(0).play(Arrangement(solo).solo and _part(solo), solo, 480)]
    assert straight == [k / 2 for k in range(16)]


def _part(solo: Solo):
    from jazzgen.midi.layout import AS_USUAL, assign_channels

    return assign_channels(Arrangement(solo), AS_USUAL)[0][0]


def test_a_given_progression_takes_the_meter_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "take.mid"
    write_arrangement(Arrangement(solo_over(form_of("12/8"), 1)), path, layout=Layout(markers="none"))
    four = Progression((ChordChange(0, "F7"),), 48, (MeterChange(0, 4),))
    assert read_solo(path, progression=four).progression.meters == (read_meter("12/8"),)


CASES = {
    # name of the case: (signatures, bars, where the first notes begin)
    "00-baseline": (["4/4"], 8, [0, 6, 12, 18, 24, 30, 42]),
    "04-2-2": (["2/2"], 8, [0, 6, 12, 18, 24, 30, 42]),
    "04b-musescore3-cut-time": (["2/2"], 8, [0, 6, 12, 18, 24]),
    "04-6-8": (["6/8"], 8, [0, 4, 8, 12, 16, 20, 24]),
    "04-12-8": (["12/8"], 8, [0, 4, 8, 12, 16, 20, 28]),
    "05b-musescore3-pickup-3-8": (["2/4", "4/4"], 9, [6, 12, 18, 24, 30]),
    "33-leadsheet-of-a-pickup": (["1/4", "4/4"], 9, [0, 6, 12, 18]),
}


@pytest.mark.parametrize("name", CASES)
def test_the_cases_of_meters(name: str) -> None:
    signatures, bars, onsets = CASES[name]
    meter = read_meter(signatures[-1])
    form = Progression((ChordChange(0, "C"),), 12 * meter.beats, (MeterChange(0, meter.beats),))
    reading = read(shared_file("cases", f"{name}.mid"), progression=form)
    form = reading.solo.progression
    assert [meter.signature for meter in form.meters] == signatures
    assert [note.onset for note in reading.solo.notes[: len(onsets)]] == onsets
    assert len(form.bar_ticks) == bars
    assert not reading.warnings
    assert not reading.dropped


def test_the_case_of_a_controller_above_127() -> None:
    reading = read(shared_file("cases", "13-cc-above-127.mid"))
    assert reading.warnings == ("track 2 has a value above 127, read as 127, at quarter 2",)
    assert reading.solo.notes == read_solo(shared_file("cases", "00-baseline.mid")).notes


@pytest.mark.parametrize(("signature", "every"), [((6, 8), 120), ((12, 8), 120), ((4, 4), 45)])
def test_notes_that_the_grid_cannot_hold_are_a_warning(saved, signature: tuple[int, int], every: int) -> None:
    fast = song(line(*SCALE * 3, every=every), meters=((0, *signature),), markers=texts((0, "C")))
    reading = read(saved(fast))
    left_out = 48 - len(reading.solo.notes)
    assert reading.dropped == {"merged": left_out}
    assert reading.warnings == (
        f"{left_out} of 48 notes are left out: they are too close to others for the grid",
    )


def test_the_tones_of_a_chord_that_merge_are_no_warning(saved) -> None:
    line_of_eighths = line(*SCALE)
    doubled = [
        *line_of_eighths.notes,
        *(note._replace(pitch=note.pitch - 12) for note in line_of_eighths.notes),
    ]
    tune = song(replace(line_of_eighths, notes=tuple(sorted(doubled))), markers=texts((0, "C")))
    assert not read(saved(tune)).warnings
