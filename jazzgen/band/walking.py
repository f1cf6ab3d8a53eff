"""A learned walking bass: a small LSTM that draws the pitch of each beat.

It was trained on people's lines (`recipes/bassist.py`, models/bassist.md). At each beat it reads the chord
and the next one, both against the present root, how long either lasts, the place in bar and form, the tempo,
the soloist's density and height, and the last two pitches. Nothing that it reads names a key, so that it
walks the same in all twelve. Four heads see a pitch from four sides, and their logits are added: its degree
above the present root, and above the next one; its interval from the last pitch; and the register. What its
lines did too seldom or too often beside people's is corrected by place (`recipes/walking_corrections.py`).

Letters: T beats, F features, n units. Everything is float32.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jazzgen.band.scene import BEAT, Scene
from jazzgen.errors import CheckpointError
from jazzgen.model.cells import lstm_cell
from jazzgen.model.checkpoint import CORRECTIONS, MAX_UNITS, load_checkpoint
from jazzgen.model.checkpoint_file import Shapes
from jazzgen.model.shipped import find_checkpoint
from jazzgen.music.chords import Chord, chord_scale

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

LOW, HIGH = 28, 55  # E1 to G3
PITCHES = np.arange(LOW, HIGH + 1)
WIDEST = 12  # semitones from the last pitch; what is wider is counted as that
UNKNOWN = 0  # in place of a pitch
N_INTERVALS = 2 * WIDEST + 2  # and one for no last pitch
KIND = "bassist"

# The features and their widths, in the order in which they are read; then those of what was played.
STATIC = {
    "chord": 12, "bass": 12, "next chord": 12, "next root": 12, "beats since": 5, "beats until": 5,
    "beat": 4, "bar in four": 4, "section begins": 1, "tempo": 1, "density": 1, "height": 1, "silent": 1,
}  # fmt: skip
PLAYED = {"last degree": 13, "degree before": 13, "last interval": N_INTERVALS, "register": 1}
WIDTH = sum(STATIC.values()) + sum(PLAYED.values())
HEADS = {"degree": 12, "next_degree": 12, "interval": N_INTERVALS, "register": len(PITCHES)}


@dataclass(frozen=True, slots=True)
class Beats:
    """What a bassist knows of each beat before playing: `features` (T, F static), the `roots` (T,) and the
    `next_roots` (T,) as pitch classes, -1 where no chord sounds.
    """

    features: Floats
    roots: Ints
    next_roots: Ints


def read_beats(scene: Scene) -> Beats:
    """The beats of a scene."""
    form = scene.form
    ticks = range(0, form.length, BEAT)
    features = np.zeros((len(ticks), sum(STATIC.values())), np.float32)
    roots, nexts = np.full(len(ticks), -1), np.full(len(ticks), -1)
    heights = [note.pitch for note in scene.solo]
    mean, spread = (float(np.mean(heights)), float(np.std(heights)) + 1) if heights else (0.0, 1.0)
    for t, tick in enumerate(ticks):
        index = form.chord_index(tick)
        chord, change = scene.chord_at(tick), form.chords[index]
        after = form.chords[index + 1] if index + 1 < len(form.chords) else None
        bar = scene.bars[form.bar_at(tick)]
        parts: dict[str, Sequence[float]] = {name: [0.0] * width for name, width in STATIC.items()}
        if chord is not None:
            roots[t] = chord.root
            parts["chord"] = _hot(12, *((tone - chord.root) % 12 for tone in chord.pitch_classes))
            parts["bass"] = _hot(12, (chord.bass - chord.root) % 12)
            parts["beats since"] = _hot(5, min((tick - change.tick) // BEAT, 4))
            following = None if after is None else scene.chord_at(after.tick)
            if after is not None and following is not None:
                nexts[t] = following.root
                tones = ((tone - chord.root) % 12 for tone in following.pitch_classes)
                parts["next chord"] = _hot(12, *tones)
                parts["next root"] = _hot(12, (following.root - chord.root) % 12)
                parts["beats until"] = _hot(5, min((after.tick - tick - 1) // BEAT, 4))
        parts["beat"] = _hot(4, min((tick - bar.start) // BEAT, 3))
        parts["bar in four"] = _hot(4, bar.number % 4)
        parts["section begins"] = [float(bar.opens_section)]
        parts["tempo"] = [(scene.tempo - 180) / 60]
        near = [note.pitch for note in scene.notes_between(tick - 4 * BEAT, tick + 2 * BEAT)]
        parts["density"] = [len(near) / 6 - 1.5]
        parts["height"] = [(float(np.mean(near)) - mean) / spread if near else 0.0]
        parts["silent"] = [float(not near)]
        features[t] = np.concatenate([parts[name] for name in STATIC])
    return Beats(features, roots, nexts)


def _hot(width: int, *places: int) -> list[float]:
    return [float(k in places) for k in range(width)]


def played_features(last: int, before: int, root: int) -> Floats:
    """(F played,) what the last two pitches look like from `root`; a pitch may be `UNKNOWN`."""
    found = np.zeros(sum(PLAYED.values()), np.float32)
    for k, pitch in enumerate((last, before)):
        found[13 * k + ((pitch - max(root, 0)) % 12 if pitch != UNKNOWN else 12)] = 1
    found[26 + _interval(last, before)] = 1
    found[-1] = (last - 40) / 8 if last != UNKNOWN else 0
    return found


def _interval(pitch: int, before: int) -> int:
    """The class of the step from `before` to `pitch`."""
    if UNKNOWN in (pitch, before):
        return N_INTERVALS - 1
    return int(np.clip(pitch - before, -WIDEST, WIDEST)) + WIDEST


def views(last: int, root: int, next_root: int) -> Ints:
    """(4, 28) for each head which of its outputs each pitch takes."""
    interval = np.clip(PITCHES - last, -WIDEST, WIDEST) + WIDEST
    return np.stack([
        (PITCHES - max(root, 0)) % 12,
        (PITCHES - (next_root if next_root >= 0 else max(root, 0))) % 12,
        interval if last != UNKNOWN else np.full(len(PITCHES), N_INTERVALS - 1),
        np.arange(len(PITCHES)),
    ])  # fmt: skip


# ------------------------------------------------------------------------------------------- the corrections

# Tables of logits, and the shape of each: to intervals, by the kind of the last one; to intervals and to
# degrees, by whether a chord begins and the beat of the bar; to pitches, by the register of the last one.
TABLES = {"steps": (6, N_INTERVALS), "ways": (2, 4, N_INTERVALS), "degrees": (2, 4, 12), "heights": (8, 28)}
KINDS = (-2, 0, 1, 3)  # where one kind of interval ends: down wide and by step, none, up by step and wide


class Place(NamedTuple):
    """What the corrections read of a beat: the last two pitches (or `UNKNOWN`), the chord's root, whether the
    chord begins, and the beat of the bar from 0.
    """

    before: int
    last: int
    root: int
    begins: bool
    beat: int

    @classmethod
    def of(cls, scene: Scene, root: int, tick: int, so_far: Sequence[int]) -> Place:
        """The place of a beat.

        Parameters
        ----------
        scene, tick
            What is played, and where the beat begins.
        root
            Of the chord there.
        so_far
            The pitches of the beats before.

        Returns
        -------
        Place
        """
        before, last = (UNKNOWN, UNKNOWN, *so_far)[-2:]
        beat = min((tick - scene.form.bar_start(tick)) // BEAT, 3)
        return cls(before, last, max(root, 0), tick in scene.changes, beat)

    def cells(self) -> dict[str, tuple[tuple[int, ...], Ints]]:
        """For each of `TABLES` the row that holds here, and the column of each pitch (28,)."""
        kind = int(np.digitize(self.last - self.before, KINDS)) if UNKNOWN not in self[:2] else 5
        near = (self.last - LOW) // 4 if self.last != UNKNOWN else 7
        degree, _, interval, register = views(self.last, self.root, -1)
        here = (int(self.begins), self.beat)
        return {
            "steps": ((kind,), interval),
            "ways": (here, interval),
            "degrees": (here, degree),
            "heights": ((near,), register),
        }


# ----------------------------------------------------------------------------------------------- the network


class WalkingNetwork:
    """The LSTM and its heads, stepped beat by beat; `state` starts at zeros."""

    def __init__(self, arrays: Mapping[str, Floats]) -> None:
        self.kernel, self.recurrent, self.bias = (arrays[f"lstm/{name}"] for name in LSTM)
        self.heads = [(arrays[f"{head}/kernel"], arrays[f"{head}/bias"]) for head in HEADS]
        self.units = len(self.recurrent)
        self.rest()

    def rest(self) -> None:
        """Forget what was played."""
        self.state = (np.zeros(self.units, np.float32), np.zeros(self.units, np.float32))

    def step(self, features: Floats, view: Ints) -> Floats:
        """(28,) the logits of the pitches, for features (F,) and the `views` of the pitches."""
        a, c = self.state
        self.state = lstm_cell(features @ self.kernel + a @ self.recurrent + self.bias, c)
        a = self.state[0]
        parts = [(a @ kernel + bias)[side] for (kernel, bias), side in zip(self.heads, view, strict=True)]
        logits: Floats = np.sum(parts, axis=0)
        return logits


LSTM = ("kernel", "recurrent_kernel", "bias")


def network_shapes(description: Mapping[str, Any]) -> Shapes:
    """The arrays that a description promises; raises `CheckpointError` for one that is none of a bassist."""
    units, layout = description.get("n_a"), description.get("features")
    if type(units) is not int or not 1 <= units <= MAX_UNITS:
        raise CheckpointError(f"its units n_a must be in 1..{MAX_UNITS}, received {str(units)[:40]!r}")
    if layout != [*STATIC, *PLAYED]:
        raise CheckpointError(f"its features must be {', '.join([*STATIC, *PLAYED])}; train it again")
    shapes: Shapes = {
        "lstm/kernel": (WIDTH, 4 * units),
        "lstm/recurrent_kernel": (units, 4 * units),
        "lstm/bias": (4 * units,),
    }
    for head, width in HEADS.items():
        shapes |= {f"{head}/kernel": (units, width), f"{head}/bias": (width,)}
    corrected = description.get("corrected", False)
    if type(corrected) is not bool:
        raise CheckpointError(f"its entry corrected must be true or false, received {str(corrected)[:40]!r}")
    if corrected:
        shapes |= {CORRECTIONS + name: shape for name, shape in TABLES.items()}
    return shapes


@cache
def _shipped() -> Mapping[str, Floats]:
    return load_checkpoint(find_checkpoint(KIND), kind=KIND, shapes=network_shapes).arrays


# ------------------------------------------------------------------------------------------------- the player

# The annotation that the network learnt from is wrong at about every fifth beat, most of all in its tail: the
# likeliest pitches alone are drawn.
TOP_P = 0.94
SECTION_BONUS, SLASH_BONUS = 0.3, 6.0  # logits, to the chord's bass: as a section begins, and where written
LEADS = (1, 2, 5, 7)  # semitones that lead into the next note
OFTENEST = 3  # times that a pitch comes in a row, and only one of the chord
STRAYS = 1.0  # logits against leaps from a note outside the scale: it leads on by step
RULED_OUT = -99.0
# How far takes differ, as players do: the standard deviations of logits that hold for one take, to tones of
# the chord, its bass as it begins, height and distance from the middle (per 8 semitones), and steps.
HABITS = (0.5, 0.6, 0.12, 0.2, 0.2)
MIDDLE, STEP = 40, 2


def clashes(chord: Chord) -> list[int]:
    """The pitch classes that no bassist dwells on under a chord: a semitone above the root, the other seventh
    of a dominant, the major third of a minor chord.
    """
    tones = chord.pitch_classes
    wrong = {(chord.root + 1) % 12}
    for sounds, clashing in ((10, 11), (3, 4)):
        if (chord.root + sounds) % 12 in tones:
            wrong.add((chord.root + clashing) % 12)
    return sorted(wrong - set(tones))


class Walker:
    """Draws a line over a scene; `pitch` is asked for each beat in turn."""

    def __init__(
        self, scene: Scene, rng: np.random.Generator, arrays: Mapping[str, Floats] | None = None
    ) -> None:
        self.scene, self.rng = scene, rng
        self.beats = read_beats(scene)
        arrays = arrays or _shipped()
        self.network = WalkingNetwork(arrays)
        self.tables = {name: arrays[CORRECTIONS + name] for name in TABLES if CORRECTIONS + name in arrays}
        self.habits = rng.normal(0, HABITS)
        self.next_beat = 0

    def pitch(
        self, tick: int, so_far: Sequence[int], towards: int | None = None, *, opens: bool = False
    ) -> int:
        """The pitch at the beat of `tick`.

        Parameters
        ----------
        tick : int
            Where a beat begins.
        so_far : sequence of int
            The pitches of the beats before; `UNKNOWN` where there is none.
        towards : int, optional
            A pitch that has to follow, by step, fourth or fifth.
        opens : bool
            Whether a walk begins: on the chord's bass.

        Returns
        -------
        int
            From E1 to G3.

        """
        beat = tick // BEAT
        if beat != self.next_beat:  # it has not walked in the beats before
            self.network.rest()
        self.next_beat = beat + 1
        root, following = int(self.beats.roots[beat]), int(self.beats.next_roots[beat])
        before, last = (UNKNOWN, UNKNOWN, *so_far)[-2:]
        features = np.concatenate([self.beats.features[beat], played_features(last, before, root)])
        logits = self.network.step(features, views(last, root, following)).astype(np.float64)
        logits += self._preferences(tick, so_far, opens)
        if towards is not None:
            logits[~np.isin(np.abs(PITCHES - towards), LEADS)] = -np.inf
        return self._draw(logits)

    def _preferences(self, tick: int, so_far: Sequence[int], opens: bool) -> npt.NDArray[np.float64]:
        place = Place.of(self.scene, int(self.beats.roots[tick // BEAT]), tick, so_far)
        cells = place.cells()
        wanted = np.zeros(len(PITCHES))
        for name, table in self.tables.items():
            row, columns = cells[name]
            wanted += table[row][columns]
        to_tones, to_bass, up, outwards, to_steps = self.habits
        height = (PITCHES - MIDDLE) / 8
        wanted += up * height + outwards * height**2
        if place.last != UNKNOWN:
            before = self.scene.chord_at(tick - BEAT) if tick else None
            strayed = before is not None and place.last % 12 not in chord_scale(before)
            wanted += (to_steps + STRAYS * strayed) * (np.abs(PITCHES - place.last) <= STEP)
        chord = self.scene.chord_at(tick)
        times = next((k for k, p in enumerate(reversed(so_far)) if p != place.last), len(so_far))
        if chord is not None:
            tones = np.isin(PITCHES % 12, list(chord.pitch_classes))
            bar = self.scene.bars[self.scene.form.bar_at(tick)]
            section = bar.opens_section and tick == bar.start
            weight = to_bass + SECTION_BONUS * section
            weight += SLASH_BONUS * (chord.bass != chord.root)
            wanted += to_tones * tones + weight * (chord.bass == PITCHES % 12) * place.begins
            wanted += RULED_OUT * ~tones * (section or self._lost(tick, so_far, chord.pitch_classes))
            if opens:  # nothing leads elsewhere
                wanted += RULED_OUT * (chord.bass != PITCHES % 12)
            dominant = {(chord.root + 4) % 12, (chord.root + 10) % 12} <= set(chord.pitch_classes)
            if place.begins and not dominant:
                wanted += RULED_OUT * ((chord.root + 1) % 12 == PITCHES % 12)
            if self.scene.style == "shuffle":  # where each note is struck twice
                wanted += RULED_OUT * np.isin(PITCHES % 12, clashes(chord))
            wanted += RULED_OUT * ~tones * (place.last == PITCHES)
        return wanted + RULED_OUT * (place.last == PITCHES) * (times >= OFTENEST)

    def _lost(self, tick: int, so_far: Sequence[int], tones: Collection[int]) -> bool:
        """Whether the chord would no longer be heard without a tone of it at `tick`: its last beat, or the
        third, and none yet; or the fourth beat in a row outside it.
        """
        form = self.scene.form
        index = form.chord_index(tick)
        since = (tick - form.chords[index].tick) // BEAT
        under = so_far[max(len(so_far) - since, 0) :]
        outside = next((k for k, pitch in enumerate(reversed(under)) if pitch % 12 in tones), len(under))
        last = index + 1 < len(form.chords) and tick + BEAT >= form.chords[index + 1].tick
        return outside > 2 or (outside == since > 0 and (last or outside == 2))

    def _draw(self, logits: npt.NDArray[np.float64]) -> int:
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        order = np.argsort(-shares, kind="stable")
        kept = order[: int(np.searchsorted(np.cumsum(shares[order]), TOP_P)) + 1]
        return int(PITCHES[int(self.rng.choice(kept, p=shares[kept] / shares[kept].sum()))])
