"""Which SoundFont to play with: the user's own, a good one that is installed, or pretty_midi's small one.

The good ones are those of Debian's fluid-soundfont-gm and musescore-general-soundfont, under the MIT licence
(`make sound` installs them). TimGM6mb.sf2, 6 MB, lies in the pretty_midi package, which is never imported.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from jazzgen.errors import MissingPackageError, OptionError
from jazzgen.util.files import kind_of

# Where distributions put SoundFonts, and the good ones by preference. SF3 is SF2 with samples in Ogg Vorbis,
# which only FluidSynth reads, in several times as long.
FOLDERS = tuple(map(Path, ("/usr/share/sounds/sf2", "/usr/share/sounds/sf3", "/usr/share/soundfonts")))
INSTALLED = ("FluidR3_GM.sf2", "MuseScore_General.sf2", "MuseScore_General.sf3", "MuseScore_General_Full.sf3")


def find_soundfont(path: str | os.PathLike[str] | None = None, engine: str = "auto") -> Path:
    """The SoundFont at `path`; without one the best that is installed and that `engine` reads.

    Raises `OptionError` for what is none, `MissingPackageError` where there is none at all.
    """
    if path is not None:
        return _checked(Path(path))
    reads_sf3 = engine != "midirenderer" and shutil.which("fluidsynth") is not None
    for font in installed():
        if reads_sf3 or not is_sf3(font):
            return font
    # find_spec does not run the package, which would import matplotlib's and music libraries' worth of code.
    spec = find_spec("pretty_midi")
    font = Path(spec.origin or "").parent / "TimGM6mb.sf2" if spec else Path()
    if not font.is_file():
        raise MissingPackageError(
            "rendering needs a SoundFont: pip install 'jazzgen[audio]' brings one, or give your own .sf2"
        )
    return font


def installed() -> Iterator[Path]:
    """The good SoundFonts on this machine, the best first."""
    places = (folder / name for name in INSTALLED for folder in FOLDERS)
    # Debian lets the name of the whole font stand for its light version, which comes with MuseScore.
    return (font for font in places if _starts_as_one(font) and "Lite" not in font.resolve().name)


def is_sf3(font: Path) -> bool:
    """Whether a font's name says that its samples are compressed."""
    return font.suffix.lower() == ".sf3"


def _checked(font: Path) -> Path:
    if kind_of(font) != "file":
        raise OptionError(f"no such SoundFont: {font}; give the path of an .sf2 file")
    try:
        whole = _begins_right(font)
    except OSError as error:
        raise OptionError(f"the SoundFont {font} cannot be read: {error.strerror}") from None
    # FluidSynth would play another font, or the file itself, and report success.
    if not whole:
        raise OptionError(f"{font} is no SoundFont; give the path of an .sf2 file")
    return font


def _starts_as_one(font: Path) -> bool:
    try:
        return kind_of(font) == "file" and _begins_right(font)
    except OSError:
        return False


def _begins_right(font: Path) -> bool:
    with font.open("rb") as file:
        head = file.read(12)
    return head[:4] == b"RIFF" and head[8:] == b"sfbk"
