"""Lists of names as text: read, folded and spelled, divided and crossed, and fingerprinted.

In: a UTF-8 text file, one name a line, in any alphabet.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np

from jazzgen.errors import DataError, OptionError
from jazzgen.util.files import read_bytes

END = "\n"  # what ends a name
MAX_LIST_BYTES = 16 * 2**20  # half a million names
LONGEST_LINE = 200  # letters; a longer line is prose, and a batch is as long as its longest name
JOINERS = "\u200c\u200d"  # belong to the spelling of Persian and Indian names, invisible as they are
MAX_MARKS = 40_000  # fingerprints in a checkpoint: 22 bytes each, in a header of 1 MiB at most
FOLDS = ("accents", "case", "spaces")


def fold_text(text: str, fold: Collection[str] = ()) -> str:
    """`text` on one line, composed (NFC), less what `fold` names: "accents", "case" (to lower), "spaces"."""
    if unknown := set(fold) - set(FOLDS):
        raise OptionError(f"cannot fold {', '.join(sorted(unknown))}; what can be is {', '.join(FOLDS)}")
    if "accents" in fold:
        text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    if "case" in fold:
        text = text.lower()
    return unicodedata.normalize("NFC", ("" if "spaces" in fold else " ").join(text.split()))


def read_names(path: str | os.PathLike[str], fold: Collection[str] = ()) -> list[str]:
    """The names of a UTF-8 file, one a line, folded as `fold_text` does; empty lines do not count.

    Raises `DataError` for a file that cannot be read, is not UTF-8, holds fewer than two names, one too long,
    or control characters.
    """
    try:
        text = read_bytes(path, MAX_LIST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}; give a text file, one name a line") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8 text") from error
    names = [fold_text(line, fold) for line in text.splitlines()]
    for number, name in enumerate(names, 1):
        if len(name) > LONGEST_LINE:
            raise DataError(
                f"line {number} of {path} has {len(name)} letters; a name has at most {LONGEST_LINE}"
            )
        if strange := strange_character(name):
            raise DataError(f"line {number} of {path} has {strange}; give plain text, one name a line")
    names = [name for name in names if name]
    if len(names) < 2:
        raise DataError(f"{path} holds {len(names)} names; give a text file with two at least, one a line")
    return names


def strange_character(text: str) -> str | None:
    """The first character of `text` that is part of no name: it would act on a terminal, not show."""
    for character in text:
        if unicodedata.category(character).startswith("C") and character not in JOINERS:
            return f"the control character U+{ord(character):04X}"
    return None


def check_names(names: Sequence[str]) -> None:
    """Refuse what cannot be learnt from."""
    if not names:
        raise DataError("there are no names to learn from; give two at least")
    for number, name in enumerate(names, 1):
        if not name.strip():
            raise DataError(f"name {number} is empty; a name has one letter at least")
        if strange := strange_character(name):
            raise DataError(f"name {number} has {strange}; a name is plain text on one line")


def count_letters(name: str) -> int:
    """Letters, with the marks on them, and figures; neither blanks nor points: "P.C." has two."""
    return sum(unicodedata.category(character)[0] in "LMN" for character in name)


def alphabet(names: Collection[str]) -> dict[str, int]:
    """`char_to_ix`: every letter of `names`, and the line feed that ends them, to its index, in code point
    order.
    """
    return {letter: index for index, letter in enumerate(sorted(set(END).union(*names)))}


def spell(indices: Sequence[int], char_to_ix: Mapping[str, int]) -> str:
    """The inverse of looking letters up in `char_to_ix`: indices to text, without the line feed."""
    letters = {index: letter for letter, index in char_to_ix.items()}
    return " ".join("".join(letters[index] for index in indices).split())


def hold_out(names: Sequence[str], part: float, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Shuffle `names` and lay a `part` of them aside: those held out, and those to train on.

    A name that comes several times counts once: else one of two equal names trains and one tests. Raises
    `OptionError` for a part outside 0..1 and `DataError` where none is left.
    """
    if not 0 <= part < 1:
        raise OptionError(f"the part held out must be in 0..1, 1 excluded, received {part}")
    distinct = list(dict.fromkeys(names))
    shuffled = [distinct[index] for index in rng.permutation(len(distinct))]
    aside = round(part * len(distinct))
    if aside == len(distinct):
        raise DataError(f"all of the {len(distinct)} names are held out and none is left; give more names")
    return shuffled[:aside], shuffled[aside:]


def cross(names: Sequence[str], rng: np.random.Generator) -> str:
    """The head of one name and the tail of another, each cut between two words: "Blues On" + "Avenue"."""
    head, tail = (names[index].split() for index in rng.integers(len(names), size=2))
    return " ".join([*head[: rng.integers(1, len(head))], *tail[rng.integers(1, len(tail)) :]])


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def name_fingerprint(name: str) -> str:
    """The fingerprint of a training name, which a checkpoint keeps in place of the name."""
    return _fingerprint(fold_text(name, FOLDS))


def _word_fingerprints(name: str) -> tuple[list[str], list[str]]:
    """Of every word of `name`, the first and the last also as such; and of every pair of neighbours."""
    words = name.split()
    marked = [END + words[0], *words, words[-1] + END]
    pairs = [" ".join(pair) for pair in pairwise(words)]
    return [_fingerprint(word) for word in marked], [_fingerprint(pair) for pair in pairs]


def fingerprints(names: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The fingerprints of `names`, and those of their words where any has several."""
    known = frozenset(map(name_fingerprint, names))
    words: frozenset[str] = frozenset()
    if any(" " in name for name in names):
        words = frozenset(mark for name in names for kind in _word_fingerprints(name) for mark in kind)
    if len(known) + len(words) > MAX_MARKS:
        raise DataError(
            f"the list has {len(known) + len(words):,} names, words and pairs of words to remember, at most "
            f"{MAX_MARKS:,}; give a shorter one"
        )
    return known, words


def is_made_of(words: Collection[str], name: str) -> bool:
    """Could the list whose words have the fingerprints `words` make `name`?

    Every word is one of the list's and none comes twice, the first has begun and the last has ended a name,
    and at most one pair of neighbours never stood together: "Dancing In Paris", but neither "A Night In" nor
    "High A In".
    """
    marks, pairs = _word_fingerprints(name)
    own = name.split()
    new_pairs = [pair for pair in pairs if pair not in words]
    return set(words).issuperset(marks) and len(set(own)) == len(own) and len(new_pairs) <= 1
