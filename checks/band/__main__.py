"""What the band plays in figures, beside people's and beside what they are to reach.

    python -m checks.band                     60 takes; the first time solos are improvised, a minute or two
    python -m checks.band wjazzd.db           beside people's bass lines: how well the network predicts them,
                                              and a classifier between the two

People's lines are `beats.bass_pitch` of the Weimar Jazz Database, an automatic annotation, cleaned as
`jazzgen/corpus/bass_lines.py` says. The exit code is 1 where a figure misses its target.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from checks.band import bass, playing
from checks.band.takes import make_takes
from jazzgen.band.ensemble import BASS
from jazzgen.corpus.bass_lines import BassLine, read_bass_lines
from jazzgen.errors import JazzgenError

# What a figure is to reach: the lowest and the highest that will do. Those of the bass are the phrase base of
# JJazzLab within 8, for people's annotation is too noisy to aim at.
TARGETS = {
    "root on the chord's first beat": (75, 90),
    "chord tones on beat 1": (85, 100),
    "chord tones on beat 2": (52, 68),
    "chord tones on beat 3": (64, 80),
    "chord tones on beat 4": (52, 68),
    "notes between the beats": (6, 14),
    "nats a beat by which the network is better than both": (0.01, None),
    "AUC, people's lines against the band's": (0, 0.75),
    "rhythms of two bars": (150, None),
    "voicings of": (6, None),
    "same voicing again, %": (0, 20),
    "top note, sd in a take": (2.5, None),
    "top note, mean leap": (0, 3),
    "hits against the solo's density, r": (None, -0.45),
    "ride: most common bar, %": (0, 35),
    "snare and kick at a phrase's end against elsewhere": (1.4, None),
    "band: loudness against": (0.3, None),
    "Piano: bars as in the chorus before, %": (0, 2),
    "Bass: bars as in the chorus before, %": (0, 2),
    "Drums: bars as in the chorus before, %": (0, 2),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every figure; 0 if all that have a target reach it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("database", type=Path, nargs="?", help="wjazzd.db, for people's bass lines")
    parser.add_argument("--takes", type=int, metavar="N", default=60, help="default: 60")
    parser.add_argument("--solos", type=Path, metavar="FILE", default=Path("build/band-solos.json"),
                        help="where the solos are kept (default: %(default)s)")  # fmt: skip
    parser.add_argument("--bass", choices=tuple(BASS), default="learned", help="default: learned")
    given = parser.parse_args(arguments)
    try:
        takes = make_takes(given.takes, given.solos, bass=given.bass)
        lines = read_bass_lines(given.database) if given.database else []
    except JazzgenError as error:
        print(error, file=sys.stderr)
        return 2
    people = bass.figures([bass.Walk(line.form, line.pitches) for line in lines]) if lines else {}
    missed = 0
    groups = {
        "bass, %": bass.band_figures(takes),
        "bass, against people's lines": _beside_people(lines, given.bass),
        "comping": playing.comping_figures(takes),
        "drums": playing.drum_figures(takes),
        "listening": playing.listening_figures(takes),
        "choruses": playing.same_bars(takes),
    }
    for title, found in groups.items():
        print(f"\n{title:54}{'band':>9}{'people':>9}   to reach")
        for name, figure in found.items():
            low, high = _target(name)
            wrong = (low is not None and figure < low) or (high is not None and figure > high)
            missed += wrong
            beside = f"{people[name]:9.1f}" if name in people else " " * 9
            print(
                f"{name:54}{figure:9.2f}{beside}   {_shown(low, high)}{': missed' if wrong else ''}".rstrip()
            )
    return int(missed > 0)


def _beside_people(lines: Sequence[BassLine], walker: str) -> dict[str, float]:
    """Nats a beat, and the classifiers' AUC; of the rules, too: the bass before it learnt."""
    if not lines:
        return {}
    found = bass.nats(lines)
    for learned in (True, False) if walker == "learned" else (False,):
        label = "AUC, people's lines against the " + ("band's" if learned else "rules'")
        found[label], found[label.replace("AUC,", "AUC, unread tunes,")] = bass.tell_apart(lines, learned)
    return found


def _target(name: str) -> tuple[float | None, float | None]:
    return next((bounds for start, bounds in TARGETS.items() if name.startswith(start)), (None, None))


def _shown(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    return f"<= {high:g}" if low in (None, 0) else f">= {low:g}" if high is None else f"{low:g} to {high:g}"


if __name__ == "__main__":
    sys.exit(main())
