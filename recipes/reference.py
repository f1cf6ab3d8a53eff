"""Measure what people's solos are like and write it to `jazzgen/evaluation/reference.json`.

    jazzgen wjazzd wjazzd.db corpus/
    python -m recipes.reference corpus/

Only solos in 4/4 count, encoded and decoded. The file holds quantiles of each statistic and four histograms
over all solos: no note of any solo.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from jazzgen.corpus.loading import load_solos
from jazzgen.errors import DataError, JazzgenError
from jazzgen.evaluation.comparison import pack, reference_of
from jazzgen.evaluation.recoding import recoded
from jazzgen.util.files import replacing

OUTPUT = Path(__file__).resolve().parent.parent / "jazzgen" / "evaluation" / "reference.json"
SOURCE = (
    "solos in 4/4 of the Weimar Jazz Database (WJazzD), Jazzomat Research Project, "
    "Hochschule für Musik Franz Liszt Weimar, https://jazzomat.hfm-weimar.de; Open Database License 1.0"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, measure, write; returns the exit code."""
    parser = argparse.ArgumentParser(description="Measure what people's solos are like.")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="MIDI files of the database's solos")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, default=OUTPUT, help=f"default: {OUTPUT}"
    )
    given = parser.parse_args(arguments)
    try:
        solos = [
            s for s in load_solos([given.folder]).solos if {m.beats for m in s.progression.meters} == {4}
        ]
        if not solos:
            raise DataError(f"{given.folder}: no solo in 4/4")
        packed = pack(reference_of([recoded(solo) for solo in solos], SOURCE))
        with replacing(given.output) as path:
            path.write_text(json.dumps(packed, ensure_ascii=False) + "\n", encoding="utf-8")
    except JazzgenError as error:
        print(f"recipes.reference: {error}", file=sys.stderr)
        return 2
    print(f"{given.output}: {len(solos)} solos")
    return 0


if __name__ == "__main__":
    sys.exit(main())
