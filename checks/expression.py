"""Expression: how much there is of it, what the file says, what is read back, and what is heard.

    python -m checks.expression                        every instrument, a few minutes
    python -m checks.expression --takes 40 --no-sound --instrument trumpet
    python -m checks.expression --database wjazzd.db   beside people's, where the database annotates them
    python -m checks.expression --picture pitch.png    and a picture of the pitch of two solos, from the sound

Takes of every instrument with `--expression 1`: gestures per 100 notes, where each take is played with twelve
seeds; the rules of `checks.takes` in the bytes of each file; the file read back without its recipe, against
what was written; eight bars played again, against what was kept. Then one long note, rendered with each
engine and font that is here, without and with a bend, a level and a vibrato, and its pitch and loudness
measured. The exit code is 1 where a row misses its target.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from checks.takes import violations
from jazzgen.errors import DataError, JazzgenError
from jazzgen.midi.controllers import TimedControl
from jazzgen.midi.layout import USUAL_PPQ
from jazzgen.midi.smf import Song, TimedNote, Track, read_song
from jazzgen.midi.smf_writing import write_song
from jazzgen.music.phrases import phrase_starts
from jazzgen.music.score import INSTRUMENTS, SOLO, Part, instrument
from jazzgen.performance.expression import ABILITIES, BEND, LEVEL, SHORTEST, VIBRATO, count_gestures
from jazzgen.performance.feel import Feel
from jazzgen.rendering import audio
from jazzgen.takes.restore import read_take
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import Take, load_inputs, make_takes

FORMS = ("blues-f", "ballad-eb", "bossa-f", "rhythm-changes-bb")
COLUMNS = ("into", "falls", "of ends", "vibrato", "of long", "swells", "ghosted", "tongued")
MOST = {"into": 12.0, "of ends": 15.0, "ghosted": 8.0}  # of a hundred: more is a caricature
BARS = 8
DRAWN = 12


def gestures(take: Take) -> Counter[str]:
    """What the soloist of a take does, played with seeds of its own `DRAWN` times, and how many notes, ends
    of phrases and long notes there are. Of eight takes alone a tenor has seven falls, give or take three.
    """
    first = 1000 * list(INSTRUMENTS).index(take.solo.instrument) + DRAWN * take.settings.seed
    feels = (replace(take.settings.feel, seed=seed) for seed in range(first, first + DRAWN))
    return sum((_gestures(take, feel) for feel in feels), Counter())


def _gestures(take: Take, feel: Feel) -> Counter[str]:
    solo = Part(SOLO, 0, 0, take.solo.notes)
    played = feel.play(solo, take.solo, USUAL_PPQ)
    plain = replace(feel, expression=0.0).play(solo, take.solo, USUAL_PPQ)
    found = count_gestures(played)
    beat_s = 60 / take.solo.tempo
    notes = take.solo.notes
    return Counter(
        notes=len(played),
        ends=len(phrase_starts([n.onset for n in notes], [n.end for n in notes])),
        long=sum((note.end - note.onset) * beat_s >= SHORTEST["vibrato"] for note in played),
        into=found["scoops"],
        falls=found["falls"],
        vibrato=found["vibrato"],
        swells=found["swells"],
        ghosted=sum(a.velocity < b.velocity for a, b in zip(played, plain, strict=True)),
        tongued=sum(a.end < b.end for a, b in zip(played, plain, strict=True)),
    )


def per_hundred(counts: Counter[str]) -> dict[str, float]:
    """The `COLUMNS`: of a hundred notes, falls also of ends of phrases, vibrato also of long notes."""
    row = {name: 100 * counts[name] / max(counts["notes"], 1) for name in COLUMNS}
    row["of ends"] = 100 * counts["falls"] / max(counts["ends"], 1)
    row["of long"] = 100 * counts["vibrato"] / max(counts["long"], 1)
    return row


class Files(NamedTuple):
    """What the files of takes have shown: sentences about what is wrong, and how much was compared."""

    broken: list[str]
    unread: list[str]
    moved: list[str]
    counts: Counter[str]


def look(take: Take, folder: Path, files: Files) -> None:
    """Hold the file of a take against its rules, what is read from it, and what is kept in it."""
    name = f"{take.solo.instrument}, {take.settings.progression}, seed {take.settings.seed}"
    path = folder / "take.mid"
    take.write(path)
    files.broken.extend(f"{name}: {problem}" for problem in violations(path, take.arrangement))
    song = read_song(path)
    write_song(replace(song, texts=()), folder / "bare.mid")
    heard = read_take(folder / "bare.mid").performance.track(SOLO)
    written = take.performance.track(SOLO)
    files.counts["notes"] += len(written)
    files.counts["controls"] += sum(len(note.controls) for note in written)
    if [(n.pitch, n.velocity, n.controls) for n in heard] != [
        (n.pitch, n.velocity, n.controls) for n in written
    ]:
        files.unread.append(name)
    bars = take.solo.progression.bar_ticks
    first = 2 + take.settings.seed % (len(bars) - BARS - 2)
    new = take.again((first + 1, first + BARS), seed=1)
    start, end = bars[first], bars[first + BARS]
    before = dict(zip((n.onset for n in take.solo.notes), written, strict=True))
    for note, played in zip(new.solo.notes, new.performance.track(SOLO), strict=True):
        if note.onset >= end or note.end <= start:
            files.counts["kept"] += 1
            was = before.get(note.onset)
            if was is None or (was.controls, was.velocity) != (played.controls, played.velocity):
                files.moved.append(f"{name}: the note at {note.onset}")


def takes_of(name: str, count: int) -> Iterator[Take]:
    """Takes of an instrument over `FORMS`, with as much expression as there is."""
    for k, form in enumerate(FORMS[:count]):
        settings = Settings(form, choruses=2, instrument=name, expression=1.0)
        yield from make_takes(settings, load_inputs(settings), range(k, count, len(FORMS)))


# -------------------------------------------------------------------------------------------------- the sound

RATE = audio.SAMPLE_RATE
HOP, WINDOW = RATE // 100, RATE // 20  # 10 ms, 50 ms


def pitch_track(samples: np.ndarray, low: float = 80.0, high: float = 1200.0) -> np.ndarray:
    """(frames,) the pitch in Hz each 10 ms of a line alone, NaN where it is silent: by autocorrelation."""
    found = []
    loudest = float(np.abs(samples).max()) or 1.0
    for start in range(0, len(samples) - WINDOW, HOP):
        window = samples[start : start + WINDOW]
        if float(np.abs(window).max()) < loudest / 30:
            found.append(np.nan)
            continue
        power = np.abs(np.fft.rfft(window * np.hanning(WINDOW), 4 * WINDOW)) ** 2
        alike = np.fft.irfft(power)
        shortest, longest = int(RATE / high), int(RATE / low)
        lag = shortest + int(np.argmax(alike[shortest:longest]))
        a, b, c = alike[lag - 1 : lag + 2]
        found.append(RATE / (lag + (a - c) / (2 * (a - 2 * b + c) or 1.0)))
    return np.array(found)


class Heard(NamedTuple):
    """The second half of a note: its pitch in cents from A4, how far that swings and how often a second, its
    level in dB against its beginning.
    """

    cents: float
    swing: float
    rate: float
    level: float


def hear(engine: str, font: Path, program: int, controls: Sequence[TimedControl] = ()) -> Heard:
    """An A4 of a second and a half with controls from its first quarter of a second on."""
    note = TimedNote(0, 1440, 69, 90)
    track = Track(SOLO, program, 0, (note,), controls=tuple(controls))
    song = Song(480, 1920, (track,), tempos=((0, 500_000),))
    with tempfile.TemporaryDirectory() as folder:
        write_song(song, Path(folder, "note.mid"))
        sound = audio.render(
            Path(folder, "note.mid"), Path(folder, "note.wav"), soundfont=font, engine=engine, peak_dbfs=-6
        )
        samples, begun = read_wav(sound.path)
    part = samples[RATE * 6 // 10 : RATE * 14 // 10]
    cents = 1200 * np.log2(pitch_track(part, 300, 600) / 440)
    away = np.nan_to_num(cents - np.nanmean(cents))
    spectrum = np.abs(np.fft.rfft(away * np.hanning(len(away)), 1024))
    return Heard(
        float(np.nanmedian(cents)),
        float(np.nanpercentile(cents, 95) - np.nanpercentile(cents, 5)),
        float(np.fft.rfftfreq(1024, HOP / RATE)[int(np.argmax(spectrum[25:])) + 25]),
        20 * float(np.log10(float(np.sqrt(np.mean(part**2))) / begun)),
    )


def read_wav(path: Path) -> tuple[np.ndarray, float]:
    """(frames,) one channel of a 16-bit WAV file, and the level of its first quarter of a second."""
    import wave

    with wave.open(str(path)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    samples = frames.mean(axis=1) / 32768
    return samples, float(np.sqrt(np.mean(samples[RATE // 10 : RATE // 4] ** 2)))


def fonts() -> Iterator[tuple[str, Path]]:
    """Engines and SoundFonts that are here."""
    import shutil

    debian = Path("/usr/share/sounds/sf2")
    names = ("FluidR3_GM.sf2", "MuseScore_General_Full.sf2", "MuseScore_General.sf2")
    found = [audio.find_soundfont(), *(debian / name for name in names if (debian / name).is_file())]
    for font in found:
        yield "midirenderer", font
        if shutil.which("fluidsynth"):
            yield "fluidsynth", font


def _vibrato() -> list[TimedControl]:
    """As a tenor plays it: 20 cents to either side, five times a second, in steps of 12 ms."""
    steps = range(240, 1440, 12)
    shaken = [TimedControl(t, BEND, 20 * float(np.sin(2 * np.pi * 5 * (t - 240) / 960))) for t in steps]
    return [*shaken, TimedControl(240, VIBRATO, 20.0)]


def sound_rows() -> Iterator[tuple[str, str, str, bool]]:
    """A bend of -300 cents, a vibrato of 40 cents from top to bottom and a level of 107 of 127, as heard."""
    for engine, font in fonts():
        for name in ("tenor-sax", "trumpet", "trombone"):
            program = instrument(name).program
            plain = hear(engine, font, program)
            bent = hear(engine, font, program, [TimedControl(240, BEND, -300.0)])
            soft = hear(engine, font, program, [TimedControl(240, LEVEL, 107.0)])
            shaken = hear(engine, font, program, _vibrato())
            fell, softer = bent.cents - plain.cents, soft.level - plain.level
            said = f"{fell:.0f} cents, {softer:.1f} dB, {shaken.swing:.0f} cents at {shaken.rate:.1f} Hz"
            good = abs(fell + 300) < 15 and -4.5 < softer < -1.2
            good = good and 25 < shaken.swing < 75 and 4.5 < shaken.rate < 5.5
            yield f"{engine}, {font.stem}, {name}", said, "-300 cents, -3 dB, 40 cents at 5 Hz", good


def picture(path: Path) -> None:
    """The pitch of two solos over 16 bars, from their sound, over the notes that are written."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 1, figsize=(18, 11))
    for axis, form, name in zip(axes, ("blues-f", "ballad-eb"), ("tenor-sax", "trombone"), strict=True):
        settings = Settings(form, choruses=1, instrument=name, expression=1.0, seed=3)
        (take,) = make_takes(settings, load_inputs(settings), [3])
        with tempfile.TemporaryDirectory() as folder:
            take.write(Path(folder, "solo.mid"), layout=replace(take.layout, tracks=("solo",)))
            audio.render(Path(folder, "solo.mid"), Path(folder, "solo.wav"), peak_dbfs=-6)
            samples, _ = read_wav(Path(folder, "solo.wav"))
        hertz = pitch_track(samples[: RATE * 24])
        times = (np.arange(len(hertz)) * HOP + WINDOW / 2) / RATE
        axis.plot(times, 69 + 12 * np.log2(hertz / 440), ".", markersize=3, color="tab:blue")
        beat_s = 60 / take.solo.tempo
        for note in take.performance.track(SOLO):
            if note.onset * beat_s < 24:
                kinds = {control.kind for control in note.controls}
                color = "tab:green" if VIBRATO in kinds else "tab:red" if BEND in kinds else "0.7"
                axis.hlines(
                    note.pitch, note.onset * beat_s, note.end * beat_s, color=color, linewidth=5, alpha=0.5
                )
        axis.set_title(f"{name}, {form}: heard (blue), written (red: bent, green: vibrato)")
        axis.set_ylabel("pitch")
    figure.tight_layout()
    figure.savefig(path)


# --------------------------------------------------------------------------------------------------- the rows


def _people(database: Path | None) -> dict[str, dict[str, float]]:
    if database is None:
        return {}
    from recipes.expression import annotated, rates

    try:
        return rates(annotated(database))
    except DataError as error:
        print(error)
        return {}


def _gesture_rows(
    names: Sequence[str], count: int, files: Files, database: Path | None
) -> Iterator[tuple[str, bool]]:
    people = _people(database)
    yield f"{'per 100':14s}" + "".join(f"{name:>9s}" for name in COLUMNS), True
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            counts: Counter[str] = Counter()
            for take in takes_of(name, count):
                counts += gestures(take)
                look(take, Path(folder), files)
            row = per_hundred(counts)
            sparing = all(row[column] <= most for column, most in MOST.items())
            there = any(row.values()) == (name in ABILITIES)
            verdict = "" if sparing and there else "  NO"
            yield f"{name:14s}" + "".join(f"{row[column]:9.1f}" for column in COLUMNS) + verdict, not verdict
            if name in people:
                own = people[name]
                row = {"into": own["scoop"] + own["slide"], "falls": own["fall"], "vibrato": own["vibrato"]}
                cells = (f"{row[column]:9.1f}" if column in row else f"{'':9s}" for column in COLUMNS)
                yield f"{'  people':14s}" + "".join(cells), True


def _file_rows(files: Files, takes: int) -> Iterator[tuple[str, str, str, bool]]:
    counts = files.counts
    for what, found, of in (
        ("file rules broken", files.broken, f"in {takes} takes"),
        (
            "files read back otherwise",
            files.unread,
            f"{counts['controls']:,} controls of {counts['notes']:,} notes",
        ),
        ("kept notes played otherwise", files.moved, f"of {counts['kept']:,} notes kept"),
    ):
        for sentence in found[:5]:
            print(sentence)
        yield what, f"{len(found)} {of}", "0", not found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print all rows; 1 where one misses its target."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--takes", type=int, default=8, metavar="N", help="of each instrument (default: 8)")
    parser.add_argument("--instrument", choices=tuple(INSTRUMENTS), help="this one only")
    parser.add_argument("--database", type=Path, metavar="FILE", help="wjazzd.db")
    parser.add_argument("--picture", type=Path, metavar="FILE.png")
    parser.add_argument("--no-sound", dest="sound", action="store_false")
    given = parser.parse_args(arguments)
    met, files = True, Files([], [], [], Counter())
    names = [given.instrument] if given.instrument else list(INSTRUMENTS)
    try:
        for line, good in _gesture_rows(names, given.takes, files, given.database):
            print(line, flush=True)
            met &= good
        for rows in (_file_rows(files, given.takes * len(names)), sound_rows() if given.sound else ()):
            for what, figure, target, good in rows:
                print(f"{what:44s} {figure} ({target}){'' if good else '  NO'}", flush=True)
                met &= good
        if given.picture is not None:
            picture(given.picture)
    except JazzgenError as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
