"""Bars played again: what changes, what stays to the byte, and the recipe that says so."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from jazzgen.cli import main
from jazzgen.errors import OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.midi.layout import Layout
from jazzgen.midi.reading import read_solo
from jazzgen.midi.smf import TimedNote, read_song
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import SOLO, Arrangement
from jazzgen.takes.again import Again
from jazzgen.takes.settings import MOST_EDITS, Settings
from jazzgen.takes.take import Take, make_take
from tests.shared import ROOT

SOON = Controls(effort=1)  # where it does not matter which candidate is chosen
BLUES = Settings(seed=1, controls=SOON, count_in=True)
MADE: dict[Settings, Take] = {}


def made(settings: Settings = BLUES) -> Take:
    if settings not in MADE:
        MADE[settings] = make_take(settings)
    return MADE[settings]


def written(take: Take, folder: Path, layout: Layout | None = None) -> dict[str, tuple[TimedNote, ...]]:
    take.write(folder / "take.mid", layout=layout)
    return {track.name: track.notes for track in read_song(folder / "take.mid").tracks}


# ------------------------------------------------------------------------------------------------- the text


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("9-16 part=solo seed=7", Again((9, 16), seed=7)),
        ("part=band seed=0", Again(part="band")),
        ("5-5 part=solo seed=1 candidates=3", Again((5, 5), seed=1, candidates=3)),
        (
            "2-3 part=solo seed=1 range=48-70 density=5.5 outside=-0.5 'player=Chet Baker' max-copied=8 "
            "effort=1",
            Again((2, 3), "solo", 1, controls=Controls(
                density=5.5, low=48, high=70, outside=-0.5, player="Chet Baker", max_copied=8,
                effort=1)),
        ),
    ],
)  # fmt: skip
def test_text_and_back(text: str, edit: Again) -> None:
    assert set(shlex.split(edit.text(Controls()))) == set(shlex.split(text))
    assert Again.parse(text, Controls()) == Again.parse(edit.text(Controls()), Controls()) == edit


def test_a_text_can_take_back_what_the_take_asks() -> None:
    usual = Controls(density=5.0, low=50, high=70)
    edit = Again(controls=replace(usual, density=None, low=None, high=None))
    assert edit.text(usual) == "part=solo seed=0 range= density="
    assert Again.parse(edit.text(usual), usual) == edit


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9-", "bars must be two numbers, as 9-16, or one, received '9-'"),
        ("16-9", "bars must be the first and the last from 1, as 9-16, received 16-9"),
        ("0", "bars must be the first and the last from 1"),
        ("9 tempo=3", "has no 'tempo=3'; give each of part, seed"),
        ("9 seed=1 seed=2", "has no 'seed=2'; give each of"),
        ("9 seed=-1", "seed must be 0 or more, received -1"),
        ("9 candidates=65", r"candidates must be in 1\.\.64, received 65"),
        ("9 density=much", "density must be a number, received 'much'"),
        ("9 density=50", r"density must be in 0\.5\.\.12"),
        ("9 part=bass density=5", "are asked of the solo, not of bass"),
        ("9 'x", "must be words, as '9-16 seed=7'"),
    ],
)
def test_a_text_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Again.parse(text, Controls())


def test_edits_are_counted() -> None:
    with pytest.raises(OptionError, match="a take can be changed 1000 times, received 1001 edits"):
        Settings(again=(Again(),) * (MOST_EDITS + 1))


# ------------------------------------------------------------------------------------------- what is played


@pytest.mark.parametrize("part", ["solo", "Piano", "bass", "drums", "band"])
def test_only_the_bars_of_the_part_change(tmp_path: Path, part: str) -> None:
    take = made()
    new = take.again((9, 16), part=part, seed=3)
    before, after = written(take, tmp_path), written(new, tmp_path)
    start, end = 8 * 4 * 480, 16 * 4 * 480
    late = 100  # file ticks by which a note of the bar before may come late, or one of the bar after early
    for name, notes in before.items():
        anew = part in ("band", name.casefold(), name) and (part != "band" or name != SOLO)
        gone, come = Counter(notes) - Counter(after[name]), Counter(after[name]) - Counter(notes)
        assert bool(gone) == bool(come) == anew, name
        assert all(note.end > start and note.start < end + late for note in gone)
        assert all(start - late < note.start < end for note in come if note not in _cut(gone, start))
        assert all(note.end <= end + late for note in come)


def _cut(gone: Counter[TimedNote], start: int) -> set[TimedNote]:
    """The notes of `gone` that sounded over the edge, as they are after it was cut."""
    return {note._replace(end=start) for note in gone if note.start < start < note.end}


def test_a_note_that_sounds_into_the_bars_is_cut_at_their_line() -> None:
    for seed in range(12):
        take = make_take(Settings(seed=seed, choruses=1, controls=SOON))
        edges = [*take.solo.progression.bar_ticks[1:-1]]
        over = [(k, n) for k, edge in enumerate(edges, 2) for n in take.solo.notes if n.onset < edge < n.end]
        if over:
            break
    bar, note = over[0]
    edge = edges[bar - 2]
    new = take.again((bar, bar), seed=1)
    index = take.solo.notes.index(note)
    assert new.solo.notes[index] == replace(note, duration=edge - note.onset)
    before, after = (one.performance.track(SOLO)[index] for one in (take, new))
    assert after == before._replace(end=edge / 12)


def test_the_line_stays_one_voice_and_reads_back(tmp_path: Path) -> None:
    take = made()
    for seed in range(6):
        first = 2 + 4 * seed
        take = take.again((first, first + 1), seed=seed)
    played = take.performance.track(SOLO)
    assert all(one.end <= other.onset + 1e-9 for one, other in pairwise(played))
    take.write(tmp_path / "take.mid")
    read = read_solo(tmp_path / "take.mid")
    assert [(n.onset, n.pitch) for n in read.notes] == [(n.onset, n.pitch) for n in take.solo.notes]


def test_another_solo_over_the_same_band_and_another_band_under_the_same_solo(tmp_path: Path) -> None:
    take = made()
    solo, band = take.again(seed=4), take.again(part="band", seed=4)
    assert solo.parts == take.parts
    assert solo.solo != take.solo
    assert band.solo == take.solo
    assert all(a != b for a, b in zip(band.parts, take.parts, strict=True))
    clicks = [note for note in band.parts[2].notes if note.onset < 48]
    assert clicks == [note for note in take.parts[2].notes if note.onset < 48]  # the count-in stays
    assert solo.solo.notes[0].onset >= 48


def test_wishes_may_differ_for_the_new_bars() -> None:
    take = made()
    high = take.again((9, 16), seed=2, controls=Controls(low=60, high=76, density=9.0, effort=1))
    new = [note for note in high.solo.notes if 8 * 48 <= note.onset < 16 * 48]
    assert len(new) > 40
    assert all(60 <= note.pitch <= 76 for note in new)
    assert high.settings.controls == take.settings.controls
    assert take.again((9, 16), seed=2, controls=SOON) == take.again((9, 16), seed=2)


def test_the_same_edit_gives_the_same_take_and_another_seed_another() -> None:
    take = made()
    assert take.again((9, 12), seed=2) == take.again((9, 12), seed=2) != take.again((9, 12), seed=3)


@pytest.mark.parametrize(
    ("bars", "part", "message"),
    [
        ((1, 4), "solo", r"bars must be in 2\.\.25, .* received 1-4; bar 1 is the count-in, which stays"),
        ((20, 26), "solo", r"bars must be in 2\.\.25, as this take has them, received 20-26"),
        ((2, 3), "organ", "no part 'organ' in this take; it has solo, piano, bass, drums"),
    ],
)
def test_what_a_take_does_not_have_is_refused(bars: tuple[int, int], part: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        made().again(bars, part=part)


# -------------------------------------------------------------------------------------------------- recipes


@pytest.mark.parametrize(
    ("settings", "layout"),
    [
        (Settings(seed=1, choruses=1, count_in=True), Layout()),
        (
            Settings("waltz-bb", 1, seed=2, comping="guitar", controls=Controls(density=5.0, effort=1)),
            Layout(ppq=960),
        ),
        (Settings("| Dm7 | G7 | Cmaj7 | % |", 3, seed=3, ending="none"), Layout(transpose="Eb")),
    ],
)
def test_the_recipe_of_edits_makes_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, layout: Layout
) -> None:
    monkeypatch.chdir(tmp_path)
    take = made(settings).again((3, 5), seed=5, controls=Controls(0.9))
    take = take.again((4, 6), part="band", seed=6, candidates=2)
    take.write("take.mid", layout=layout)
    recipe = next(text.text for text in read_song("take.mid").texts if text.text.startswith("jazzgen "))
    words = shlex.split(recipe.split("; ")[-1])
    assert words.count("--again") == 2
    assert main([*words[1:], "-o", "again.mid"]) == 0
    assert Path("again.mid").read_bytes() == Path("take.mid").read_bytes()
    assert make_take(take.settings) == take


def test_another_whole_solo_begins_with_the_same_primer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = read_solo(ROOT / "data/midi/01-blues-in-f.mid")
    phrase = tuple(note for note in study.notes if note.end <= study.progression.bar_ticks[2])
    write_arrangement(Arrangement(replace(study, notes=phrase)), "riff.mid")
    take = make_take(Settings(seed=1, choruses=1, controls=SOON, primer="riff.mid"))
    other = take.again(seed=2)
    assert other.primed == take.primed == len(phrase)
    assert other.solo.notes[: len(phrase)] == take.solo.notes[: len(phrase)]
    assert other.solo.notes[len(phrase) :] != take.solo.notes[len(phrase) :]
    assert take.again((1, 1), seed=2).primed < len(phrase)
    answered = make_take(replace(take.settings, answer=True))
    assert answered.again((3, 4), seed=2) != answered
