"""Gains and the limiter: the stated balance, no sample over the peak, stems that still make the mix."""

from __future__ import annotations

import numpy as np
import pytest

from jazzgen.rendering.loudness import energies, integrated, loudness
from jazzgen.rendering.mixing import (
    BALANCE,
    LIMIT_DB,
    decibels,
    envelope_of,
    find_level,
    part_gain,
    peak,
)


def noise(seconds: float, level: float, seed: int = 0) -> np.ndarray:
    samples = np.random.default_rng(seed).uniform(-level, level, (round(seconds * 48_000), 2))
    return samples.astype(np.float32)


def with_peaks(every: int = 24_007) -> np.ndarray:
    """Quiet noise with a sample now and then that is 20 dB above it."""
    samples = noise(3, 0.05)
    samples[every // 2 :: every] *= 10
    samples[71_000] = (0.6, -0.6)
    return samples


@pytest.mark.parametrize("role", BALANCE)
def test_a_gain_brings_a_part_to_its_place(role: str) -> None:
    solo, part = noise(2, 0.1), noise(2, 0.013, seed=1)
    solo *= np.float32(part_gain("solo", loudness(solo)))
    part *= np.float32(part_gain(role, loudness(part)))
    assert loudness(part) - loudness(solo) == pytest.approx(BALANCE[role], abs=0.01)


def test_silence_gets_no_gain_and_a_whisper_not_any_gain() -> None:
    assert part_gain("bass", -np.inf) == 1
    assert decibels(part_gain("bass", -69)) == pytest.approx(30)


def test_without_a_limiter_the_level_is_one_gain_to_the_peak() -> None:
    samples = with_peaks()
    level = find_level(samples, -1)
    assert level.curve is None
    level.apply(samples)
    assert decibels(peak(samples)) == pytest.approx(-1, abs=1e-4)
    assert find_level(np.zeros((48_000, 2), np.float32), -1).gain == 1


def test_the_limiter_lowers_peaks_and_nothing_else() -> None:
    samples = with_peaks()
    before, plain = samples.copy(), find_level(samples, -1).gain
    level = find_level(samples, -1, limit_db=LIMIT_DB)
    assert decibels(level.gain / plain) == pytest.approx(LIMIT_DB)
    level.apply(samples)
    assert decibels(peak(samples)) == pytest.approx(-1, abs=1e-3)
    ratio = samples[:, 0] / np.where(before[:, 0] == 0, 1, before[:, 0]) / level.gain
    touched = np.flatnonzero(ratio < 0.999)
    peaks = np.flatnonzero(np.abs(before[:, 0]) > 0.3)
    # Only within 30 ms of a peak, and back within them.
    assert np.abs(touched[:, None] - peaks).min(axis=1).max() < 0.03 * 48_000
    assert ratio.min() == pytest.approx(10 ** (-LIMIT_DB / 20), abs=1e-3)
    # It moves slowly: no step from one sample to the next that would be heard as a click.
    assert np.abs(np.diff(ratio)).max() < 2e-3


@pytest.mark.parametrize("frames", [47, 48, 49, 14_400, 100_001])
def test_no_sample_passes_the_ceiling_whatever_the_length(frames: int) -> None:
    samples = with_peaks(997)[-frames:]
    samples[[0, -1]] = 0.9
    level = find_level(samples, -1, limit_db=LIMIT_DB)
    level.apply(samples)
    assert decibels(peak(samples)) <= -1 + 1e-4


def test_a_loud_mix_is_not_limited_but_for_a_stated_loudness() -> None:
    assert find_level(noise(3, 0.5), -1, limit_db=LIMIT_DB).curve is None
    samples = with_peaks()
    reached = [find_level(samples, -1, lufs, limit_db=LIMIT_DB) for lufs in (-21.0, -20.0, -5.0)]
    assert decibels(reached[1].gain / reached[0].gain) == pytest.approx(1)
    assert reached[1].curve is not None  # the peak alone allows -21.2 LUFS
    assert decibels(reached[2].gain) == pytest.approx(-1 - decibels(peak(samples)) + LIMIT_DB)
    quiet = find_level(samples, -1, -30.0, limit_db=LIMIT_DB)
    quiet.apply(samples)
    assert loudness(samples) == pytest.approx(-30, abs=0.05)


def test_stems_under_the_level_of_the_mix_make_the_mix() -> None:
    stems = [with_peaks(), noise(3, 0.02, seed=1), noise(3, 0.01, seed=2)]
    mix = np.sum(stems, axis=0, dtype=np.float32)
    level = find_level(mix, -1, limit_db=LIMIT_DB)
    assert level.curve is not None
    for samples in (mix, *stems):
        level.apply(samples)
    assert np.abs(np.sum(stems, axis=0) - mix).max() < 1e-6


@pytest.mark.parametrize("limit_db", [0.0, LIMIT_DB])
def test_no_part_is_clipped_where_the_parts_cancel_each_other(limit_db: float) -> None:
    solo = with_peaks()
    others = noise(3, 0.02, seed=1)
    others[60_000] -= 0.9 * solo[60_000] + 0.8
    solo[60_000] += 0.8
    mix = solo + others
    level = find_level(mix, -1, limit_db=limit_db)
    spared = level.sparing([envelope_of(solo), envelope_of(others)])
    assert spared.gain < level.gain
    spared.apply(solo)
    assert 0.9 < peak(solo) < 1
    assert level.sparing([envelope_of(mix)]) is level


def test_the_loudness_of_chunks_is_that_of_the_whole() -> None:
    samples = noise(6, 0.1) * np.repeat([1, 0.1, 0.5], 96_000)[:, None].astype(np.float32)
    chunks = np.concatenate([energies(samples[at : at + 96_000]) for at in range(0, len(samples), 96_000)])
    assert integrated(chunks) == pytest.approx(loudness(samples), abs=0.05)
