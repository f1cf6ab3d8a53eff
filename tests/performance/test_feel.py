"""Time feel: what players do to the grid, and that a reader still finds it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.band import ensemble as band
from jazzgen.charts.text import parse_progression
from jazzgen.errors import OptionError
from jazzgen.midi.layout import SOLO, Layout
from jazzgen.midi.reading import read
from jazzgen.midi.writing import write_arrangement
from jazzgen.music import grid
from jazzgen.music.progressions import STYLES
from jazzgen.music.score import Arrangement, MeterChange, Note, Part, Progression, Solo
from jazzgen.performance.feel import RIDE, SWUNG_STYLES, Feel, ride_ratio
from jazzgen.performance.model import LOUDNESS_FEATURES, STEPS_A_DECIBEL, load_performance, loudness_features
from jazzgen.tokens.vocabulary import encode
from tests.solos import quantized_notes, quantized_solos

PPQ = 480
MODEL = load_performance()


def part_of(solo: Solo) -> Part:
    return Part(SOLO, 66, 0, solo.notes)


def play(solo: Solo, humanize: float = 1.0, seed: int = 0, ppq: int = PPQ) -> list[grid.PlayedNote]:
    return Feel(humanize, seed).play(part_of(solo), solo, ppq)


def eighths(bars: int, tempo: float, style: str = "swing") -> Solo:
    form = parse_progression("| C7 |", style=style).repeat(bars)
    rng = np.random.default_rng(1)
    pitches = rng.integers(55, 75, bars * 8)
    return Solo(tuple(Note(6 * k, 6, int(p)) for k, p in enumerate(pitches)), form, tempo=tempo)


# -------------------------------------------------------------------------------------------- it is read back


@st.composite
def any_solos(draw: st.DrawFn) -> Solo:
    """Also fast and slow, in every style, read in double time or not."""
    solo = draw(quantized_solos())
    style = draw(st.sampled_from(STYLES))
    double_time = draw(st.booleans())
    form = replace(solo.progression, style=style)
    if double_time:
        form = form.repeat(2)
    tempo = draw(st.sampled_from([30.0, 60.0, 100.0, 140.0, 200.0, 260.0, 340.0, 400.0]))
    return replace(solo, progression=form, tempo=tempo, double_time=double_time)


@settings(deadline=None, max_examples=150)
@given(
    any_solos(), st.sampled_from([0.0, 0.3, 0.7, 1.0]), st.integers(0, 99), st.sampled_from([96, 480, 960])
)
def test_whatever_the_feel_the_same_values_are_read(solo: Solo, humanize: float, seed: int, ppq: int) -> None:
    beats = 2 if solo.double_time else 1
    played = [
        (round(n.onset * ppq) / ppq * beats, round(n.end * ppq) / ppq * beats, n.pitch, n.velocity)
        for n in play(solo, humanize, seed, ppq)
    ]
    notes, _ = grid.quantize(played, double_time=False)  # in beats of the grid already
    assert [(n.onset, n.pitch) for n in notes] == [(n.onset, n.pitch) for n in solo.notes]
    read_back = replace(solo, notes=tuple(notes))
    assert encode(read_back) == encode(solo)
    if humanize == 0:
        assert read_back == solo


@settings(deadline=None, max_examples=25)
@given(any_solos().filter(lambda solo: solo.notes), st.sampled_from([0.0, 0.7, 1.0]), st.integers(0, 9))
def test_a_file_with_feel_reads_back_as_the_same_values_and_chords(
    tmp_path_factory, solo: Solo, humanize: float, seed: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "felt.mid"
    arrangement = Arrangement(solo, band.accompany(solo, np.random.default_rng(seed)))
    write_arrangement(arrangement, path, feel=Feel(humanize, seed))
    reading = read(path, track="Solo")
    assert encode(reading.solo) == encode(solo)
    assert reading.solo.progression.chords == solo.progression.chords
    assert reading.solo.progression.meters == solo.progression.meters
    assert reading.dropped == {}
    if humanize == 0:
        assert reading.solo.notes == solo.notes


def test_nothing_is_the_exact_grid(tmp_path) -> None:
    solo = eighths(4, 160)
    assert [(n.onset, n.end, n.velocity) for n in play(solo, 0)] == [
        (n.onset / 12, n.end / 12, n.velocity) for n in solo.notes
    ]
    arrangement = Arrangement(solo, band.accompany(solo, np.random.default_rng(0)))
    write_arrangement(arrangement, tmp_path / "none.mid")
    write_arrangement(arrangement, tmp_path / "zero.mid", feel=Feel(0, seed=5))
    assert (tmp_path / "none.mid").read_bytes() == (tmp_path / "zero.mid").read_bytes()


def test_one_seed_one_feel() -> None:
    solo = eighths(4, 160)
    assert play(solo, 1, 3) == play(solo, 1, 3)
    assert play(solo, 1, 3) != play(solo, 1, 4)


@pytest.mark.parametrize("humanize", [-0.1, 1.1, float("nan")])
def test_only_0_to_1_is_humanize(humanize: float) -> None:
    with pytest.raises(OptionError, match=r"humanize must be in 0\.\.1"):
        Feel(humanize)


# ------------------------------------------------------------------------------------------------------ time


def timing(solo: Solo, seeds: int = 4) -> tuple[float, float]:
    """The median swing ratio and the median lag in ms of a line of eighths."""
    ratios, lags = [], []
    for seed in range(seeds):
        onsets = np.array([note.onset for note in play(solo, 1.0, seed)])
        first, second, following = onsets[:-2:2], onsets[1:-1:2], onsets[2::2]
        ratios += list((second - first) / (following - second))
        lags += list((first - np.round(first)) * 60_000 / solo.tempo)
    return float(np.median(ratios)), float(np.median(lags))


@pytest.mark.parametrize("tempo", [100, 140, 180, 220, 260, 300, 340])
def test_a_soloist_swings_and_lags_as_the_corpus_does(tempo: int) -> None:
    ratio, lag = timing(eighths(32, tempo))
    assert ratio == pytest.approx(MODEL.swing_ratio(tempo), abs=0.06)
    assert lag == pytest.approx(MODEL.lag("beat", tempo), abs=4.0)


def test_half_as_human_is_half_as_far() -> None:
    solo = eighths(16, 160)
    # At 1.0 some notes are held back, lest they be misread.
    whole, half = (np.array([n.onset for n in play(solo, h)]) for h in (0.6, 0.3))
    exact = np.array([n.onset for n in solo.notes]) / 12
    assert np.mean(half - exact) == pytest.approx(np.mean(whole - exact) / 2, rel=0.15)


def test_only_swinging_styles_swing() -> None:
    assert set(STYLES) - SWUNG_STYLES == {"afro-cuban", "bossa", "samba", "straight"}
    ratio, _ = timing(eighths(16, 140, "bossa"))
    assert ratio == pytest.approx(1.0, abs=0.05)


def band_onsets(name: str, tempo: float, style: str = "swing") -> tuple[Part, list[grid.PlayedNote]]:
    form = parse_progression("| Dm7 | G7 | Cmaj7 | A7 |", style=style).repeat(8)
    solo = Solo((), form, tempo=tempo)
    part = {part.name: part for part in band.accompany(solo, np.random.default_rng(0))}[name]
    return part, Feel(1.0).play(part, solo, PPQ)


@pytest.mark.parametrize(("tempo", "expected"), [(100, 2.4), (160, 2.1), (240, 1.45), (300, 1.1), (340, 1.0)])
def test_the_ride_is_near_two_to_one_and_evens_out_when_it_is_fast(tempo: int, expected: float) -> None:
    assert ride_ratio(tempo) == pytest.approx(expected)
    part, played = band_onsets("Drums", tempo)
    off = [
        p.onset % 1 for n, p in zip(part.notes, played, strict=True) if n.pitch == 51 and n.onset % 12 == 6
    ]
    assert len(off) > 10
    assert np.median(off) == pytest.approx(expected / (expected + 1), abs=0.01)


def test_the_ride_swings_more_than_the_soloist_at_every_tempo() -> None:
    assert all(ride_ratio(tempo) > MODEL.swing_ratio(tempo) for tempo in range(60, 280, 10))
    values = [value for _, value in RIDE]
    assert values == sorted(values, reverse=True)


def test_who_plays_together_is_heard_together() -> None:
    for name in ("Piano", "Bass", "Drums"):
        part, played = band_onsets(name, 120)
        away = [p.onset - n.onset / 12 for n, p in zip(part.notes, played, strict=True) if n.onset % 12 == 0]
        assert max(map(abs, away)) * 500 < 25  # ms
        for note, after in pairwise(part.notes):
            if name == "Bass":
                assert note.end <= after.onset
    part, played = band_onsets("Bass", 120)
    assert all(a.end <= b.onset for a, b in pairwise(played))


# ------------------------------------------------------------------------------------- dynamics, articulation


def wandering_line(seed: int, bars: int = 96) -> Solo:
    """Phrases of eighths, 16ths and triplets between rests, in a random walk of pitch."""
    rng = np.random.default_rng(seed)
    notes, pitch = [], 64
    for beat in range(4 * bars):
        for place, length in [((0, 12),), ((0, 6), (6, 6)), ((0, 3), (3, 3), (6, 3), (9, 3)), ()][
            rng.choice(4, p=[0.15, 0.55, 0.2, 0.1])
        ]:
            pitch = int(np.clip(pitch + rng.integers(-5, 6), 50, 78))
            notes.append(Note(12 * beat + place, length, pitch, 75))
    return Solo(tuple(notes), parse_progression("| C7 |").repeat(bars), tempo=180)


def test_accents_and_contour_are_those_of_the_fit() -> None:
    """A regression of what is played on the features finds the fitted weights again."""
    rows, decibels = [], []
    for seed in range(40):
        solo = wandering_line(seed)
        features = loudness_features(solo.notes, solo.progression)
        rows.append(features - features.mean(axis=0))
        levels = np.array([note.velocity for note in play(solo, 1.0, seed)])
        decibels.append((levels - levels.mean()) / STEPS_A_DECIBEL)
    found, *_ = np.linalg.lstsq(np.vstack(rows), np.concatenate(decibels), rcond=None)
    weights = dict(zip(LOUDNESS_FEATURES, found, strict=True))
    for name in ("height", "peak", "trough", "off-beat", "place in the phrase", "16th before the beat"):
        assert weights[name] == pytest.approx(MODEL.loudness[name], abs=0.3), name


def test_loudness_spreads_and_wanders_as_measured() -> None:
    left = []
    for seed in range(20):
        solo = wandering_line(seed)
        levels = np.array([note.velocity for note in play(solo, 1.0, seed)])
        rest = (levels - levels.mean()) / STEPS_A_DECIBEL - MODEL.decibels(solo.notes, solo.progression)
        left.append(rest - rest.mean())
    noise = MODEL.loudness_noise
    variance = noise.white_std**2 + noise.ar_std**2
    assert np.concatenate(left).std() == pytest.approx(variance**0.5, rel=0.1)  # NOISE_CLIP takes 4 %
    alike = np.mean([np.mean(one[1:] * one[:-1]) for one in left]) / np.mean([one.var() for one in left])
    assert alike == pytest.approx(noise.ar_std**2 / variance * noise.ar_coef, abs=0.05)


def test_lines_are_bound_and_repeated_notes_are_short() -> None:
    pitches = [60, 62, 64, 64, 64, 65, 67, 69]
    solo = Solo(
        tuple(Note(6 * k, 6, pitch) for k, pitch in enumerate(pitches)),
        parse_progression("| C7 | % |"),
        tempo=160,
    )
    played = play(solo, 1.0)
    for note, after in pairwise(played):
        bound = note.end == pytest.approx(after.onset, abs=1e-9)
        assert bound == (note.pitch != after.pitch)
    lengths = [after.onset - note.onset for note, after in pairwise(played)]
    assert played[2].end - played[2].onset < 0.75 * lengths[2]


def test_velocities_stay_in_midi() -> None:
    form = Progression(parse_progression("| C |").chords, 48 * 4, (MeterChange(0, 4),))
    for velocity in (1, 127):
        solo = Solo(tuple(Note(6 * k, 6, 40 + k, velocity) for k in range(32)), form)
        assert all(1 <= note.velocity <= 127 for note in play(solo))


def test_a_stem_is_the_track_of_the_whole_file(tmp_path) -> None:
    solo = eighths(4, 160)
    arrangement = Arrangement(solo, band.accompany(solo, np.random.default_rng(0)))
    write_arrangement(arrangement, tmp_path / "a.mid", feel=Feel(1), stems=tmp_path / "stems")
    write_arrangement(arrangement, tmp_path / "b.mid", feel=Feel(1), layout=Layout(tracks=("solo",)))
    assert (tmp_path / "stems" / "solo.mid").exists()
    assert (
        read(tmp_path / "stems" / "solo.mid").solo.notes == read(tmp_path / "a.mid", track="Solo").solo.notes
    )
    assert read(tmp_path / "b.mid").solo.notes == read(tmp_path / "a.mid", track="Solo").solo.notes


@settings(deadline=None, max_examples=30)
@given(quantized_notes(8), st.integers(0, 9))
def test_a_players_notes_do_not_overlap(notes: list[Note], seed: int) -> None:
    solo = Solo(tuple(notes), parse_progression("| C7 | % |"), tempo=170)
    played = play(solo, 1.0, seed)
    assert all(a.onset < a.end <= b.onset for a, b in pairwise(played))
