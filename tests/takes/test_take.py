"""A take made in Python is the file that the command makes with the same settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jazzgen.by_hand import names
from jazzgen.cli import main
from jazzgen.errors import OptionError, ProgressionError
from jazzgen.improviser.controls import Controls
from jazzgen.midi.layout import Layout
from jazzgen.midi.reading import read, read_solo
from jazzgen.midi.smf import read_song
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement
from jazzgen.performance.feel import Feel
from jazzgen.takes import take as take_module
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import Take, load_inputs, make_take, make_takes
from tests.shared import ROOT

SHORT = "| Dm7 | G7 | Cmaj7 | % |"
RIFF = "riff.mid"  # in the working folder, since a recipe names a primer without its folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with a phrase to begin with."""
    monkeypatch.chdir(tmp_path)
    study = read_solo(ROOT / "data/midi/01-blues-in-f.mid")
    phrase = tuple(note for note in study.notes if note.end <= study.progression.bar_ticks[2])
    write_arrangement(Arrangement(replace(study, notes=phrase)), RIFF)
    return tmp_path


#   settings, layout                                            the command's words for both
SAME = [
    (Settings(seed=1), Layout(), "--seed 1"),
    (
        Settings(progression=SHORT, choruses=4, instrument="alto-sax", seed=5, tempo=180.5),
        Layout(transpose="Eb", ppq=960),
        f"--progression '{SHORT}' --choruses 4 --instrument alto-sax --seed 5 --tempo 180.5 --transpose Eb "
        "--ppq 960",
    ),
    (
        Settings(progression=SHORT, seed=2, primer=RIFF, choruses=3, count_in=True, title="Mine"),
        Layout(markers="sections"),
        f"--progression '{SHORT}' --seed 2 --primer riff.mid --choruses 3 --count-in --title Mine "
        "--markers sections",
    ),
    (
        Settings(seed=3, choruses=1, primer=RIFF, answer=True, humanize=0.2, model="classic-64"),
        Layout(),
        "--seed 3 --choruses 1 --primer riff.mid --primer-mode answer --humanize 0.2 --model classic-64",
    ),
    (
        Settings(
            progression="waltz-bb",
            choruses=1,
            seed=4,
            comping="guitar",
            ending="none",
            style="swing",
            controls=Controls(effort=2),
        ),
        Layout(tracks=("solo", "guitar"), channels=(("solo", 7),)),
        "--progression waltz-bb --choruses 1 --seed 4 --comping guitar --ending none --style swing "
        "--effort 2 --tracks solo,guitar --channel solo=7",
    ),
    (
        Settings(
            seed=6,
            controls=Controls(0.8, 40, 0.95, density=5.0, low=50, high=70, player="Chet Baker", effort=1),
        ),
        Layout(),
        "--seed 6 --temperature 0.8 --top-k 40 --top-p 0.95 --density 5 --range 50-70 --player 'Chet Baker' "
        "--effort 1",
    ),
]


@pytest.mark.parametrize(("settings", "layout", "words"), SAME, ids=range(len(SAME)))
def test_python_and_the_command_write_the_same_bytes(
    folder: Path, settings: Settings, layout: Layout, words: str
) -> None:
    import shlex

    make_take(settings).write("python.mid", layout=layout)
    assert main(["generate-midi", "-o", "command.mid", *shlex.split(words)]) == 0
    assert Path("python.mid").read_bytes() == Path("command.mid").read_bytes()
    # And the recipe in the file is a command that makes it once more.
    recipe = shlex.split(read("python.mid").recipe.split("; ")[-1])
    assert main([*recipe[1:], "-o", "again.mid"]) == 0
    assert Path("again.mid").read_bytes() == Path("python.mid").read_bytes()


def test_stems_are_those_of_the_command(folder: Path) -> None:
    settings = Settings(progression=SHORT, seed=7)
    make_take(settings).write("python.mid", stems="ours")
    words = ["--progression", SHORT, "--seed", "7", "--stems", "theirs"]
    assert main(["generate-midi", "-o", "command.mid", *words]) == 0
    for stem in ("solo.mid", "piano.mid", "bass.mid", "drums.mid"):
        assert Path("ours", stem).read_bytes() == Path("theirs", stem).read_bytes()


def test_a_take_knows_what_made_it() -> None:
    settings = Settings(progression=SHORT, seed=8, humanize=0.4, expression=0.2)
    take = make_take(settings)
    assert isinstance(take, Take)
    assert take.settings == settings
    assert take.settings.feel == Feel(0.4, 8, 0.2)
    assert take.arrangement == Arrangement(take.solo, take.parts, take.recipe)
    assert "--seed 8" in take.recipe
    assert take == make_take(settings) != make_take(replace(settings, seed=9))
    assert [part.name for part in take.parts] == ["Piano", "Bass", "Drums"]


def test_each_of_many_takes_knows_its_own_seed() -> None:
    settings = Settings(progression=SHORT, seed=1)
    takes = make_takes(settings, load_inputs(settings), [3, 4])
    assert [take.settings.seed for take in takes] == [3, 4]
    assert takes[1] == make_take(replace(settings, seed=4))


def test_the_notes_of_a_primer_are_counted(folder: Path) -> None:
    primed = make_take(Settings(progression=SHORT, choruses=3, primer=RIFF))
    phrase = read_solo(RIFF).notes
    assert primed.primed == len(phrase) > 3
    assert [n.pitch for n in primed.solo.notes[: primed.primed]] == [n.pitch for n in phrase]
    assert make_take(Settings(progression=SHORT, choruses=3, primer=RIFF, answer=True)).primed == 0


def test_the_network_that_invents_titles_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    take_module._tune_names.cache_clear()
    loaded = []
    true_shipped = names.shipped
    monkeypatch.setattr(names, "shipped", lambda kind: loaded.append(kind) or true_shipped(kind))
    settings = Settings(progression=SHORT, choruses=1)
    titles = {take.solo.title for take in make_takes(settings, load_inputs(settings), range(3))}
    titles.add(make_take(settings).solo.title)
    assert loaded == ["tunes"]
    assert len(titles) == 3


# ------------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"choruses": 0}, "choruses must be at least 1, received 0"),
        ({"seed": "x"}, "seed must be a whole number, received 'x'"),
        ({"tempo": "fast"}, "tempo must be a number, received 'fast'"),
        ({"controls": {}}, r"controls must be Controls, received \{\}"),
        ({"tempo": 19.0}, r"tempo must be in 20\.\.400 beats a minute, received 19"),
        ({"tempo": float("nan")}, "tempo must be in"),
        ({"instrument": "kazoo"}, "unknown instrument 'kazoo'"),
        ({"seed": -1}, "seed must be 0 or more, received -1"),
        ({"humanize": 1.5}, r"humanize must be in 0\.\.1"),
        ({"comping": "organ"}, "comping must be one of piano, guitar, received 'organ'"),
        ({"ending": "fade"}, "ending must be one of written, tag, none, received 'fade'"),
        ({"style": "polka"}, "unknown style 'polka'"),
        ({"engine": "steam"}, "engine must be one of numpy, keras, received 'steam'"),
        ({"answer": True}, "answer does nothing without a primer"),
        ({"controls": Controls(low=20, high=60)}, "range must be an octave or more within the tenor-sax's"),
    ],
)
def test_settings_check_themselves(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Settings(**wrong)


def test_what_settings_name_is_found_when_a_take_is_made() -> None:
    with pytest.raises(OptionError, match="choruses must make at most 4096 bars, received 400 of 12 bars"):
        make_take(Settings(choruses=400))
    with pytest.raises(ProgressionError):
        make_take(Settings(progression="no such form"))


def test_what_is_written_is_played_with_the_feel_of_its_settings(tmp_path: Path) -> None:
    velocities = []
    for humanize in (0.0, 0.7):
        settings = Settings(seed=1, choruses=1, humanize=humanize, expression=0.0)
        make_take(settings).write(tmp_path / "take.mid")
        track = next(track for track in read_song(tmp_path / "take.mid").tracks if track.name == "Solo")
        velocities.append({note.velocity for note in track.notes})
    assert len(velocities[0]) == 1 < 5 < len(velocities[1])
