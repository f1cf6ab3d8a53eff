"""Open takes in the programs that musicians open them with, and look at what those make of them.

    python -m checks.daws             check with the programs that are installed
    python -m checks.daws --install   first install the missing Debian packages, as root or by sudo

| program    | what it must say                                                                              |
|------------|-----------------------------------------------------------------------------------------------|
| MuseScore  | its MusicXML has every note of every track at its onset, and the tracks by name; of a chart   |
|            | that is written as MusicXML, its own files have the chords, bars, sections and repeats        |
| LMMS       | imports the file and exits clean                                                              |
| mftext     | (abcmidi) names, programs, volumes, pans, markers, notes and ends of tracks as intended       |
| FluidSynth | renders sound as long as the take                                                             |

Every check is a function from a MIDI file and an empty folder to a line of figures; it raises `CheckError`
where the program disagrees. `tests/test_daw.py` runs the same functions. Programs run without a screen, with
a home of their own in the empty folder.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from checks import debian
from jazzgen.charts import mscore, musicxml, musicxml_writing
from jazzgen.charts.find import find_progression
from jazzgen.charts.tune import make_tune
from jazzgen.midi.smf import Song, read_song
from jazzgen.music.score import Progression
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import make_take

LIMIT_S = 120  # for one program on one take; the slowest needs 7 s

# Forms of 32 bars and more: every kind of beat, and what is not in four or not swung.
TAKES = {
    "rhythm changes": Settings("rhythm-changes-bb", choruses=1, seed=1),
    "fast blues": Settings("blues-f", choruses=3, tempo=240, seed=2, instrument="alto-sax", comping="guitar"),
    "waltz": Settings("waltz-bb", choruses=1, seed=3, instrument="trumpet"),
    "bossa": Settings("bossa-f", choruses=1, seed=4, instrument="guitar"),
    "five four": Settings("five-four-ebm", choruses=2, seed=5, instrument="flute"),
}


# Charts: a symbol of every kind, repeated sections, meters that change, chords off the beat.
CHARTS = {
    "rhythm changes": "rhythm-changes-bb",
    "minor blues": "minor-blues-cm",
    "symbols": """key: Eb
        [A] |: Cm7 F7b9 | Bbmaj7 Ebmaj7#11 | Am7b5 D7alt | Gm6 Gmmaj7 | C#dim7 F#7#5 | Bb69 A5 :|
        [B] | Fm9 Bb13 | Ebadd9 Ebsus4 | D7sus4 D7sus4b9 | G7b5 Gaug | Cm11 F7(b9,#9) | Bb/D N.C. |""",
    "meters": """key: F#m
        [A] | F#m7 | B7@2.5 | (3/4) E7 | A6 ||
        [B] |: (6/8) D7 | G7 | (12/8) C#7 F#7 :| (7/8) Bm7 | (4/4) E9sus4@2.5 ||""",
}


class CheckError(Exception):
    """A program does not have what the file says; the text is one line."""


# --------------------------------------------------------------------------------------------- MuseScore

Onset = tuple[
    str, Fraction, int
]  # track's name, beats (quarter notes) from the first bar line, sounding pitch


def check_musescore(take: Path, folder: Path) -> str:
    """MuseScore's MusicXML has the take's parts by name, and every note at its onset, no more and no less."""
    score = folder / "score.musicxml"
    _run(["musescore3", "-o", str(score), str(take)], folder)
    song = read_song(take)
    parts, found = read_musicxml(score)
    names = [track.name for track in song.tracks]
    # MuseScore calls a part "Tenor Sax, Solo": the instrument, then the track's name.
    titles = {title: title.rpartition(", ")[2] for title in parts}
    _same("parts", list(titles.values()), names)
    sounding = Counter((titles[title], beat, pitch) for title, beat, pitch in found)
    intended = Counter(
        (track.name, Fraction(note.start, song.ppq), note.pitch)
        for track in song.tracks
        for note in track.notes
    )
    matched = (intended & sounding).total()
    if intended != sounding:
        missing = next(iter(intended - sounding), None)
        extra = next(iter(sounding - intended), None)
        raise CheckError(
            f"MuseScore has {matched} of {intended.total()} notes at their onsets and {sounding.total()} in "
            f"all; the first one missing is {missing}, the first one too many {extra}"
        )
    return f"{matched} of {intended.total()} notes at their onsets, parts {', '.join(names)}"


def read_musicxml(path: Path) -> tuple[list[str], list[Onset]]:
    """The names of the parts of a partwise score, and every note that is struck (not tied on, not a rest)."""
    root = ElementTree.parse(path).getroot()  # noqa: S314  # the score that MuseScore has just written
    names = {part.get("id"): part.findtext("part-name", "") for part in root.iter("score-part")}
    # A drum's key is that of its instrument; MusicXML counts keys from 1.
    keys = {
        drum.get("id"): int(drum.findtext("midi-unpitched", "1")) - 1 for drum in root.iter("midi-instrument")
    }
    onsets: list[Onset] = []
    for part in root.iter("part"):
        onsets += _struck_notes(part, names[part.get("id")], keys)
    return list(names.values()), onsets


def _struck_notes(part: ElementTree.Element, name: str, keys: dict[str | None, int]) -> Iterator[Onset]:
    bar = Fraction(0)  # beats up to this measure's bar line
    divisions, sounds_above = 1, 0
    for measure in part.iter("measure"):
        now = struck = longest = Fraction(0)
        for element in measure:
            length = Fraction(int(element.findtext("duration", "0")), divisions)
            match element.tag:
                case "attributes":
                    divisions = int(element.findtext("divisions", str(divisions)))
                    if (transpose := element.find("transpose")) is not None:
                        sounds_above = int(transpose.findtext("chromatic", "0"))
                        sounds_above += 12 * int(transpose.findtext("octave-change", "0"))
                case "backup":
                    now -= length
                case "forward":
                    now += length
                case "note":
                    if element.find("chord") is None:  # a chord's further notes begin with its first
                        struck = now
                        now += length
                    tied_on = any(tie.get("type") == "stop" for tie in element.iter("tie"))
                    if element.find("rest") is None and not tied_on:
                        yield name, bar + struck, _pitch_of(element, keys, sounds_above)
            longest = max(longest, now)
        bar += longest


def check_chart_in_musescore(form: Progression, folder: Path) -> str:
    """What MuseScore makes of a chart that is written as MusicXML, read back from its own files."""
    written, warnings = musicxml_writing.text(form, tempo=120.0)
    if warnings:
        raise CheckError(warnings[0])
    sheet = folder / "chart.musicxml"
    sheet.write_text(written, encoding="utf-8")
    repeats = written.count("<repeat ")
    for suffix, reader in ((".mscz", mscore), (".back.musicxml", musicxml)):
        back = sheet.with_suffix(suffix)
        _run(["musescore3", "-o", str(back), str(sheet)], folder)
        data = back.read_bytes()
        chart = reader.entries(data, back.name)[0].read()
        _same("bars as written", len(chart.bars), written.count("<measure "))
        found = sum(bar.opens_repeat + bar.closes_repeat for bar in chart.bars)
        _same("repeat signs", found, repeats)
        for received, intended, what in zip(
            musicxml_writing.what_sounds(make_tune(chart).form),
            musicxml_writing.what_sounds(form),
            ("chords", "length", "meters", "sections", "key", "title"),
            strict=True,
        ):
            _same(f"{what} in {suffix}", received, intended)
    return f"{len(form.chords)} chords in {len(form.bar_ticks)} bars, {repeats} repeat signs"


STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def _pitch_of(note: ElementTree.Element, keys: dict[str | None, int], sounds_above: int) -> int:
    pitch = note.find("pitch")
    if pitch is None:
        drum = note.find("instrument")
        return keys[drum.get("id")] if drum is not None else -1
    step, alter, octave = (pitch.findtext(tag, "0") for tag in ("step", "alter", "octave"))
    return 12 * (int(octave) + 1) + STEPS[step] + int(alter) + sounds_above


# -------------------------------------------------------------------------------------------------- LMMS

LMMS_SETTINGS = """<?xml version="1.0"?>
<!DOCTYPE lmms-config-file>
<lmms version="1.2.2" configversion="2">
<app configured="1" nommpz="1"/>
<paths workingdir="{home}/lmms/" defaultsf2="{font}"/>
<mixer audiodev="Dummy (no sound output)" mididev="Dummy (no MIDI support)"/>
</lmms>
"""


def check_lmms(take: Path, folder: Path) -> str:
    """LMMS imports the take and exits with 0."""
    # Without settings and the folder they name LMMS asks for them in a dialog, which would wait for ever.
    (folder / "lmms").mkdir()
    settings = LMMS_SETTINGS.format(home=folder, font=find_font())
    (folder / ".lmmsrc.xml").write_text(settings, encoding="utf-8")
    said = _run(["lmms", "--allowroot", "--import", str(take), "-e"], folder)
    if "found MThd" not in said:
        raise CheckError(f"LMMS did not take the take for MIDI: {said[:200]!r}")
    return "imported, exit code 0"


# ------------------------------------------------------------------------------------------------ mftext

EVENT = re.compile(r"Time=(?P<tick>\d+)  (?P<event>.*?)(?:  leng=\d+)?$")


def check_mftext(take: Path, folder: Path) -> str:
    """The dump of mftext has tracks as a DAW wants them, and the markers that jazzgen reads in the file."""
    dump = _run(["mftext", str(take)], folder)
    song = read_song(take)
    conductor, *tracks = _dumped_tracks(dump)
    _check_conductor(conductor, song)
    _same("number of tracks", len(tracks), len(song.tracks))
    for events in tracks:
        _check_track(events, song.end)
    notes = sum("Note on" in event for events in tracks for _, event in events)
    _same("notes", notes, sum(len(track.notes) for track in song.tracks))
    return f"{len(tracks)} tracks, {notes} notes, {len(song.markers)} markers, all tracks end at {song.end}"


def _dumped_tracks(dump: str) -> list[list[tuple[int, str]]]:
    """(tick, event) of each track; a text event is its kind and its text."""
    tracks: list[list[tuple[int, str]]] = []
    for line in dump.splitlines():
        if line == "Track start":
            tracks.append([])
        elif found := EVENT.match(line):
            tracks[-1].append((int(found["tick"]), found["event"]))
        elif text := re.fullmatch(r" +Text = <(.*)>", line):
            tick, kind = tracks[-1][-1]
            tracks[-1][-1] = (tick, f"{kind} {text[1]}")
    return tracks


TEXT_KINDS = {"name": "type=0x03 (Sequence/Track Name)", "marker": "type=0x06 (Marker)"}


def _check_conductor(events: Sequence[tuple[int, str]], song: Song) -> None:
    marker = f"Meta Text, {TEXT_KINDS['marker']} "
    markers = [(tick, event.removeprefix(marker)) for tick, event in events if event.startswith(marker)]
    _same("markers", markers, [(marker.tick, marker.text) for marker in song.markers])
    tempo = f"Tempo, microseconds-per-MIDI-quarter-note={song.tempos[0][1]}"
    meter = f"Time signature={song.meters[0][1]}/{song.meters[0][2]}"
    for wanted in (f"Meta Text, {TEXT_KINDS['name']} {song.title}", tempo, meter, "Key signature"):
        if not any(tick == 0 and event.startswith(wanted) for tick, event in events):
            raise CheckError(f"the conductor track has no {wanted!r} at its start")
    if any("chan=" in event or "Copyright" in event for _, event in events):
        raise CheckError("the conductor track plays, or has a copyright event")
    _same("end of the conductor track", events[-1], (song.end, "Meta event, end of track"))


def _check_track(events: Sequence[tuple[int, str]], end: int) -> None:
    opening = [event for _, event in events[:4]]
    name, channel = opening[0], re.search(r"chan=\d+ ", opening[1])
    if not name.startswith(f"Meta Text, {TEXT_KINDS['name']} ") or channel is None or events[3][0]:
        raise CheckError(f"a track must open with name, program, volume and pan; it has {opening}")
    own = channel[0]
    for event, wanted in zip(
        opening[1:], (f"Program, {own}", f"Parameter, {own}c1=7 ", f"Parameter, {own}c1=10 "), strict=True
    ):
        if not event.startswith(wanted):
            raise CheckError(f"a track must open with name, program, volume and pan; it has {opening}")
    _same("end of a track", events[-1], (end, "Meta event, end of track"))
    sounding: set[str] = set()
    for tick, event in events[4:-1]:
        note = re.fullmatch(r"Note (on|off), (chan=\d+ )pitch=(\d+) vol=\d+", event)
        if note is None or note[2] != own:
            raise CheckError(f"a track must have notes of one channel, it has {event!r} at {tick}")
        if (note[1] == "on") == (note[3] in sounding):
            raise CheckError(f"pitch {note[3]} overlaps itself or hangs at {tick} in {name!r}")
        sounding ^= {note[3]}
    _same("notes that hang", sounding, set())


# -------------------------------------------------------------------------------------------- FluidSynth

LONGEST_TAIL_S = 20
SILENT_DB = -60.0  # below full scale; a whole band is at -25 to -35


def check_fluidsynth(take: Path, folder: Path) -> str:
    """FluidSynth renders as many seconds as the take has, and no four beats of it are silent."""
    sound = folder / "take.wav"
    _run(["fluidsynth", "-n", "-i", "-q", "-r", "44100", "-F", str(sound), find_font(), str(take)], folder)
    song = read_song(take)
    with wave.open(str(sound)) as file:
        rate, frames = file.getframerate(), file.readframes(file.getnframes())
    samples = np.frombuffer(frames, "<i2").reshape(-1, 2) / 32768.0  # (frames, 2)
    beat_s = song.tempos[0][1] / 1e6
    take_s, sound_s = song.end / song.ppq * beat_s, len(samples) / rate
    if not take_s - 0.05 <= sound_s <= take_s + LONGEST_TAIL_S:
        raise CheckError(f"FluidSynth rendered {sound_s:.2f} s of a take of {take_s:.2f} s")
    beats = np.array_split(samples[: int(take_s * rate)], song.end // song.ppq)
    bars = [np.concatenate(beats[at : at + 4]) for at in range(0, len(beats) - 3, 4)]
    quietest_db = 20 * np.log10(max(min(float(np.sqrt(np.mean(bar**2))) for bar in bars), 1e-9))
    if quietest_db < SILENT_DB:
        raise CheckError(f"FluidSynth rendered silence: {quietest_db:.0f} dBFS in the quietest four beats")
    return f"{sound_s:.1f} s of sound for {take_s:.1f} s, quietest four beats {quietest_db:.0f} dBFS"


# An SF3 font does, but takes ten times as long.
FONTS = ("sf2/TimGM6mb.sf2", "sf2/default-GM.sf2", "sf2/FluidR3_GM.sf2", "sf3/default-GM.sf3")


def find_font() -> str:
    """A General MIDI SoundFont: the one inside pretty_midi, or a Debian package's; "" without one."""
    from jazzgen.errors import MissingPackageError
    from jazzgen.rendering.soundfonts import find_soundfont

    try:
        return str(find_soundfont())
    except MissingPackageError:
        found = (Path("/usr/share/sounds", name) for name in FONTS)
        return next((str(path) for path in found if path.is_file()), "")


# ----------------------------------------------------------------------------------------- running them


class Program(NamedTuple):
    """A program, the Debian package that has it, its check, and whether that takes exact or played time."""

    name: str
    command: str
    package: str
    check: Callable[[Path, Path], str]
    exact: bool = False
    needs_font: bool = False


PROGRAMS = (
    Program("MuseScore", "musescore3", "musescore3", check_musescore, exact=True),
    Program("LMMS", "lmms", "lmms", check_lmms, needs_font=True),
    Program("mftext", "mftext", "abcmidi", check_mftext),
    Program("FluidSynth", "fluidsynth", "fluidsynth", check_fluidsynth, needs_font=True),
)
FONT_PACKAGE = "timgm6mb-soundfont"


def _run(words: list[str], home: Path) -> str:
    """What a program says on standard output, run without a screen and with `home` as its home."""
    home.chmod(0o700)  # Qt insists on it for a runtime directory
    environment = {
        **os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "QT_QPA_PLATFORM": "offscreen"
    }  # fmt: skip
    try:
        done = subprocess.run(
            words, env=environment, capture_output=True, timeout=LIMIT_S, check=False, cwd=home
        )
    except subprocess.TimeoutExpired:
        raise CheckError(f"{words[0]} did not come to an end in {LIMIT_S} s") from None
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())
        raise CheckError(f"{words[0]} ended with exit code {done.returncode}: {said[-300:]}")
    return done.stdout.decode("utf-8", "replace")


def _same(what: str, received: object, intended: object) -> None:
    if received != intended:
        raise CheckError(f"{what}: received {received!r:.300}, intended {intended!r:.300}")


def why_not(program: Program) -> str:
    """What is missing for a check, in words; "" where it can be made."""
    if shutil.which(program.command) is None:
        return f"{program.command} is not installed (Debian package {program.package})"
    if program.needs_font and not find_font():
        return f"no SoundFont is installed (Debian package {FONT_PACKAGE})"
    return ""


def write_take(settings: Settings, path: Path, exact: bool) -> Path:
    """Write a take as it is played, or with every note on the grid, because a score has no room for feel."""
    settings = replace(settings, humanize=0.0 if exact else 1.0)
    make_take(settings).write(path)
    return path


def install() -> str:
    """Install what is missing with apt-get; returns why that could not be done, "" where it was."""
    packages = [program.package for program in PROGRAMS if shutil.which(program.command) is None]
    packages += [] if find_font().endswith(".sf2") else [FONT_PACKAGE]
    return debian.install(packages)


def main() -> int:
    """Check every take with every program; 1 where one disagrees."""
    parser = argparse.ArgumentParser(description="Open takes in real programs and compare.")
    parser.add_argument("--install", action="store_true", help="install missing programs with apt-get first")
    arguments = parser.parse_args()
    if arguments.install and (reason := install()):
        print(f"check-daw: {reason}; going on with what there is")
    failed = 0
    for program in PROGRAMS:
        if reason := why_not(program):
            print(f"{program.name:11}skipped: {reason}")
            continue
        for name, check in checks_of(program):
            start = time.perf_counter()
            with tempfile.TemporaryDirectory() as folder:
                try:
                    said = check(Path(folder))
                except CheckError as error:
                    said, failed = f"FAILED: {error}", failed + 1
            print(f"{program.name:11}{name:17}{said} ({time.perf_counter() - start:.1f} s)", flush=True)
    return 1 if failed else 0


def checks_of(program: Program) -> Iterator[tuple[str, Callable[[Path], str]]]:
    """The takes and, for a score program, the charts to try: a name, and the check in an empty folder."""

    def check_take(settings: Settings, folder: Path) -> str:
        take = write_take(settings, folder / "take.mid", program.exact)
        home = folder / "home"
        home.mkdir()
        return program.check(take, home)

    for name, settings in TAKES.items():
        yield name, partial(check_take, settings)
    if program.check is check_musescore:
        for name, chart in CHARTS.items():
            yield f"chart: {name}", partial(check_chart_in_musescore, find_progression(chart))


if __name__ == "__main__":
    sys.exit(main())
