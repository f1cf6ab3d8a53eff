"""Names: a character-level language model on the networks of `recurrent.py`, which titles tunes (and
dinosaurs).

In: a text file, one name a line, in any alphabet. Out: new names, letter by letter, each letter drawn from
what the network expects after the letters before it; a line feed ends a name.

`clip`, `sample`, `optimize` and `model` are those of the exercise "Character level language model -
Dinosaurus Island" (deeplearning.ai, Sequence Models), after A. Karpathy, min-char-rnn: plain gradient
descent, one name a step. `train` is the same network trained as one would today: in batches, with Adam,
dropout and names held out to measure it on. What either returns is a `NameModel`; `save_names` and
`load_names` carry it, `invent` and `title` use it.

Letters as in `recurrent.py`; n_x = n_y = the size of the alphabet. A network is its `parameters`, and which
cell it is made of shows in their names: `Wax Waa b Wya by` an RNN, `Wu ...` a GRU, `Wf ...` an LSTM.
"""

from __future__ import annotations

import os
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from jazzgen import __version__
from jazzgen.by_hand.char_model import CELLS, NameModel, sample, shapes
from jazzgen.by_hand.name_text import END, count_letters, name_fingerprint, spell, strange_character
from jazzgen.errors import CheckpointError, OptionError
from jazzgen.model.checkpoint import MAX_UNITS, Shapes, load_checkpoint, save_checkpoint
from jazzgen.model.shipped import find_checkpoint

__all__ = ["KINDS", "Invented", "invent", "load_names", "save_names", "shipped", "title"]

if TYPE_CHECKING:
    pass
SHORTEST = 3  # letters that `invent` asks of a name: two are a stump
MOST_NAMES = 1_000_000  # at once
PATIENCE = 200  # vain draws in a row after which `invent` takes what comes
KINDS = ("tunes", "dinosaurs")  # of shipped models


# ------------------------------------------------------------------------------------------------------------
# Kept and put to use


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
    """What `load_checkpoint` holds a file of names against."""
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
    """The twin of `save_names`; raises `CheckpointError` that names the file and the fault."""
    checkpoint = load_checkpoint(path, kind="names", shapes=_described_shapes)
    description = checkpoint.description
    fold, known, words = (frozenset(description[key]) for key in ("fold", "known", "words"))
    char_to_ix = {letter: index for index, letter in enumerate(description["alphabet"])}
    return NameModel(dict(checkpoint.arrays), char_to_ix, fold, known, words, description.get("training", {}))


class Invented(NamedTuple):
    """A new name, and whether it stands in the list that its model learnt from."""

    name: str
    known: bool


def invent(
    model: NameModel,
    rng: np.random.Generator,
    count: int = 1,
    temperature: float = 1.0,
    *,
    choosy: bool = False,
) -> list[Invented]:
    """Draw `count` names of three letters or more. A list folded to lower case gives words with a capital.

    A `choosy` hand draws again for a name it knows, has given already, or, where the list has names of
    several words, for one that is not made of its words; after 200 vain draws in a row it takes what comes.
    """
    if not 1 <= count <= MOST_NAMES:
        raise OptionError(f"count must be in 1..{MOST_NAMES:,}, received {count}")
    names: list[Invented] = []
    given: set[str] = set()
    vain = 0
    while len(names) < count:
        indices = sample(model.parameters, model.char_to_ix, rng, temperature, min_length=SHORTEST)
        name = spell(indices, model.char_to_ix)
        known = model.knows(name)
        if count_letters(name) < SHORTEST and vain < PATIENCE:
            vain += 1
            continue
        if choosy and vain < PATIENCE:
            twice = name_fingerprint(name) in given
            if known or twice or (model.words and not model.is_made_of_words(name)):
                vain += 1
                continue
        vain = 0
        names.append(Invented(string.capwords(name) if "case" in model.fold else name, known))
        given.add(name_fingerprint(names[-1].name))
    return names


def title(rng: np.random.Generator, model: NameModel | None = None, temperature: float = 0.8) -> str:
    """A title for a tune that is not in the training list, from `model` or else the shipped `names-tunes`."""
    model = shipped("tunes") if model is None else model
    return invent(model, rng, temperature=temperature, choosy=True)[0].name


def shipped(kind: str) -> NameModel:
    """The shipped model of `kind` "tunes" or "dinosaurs"."""
    if kind not in KINDS:
        raise OptionError(f"unknown kind of names {kind!r}; known are {', '.join(KINDS)}")
    return load_names(find_checkpoint(f"names-{kind}"))
