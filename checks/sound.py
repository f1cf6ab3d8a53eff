"""Install the SoundFonts that `jazzgen render` prefers (Debian), as root or by sudo.

    python -m checks.sound

FluidR3 GM and MuseScore General are under the MIT licence. With neither jazzgen plays the small one of
pretty_midi: that nothing could be installed is said in one line and is no failure.
"""

from __future__ import annotations

import argparse
import sys

from checks import debian
from jazzgen.errors import MissingPackageError
from jazzgen.rendering.soundfonts import find_soundfont, installed

# MuseScore General is an SF3 font, which only the FluidSynth program plays.
PACKAGES = ("fluid-soundfont-gm", "musescore-general-soundfont", "fluidsynth")


def main() -> int:
    """Install what is missing; say in a line which SoundFont is played."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    names = {font.name for font in installed()}
    complete = any("FluidR3" in name for name in names) and any("MuseScore" in name for name in names)
    reason = "" if complete else debian.install(PACKAGES)
    try:
        playing = f"jazzgen plays with {find_soundfont()}"
    except MissingPackageError as error:
        print(f"sound: {reason or error}", file=sys.stderr)
        return 1
    print(f"{reason}; {playing}" if reason else playing)
    return 0


if __name__ == "__main__":
    sys.exit(main())
