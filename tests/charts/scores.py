"""Small MusicXML scores for tests, and charts shown as text."""

from __future__ import annotations

import io
import zipfile

from jazzgen.charts import musicxml
from jazzgen.charts.tune import Tune, make_tune
from jazzgen.charts.written import Chart

REST = "<note><rest/><duration>4</duration></note>"  # a whole bar of four quarters
TIME = "<time><beats>4</beats><beat-type>4</beat-type></time>"


def harmony(
    root: str, kind: str = "major", text: str | None = None, inside: str = "", offset: str = ""
) -> str:
    """A `<harmony>`: root such as "Bb" or, over a bass, "Bb/D"; what is `inside` stands behind the kind."""
    root, _, bass = root.partition("/")
    said = "" if text is None else f' text="{text}"'
    moved = f"<offset>{offset}</offset>" if offset else ""
    under = _note("bass", bass) if bass else ""
    return f"<harmony>{_note('root', root)}<kind{said}>{kind}</kind>{under}{inside}{moved}</harmony>"


def degree(value: int, alter: int = 0, how: str = "add") -> str:
    """A `<degree>` of a harmony."""
    return (
        f"<degree><degree-value>{value}</degree-value><degree-alter>{alter}</degree-alter>"
        f"<degree-type>{how}</degree-type></degree>"
    )


def _note(tag: str, name: str) -> str:
    alter = name.count("#") - name[1:].count("b")
    return f"<{tag}><{tag}-step>{name[0]}</{tag}-step><{tag}-alter>{alter}</{tag}-alter></{tag}>"


def rest(quarters: float) -> str:
    """A rest."""
    return f"<note><rest/><duration>{quarters:g}</duration></note>"


def words(text: str) -> str:
    """A direction with words."""
    return f"<direction><direction-type><words>{text}</words></direction-type></direction>"


def sign(tag: str) -> str:
    """A direction with a sign: segno or coda."""
    return f"<direction><direction-type><{tag}/></direction-type></direction>"


def rehearsal(text: str) -> str:
    """A rehearsal mark."""
    return f"<direction><direction-type><rehearsal>{text}</rehearsal></direction-type></direction>"


OPEN = '<barline location="left"><repeat direction="forward"/></barline>'
CLOSE = '<barline location="right"><repeat direction="backward"/></barline>'
DOUBLE = '<barline location="right"><bar-style>light-light</bar-style></barline>'


def ending(number: str) -> str:
    """The start of an ending."""
    return f'<barline location="left"><ending number="{number}" type="start"/></barline>'


def bar(symbol: str = "", more: str = "", behind: str = "") -> str:
    """A bar of four quarters with a major triad, `more` before it and something `behind` its rest."""
    return more + (harmony(symbol) if symbol else "") + REST + behind


def part(*measures: str, attributes: str = "", first: str = "") -> str:
    """A `<part>`; `first` are attributes of the first `<measure>` tag."""
    start = f"<attributes><divisions>1</divisions>{attributes or TIME}</attributes>"
    inner = [start + measures[0], *measures[1:]]
    tags = [
        f'<measure number="{n}"{" " + first if n == 1 else ""}>{m}</measure>' for n, m in enumerate(inner, 1)
    ]
    return f'<part id="P1">{"".join(tags)}</part>'


def score(*measures: str, head: str = "", attributes: str = "", first: str = "") -> bytes:
    """A partwise score of one part."""
    return whole(part(*measures, attributes=attributes, first=first), head=head)


def whole(*parts: str, head: str = "") -> bytes:
    """A partwise score."""
    return f"<score-partwise>{head}{''.join(parts)}</score-partwise>".encode()


def zipped(*files: tuple[str, bytes]) -> bytes:
    """A zip of named files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def read(data: bytes) -> Chart:
    """The chart in a score."""
    (entry,) = musicxml.entries(data, "a score")
    return entry.read()


def tune(data: bytes) -> Tune:
    """The tune of a score."""
    return make_tune(read(data))


def shown(chart: Chart) -> str:
    """The bars of a chart: "C F@1/2 | G |", a pickup as "~"."""
    bars = (
        "~"
        if bar.pickup
        else " ".join(c.symbol + (f"@{c.place}" if c.place else "") for c in bar.chords) or "."
        for bar in chart.bars
    )
    return " | ".join(bars)


def played(data: bytes) -> str:
    """The symbols with which the bars begin, as they are played."""
    form = tune(data).form
    return " ".join(form.chord_at(tick).symbol for tick in form.bar_ticks)
