"""What the rendering processes do: chunks and whole takes as sound."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError
from jazzgen.rendering.audio import (
    SAMPLE_RATE,
    Samples,
    find_soundfont,
    render,
    unlevelled,
    with_tail,
    write_levelled,
)
from jazzgen.studio.composing import zipped
from jazzgen.studio.mixer import Mixer, Strip, is_neutral, panned
from jazzgen.util.packages import optional

PEAK = 10 ** (-1 / 20)  # that `render` levels a take to


def warm() -> None:
    """Load what rendering needs, and render something."""
    import mido

    optional("midirenderer", "audio", "the sound of the studio")
    track = mido.MidiTrack(
        [mido.Message("note_on", note=60, velocity=1), mido.Message("note_off", note=60, time=9)]
    )
    file = mido.MidiFile(type=0)
    file.tracks.append(track)
    written = io.BytesIO()
    file.save(file=written)
    render_chunk(written.getvalue(), SAMPLE_RATE)


def render_chunk(midi: bytes, samples: int) -> bytes:
    """A FLAC of so many samples of a MIDI file, at the level of the renderer."""
    return _flac(_fitted(unlevelled(midi, find_soundfont()), samples))


def _fitted(sound: Samples, samples: int) -> Samples:
    """`sound` of so many frames; what is missing is silent."""
    sound = sound[:samples]
    return np.pad(sound, ((0, samples - len(sound)), (0, 0)))


def _pcm(sound: Samples) -> npt.NDArray[np.int16]:
    pcm: npt.NDArray[np.int16] = np.rint(sound * 32768).clip(-32768, 32767).astype(np.int16)
    return pcm


def _flac(sound: Samples) -> bytes:
    soundfile: Any = optional("soundfile", "audio", "the sound of the studio")
    encoded = io.BytesIO()
    soundfile.write(encoded, _pcm(sound), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return encoded.getvalue()


def gain_of(midi: bytes) -> float:
    """By what `render` multiplies the sound of a take's MIDI file."""
    sound, _ = _rendered(midi)
    peak = float(np.abs(sound).max(initial=0.0))
    return PEAK / peak if peak else 1.0


def _rendered(midi: bytes) -> tuple[Samples, float]:
    """The sound of a MIDI file until it has died away, and the length of the music in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "take.mid")
        path.write_bytes(midi)
        data, length_s = with_tail(path)
    return unlevelled(data, find_soundfont()), length_s


def write_sound(midi: bytes, stems: dict[str, bytes], kind: str, place: tuple[str, str], mixer: Mixer) -> str:
    """Write a take as sound.

    Parameters
    ----------
    midi
        Its MIDI file.
    stems
        Those of the parts that are heard, as they are without a mixer.
    kind
        "wav", "flac" or "stems-wav".
    place
        The folder and the name of the file, without a suffix.
    mixer
        What is done to them; without it the file is what `jazzgen render` writes.

    Returns
    -------
    str
        The name of the file.
    """
    folder, name = Path(place[0]), place[1]
    if kind == "stems-wav":
        path = folder / f"{name}-stems-wav.zip"
        _write_stems(midi, stems, path, mixer)
        return path.name
    path = folder / f"{name}.{kind}"
    if is_neutral(mixer):
        with tempfile.TemporaryDirectory() as own:
            source = Path(own, "take.mid")
            source.write_bytes(midi)
            render(source, path)
        return path.name
    sounds, length_s = _mixed(stems, mixer)
    write_levelled(np.sum(list(sounds.values()), axis=0), length_s, path)
    return path.name


def _mixed(stems: dict[str, bytes], mixer: Mixer) -> tuple[dict[str, Samples], float]:
    """The sound of each stem as the mixer lets it through, all of one length; and that of the music."""
    sounds, length_s = {}, 0.0
    for part, data in stems.items():
        sound, length_s = _rendered(data)
        sounds[part] = panned(sound, mixer.get(part, Strip()))
    longest = max(map(len, sounds.values()))
    return {part: _fitted(sound, longest) for part, sound in sounds.items()}, length_s


def _write_stems(midi: bytes, stems: dict[str, bytes], path: Path, mixer: Mixer) -> None:
    """A ZIP of a WAV a stem, which together are the mix at the level of the whole take."""
    sounds, _ = _mixed(stems, mixer)
    mix = np.abs(np.sum(list(sounds.values()), axis=0)).max()
    gain = gain_of(midi) if is_neutral(mixer) else PEAK / mix if mix else 1.0
    import wave

    files = {}
    for part, sound in sounds.items():
        written = io.BytesIO()
        with wave.open(written, "wb") as file:
            file.setparams((2, 2, SAMPLE_RATE, len(sound), "NONE", ""))
            file.writeframes(_pcm(sound * gain).tobytes())
        files[f"{part}.wav"] = written.getvalue()
    if not files:
        raise OptionError("there is nothing to write")
    zipped(path, files)
