"""Loudness after ITU-R BS.1770-4, in LUFS: how loud a sound is to the ear, silences left out.

Own code, as pyloudnorm needs SciPy, which jazzgen does not; tested with signals of EBU Tech 3341.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 48_000  # Hz

Samples = npt.NDArray[np.float32]  # (frames, 2), full scale = 1.0

# The K-weighting of BS.1770-4 at 48 kHz, tables 1 and 2: a shelf for the head, a high-pass for the ear.
#            b0                b1                 b2                a1                 a2
_SHELF = (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585)
_HIGH_PASS = (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621)
_BLOCK, _OVERLAP = 2**16, 2**13  # frames; the filters' echo has sunk below -200 dB after 2**13
_HOP = SAMPLE_RATE // 10  # 100 ms: blocks are 400 ms long and overlap by three quarters


def loudness(samples: npt.NDArray[np.floating]) -> float:
    """The integrated loudness of `samples` (frames, 2) at 48 kHz, in LUFS; -inf for silence."""
    return integrated(energies(samples))


def energies(samples: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """The K-weighted mean square of each 100 ms of `samples` (frames, 2), both channels together -> (hops,).

    Sounds shorter than 400 ms count as one block of that length.
    """
    squares = [np.square(block).sum(axis=0) for block in _weighted(samples)]
    energy = np.concatenate(squares) if squares else np.zeros(0, np.float32)
    hops = energy[: len(energy) // _HOP * _HOP].reshape(-1, _HOP).mean(axis=1, dtype=np.float64)
    return hops if len(hops) >= 4 else np.full(4, energy.mean(dtype=np.float64) if len(energy) else 0.0)


def integrated(energies: npt.NDArray[np.float64]) -> float:
    """The loudness in LUFS of sound with these `energies`; -inf for silence.

    Gated as BS.1770-4 has it: blocks above -70 LUFS, then those above 10 LU below their mean.
    """
    blocks = np.convolve(energies, np.full(4, 0.25), "valid")
    for gate in (-70.0, None):
        if not len(blocks):
            break
        threshold = gate if gate is not None else _lufs(float(blocks.mean())) - 10
        blocks = blocks[blocks > 10 ** ((threshold + 0.691) / 10)]
    return _lufs(float(blocks.mean())) if len(blocks) else -np.inf


def _lufs(energy: float) -> float:
    return -0.691 + 10 * float(np.log10(energy)) if energy > 0 else -np.inf


def _weighted(samples: npt.NDArray[np.floating]) -> Iterator[npt.NDArray[np.float32]]:
    """`samples` through the K-weighting, (2, frames) at a time; by FFT, without a loop over samples."""
    z = np.exp(-2j * np.pi * np.arange(_BLOCK // 2 + 1) / _BLOCK)
    response = np.ones_like(z)
    for b0, b1, b2, a1, a2 in (_SHELF, _HIGH_PASS):
        response *= (b0 + b1 * z + b2 * z**2) / (1 + a1 * z + a2 * z**2)
    response = response.astype(np.complex64)
    channels = np.zeros((2, len(samples) + _OVERLAP), np.float32)
    channels[:, _OVERLAP:] = samples.T
    step = _BLOCK - _OVERLAP
    for start in range(0, len(samples), step):
        spectrum = np.fft.rfft(channels[:, start : start + _BLOCK], _BLOCK)
        filtered = np.fft.irfft(spectrum * response, _BLOCK)
        yield filtered[:, _OVERLAP : _OVERLAP + min(step, len(samples) - start)].astype(
            np.float32, copy=False
        )
