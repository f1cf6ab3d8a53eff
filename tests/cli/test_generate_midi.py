"""`jazzgen generate-midi`: what each option does to the file, and one line for every wrong one."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest

from jazzgen.cli import main
from jazzgen.midi.reading import read_solo
from jazzgen.midi.writing import write_arrangement
from jazzgen.model.checkpoint import save_checkpoint
from jazzgen.music.score import Arrangement, ChordChange, Note, Progression, Solo
from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.vocabulary import N_VALUES, value_of
from tests.charts.playlists import write_playlist
from tests.checkpoints import hearing_all, predicting
from tests.cli.commands import SOON, refused, run
from tests.shared import ROOT

STUDIES = ROOT / "data" / "midi"


def test_generate_says_what_it_wrote(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    take = tmp_path / "take.mid"
    code, out, err = run(capsys, "generate-midi", "-o", take, "--seed", 4, "--progression", "blues-f")
    assert (code, err) == (0, "")
    assert str(take) in out
    assert "24 bars" in out
    assert "seed 4" in out
    assert [path.name for path in tmp_path.iterdir()] == ["take.mid"]


def test_a_take_and_its_sound_in_one_go(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("midirenderer")
    words = ["generate-midi", "--seed", 4, "--progression", "| Dm7 | G7 | C6 | % |", *SOON]
    assert run(capsys, *words, "-o", tmp_path / "plain.mid")[0] == 0
    code, out, err = run(capsys, *words, "-o", tmp_path / "take.mid", "--wav")
    assert (code, err) == (0, "")
    assert f"{tmp_path / 'take.wav'}: " in out.splitlines()[1]
    assert (tmp_path / "take.mid").read_bytes() == (tmp_path / "plain.mid").read_bytes()
    assert run(capsys, "render", tmp_path / "take.mid", "-o", tmp_path / "rendered.wav")[0] == 0
    assert (tmp_path / "take.wav").read_bytes() == (tmp_path / "rendered.wav").read_bytes()
    assert len(list(tmp_path.iterdir())) == 4


@pytest.fixture
def no_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty current folder, in which loading the model, the first step of making a take, is a failure."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("jazzgen.takes.take.load_checkpoint", lambda _: pytest.fail("it has begun to work"))


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--wav", "take.aiff"], "take.aiff"),
        (["--wav", "/dev/null/take.wav"], "/dev/null"),
        (["--wav", "--soundfont", "none.sf2"], "none.sf2"),
        (["--soundfont", "none.sf2"], "--soundfont does nothing without --wav"),
        (["--wav", "take.mid"], "take.mid cannot be the sound and the MIDI file"),
        (["--comping", "banjo"], "banjo"),
        (["--ending", "fade"], "fade"),
    ],
)
def test_what_cannot_sound_is_refused_before_the_work(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, no_work: None, words: list[str], named: str
) -> None:
    assert named in refused(capsys, "generate-midi", "--seed", 1, *words)
    assert list(tmp_path.iterdir()) == []


def test_a_good_command_begins_to_work(tmp_path: Path, no_work: None) -> None:
    """Or else the tests above would pass however late a command is refused."""
    pytest.importorskip("midirenderer")
    for words in ([], ["--wav"], ["--wav", "take.flac"]):
        with pytest.raises(pytest.fail.Exception, match="it has begun to work"):
            main(["generate-midi", "--seed", "1", *words])


def test_a_take_whose_sound_fails_leaves_no_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch
) -> None:
    pytest.importorskip("midirenderer")
    (tmp_path / "broken.sf2").write_bytes(b"RIFF\x04\x00\x00\x00sfbk")
    monkeypatch.chdir(tmp_path)
    words = ["--wav", "--soundfont", "broken.sf2", "--stems", "stems"]
    refused(capsys, "generate-midi", "--seed", 1, *SOON, *words)
    assert [path.name for path in tmp_path.iterdir()] == ["broken.sf2"]


@pytest.mark.parametrize("ending", ["written", "none"])
def test_the_ending_is_in_the_file(capsys: pytest.CaptureFixture[str], tmp_path: Path, ending: str) -> None:
    take = tmp_path / "take.mid"
    words = ["--seed", 2, *SOON, "--progression", "blues-f", "--ending", ending]
    assert run(capsys, "generate-midi", "-o", take, *words)[0] == 0
    solo = read_solo(take)
    assert [change.symbol for change in solo.progression.chords][-2:] == (
        ["Bb7", "F7"] if ending == "written" else ["F7", "C7"]
    )
    assert ("--ending none" in run(capsys, "inspect", take)[1]) == (ending == "none")


def test_a_guitar_in_the_pianos_place(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    take = tmp_path / "take.mid"
    assert run(capsys, "generate-midi", "-o", take, "--seed", 2, *SOON, "--comping", "guitar")[0] == 0
    tracks = mido.MidiFile(take).tracks
    assert [track.name for track in tracks][1:] == ["Solo", "Guitar", "Bass", "Drums"]
    assert [m.program for m in tracks[2] if m.type == "program_change"] == [26]
    assert "--comping guitar" in run(capsys, "inspect", take)[1]


def test_one_seed_one_set_of_bytes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        words = ["-o", tmp_path / name, "--seed", seed, "--choruses", 1]
        assert run(capsys, "generate-midi", *words)[0] == 0
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c


def test_the_seed_does_not_depend_on_the_process(tmp_path: Path) -> None:
    files = []
    for hash_seed in ("1", "2"):
        take = tmp_path / f"{hash_seed}.mid"
        subprocess.run(
            [sys.executable, "-m", "jazzgen", "generate-midi", "-o", str(take), "--seed", "9", *SOON],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
        )
        files.append(take.read_bytes())
    assert files[0] == files[1]


PLAIN = ("--seed", "1", "--progression", "[A] | F7 | Bb7 | F7 C7 | F7 |")


@pytest.fixture(scope="module")
def plain_take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A take of seed 1 and two short choruses, with all other defaults but the effort."""
    path = tmp_path_factory.mktemp("plain") / "take.mid"
    assert main(["generate-midi", "-o", str(path), *PLAIN, "--effort", "1"]) == 0
    return path


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--progression", "| Dm7 | G7 | Cmaj7 | % |"),
        ("--choruses", "3"),
        ("--tempo", "200"),
        ("--instrument", "trumpet"),
        ("--temperature", "0.3"),
        ("--temperature", "0"),
        ("--top-k", "3"),
        ("--top-p", "0.4"),
        ("--density", "9"),
        ("--rests", "0.5"),
        ("--outside", "-0.5"),
        ("--range", "C4-D5"),
        ("--arc", "arch"),
        ("--units", "lick:2 rest:4"),
        ("--title", "Something Else"),
        ("--style", "bossa"),
        ("--style", "ballad"),
        ("--humanize", "0"),
        ("--humanize", "1"),
        ("--expression", "0"),
        ("--expression", "1"),
        ("--count-in", ""),
        ("--markers", "sections"),
        ("--markers", "chords"),
        ("--markers", "none"),
        ("--tracks", "solo,bass"),
        ("--tracks", "Drums"),
        ("--channel", "solo=4"),
        ("--channel", "piano=11,bass=1"),
        ("--transpose", "Bb"),
        ("--transpose", "Eb"),
        ("--transpose", "-3"),
        ("--ppq", "960"),
    ],
)
def test_every_option_changes_the_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, plain_take: Path, option: str, value: str
) -> None:
    words = [option, value] if value else [option]
    if words != ["--temperature", "0"]:  # which refuses any effort
        words += ["--effort", "1"]
    assert run(capsys, "generate-midi", "-o", tmp_path / "other", *PLAIN, *words)[0] == 0
    assert _without_recipe(plain_take) != _without_recipe(tmp_path / "other")


@pytest.fixture(scope="module")
def full_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint, with random weights, that knows two players and goes back to its motifs."""
    path = tmp_path_factory.mktemp("models") / "full.safetensors"
    made = hearing_all(8)
    save_checkpoint(path, made.arrays, made.description)
    return path


def _primer(path: Path) -> Path:
    """A phrase of four notes over one bar of C7."""
    form = Progression((ChordChange(0, "C7"),), 48)
    notes = tuple(Note(6 * k, 6, pitch) for k, pitch in enumerate((60, 64, 67, 70)))
    write_arrangement(Arrangement(Solo(notes, form, instrument="tenor-sax")), path)
    return path


@pytest.mark.parametrize(
    ("option", "value"),
    [("--player", "Bob"), ("--motif", "3"), ("--motif", "0"), ("--primer", "primer.mid")],
)
def test_options_of_an_improviser_change_the_file_and_its_recipe_makes_it_again(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    full_model: Path,
    option: str,
    value: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(full_model, "full.safetensors")
    if option == "--motif":  # eighths of a scale, each as likely: nothing else brings an idea back
        probs = np.full(N_VALUES, 1e-4)
        probs[[value_of(degree, 2) for degree in (0, 2, 4, 5, 7, 9, 10)]] = 1.0
        made = predicting(probs / probs.sum(), FeatureSpec(("motif",)))
        save_checkpoint("full.safetensors", made.arrays, made.description)
    _primer(tmp_path / "primer.mid")
    words = ["generate-midi", "--model", "full.safetensors", "--seed", 1, "--choruses", 4]
    assert run(capsys, *words, "-o", "plain.mid")[0] == 0
    assert run(capsys, *words, option, value, "-o", "take.mid")[0] == 0
    assert _without_recipe(tmp_path / "plain.mid") != _without_recipe(tmp_path / "take.mid")
    recipe = json.loads(run(capsys, "inspect", "take.mid", "--json")[1])["recipe"]
    assert run(capsys, *shlex.split(recipe.split("; ", 2)[2])[1:], "-o", "again.mid")[0] == 0
    assert Path("again.mid").read_bytes() == Path("take.mid").read_bytes()


def test_no_more_is_copied_than_the_command_allows(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    copied = []
    for limit in ("0", "8"):
        words = ["--temperature", 0, "--max-copied", limit, "-o", tmp_path / "take.mid"]
        code, out, _ = run(capsys, "generate-midi", "--seed", 1, *words)
        assert code == 0
        copied.append(int(re.search(r"at most (\d+) intervals", out)[1]))
    assert copied[0] > 8 >= copied[1]


def test_a_primer_is_continued_or_answered(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, full_model: Path
) -> None:
    primer = _primer(tmp_path / "primer.mid")
    words = ["generate-midi", "--model", full_model, "--seed", 1, "--primer", primer, "--humanize", 0]
    begins, yours = {}, ", the first 4 of them yours, seed 1"
    for mode in ("continue", "answer"):
        take = tmp_path / f"{mode}.mid"
        code, out, _ = run(capsys, *words, "--primer-mode", mode, "-o", take)
        assert (code, yours in out) == (0, mode == "continue")
        begins[mode] = [(note.onset, note.pitch) for note in read_solo(take).notes][:4]
    assert begins["continue"] == [(0, 60), (6, 64), (12, 67), (18, 70)] != begins["answer"]


@pytest.mark.parametrize("silence", [("--rests", "0.2"), ("--units", "lick_a:3 rest:2 | line#2")])
def test_the_recipe_of_the_controls_makes_the_same_file_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, silence: tuple[str, str]
) -> None:
    take, again = tmp_path / "take.mid", tmp_path / "again.mid"
    controls = [
        "--density", "5.5", *silence, "--outside", "-0.25", "--range", "C3-D5", "--arc", "rising",
        "--max-copied", "9",
    ]  # fmt: skip
    assert run(capsys, "generate-midi", "-o", take, "--seed", 3, *controls)[0] == 0
    recipe = json.loads(run(capsys, "inspect", take, "--json")[1])["recipe"]
    assert run(capsys, *shlex.split(recipe.split("; ", 2)[2])[1:], "-o", again)[0] == 0
    assert again.read_bytes() == take.read_bytes()


def test_solo_only_is_one_track(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name, words in (("a.mid", ["--solo-only"]), ("b.mid", ["--tracks", "solo"])):
        assert run(capsys, "generate-midi", "-o", tmp_path / name, "--seed", 1, *SOON, *words)[0] == 0
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    assert [track.name for track in mido.MidiFile(tmp_path / "a.mid").tracks[1:]] == ["Solo"]


def test_stems_are_the_files_that_tracks_writes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """One file a track in a new folder, beside the take as it would be without them."""
    stems, more = tmp_path / "a" / "stems", ["--seed", 1, *SOON, "--ppq", 96, "--transpose", "-2"]
    run(capsys, "generate-midi", "-o", tmp_path / "plain.mid", *more)
    assert run(capsys, "generate-midi", "-o", tmp_path / "take.mid", *more, "--stems", stems)[0] == 0
    assert (tmp_path / "take.mid").read_bytes() == (tmp_path / "plain.mid").read_bytes()
    names = ["bass", "drums", "piano", "solo"]
    assert sorted(path.name for path in stems.iterdir()) == [f"{name}.mid" for name in names]
    for name in names:
        run(capsys, "generate-midi", "-o", tmp_path / "one.mid", *more, "--tracks", name)
        assert (stems / f"{name}.mid").read_bytes() == (tmp_path / "one.mid").read_bytes()


def test_stems_that_cannot_be_written_leave_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "stems").mkdir()
    for words, named in (
        (["-o", tmp_path / "take.mid", "--stems", tmp_path / "file"], "file"),
        (["-o", tmp_path / "stems" / "solo.mid", "--stems", tmp_path / "stems"], "solo.mid"),
        (["-o", tmp_path / "file" / "take.mid", "--stems", tmp_path / "new"], "file"),
        (["-o", tmp_path / "take.mid", "--stems", tmp_path / "new", "--tracks", "kazoo"], "kazoo"),
    ):
        assert named in refused(capsys, "generate-midi", "--seed", 1, *SOON, *words)
        assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "stems"]


def _without_recipe(path: Path) -> list[str]:
    """Every event but the recipe, which names the options and would differ in any case."""
    return [
        str(message)
        for track in mido.MidiFile(path).tracks
        for message in track
        if not (message.type == "text" and message.text.startswith("jazzgen "))
    ]


def test_the_take_fills_the_choruses_and_ends_on_a_bar_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    take = tmp_path / "take.mid"
    words = ["--effort", 1, "--choruses", 5, "--seed", 2, "--progression", "| Am7 | D7 | Gmaj7 |"]
    assert run(capsys, "generate-midi", "-o", take, *words)[0] == 0
    file = mido.MidiFile(take)
    ends = {sum(message.time for message in track) for track in file.tracks}
    assert ends == {15 * 4 * file.ticks_per_beat}


def test_the_recipe_makes_the_same_file_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    form = tmp_path / "form.txt"
    form.write_text("title: My Form\nmeter: 3/4\n| Dm7 | G7 | Cmaj7 | % |\n", encoding="utf-8")
    take, again = tmp_path / "take.mid", tmp_path / "again.mid"
    run(
        capsys, "generate-midi", "-o", take, "--seed", 11, "--progression", form, "--title", 'Früh\'s "A"',
        "--style", "bossa", "--humanize", "0.3", "--count-in",
    )  # fmt: skip
    recipe = json.loads(run(capsys, "inspect", take, "--json")[1])["recipe"]
    command = shlex.split(recipe.split("; ", 2)[2])
    assert command[0] == "jazzgen"
    assert run(capsys, *command[1:], "-o", again)[0] == 0
    assert again.read_bytes() == take.read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ["--tracks", "Bass,solo", "--markers", "chords", "--ppq", "96"],
        ["--channel", "Solo=2,bass=11", "--transpose", "-2"],
        ["--transpose", "eb"],
    ],
)
def test_the_recipe_lays_the_file_out_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str]
) -> None:
    take, again = tmp_path / "take.mid", tmp_path / "again.mid"
    assert run(capsys, "generate-midi", "-o", take, "--seed", 3, *SOON, *words)[0] == 0
    recipe = json.loads(run(capsys, "inspect", take, "--json")[1])["recipe"]
    assert run(capsys, *shlex.split(recipe.split("; ", 2)[2])[1:], "-o", again)[0] == 0
    assert again.read_bytes() == take.read_bytes()


@pytest.mark.parametrize("progression", ["blues", "BLUES-Bb", "minor-blues-cm", "Dm7"])
def test_the_recipe_of_every_way_to_name_a_progression(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, progression: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dm7").write_text("Dm7", encoding="utf-8")  # a file may do without bar lines
    odd = [
        "--tempo",
        "123.45678",
        "--temperature",
        "0.87654321",
        "--top-p",
        "0.91234567",
        "--humanize",
        "0.123456789",
        "--expression",
        "0.987654321",
    ]
    assert run(capsys, "generate-midi", "--progression", progression, "--seed", 3, *SOON, *odd)[0] == 0
    recipe = json.loads(run(capsys, "inspect", "take.mid", "--json")[1])["recipe"]
    (tmp_path / "Dm7").unlink()
    assert run(capsys, *shlex.split(recipe.split("; ", 2)[2])[1:], "-o", "again.mid")[0] == 0
    assert (tmp_path / "again.mid").read_bytes() == (tmp_path / "take.mid").read_bytes()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--progression", "| Dm7 | Hx9 |"], "Hx9"),
        (["--progression", "blues-in-z"], "blues-in-z"),
        (["--progression", "| Dm7 G7 Cmaj7 |"], "bar 1"),
        (["--progression", ""], "progression"),
        (["--temperature", "-0.1"], "-0.1"),
        (["--temperature", "nan"], "nan"),
        (["--temperature", "warm"], "warm"),
        (["--top-p", "0"], "top_p must be above 0"),
        (["--top-p", "1.5"], "1.5"),
        (["--top-k", "-1"], "-1"),
        (["--density", "100"], "density must be in 0.5..12 notes a bar, received 100"),
        (["--density", "many"], "many"),
        (["--rests", "30"], "rests must be in 0..0.8 of the time, received 30"),
        (["--outside", "-2"], "outside must be in -1..1"),
        (["--units", "lick polka"], "received 'polka'"),
        (["--outside", "inf"], "outside must be"),
        (["--density", "4", "--temperature", "0"], "density changes what is drawn"),
        (["--player", "Nobody"], "unknown player 'Nobody'"),
        (["--motif", "4"], "motif must be in 0..3"),
        (["--motif", "2", "--model", "classic-64"], "has no motif memory"),
        (["--max-copied", "7"], "max-copied must be in 8..1000 intervals, or 0 for no limit, received 7"),
        (["--arc", "falling"], "falling"),
        (["--range", "G5-C3"], "two rising pitches like C3-G5 or 48-79, received 'G5-C3'"),
        (["--range", "C0-C9"], "within the tenor-sax's Ab2-E5, received C0-C9"),
        (["--primer", "no-such.mid"], "no-such.mid"),
        (
            ["--primer", str(STUDIES / "01-blues-in-f.mid"), "--choruses", "1"],
            "a primer must have notes and end",
        ),
        (["--primer-mode", "answer"], "does nothing without --primer"),
        (["--primer", "x.mid", "--primer-mode", "sing"], "sing"),
        (["--choruses", "0"], "choruses must be at least 1, received 0"),
        (["--choruses", "9999999"], "make at most 4096 bars, received 9999999"),
        (["--tempo", "0"], "tempo must be in 20..400 beats a minute, received 0"),
        (["--tempo", "inf"], "tempo must be in 20..400 beats a minute, received inf"),
        (["--seed", "-3"], "seed must be 0 or more, received -3"),
        (["--instrument", "kazoo"], "kazoo"),
        (["--style", "polka"], "unknown style 'polka'; known are swing, up-tempo"),
        (["--humanize", "1.5"], "humanize must be in 0..1"),
        (["--humanize", "nan"], "humanize must be in 0..1"),
        (["--expression", "-1"], "expression must be in 0..1"),
        (["--expression", "nan"], "expression must be in 0..1"),
        (["--engine", "abacus"], "abacus"),
        (["--model", "no-such-model"], "no-such-model"),
        (["--stems", ""], "stems"),
        (["--colour", "blue"], "--colour"),
        (["--markers", "some"], "some"),
        (["--tracks", "solo,kazoo"], "kazoo"),
        (["--tracks", "solo,,bass"], "solo,,bass"),
        (["--tracks", ""], "''"),
        (["--tracks", "solo,bass,solo"], "track 'solo' is asked for twice"),
        (["--tracks", "bass", "--solo-only"], "--solo-only"),
        (["--channel", "solo"], "'solo'"),
        (["--channel", "solo=0"], "solo=0"),
        (["--channel", "solo=17"], "solo=17"),
        (["--channel", "bass=10"], "bass=10"),
        (["--channel", "drums=5"], "channel 10 is for drums and for nothing else, received drums=5"),
        (["--channel", "kazoo=2"], "kazoo"),
        (["--channel", "solo=2,bass=2"], "share channel 2"),
        (["--channel", "solo=2,Solo=3"], "second"),
        (["--transpose", "H"], "'H'"),
        (["--transpose", "1.5"], "1.5"),
        (["--transpose", "99"], "99"),
        (["--ppq", "0"], "received 0"),
        (["--ppq", "40000"], "40000"),
    ],
)
def test_wrong_option(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], named: str
) -> None:
    take = tmp_path / "take.mid"
    assert named in refused(capsys, "generate-midi", "-o", take, "--seed", 1, *SOON, *words)
    assert list(tmp_path.iterdir()) == []


def test_checkpoint_that_is_not_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    fake = tmp_path / "fake.safetensors"
    fake.write_bytes(b"\xff" * 64)
    assert "fake.safetensors" in refused(capsys, "generate-midi", "-o", tmp_path / "t.mid", "--model", fake)
    assert [path.name for path in tmp_path.iterdir()] == ["fake.safetensors"]


def test_output_that_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["generate-midi", "--seed", 1, *SOON, "-o"]
    assert "null" in refused(capsys, *words, "/dev/null/take.mid")
    (tmp_path / "folder").mkdir()
    refused(capsys, *words, tmp_path / "folder")
    assert list((tmp_path / "folder").iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_the_commands_of_the_page_play_charts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they stand there: with --head three choruses are played where no number is asked for."""
    monkeypatch.chdir(tmp_path)
    write_playlist(tmp_path)
    (tmp_path / "after-hours.txt").write_text("[A] | C7 | F7 |", encoding="utf-8")
    page = (ROOT / "docs/play.md").read_text(encoding="utf-8")
    lines = re.search(r"## Over which chords\n+```sh\n(.*?)```", page, re.DOTALL)
    assert lines is not None
    said = [run(capsys, *shlex.split(line, comments=True)[1:]) for line in lines[1].splitlines()]
    assert [code for code, _, _ in said] == [0, 0, 0]
    assert "'The Blue Mood', 24 bars" in said[2][1]  # the intro, two forms of eight, six, the coda
    assert "choruses must be 3 or more" in refused(capsys, "generate-midi", "--head", "--choruses", 2)
