"""Write the study solos, or print them for rereading.

python -m recipes.studies                 write data/midi/*.mid and its SOURCES.md
python -m recipes.studies --report        print what the lines are made of, in numbers
python -m recipes.studies --read blues    print studies bar by bar, degrees against chords
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from jazzgen import midi
from jazzgen.music.score import Arrangement
from jazzgen.util.files import replacing
from recipes.studies.figures import print_reading, print_report
from recipes.studies.music import STUDIES
from recipes.studies.notation import Study, to_solo

RECIPE = "python -m recipes.studies"
FOLDER = Path(__file__).resolve().parents[2] / "data" / "midi"


def sources(studies: Sequence[Study]) -> str:
    """The text of SOURCES.md."""
    rows = "\n".join(
        f"| `{s.name}.mid` | {s.title} | {s.form} | {s.key} | {s.tempo} | {s.instrument} | {s.practises} |"
        for s in studies
    )
    return f"""# Where these solos come from

Ten study solos, composed for this project. None is a transcription and none quotes a recorded solo or a tune;
the progressions are common forms that nobody owns. They carry the project's own licence, MIT.

Their readable source is [`recipes/studies/music.py`](../../recipes/studies/music.py), which makes these
files and this page: edit the music there and run it again. Each file holds the solo and the chord symbols as
markers. Eighths are written even, so that the files lie exactly on the grid; swing them when you play.

| file | title | form | key | BPM | instrument | what it practises |
|---|---|---|---|---|---|---|
{rows}
"""


def write_studies(folder: Path, studies: Sequence[Study] = STUDIES) -> list[Path]:
    """Writes one MIDI file a study and SOURCES.md into `folder`, which must exist; returns the paths."""
    paths = []
    for study in studies:
        path = folder / f"{study.name}.mid"
        midi.write_arrangement(Arrangement(to_solo(study), recipe=RECIPE), path)
        paths.append(path)
    paths.append(folder / "SOURCES.md")
    with replacing(paths[-1]) as temporary:
        temporary.write_text(sources(studies), encoding="utf-8", newline="\n")
    return paths


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the studies, or prints them for rereading."""
    parser = argparse.ArgumentParser(
        description="Make the study solos in data/midi/ from their readable source."
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to write (default: data/midi)")
    parser.add_argument("--report", action="store_true", help="print figures instead of writing")
    parser.add_argument(
        "--read", metavar="NAME", help="print the studies whose name contains NAME, bar by bar"
    )
    options = parser.parse_args(arguments)
    if options.report:
        print_report(STUDIES)
    elif options.read is not None:
        for study in STUDIES:
            if options.read in study.name:
                print_reading(study)
    else:
        for path in write_studies(options.folder):
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
