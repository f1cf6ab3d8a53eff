"""Write a take: `python scripts/generate_midi.py -o take.mid` is `jazzgen generate-midi -o take.mid`."""

from __future__ import annotations

import sys

from jazzgen.cli import main

if __name__ == "__main__":
    sys.exit(main(["generate-midi", *sys.argv[1:]]))
