"""What a page offers to choose from, with the range of every number."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from jazzgen.band.ensemble import BASS, COMPING
from jazzgen.charts.forms import FORMS, find_builtin
from jazzgen.charts.text_writing import write_tune
from jazzgen.charts.tune import FORMS as CHART_FORMS
from jazzgen.charts.tune import Tune
from jazzgen.improviser.controls import ARCS, HOTTEST, MOST_EFFORT
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.model.shipped import find_checkpoint
from jazzgen.music.endings import ENDINGS
from jazzgen.music.pitch import pitch_name
from jazzgen.music.progressions import STYLES
from jazzgen.music.score import INSTRUMENTS
from jazzgen.rendering.musicxml import KEYS
from jazzgen.studio.given import (
    LARGEST_SEED,
    MOST_BARS,
    MOST_CHART,
    MOST_CHORUSES,
    MOST_SEMITONES,
    settings_json,
)
from jazzgen.studio.mixer import LOUDEST
from jazzgen.studio.session import MOST_TAKES
from jazzgen.studio.workers import QUEUED
from jazzgen.takes.again import MOST_CANDIDATES
from jazzgen.takes.settings import FASTEST, SLOWEST, Settings
from jazzgen.util.version import __version__

MIDI_BYTES = 2 * 2**20
UPLOAD_BYTES = 8_000_000
_TONICS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_MINOR = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
QUICK = 2  # the effort of takes on the page, which are to sound within a second


def options_of(model: str) -> dict[str, Any]:
    """All of it, for JSON; `model` is the one that plays."""
    path = find_checkpoint(model)
    checkpoint = load_checkpoint(path)
    effort = QUICK if checkpoint.choosing else None
    return {
        "version": __version__,
        "model": path.stem,
        "styles": list(STYLES),
        "keys": [*_TONICS, *(f"{tonic}m" for tonic in _MINOR)],
        "instruments": [
            {
                "name": row.name, "label": row.name.replace("-", " ").capitalize(), "low": row.low,
                "high": row.high, "range": f"{pitch_name(row.low)}-{pitch_name(row.high)}",
            }
            for row in INSTRUMENTS.values()
        ],
        "players": list(checkpoint.spec.players),
        "forms": [_form(kind) for kind in FORMS],
        "arcs": list(ARCS),
        "comping": list(COMPING),
        "bass": list(BASS),
        "endings": list(ENDINGS),
        "chart_forms": list(CHART_FORMS),
        "sheet_keys": list(KEYS),
        "defaults": settings_json(Settings()) | {"seed": None, "effort": effort},
        "ranges": {
            "tempo": [SLOWEST, FASTEST], "choruses": [1, MOST_CHORUSES], "density": [0.5, 12],
            "rests": [0, 0.8], "outside": [-1, 1], "motif": [0, 3], "temperature": [0, HOTTEST],
            "max_copied": [8, 1000], "effort": [1, MOST_EFFORT], "humanize": [0, 1],
            "candidates": [1, MOST_CANDIDATES],
            "seed": [0, LARGEST_SEED], "volume": [0, LOUDEST], "pan": [-1, 1],
            "transpose": [-MOST_SEMITONES, MOST_SEMITONES],
        },
        "limits": {
            "bars": MOST_BARS, "chart_characters": MOST_CHART, "upload_bytes": UPLOAD_BYTES,
            "midi_bytes": MIDI_BYTES, "queued": QUEUED, "takes": MOST_TAKES,
        },
        "extras": {
            "audio": all(map(find_spec, ("midirenderer", "soundfile", "pretty_midi"))),
            "notation": find_spec("verovio") is not None,
            "pdf": all(map(find_spec, ("verovio", "cairosvg", "pypdf"))),
        },
    }  # fmt: skip


def _form(kind: str) -> dict[str, Any]:
    form = find_builtin(kind)
    assert form is not None, kind  # noqa: S101  # it is one of them
    return {
        "name": kind, "title": kind.replace("-", " ").capitalize(), "key": form.key,
        "bars": len(form.bar_ticks), "meter": form.meters[0].signature, "style": form.style,
        "text": write_tune(Tune(form)),
    }  # fmt: skip
