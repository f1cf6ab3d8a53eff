"""A MIDI file's bytes to samples, by one of two engines, with nothing done to the level.

`midirenderer` is a wheel without dependencies and about fifty times as fast as the music; the FluidSynth
program also reads SF3. Without their reverb, which is replaced by `room`, both are linear and time-invariant
(midirenderer up to its blocks of 64 frames): a file's parts add up to the file, and so do spans of it with
their tails.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import wave
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jazzgen.errors import MissingPackageError, OptionError
from jazzgen.rendering.loudness import SAMPLE_RATE, Samples
from jazzgen.rendering.parts import room_send, without_room
from jazzgen.rendering.room import reverberation
from jazzgen.rendering.soundfonts import is_sf3
from jazzgen.util.packages import optional

ENGINES = ("auto", "midirenderer", "fluidsynth")


def choose_engine(engine: str, font: Path) -> str:
    """`engine`, or for "auto" midirenderer, unless only FluidSynth can play `font`."""
    if engine != "auto":
        return engine
    only_fluidsynth = is_sf3(font) or find_spec("midirenderer") is None
    return "fluidsynth" if only_fluidsynth and shutil.which("fluidsynth") else "midirenderer"


def play(midi: bytes, font: Path, engine: str, *, room: bool = True) -> Samples:
    """What a MIDI file sounds like, from its start to its last end-of-track, at its own levels.

    Parameters
    ----------
    midi : bytes
        A whole file, of any number of parts; with `parts.with_tail` its last notes die away.
    font : Path
        The SoundFont.
    engine : str
        "midirenderer" or "fluidsynth"; `choose_engine` chooses.
    room : bool
        Whether it sounds in the room, to which it is sent as controller 91 says.

    Returns
    -------
    Samples
        (frames, 2) at 48 kHz, full scale = 1.0.

    Raises
    ------
    OptionError
        Where the engine cannot play this.
    MissingPackageError
        Where the engine is not installed.

    """
    samples = _ENGINES[engine](without_room(midi), font)
    if room:
        samples += reverberation(sent_to_room(midi, samples))
    return samples


def sent_to_room(midi: bytes, samples: Samples) -> npt.NDArray[np.float32]:
    """What of the dry `samples` of a file goes to the room, (frames,)."""
    middle: npt.NDArray[np.float32] = samples.mean(axis=1)
    return middle * np.float32(room_send(midi))


def _play_midirenderer(midi: bytes, font: Path) -> Samples:
    renderer = optional("midirenderer", "audio", "rendering")
    try:
        sound = renderer.render_wave_from(font.read_bytes(), midi)
    except (RuntimeError, ValueError, OSError) as error:
        raise OptionError(f"midirenderer cannot play this with {font}: {error}") from error
    with wave.open(io.BytesIO(sound)) as file:
        frames = file.readframes(file.getnframes())
    return np.frombuffer(frames, "<i2").reshape(-1, 2) * np.float32(1 / 32768)


def _play_fluidsynth(midi: bytes, font: Path) -> Samples:
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
        # Raw floats: no header to parse, and nothing that full scale could clip. Only the samples that the
        # file needs are loaded: those of an SF3 font have to be decoded.
        options = f"-n -i -q -R 0 -C 0 -T raw -O float -r {SAMPLE_RATE} -g 0.6".split()
        options += ["-o", "synth.dynamic-sample-loading=1"]
        done = subprocess.run(  # noqa: S603  # a program found on the user's own path, no shell
            [program, *options, "-F", sound, font, folder / "in.mid"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not sound.is_file() or not sound.stat().st_size:
            reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
            raise OptionError(f"fluidsynth cannot play this with {font}: {reason[:200]}")
        return np.fromfile(sound, "<f4").reshape(-1, 2)


_ENGINES = {"midirenderer": _play_midirenderer, "fluidsynth": _play_fluidsynth}
