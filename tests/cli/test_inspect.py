"""`jazzgen inspect`: what it prints of a file, and of one that cannot be read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import mido
import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.cli import main
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement, Note, Solo
from jazzgen.music.units import KINDS
from tests.cli.commands import refused, run


def test_inspect_reads_a_take_back(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    take = tmp_path / "take.mid"
    words = ["--seed", 8, "--progression", "| Dm7 | G7 |", "--tempo", "123", "--ending", "none"]
    words += ["--choruses", "8", "--expression", "1"]
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
    assert all(name.split("_")[0] in KINDS and beats > 0 for _, beats, name, _ in found["units"])
    assert "units" in run(capsys, "inspect", take)[1]
    assert sum(found["expression"].values()) > 0
    assert run(capsys, "inspect", take)[1].count("\n") > 8


def test_inspect_counts_what_a_horn_does(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    take = tmp_path / "take.mid"
    for amount in ("1", "0"):
        words = ["--seed", 2, "--progression", "ballad-eb", "--choruses", 1, "--expression", amount]
        assert run(capsys, "generate-midi", "-o", take, *words)[0] == 0
        line = next(row for row in run(capsys, "inspect", take)[1].splitlines() if "expression  " in row)
        said = line.removeprefix("expression").strip()
        if amount == "0":
            assert said == "none"
        else:
            assert {word for word in said.replace(",", "").split() if word.isalpha()} >= {"scoops", "vibrato"}


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


def test_what_is_no_file_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "is a folder" in refused(capsys, "inspect", ".")
    assert "is a folder" in refused(capsys, "plot", "/", "-o", tmp_path / "x.svg")
    assert "unknown progression ''" in refused(capsys, "inspect", "x.mid", "--progression", "")
    assert "it is empty" in refused(capsys, "leadsheet", "", "-o", tmp_path / "x.svg")


def test_track_that_is_not_there(capsys: pytest.CaptureFixture[str], study: Path) -> None:
    assert "Kazoo" in refused(capsys, "inspect", study, "--track", "Kazoo")


def test_missing_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "no-such.mid" in refused(capsys, "inspect", tmp_path / "no-such.mid")


def test_a_pickup_can_be_given_and_warnings_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    solo = parse_progression("| C | F | C | G7 |")
    take = tmp_path / "take.mid"
    line = Solo(tuple(Note(6 * k, 6, 60 + k % 12) for k in range(30)), solo)
    write_arrangement(Arrangement(line), take)
    assert main(["inspect", str(take), "--pickup", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["meters"] == [[0, 2], [24, 4]]
    assert (found["signatures"], found["warnings"]) == (["2/4", "4/4"], [])
    assert main(["plot", str(take), "--pickup", "4", "-o", str(tmp_path / "take.svg")]) == 2
    assert "shorter than its bar of 4/4" in capsys.readouterr().err
    data = re.sub(rb"\xb0\x07.", b"\xb0\x07\xe4", take.read_bytes())  # the volume
    take.write_bytes(data)
    assert main(["inspect", str(take)]) == 0
    assert "warnings      track 2 has a value above 127" in capsys.readouterr().out
    assert main(["plot", str(take), "-o", str(tmp_path / "take.svg")]) == 0
    assert "take.mid: track 2 has a value above 127" in capsys.readouterr().err
