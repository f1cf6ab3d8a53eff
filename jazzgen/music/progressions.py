"""What is asked of progressions: their styles and the roots that tokens count from."""

from __future__ import annotations

from jazzgen.music.chords import parse_chord
from jazzgen.music.keys import key_tonic, read_key
from jazzgen.music.score import MeterChange, Progression

STYLES = (
    "swing", "up-tempo", "shuffle", "waltz", "bossa", "samba", "ballad", "straight", "afro-cuban",
    "slow-blues",
)  # fmt: skip


def usual_style(meter: MeterChange) -> str:
    """The style of a tune that names none."""
    if meter.compound:
        return "slow-blues" if meter.beats == 4 else "afro-cuban"
    return "waltz" if meter.beats == 3 else "swing"


def reference_roots(progression: Progression) -> tuple[int, ...]:
    """The root 0..11 from which the tokens' degrees are counted, one for each chord change.

    For "N.C." it is the root of the last chord before, else of the next, else the tonic of
    `progression.key`, else 0.
    """
    chords = [parse_chord(change.symbol) for change in progression.chords]
    key = read_key(progression.key)
    root = next((chord.root for chord in chords if chord), key_tonic(*key) if key else 0)
    roots = []
    for chord in chords:
        root = chord.root if chord else root
        roots.append(root)
    return tuple(roots)
