"""Tunes written as files of other programs.

Each format is a module with `text(progression, *, title, composer, style) -> (text, warnings)`.
"""

from __future__ import annotations

from importlib import import_module

from jazzgen.charts.text_writing import write_tune
from jazzgen.charts.tune import Tune

# format: the module that writes it; the program's own text has none of these parameters
EXPORTS = {
    "ireal": "ireal_writing",
    "musicxml": "musicxml_writing",
    "chordpro": "chordpro_writing",
    "ls": "impro_visor_writing",
    "text": "",
}


def export(tune: Tune, kind: str) -> tuple[str, list[str]]:
    """A tune in one of the formats `EXPORTS`: the file's text, and what it could not say, a sentence each.

    The other formats than text hold the form alone, or what `--form full` plays once through.
    """
    if not EXPORTS[kind]:
        return write_tune(tune), []
    once = tune.full
    title = tune.title or once.title
    module = import_module(f"jazzgen.charts.{EXPORTS[kind]}")
    text, warnings = module.text(once, title=title, composer=once.composer, style=tune.style or once.style)
    return str(text), list(warnings)
