"""The sound of takes: how loud each part is beside the solo, the highest sample, the sum of the stems.

    python -m checks.mix            six styles by eight solo instruments, with each SoundFont, 16 bars each
    python -m checks.mix --file     beside it the balance that the file has for other programs (CC 7)
    python -m checks.mix --install  first install the SoundFonts of `make sound`

Every take is rendered with its stems, as `jazzgen render --stems` does, and the stems are measured after
ITU-R BS.1770-4. A row is a style with a SoundFont: the mean distance of each part from the solo over all
instruments and the worst distance from the stated balance, in LU; the highest sample in dBFS, and between
samples (4 times oversampled); how far the sum of the stems is from the mix, in steps of 16 bits. The exit
code is 1 if a row misses its target.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import wave
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
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
from jazzgen.rendering.parts import ROLES, part_files
from jazzgen.rendering.soundfonts import find_soundfont, installed
from jazzgen.rendering.synthesis import choose_engine, play
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import Take, make_take

FORM = "| Dm7 | G7 | Cmaj7 | A7 | Dm7 | G7 | Em7 | A7 | Fmaj7 | Fm6 | Em7 | A7 | D7 | D7 | Dm7 | G7 |"
WALTZ = "| [3/4] " + FORM[2:]
STYLES = ("swing", "ballad", "bossa", "waltz", "straight", "up-tempo")
SOLOISTS = ("tenor-sax", "alto-sax", "trumpet", "trombone", "clarinet", "flute", "guitar", "vibraphone")

WITHIN, PEAK, ROUNDING = 1.5, -1.0, 4  # LU, dBFS, and steps of 16 bits: one for each of four stems

Sound = npt.NDArray[np.float32]


class Measured(NamedTuple):
    """One take with one font: LU above the solo by role, highest sample, true peak in dBFS, stems' error."""

    parts: dict[str, float]
    highest: float
    true_peak: float
    error: int


def takes(bars: int) -> Iterator[tuple[str, str, Take]]:
    """(style, solo instrument, take)."""
    for seed, (style, soloist) in enumerate((style, soloist) for style in STYLES for soloist in SOLOISTS):
        chart = WALTZ if style == "waltz" else FORM
        comping = "guitar" if seed % 4 == 3 else "piano"
        settings = Settings(
            chart, choruses=max(bars // 16, 1), style=style, instrument=soloist, comping=comping, seed=seed
        )
        yield style, soloist, make_take(settings)


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
    stems = {part.name: read(folder / "stems" / f"{part.name.casefold()}.wav") for part in _parts(midi)}
    heard = {ROLES[name.casefold()]: loudness(stem) for name, stem in stems.items()}
    error = int(np.abs(np.rint((sum(stems.values()) - mix) * 32767)).max())
    return Measured(_beside(heard), decibels(peak(mix)), true_peak(mix), error)


def in_file(midi: Path, font: Path) -> dict[str, float]:
    """LU above the solo by role, as another program plays the file."""
    engine = choose_engine("auto", font)
    return _beside({part.role: loudness(play(part.midi, font, engine)) for part in _parts(midi)})


def _parts(midi: Path) -> Iterable:
    return part_files(midi.read_bytes())


def _beside(heard: dict[str, float]) -> dict[str, float]:
    return {role: heard[role] - heard["solo"] for role in BALANCE if role != "solo"}


def off(parts: dict[str, float]) -> float:
    """The farthest that a part is from the stated balance, in LU."""
    return max(abs(value - BALANCE[role]) for role, value in parts.items())


def fonts() -> list[Path]:
    """The SoundFonts that jazzgen finds by itself: FluidR3, MuseScore General and pretty_midi's."""
    spec = find_spec("pretty_midi")
    small = [Path(spec.origin).parent / "TimGM6mb.sf2"] if spec and spec.origin else []
    by_size = {font.resolve(): font for font in (*installed(), *small)}
    return list(by_size.values()) or [find_soundfont()]


def report(font: Path, rows: dict[str, list[Measured]], files: dict[str, list[dict[str, float]]]) -> bool:
    """Print a row a style; returns whether all are as they must be."""
    print(f"\n{font.name}: LU from the solo (stated: {_stated()})")
    print(f"{'style':10}{'bass':>7}{'drums':>7}{'comping':>9}{'worst':>7}{'peak':>8}{'true':>7}{'stems':>7}")
    fine = True
    for style, measured in rows.items():
        mean = {role: float(np.mean([m.parts[role] for m in measured])) for role in BALANCE if role != "solo"}
        worst = max(off(m.parts) for m in measured)
        highest = max(m.highest for m in measured)
        error = max(m.error for m in measured)
        fine &= worst <= WITHIN and highest <= PEAK + 0.005 and error <= ROUNDING
        print(
            f"{style:10}{mean['bass']:7.1f}{mean['drums']:7.1f}{mean['comping']:9.1f}{worst:7.2f}{highest:8.2f}"
            f"{max(m.true_peak for m in measured):7.2f}{error:7}"
        )
    if files:
        print("in the file, for other programs: mean (worst distance)")
        for style, found in files.items():
            said = (
                f"{role} {np.mean([f[role] for f in found]):.1f} "
                f"({max(abs(f[role] - BALANCE[role]) for f in found):.1f})"
                for role in BALANCE
                if role != "solo"
            )
            print(f"{style:10}{', '.join(said)}")
    return fine


def _stated() -> str:
    return ", ".join(f"{role} {value:g}" for role, value in BALANCE.items())


def main(arguments: Sequence[str] | None = None) -> int:
    """Render, measure, print; 1 if a row misses its target."""
    parser = argparse.ArgumentParser(prog="python -m checks.mix", description=__doc__.split("\n")[0])
    parser.add_argument("--bars", type=int, default=16, help="of each take, a multiple of 16")
    parser.add_argument("--font", action="append", type=Path, help="only with this SoundFont")
    parser.add_argument("--file", action="store_true", help="also the balance that the file has by itself")
    parser.add_argument("--install", action="store_true", help="install SoundFonts first (Debian)")
    given = parser.parse_args(arguments)
    if given.install and (reason := debian.install(PACKAGES)):
        print(f"mix: {reason}", file=sys.stderr)
    rows: dict[Path, dict[str, list[Measured]]] = {font: defaultdict(list) for font in given.font or fonts()}
    files: dict[Path, dict[str, list[dict[str, float]]]] = {font: defaultdict(list) for font in rows}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for style, _, take in takes(given.bars):
            take.write(folder / "take.mid")
            for font in rows:
                rows[font][style].append(measure(folder / "take.mid", font, folder))
                if given.file:
                    files[font][style].append(in_file(folder / "take.mid", font))
    fine = [report(font, rows[font], files[font]) for font in rows]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
