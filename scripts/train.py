"""Train on MIDI solos: `python scripts/train.py DATA... -o FILE` is `jazzgen train DATA... -o FILE`."""

from __future__ import annotations

import sys

from jazzgen.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
