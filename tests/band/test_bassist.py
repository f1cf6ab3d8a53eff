"""bassist.py: targets, approach notes and rhythms of the bass line."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from jazzgen.band import ensemble as band
from jazzgen.band.bassist import BASS_HIGH, BASS_LOW
from jazzgen.charts.find import find_progression
from jazzgen.charts.text import parse_progression
from jazzgen.music.chords import chord_scale, parse_chord
from jazzgen.music.score import Note, Progression, Solo
from tests.band.parts import FORMS, form_of, play, starts


def test_the_bass_walks_in_quarters_after_a_first_chorus_in_two() -> None:
    form = find_progression("blues-f").repeat(2)
    onsets = starts(play(form, tempo=160.0)["Bass"])
    half = form.length // 2
    assert set(range(half, form.length - 96, 12)) <= set(onsets)
    assert len([onset for onset in onsets if onset < half]) < 0.8 * 48


def test_a_fast_bass_walks_from_the_start() -> None:
    form = find_progression("blues-f").repeat(2)
    onsets = starts(play(form, tempo=280.0)["Bass"])
    assert set(range(0, form.length - 96, 12)) <= set(onsets)


def test_the_bass_plays_the_slash() -> None:
    assert play(form_of("| C/E | F |"))["Bass"].notes[0].pitch % 12 == 4


def bass_figures(form: Progression, notes: tuple[Note, ...]) -> Counter[str]:
    """What the acceptance table asks of a bass line, counted."""
    counts: Counter[str] = Counter()
    by_onset = {note.onset: note for note in notes}
    for change in form.chords:
        chord = parse_chord(change.symbol)
        if chord is None:
            continue
        counts["chords"] += 1
        landing = by_onset.get(change.tick)
        counts["roots"] += landing is not None and landing.pitch % 12 == chord.bass
        before = [note for note in notes if note.onset < change.tick]
        if landing is not None and before:
            away = abs(before[-1].pitch - landing.pitch)
            counts["leads"] += 1
            counts["led"] += away <= 2 or away in (5, 7)
    counts["pairs"] += len(notes) - 1
    counts["repeated"] += sum(a.pitch == b.pitch for a, b in pairwise(notes))
    counts["thrice"] += sum(a.pitch == b.pitch == c.pitch for a, b, c in zip(notes, notes[1:], notes[2:]))  # noqa: B905
    counts["outside"] += sum(not BASS_LOW <= note.pitch <= BASS_HIGH for note in notes)
    return counts


@pytest.mark.parametrize("name", FORMS)
def test_the_bass_puts_the_root_on_the_chord_and_leads_into_the_next(name: str) -> None:
    form = find_progression(name).repeat(2)
    counts: Counter[str] = Counter()
    for seed, tempo in enumerate((90.0, 160.0, 260.0)):
        counts += bass_figures(form, play(form, seed, tempo=tempo)["Bass"].notes)
    assert counts["roots"] >= 0.95 * counts["chords"]
    assert counts["led"] >= 0.90 * counts["leads"]
    assert counts["outside"] == 0
    # Only the fifth of a bossa, which comes early and stays, is played twice as a habit.
    assert counts["repeated"] <= (0.25 if form.style == "bossa" else 0.05) * counts["pairs"]
    assert counts["thrice"] <= 0.01 * counts["pairs"]


@pytest.mark.parametrize("seed", range(8))
def test_the_last_note_of_the_bass_is_the_root_though_the_chord_has_sounded_before(seed: int) -> None:
    solo = Solo((), parse_progression("| Dm7 | G7 | Cmaj7 | % |"))
    bass = next(part for part in band.accompany(solo, np.random.default_rng(seed)) if part.name == "Bass")
    assert bass.notes[-1].pitch % 12 == 0


def test_what_the_bass_holds_for_two_beats_is_in_the_chord() -> None:
    outside = held = 0
    for seed in range(20):
        form = find_progression("ballad-eb")
        for note in play(form, seed, tempo=64.0)["Bass"].notes:
            chord = parse_chord(form.chord_at(note.onset).symbol)
            if note.duration >= 24 and chord is not None:
                held += 1
                outside += note.pitch % 12 not in chord_scale(chord)
    assert held > 300
    assert outside <= held // 100
