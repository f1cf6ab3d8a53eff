"""Sound: a MIDI file rendered with a SoundFont, mixed, levelled, and written as WAV, FLAC, Ogg Vorbis or MP3.

In: a MIDI file, a take or a solo. Out: 48 kHz stereo, 16 bits a sample, from the first bar line to the end of
the file or of the last note's decay, whichever is later; as loud as its peak (or a stated loudness) allows,
never clipped. Equal files, fonts and options give equal bytes. The way there: `parts` takes a file apart,
`synthesis` plays each part with a SoundFont (`soundfonts`), `mixing` balances their `loudness` and limits the
sum, `sound_files` writes it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from jazzgen.errors import MidiError, OptionError
from jazzgen.midi.smf import DEFAULT_TEMPO_US, Song, read_song
from jazzgen.rendering.loudness import SAMPLE_RATE, Samples, loudness
from jazzgen.rendering.mixing import (
    LIMIT_DB,
    MIXES,
    Envelope,
    Level,
    decibels,
    envelope_of,
    find_level,
    part_gain,
    peak,
)
from jazzgen.rendering.parts import ROLES, PartFile, part_files, with_tail
from jazzgen.rendering.room import reverberation
from jazzgen.rendering.sound_files import check_format, write_below
from jazzgen.rendering.soundfonts import find_soundfont
from jazzgen.rendering.sources import Source, midi_file
from jazzgen.rendering.synthesis import ENGINES, choose_engine, play, sent_to_room
from jazzgen.util.files import check_folder, check_writable, make_folder, replacing, stem_paths
from jazzgen.util.packages import optional

MAX_SECONDS = 1800  # of music; half an hour of samples is 700 MB

TAIL_S = 4.0  # room for the last note to die away
SILENCE_DB = -72.0  # below the peak: a tail that has sunk so far is over
_FADE = round(0.02 * SAMPLE_RATE)  # so that cutting the tail there cannot click


_Sound = TypeVar("_Sound", bound=npt.NDArray[np.float32])


@dataclass(frozen=True, slots=True)
class Recording:
    """What `render` wrote: its length, its highest sample in dBFS and its loudness in LUFS (-inf: silent).

    `gains` says by how many dB each part was raised to bring all into balance; where it is empty the balance
    is the file's own.
    """

    path: Path
    seconds: float
    peak_dbfs: float
    loudness_lufs: float
    engine: str
    soundfont: Path
    mix: str = MIXES[0]
    gains: Mapping[str, float] = field(default_factory=dict)


def render(
    source: Source,
    path: str | os.PathLike[str],
    *,
    mix: str = MIXES[0],
    soundfont: str | os.PathLike[str] | None = None,
    engine: str = "auto",
    peak_dbfs: float = -1.0,
    loudness_lufs: float | None = None,
    stems: str | os.PathLike[str] | None = None,
) -> Recording:
    """Play a MIDI file, a take or a solo into a sound file.

    Parameters
    ----------
    source
        The path of a MIDI file, a take or a `Solo`.
    path
        The sound file; its suffix is the format: .wav, .flac, .ogg or .mp3.
    mix
        "record": the parts in balance (`mixing.BALANCE`) and in a room, the highest peaks limited by at most
        4 dB; "practice": the same without the solo; "dry": the file's own levels, no room and no limiter. A
        file whose tracks are not called as jazzgen's keeps its own levels.
    soundfont
        The path of an .sf2 file; None takes the best one that is installed, or that which pretty_midi brings.
    engine
        "midirenderer", "fluidsynth" or "auto": midirenderer, unless only FluidSynth can read the font.
    peak_dbfs
        Where the highest sample is put, -60..0; Ogg Vorbis and MP3 keep to it when they are decoded.
    loudness_lufs
        The loudness to reach, -70..0, as far as the peak and the limiter permit.
    stems
        A folder for a sound file a part ("solo.wav"), each as it is in the mix: together they are the mix.

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
    _check_options(path, mix, engine, peak_dbfs, loudness_lufs)
    font = find_soundfont(soundfont, engine)
    with midi_file(source) as midi:
        data, length_s = _read(midi)
        parts = _parts(data, mix, midi.name, apart=stems is not None)
    targets = _stem_paths(stems, path, parts)
    band = _Band(font, choose_engine(engine, font), mix, length_s)
    samples, gains, envelopes = band.together(parts)
    level = find_level(samples, peak_dbfs, loudness_lufs, LIMIT_DB * (mix != "dry")).sparing(envelopes)
    level.apply(samples)
    alone = (band.alone(part, gains[part.name], level, len(samples)) for part in parts)
    highest, reached = _write(samples, path, peak_dbfs, zip(targets, alone, strict=False))
    raised = {name: decibels(factor) for name, factor in gains.items()} if band.balances(parts) else {}
    return Recording(path, len(samples) / SAMPLE_RATE, highest, reached, band.engine, font, mix, raised)


def check(path: str | os.PathLike[str], soundfont: str | os.PathLike[str] | None = None) -> None:
    """Raise now what `render` would raise for its options and for what is not installed."""
    _check_options(Path(path), MIXES[0], "auto", -1.0, None)
    if choose_engine("auto", find_soundfont(soundfont)) == "midirenderer":
        optional("midirenderer", "audio", "rendering")


def _check_options(path: Path, mix: str, engine: str, peak_dbfs: float, loudness_lufs: float | None) -> None:
    if mix not in MIXES:
        raise OptionError(f"mix must be one of {', '.join(MIXES)}, received {mix!r}")
    if engine not in ENGINES:
        raise OptionError(f"engine must be one of {', '.join(ENGINES)}, received {engine!r}")
    if not -60 <= peak_dbfs <= 0:
        raise OptionError(f"the peak must be in -60..0 dBFS, received {peak_dbfs:g}")
    if loudness_lufs is not None and not -70 <= loudness_lufs <= 0:
        raise OptionError(f"the loudness must be in -70..0 LUFS, received {loudness_lufs:g}")
    check_format(path)


def _read(path: Path) -> tuple[bytes, float]:
    """The bytes of a MIDI file that is whole and not too long, with a tail, and its own length in seconds."""
    song = read_song(path)
    length_s = _seconds(song)
    if length_s > MAX_SECONDS:
        raise MidiError(f"{path}: lasts {length_s:,.0f} s; at most {MAX_SECONDS:,} s can be rendered")
    last_us = song.tempos[-1][1] if song.tempos else DEFAULT_TEMPO_US
    return with_tail(path.read_bytes(), round(TAIL_S * 1e6 / last_us * song.ppq)), length_s


def _seconds(song: Song) -> float:
    """How long the file is: to its last end-of-track, through all its tempi."""
    tempos = [(0, DEFAULT_TEMPO_US), *song.tempos, (song.end, 0)]
    ticks_us = sum(max(min(after, song.end) - at, 0) * us for (at, us), (after, _) in pairwise(tempos))
    return ticks_us / song.ppq / 1e6


def _parts(midi: bytes, mix: str, name: str, *, apart: bool) -> Sequence[PartFile]:
    """What is played: the parts of a file, or the whole of one that has no parts or needs none."""
    parts = part_files(midi) if apart or mix != "dry" else ()
    if mix == "practice":
        band = [part for part in parts if part.role != "solo"]
        if not band or len(band) == len(parts):
            raise OptionError(
                f"the practice mix leaves the solo out, but {name} has no track called Solo beside others "
                "called Piano, Guitar, Bass or Drums; take the record mix"
            )
        return band
    if apart and not parts:
        raise OptionError(
            f"stems need tracks called {', '.join(ROLES)}, each on a channel of its own, as jazzgen writes "
            f"them; {name} has others"
        )
    return parts or (PartFile("", "", midi),)


def _stem_paths(folder: str | os.PathLike[str] | None, mix: Path, parts: Iterable[PartFile]) -> list[Path]:
    """The files of the stems, if any; raises where one of them or the mix cannot be written."""
    check_writable(mix)
    paths = stem_paths(mix, folder, [f"{part.name.casefold()}{mix.suffix}" for part in parts], "mix")
    if folder is not None:
        check_folder(folder)
    for path in paths:
        check_writable(path)
    return paths


@dataclass(frozen=True, slots=True)
class _Band:
    """What plays parts, and how they are mixed."""

    font: Path
    engine: str
    mix: str
    length_s: float  # of the music, without the tail

    def together(self, parts: Sequence[PartFile]) -> tuple[Samples, dict[str, float], list[Envelope]]:
        """The sum of the parts, the gain of each by name, and the envelopes of several; one part at a time is
        held beside the sum.
        """
        gains: dict[str, float] = {}
        envelopes = []
        total, sent = np.zeros((0, 2), np.float32), np.zeros(0, np.float32)
        for part in parts:
            samples = play(part.midi, self.font, self.engine, room=False)
            gains[part.name] = part_gain(part.role, loudness(samples)) if self.balances(parts) else 1.0
            samples *= np.float32(gains[part.name])
            envelopes.append(envelope_of(samples))
            sent = _sum(sent, sent_to_room(part.midi, samples))
            total = _sum(total, samples)  # in the memory of either
        if self.mix != "dry":
            total += reverberation(sent)
        return _trimmed(total, self.length_s), gains, envelopes if len(parts) > 1 else []

    def alone(self, part: PartFile, gain: float, level: Level, frames: int) -> Samples:
        """What a part adds to a mix of so many frames at this level."""
        samples = play(part.midi, self.font, self.engine, room=self.mix != "dry")
        stem = _fitted(samples * np.float32(gain), frames)
        level.apply(stem)
        return stem

    def balances(self, parts: Sequence[PartFile]) -> bool:
        """Whether the levels of the parts are set here."""
        return self.mix != "dry" and len(parts) > 1


def _write(
    mix: Samples, path: Path, peak_dbfs: float, stems: Iterable[tuple[Path, Samples]]
) -> tuple[float, float]:
    """Write all files or none -> the highest sample of the mix in dBFS, and its loudness in LUFS."""
    with ExitStack() as together:
        gain, highest = write_below(mix, together.enter_context(replacing(path)), peak_dbfs)
        reached = loudness(mix) + decibels(gain)  # here, so that nothing can fail once files are in place
        for target, stem in stems:
            make_folder(target.parent)
            write_below(stem * np.float32(gain), together.enter_context(replacing(target)), 0.0)
    return decibels(highest), reached


def _sum(one: _Sound, other: _Sound) -> _Sound:
    """Both together, in the memory of the longer one."""
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    longer[: len(shorter)] += shorter
    return longer


def _trimmed(samples: Samples, length_s: float) -> Samples:
    """Without the silence behind the tail, but never shorter than the music itself."""
    length = round(length_s * SAMPLE_RATE)
    floor = peak(samples) * 10 ** (SILENCE_DB / 20)
    audible = np.flatnonzero((np.abs(samples[length:]) > floor).any(axis=1))
    return _fitted(samples, length + (int(audible[-1]) + 1 + _FADE if len(audible) else 0))


def _fitted(samples: Samples, frames: int) -> Samples:
    """`samples` cut or filled up to so many frames, faded out at their end."""
    fitted = np.zeros((frames, 2), np.float32)
    fitted[: len(samples)] = samples[:frames]
    fitted[-_FADE:] *= np.linspace(1, 0, len(fitted[-_FADE:]), dtype=np.float32)[:, None]
    return fitted
