"""The sound of takes: how loud each part is beside the solo, the highest sample, the sum of the stems.

    python -m checks.mix            six styles by eight solo instruments, with each SoundFont, 16 bars each
    python -m checks.mix --install  first install the SoundFonts of `make sound`

Every take is rendered with its stems, as `jazzgen render --stems` does, and the stems are measured after
ITU-R BS.1770-4. A row is a style with a SoundFont: the mean distance of each part from the solo over all
instruments and the worst distance from the stated balance, in LU; the highest sample in dBFS, and between
samples (4 times oversampled); how far the sum of the stems is from the mix, in steps of 16 bits; last the
balance that the file's volumes make for other programs. The exit code is 1 if a row misses its target.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import wave
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from checks import debian
from checks.sound import PACKAGES
from jazzgen.rendering.audio import render
from jazzgen.rendering.loudness import loudness
from jazzgen.rendering.mixing import BALANCE, decibels, peak
from jazzgen.rendering.parts import ROLES
from jazzgen.rendering.soundfonts import find_soundfont, installed
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import Take, make_take

FORM = "| Dm7 | G7 | Cmaj7 | A7 | Dm7 | G7 | Em7 | A7 | Fmaj7 | Fm6 | Em7 | A7 | D7 | D7 | Dm7 | G7 |"
WALTZ = "| (3/4) " + FORM[2:]
PARTS = tuple(role for role in BALANCE if role != "solo")
STYLES = ("swing", "ballad", "bossa", "waltz", "straight", "up-tempo")
SOLOISTS = ("tenor-sax", "alto-sax", "trumpet", "trombone", "clarinet", "flute", "guitar", "vibraphone")

WITHIN, PEAK, ROUNDING = 1.5, -1.0, 4  # LU, dBFS, and steps of 16 bits: one for each of four stems

Sound = npt.NDArray[np.float32]


class Measured(NamedTuple):
    """One take with one font: LU above the solo by role, in the mix and in the file; dBFS; stems' error."""

    parts: dict[str, float]
    in_file: dict[str, float]
    highest: float
    true_peak: float
    error: int


def takes(style: str, bars: int) -> Iterator[Take]:
    """A take with each solo instrument."""
    for seed, soloist in enumerate(SOLOISTS):
        settings = Settings(
            WALTZ if style == "waltz" else FORM,
            choruses=max(bars // 16, 1),
            style=style,
            instrument=soloist,
            comping="guitar" if seed % 4 == 3 else "piano",
            seed=seed,
        )
        yield make_take(settings)


def read(path: Path) -> Sound:
    """A 16-bit WAV file as (frames, 2)."""
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2) * np.float32(1 / 32767)


def true_peak(samples: Sound) -> float:
    """The highest value between samples, 4 times oversampled around the loud ones, in dBFS."""
    highest = peak(samples)
    for start in range(0, len(samples), 4096):
        block = samples[max(start - 64, 0) : start + 4096 + 64]
        if peak(block) > 0.7 * peak(samples):
            spectrum = np.fft.rfft(block, axis=0)
            finer = np.fft.irfft(spectrum, 4 * len(block), axis=0) * 4
            highest = max(highest, peak(finer[256:-256]))
    return decibels(highest)


def measure(midi: Path, font: Path, folder: Path) -> Measured:
    """Render a take and its stems, and measure them."""
    made = render(midi, folder / "mix.wav", soundfont=font, stems=folder / "stems")
    mix = read(made.path)
    stems = {name: read(folder / "stems" / f"{name.casefold()}.wav") for name in made.gains}
    heard = {ROLES[name.casefold()]: loudness(stem) for name, stem in stems.items()}
    raised = {ROLES[name.casefold()]: gain for name, gain in made.gains.items()}
    in_file = {role: BALANCE[role] - raised[role] + raised["solo"] for role in PARTS}
    error = int(np.abs(np.rint((sum(stems.values()) - mix) * 32767)).max())
    parts = {role: heard[role] - heard["solo"] for role in PARTS}
    return Measured(parts, in_file, decibels(peak(mix)), true_peak(mix), error)


def off(parts: dict[str, float]) -> float:
    """The farthest that a part is from the stated balance, in LU."""
    return max(abs(value - BALANCE[role]) for role, value in parts.items())


def fonts() -> list[Path]:
    """The SoundFonts that jazzgen finds by itself: FluidR3, MuseScore General and pretty_midi's."""
    spec = find_spec("pretty_midi")
    small = [Path(spec.origin).parent / "TimGM6mb.sf2"] if spec and spec.origin else []
    by_size = {font.resolve(): font for font in (*installed(), *small)}
    return list(by_size.values()) or [find_soundfont()]


def row(style: str, font: Path, measured: Sequence[Measured]) -> bool:
    """Print the row of a style with a font; returns whether it is as it must be."""
    worst, error = max(off(m.parts) for m in measured), max(m.error for m in measured)
    highest = max(m.highest for m in measured)
    means = "".join(f"{np.mean([m.parts[role] for m in measured]):9.2f}" for role in PARTS)
    files = "".join(f"{np.mean([m.in_file[role] for m in measured]):9.1f}" for role in PARTS)
    print(
        f"{style:10}{font.stem:20}{means}{worst:7.2f}{highest:7.2f}{max(m.true_peak for m in measured):7.2f}"
        f"{error:7}{files}{max(off(m.in_file) for m in measured):7.1f}",
        flush=True,
    )
    return worst <= WITHIN and highest <= PEAK + 0.005 and error <= ROUNDING


def main(arguments: Sequence[str] | None = None) -> int:
    """Render, measure, print; 1 if a row misses its target."""
    parser = argparse.ArgumentParser(prog="python -m checks.mix", description=__doc__.split("\n")[0])
    parser.add_argument("--bars", type=int, default=16, help="of each take, a multiple of 16")
    parser.add_argument("--font", action="append", type=Path, help="only with this SoundFont")
    parser.add_argument("--style", action="append", choices=STYLES, help="only in this style")
    parser.add_argument("--install", action="store_true", help="install SoundFonts first (Debian)")
    given = parser.parse_args(arguments)
    if given.install and (reason := debian.install(PACKAGES)):
        print(f"mix: {reason}", file=sys.stderr)
    print("LU from the solo; stated: " + ", ".join(f"{role} {BALANCE[role]:g}" for role in PARTS))
    roles = "".join(f"{role:>9}" for role in PARTS)
    print(f"{'':30}{'in the mix':>27}{'':28}{'in the file':>27}")
    print(f"{'style':10}{'font':20}{roles}{'worst':>7}{'peak':>7}{'true':>7}{'stems':>7}{roles}{'worst':>7}")
    fine = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for style in given.style or STYLES:
            found: dict[Path, list[Measured]] = {font: [] for font in given.font or fonts()}
            for take in takes(style, given.bars):
                take.write(folder / "take.mid")
                for font, measured in found.items():
                    measured.append(measure(folder / "take.mid", font, folder))
            rows = [row(style, font, measured) for font, measured in found.items()]
            fine &= all(rows)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
