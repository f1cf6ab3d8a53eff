"""The recipe of a take: the command that makes the same file again, and what it says read back."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jazzgen.charts.find import AS_WRITTEN, ChartOptions, is_text_or_name
from jazzgen.errors import JazzgenError
from jazzgen.improviser.controls import Controls, parse_range
from jazzgen.midi.layout import USUAL_PPQ, Layout
from jazzgen.model.checkpoint import Checkpoint
from jazzgen.takes.again import Again
from jazzgen.takes.settings import Settings
from jazzgen.util.version import __version__

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class Origin(NamedTuple):
    """The file that a take was read from, where its recipe does not make it: other hands have changed it, or
    another program made it.
    """

    name: str
    sha256: str
    recipe: str  # that it had; empty without one


def recipe(settings: Settings, chart: str, tempo: float, checkpoint: Checkpoint) -> str:
    """What says how to make the same file again: version, checkpoint's hash, the whole command.

    Parameters
    ----------
    settings
        What makes the take.
    chart
        Its progression, by name or written out with what `settings.chart` asks for.
    tempo
        At which it is played, in beats of the first meter a minute.
    checkpoint
        Who improvises.

    Returns
    -------
    str
        The chart in it may take several lines.

    """
    words = ["jazzgen", "generate-midi", "--progression", chart]
    if settings.chart.form == "full":
        words += ["--form", "full"]
    if settings.plan is None:
        words += ["--choruses", str(settings.choruses)]
    words += ["--tempo", _exactly(tempo)]
    words += ["--instrument", settings.instrument]
    # A model is named, not located: the path is private, and the hash says which file it was.
    words += ["--model", Path(settings.model).name, *_control_words(settings.controls)]
    if settings.primer is not None:
        mode = ["--primer-mode", "answer"] if settings.answer else []
        words += ["--primer", Path(settings.primer).name, *mode]
    words += ["--seed", str(settings.seed), "--engine", settings.engine]
    words += ["--humanize", _exactly(settings.humanize), "--expression", _exactly(settings.expression)]
    if settings.style is not None:
        words += ["--style", settings.style]
    words += _band_words(settings)
    if settings.head:
        words.append("--head")
    if settings.count_in:
        words.append("--count-in")
    if settings.title:
        words += ["--title", settings.title]
    words += _edit_words(settings)
    return f"jazzgen {__version__}; checkpoint sha256 {checkpoint.sha256}; {shlex.join(words)}"


def _band_words(settings: Settings) -> list[str]:
    """The options of the band and of the arrangement that are not the defaults."""
    words = []
    for option in ("comping", "bass", "ending", "intro", "trade", "plan"):
        if getattr(settings, option) != getattr(Settings(), option):
            words += [f"--{option}", getattr(settings, option)]
    return words + ["--interplay", _exactly(settings.interplay)] * (settings.interplay > 0)


def edit_recipe(settings: Settings, origin: Origin, checkpoint: Checkpoint) -> str:
    """One line that says how a file was changed: its own recipe, its hash, the command that changes it."""
    words = ["jazzgen", "again", origin.name, "--model", Path(settings.model).name, *_edit_words(settings)]
    before = origin.recipe or f"jazzgen {__version__}"
    return (
        f"{before}; file sha256 {origin.sha256}; jazzgen {__version__}; "
        f"checkpoint sha256 {checkpoint.sha256}; {shlex.join(words)}"
    )


def _edit_words(settings: Settings) -> list[str]:
    words = [word for edit in settings.again for word in ("--again", edit.text(settings.controls))]
    return words if settings.retime is None else [*words, "--retime", _exactly(settings.retime)]


def read_recipe(text: str) -> tuple[Settings, Layout] | None:
    """The settings and the layout of a recipe, the twin of `recipe`; None where it is none.

    It comes from a file: a progression is read from the text itself and never from a path; the names of model
    and primer are left as they are, to be looked at and not opened.
    """
    match = _COMMAND.match(text)
    if match is None:
        return None
    try:
        given = _options(shlex.split(match[1].partition("; file sha256 ")[0])[2:])
        given.setdefault("expression", ["0"])  # up to 0.2.0 there was none
        low, high = parse_range(given.pop("range")[-1]) if "range" in given else (None, None)
        controls = Controls(**_values(given, Controls()), low=low, high=high)
        edits = tuple(Again.parse(edit, controls) for edit in given.pop("again", ()))
        words: dict[str, Any] = {_LAYOUT[name]: given[name][-1] for name in _LAYOUT if name in given}
        layout = replace(Layout.parse(**words), ppq=int(given.get("ppq", [USUAL_PPQ])[-1]))
        answer = given.get("primer_mode", [""])[-1] == "answer"
        chart = ChartOptions(form=given.pop("form", [AS_WRITTEN.form])[-1])
        values = _values(given, Settings()) | {"controls": controls, "chart": chart, "again": edits}
        settings = Settings(**values, answer=answer)
    except (JazzgenError, ValueError, TypeError):
        return None
    return (settings, layout) if is_text_or_name(settings.progression) else None


_COMMAND = re.compile(r"jazzgen \S+; checkpoint sha256 [0-9a-f]{64}; (jazzgen generate-midi .*)", re.DOTALL)
# The options of a layout besides the ticks, and what `Layout.parse` calls them.
_LAYOUT = {"markers": "markers", "tracks": "tracks", "channel": "channels", "transpose": "transpose"}


def _options(words: list[str]) -> dict[str, list[str]]:
    """The options of a command, as fields are named, each with all its values; a flag has none."""
    found: dict[str, list[str]] = {}
    name = ""
    for word in words:
        if word.startswith("--"):
            option, sign, value = word.removeprefix("--").partition("=")
            name = option.replace("-", "_")
            found.setdefault(name, []).extend([value] if sign else [])
        elif name:
            found[name].append(word)
    return found


# Numbers whose default is None.
_FLOATS, _WHOLE = ("tempo", "retime", "density", "rests"), ("effort",)


def _values(given: dict[str, list[str]], usual: DataclassInstance) -> dict[str, Any]:
    """The fields of `usual` that are given, each of the type of its default."""
    values: dict[str, Any] = {}
    for field in fields(usual):
        default, words = getattr(usual, field.name), given.get(field.name)
        if words is None or field.name in ("again", "controls", "answer", "chart"):
            continue
        none = float if field.name in _FLOATS else int if field.name in _WHOLE else str
        kind = none if default is None else type(default)
        values[field.name] = True if kind is bool else kind(words[-1])
    return values


def _control_words(controls: Controls) -> list[str]:
    """The options of `controls` that are not the defaults, and those that a reader looks for."""
    default, words = Controls(), ["--temperature", _exactly(controls.temperature)]
    words += ["--top-k", str(controls.top_k), "--top-p", _exactly(controls.top_p)]
    if (controls.low, controls.high) != (None, None):
        words += ["--range", f"{controls.low}-{controls.high}"]
    for name in ("density", "rests", "outside", "player", "motif", "arc", "max_copied", "units", "effort"):
        value = getattr(controls, name)
        if value != getattr(default, name):
            text = _exactly(value) if isinstance(value, float) else str(value)
            words.append(f"--{name.replace('_', '-')}={text}")  # one word: a value may begin with a minus
    return words


def _exactly(number: float) -> str:
    """The shortest text that reads back as `number`: a recipe with rounded figures makes another file."""
    return repr(float(number)).removesuffix(".0")
