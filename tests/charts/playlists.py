"""A playlist of iReal Pro, for tests of what works with several songs."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from jazzgen.charts.ireal import MAGIC, swap_blocks

# title: key, tempo and music; the first has an intro and an outro coda, the last a symbol that is no chord
SONGS = {
    "Blue Mood, The": ("C", "140", "[*iT44E7   ]{*AC6   |A7   Q|D-7   |G7   }[QC69   Z"),
    "Second Thought": ("F-", "0", "[*AT34F-7   |Bb7   |Eb^7   |Ab^7   Z"),
    "Broken": ("C", "0", "[C7   |C7sussus   Z"),
}


def write_playlist(folder: Path) -> Path:
    """The file."""
    songs = [
        f"{title}=Doe Jane==Medium Swing={key}=={MAGIC}{swap_blocks(music)}=Jazz-Medium Swing={tempo}=3"
        for title, (key, tempo, music) in SONGS.items()
    ]
    path = folder / "playlist.html"
    path.write_text(f'<a href="irealb://{quote("===".join(songs), safe="=")}">x</a>', encoding="utf-8")
    return path
