"""The command as a person types it: what it writes, and one line for every wrong input."""

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
from jazzgen.model.checkpoint import load_checkpoint, save_checkpoint
from jazzgen.music.score import Arrangement, ChordChange, Note, Progression, Solo
from jazzgen.tokens.features import Layout
from jazzgen.tokens.vocabulary import N_VALUES, value_of
from tests.checkpoints import hearing_all, predicting
from tests.shared import ROOT

STUDIES = ROOT / "data" / "midi"


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `jazzgen WORDS`."""
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """The one line with which `jazzgen WORDS` is refused."""
    code, out, err = run(capsys, *words)
    assert code == 2, (code, out, err)
    assert out == ""
    assert err.startswith("jazzgen: ")
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    return err


@pytest.fixture
def study() -> Path:
    return sorted(STUDIES.glob("*.mid"))[0]


# ------------------------------------------------------------------------------------------ what it does


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
    words = ["generate-midi", "--seed", 4, "--progression", "| Dm7 | G7 | C6 | % |", "--choruses", 1]
    assert run(capsys, *words, "-o", tmp_path / "plain.mid")[0] == 0
    code, out, err = run(capsys, *words, "-o", tmp_path / "take.mid", "--wav")
    assert (code, err) == (0, "")
    assert f"{tmp_path / 'take.wav'}: " in out.splitlines()[1]
    assert (tmp_path / "take.mid").read_bytes() == (tmp_path / "plain.mid").read_bytes()
    assert run(capsys, "render", tmp_path / "take.mid", "-o", tmp_path / "rendered.wav")[0] == 0
    assert (tmp_path / "take.wav").read_bytes() == (tmp_path / "rendered.wav").read_bytes()
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--wav", "take.aiff"], "take.aiff"),
        (["--wav", "nowhere/take.wav"], "nowhere"),
        (["--wav", "--soundfont", "none.sf2"], "none.sf2"),
        (["--soundfont", "none.sf2"], "--soundfont does nothing without --wav"),
        (["--wav", "take.wav", "-o", "take.wav"], "take.wav cannot be the sound and the MIDI file"),
        (["--comping", "banjo"], "banjo"),
        (["--ending", "fade"], "fade"),
    ],
)
def test_what_cannot_sound_is_refused_before_the_work(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch, words: list[str], named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("jazzgen.takes.take.make_take", lambda _: pytest.fail("it has begun to work"))
    assert named in refused(capsys, "generate-midi", "--seed", 1, *words)
    assert list(tmp_path.iterdir()) == []


def test_a_take_whose_sound_fails_leaves_no_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch
) -> None:
    pytest.importorskip("midirenderer")
    (tmp_path / "broken.sf2").write_bytes(b"RIFF\x04\x00\x00\x00sfbk")
    monkeypatch.chdir(tmp_path)
    refused(capsys, "generate-midi", "--seed", 1, "--wav", "--soundfont", "broken.sf2", "--stems", "stems")
    assert [path.name for path in tmp_path.iterdir()] == ["broken.sf2"]


@pytest.mark.parametrize("ending", ["written", "none"])
def test_the_ending_is_in_the_file(capsys: pytest.CaptureFixture[str], tmp_path: Path, ending: str) -> None:
    take = tmp_path / "take.mid"
    words = ["--seed", 2, "--progression", "blues-f", "--ending", ending]
    assert run(capsys, "generate-midi", "-o", take, *words)[0] == 0
    solo = read_solo(take)
    assert [change.symbol for change in solo.progression.chords][-2:] == (
        ["Bb7", "F7"] if ending == "written" else ["F7", "C7"]
    )
    assert ("--ending none" in run(capsys, "inspect", take)[1]) == (ending == "none")


def test_a_guitar_in_the_pianos_place(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    take = tmp_path / "take.mid"
    assert run(capsys, "generate-midi", "-o", take, "--seed", 2, "--comping", "guitar")[0] == 0
    tracks = mido.MidiFile(take).tracks
    assert [track.name for track in tracks][1:] == ["Solo", "Guitar", "Bass", "Drums"]
    assert [m.program for m in tracks[2] if m.type == "program_change"] == [26]
    assert "--comping guitar" in run(capsys, "inspect", take)[1]


@pytest.mark.parametrize(
    ("command", "suffix"), [("plot", ".svg"), ("leadsheet", ".musicxml"), ("inspect", None)]
)
def test_drums_are_no_solo(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str, suffix: str | None
) -> None:
    take = tmp_path / "take.mid"
    run(capsys, "generate-midi", "-o", take, "--seed", 2, "--choruses", 1)
    words = [command, take, "--track", "Drums"]
    words += ["-o", tmp_path / f"out{suffix}"] if suffix else []
    assert "track 'Drums' is drums" in refused(capsys, *words)
    assert [path.name for path in tmp_path.iterdir()] == ["take.mid"]


def test_one_seed_one_set_of_bytes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        assert run(capsys, "generate-midi", "-o", tmp_path / name, "--seed", seed)[0] == 0
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c


def test_the_seed_does_not_depend_on_the_process(tmp_path: Path) -> None:
    files = []
    for hash_seed in ("1", "2"):
        take = tmp_path / f"{hash_seed}.mid"
        subprocess.run(
            [sys.executable, "-m", "jazzgen", "generate-midi", "-o", str(take), "--seed", "9"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
        )
        files.append(take.read_bytes())
    assert files[0] == files[1]


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
        ("--title", "Something Else"),
        ("--style", "bossa"),
        ("--style", "ballad"),
        ("--humanize", "0"),
        ("--humanize", "1"),
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
    capsys: pytest.CaptureFixture[str], tmp_path: Path, option: str, value: str
) -> None:
    assert run(capsys, "generate-midi", "-o", tmp_path / "plain", "--seed", 1)[0] == 0
    words = [option, value] if value else [option]
    assert run(capsys, "generate-midi", "-o", tmp_path / "other", "--seed", 1, *words)[0] == 0
    plain, other = (_without_recipe(tmp_path / name) for name in ("plain", "other"))
    assert plain != other


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
        made = predicting(probs / probs.sum(), Layout(("motif",)))
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


def test_the_recipe_of_the_controls_makes_the_same_file_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    take, again = tmp_path / "take.mid", tmp_path / "again.mid"
    controls = [
        "--density", "5.5", "--rests", "0.2", "--outside", "-0.25", "--range", "C3-D5", "--arc", "rising",
        "--max-copied", "9",
    ]  # fmt: skip
    assert run(capsys, "generate-midi", "-o", take, "--seed", 3, *controls)[0] == 0
    recipe = json.loads(run(capsys, "inspect", take, "--json")[1])["recipe"]
    assert run(capsys, *shlex.split(recipe.split("; ", 2)[2])[1:], "-o", again)[0] == 0
    assert again.read_bytes() == take.read_bytes()


def test_train_makes_the_model_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, study: Path
) -> None:
    pytest.importorskip("tensorflow")
    output = tmp_path / "full.safetensors"
    words = ["train", study, "-o", output, "--context", "chord, motif", "--layers", 2, "--registers", 3]
    words += ["--units", 6, "--dropout", 0.1, "--tx", 4, "--graph", "fused", "--epochs", 2, "--seed", 9]
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert out.startswith(f"{output}: 6 units")
    made = load_checkpoint(output)
    assert (made.n_a, made.layers, made.register_units) == (6, 2, 3)
    assert made.spec.features == ("chord", "motif")
    settings = made.description["training"]["settings"]
    asked = {"dropout": 0.1, "Tx": 4, "graph": "fused", "epochs": 2, "seed": 9}
    assert {name: settings[name] for name in asked} == asked
    assert [path.name for path in tmp_path.iterdir()] == ["full.safetensors"]
    assert run(capsys, "evaluate", output, study)[0] == 0
    assert "resume with --context chord,motif" in refused(capsys, *words, "--resume", "--context", "none")
    assert "resume with --units 6" in refused(capsys, *words, "--resume", "--layers", 1)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--units", "0"], "units must be in 1..4096, received 0"),
        (["--layers", "9"], "layers must be in 1..8, received 9"),
        (["--registers", "-1"], "register units must be in 0..4096, received -1"),
        (["--dropout", "1"], "dropout must be in 0..0.95, received 1"),
        (["--tx", "0"], "tx must be in 1..1024, received 0"),
        (["--epochs", "0"], "epochs must be in"),
        (["--seed", "-1"], "seed must be in"),
        (["--graph", "folded"], "folded"),
        (["--context", "chord,weather"], "weather"),
        (["--context", "chord,chord"], "received chord, chord"),
        (["--context", ""], "features must be"),
        (["--resume"], "no such file"),
    ],
)
def test_train_refuses(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, study: Path, words: list[str], named: str
) -> None:
    pytest.importorskip("tensorflow")
    assert named in refused(capsys, "train", study, "-o", tmp_path / "m.safetensors", *words)
    assert list(tmp_path.iterdir()) == []


def test_solo_only_is_one_track(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name, words in (("a.mid", ["--solo-only"]), ("b.mid", ["--tracks", "solo"])):
        assert run(capsys, "generate-midi", "-o", tmp_path / name, "--seed", 1, *words)[0] == 0
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    assert [track.name for track in mido.MidiFile(tmp_path / "a.mid").tracks[1:]] == ["Solo"]


def test_stems_are_the_files_that_tracks_writes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """One file a track in a new folder, beside the take as it would be without them."""
    stems, more = tmp_path / "a" / "stems", ["--seed", 1, "--ppq", 96, "--transpose", "-2"]
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
        (["-o", tmp_path / "nowhere" / "take.mid", "--stems", tmp_path / "new"], "nowhere"),
        (["-o", tmp_path / "take.mid", "--stems", tmp_path / "new", "--tracks", "kazoo"], "kazoo"),
    ):
        assert named in refused(capsys, "generate-midi", "--seed", 1, *words)
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
    text = "| Am7 | D7 | Gmaj7 |"
    assert (
        run(capsys, "generate-midi", "-o", take, "--choruses", 5, "--seed", 2, "--progression", text)[0] == 0
    )
    file = mido.MidiFile(take)
    ends = {sum(message.time for message in track) for track in file.tracks}
    assert ends == {15 * 4 * file.ticks_per_beat}


def test_inspect_reads_a_take_back(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    take = tmp_path / "take.mid"
    words = ["--seed", 8, "--progression", "| Dm7 | G7 |", "--tempo", "123", "--ending", "none"]
    assert run(capsys, "generate-midi", "-o", take, *words)[0] == 0
    code, out, err = run(capsys, "inspect", take, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["tempo"] == pytest.approx(123, abs=0.01)
    assert found["track"] == "Solo"
    assert [symbol for _, symbol in found["chords"]][:2] == ["Dm7", "G7"]
    assert [tick for tick, _ in found["chords"]][:4] == [0, 48, 96, 144]
    assert all(0 <= value < 78 for value in found["values"])
    assert all(len(note) == 3 for note in found["notes"])
    assert "--seed 8" in found["recipe"]
    assert run(capsys, "inspect", take)[1].count("\n") > 8


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
    assert run(capsys, "generate-midi", "-o", take, "--seed", 3, *words)[0] == 0
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
    ]
    assert run(capsys, "generate-midi", "--progression", progression, "--seed", 3, *odd)[0] == 0
    recipe = json.loads(run(capsys, "inspect", "take.mid", "--json")[1])["recipe"]
    (tmp_path / "Dm7").unlink()
    assert run(capsys, *shlex.split(recipe.split("; ", 2)[2])[1:], "-o", "again.mid")[0] == 0
    assert (tmp_path / "again.mid").read_bytes() == (tmp_path / "take.mid").read_bytes()


def test_evaluate_prints_one_json_object(capsys: pytest.CaptureFixture[str], study: Path) -> None:
    code, out, _ = run(capsys, "evaluate", "classic-64", study, "--json")
    assert code == 0
    figures = json.loads(out)
    assert {"solos", "notes", "values", "nats_per_value", "nats_per_note", "accuracy"} <= set(figures)
    assert figures["solos"] == 1
    assert 0 < figures["nats_per_value"] < figures["nats_per_note"]
    assert "nats per note" in run(capsys, "evaluate", "classic-64", study)[1]


def test_a_bad_file_among_many_is_named_skipped_and_counted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, study: Path
) -> None:
    (tmp_path / "good.mid").write_bytes(study.read_bytes())
    (tmp_path / "bad.mid").write_bytes(b"not MIDI at all")
    code, out, err = run(capsys, "evaluate", "classic-64", tmp_path, "--json")
    assert code == 0
    assert json.loads(out)["solos"] == 1
    assert "bad.mid" in err
    assert err.splitlines()[-1] == "jazzgen: 1 file skipped"
    assert "bad.mid" in refused(capsys, "evaluate", "classic-64", tmp_path, "--strict")


@pytest.mark.parametrize(
    ("words", "starts"),
    [
        (("plot", "roll.svg"), b"<svg"),
        (("plot", "roll.png"), b"\x89PNG"),
        (("plot", "heat.svg", "--probabilities"), b"<svg"),
        (("leadsheet", "sheet.musicxml"), b"<?xml"),
        (("leadsheet", "sheet.svg", "--for", "Bb"), b"<"),
        (("render", "take.wav"), b"RIFF"),
        (("render", "take.flac", "--loudness", "-20"), b"fLaC"),
    ],
)
def test_a_file_to_hear_see_or_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, study: Path, words: tuple[str, ...], starts: bytes
) -> None:
    command, name, *options = words
    code, out, err = run(capsys, command, study, "-o", tmp_path / name, *options)
    assert (code, err) == (0, "")
    assert out.startswith(str(tmp_path / name))
    assert (tmp_path / name).read_bytes().startswith(starts)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_model_for_no_plot_of_probabilities_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, study: Path
) -> None:
    words = ["plot", study, "-o", tmp_path / "roll.svg", "--model", "classic-64"]
    assert "--model does nothing without --probabilities" in refused(capsys, *words)
    code, out, _ = run(capsys, *words, "--probabilities")
    assert (code, "values against classic-64" in out) == (0, True)


@pytest.mark.parametrize("command", ["render", "plot", "leadsheet"])
def test_a_file_of_no_known_kind(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, study: Path, command: str
) -> None:
    assert "take.xyz" in refused(capsys, command, study, "-o", tmp_path / "take.xyz")
    assert "nothing.mid" in refused(capsys, command, tmp_path / "nothing.mid", "-o", tmp_path / "take.wav")
    assert list(tmp_path.iterdir()) == []


def test_progressions_lists_every_built_in(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "progressions")
    assert code == 0
    assert len(out.splitlines()) >= 10
    names = json.loads(run(capsys, "progressions", "--json")[1])
    assert len(names) == 12 * (len(out.splitlines()) - 1)


def test_names_are_new_and_repeatable(capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("tunes", "dinosaurs"):
        code, out, err = run(capsys, "names", "--kind", kind, "--count", 6, "--seed", 3)
        assert (code, err) == (0, "")
        assert len(out.splitlines()) == 6
        assert "training list" not in out
        assert run(capsys, "names", "--kind", kind, "--count", 6, "--seed", 3)[1] == out
        assert run(capsys, "names", "--kind", kind, "--count", 6, "--seed", 4)[1] != out
        assert (
            run(capsys, "names", "--kind", kind, "--count", 6, "--seed", 3, "--temperature", "0.2")[1] != out
        )


def test_names_learn_a_list_of_ones_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rivers = [
        "Rhône",
        "Loire",
        "Seine",
        "Garonne",
        "Dordogne",
        "Meuse",
        "Moselle",
        "Charente",
        "Vienne",
        "Aude",
    ]
    (tmp_path / "rivers.txt").write_text("\n".join(rivers), encoding="utf-8")
    model = tmp_path / "rivers.safetensors"
    learn = ["names", "--train", tmp_path / "rivers.txt", "-o", model, "--units", 12, "--epochs", 3]
    code, out, err = run(capsys, *learn, "--cell", "gru", "--fold", "case")
    assert (code, err) == (0, "")
    assert str(model) in out
    assert len(run(capsys, "names", "--model", model, "--count", 3, "--seed", 1)[1].splitlines()) == 3


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--count", "0"], "0"),
        (["--kind", "cats"], "cats"),
        (["--temperature", "-1"], "-1"),
        (["--seed", "-1"], "-1"),
        (["--train", "no-such-list.txt"], "no-such-list.txt"),
        (["--model", "classic-64"], "classic-64"),
        (["--train", ""], "--train is empty; name a file"),
        (["--model", ""], "--model is empty; name a file"),
        (["--cell", "gru"], "--cell does nothing without --train"),
        (["-o", "x"], "--output does nothing without --train"),
        (["--train", "LIST", "--count", "3"], "--count does nothing together with --train"),
        (["--model", "LIST", "--kind", "tunes"], "--kind does nothing together with --model"),
        (["--train", "LIST", "-o", "LIST"], "is the list itself; name another file for the model"),
        (["--train", "LIST", "-o", "FOLDER"], "it is a folder; name a file"),
        (["--train", "LIST", "-o", "/dev/full"], "it is a device; name a file"),
        (["--train", "LIST", "-o", "FOLDER/none/x"], "No such file or directory"),
        (["--train", "LIST", "-o", "FOLDER/x", "--units", "99999999"], "1..4096 units, received 99999999"),
    ],
)
def test_names_refuse(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], named: str
) -> None:
    (tmp_path / "list.txt").write_text("Anna\nBob\nCara\n", encoding="utf-8")
    places = {"LIST": str(tmp_path / "list.txt"), "FOLDER": str(tmp_path)}
    for name, place in places.items():
        words = [word.replace(name, place) for word in words]
    assert named in refused(capsys, "names", *words)
    assert [path.name for path in tmp_path.iterdir()] == ["list.txt"]
    assert (tmp_path / "list.txt").read_text(encoding="utf-8") == "Anna\nBob\nCara\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_device_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "jazzgen", "progressions"],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr == "jazzgen: cannot write standard output: No space left on device\n"


def test_help_of_every_command_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (
        "generate-midi",
        "train",
        "inspect",
        "evaluate",
        "names",
        "progressions",
        "render",
        "plot",
        "leadsheet",
    ):
        with pytest.raises(SystemExit, match="0"):
            main([command, "--help"])
        assert f"Example: jazzgen {command}" in " ".join(capsys.readouterr().out.split())


# ------------------------------------------------------------------------------------------ wrong input


def test_missing_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "no-such.mid" in refused(capsys, "inspect", tmp_path / "no-such.mid")


def test_folder_with_no_midi(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert str(tmp_path) in refused(capsys, "evaluate", "classic-64", tmp_path)


@pytest.mark.parametrize("command", ["inspect", "evaluate"])
def test_not_midi_and_truncated(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, study: Path, command: str
) -> None:
    model = ["classic-64"] if command == "evaluate" else []
    whole = study.read_bytes()
    for name, content in (("text.mid", b"hello"), ("empty.mid", b""), ("half.mid", whole[: len(whole) // 2])):
        (tmp_path / name).write_bytes(content)
        strict = ["--strict"] if command == "evaluate" else []
        assert name in refused(capsys, command, *model, tmp_path / name, *strict)


def _song(path: Path, channel: int | None) -> Path:
    file = mido.MidiFile()
    track = file.add_track("Something")
    if channel is not None:
        for pitch in (60, 64, 67, 71):
            track.append(mido.Message("note_on", note=pitch, velocity=80, channel=channel))
            track.append(mido.Message("note_off", note=pitch, time=480, channel=channel))
    file.save(path)
    return path


def test_no_notes_only_drums_no_chords(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "no notes" in refused(capsys, "inspect", _song(tmp_path / "silent.mid", None))
    assert "drums" in refused(capsys, "inspect", _song(tmp_path / "drums.mid", 9))
    assert "--progression" in refused(capsys, "inspect", _song(tmp_path / "bare.mid", 0))
    assert run(capsys, "inspect", tmp_path / "bare.mid", "--progression", "| C |")[0] == 0


def test_track_that_is_not_there(capsys: pytest.CaptureFixture[str], study: Path) -> None:
    assert "Kazoo" in refused(capsys, "inspect", study, "--track", "Kazoo")


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
        (["--top-p", "0"], "top"),
        (["--top-p", "1.5"], "1.5"),
        (["--top-k", "-1"], "-1"),
        (["--density", "100"], "density must be in 0.5..12 notes a bar, received 100"),
        (["--density", "many"], "many"),
        (["--rests", "30"], "rests must be in 0..0.8 of the time, received 30"),
        (["--outside", "-2"], "outside must be in -1..1"),
        (["--outside", "inf"], "outside must be"),
        (["--density", "4", "--temperature", "0"], "density changes what is drawn"),
        (["--player", "Nobody"], "unknown player 'Nobody'"),
        (["--motif", "4"], "motif must be in 0..3"),
        (["--motif", "2", "--model", "classic-64"], "has no motif memory"),
        (["--max-copied", "7"], "max-copied must be in 8..1000 intervals, or 0 for no limit, received 7"),
        (["--arc", "falling"], "falling"),
        (["--range", "G5-C3"], "two rising pitches like C3-G5 or 48-79, received 'G5-C3'"),
        (["--range", "C0-C9"], "within the tenor-sax's 44..76"),
        (["--primer", "no-such.mid"], "no-such.mid"),
        (
            ["--primer", str(STUDIES / "01-blues-in-f.mid"), "--choruses", "1"],
            "a primer must have notes and end",
        ),
        (["--primer-mode", "answer"], "does nothing without --primer"),
        (["--primer", "x.mid", "--primer-mode", "sing"], "sing"),
        (["--choruses", "0"], "0"),
        (["--choruses", "9999999"], "9999999"),
        (["--tempo", "0"], "0"),
        (["--tempo", "inf"], "inf"),
        (["--seed", "-3"], "-3"),
        (["--instrument", "kazoo"], "kazoo"),
        (["--style", "polka"], "unknown style 'polka'; known are swing, up-tempo"),
        (["--humanize", "1.5"], "humanize must be in 0..1"),
        (["--humanize", "nan"], "humanize must be in 0..1"),
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
    assert named in refused(capsys, "generate-midi", "-o", take, "--seed", 1, *words)
    assert list(tmp_path.iterdir()) == []


def test_checkpoint_that_is_not_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    fake = tmp_path / "fake.safetensors"
    fake.write_bytes(b"\xff" * 64)
    assert "fake.safetensors" in refused(capsys, "generate-midi", "-o", tmp_path / "t.mid", "--model", fake)
    assert [path.name for path in tmp_path.iterdir()] == ["fake.safetensors"]


def test_output_that_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "nowhere" in refused(capsys, "generate-midi", "-o", tmp_path / "nowhere" / "take.mid", "--seed", 1)
    (tmp_path / "folder").mkdir()
    refused(capsys, "generate-midi", "-o", tmp_path / "folder", "--seed", 1)
    assert list((tmp_path / "folder").iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys)
    assert "improvise" in refused(capsys, "improvise")
