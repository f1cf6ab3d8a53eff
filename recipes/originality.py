"""Index what a model's training solos play, and say how much people copy of each other.

    python -m recipes.originality corpus -o models/improviser.safetensors
    python -m recipes.originality corpus --human

`-o` names the checkpoint; the index is written beside it (`improviser.originality.safetensors`), made of the
solos of `corpus` that its header does not list as held out. The number of solos and notes must be the number
that the header says it was trained on. `--human` prints, for the first 125 notes of each solo, the longest
run found in the solos of other titles.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from jazzgen.corpus.loading import load_solos
from jazzgen.corpus.splits import title_digest, title_key
from jazzgen.errors import DataError, JazzgenError
from jazzgen.improviser.originality import build_index, index_beside, longest_run_elsewhere, save_index
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.music.score import Solo

HUMAN_NOTES = 125


def training_solos(checkpoint: Checkpoint, solos: Sequence[Solo]) -> list[Solo]:
    """Those of `solos` that the checkpoint was trained on, by its own record; raises `DataError` where they
    are not as many.
    """
    record = checkpoint.description["training"]
    held_out = set(record["split"]["held_out_tunes"])
    kept = [solo for solo in solos if title_digest(solo.title) not in held_out]
    found = {"solos": len(kept), "notes": sum(len(solo.notes) for solo in kept)}
    expected = {key: record["data"][key] for key in found}
    if found != expected:
        raise DataError(f"{checkpoint.path} was trained on {expected}, but the corpus given has {found}")
    return kept


def write_index(checkpoint_file: Path, solos: Sequence[Solo]) -> str:
    """Build and save the index of one checkpoint; what was written, in one line."""
    checkpoint = load_checkpoint(checkpoint_file)
    index = build_index(training_solos(checkpoint, solos), checkpoint_sha256=checkpoint.sha256)
    path = index_beside(checkpoint_file)
    save_index(path, index)
    return f"{path}: {index.solos} solos, {len(index.places):,} places, {path.stat().st_size:,} bytes"


def human_level(solos: Sequence[Solo], rhythm: bool) -> str:
    """Mean and maximum of the longest runs in solos of other titles, in words."""
    runs = longest_run_elsewhere(solos, [title_key(solo.title) for solo in solos], rhythm, HUMAN_NOTES)
    lengths = [run.length if run else 0 for run in runs]
    kind = "intervals with rhythm" if rhythm else "intervals"
    return (
        f"longest run of {kind} in solos of other titles, first {HUMAN_NOTES} notes of {len(solos)} solos: "
        f"mean {statistics.mean(lengths):.2f}, max {max(lengths)}, {lengths.count(0)} too short to be found"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what was asked for; 2 and one line where something given is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", nargs="+", type=Path, metavar="DATA", help="MIDI files or folders of them")
    parser.add_argument("-o", "--output", nargs="*", type=Path, default=[], metavar="CHECKPOINT")
    parser.add_argument("--human", action="store_true", help="print how much people copy of each other")
    given = parser.parse_args(arguments)
    if not given.output and not given.human:
        parser.error("nothing to do: name a checkpoint with -o, or give --human")
    try:
        solos = load_solos(given.data).solos
        for checkpoint_file in given.output:
            print(write_index(checkpoint_file, solos))
    except JazzgenError as error:
        print(f"recipes.originality: {error}", file=sys.stderr)
        return 2
    if given.human:
        for rhythm in (False, True):
            print(human_level(solos, rhythm), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
