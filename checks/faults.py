"""Twenty deliberate faults, each put into a copy of the project: which tests notice it?

    python -m checks.faults                 all of them, some minutes; exit code 1 if one goes unseen
    python -m checks.faults gates lift      some of them

A fault changes one line in a place that matters. The tests beside it then have to fail; a fault that passes
is one that somebody could make by accident.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("jazzgen", "tests", "checks", "recipes", "benchmarks", "models", "data", "docs")
LONGEST_S = 600.0


class Fault(NamedTuple):
    """A change of one place: `old`, which stands once in `file`, becomes `new`; `tests` are to notice it."""

    name: str
    what: str
    file: str
    old: str
    new: str
    tests: str


# fmt: off
FAULTS = (
    Fault("quality", "the fifth of a half-diminished chord is perfect", "music/chords.py",
          '("m7b5",       " 3  6  10', '("m7b5",       " 3  7  10', "music/test_chords.py"),
    Fault("swing", "swung eighths are read as triplets", "music/grid.py",
          "return tuple(OFF_BEAT if place == SWUNG_OFF_BEAT else place for place in triplet)",
          "return triplet", "music/test_grid.py"),
    Fault("ending", "the last chorus is left as it is", "music/endings.py",
          "chords=earlier + last)", "chords=played.chords)", "music/test_endings.py"),
    Fault("note-off", "a note-on with velocity 0 begins a note", "midi/smf.py",
          "if status >> 4 == NOTE_ON and velocity:", "if status >> 4 == NOTE_ON:", "midi/test_smf.py"),
    Fault("drums", "drums can be the solo", "midi/solo_track.py",
          "enumerate(song.tracks, 1) if not is_drums(track)]", "enumerate(song.tracks, 1)]", "midi"),
    Fault("degree", "a degree is counted from the chord that follows", "tokens/vocabulary.py",
          "roots[solo.progression.chord_index(note.onset)]",
          "roots[solo.progression.chord_index(min(note.end, solo.progression.length - 1))]",
          "tokens/test_vocabulary.py"),
    Fault("motif", "the shortest match of the motif memory wins", "tokens/motif.py",
          "if not self.matched and passage in self._next:", "if passage in self._next:", "tokens"),
    Fault("next-chord", "the next chord's root is told from C, not from this root", "tokens/features.py",
          'at["next"] + (roots[k + 1] - root) % 12', 'at["next"] + roots[k + 1] % 12', "tokens"),
    Fault("split", "takes of one tune can stand on both sides", "corpus/splits.py",
          'title_key(title) or f"untitled {i}" for', 'f"untitled {i}" for', "corpus/test_splits.py"),
    Fault("stale", "a file that has changed is not read again", "corpus/prepare.py",
          "if before == task.known and before != UNKNOWN:", "if task.known is not None:",
          "corpus/test_prepare.py"),
    Fault("gates", "the NumPy engine takes the gates in another order", "model/cells.py",
          "i, f, candidate, o = (", "f, i, candidate, o = (", "model"),
    Fault("finite", "weights that are no numbers are loaded", "model/checkpoint.py",
          "        check_finite(arrays)\n", "        pass\n", "model/test_checkpoint.py"),
    Fault("best", "the worst epoch's weights are kept", "training/train.py",
          "measured < history.best_loss", "measured > history.best_loss", "training/test_train.py"),
    Fault("gradient", "a gradient of the LSTM misses the way through the output", "by_hand/recurrent.py",
          "dc = dc_next + da_next * ot * (1 - tanh_c**2)", "dc = dc_next", "by_hand/test_recurrent.py"),
    Fault("end", "a solo may end on any note", "improviser/masks.py",
          "np.isin(DEGREE, tones)", "np.isin(DEGREE, range(12))", "improviser"),
    Fault("copied", "--max-copied allows one interval more", "improviser/player.py",
          "self.detector.would_copy(pitch) > limit", "self.detector.would_copy(pitch) > limit + 1",
          "improviser"),
    Fault("feel", "a take is written on the exact grid", "takes/take.py",
          "path, feel=self.performance,", "path, feel=None,", "takes test_front_door.py"),
    Fault("seeds", "all of many takes are the same", "takes/many.py",
          "spawn_key=(number,)).generate", "spawn_key=(1,)).generate", "takes"),
    Fault("bass", "the bass leaps to its target from anywhere", "band/bassist.py",
          "        target + away: weight\n", "        start + away: weight\n", "band"),
    Fault("peak", "a recording is as loud as it comes", "rendering/mixing.py",
          "room_db = peak_dbfs - decibels(highest)", "room_db = 0.0", "rendering/test_audio.py"),
)
# fmt: on


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the faults; 1 if one is not noticed."""
    parser = argparse.ArgumentParser(prog="python -m checks.faults", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="FAULT", help=", ".join(fault.name for fault in FAULTS))
    wanted = parser.parse_args(arguments).names
    if unknown := set(wanted) - {fault.name for fault in FAULTS}:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    unseen = 0
    for fault in FAULTS:
        if wanted and fault.name not in wanted:
            continue
        noticed = noticed_by(fault)
        unseen += not noticed
        print(f"{fault.name:12}{fault.what:70}{noticed or 'NOT NOTICED'}", flush=True)
    return int(unseen > 0)


def noticed_by(fault: Fault) -> str:
    """The first test that fails with `fault` in a copy of the project; empty if none does."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        put(fault, copy)
        tests = [f"tests/{name}" for name in fault.tests.split()]
        shared = os.environ.get("JAZZGEN_SHARED", str(ROOT.parent / "shared"))
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider", *tests],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy), "JAZZGEN_SHARED": shared},
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
    if done.returncode == 0:
        return ""
    failed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("FAILED ")]
    if done.returncode != 1 or not failed:
        raise RuntimeError(f"the tests of {fault.name} did not run:\n{done.stdout}\n{done.stderr}")
    return failed[0]


def put(fault: Fault, project: Path) -> None:
    """Make the change in the copy at `project`; raises `ValueError` where `old` does not stand just once."""
    path = project / "jazzgen" / fault.file
    text = path.read_text(encoding="utf-8")
    if text.count(fault.old) != 1:
        raise ValueError(f"{fault.name}: {fault.old!r} stands {text.count(fault.old)} times in {fault.file}")
    path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
