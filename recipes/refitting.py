"""What the recipes share that fit a trained improviser again: model and database in, model out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from jazzgen.corpus.splits import Selection, split_by_title
from jazzgen.corpus.wjazzd import load
from jazzgen.errors import JazzgenError
from jazzgen.model.checkpoint import HALF_FROM, Checkpoint, load_checkpoint, save_checkpoint
from jazzgen.music.score import Solo
from recipes.improviser import TEST, TEST_SEED


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that all of them have."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path, help="wjazzd.db")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    return parser


def refit(name: str, given: argparse.Namespace, fitted: Callable[[Checkpoint, Selection], Checkpoint]) -> int:
    """Write what `fitted` makes of the model and the solos that are not for testing; the exit code."""
    try:
        known, _ = split_by_title(load(given.data), TEST, TEST_SEED)
        made = fitted(load_checkpoint(given.model), known)
        weights = sum(array.size for array in made.arrays.values())
        save_checkpoint(given.output, made.arrays, made.description, half=weights >= HALF_FROM)
    except JazzgenError as error:
        print(f"recipes.{name}: {error}", file=sys.stderr)
        return 2
    return 0


def in_four(solos: Sequence[Solo]) -> list[Solo]:
    """Those in 4/4."""
    return [solo for solo in solos if {meter.beats for meter in solo.progression.meters} == {4}]


def say(line: str) -> None:
    """Print at once: a round takes a minute."""
    print(line, flush=True)
