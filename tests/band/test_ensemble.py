"""ensemble.py: what holds for every part in every style; choices, endings and the count-in."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.band import ensemble as band
from jazzgen.band import kit
from jazzgen.band.bassist import BASS_HIGH, BASS_LOW
from jazzgen.band.scene import Scene
from jazzgen.charts.find import find_progression
from jazzgen.errors import OptionError
from jazzgen.music.progressions import STYLES
from jazzgen.music.score import Arrangement, MeterChange, Note, Progression, Solo
from tests.band.parts import TWO_FIVE, accompanied, chords_of, form_of, play, starts


def test_the_same_seed_is_the_same_band() -> None:
    form = form_of(TWO_FIVE).repeat(4)
    assert accompanied(form, 1) == accompanied(form, 1)
    assert accompanied(form, 1) != accompanied(form, 2)


@pytest.mark.parametrize(("style", "bass"), [("", "learned"), ("ballad", "rules"), ("bossa", "learned")])
def test_one_player_plays_what_it_plays_with_the_others(style: str, bass: str) -> None:
    """So that the tests of a player need not wait for the others."""
    form, fields = form_of(TWO_FIVE).repeat(4), {"style": style, "bass": bass, "tempo": 120.0}
    assert play(form, 5, **fields) == accompanied(form, 5, **fields)


def test_another_player_is_another_row_and_changes_nobody_elses_notes(monkeypatch) -> None:
    def bell(scene: Scene, rng: np.random.Generator) -> list[Note]:
        return [Note(bar.start, 6, 84, 40 + int(rng.integers(9))) for bar in scene.bars]

    before = accompanied(form_of(TWO_FIVE))
    monkeypatch.setattr(band, "BAND", (*band.BAND, band.BandPart("Bells", 14, 3, 60, 64, bell)))
    after = accompanied(form_of(TWO_FIVE))
    assert starts(after.pop("Bells")) == [0, 48, 96, 144]
    assert after == before


@given(
    st.sampled_from(
        [TWO_FIVE, "| C | N.C. | F#m7b5 B7b9 | Em |", "| Bb/D Gb7 Bmaj7 D7 | G6 |", "| Asus4 | C+ | D5 |"]
    ),
    st.sampled_from(STYLES),
    st.sampled_from([60.0, 150.0, 250.0, 330.0]),
    st.integers(0, 2**32 - 1),
)
@settings(deadline=None, max_examples=80)
def test_nothing_overlaps_or_reaches_past_the_end(text: str, style: str, tempo: float, seed: int) -> None:
    form = form_of(text, style=style).repeat(3)
    for part in accompanied(form, seed, tempo=tempo).values():
        by_key: dict[int, list[Note]] = {}
        for note in part.notes:
            assert note.end <= form.length
            by_key.setdefault(note.pitch, []).append(note)
        for notes in by_key.values():
            assert all(before.end <= after.onset for before, after in pairwise(notes))


@pytest.mark.parametrize(("style", "beats"), list(product(STYLES, [1, 2, 3, 4, 5, 6, 7, 9])))
def test_every_style_plays_in_every_meter(style: str, beats: int) -> None:
    bar = beats * 12
    form = Progression(
        form_of("| Dm7 G7 | C |").chords[:1], 8 * bar, (MeterChange(0, beats),), style=style
    ).repeat(2)
    parts = accompanied(form, 3)
    bass, ticks = parts["Bass"], set(starts(parts["Drums"]))
    assert set(form.bar_ticks) <= set(starts(bass))
    assert all(a.end <= b.onset for a, b in pairwise(bass.notes))
    assert all(BASS_LOW <= note.pitch <= BASS_HIGH for note in bass.notes)
    assert {start for start in form.bar_ticks if start < form.length - 2 * bar} <= ticks
    assert len(chords_of(parts["Piano"])) >= 4


def test_meters_may_change() -> None:
    form = Progression(form_of("| C7 |").chords, 84, (MeterChange(0, 4), MeterChange(48, 3)))
    assert all(part.notes for part in accompanied(form).values())


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(OptionError, match="unknown style 'polka'; known are swing, up-tempo"):
        accompanied(form_of(TWO_FIVE), style="polka")


def test_every_style_is_a_band_of_its_own() -> None:
    form = form_of(TWO_FIVE).repeat(4)
    onsets = {style: starts(accompanied(form, style=style)["Drums"]) for style in STYLES}
    basses = {style: starts(accompanied(form, style=style)["Bass"]) for style in STYLES}
    assert basses["swing"] != basses["bossa"] != basses["straight"] != basses["ballad"] != basses["swing"]
    assert onsets["bossa"] != onsets["swing"]


def test_bars_without_a_chord_are_silent() -> None:
    form = form_of("| C7 | N.C. | N.C. | F7 | % |")
    for seed in range(10):
        for part in accompanied(form, seed).values():
            assert not [note for note in part.notes if 48 <= note.onset < 144 - 6]
            assert not [note for note in part.notes if note.onset < 48 < note.end]


def test_a_band_without_any_chord_is_silent() -> None:
    assert all(not part.notes for part in accompanied(form_of("| N.C. | % |")).values())


def test_the_end_is_an_ending() -> None:
    form = form_of(TWO_FIVE).repeat(3)
    last = form.length - 48
    broken = 0
    for seed in range(30):
        parts = accompanied(form, seed)
        for name in ("Piano", "Bass"):
            assert {(n.onset, n.end) for n in parts[name].notes if n.onset >= last} == {(last, form.length)}
        landing = {n.pitch for n in parts["Drums"].notes if n.onset >= last}
        assert landing == {kit.KICK, kit.CRASH}
        assert starts(parts["Drums"])[-1] == last
        broken += [n.onset for n in parts["Bass"].notes if n.onset >= last - 48] == [last - 48, last]
    assert 4 <= broken <= 20  # the band stops in the bar before, in some takes


def test_the_texture_changes_with_the_form() -> None:
    form = find_progression("rhythm-changes-bb").repeat(3)
    scene = Scene.of(Solo((), form, tempo=160.0))
    parts = accompanied(form, tempo=160.0)
    per_chorus = [Counter(), Counter(), Counter()]
    for note in parts["Drums"].notes:
        per_chorus[scene.bars[form.bar_at(note.onset)].chorus][note.pitch] += 1
    first, second, third = per_chorus
    assert first[kit.CLOSED] > 40 > third[kit.CLOSED]
    assert second[kit.CRASH] >= 1
    assert third[kit.CRASH] >= 1
    bass = [scene.bars[form.bar_at(onset)].chorus for onset in starts(parts["Bass"])]
    assert bass.count(0) < 0.8 * bass.count(1)
    loud = [
        np.mean([n.velocity for n in parts["Piano"].notes if scene.bars[form.bar_at(n.onset)].chorus == k])
        for k in range(3)
    ]
    assert loud[0] < loud[1] < loud[2]
    fills = [bar for bar in scene.bars if bar.closes_section and not bar.last]
    toms = {kit.SNARE, kit.HIGH_TOM, kit.MID_TOM, kit.LOW_TOM}
    for bar in fills:
        late = [n for n in parts["Drums"].notes if bar.end - 24 <= n.onset < bar.end and n.pitch in toms]
        assert len(late) >= 2, bar.number


def test_under_a_double_time_solo_the_band_keeps_the_beat_of_the_file() -> None:
    form = form_of("| Dm7 | % | G7 | % | Cmaj7 | % | A7 | % |")  # each bar of the file is two here
    notes = accompanied(form, seed=1, double_time=True)["Bass"].notes
    main = [note.onset for note in notes if note.onset < 192]
    assert set(range(0, 192, 24)) <= set(main)
    assert Counter(note.duration for note in notes).most_common(1)[0][0] == 24
    assert notes[-1].end == form.length


@pytest.mark.parametrize("double_time", [False, True])
def test_a_count_in_is_one_bar_of_sticks_before_everything(double_time: bool) -> None:
    form = form_of("[A] | Dm7 | G7 | Cmaj7 | A7 |")
    solo = Solo((Note(6, 6, 60),), form, double_time=double_time)
    plain = Arrangement(solo, band.accompany(solo, np.random.default_rng(0)))
    counted = band.count_in(plain)
    bar = 96 if double_time else 48
    assert counted.solo.progression.length == form.length + bar
    assert [c.symbol for c in counted.solo.progression.chords] == ["N.C.", "Dm7", "G7", "Cmaj7", "A7"]
    assert counted.solo.notes[0].onset == 6 + bar
    for before, after in zip(plain.parts, counted.parts, strict=True):
        clicks = [note for note in after.notes if note.onset < bar]
        assert [(n.onset + bar, n.pitch) for n in before.notes] == [
            (n.onset, n.pitch) for n in after.notes if n.onset >= bar
        ]
        assert [n.onset for n in clicks] == (
            [k * bar // 4 for k in range(4)] if after.name == "Drums" else []
        )


@pytest.mark.parametrize(("option", "value"), [("comping", "banjo"), ("ending", "fade")])
def test_an_unknown_choice_is_refused(option: str, value: str) -> None:
    with pytest.raises(OptionError, match=f"{option} must be one of .*, received '{value}'"):
        band.accompany(Solo((), form_of(TWO_FIVE)), np.random.default_rng(0), **{option: value})


def test_without_an_ending_the_time_goes_on_to_the_bar_line() -> None:
    solo = Solo((), form_of(TWO_FIVE).repeat(4), tempo=160.0)
    written, endless = (
        {
            part.name: part
            for part in band.accompany(solo, np.random.default_rng(5), ending=ending, choruses=2)
        }
        for ending in ("written", "none")
    )
    last = solo.progression.bar_ticks[-1]
    assert [note.duration for note in written["Bass"].notes if note.onset >= last] == [48]
    assert len([note for note in endless["Bass"].notes if note.onset >= last]) >= 4
    assert len([note for note in endless["Drums"].notes if note.onset >= last]) >= 6
    # The line leads back to its first note, to be played in a loop.
    away = abs(endless["Bass"].notes[-1].pitch - endless["Bass"].notes[0].pitch)
    assert away <= 2 or away in (5, 7)
