"""Charts that people have, in any of their formats, read into progressions.

readers          which module reads a file
written          what each of them gives: bars as they are written
repeats, order   from written bars to playing order
plan             what is played of a tune after what: intro, heads, solos, trading, shout, tag
tune             ... and to progressions: one chorus, intro, last chorus
styles           what a chart's words say of style and tempo
text, pasted     the program's own notation, and text as people paste it
ireal ...        one module (or two) a format
forms            the built-in forms
choose, find     which song, and where it is
"""

from __future__ import annotations

from jazzgen.charts.find import read_chart

__all__ = ["read_chart"]
