"""What every MusicXML file that jazzgen writes is made of: its head, its elements, its chord symbols."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from jazzgen.charts.harmony import Harmony

HEAD = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" \
"http://www.musicxml.org/dtds/partwise.dtd">"""
MEASURES_PER_LINE = 4
_NO_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def add(parent: ET.Element, tag: str, content: object = None, /, **attributes: object) -> ET.Element:
    """A new last child of an element.

    Parameters
    ----------
    parent, tag, content, **attributes
        The element, and what the child is called, holds and has; the text loses what XML cannot hold.

    Returns
    -------
    Element
        The child.

    """
    child = ET.SubElement(parent, tag)
    for name, value in attributes.items():
        child.set(name, without_controls(str(value)))
    if content is not None:
        child.text = without_controls(str(content))
    return child


def without_controls(text: str) -> str:
    """`text` less the control characters that XML 1.0 cannot hold; a title may come from anywhere."""
    return text if text.isprintable() else _NO_XML.sub("", text)


def add_chord(parent: ET.Element, harmony: Harmony, offset: int = 0) -> ET.Element:
    """A chord symbol, `offset` divisions after what follows it."""
    element = add(parent, "harmony")
    if harmony.kind == "none":
        # MusicXML asks for a root even where nothing sounds; without text it is not printed.
        add(add(element, "root"), "root-step", "C", text="")
    else:
        _add_note_name(element, "root", harmony.root)
    add(element, "kind", harmony.kind, text=harmony.text)
    if harmony.bass:
        _add_note_name(element, "bass", harmony.bass)
    for degree in harmony.degrees:
        written = add(element, "degree")
        add(written, "degree-value", degree.value)
        add(written, "degree-alter", degree.alter)
        add(written, "degree-type", degree.how)
    if offset:
        add(element, "offset", offset)
    return element


def _add_note_name(parent: ET.Element, tag: str, name: str) -> None:
    element = add(parent, tag)
    add(element, f"{tag}-step", name[0])
    alter = name.count("#") - name.count("b")
    if alter:  # verovio draws a written 0 as a natural sign
        add(element, f"{tag}-alter", alter)
