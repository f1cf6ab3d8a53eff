"""New names and titles from character-level models, and those models as files.

In: a shipped model, or one trained by `char_model.model` or `minibatch.train`. Out: names, each with whether
it stands in the training list; `save_names` and `load_names` keep a model as a checkpoint.
"""

from __future__ import annotations

import os
import string
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from jazzgen.by_hand.char_model import NameModel, sample, shapes
from jazzgen.by_hand.name_text import END, count_letters, name_fingerprint, spell, strange_character
from jazzgen.by_hand.recurrent import CELLS
from jazzgen.errors import CheckpointError, OptionError
from jazzgen.model.checkpoint import MAX_UNITS, load_checkpoint, save_checkpoint
from jazzgen.model.checkpoint_file import Shapes
from jazzgen.model.shipped import find_checkpoint
from jazzgen.util.version import __version__

SHORTEST = 3  # letters of a name, at least
MOST_NAMES = 1_000_000  # at once
PATIENCE = 200  # rejected draws in a row after which `invent` takes any
KINDS = ("tunes", "dinosaurs")  # of shipped models


def save_names(model: NameModel, path: str | os.PathLike[str]) -> None:
    """Write `model` as a checkpoint: parameters, alphabet, record, and fingerprints in place of its list."""
    letters = sorted(model.char_to_ix, key=lambda letter: model.char_to_ix[letter])
    description = {
        "kind": "names",
        "cell": model.cell,
        "n_a": model.n_a,
        "alphabet": "".join(letters),
        "fold": sorted(model.fold),
        "known": sorted(model.known),
        "words": sorted(model.words),
        "training": dict(model.record),
        "jazzgen": __version__,
    }
    save_checkpoint(path, model.parameters, description)


def _described_shapes(description: Mapping[str, Any]) -> Shapes:
    """The shapes of the parameters that a checkpoint describes; raises `CheckpointError` for a bad one."""
    cell, n_a, letters = (description.get(key) for key in ("cell", "n_a", "alphabet"))
    if not isinstance(cell, str) or cell not in CELLS:
        raise CheckpointError(f"its cell must be one of {', '.join(CELLS)}, received {str(cell)[:40]!r}")
    if type(n_a) is not int or not 1 <= n_a <= MAX_UNITS:
        raise CheckpointError(f"its units n_a must be in 1..{MAX_UNITS}, received {str(n_a)[:40]!r}")
    if not isinstance(letters, str) or END not in letters or len(set(letters)) != len(letters):
        raise CheckpointError("its alphabet must be distinct letters with the line feed among them")
    if strange := strange_character(letters.replace(END, "")):
        raise CheckpointError(f"its alphabet has {strange}, which is no letter")
    for key in ("fold", "known", "words"):
        entries = description.get(key)
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            raise CheckpointError(f"its {key} must be a list of texts")
    return shapes(cell, n_a, len(letters))


def load_names(path: str | os.PathLike[str]) -> NameModel:
    """The model that `save_names` wrote; raises `CheckpointError` that names the file and the fault."""
    checkpoint = load_checkpoint(path, kind="names", shapes=_described_shapes)
    description = checkpoint.description
    fold, known, words = (frozenset(description[key]) for key in ("fold", "known", "words"))
    char_to_ix = {letter: index for index, letter in enumerate(description["alphabet"])}
    return NameModel(dict(checkpoint.arrays), char_to_ix, fold, known, words, description.get("training", {}))


class Invented(NamedTuple):
    """A new name, and whether it is in the list that its model was trained on."""

    name: str
    known: bool


def invent(
    model: NameModel,
    rng: np.random.Generator,
    count: int = 1,
    temperature: float = 1.0,
    *,
    only_new: bool = False,
) -> list[Invented]:
    """Draw names of three letters or more. A list folded to lower case gives words with a capital.

    Parameters
    ----------
    model, rng
        The model, and the random generator.
    count, temperature
        How many names, and how they are drawn (see `char_model.sample`).
    only_new
        Draw again for a name of the list, one already drawn, or, where the list has names of several words,
        one that is not made of its words; after 200 rejected draws in a row, any name is taken.

    Returns
    -------
    The names, each with whether it is in the list.

    Raises
    ------
    OptionError
        For a count or temperature out of range.
    """
    if not 1 <= count <= MOST_NAMES:
        raise OptionError(f"count must be in 1..{MOST_NAMES:,}, received {count}")
    names: list[Invented] = []
    given: set[str] = set()
    rejected = 0
    while len(names) < count:
        indices = sample(model.parameters, model.char_to_ix, rng, temperature, min_length=SHORTEST)
        name = spell(indices, model.char_to_ix)
        known, fingerprint = model.knows(name), name_fingerprint(name)
        old = known or fingerprint in given or (model.words and not model.is_made_of_words(name))
        if rejected < PATIENCE and (count_letters(name) < SHORTEST or (only_new and old)):
            rejected += 1
            continue
        rejected = 0
        names.append(Invented(string.capwords(name) if "case" in model.fold else name, known))
        given.add(fingerprint)
    return names


def title(rng: np.random.Generator, model: NameModel | None = None, temperature: float = 0.8) -> str:
    """A title for a tune that is not in the training list, from `model` or else the shipped `names-tunes`."""
    model = shipped("tunes") if model is None else model
    return invent(model, rng, temperature=temperature, only_new=True)[0].name


def shipped(kind: str) -> NameModel:
    """The shipped model of `kind` "tunes" or "dinosaurs"."""
    if kind not in KINDS:
        raise OptionError(f"unknown kind of names {kind!r}; known are {', '.join(KINDS)}")
    return load_names(find_checkpoint(f"names-{kind}"))
