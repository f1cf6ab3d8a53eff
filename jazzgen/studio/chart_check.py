"""A chart while it is being typed: what it is, or what is wrong with it and where it stands in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from jazzgen.charts.forms import find_builtin
from jazzgen.charts.readers import entries, format_of
from jazzgen.charts.written import Chart
from jazzgen.errors import ChordError, JazzgenError
from jazzgen.music.chords import parse_chord
from jazzgen.music.keys import estimate_key
from jazzgen.studio.given import CHART, MOST_BARS, GivenError, as_text, checked, tune_of
from jazzgen.takes.settings import Settings

MOST_ERRORS = 50
MOST_LOCATED = 20_000  # characters: it takes some twenty readings of the text
_BAR = re.compile(r"\bbar (\d+)")
_QUOTED = re.compile(r"'([^']+)'")
_KINDS = CHART | {"chart": CHART["song"], "style": CHART["song"]}


def check_chart(given: Mapping[str, Any]) -> dict[str, Any]:
    """What the chart of a request is, or its errors, for JSON."""
    values = checked(given, _KINDS)
    text = values.get("chart") or ""
    if not text.strip():
        error = {"error": "the chart is empty; write bars such as | Dm7 | G7 | Cmaj7 | % |"}
        return {"ok": False, "songs": [], "errors": [error | _at(None)]}
    songs = _songs(text)
    if len(songs) > 1 and not values.get("song"):
        values["song"] = "1"
    try:
        tune = tune_of(values)
        form = tune.form
        if len(form.bar_ticks) > MOST_BARS:
            raise GivenError(
                f"the form has {len(form.bar_ticks)} bars; at most {MOST_BARS} can be played", "chart"
            )
    except GivenError as error:
        field = error.field if error.field in _KINDS else "chart"
        errors = [{"error": str(error), "field": field} | _at(None)]
        if field == "chart":
            errors = list(islice(_errors(text, str(error)), MOST_ERRORS))
        return {"ok": False, "songs": songs, "errors": errors}
    return {
        "ok": True,
        "title": tune.title or form.title,
        "key": form.key or estimate_key(form),
        "bars": len(form.bar_ticks),
        "meter": form.meters[0].signature,
        "style": form.style,
        "tempo": Settings().tempo_of(form),
        "chords": len(form.chords),
        "warnings": list(tune.warnings),
        "sections": [{"name": s.name, "bar": form.bar_at(s.tick) + 1} for s in form.sections],
        "songs": songs,
    }


def _songs(text: str) -> list[str]:
    """The titles in a playlist; none where there is one song."""
    if find_builtin(text[:80]) is not None:
        return []
    try:
        found = entries(as_text(text), "")
    except JazzgenError:
        return []
    return [entry.title[:200] for entry in found[:10_000]] if len(found) > 1 else []


def _errors(text: str, message: str) -> Iterator[dict[str, Any]]:
    """Every unknown chord of a chart with its place, or the one error that there is."""
    chart = _chart(text)
    unknown = _unknown(chart) if chart is not None else {}
    found = 0
    for symbol, error in unknown.items():
        # Sections, headers and comments may have such a word, too.
        for line, column in _places(text, symbol):
            found += 1
            yield {
                "error": error,
                "line": line,
                "column": column,
                "length": len(symbol),
                "bar": _bar_of(error),
            }
    if not found:
        yield {"error": message, "bar": _bar_of(message)} | _located(text, message)


def _chart(text: str) -> Chart | None:
    """The bars as they are written, where the text can be read so far."""
    try:
        data = as_text(text)
        found = entries(data, "")
        return found[0].read() if len(found) == 1 and format_of(data, "") == "text" else None
    except JazzgenError:
        return None


def _unknown(chart: Chart) -> dict[str, str]:
    """The symbols that are no chords, each with what is said of the first."""
    found: dict[str, str] = {}
    for bar in chart.bars:
        for chord in bar.chords:
            try:
                parse_chord(chord.symbol, f"bar {bar.number}")
            except ChordError as error:
                found.setdefault(chord.symbol, str(error))
    return found


def _places(text: str, symbol: str) -> Iterator[tuple[int, int]]:
    """Line and column, from 1, of each entry of a bar that is `symbol`."""
    entry = re.compile(rf"(?<![^\s|:.]){re.escape(symbol)}(?![^\s|:@{{])")
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*(#|//|(title|composer|key|meter|style|tempo|form)\s*:(?!\|))", line, re.IGNORECASE):
            continue
        for found in entry.finditer(re.sub(r"\[[^\]|]*\]", lambda label: " " * len(label[0]), line)):
            yield number, found.start() + 1


def _bar_of(message: str) -> int | None:
    found = _BAR.search(message)
    return int(found[1]) if found else None


def _at(line: int | None, column: int | None = None, length: int | None = None) -> dict[str, int | None]:
    return {"line": line, "column": column, "length": length}


def _located(text: str, message: str) -> dict[str, int | None]:
    """Where an error stands: the shortest beginning of the text that has it ends there."""
    lines = text.splitlines(keepends=True)
    if len(text) > MOST_LOCATED or _message("".join(lines)) != message:
        return _at(None)
    line = _first(len(lines), lambda count: "".join(lines[:count]), message)
    before, wrong = "".join(lines[: line - 1]), lines[line - 1].rstrip("\r\n")
    for quoted in _QUOTED.findall(message):
        for number in (line, *range(1, line)):
            if quoted in lines[number - 1]:
                return _at(number, lines[number - 1].index(quoted) + 1, len(quoted))
    ends = [*(found.end() for found in re.finditer(r"\|+", wrong)), len(wrong)]
    cell = _first(len(ends), lambda count: before + wrong[: ends[count - 1]], message)
    start = ends[cell - 2] if cell > 1 else 0
    inside = wrong[start : ends[cell - 1]]
    start += len(inside) - len(inside.lstrip())
    return _at(line, start + 1, max(len(inside.strip(" |")), 1))


def _first(count: int, beginning: Any, message: str) -> int:
    """The least number from 1 to `count` whose beginning of the text has the error."""
    low, high = 1, count
    while low < high:
        middle = (low + high) // 2
        if _message(beginning(middle)) == message:
            high = middle
        else:
            low = middle + 1
    return low


def _message(text: str) -> str:
    try:
        tune_of({"chart": text})
    except GivenError as error:
        return str(error)
    return ""
