"""What every MusicXML file that jazzgen writes is made of: its head, its elements, its chord symbols."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from xml.sax.saxutils import escape

from jazzgen.charts.harmony import Harmony

HEAD = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" \
"http://www.musicxml.org/dtds/partwise.dtd">"""
MEASURES_PER_LINE, VALUES_PER_LINE = 4, 44  # at most; notes and rests are values
_NO_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


class Element:
    """An element of XML; those of the standard library take three times as long to make and write."""

    __slots__ = ("attributes", "children", "content", "tag")

    def __init__(self, tag: str, attributes: str = "", content: str | None = None) -> None:
        self.tag, self.attributes, self.content = tag, attributes, content
        self.children: list[Element] | None = None  # nearly all have none

    def lines(self, indent: str = "") -> Iterator[str]:
        """Its text, line by line."""
        if self.children:
            yield f"{indent}<{self.tag}{self.attributes}>\n"
            for child in self.children:
                if child.children:
                    yield from child.lines(indent + "  ")
                elif child.content is None:
                    yield f"{indent}  <{child.tag}{child.attributes} />\n"
                else:
                    yield f"{indent}  <{child.tag}{child.attributes}>{child.content}</{child.tag}>\n"
            yield f"{indent}</{self.tag}>\n"


def add(parent: Element, tag: str, content: object = None, /, **attributes: object) -> Element:
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
    given = (
        "".join([f' {name}="{_escaped(value)}"' for name, value in attributes.items()]) if attributes else ""
    )
    child = Element(tag, given, None if content is None else _escaped(content))
    if parent.children is None:
        parent.children = [child]
    else:
        parent.children.append(child)
    return child


@lru_cache(maxsize=4096)  # most stand in every note
def _escaped(value: object) -> str:
    return escape(without_controls(str(value)), {'"': "&quot;"})


def without_controls(text: str) -> str:
    """`text` less the control characters that XML 1.0 cannot hold; a title may come from anywhere."""
    return text if text.isprintable() else _NO_XML.sub("", text)


def add_chord(parent: Element, harmony: Harmony, offset: int = 0) -> Element:
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


def _add_note_name(parent: Element, tag: str, name: str) -> None:
    element = add(parent, tag)
    add(element, f"{tag}-step", name[0])
    alter = name.count("#") - name.count("b")
    if alter:  # verovio draws a written 0 as a natural sign
        add(element, f"{tag}-alter", alter)
