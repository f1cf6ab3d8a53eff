"""Tunes written as files of other programs.

Each format is a function `text(progression, ...) -> (text, warnings)` in a module.
"""

from __future__ import annotations

from importlib import import_module

from jazzgen.charts.text_writing import write_tune
from jazzgen.charts.tune import Tune

# format: module.function
EXPORTS = {
    "ireal": "ireal_writing.text",
    "ireal-link": "ireal_writing.link",
    "irealbook": "ireal_writing.plain_link",
    "musicxml": "musicxml_writing.text",
    "chordpro": "chordpro_writing.text",
    "ls": "impro_visor_writing.text",
    "text": "",
}


def export(tune: Tune, kind: str) -> tuple[str, list[str]]:
    """A tune in one of the formats `EXPORTS`: the file's text, and what it could not say, a sentence each.

    The other formats than text hold the form alone, or what `--form full` plays once through.
    """
    if not EXPORTS[kind]:
        return write_tune(tune.without_melody()), []
    once = tune.full
    said = {"title": once.title, "composer": once.composer, "style": tune.style or once.style}
    module, _, name = EXPORTS[kind].partition(".")
    write = getattr(import_module(f"jazzgen.charts.{module}"), name)
    text, warnings = write(once, **(said if kind != "musicxml" else {"style": tune.style}))
    return str(text), list(warnings)
