"""Whole takes of every kind, against the rules of their files; `checks/takes.py` does the same 500
times.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import pairwise, product
from pathlib import Path

import mido
import pytest

from checks import takes as checker
from jazzgen.midi.writing import write_arrangement
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint
from jazzgen.music.score import INSTRUMENTS, Arrangement
from jazzgen.performance.feel import Feel

SAMPLE = 44  # twice each form


@cache
def takes() -> list[tuple[str, Arrangement, Feel]]:
    shipped = load_checkpoint(find_checkpoint(DEFAULT_MODEL))
    # One candidate each: the rules hold whichever is chosen. The command below chooses.
    return list(checker.make_takes(SAMPLE, shipped.extended({}, choosing=None)))


def test_no_take_breaks_a_rule_and_all_read_back(tmp_path: Path) -> None:
    found = []
    for name, take, feel in takes():
        wrong, _ = checker.check(take, feel, tmp_path / "take.mid")
        found += [f"{name}: {problem}" for problem in wrong]
    assert found == []


def test_the_sample_has_every_kind() -> None:
    beats = Counter(take.solo.progression.meters[0].beats for _, take, _ in takes())
    assert set(beats) == {3, 4, 5, 7}
    assert {take.solo.tempo for _, take, _ in takes()} == set(map(float, checker.TEMPI))
    assert {(f.humanize, f.expression) for _, _, f in takes()} == set(product((0.0, 0.7, 1.0), repeat=2))
    assert {take.solo.instrument for _, take, _ in takes()} == set(INSTRUMENTS)
    assert all(part.notes for _, take, _ in takes() for part in take.parts)
    assert {take.parts[0].name for _, take, _ in takes()} == {"Piano", "Guitar"}


def test_the_bands_figures_reach_their_targets() -> None:
    counts: Counter[str] = Counter()
    for _, take, _ in takes():
        counts += checker.band_figures(take) + checker.ending_figures(take)
    results = checker.figures(counts)
    assert all(checker.reached(*result) for result in results.values()), results


# ----------------------------------------------------------------------------- the checker sees what is wrong


@pytest.fixture
def broken(tmp_path: Path):
    """A function that writes the first take with expression, changes its tracks, and gives what the checker
    finds.
    """
    _, take, _ = takes()[0]
    feel = Feel(0.7, 1, 1.0)
    path = tmp_path / "broken.mid"

    def find(change) -> list[str]:
        write_arrangement(take, path, feel=feel)
        file = mido.MidiFile(path, charset="utf-8")
        change(file)
        file.save(path)
        return list(checker.violations(path, take))

    return find


def _drop(kind: str, track: int):
    def change(file: mido.MidiFile) -> None:
        messages = file.tracks[track]
        place = next(k for k, message in enumerate(messages) if message.type == kind)
        messages[place + 1].time += messages[place].time
        del messages[place]

    return change


def _twice(track: int):
    def change(file: mido.MidiFile) -> None:
        messages = file.tracks[track]
        place = next(k for k, message in enumerate(messages) if message.type == "note_on")
        messages.insert(place + 1, messages[place].copy(time=0))

    return change


def _rename(file: mido.MidiFile) -> None:
    file.tracks[2][0].name = file.tracks[1][0].name


def _later(file: mido.MidiFile) -> None:
    file.tracks[2][-1].time += 1


def _hang(file: mido.MidiFile) -> None:
    """The wheel is bent where a note ends, and stays so: the next one begins without setting it."""
    messages = file.tracks[1]
    pairs = [(one.type, other.type) for one, other in pairwise(messages)]
    place = pairs.index(("note_off", "note_on"))
    messages.insert(place, mido.Message("pitchwheel", channel=0, pitch=500, time=0))


def _unset(file: mido.MidiFile) -> None:
    messages = file.tracks[1]
    place = next(k for k, m in enumerate(messages) if m.type == "control_change" and m.control == 6)
    messages[place].value = 2


def _foot(file: mido.MidiFile) -> None:
    file.tracks[1].insert(20, mido.Message("control_change", channel=0, control=64, value=127, time=0))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_hang, "Solo: pitchwheel is 500 when a note begins at"),
        (_unset, "Solo: the wheel's range is not 12 at 0"),
        (_foot, "Solo: controllers besides volume, pan, room, range"),
        (_drop("note_off", 1), "Solo: "),
        (_drop("set_tempo", 0), "0 set_tempo"),
        (_drop("key_signature", 0), "0 key_signature"),
        (_drop("marker", 0), "markers differ"),
        (_drop("program_change", 2), "Piano: begins with"),
        (_twice(3), "overlaps itself"),
        (_rename, "share a name"),
        (_later, "end on different ticks"),
    ],
)
def test_a_broken_file_is_found_out(broken, change, problem: str) -> None:
    assert any(problem in found for found in broken(change))


def test_a_whole_file_is_not(broken) -> None:
    assert broken(lambda _: None) == []


def test_the_command_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert checker.main(["--takes", "3"]) == 0
    assert "0 violations in 3 takes" in capsys.readouterr().out
