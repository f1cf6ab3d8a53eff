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
from jazzgen.music.chords import parse_chord
from jazzgen.music.progressions import STYLES
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
def test_the_rules_put_the_root_on_the_chord_and_leads_into_the_next(name: str) -> None:
    form = find_progression(name).repeat(2)
    counts: Counter[str] = Counter()
    for seed, tempo in enumerate((90.0, 160.0, 260.0)):
        counts += bass_figures(form, play(form, seed, tempo=tempo, bass="rules")["Bass"].notes)
    assert counts["roots"] >= 0.95 * counts["chords"]
    # A ballad's half notes are tones of their chord, of which not each leads on.
    assert counts["led"] >= (0.85 if form.style == "ballad" else 0.90) * counts["leads"]
    assert counts["outside"] == 0
    # Only the fifth of a bossa, which comes early and stays, is played twice as a habit.
    assert counts["repeated"] <= (0.25 if form.style == "bossa" else 0.05) * counts["pairs"]
    assert counts["thrice"] <= 0.01 * counts["pairs"]


def test_a_learned_line_walks_and_keeps_to_the_instrument() -> None:
    counts: Counter[str] = Counter()
    for seed, name in enumerate(("blues-f", "rhythm-changes-bb", "circle-of-fifths-c")):
        form = find_progression(name).repeat(3)
        parts = play(form, seed, tempo=180.0), play(form, seed, tempo=180.0, bass="rules")
        learned, ruled = (part["Bass"].notes for part in parts)
        calm = form.length // 3
        head = [note.pitch for note in learned if note.onset < calm]  # in two the rules play
        assert head == [note.pitch for note in ruled if note.onset < calm]
        assert [note.pitch for note in learned] != [note.pitch for note in ruled]
        assert set(range(calm, form.length - 96, 12)) <= {note.onset for note in learned}
        counts += bass_figures(form, learned)
    assert 0.7 <= counts["roots"] / counts["chords"] <= 0.98
    assert counts["outside"] == 0
    assert counts["thrice"] <= 0.02 * counts["pairs"]


def test_only_swing_in_four_is_learned() -> None:
    for name, style in (("waltz-bb", ""), ("five-four-ebm", ""), ("bossa-f", ""), ("blues-f", "ballad")):
        form = find_progression(name).repeat(2)
        fields = {"style": style, "tempo": 120.0}
        assert play(form, 1, **fields) == play(form, 1, bass="rules", **fields), name


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("walker", ["learned", "rules"])
def test_the_bass_stays_below_a_low_solo(walker: str, style: str) -> None:
    form = find_progression("blues-f").repeat(3)
    solo = tuple(Note(tick, 12, 36 + tick // 12 % 5) for tick in range(0, form.length, 12))
    for seed in range(2):
        for note in play(form, seed, style=style, tempo=220.0, notes=solo, bass=walker)["Bass"].notes:
            sounding = [other.pitch for other in solo if other.onset < note.end and other.end > note.onset]
            assert note.pitch <= min(sounding)


def test_notes_between_the_beats_have_their_place() -> None:
    form = find_progression("blues-f").repeat(8)
    notes = play(form, 4, tempo=160.0)["Bass"].notes
    walking = [note for note in notes if form.length // 8 <= note.onset < form.length - 96]
    between = [note for note in walking if note.onset % 12]
    assert 0.05 <= len(between) / (len(walking) - len(between)) <= 0.16
    assert {note.onset % 12 for note in between} == {4, 6, 8}
    assert np.mean([note.velocity for note in between]) < np.mean([note.velocity for note in walking]) - 5


@pytest.mark.parametrize("seed", range(8))
def test_the_last_note_of_the_bass_is_the_root_though_the_chord_has_sounded_before(seed: int) -> None:
    solo = Solo((), parse_progression("| Dm7 | G7 | Cmaj7 | % |"))
    bass = next(part for part in band.accompany(solo, np.random.default_rng(seed)) if part.name == "Bass")
    assert bass.notes[-1].pitch % 12 == 0


@pytest.mark.parametrize("style", ["ballad", "swing", "bossa", "samba", "straight"])
def test_what_the_bass_holds_is_in_the_chord(style: str) -> None:
    form = find_progression("ballad-eb").repeat(2)
    held = outside = 0
    for seed in range(5):
        for note in play(form, seed, style=style, tempo=120.0, bass="rules")["Bass"].notes:
            chord = parse_chord(form.chord_at(note.onset).symbol)
            if chord is not None and note.duration >= 18:
                held += 1
                outside += note.pitch % 12 not in chord.pitch_classes
    assert held > 80
    assert outside == 0


def test_two_chords_a_bar_are_in_two_as_well() -> None:
    form = find_progression("rhythm-changes-bb").repeat(2)
    notes_in_bar: Counter[int] = Counter()
    for seed in range(12):
        notes = play(form, seed, tempo=140.0)["Bass"].notes
        notes_in_bar.update(Counter(note.onset // 48 for note in notes if note.onset < 7 * 48).values())
    assert notes_in_bar[2] > 0.4 * notes_in_bar.total()
    assert notes_in_bar[4] < 0.3 * notes_in_bar.total()


@pytest.mark.parametrize(
    ("name", "style", "least"),
    [("bossa-f", "", 6), ("bossa-f", "samba", 6), ("blues-f", "straight", 7), ("waltz-bb", "", 6),
     ("blues-f", "ballad", 8), ("blues-f", "shuffle", 12)],
)  # fmt: skip
def test_rules_have_many_rhythms_a_style(name: str, style: str, least: int) -> None:
    form = find_progression(name).repeat(4)
    bar = form.meters[0].beats * 12
    rhythms = Counter()
    for seed in range(3):
        bars: dict[int, list[int]] = {}
        for note in play(form, seed, style=style, tempo=130.0, bass="rules")["Bass"].notes:
            bars.setdefault(note.onset // bar, []).append(note.onset % bar)
        rhythms.update(map(tuple, bars.values()))
    assert sum(count >= 2 for count in rhythms.values()) >= least // 2
    assert len(rhythms) >= least
    assert rhythms.most_common(1)[0][1] <= 0.6 * rhythms.total()


@pytest.mark.parametrize("style", ["bossa", "samba"])
def test_the_fifth_is_what_lies_beside_the_root(style: str) -> None:
    form = find_progression("bossa-f").repeat(4)
    fifths = others = 0
    for note in play(form, 2, style=style, tempo=150.0)["Bass"].notes:
        chord = parse_chord(form.chord_at(note.onset).symbol)
        if chord and note.onset % 48 == 24 and note.duration >= 18:
            away = (note.pitch - chord.root) % 12
            fifths += away in (7, 6, 0)
            others += away not in (7, 6, 0)
    assert fifths > 4 * others


def test_a_samba_is_heavy_on_three() -> None:
    form = find_progression("bossa-f").repeat(2)
    levels: dict[int, list[int]] = {0: [], 24: []}
    for seed in range(3):
        for note in play(form, seed, style="samba", tempo=180.0)["Bass"].notes:
            if note.onset % 48 in levels and note.onset < form.length - 96:
                levels[note.onset % 48].append(note.velocity)
    assert np.mean(levels[24]) > np.mean(levels[0]) + 4
