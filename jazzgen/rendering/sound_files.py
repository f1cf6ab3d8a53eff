"""Samples as WAV, FLAC, Ogg Vorbis or MP3: 16 bits, 48 kHz, stereo; equal samples give equal bytes."""

from __future__ import annotations

import io
import wave
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError
from jazzgen.rendering.loudness import SAMPLE_RATE, Samples
from jazzgen.rendering.mixing import peak
from jazzgen.util.packages import optional

FORMATS = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG", ".mp3": "MP3"}


def check_format(path: Path) -> None:
    """Raise where a sound file of this name cannot be written: `OptionError`, `MissingPackageError`."""
    if path.suffix.lower() not in FORMATS:
        raise OptionError(f"a sound file ends in {', '.join(FORMATS)}, received {path.name!r}")
    if path.suffix.lower() != ".wav":
        # Imported now, because rendering first and then failing wastes the user's time.
        optional("soundfile", "audio", f"writing {path.suffix.lower()}")


_BLOCK = 65_536  # frames; libsndfile crashes when a minute of Ogg Vorbis arrives in one call
LOSSY = ("OGG", "MP3")  # what comes out of these is not what went in, and its peaks are a little higher
ATTEMPTS = 6


def write_below(samples: Samples, path: Path, peak_dbfs: float) -> tuple[float, float]:
    """Write `samples`, softer where decoding would pass the peak -> the gain and the peak it came to."""
    highest = float(10 ** (peak_dbfs / 20))
    gain = 1.0
    for _ in range(ATTEMPTS):
        write(samples * gain, path)
        if FORMATS[path.suffix.lower()] not in LOSSY:
            return gain, peak(samples)
        decoded = _decoded_peak(path)
        if decoded <= highest:
            break
        gain *= highest / decoded * 0.999  # an encoder does not keep proportions exactly
    return gain, decoded


def _decoded_peak(path: Path) -> float:
    soundfile: Any = optional("soundfile", "audio", f"reading {path.suffix.lower()}")
    with soundfile.SoundFile(path) as file:
        return max((peak(block) for block in file.blocks(_BLOCK, always_2d=True)), default=0.0)


def write(samples: Samples, path: Path) -> None:
    """Write `samples` as 16 bits in the format that the suffix of `path` names."""
    pcm = np.rint(samples * 32767).clip(-32768, 32767).astype("<i2")  # (frames, 2)
    kind = FORMATS[path.suffix.lower()]
    if kind == "WAV":
        with path.open("wb") as raw, wave.open(raw) as file:
            file.setparams((2, 2, SAMPLE_RATE, len(pcm), "NONE", ""))
            file.writeframes(pcm.tobytes())
        return
    # In a thread, because only the main one receives Ctrl-C: raised inside libsndfile it would be lost.
    with ThreadPoolExecutor(1) as pool:
        path.write_bytes(pool.submit(_encode, pcm, kind).result())


def _encode(pcm: npt.NDArray[np.int16], kind: str) -> bytes:
    """A sound file of `pcm` (frames, 2), in memory: libsndfile does not report a full disk."""
    soundfile: Any = optional("soundfile", "audio", f"writing .{kind.lower()}")
    encoded = io.BytesIO()
    with soundfile.SoundFile(encoded, "w", SAMPLE_RATE, 2, format=kind) as file:
        for start in range(0, len(pcm), _BLOCK):
            block = pcm[start : start + _BLOCK]
            # Integers only where they stay integers: as MP3 libsndfile 1.2.2 turns them into noise, each time
            # another.
            file.write(block if kind == "FLAC" else block / 32768)
    return _fix_serial(encoded.getvalue()) if kind == "OGG" else encoded.getvalue()


_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _fix_serial(ogg: bytes) -> bytes:
    """The same Ogg stream with serial number 1: libsndfile draws one at random, for each file another."""
    out = bytearray()
    at = 0
    while at < len(ogg):
        table = 27 + ogg[at + 26]  # the page's header, then the lengths of its segments
        size = table + sum(ogg[at + 27 : at + table])
        page = bytearray(ogg[at : at + size])
        page[14:18] = (1).to_bytes(4, "little")
        page[22:26] = bytes(4)
        page[22:26] = _ogg_crc(page).to_bytes(4, "little")
        out += page
        at += size
    return bytes(out)


def _ogg_crc(page: bytes | bytearray) -> int:
    """Ogg's checksum: zlib's polynomial read from the other end, without its inversions."""
    reflected = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)
