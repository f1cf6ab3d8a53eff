"""What the rendering processes do: chunks and whole takes as sound, as `rendering.audio` has it."""

from __future__ import annotations

import io
import tempfile
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mido
import numpy as np
import numpy.typing as npt

from jazzgen.rendering.audio import TAIL_S, render
from jazzgen.rendering.loudness import SAMPLE_RATE, Samples, loudness
from jazzgen.rendering.mixing import LIMIT_DB, Level, find_level, part_gain
from jazzgen.rendering.parts import part_files, with_tail
from jazzgen.rendering.room import reverberation
from jazzgen.rendering.sound_files import write_below
from jazzgen.rendering.soundfonts import find_soundfont
from jazzgen.rendering.synthesis import choose_engine, play, sent_to_room
from jazzgen.studio.composing import zipped
from jazzgen.studio.mixer import Mixer, Strip, is_neutral, panned
from jazzgen.studio.small_font import DRUM_BANK, Preset, presets_of, small_font
from jazzgen.util.packages import optional

PEAK_DBFS = -1.0  # that `render` levels a take to
FADE = round(0.02 * SAMPLE_RATE)  # frames at the end of a file
# Tenor saxophone, piano, double bass and drums: what a take has unless other instruments are asked for.
USUAL_PRESETS: tuple[Preset, ...] = ((0, 66), (0, 0), (0, 32), (DRUM_BANK, 0))


def warm() -> None:
    """Load what rendering needs, and render something."""
    font = find_soundfont()
    if choose_engine("auto", font) == "midirenderer":
        optional("midirenderer", "audio", "the sound of the studio")
        for preset in USUAL_PRESETS:
            small_font(font, frozenset([preset]))
    track = mido.MidiTrack(
        [mido.Message("note_on", note=60, velocity=1), mido.Message("note_off", note=60, time=9)]
    )
    file = mido.MidiFile(type=0)
    file.tracks.append(track)
    written = io.BytesIO()
    file.save(file=written)
    render_chunk(written.getvalue(), SAMPLE_RATE)


def heard(midi: bytes, *, room: bool = True) -> Samples:
    """(frames, 2): a MIDI file as `render` plays a part of it, before its gain."""
    font = find_soundfont()
    engine = choose_engine("auto", font)
    if engine == "midirenderer":
        font = small_font(font, presets_of(midi))
    return play(midi, font, engine, room=room)


def render_chunk(midi: bytes, samples: int) -> bytes:
    """A FLAC of so many samples of a MIDI file, at its own level, in the room."""
    soundfile: Any = optional("soundfile", "audio", "the sound of the studio")
    encoded = io.BytesIO()
    sound = _pcm(_fitted(heard(midi), samples))
    soundfile.write(encoded, sound, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return encoded.getvalue()


def _fitted(sound: Samples, samples: int) -> Samples:
    """`sound` of so many frames; what is missing is silent."""
    sound = sound[:samples]
    return np.pad(sound, ((0, samples - len(sound)), (0, 0)))


def _pcm(sound: Samples) -> npt.NDArray[np.int16]:
    pcm: npt.NDArray[np.int16] = np.rint(sound * 32768).clip(-32768, 32767).astype(np.int16)
    return pcm


def dying_away(midi: bytes) -> bytes:
    """A MIDI file of one tempo with room for its last notes to die away."""
    file = mido.MidiFile(file=io.BytesIO(midi))
    tempos = [message.tempo for track in file.tracks for message in track if message.type == "set_tempo"]
    return with_tail(midi, round(TAIL_S * 1e6 / (tempos or [500_000])[0] * file.ticks_per_beat))


def balance_of(midi: bytes) -> tuple[dict[str, float], Level]:
    """By what `render` multiplies each part of a take's MIDI file, and then all of them. A file whose tracks
    are called otherwise keeps its own balance.
    """
    whole = dying_away(midi)
    parts = part_files(whole)
    if len(parts) < 2:
        sound = heard(whole)
        return {}, find_level(sound, PEAK_DBFS, None, LIMIT_DB)
    gains: dict[str, float] = {}
    total, sent = np.zeros((0, 2), np.float32), np.zeros(0, np.float32)
    for part in parts:
        sound = heard(part.midi, room=False)
        gain = gains[part.name.casefold()] = part_gain(part.role, loudness(sound))
        sound *= np.float32(gain)
        longest = max(len(sound), len(total))
        total = _fitted(total, longest) + _fitted(sound, longest)
        away = sent_to_room(part.midi, sound)
        sent = np.pad(sent, (0, longest - len(sent))) + np.pad(away, (0, longest - len(away)))
    return gains, find_level(total + reverberation(sent), PEAK_DBFS, None, LIMIT_DB)


def gains_of(midi: bytes) -> dict[str, float]:
    """What each part is multiplied with in all, by its name; without parts one for all, by an empty one."""
    gains, level = balance_of(midi)
    return {name: gain * level.gain for name, gain in (gains or {"": 1.0}).items()}


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
    if kind != "stems-wav" and is_neutral(mixer):
        path = folder / f"{name}.{kind}"
        with tempfile.TemporaryDirectory() as own:
            source = Path(own, "take.mid")
            source.write_bytes(midi)
            render(source, path)
        return path.name
    sounds = _mixed(stems, balance_of(midi)[0], mixer)
    total: Samples = np.sum(list(sounds.values()), axis=0)
    level = find_level(total, PEAK_DBFS, None, LIMIT_DB)
    if kind == "stems-wav":
        path = folder / f"{name}-stems-wav.zip"
        zipped(path, {f"{part}.wav": _wav(sound, level) for part, sound in sounds.items()})
        return path.name
    path = folder / f"{name}.{kind}"
    level.apply(total)
    write_below(total, path, PEAK_DBFS)
    return path.name


def _mixed(stems: Mapping[str, bytes], gains: Mapping[str, float], mixer: Mixer) -> dict[str, Samples]:
    """The sound of each stem in balance and as the mixer lets it through, all of one length."""
    sounds = {
        part: panned(heard(dying_away(data)) * np.float32(gains.get(part, 1.0)), mixer.get(part, Strip()))
        for part, data in stems.items()
    }
    longest = max(map(len, sounds.values()))
    fitted = {part: _fitted(sound, longest).astype(np.float32) for part, sound in sounds.items()}
    for sound in fitted.values():
        sound[-FADE:] *= np.linspace(1, 0, FADE, dtype=np.float32)[:, None]
    return fitted


def _wav(sound: Samples, level: Level) -> bytes:
    level.apply(sound)
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setparams((2, 2, SAMPLE_RATE, len(sound), "NONE", ""))
        file.writeframes(_pcm(sound).tobytes())
    return written.getvalue()
