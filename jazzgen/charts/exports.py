"""Tunes written as files of other programs, and as the program's own text."""

from __future__ import annotations

from jazzgen.charts.text_writing import write_tune
from jazzgen.charts.tune import Tune

# format: the endings of its files; .txt holds any of them
EXPORTS = {
    "ireal": (".html", ".htm", ".txt"),
    "ireal-link": (".txt",),
    "irealbook": (".txt",),
    "musicxml": (".musicxml", ".xml", ".txt"),
    "chordpro": (".cho", ".chordpro", ".chopro", ".crd", ".pro", ".txt"),
    "ls": (".ls", ".txt"),
    "text": (".txt", ".chords"),
}


def export(tune: Tune, kind: str) -> tuple[str, list[str]]:
    """A tune in one of the formats `EXPORTS`: the file's text, and what it could not say, a sentence each.

    The other formats than text hold the form alone, or what `--form full` plays once through.
    """
    once = tune.full
    title, composer, style = once.title, once.composer, tune.style or once.style
    match kind:
        case "ireal":
            from jazzgen.charts import ireal_writing

            return ireal_writing.text(once, title=title, composer=composer, style=style)
        case "ireal-link":
            from jazzgen.charts import ireal_writing

            return ireal_writing.link(once, title=title, composer=composer, style=style)
        case "irealbook":
            from jazzgen.charts import ireal_writing

            return ireal_writing.plain_link(once, title=title, composer=composer, style=style)
        case "musicxml":
            from jazzgen.charts import musicxml_writing

            return musicxml_writing.text(once, style=tune.style)
        case "chordpro":
            from jazzgen.charts import chordpro_writing

            return chordpro_writing.text(once, title=title, composer=composer, style=style)
        case "ls":
            from jazzgen.charts import impro_visor_writing

            return impro_visor_writing.text(once, title=title, composer=composer, style=style)
    return write_tune(tune.without_melody()), []
