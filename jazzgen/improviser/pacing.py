"""Pacing: how `--density` and `--rests` are held, by two biases that follow what has been played.

Silence. D is how much silence is owed, in ticks: the share that is asked for, of the time so far, less what
was silent. A line swings between two bounds, half a `PERIOD` of phrase and rest apart: it goes on playing
until D has risen to the upper one, and on resting until D has fallen to the lower one. So there are phrases
with room between them however much silence is asked for, and not single notes spread evenly. Near the bounds
the network chooses where a phrase ends or begins; beyond them the bias grows until it must.

Density. Of the time that is not silent each note has so many ticks; E is how many notes are owed for the time
that has sounded. The more, the shorter the notes. A bias on lengths leaves the odds of note against rest as
they were. Where density is asked for without rests, the silence that goes with it is asked for, too: few
notes are few phrases rather than long tones.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from jazzgen.errors import OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.masks import FINAL_NOTE, LONGEST_SILENCE, Weights
from jazzgen.music.score import TICKS_PER_BEAT, Progression
from jazzgen.tokens.vocabulary import IS_REST, LENGTHS, N_LENGTHS, TICKS

PERIOD = 4 * 4 * TICKS_PER_BEAT  # ticks of a phrase and the rest behind it, about
NARROWEST = 6.0  # ticks: half the swing of D, at least
FARTHEST = 3.0  # swings that D may be off: what was not reached in time is not made up for later
# Nats of bias on a rest, for each swing that D is beyond its bound.
TO_REST = 4.0
SETTLING = 4 * 4 * TICKS_PER_BEAT  # ticks for which what is asked for counts in the silence that there is
HASTE = 0.5  # nats of bias on each halving of a note's length, for each note owed
INSISTENCE = 2.0  # nats for a note against a rest that count where silence is owed: more are taken back
FORESIGHT = 1.5  # nats of it beforehand, for each halving of the usual length
USUAL = 5.3  # ticks of a note as it was learned
CLIP = 8.0  # nats
# Ticks for a note, the shortest and the longest that a whole solo can have on average.
SHORTEST, LONGEST = 3.5, 36.0
# The silence of a solo of `density` notes in a bar of four beats, where it is not asked for.
MOST_SILENT, DENSEST, LEAST_SILENT = 0.76, 12.5, 0.02
# (78,): 16ths 1, eighths 0, quarters -1
NOTE_SHORTNESS = np.where(IS_REST, 0.0, -np.log2(TICKS / LENGTHS[2]))
REST_TICKS = np.array(LENGTHS, np.float64)  # (6,)


def usual_rests(density: float, bar: float) -> float:
    """The share of silence that goes with so many notes in a bar of `bar` ticks."""
    in_four = density * 4 * TICKS_PER_BEAT / bar
    return max(MOST_SILENT * (1 - in_four / DENSEST), LEAST_SILENT)


def check_reachable(controls: Controls, form: Progression) -> None:
    """Raise `OptionError` where the notes asked for do not fit into the time that is theirs, or fill it."""
    if controls.density is None:
        return
    bar = form.length / len(form.bar_ticks)

    def ticks(density: float) -> float:
        rests = usual_rests(density, bar) if controls.rests is None else controls.rests
        return (1 - rests) * bar / density

    if not SHORTEST <= ticks(controls.density) <= LONGEST:
        reached = [tenths / 10 for tenths in range(5, 121) if SHORTEST <= ticks(tenths / 10) <= LONGEST]
        silent = "" if controls.rests is None else f" and a share of {controls.rests:g} of silence"
        raise OptionError(
            f"density can be {reached[0]:g}..{reached[-1]:g} notes a bar with bars of "
            f"{bar / TICKS_PER_BEAT:.3g} beats{silent}, received {controls.density:g}"
        )


@dataclass(slots=True)
class Pacing:
    """What is asked of a line over `form`, and what is owed. Without density and rests it does nothing. Where
    a given plan says where silences are, it has `planned` as their share, and density is all that is held.
    """

    controls: Controls
    form: Progression
    planned: float | None = field(default=None, init=False)
    silence_owed: float = field(default=0.0, init=False)  # D, ticks
    resting: bool = field(default=False, init=False)  # whether the last value was a rest
    _silent: float = field(default=0.0, init=False)  # ticks so far
    _sounding: float = field(default=0.0, init=False)
    _due: float = field(default=0.0, init=False)  # ticks that sounded, each as often as the arc wants notes
    _notes: int = field(default=0, init=False)

    @property
    def active(self) -> bool:
        """Whether anything is asked for."""
        return self.controls.density is not None or self.controls.rests is not None

    @property
    def longest_silence(self) -> int:
        """Ticks after which a silence must end."""
        if not self.active:
            return LONGEST_SILENCE
        return max(LONGEST_SILENCE, round(1.5 * PERIOD * self._rests(1.0, 1.0)))

    @property
    def silent(self) -> float | None:
        """The share of silence that is held; None where nothing is asked for."""
        return self._rests(1.0, 1.0) if self.active else None

    def hold_plan(self, silent: float) -> None:
        """Leave silence to a given plan, which has such a share of it; `OptionError` where the density that
        is asked for does not fit into the rest.
        """
        self.planned = silent
        density, most = self.controls.density, (1 - silent) * self._bar / SHORTEST
        if density is not None and density > most:
            raise OptionError(
                f"density must be at most {most:.1f} notes a bar beside these units, which are silent for "
                f"{silent:.0%} of the time, received {density:g}"
            )

    def restart(self) -> None:
        """Owe nothing: what a primer had is not made up for."""
        self.silence_owed = self._silent = self._sounding = self._due = 0.0
        self._notes = 0

    def follow(self, value: int, density: float, rests: float) -> None:
        """Take note of what is played next; `density` and `rests` are times what is asked for (an arc)."""
        ticks, silent = float(TICKS[value]), bool(IS_REST[value])
        share = self._rests(density, rests)
        farthest = FARTHEST * _swing(share)
        owed = self.silence_owed + share * ticks - silent * ticks
        self.silence_owed = float(np.clip(owed, -farthest, farthest))
        self.resting = silent
        if silent:
            self._silent += ticks
        else:
            self._sounding += ticks
            self._due += density * ticks
            self._notes += 1

    def _notes_owed(self, share: float) -> float:
        """E, where a `share` of silence is to be held."""
        had = (self._silent + share * SETTLING) / (self._silent + self._sounding + SETTLING)
        return self._due / self._note_ticks(1.0, had) - self._notes

    def apply(self, weights: Weights, temperature: float, density: float, rests: float) -> Weights:
        """Weights that hold density and silence.

        Parameters
        ----------
        weights : (78,)
            Of the next value.
        temperature
            At which it is drawn.
        density, rests
            Factors on what is asked for.

        Returns
        -------
        (78,)
            Weights.
        """
        paced, share = weights.copy(), self._rests(density, rests)
        if self.controls.density is not None:
            bias = FORESIGHT * np.log2(USUAL / self._note_ticks(density, share))
            bias += HASTE * self._notes_owed(share)
            paced *= np.exp(temperature * np.clip(bias, -CLIP, CLIP) * NOTE_SHORTNESS)
            if (total := paced[:-N_LENGTHS].sum()) > 0:
                paced[:-N_LENGTHS] *= weights[:-N_LENGTHS].sum() / total
        if self.planned is not None:
            return paced
        if not share:
            paced[-N_LENGTHS:] *= np.exp(-CLIP)
            return paced
        swing = _swing(share)
        beyond = self.silence_owed / swing - (-1.0 if self.resting else 1.0)
        after = (self.silence_owed - (1 - share) * REST_TICKS) / swing  # (6,): D, if that rest were taken
        bias = TO_REST * (beyond + np.minimum(after + 1, 0))
        bias = np.clip(bias, -CLIP, CLIP)
        if weights[-N_LENGTHS:].sum() > 0:
            odds = np.log(weights[:-N_LENGTHS].sum() / weights[-N_LENGTHS:].sum())
            bias[bias > 0] += max(odds - INSISTENCE, 0.0)
        paced[-N_LENGTHS:] *= np.exp(temperature * bias)
        return paced

    def _rests(self, density: float, rests: float) -> float:
        """The share of silence to hold now."""
        if self.planned is not None:
            return self.planned
        asked = self.controls.rests
        if asked is None:
            asked = usual_rests((self.controls.density or 0.0) * density, self._bar)
        else:
            asked = min(asked * rests, 0.95)
        # The end of the last bar is silent anyhow; who counts to the last note does not count it.
        tail = (self.form.length - self.form.bar_ticks[-1] - FINAL_NOTE[1]) / self.form.length
        return max(asked - 0.75 * tail, 0.0)

    def _note_ticks(self, density: float, share: float) -> float:
        """Ticks for each note, of what sounds of all bars but the last, which has one note."""
        count = len(self.form.bar_ticks)
        asked = (self.controls.density or 0.0) * density
        notes = max((asked * count - 1) / max(count - 1, 1), asked / 2)
        return float(np.clip((1 - share) * self._bar / notes, LENGTHS[0], LENGTHS[-1]))

    @property
    def _bar(self) -> float:
        return self.form.length / len(self.form.bar_ticks)


def _swing(share: float) -> float:
    """Ticks from the middle of D to its bounds."""
    return max(0.5 * PERIOD * share * (1 - share), NARROWEST)
