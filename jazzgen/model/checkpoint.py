"""Checkpoints: one `.safetensors` file of arrays with a description of what they are.

In: named arrays and a description (a JSON object); out: the same file byte for byte for the same content. On
the way back everything is checked before anything is used: that the file is a safetensors file and not larger
than a model of ours can be, its kind, the vocabulary's fingerprint, each array's name, shape and type against
the sizes in the description, and that every weight is finite. The first thing that does not fit is named in a
`CheckpointError`.

Arrays are float32 in memory; a file may hold them in half the space as float16 (2,048 steps from a power of
two to the next: measured on the shipped improviser, the loss on held-out solos moves by less than 0.0005
nats).

No pickles, no code: a checkpoint from a stranger can be wrong, but not do anything.

File format: https://github.com/huggingface/safetensors (8 bytes header length, JSON header, raw little-endian
data); the description stands as JSON under the one metadata key `jazzgen`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.numpy

from jazzgen.errors import CheckpointError, OptionError
from jazzgen.model import choosing
from jazzgen.model.checkpoint_file import (
    METADATA_KEY,
    FloatArray,
    Shapes,
    arrays_in,
    bytes_of,
    check_finite,
    check_shapes,
    described_in,
    header_of,
    renamed,
    short,
)
from jazzgen.model.corrections import SHAPES as CORRECTION_SHAPES
from jazzgen.model.corrections import Corrections
from jazzgen.model.planner import Planner, planner_shapes
from jazzgen.model.shipped import shipped_checkpoints
from jazzgen.model.tuning import Tuning
from jazzgen.tokens import octave_counts
from jazzgen.tokens.features import (
    DISPLACEMENTS,
    EARLIER,
    FEATURES,
    MATCH,
    MEMORIES,
    NEAR,
    FeatureSpec,
)
from jazzgen.tokens.unit_context import SHAPES as UNIT_SHAPES
from jazzgen.tokens.unit_context import UnitTables
from jazzgen.tokens.views import N_RHYTHM
from jazzgen.tokens.vocabulary import FINGERPRINT, N_LENGTHS, N_VALUES
from jazzgen.util.files import replacing
from jazzgen.util.version import __version__

N_STEPS = 12 * N_LENGTHS  # 0..11 semitones above the last pitch class, times the lengths
# The arrays of an improviser, named after the Keras layers they come from, gates in Keras's order i, f, c, o.
# F is the width of the context, h the units of the octave head's hidden layer.
DENSOR = ("densor/kernel", "densor/bias")  # (n_a + F, 78), (78,)
INTERVAL_HEAD = ("interval_head/kernel", "interval_head/bias")  # (n_a + F, 72), (72,)
MOTIF_BIAS = ("motif_bias/strength", "motif_bias/gate")  # (2, 6) memories by matches, (n_a, 2)
HALF_FROM = 1_000_000  # weights: a larger model is stored as float16
EARLIER_NUMBER = "motif_biases"  # of a tuning up to version 0.2
VIEW_BIAS = ("view_bias/strength", "view_bias/gate")  # (16,) views, (n_a, 16)
CORRECTIONS = "corrections/"  # the arrays of these names without it are those of `Corrections`
UNIT_TABLES = "units/"  # the same of `UnitTables`
OCTAVE_HIDDEN = ("octave_hidden/kernel", "octave_hidden/bias")  # (n_a + F + 78 + 13, h), (h,)
OCTAVE_HEAD = ("octave_head/kernel", "octave_head/bias")  # (h, 5), (5,)
OCTAVE_VIEWS = ("octave_views/strength",)  # (4,) views of octaves


def lstm_names(layer: int) -> tuple[str, str, str]:
    """Kernel (78 + F or n_a, 4 n_a), recurrent kernel (n_a, 4 n_a) and bias (4 n_a,) of LSTM number `layer`
    from 0: LSTM_cell, LSTM_cell_2 ...
    """
    cell = "LSTM_cell" if layer == 0 else f"LSTM_cell_{layer + 1}"
    return f"{cell}/kernel", f"{cell}/recurrent_kernel", f"{cell}/bias"


MAX_UNITS = 4096
MAX_LAYERS = 8
MAX_PLAYERS = 10_000
# The one fingerprint of files of version 0.1, which did not cover all constants. No constant has changed
# since, which a test holds.
EARLIER_FINGERPRINT = "62d22eba85341623"


@dataclass(frozen=True)
class Checkpoint:
    """What a weights file holds: `arrays` by name, its `description`, the file's `sha256` (hex) and its
    `path`.
    """

    arrays: Mapping[str, FloatArray]
    description: Mapping[str, Any]
    sha256: str
    path: Path

    @property
    def n_a(self) -> int:
        """Units of each recurrent layer, as the description says (and the arrays were checked to have)."""
        return int(self.description["n_a"])

    @property
    def layers(self) -> int:
        """How many recurrent layers there are."""
        return int(self.description.get("layers", 1))

    @property
    def register_units(self) -> int:
        """Units of the octave head's hidden layer; 0 where there is none."""
        return int(self.description.get("register_units", 0))

    @property
    def spec(self) -> FeatureSpec:
        """The context that the model reads."""
        return _spec(self.description)

    @property
    def tuning(self) -> Tuning:
        """What corrects its probabilities at play: its own, or the default where the header has none."""
        return _tuning(self.description)

    @property
    def corrections(self) -> Corrections | None:
        """What is corrected at play in which context; None for a model that was not compared with people."""
        if not self.description.get("corrected"):
            return None
        return Corrections(**{name: self.arrays[CORRECTIONS + name] for name in CORRECTION_SHAPES})

    @property
    def planner(self) -> Planner | None:
        """What draws the units of its solos; None for a model that plays without a plan."""
        return Planner(self.arrays) if self.description.get("planned") else None

    @property
    def unit_tables(self) -> UnitTables | None:
        """How its notes follow a plan; None for a model that plays without one."""
        if not self.description.get("planned"):
            return None
        return UnitTables(**{name: self.arrays[UNIT_TABLES + name] for name in UNIT_SHAPES})

    @property
    def choosing(self) -> choosing.Choosing | None:
        """What is chosen by among candidates; None for a model that has not learned it."""
        return choosing.Choosing.of(self.arrays) if self.description.get("choosing") else None

    def extended(self, arrays: Mapping[str, FloatArray], **entries: Any) -> Checkpoint:
        """The same model with these arrays and these entries of its description, added or in place of what
        it had.
        """
        return replace(self, arrays={**self.arrays, **arrays}, description={**self.description, **entries})

    def at_play(self) -> Checkpoint:
        """The model as it hears itself: its views count as much as its tuning says."""
        if not self.spec.views:
            return self
        tuning, degrees = self.tuning, self.spec.views - N_RHYTHM
        heard = np.repeat(
            np.array([tuning.rhythm_views, tuning.pitch_views], np.float32), [N_RHYTHM, degrees]
        )
        return self.extended({name: self.arrays[name] * heard for name in VIEW_BIAS})


def describe_improviser(
    n_a: int,
    *,
    layers: int = 1,
    spec: FeatureSpec | None = None,
    register_units: int = 0,
    tuning: Tuning | None = None,
    training: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The description of an improviser.

    Parameters
    ----------
    n_a, layers, register_units
        Units of each LSTM layer, LSTM layers, and units of the octave head's hidden layer (0: it has none).
    spec
        The context; None for the plain model.
    tuning
        What corrects it at play; None for the default of such a model.
    training
        The record of how it was made.

    Returns
    -------
    dict
        A JSON object.
    """
    spec = spec or FeatureSpec()
    return {
        "kind": "improviser",
        "vocabulary": FINGERPRINT,
        "n_values": N_VALUES,
        "n_a": n_a,
        "layers": layers,
        "context": list(spec.features),
        "context_layout": spec.fingerprint,
        "players": list(spec.players),
        "register_units": register_units,
        "tuning": (tuning or Tuning.default(bool(spec.features))).as_json(),
        "training": dict(training or {}),
        "jazzgen": __version__,
    }


def improviser_shapes(description: Mapping[str, Any]) -> Shapes:
    """The arrays an improviser so described must have; raises `CheckpointError` if it describes none."""
    if description.get("vocabulary") != FINGERPRINT:
        raise CheckpointError(
            "it was trained on another vocabulary: its fingerprint is "
            f"{short(description.get('vocabulary'))}, ours is {FINGERPRINT!r}; train it again"
        )
    if description.get("n_values") != N_VALUES:
        raise CheckpointError(
            f"it has {short(description.get('n_values'))} values, ours are {N_VALUES}; train it again"
        )
    n_a = _whole(description, "n_a", "units", 1, MAX_UNITS)
    layers = _whole(description, "layers", "layers", 1, MAX_LAYERS, missing=1)
    hidden = _whole(description, "register_units", "register units", 0, MAX_UNITS, missing=0)
    spec = _spec(description)
    _tuning(description)
    features = n_a + spec.width  # what the densor and the heads read
    shapes: Shapes = {}

    def add(names: tuple[str, ...], *of_each: tuple[int, ...]) -> None:
        shapes.update(zip(names, of_each, strict=True))

    for layer in range(layers):
        inputs = n_a if layer else N_VALUES + spec.width
        add(lstm_names(layer), (inputs, 4 * n_a), (n_a, 4 * n_a), (4 * n_a,))
    add(DENSOR, (features, N_VALUES), (N_VALUES,))
    if spec.motion:
        add(INTERVAL_HEAD, (features, N_STEPS), (N_STEPS,))
    if spec.motif:
        add(MOTIF_BIAS, (MEMORIES, len(MATCH)), (n_a, MEMORIES))
    if spec.views:
        add(VIEW_BIAS, (spec.views,), (n_a, spec.views))
    if hidden:
        add(OCTAVE_HIDDEN, (features + N_VALUES + NEAR, hidden), (hidden,))
        add(OCTAVE_HEAD, (hidden, len(DISPLACEMENTS)), (len(DISPLACEMENTS),))
    return shapes | _parts_at_play(description, spec, bool(hidden)) | choosing.shapes_in(description)


def _entry(description: Mapping[str, Any], key: str, needs: str, possible: bool) -> bool:
    """Whether the entry `key` is true, which asks for what `needs` says."""
    found = description.get(key, False)
    if found not in (True, False) or (found and not possible):
        raise CheckpointError(
            f"its entry {key} must be true or false, and true only with {needs}, "
            f"received {short(found)} with the context {short(description.get('context'))}"
        )
    return bool(found)


def _parts_at_play(description: Mapping[str, Any], spec: FeatureSpec, has_octaves: bool) -> Shapes:
    """The arrays of what was fitted after the network: habits of octaves, corrections, units."""
    shapes: Shapes = {}
    if _entry(description, "octave_views", "octaves and the feature views", bool(spec.views) and has_octaves):
        shapes |= {OCTAVE_VIEWS[0]: (len(octave_counts.OCTAVE_VIEWS),)}
    if _entry(description, "corrected", "the features views and motif", bool(spec.views) and spec.motif):
        shapes |= {CORRECTIONS + name: shape for name, shape in CORRECTION_SHAPES.items()}
    if _entry(description, "planned", "a context", bool(spec.features)):
        shapes |= planner_shapes() | {UNIT_TABLES + name: shape for name, shape in UNIT_SHAPES.items()}
    return shapes


def _whole(
    description: Mapping[str, Any], key: str, what: str, low: int, high: int, missing: int | None = None
) -> int:
    number = description.get(key, missing)
    if type(number) is not int or not low <= number <= high:
        raise CheckpointError(f"its {what} {key} must be in {low}..{high}, received {short(number)}")
    return number


def _names(found: Any, what: str) -> list[str]:
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise CheckpointError(f"its {what}, received {short(found)}")
    return found


def _spec(description: Mapping[str, Any]) -> FeatureSpec:
    context = _names(description.get("context"), "context must be a list of feature names")
    players = _names(description.get("players", []), "players must be a list of names")
    if len(players) > MAX_PLAYERS:
        raise CheckpointError(f"it has {len(players):,} players, and a model at most {MAX_PLAYERS:,}")
    context = [EARLIER.get(name, name) for name in context]
    unknown = [name for name in context if name not in FEATURES]
    if unknown:
        raise CheckpointError(
            f"it needs the context features {short(unknown)}, which this jazzgen lacks; update jazzgen"
        )
    try:
        spec = FeatureSpec(tuple(context), tuple(players))
    except OptionError as error:
        raise CheckpointError(f"its context does not fit: {error}") from error
    if context and description.get("context_layout") not in (spec.fingerprint, EARLIER_FINGERPRINT):
        raise CheckpointError("its context features mean something else than ours; train it again")
    return spec


def _tuning(description: Mapping[str, Any]) -> Tuning:
    described = description.get("tuning")
    # Up to version 0.2 a tuning had other numbers, which mean nothing here.
    if described is None or (isinstance(described, dict) and EARLIER_NUMBER in described):
        return Tuning.default(bool(description.get("context")))
    try:
        return Tuning.from_json(described)
    except OptionError as error:
        raise CheckpointError(f"its tuning does not fit: {error}") from error


def save_checkpoint(
    path: str | os.PathLike[str],
    arrays: Mapping[str, npt.ArrayLike],
    description: Mapping[str, Any],
    *,
    half: bool = False,
) -> Checkpoint:
    """Write a checkpoint, whole or not at all; the same content gives the same bytes.

    Parameters
    ----------
    path
        Of the file.
    arrays
        By name; stored as float32.
    description
        A JSON object with a `kind`.
    half
        Store float16 instead.

    Returns
    -------
    Checkpoint
        As `load_checkpoint` reads it.

    Raises
    ------
    CheckpointError
        For a weight that is not finite, before anything is written.
    OutputError
        Where the file cannot be written.
    """
    path = Path(path)
    stored = {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}
    try:
        check_finite(stored)
        text = json.dumps(description, sort_keys=True, ensure_ascii=False, allow_nan=False)
    except (CheckpointError, ValueError) as error:
        raise CheckpointError(f"cannot write checkpoint {path}: {error}") from error
    if half:
        small = {name: array.astype(np.float16) for name, array in stored.items()}
        stored = {name: array.astype(np.float32) for name, array in small.items()}
        data = safetensors.numpy.save(small, metadata={METADATA_KEY: text})
    else:
        data = safetensors.numpy.save(stored, metadata={METADATA_KEY: text})
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return Checkpoint(stored, json.loads(text), hashlib.sha256(data).hexdigest(), path)


def as_checkpoint(checkpoint: Checkpoint | str) -> Checkpoint:
    """A checkpoint itself, or the one that is shipped under a name or lies at a path."""
    return load_checkpoint(checkpoint) if isinstance(checkpoint, str) else checkpoint


def load_checkpoint(
    path: str | os.PathLike[str],
    kind: str = "improviser",
    shapes: Callable[[Mapping[str, Any]], Shapes] | None = None,
) -> Checkpoint:
    """Read the checkpoint at `path`, of the given `kind`, and check that it is what it says. A text may be
    the name of a shipped one, a `Path` is none.

    `shapes` gives the arrays that a description promises and may raise `CheckpointError` with the reason (the
    path is put in front); for an improviser it is `improviser_shapes`. Raises `CheckpointError` that names
    the file and the fault.
    """
    path = Path(shipped_checkpoints().get(path, path) if isinstance(path, str) else path)
    if shapes is None and kind == "improviser":
        shapes = improviser_shapes
    try:
        data = bytes_of(path)
        header = header_of(data)
        description = described_in(header, kind)
        if shapes is not None:
            check_shapes(renamed(header), shapes(description))
        arrays = renamed(arrays_in(data))
        check_finite(arrays)
    except CheckpointError as error:
        raise CheckpointError(f"checkpoint {path}: {error}") from error
    return Checkpoint(arrays, description, hashlib.sha256(data).hexdigest(), path)
