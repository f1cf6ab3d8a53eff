"""The mixer of a page: which parts are heard, how loud and where, in samples and in a MIDI file."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mido
import numpy as np

from jazzgen.midi.smf import PAN, VOLUME
from jazzgen.rendering.loudness import Samples
from jazzgen.studio.given import GivenError

LOUDEST = 2.0  # a gain


@dataclass(frozen=True, slots=True)
class Strip:
    """One part in the mixer: a linear gain `volume` and a place `pan`, -1 left to 1 right."""

    mute: bool = False
    solo: bool = False
    volume: float = 1.0
    pan: float = 0.0


Mixer = Mapping[str, Strip]


def mixer_of(given: Any) -> dict[str, Strip]:
    """The mixer that a request gives; raises `GivenError`."""
    if given is None:
        return {}
    if not isinstance(given, dict) or len(given) > 32:
        raise GivenError("the mixer must be parts by name", "mixer")
    return {str(name)[:80]: _strip(name, values) for name, values in given.items()}


def _strip(name: str, values: Any) -> Strip:
    usual = {"mute": False, "solo": False, "volume": 1.0, "pan": 0.0}
    if not isinstance(values, dict) or not values.keys() <= usual.keys():
        raise GivenError(f"the mixer's {name[:40]!r} must have mute, solo, volume and pan", "mixer")
    found: dict[str, Any] = usual | values
    volume, pan = found["volume"], found["pan"]
    if not all(isinstance(found[key], bool) for key in ("mute", "solo")):
        raise GivenError("mute and solo must be true or false", "mixer")
    for number, low, high, what in ((volume, 0.0, LOUDEST, "volume"), (pan, -1.0, 1.0, "pan")):
        if isinstance(number, bool) or not isinstance(number, int | float) or not low <= number <= high:
            raise GivenError(f"{what} must be in {low:g}..{high:g}, received {repr(number)[:40]}", "mixer")
    return Strip(found["mute"], found["solo"], float(volume), float(pan))


def is_neutral(mixer: Mixer) -> bool:
    """Whether it leaves everything as it is."""
    return all(strip == Strip() for strip in mixer.values())


def audible(mixer: Mixer, parts: list[str]) -> list[str]:
    """The parts that are heard: those on solo, if any is, and none that is muted; raises `GivenError` where
    there are none.
    """
    alone = {name for name in parts if mixer.get(name, Strip()).solo}
    heard = [name for name in parts if not mixer.get(name, Strip()).mute and (not alone or name in alone)]
    if not heard:
        raise GivenError("every part is muted; leave one that can be heard", "mixer")
    return heard


def panned(samples: Samples, strip: Strip) -> Samples:
    """(frames, 2) as a strip lets them through: the arithmetic of Web Audio's StereoPannerNode."""
    left, right = samples[:, 0] * strip.volume, samples[:, 1] * strip.volume
    angle = (strip.pan + 1 if strip.pan <= 0 else strip.pan) * math.pi / 2
    to_left, to_right = math.cos(angle), math.sin(angle)
    if strip.pan <= 0:
        return np.stack([left + right * to_left, right * to_right], axis=1)
    return np.stack([left * to_left, right + left * to_right], axis=1)


def mixed_midi(midi: bytes, mixer: Mixer) -> bytes:
    """A MIDI file with the parts that are heard, their volume and pan as in the mixer."""
    file = mido.MidiFile(file=io.BytesIO(midi), charset="utf-8")
    conductor, *tracks = file.tracks
    heard = audible(mixer, [track.name.casefold() for track in tracks])
    kept = [track for track in tracks if track.name.casefold() in heard]
    for track in kept:
        strip = mixer.get(track.name.casefold(), Strip())
        for message in track:
            if message.type == "control_change" and message.control == VOLUME:
                # General MIDI plays the square of the controller.
                message.value = min(round(message.value * math.sqrt(strip.volume)), 127)
            elif message.type == "control_change" and message.control == PAN:
                message.value = min(max(round(message.value + 63 * strip.pan), 0), 127)
    file.tracks[:] = [conductor, *kept]
    written = io.BytesIO()
    file.save(file=written)
    return written.getvalue()
