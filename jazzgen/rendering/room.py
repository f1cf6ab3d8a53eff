"""The room in which a band plays: a short reverberation, the same for all parts, more or less of it for each.

Convolution with the response of a small room that is made here, from a few early reflections and noise that
dies away, high tones first; no recording is needed. It is linear and time-invariant: parts in the room add up
to the band in the room. (midirenderer's own reverb is neither: it leaves out what is soft.)
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from jazzgen.rendering.loudness import SAMPLE_RATE, Samples

LENGTH = round(1.2 * SAMPLE_RATE)  # frames; by then it has died away
_SECONDS = (0.95, 0.55)  # until low and high tones are 60 dB softer
_CROSSOVER_HZ, _LOWEST_HZ = 2000.0, 140.0  # basses muddy a room
_DELAY_S = 0.012  # between the sound itself and the room
# Early reflections: seconds, and amplitudes to the left and to the right.
_EARLY = ((0.013, 0.5, 0.2), (0.019, 0.2, 0.5), (0.027, 0.4, 0.15), (0.034, 0.15, 0.4), (0.047, 0.2, 0.2))
_LEVEL = 0.5  # amplitude of all of it beside the sound, where everything is sent
_BLOCK = 2**17


def reverberation(sent: npt.NDArray[np.float32]) -> Samples:
    """What the room gives back of a sound (frames,) -> (frames, 2); cut off where the sound ends."""
    spectrum = _spectrum()
    padded = np.concatenate([np.zeros(LENGTH, np.float32), sent])
    returned = np.zeros((len(sent), 2), np.float32)
    step = _BLOCK - LENGTH
    for start in range(0, len(sent), step):
        block = np.fft.rfft(padded[start : start + _BLOCK], _BLOCK)
        frames = min(step, len(sent) - start)
        for channel in (0, 1):
            heard = np.fft.irfft(block * spectrum[channel], _BLOCK)
            returned[start : start + frames, channel] = heard[LENGTH : LENGTH + frames]
    return returned


@cache
def response() -> Samples:
    """The room's answer to one sample of 1.0, (LENGTH, 2), from the moment at which that sounds."""
    time_s = np.arange(LENGTH) / SAMPLE_RATE
    hertz = np.fft.rfftfreq(LENGTH, 1 / SAMPLE_RATE)
    noise = np.fft.rfft(np.random.default_rng(0).uniform(-1, 1, (2, LENGTH)))
    low = noise / (1 + (hertz / _CROSSOVER_HZ) ** 2)
    bands = (np.fft.irfft(band, LENGTH) for band in (low, noise - low))
    decayed = (band * 10 ** (-3 * time_s / seconds) for band, seconds in zip(bands, _SECONDS, strict=True))
    tail = sum(decayed) * np.clip((time_s - _DELAY_S) / 0.03, 0, 1)  # (2, LENGTH), setting in after the delay
    tail /= np.sqrt(np.square(tail).sum(axis=1, keepdims=True))
    for seconds, *sides in _EARLY:
        tail[:, round(seconds * SAMPLE_RATE)] += sides
    heard = np.fft.irfft(np.fft.rfft(tail) * (hertz**2 / (hertz**2 + _LOWEST_HZ**2)), LENGTH)
    heard *= _LEVEL / np.sqrt(np.square(heard).sum(axis=1, keepdims=True))
    return np.ascontiguousarray(heard.T, np.float32)


@cache
def _spectrum() -> npt.NDArray[np.complex64]:
    return np.fft.rfft(response().T, _BLOCK).astype(np.complex64)
