"""What the composing process does: takes made, changed and looked at, each by a call through a pool.

A take is known by its `Source`, which makes it again anywhere. The process keeps the latest takes themselves.
"""

from __future__ import annotations

import json
import tempfile
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from jazzgen.errors import CheckpointError, JazzgenError, OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.originality import longest_run
from jazzgen.music.score import SOLO, TICKS_PER_BEAT, Solo
from jazzgen.studio.chunks import Chunk, chunks_of
from jazzgen.studio.favourites import ID_DIGITS
from jazzgen.studio.given import MOST_BARS, Variant, settings_json
from jazzgen.studio.mixer import Mixer, Strip, audible, mixed_midi
from jazzgen.studio.roll import roll_of, seconds_of
from jazzgen.studio.sheet import Page, Place, sheet_of
from jazzgen.studio.why import expected, why
from jazzgen.takes.again import Again
from jazzgen.takes.inputs import Loaded
from jazzgen.takes.restore import read_take
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import Take, make_take

KEPT = 48  # takes in memory


@dataclass(frozen=True, slots=True)
class Source:
    """What makes a take: `settings` or the bytes of a MIDI `file`, then `edits`, then another `tempo`."""

    settings: Settings | None = None
    file: bytes | None = None
    edits: tuple[Again, ...] = ()
    tempo: float | None = None


class Composed(NamedTuple):
    """A take for the server: its `id`, what is said of it, its roll as compressed JSON and its sound."""

    id: str
    facts: dict[str, Any]
    roll: bytes
    sound: dict[str, list[Chunk]]
    seconds: float
    midi: bytes
    controls: Controls


@dataclass
class _Composer:
    """The state of the process."""

    model: str
    solos: Sequence[Solo] | None
    takes: OrderedDict[Source, Take]
    shared: dict[str, Loaded]  # models, by what settings call them and by their hashes
    probs: tuple[Source, Any] | None = None


_here: list[_Composer] = []


def warm(model: str, solos: str | None) -> None:
    """Load what composing needs, and play something, so that the first take is as fast as the others."""
    found: Sequence[Solo] | None = None
    if solos is not None:
        from jazzgen.corpus.loading import load_solos

        found = load_solos([solos]).solos
    _here[:] = [_Composer(model, found, OrderedDict(), {})]
    compose(Source(Settings("blues-f", choruses=1, model=model)))
    _here[0].takes.clear()


def compose(source: Source) -> Composed:
    """Make the take of `source`."""
    take = _take(source)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "take.mid")
        take.write(path)
        midi = path.read_bytes()
    roll = roll_of(take)
    identity = sha256(midi).hexdigest()[:ID_DIGITS]
    data = json.dumps({"id": identity, **roll}, ensure_ascii=False, separators=(",", ":"))
    facts = _facts(take, roll)
    packed, sound = zlib.compress(data.encode()), chunks_of(take, midi)
    return Composed(identity, facts, packed, sound, roll["seconds"], midi, take.settings.controls)


def variant(source: Source, wanted: Variant) -> tuple[float, dict[str, list[Chunk]]]:
    """How long a take is at another tempo or in another key, and its sound."""
    take = _take(source)
    if wanted.tempo is not None:
        take = take.retimed(wanted.tempo)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "take.mid")
        take.write(path, layout=replace(take.layout, transpose=wanted.transpose))
        return seconds_of(take)(take.solo.progression.length / TICKS_PER_BEAT), chunks_of(
            take, path.read_bytes()
        )


def _facts(take: Take, roll: dict[str, Any]) -> dict[str, Any]:
    index, solo = take.inputs.index, take.solo
    run = None if index is None else longest_run(index, take.improvised)
    return {
        "title": solo.title,
        # What a file has that no recipe makes is of no seed.
        "settings": settings_json(take.settings) | ({} if take.origin is None else {"seed": None}),
        "tempo": solo.tempo,
        "seconds": roll["seconds"],
        "bars": len(roll["bars"]),
        "notes": len(solo.notes),
        "instrument": solo.instrument,
        "parts": [part["name"] for part in roll["parts"]],
        "copied": run.length if run else None,
        "copied_bar": run.bar if run else None,
        "recipe": take.recipe,
    }


def _take(source: Source) -> Take:
    """The take of a source, kept or made."""
    composer = _here[0]
    if (take := composer.takes.get(source)) is not None:
        composer.takes.move_to_end(source)
        return take
    if source.tempo is not None:
        take = _take(replace(source, tempo=None)).retimed(source.tempo)
    elif source.edits:
        take = _take(replace(source, edits=source.edits[:-1])).edited(source.edits[-1])
    elif source.settings is not None:
        model, shared = source.settings.model, composer.shared
        take = _sharing(make_take(source.settings, shared.get(model)))
        shared[model] = take.inputs.checkpoint, take.inputs.index
    else:
        take = _sharing(_read(source.file or b""))
    composer.takes[source] = take
    while len(composer.takes) > KEPT:
        composer.takes.popitem(last=False)
    return take


def _sharing(take: Take) -> Take:
    """`take` with the checkpoint that others have already."""
    inputs = take.inputs
    checkpoint, index = _here[0].shared.setdefault(
        inputs.checkpoint.sha256, (inputs.checkpoint, inputs.index)
    )
    return replace(take, inputs=replace(inputs, checkpoint=checkpoint, index=index))


def _read(data: bytes) -> Take:
    """The take in the bytes of a MIDI file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "take.mid")
        path.write_bytes(data)
        try:
            try:
                take = read_take(path)
            except CheckpointError:  # of a model that is not at hand
                take = read_take(path, model=_here[0].model)
        except JazzgenError as error:
            text = str(error).replace(f"{path}: ", "the file ").replace(str(path), "the file")
            raise type(error)(text) from None
    bars = len(take.solo.progression.bar_ticks)
    if bars > MOST_BARS * take.solo.time_scale + 1:
        raise OptionError(f"the file has {bars} bars; at most {MOST_BARS} can be opened")
    return take


# ------------------------------------------------------------------------------------------- looked at, taken


def explain(source: Source, number: int) -> dict[str, Any]:
    """Why the note `number` of the solo was played."""
    composer, take = _here[0], _take(source)
    if not 0 <= number < len(take.solo.notes):
        raise OptionError(f"note must be in 0..{len(take.solo.notes) - 1}, received {number}")
    if composer.probs is None or composer.probs[0] != source:
        composer.probs = source, expected(take)
    return why(take, number, composer.probs[1], composer.solos)


def sheet(source: Source, key: str) -> tuple[list[Page], list[Place]]:
    """The lead sheet for an instrument in `key`."""
    return sheet_of(_take(source).solo, key)


def midi_of(source: Source) -> bytes:
    """The take's MIDI file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "take.mid")
        _take(source).write(path)
        return path.read_bytes()


def write(source: Source, kind: str, folder: str, name: str, mixer: Mixer, key: str) -> str:
    """Write the take into `folder`.

    Parameters
    ----------
    source
        Which take.
    kind
        "mid", "stems", "musicxml" or "pdf".
    folder, name
        Where; the file is called `name` with its suffix.
    mixer
        What is heard in MIDI files; empty: all of it as it is.
    key
        For which instrument a lead sheet is.

    Returns
    -------
    str
        The name of the file.
    """
    take = _take(source)
    if kind in ("musicxml", "pdf"):
        from jazzgen.rendering.engrave import lead_sheet

        path = Path(folder, f"{name}.{kind}")
        lead_sheet(take, path, key=key)
        return path.name
    if kind == "mid":
        midi = midi_of(source)
        path = Path(folder, f"{name}.mid")
        path.write_bytes(mixed_midi(midi, mixer) if mixer else midi)
        return path.name
    path = Path(folder, f"{name}-stems.zip")
    zipped(path, {f"{part}.mid": data for part, data in stems_of(source, mixer).items()})
    return path.name


def stems_of(source: Source, mixer: Mixer) -> dict[str, bytes]:
    """The MIDI file of each part that is heard, with its volume and pan as in the mixer."""
    take, found = _take(source), {}
    with tempfile.TemporaryDirectory() as folder:
        take.write(Path(folder, "take.mid"), stems=Path(folder, "stems"))
        for part in audible(mixer, [SOLO.casefold(), *(part.name.casefold() for part in take.parts)]):
            data = Path(folder, "stems", f"{part}.mid").read_bytes()
            strip = Strip(volume=mixer[part].volume, pan=mixer[part].pan) if part in mixer else Strip()
            found[part] = data if strip == Strip() else mixed_midi(data, {part: strip})
    return found


def for_sound(source: Source, mixer: Mixer) -> tuple[bytes, dict[str, bytes]]:
    """The MIDI file of a take, and of each part that is heard, as they are without the mixer."""
    heard = {name: Strip(strip.mute, strip.solo) for name, strip in mixer.items()}
    return midi_of(source), stems_of(source, heard)


def zipped(path: Path, files: dict[str, bytes]) -> None:
    """Write files into a ZIP whose bytes depend on them alone."""
    import zipfile

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
