"""The recipe of a take: the command that makes the same file again."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import NamedTuple

from jazzgen.improviser.controls import Controls
from jazzgen.model.checkpoint import Checkpoint
from jazzgen.music.forms import self_contained
from jazzgen.takes.settings import Settings
from jazzgen.util.version import __version__


class Origin(NamedTuple):
    """The file that a take was read from, where its recipe does not make it: other hands have changed it, or
    another program made it.
    """

    name: str
    sha256: str
    recipe: str  # that it had; empty without one


def recipe(settings: Settings, tempo: float, checkpoint: Checkpoint) -> str:
    """One line that says how to make the same file again: version, checkpoint's hash, the whole command."""
    words = ["jazzgen", "generate-midi", "--progression", self_contained(settings.progression)]
    words += ["--choruses", str(settings.choruses), "--tempo", _exactly(tempo)]
    words += ["--instrument", settings.instrument]
    # A model is named, not located: the path is private, and the hash says which file it was.
    words += ["--model", Path(settings.model).name, *_control_words(settings.controls)]
    if settings.primer is not None:
        mode = ["--primer-mode", "answer"] if settings.answer else []
        words += ["--primer", Path(settings.primer).name, *mode]
    words += ["--seed", str(settings.seed), "--engine", settings.engine]
    words += ["--humanize", _exactly(settings.humanize)]
    if settings.style is not None:
        words += ["--style", settings.style]
    for option in ("comping", "ending"):
        if getattr(settings, option) != getattr(Settings(), option):
            words += [f"--{option}", getattr(settings, option)]
    if settings.count_in:
        words.append("--count-in")
    if settings.title:
        words += ["--title", settings.title]
    words += _edit_words(settings)
    return f"jazzgen {__version__}; checkpoint sha256 {checkpoint.sha256}; {shlex.join(words)}"


def edit_recipe(settings: Settings, origin: Origin, checkpoint: Checkpoint) -> str:
    """One line that says how a file was changed: its own recipe, its hash, and the command that changes it."""
    words = ["jazzgen", "again", origin.name, "--model", Path(settings.model).name, *_edit_words(settings)]
    before = origin.recipe or f"jazzgen {__version__}"
    return (
        f"{before}; file sha256 {origin.sha256}; jazzgen {__version__}; "
        f"checkpoint sha256 {checkpoint.sha256}; {shlex.join(words)}"
    )


def _edit_words(settings: Settings) -> list[str]:
    return [word for edit in settings.again for word in ("--again", edit.text(settings.controls))]


def _control_words(controls: Controls) -> list[str]:
    """The options of `controls` that are not the defaults, and those that a reader looks for."""
    default, words = Controls(), ["--temperature", _exactly(controls.temperature)]
    words += ["--top-k", str(controls.top_k), "--top-p", _exactly(controls.top_p)]
    if (controls.low, controls.high) != (None, None):
        words += ["--range", f"{controls.low}-{controls.high}"]
    for name in ("density", "rests", "outside", "player", "motif", "arc", "max_copied"):
        value = getattr(controls, name)
        if value != getattr(default, name):
            text = _exactly(value) if isinstance(value, float) else str(value)
            words.append(f"--{name.replace('_', '-')}={text}")  # one word: a value may begin with a minus
    return words


def _exactly(number: float) -> str:
    """The shortest text that reads back as `number`: a recipe with rounded figures makes another file."""
    return repr(float(number)).removesuffix(".0")
