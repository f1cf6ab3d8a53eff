"""A progress bar for a terminal, silent elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def bar(console: Console, verb: str, unit: str) -> Iterator[Callable[..., None]]:
    """A progress bar with rate and time left on a terminal, nothing elsewhere; yields `show(done, total,
    text)`.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(verb, rate="")

        def show(done: int, total: int, text: str = "") -> None:
            progress.update(task, completed=done, total=total, description=f"{verb} {text}".rstrip())
            speed = progress.tasks[0].speed
            progress.update(task, rate=f"{speed:,.0f} {unit}/s" if speed else "")

        yield show
