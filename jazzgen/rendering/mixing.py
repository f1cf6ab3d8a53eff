"""From parts to a mix: one gain a part, and one level for all, with a limiter for the highest peaks.

The balance is stated in loudness units from the solo (`BALANCE`) and reached by measuring: a part is as loud
as BS.1770 finds it with the SoundFont at hand, whatever its instrument, style and notes. It gets one gain for
the whole file, so that it keeps its own dynamics. A file's volumes are thus for other programs alone; its
pans and rooms (controllers 10 and 91) are heard.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jazzgen.rendering.loudness import SAMPLE_RATE, Samples, loudness

Envelope = npt.NDArray[np.float32]  # (steps,) the highest absolute value of each millisecond

# record: balanced, in a room, limited. practice: record without the solo. dry: as the file has it, no room.
MIXES = ("record", "practice", "dry")

BALANCE = {"solo": 0.0, "bass": -3.0, "drums": -4.0, "comping": -5.0}  # LU; each while it sounds
REFERENCE_LUFS = -23.0  # of the solo before the last stage; leaves the sum of all below full scale
MOST_DB = 30.0  # that a part is raised or lowered: a part of one whispered note stays a whisper
TARGET_LUFS = (
    -16.0
)  # of a mix, where limiting by up to LIMIT_DB gets there: AES TD1008 for music, by the track
LIMIT_DB = 4.0
STEM_CEILING = 0.97  # of full scale, for a part alone without its room

_STEP = SAMPLE_RATE // 1000  # frames; the limiter's gain has a value a millisecond
_REACH = 12  # steps before and after a peak at which the gain starts to fall and has come back


def part_gain(role: str, lufs: float) -> float:
    """The factor that brings a part of this role and loudness to its place in `BALANCE`."""
    if lufs == -np.inf:
        return 1.0
    gain_db = REFERENCE_LUFS + BALANCE[role] - lufs
    return float(10 ** (min(max(gain_db, -MOST_DB), MOST_DB) / 20))


class Level(NamedTuple):
    """The last stage: a gain, and the limiter's factors, one a millisecond; None where nothing is limited."""

    gain: float
    curve: npt.NDArray[np.float32] | None = None

    def apply(self, samples: Samples) -> None:
        """Change the level of `samples` (frames, 2) in place; of a mix and of each of its stems alike."""
        samples *= np.float32(self.gain)
        if self.curve is not None:
            for step in np.flatnonzero(np.minimum(self.curve[:-1], self.curve[1:]) < 1):
                part = samples[step * _STEP : (step + 1) * _STEP]
                first, last = self.curve[step : step + 2]
                part *= np.linspace(first, last, _STEP, dtype=np.float32)[: len(part), None]

    def sparing(self, envelopes: Iterable[Envelope]) -> Level:
        """The level, or a softer one at which no part alone is clipped; `envelopes` are the parts'.

        Where parts cancel each other, one of them is louder than the mix.
        """
        factors = np.ones(0) if self.curve is None else np.minimum(self.curve[:-1], self.curve[1:])
        highest = 0.0
        for envelope in envelopes:
            limited = envelope.copy()
            limited[: len(factors)] *= factors[: len(envelope)]
            highest = max(highest, self.gain * float(limited.max(initial=0.0)))
        return self if highest <= STEM_CEILING else self._replace(gain=self.gain * STEM_CEILING / highest)


def find_level(
    samples: Samples, peak_dbfs: float, loudness_lufs: float | None = None, limit_db: float = 0.0
) -> Level:
    """The level at which the highest sample stands at the peak.

    Parameters
    ----------
    samples : Samples
        (frames, 2), a whole mix.
    peak_dbfs : float
        What no sample passes.
    loudness_lufs : float, optional
        The loudness to reach, as far as the peak permits; None: the peak is reached, and with a limiter
        `TARGET_LUFS` as far as it permits.
    limit_db : float
        By how much the highest peaks may be lowered; 0: not at all.

    Returns
    -------
    Level
        To be applied to the mix or to each of its stems.

    """
    highest = peak(samples)
    if highest == 0:
        return Level(1.0)
    room_db = peak_dbfs - decibels(highest)
    if loudness_lufs is not None:
        gain_db = min(loudness_lufs - loudness(samples), room_db + limit_db)
    elif limit_db:
        gain_db = room_db + min(max(TARGET_LUFS - loudness(samples) - room_db, 0.0), limit_db)
    else:
        gain_db = room_db
    gain = 10 ** (gain_db / 20)
    return Level(gain, _limit(samples, 10 ** (peak_dbfs / 20) / gain) if gain_db > room_db else None)


def _limit(samples: Samples, ceiling: float) -> npt.NDArray[np.float32]:
    """Factors at the start of each millisecond, and at the end, with which no sample passes `ceiling`.

    The lowest factor that is needed nearby, smoothed over a window that is no wider: at the peak itself the
    smoothed value is no higher than needed.
    """
    peaks = envelope_of(samples)
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    around = np.pad(needed, 2 * _REACH + 1, constant_values=1.0)
    # The value at a step's start counts for the step before, too: one step more on that side.
    lowest = np.lib.stride_tricks.sliding_window_view(around, 2 * _REACH + 2).min(axis=1)
    window = np.hanning(2 * _REACH + 3)[1:-1]
    return np.convolve(lowest, window / window.sum(), "valid")[: len(peaks) + 1].astype(np.float32)


def envelope_of(samples: Samples) -> Envelope:
    """(steps,) the highest absolute value of each millisecond."""
    padded = np.pad(np.abs(samples).max(axis=1, initial=0.0), (0, -len(samples) % _STEP))
    highest: Envelope = padded.reshape(-1, _STEP).max(axis=1)
    return highest


def peak(samples: npt.NDArray[np.floating]) -> float:
    """The highest absolute value."""
    return float(max(samples.max(initial=0.0), -samples.min(initial=0.0)))


def decibels(amplitude: float) -> float:
    """An amplitude in dB below full scale; -inf for silence."""
    return 20 * float(np.log10(amplitude)) if amplitude > 0 else -np.inf
