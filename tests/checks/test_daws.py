"""Takes opened in MuseScore, LMMS, mftext and FluidSynth, where these are installed (`make check-daw`)."""

from __future__ import annotations

import sys
import wave
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from checks import daws as daw
from jazzgen.charts.find import find_progression
from jazzgen.improviser.controls import Controls
from jazzgen.midi.smf import Song, TimedNote, TimedText, Track
from jazzgen.midi.smf_writing import write_song

PROGRAMS = {program.name: program for program in daw.PROGRAMS}


def check(name: str, settings, folder: Path) -> str:
    """What the program's check says about a take, or a skip where the program is not there."""
    program = PROGRAMS[name]
    if reason := daw.why_not(program):
        pytest.skip(reason)
    settings = replace(settings, controls=Controls(effort=1))  # whichever candidate is chosen
    take = daw.write_take(settings, folder / "take.mid", program.exact)
    home = folder / "home"
    home.mkdir()
    return program.check(take, home)


@pytest.mark.parametrize("settings", daw.TAKES.values(), ids=daw.TAKES)
def test_musescore_has_every_note_at_its_onset(settings, tmp_path: Path) -> None:
    said = check("MuseScore", settings, tmp_path)
    matched, _, intended = said.partition(" notes")[0].partition(" of ")
    assert int(matched) == int(intended) > 300
    assert said.endswith(f"parts Solo, {settings.comping.capitalize()}, Bass, Drums")


@pytest.mark.parametrize("name", daw.CHARTS)
def test_musescore_has_the_chords_bars_and_repeats_of_a_written_chart(name: str, tmp_path: Path) -> None:
    if reason := daw.why_not(PROGRAMS["MuseScore"]):
        pytest.skip(reason)
    said = daw.check_chart_in_musescore(find_progression(daw.CHARTS[name]), tmp_path)
    assert said.endswith("repeat signs")


@pytest.mark.parametrize("name", ["rhythm changes", "five four", "bent ballad"])
def test_lmms_imports_and_exits(tmp_path: Path, name: str) -> None:
    assert "exit code 0" in check("LMMS", daw.TAKES[name], tmp_path)


@pytest.mark.parametrize("settings", daw.TAKES.values(), ids=daw.TAKES)
def test_mftext_lists_what_was_meant(settings, tmp_path: Path) -> None:
    assert check("mftext", settings, tmp_path).startswith("4 tracks, ")


def test_fluidsynth_plays_the_whole_take(tmp_path: Path) -> None:
    assert " s of sound for " in check("FluidSynth", daw.TAKES["fast blues"], tmp_path)


# --------------------------------------------------------------------------- the checks themselves can fail


def note(step: str, octave: int, length: int, more: str = "", alter: int = 0) -> str:
    """A MusicXML note; `length` in divisions."""
    pitch = f"<pitch><step>{step}</step><alter>{alter}</alter><octave>{octave}</octave></pitch>"
    return f"<note>{more}{pitch}<duration>{length}</duration></note>"


SCORE = f"""<score-partwise><part-list>
<score-part id="P1"><part-name>Tenor Sax, Solo</part-name></score-part>
<score-part id="P2"><part-name>Percussion, Drums</part-name>
<midi-instrument id="P2-I52"><midi-unpitched>52</midi-unpitched></midi-instrument></score-part></part-list>
<part id="P1"><measure><attributes><divisions>2</divisions>
<transpose><chromatic>-2</chromatic><octave-change>-1</octave-change></transpose></attributes>
{note("D", 4, 1)}{note("F", 4, 1, "<chord/>", alter=1)}{note("C", 4, 5, '<tie type="start"/>')}
<backup><duration>3</duration></backup><forward><duration>2</duration></forward>{note("E", 5, 1)}</measure>
<measure>{note("C", 4, 1, '<tie type="stop"/>')}<note><rest/><duration>1</duration></note>{note("C", 5, 2)}
</measure></part>
<part id="P2"><measure><attributes><divisions>1</divisions></attributes>
<note><rest/><duration>1</duration></note>
<note><unpitched/><duration>1</duration><instrument id="P2-I52"/></note></measure></part>
</score-partwise>"""


def test_notes_are_read_from_musicxml(tmp_path: Path) -> None:
    """A chord, a tie over the bar line, a second voice, a transposing instrument, a drum."""
    (tmp_path / "score.musicxml").write_text(SCORE, encoding="utf-8")
    names, onsets = daw.read_musicxml(tmp_path / "score.musicxml")
    assert names == ["Tenor Sax, Solo", "Percussion, Drums"]
    assert [(float(beat), pitch) for name, beat, pitch in onsets if name == names[0]] == [
        (0.0, 48), (0.0, 52), (0.5, 46), (2.5, 62), (4.0, 58),
    ]  # fmt: skip
    assert [(float(beat), pitch) for name, beat, pitch in onsets if name == names[1]] == [(1.0, 51)]


DUMP = """Header format=1 ntrks=2 division=480
Track start
Time=0  Meta Text, type=0x03 (Sequence/Track Name)  leng=4
     Text = <Take>
Time=0  Tempo, microseconds-per-MIDI-quarter-note=500000
Time=0  Time signature=4/4  MIDI-clocks/click=24  32nd-notes/24-MIDI-clocks=8
Time=0  Key signature, sharp/flats=0  minor=0
Time=0  Meta Text, type=0x06 (Marker)  leng=3
     Text = <Dm7>
Time=1920  Meta event, end of track
Track end
Track start
Time=0  Meta Text, type=0x03 (Sequence/Track Name)  leng=4
     Text = <Solo>
Time=0  Program, chan=1 program=66
Time=0  Parameter, chan=1 c1=7 c2=100
Time=0  Parameter, chan=1 c1=10 c2=64
Time=0  Note on, chan=1 pitch=62 vol=90
Time=480  Note off, chan=1 pitch=62 vol=64
Time=480  Note on, chan=1 pitch=62 vol=90
Time=960  Note off, chan=1 pitch=62 vol=64
Time=1920  Meta event, end of track
Track end
"""
SONG = Song(
    ppq=480,
    end=1920,
    tracks=(Track("Solo", 66, 0, (TimedNote(0, 480, 62, 90), TimedNote(480, 960, 62, 90))),),
    title="Take",
    key="C",
    tempos=((0, 500_000),),
    meters=((0, 4, 4),),
    markers=(TimedText(0, "Dm7"),),
)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("", "", ""),
        ("<Dm7>", "<D7>", "markers"),
        ("=500000", "=400000", "has no 'Tempo"),
        ("(Sequence/Track Name)  leng=4\n     Text = <Take>", "(Copyright)  leng=4", "has no 'Meta Text"),
        ("Time=1920  Meta event", "Time=1900  Meta event", "end of"),
        ("c1=7 c2=100", "c1=11 c2=100", "must open with"),
        ("Program, chan=1 ", "Program, chan=2 ", "must open with"),
        ("Time=480  Note off", "Time=480  Note on", "overlaps itself"),
        ("Time=960  Note off, chan=1 pitch=62 vol=64\n", "", "notes that hang"),
        ("Time=960  Note off, chan=1", "Time=960  Note off, chan=2", "one channel"),
    ],
)
def test_a_dump_that_is_not_as_meant_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, message: str
) -> None:
    assert before in DUMP
    write_song(SONG, tmp_path / "take.mid")
    monkeypatch.setattr(daw, "_run", lambda *_: DUMP.replace(before, after) if before else DUMP)
    if message:
        with pytest.raises(daw.CheckError, match=message):
            daw.check_mftext(tmp_path / "take.mid", tmp_path)
    else:
        assert daw.check_mftext(tmp_path / "take.mid", tmp_path).startswith("1 tracks, 2 notes, 1 markers")


def test_a_note_that_musescore_does_not_have_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_song(SONG, tmp_path / "take.mid")
    late = [("Tenor Sax, Solo", Fraction(0), 62), ("Tenor Sax, Solo", Fraction(3, 2), 62)]
    monkeypatch.setattr(daw, "_run", lambda *_: "")
    monkeypatch.setattr(daw, "read_musicxml", lambda *_: (["Tenor Sax, Solo"], late))
    with pytest.raises(daw.CheckError, match=r"1 of 2 notes .* missing is \('Solo', Fraction\(1, 1\), 62\)"):
        daw.check_musescore(tmp_path / "take.mid", tmp_path)
    monkeypatch.setattr(daw, "read_musicxml", lambda *_: (["Piano"], late))
    with pytest.raises(daw.CheckError, match="parts"):
        daw.check_musescore(tmp_path / "take.mid", tmp_path)


def test_silence_is_not_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_song(SONG, tmp_path / "take.mid")  # two seconds

    def silence(seconds: float):
        def run(words: list[str], home: Path) -> str:
            with wave.open(str(home / "take.wav"), "wb") as file:
                file.setparams((2, 2, 44100, 0, "NONE", ""))
                file.writeframes(bytes(4 * int(44100 * seconds)))
            return ""

        return run

    for seconds, message in ((1.0, "1.00 s of a take of 2.00 s"), (2.5, "silence")):
        monkeypatch.setattr(daw, "_run", silence(seconds))
        with pytest.raises(daw.CheckError, match=message):
            daw.check_fluidsynth(tmp_path / "take.mid", tmp_path)


def test_a_program_that_fails_or_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(daw.CheckError, match="exit code 3: no"):
        daw._run([sys.executable, "-c", "import sys; sys.stderr.write('no'); sys.exit(3)"], tmp_path)
    monkeypatch.setattr(daw, "LIMIT_S", 0.2)
    with pytest.raises(daw.CheckError, match=r"end in 0\.2 s"):
        daw._run([sys.executable, "-c", "import time; time.sleep(9)"], tmp_path)


def test_nothing_is_installed_where_there_is_no_apt_get(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daw.shutil, "which", lambda *_: None)
    reason = daw.install()
    assert reason.startswith("apt-get is not here; install musescore3 lmms abcmidi fluidsynth")
