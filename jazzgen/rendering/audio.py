"""Sound: a MIDI file rendered with a SoundFont, levelled, and written as WAV, FLAC, Ogg Vorbis or MP3.

In: a MIDI file, a take or a solo. Out: 48 kHz stereo, 16 bits a sample, from the first bar line to the end of
the file or of the last note's decay, whichever is later; as loud as its peak (or a stated loudness) allows,
never clipped. Equal files, fonts and options give equal bytes.

Two engines: `midirenderer` (a wheel without dependencies, about fifty times as fast as the music) and the
FluidSynth program (with reverb and chorus; also reads SF3). Without a font of the user's, TimGM6mb.sf2 is
taken from the installed pretty_midi package, which is never imported. Levels are in dBFS (0 = full scale);
loudness is in LUFS after ITU-R BS.1770-4.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
import wave
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jazzgen.errors import MidiError, MissingPackageError, OptionError
from jazzgen.midi.smf import DEFAULT_TEMPO_US, Song, read_song
from jazzgen.rendering.sources import Source, midi_file
from jazzgen.util.files import kind_of, replacing
from jazzgen.util.packages import optional

SAMPLE_RATE = 48_000  # Hz; what midirenderer gives
ENGINES = ("auto", "midirenderer", "fluidsynth")
FORMATS = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG", ".mp3": "MP3"}
MAX_SECONDS = 1800  # of music; half an hour of samples is 350 MB

TAIL_S = 4.0  # room for the last note to die away
SILENCE_DB = -72.0  # below the peak: a tail that has sunk so far is over
FADE_S = 0.02  # so that cutting the tail there cannot click

Samples = npt.NDArray[np.float64]  # (frames, 2), full scale = 1.0


@dataclass(frozen=True, slots=True)
class Recording:
    """What `render` wrote: its length, its highest sample in dBFS and its loudness in LUFS (-inf: silent)."""

    path: Path
    seconds: float
    peak_dbfs: float
    loudness_lufs: float
    engine: str
    soundfont: Path


def render(
    source: Source,
    path: str | os.PathLike[str],
    *,
    soundfont: str | os.PathLike[str] | None = None,
    engine: str = "auto",
    peak_dbfs: float = -1.0,
    loudness_lufs: float | None = None,
) -> Recording:
    """Play a MIDI file, a take or a solo into a sound file.

    Parameters
    ----------
    source
        The path of a MIDI file, a take or a `Solo`.
    path
        The sound file; its suffix is the format: .wav, .flac, .ogg or .mp3.
    soundfont
        The path of an .sf2 file; None takes the one that pretty_midi brings.
    engine
        "midirenderer", "fluidsynth" or "auto": midirenderer, unless only FluidSynth can read the font.
    peak_dbfs
        Where the highest sample is put, -60..0; Ogg Vorbis and MP3 keep to it when they are decoded.
    loudness_lufs
        The loudness to reach, -70..0, as far as the peak permits: nothing is limited or compressed.

    Returns
    -------
    What was written: length, peak, loudness, engine and font.

    Raises
    ------
    MidiError, OptionError, OutputError
        For a file, an option or a place that cannot be used.
    MissingPackageError
        With what to install.
    """
    path = Path(path)
    _check_options(path, engine, peak_dbfs, loudness_lufs)
    font = find_soundfont(soundfont)
    engine = _choose_engine(engine, font)
    with midi_file(source) as midi:
        with_tail, length_s = _read(midi)
    samples = _RENDERERS[engine](with_tail, font)  # (frames, 2)
    samples = _level(_trim(samples, length_s), peak_dbfs, loudness_lufs)
    with replacing(path) as temporary:
        gain, peak = _write_below(samples, temporary, peak_dbfs)
        reached = loudness(samples * gain)  # here, so that nothing can fail once the file is in its place
    return Recording(path, len(samples) / SAMPLE_RATE, _decibels(peak), reached, engine, font)


def check(path: str | os.PathLike[str], soundfont: str | os.PathLike[str] | None = None) -> None:
    """Raise now what `render` would raise for its options and for what is not installed."""
    _check_options(Path(path), "auto", -1.0, None)
    if _choose_engine("auto", find_soundfont(soundfont)) == "midirenderer":
        optional("midirenderer", "audio", "rendering")


def _check_options(path: Path, engine: str, peak_dbfs: float, loudness_lufs: float | None) -> None:
    if path.suffix.lower() not in FORMATS:
        raise OptionError(f"a sound file ends in {', '.join(FORMATS)}, received {path.name!r}")
    if engine not in ENGINES:
        raise OptionError(f"engine must be one of {', '.join(ENGINES)}, received {engine!r}")
    if not -60 <= peak_dbfs <= 0:
        raise OptionError(f"the peak must be in -60..0 dBFS, received {peak_dbfs:g}")
    if loudness_lufs is not None and not -70 <= loudness_lufs <= 0:
        raise OptionError(f"the loudness must be in -70..0 LUFS, received {loudness_lufs:g}")
    if path.suffix.lower() != ".wav":
        # Imported now, because rendering first and then failing wastes the user's time.
        optional("soundfile", "audio", f"writing {path.suffix.lower()}")


def _read(path: Path) -> tuple[bytes, float]:
    """The bytes of a MIDI file that is whole and not too long, with a tail, and its own length in seconds."""
    song = read_song(path)
    length_s = _seconds(song)
    if length_s > MAX_SECONDS:
        raise MidiError(f"{path}: lasts {length_s:,.0f} s; at most {MAX_SECONDS:,} s can be rendered")
    last_us = song.tempos[-1][1] if song.tempos else DEFAULT_TEMPO_US
    return _add_tail(path.read_bytes(), round(TAIL_S * 1e6 / last_us * song.ppq)), length_s


def _seconds(song: Song) -> float:
    """How long the file is: to its last end-of-track, through all its tempi."""
    tempos = [(0, DEFAULT_TEMPO_US), *song.tempos, (song.end, 0)]
    ticks_us = sum(max(min(after, song.end) - at, 0) * us for (at, us), (after, _) in pairwise(tempos))
    return ticks_us / song.ppq / 1e6


# ------------------------------------------------------------------------------------------ fonts and engines


def find_soundfont(path: str | os.PathLike[str] | None = None) -> Path:
    """The SoundFont at `path`, or the one inside the installed pretty_midi package."""
    if path is not None:
        font = Path(path)
        if kind_of(font) != "file":
            raise OptionError(f"no such SoundFont: {font}; give the path of an .sf2 file")
        try:
            with font.open("rb") as file:
                head = file.read(12)
        except OSError as error:
            raise OptionError(f"the SoundFont {font} cannot be read: {error.strerror}") from None
        # FluidSynth would play another font, or the file itself, and report success.
        if head[:4] != b"RIFF" or head[8:] != b"sfbk":
            raise OptionError(f"{font} is no SoundFont; give the path of an .sf2 file")
        return font
    # find_spec does not run the package, which would import matplotlib's and music libraries' worth of code.
    spec = find_spec("pretty_midi")
    font = Path(spec.origin or "").parent / "TimGM6mb.sf2" if spec else Path()
    if not font.is_file():
        raise MissingPackageError(
            "rendering needs a SoundFont: pip install 'jazzgen[audio]' brings one, or give your own .sf2"
        )
    return font


def _choose_engine(engine: str, font: Path) -> str:
    if engine != "auto":
        return engine
    only_fluidsynth = font.suffix.lower() == ".sf3" or find_spec("midirenderer") is None
    return "fluidsynth" if only_fluidsynth and shutil.which("fluidsynth") else "midirenderer"


def _render_midirenderer(midi: bytes, font: Path) -> Samples:
    renderer = optional("midirenderer", "audio", "rendering")
    try:
        sound = renderer.render_wave_from(font.read_bytes(), midi)
    except (RuntimeError, ValueError, OSError) as error:
        raise OptionError(f"midirenderer cannot play this with {font}: {error}") from error
    with wave.open(io.BytesIO(sound)) as file:
        frames = file.readframes(file.getnframes())
    return np.frombuffer(frames, "<i2").reshape(-1, 2) / 32768.0


def _render_fluidsynth(midi: bytes, font: Path) -> Samples:
    program = shutil.which("fluidsynth")
    if program is None:
        raise MissingPackageError(
            "the FluidSynth engine needs the program fluidsynth, which is not installed:"
            " apt install fluidsynth, or leave the engine to jazzgen"
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in.mid").write_bytes(midi)
        sound = folder / "out.raw"
        # Raw floats: no header to parse, and nothing that full scale could clip.
        options = f"-n -i -q -T raw -O float -r {SAMPLE_RATE}".split()
        done = subprocess.run(  # noqa: S603  # a program found on the user's own path, no shell
            [program, *options, "-F", sound, font, folder / "in.mid"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not sound.is_file() or not sound.stat().st_size:
            reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
            raise OptionError(f"fluidsynth cannot play this with {font}: {reason[:200]}")
        return np.fromfile(sound, "<f4").reshape(-1, 2).astype(np.float64)


_RENDERERS = {"midirenderer": _render_midirenderer, "fluidsynth": _render_fluidsynth}


def _add_tail(midi: bytes, ticks: int) -> bytes:
    """The same file with every end-of-track `ticks` later.

    Renderers stop dead at the last end-of-track and would cut the last note's release. The old end's delta
    time goes to an empty text event, so that nothing before it needs to be understood.
    """
    later = b"\xff\x01\x00" + _variable_length(ticks) + b"\xff\x2f\x00"
    out = bytearray(midi[: 8 + int.from_bytes(midi[4:8], "big")])
    at = len(out)
    while at + 8 <= len(midi):
        end = at + 8 + int.from_bytes(midi[at + 4 : at + 8], "big")
        kind, body = midi[at : at + 4], midi[at + 8 : end]
        if kind == b"MTrk":
            body = body.removesuffix(b"\xff\x2f\x00") + later if body.endswith(b"\xff\x2f\x00") else body
            out += kind + len(body).to_bytes(4, "big") + body
        at = end
    return bytes(out)


def _variable_length(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))


# ------------------------------------------------------------------------------------------------------ level


def _trim(samples: Samples, length_s: float) -> Samples:
    """Without the silence behind the tail, but never shorter than the music itself."""
    length, fade = round(length_s * SAMPLE_RATE), round(FADE_S * SAMPLE_RATE)
    floor = _peak(samples) * 10 ** (SILENCE_DB / 20)
    audible = np.flatnonzero((np.abs(samples[length:]) > floor).any(axis=1))
    end = length + (int(audible[-1]) + 1 + fade if len(audible) else 0)
    samples = samples[:end].copy()
    samples[-fade:] *= np.linspace(1, 0, len(samples[-fade:]))[:, None]
    return np.pad(samples, ((0, end - len(samples)), (0, 0)))


def _peak(samples: Samples) -> float:
    return float(max(samples.max(initial=0.0), -samples.min(initial=0.0)))


def _level(samples: Samples, peak_dbfs: float, loudness_lufs: float | None) -> Samples:
    """One gain for all: to the peak, or to the loudness where that stays below the peak."""
    peak = _peak(samples)
    if peak == 0:
        return samples
    gain_db = peak_dbfs - _decibels(peak)
    if loudness_lufs is not None:
        gain_db = min(gain_db, loudness_lufs - loudness(samples))
    return samples * float(10 ** (gain_db / 20))


def _decibels(amplitude: float) -> float:
    return 20 * float(np.log10(amplitude)) if amplitude > 0 else -np.inf


# The K-weighting of BS.1770-4 at 48 kHz, tables 1 and 2: a shelf for the head, a high-pass for the ear.
#            b0                b1                 b2                a1                 a2
_SHELF = (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585)
_HIGH_PASS = (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621)
_CHUNK, _OVERLAP = 2**18, 2**15  # frames; the filters' echo has sunk below -200 dB after 2**15
_HOP = SAMPLE_RATE // 10  # 100 ms: blocks are 400 ms long and overlap by three quarters


def loudness(samples: Samples) -> float:
    """The integrated loudness of `samples` (frames, 2) at 48 kHz, in LUFS; -inf for silence.

    Gated as BS.1770-4 has it: blocks above -70 LUFS, then those above 10 LU below their mean.
    """
    hops = [np.square(chunk).sum(axis=1) for chunk in _weighted(samples)]
    energy = np.concatenate(hops) if hops else np.zeros(0)
    energy = energy[: len(energy) // _HOP * _HOP].reshape(-1, _HOP).mean(axis=1)  # (hops,), both channels
    if len(energy) < 4:
        energy = np.full(4, np.square(samples).sum(axis=1).mean() if len(samples) else 0.0)
    blocks = np.convolve(energy, np.full(4, 0.25), "valid")
    for gate in (-70.0, None):
        if not len(blocks):
            break
        threshold = gate if gate is not None else _lufs(float(blocks.mean())) - 10
        blocks = blocks[blocks > 10 ** ((threshold + 0.691) / 10)]
    return _lufs(float(blocks.mean())) if len(blocks) else -np.inf


def _lufs(energy: float) -> float:
    return -0.691 + 10 * float(np.log10(energy)) if energy > 0 else -np.inf


def _weighted(samples: Samples) -> Iterator[Samples]:
    """`samples` through the K-weighting, chunk by chunk, in the frequency domain (no loop over samples)."""
    z = np.exp(-2j * np.pi * np.arange((_CHUNK + _OVERLAP) // 2 + 1) / (_CHUNK + _OVERLAP))
    response = np.ones_like(z)
    for b0, b1, b2, a1, a2 in (_SHELF, _HIGH_PASS):
        response *= (b0 + b1 * z + b2 * z**2) / (1 + a1 * z + a2 * z**2)
    padded = np.pad(samples, ((_OVERLAP, 0), (0, 0)))
    for start in range(0, len(samples), _CHUNK):
        spectrum = np.fft.rfft(padded[start : start + _CHUNK + _OVERLAP], _CHUNK + _OVERLAP, axis=0)
        filtered = np.fft.irfft(spectrum * response[:, None], _CHUNK + _OVERLAP, axis=0)
        yield filtered[_OVERLAP : _OVERLAP + min(_CHUNK, len(samples) - start)]


# ------------------------------------------------------------------------------------------------------ files

_BLOCK = 65_536  # frames; libsndfile crashes when a minute of Ogg Vorbis arrives in one call
LOSSY = ("OGG", "MP3")  # what comes out of these is not what went in, and its peaks are a little higher
ATTEMPTS = 6


def _write_below(samples: Samples, path: Path, peak_dbfs: float) -> tuple[float, float]:
    """Write `samples`, softer where decoding would pass the peak -> the gain and the peak it came to."""
    highest = float(10 ** (peak_dbfs / 20))
    gain = 1.0
    for _ in range(ATTEMPTS):
        _write(samples * gain, path)
        if FORMATS[path.suffix.lower()] not in LOSSY:
            return gain, _peak(samples)
        peak = _decoded_peak(path)
        if peak <= highest:
            break
        gain *= highest / peak * 0.999  # an encoder does not keep proportions exactly
    return gain, peak


def _decoded_peak(path: Path) -> float:
    soundfile: Any = optional("soundfile", "audio", f"reading {path.suffix.lower()}")
    with soundfile.SoundFile(path) as file:
        return max((_peak(block) for block in file.blocks(_BLOCK, always_2d=True)), default=0.0)


def _write(samples: Samples, path: Path) -> None:
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


# ---------------------------------------------------------------------------------------------- for a mixer


def unlevelled(midi: bytes, font: Path) -> Samples:
    """(frames, 2): a MIDI file as it is played, before any gain; it lasts until its last end-of-track."""
    return _RENDERERS[_choose_engine("auto", font)](midi, font)


def with_tail(path: Path) -> tuple[bytes, float]:
    """The bytes of a MIDI file with room for its last note to die away, and its own length in seconds."""
    return _read(path)


def write_levelled(samples: Samples, length_s: float, path: Path) -> float:
    """Write `samples` of music that lasts so long as `render` does; the gain that they came to."""
    trimmed = _trim(samples, length_s)
    levelled = _level(trimmed, -1.0, None)
    with replacing(path) as temporary:
        _write_below(levelled, temporary, -1.0)
    return _peak(levelled) / (_peak(trimmed) or 1.0)
