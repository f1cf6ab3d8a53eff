"""What a bass line is made of before its pitches: each bar as slots, each with a length and a role.

A style has words for a bar, and how often each comes: quarters to walk in with what may lie between them, a
two-feel's halves, the dotted figures of bossa and samba, ostinatos in even eighths, the doubled beats of a
shuffle, a waltz in one or in three, a pedal point. Even styles keep a word for a section and vary it.

Sources: the walk's decorations and the two-feel are general practice; bossa and samba are the bass drum's
figures (surdo) on root and fifth (Uribe, The Essence of Brazilian Percussion and Drum Set, 1993).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from jazzgen.band.patterns import draw
from jazzgen.band.scene import BEAT, EVEN_STYLES, OFF, FormBar, Scene, Span, groups

# Roles. TARGET plays the bass of the chord, or another tone that was decided; FREE walks on; FIFTH prefers
# the fifth; REPEAT is the note before; GHOST the same, very short and soft; DROP an open string below it;
# PASS leads to the note after. A chord's first slot is its target, whatever its word says.
TARGET, FREE, FIFTH, REPEAT, GHOST = "target", "free", "fifth", "repeat", "ghost"
DROP, PASS = "drop", "pass"
BETWEEN = (REPEAT, GHOST, DROP, PASS)  # roles of notes that the walk does not count

Lengths = Sequence[tuple[int, str]]  # (ticks, role)
Words = Mapping[tuple[tuple[int, str], ...], float]
HABIT = 0.6  # how often an even style plays the word of its section

BOSSA: Words = {  # a bar of four: the fifth comes early and stays
    ((18, FREE), (6, FIFTH), (18, REPEAT), (6, FREE)): 5,
    ((24, FREE), (18, FIFTH), (6, FREE)): 3,
    ((18, FREE), (6, FIFTH), (24, REPEAT)): 2,
    ((18, FREE), (30, FIFTH)): 1.5,
    ((18, FREE), (6, FIFTH), (12, REPEAT), (12, FREE)): 1,
}
SAMBA: Words = {  # the surdo: light on one, heavy on three
    ((18, FREE), (6, FIFTH), (18, REPEAT), (6, FREE)): 3,
    ((24, FREE), (18, FIFTH), (6, FREE)): 3,
    ((18, FREE), (6, REPEAT), (18, FIFTH), (6, FREE)): 3,
    ((24, FREE), (24, FIFTH)): 2,
    ((12, FREE), (6, GHOST), (6, FIFTH), (18, REPEAT), (6, FREE)): 1.5,
}
STRAIGHT: Words = {
    ((18, FREE), (6, FIFTH), (18, FREE), (6, FIFTH)): 3,
    ((18, FREE), (6, FIFTH), (24, FREE)): 3,
    ((24, FREE), (24, FREE)): 2,
    ((18, FREE), (18, FIFTH), (12, FREE)): 2,
    ((12, FREE), (6, GHOST), (12, FIFTH), (12, FREE), (6, FREE)): 1.5,
    ((18, FREE), (6, GHOST), (6, FIFTH), (12, FREE), (6, FREE)): 1.5,
    ((42, FREE), (6, FREE)): 1,
}
EVEN: Mapping[str, Words] = {"bossa": BOSSA, "samba": SAMBA, "straight": STRAIGHT}
EVEN_GROUPS: Mapping[int, Words] = {  # of a group of one, two or three beats, where a bar is no four
    1: {((12, FREE),): 1},
    2: {((18, FREE), (6, FIFTH)): 3, ((24, FREE),): 1, ((12, FREE), (12, FIFTH)): 1},
    3: {((18, FREE), (6, FIFTH), (12, FREE)): 3, ((18, FREE), (18, FIFTH)): 2, ((24, FREE), (12, FREE)): 1},
}
TWO: Words = {  # halves, and what leads on from them
    ((24, FREE), (24, FIFTH)): 8,
    ((24, FREE), (12, FIFTH), (12, FREE)): 5,
    ((24, FREE), (18, FIFTH), (6, FREE)): 1.5,
    ((24, FREE), (20, FIFTH), (4, DROP)): 1,
    ((16, FREE), (8, DROP), (24, FIFTH)): 0.8,
    ((18, FREE), (6, GHOST), (24, FIFTH)): 1,
    ((36, FREE), (12, FREE)): 1,
    ((12, FREE), (12, FREE), (24, FIFTH)): 1,
}
BALLAD: Words = {
    ((24, FREE), (24, FIFTH)): 6,
    ((24, FREE), (18, FIFTH), (6, FREE)): 3,
    ((24, FREE), (12, FIFTH), (12, FREE)): 2,
    ((36, FREE), (12, FREE)): 2,
    ((24, FREE), (20, FIFTH), (4, DROP)): 0.6,
    ((48, FREE),): 0.8,
}
IN_ONE: Words = {  # a waltz's bar of three
    ((36, FREE),): 3,
    ((24, FREE), (12, FIFTH)): 4,
    ((24, FREE), (12, FREE)): 2,
    ((30, FREE), (6, FREE)): 1,
    ((18, FREE), (18, FIFTH)): 1,
}
IN_THREE: Words = {
    ((12, FREE), (12, FREE), (12, FREE)): 8,
    ((24, FREE), (12, FREE)): 2,
    ((18, FREE), (18, FIFTH)): 1,  # two against three
    ((12, FREE), (8, FREE), (4, DROP), (12, FREE)): 0.8,
    ((12, FREE), (6, FREE), (6, GHOST), (12, FREE)): 0.8,
}
PEDAL: Words = {  # the same note while the chords above it move
    ((24, TARGET), (24, REPEAT)): 3,
    ((18, TARGET), (6, REPEAT), (24, REPEAT)): 3,
    ((18, TARGET), (30, REPEAT)): 2,
    ((36, TARGET), (12, REPEAT)): 1,
}
# What may lie between the beats of a walk, its weight, and the tempo up to which it is played. JJazzLab's
# phrases have 9 such notes in 100 beats.
DECORATIONS: tuple[tuple[Lengths, float, float], ...] = (
    (((OFF, FREE), (OFF, GHOST)), 1.0, 240),
    (((OFF, FREE), (OFF, PASS)), 1.6, 300),
    (((8, FREE), (4, DROP)), 1.8, 240),
    (((4, FREE), (4, DROP), (4, GHOST)), 0.5, 190),  # a rake across the strings
)
DOUBLED = (0.12, 0.45, 0.85)  # of the beats of a shuffle that are struck twice, by the section's habit


def bar_lengths(scene: Scene, bar: FormBar, span: Span, habit: int, rng: np.random.Generator) -> Lengths:
    """The slots under one chord of one bar.

    Parameters
    ----------
    scene, bar, span
        What is played over, which bar, and the chord in it.
    habit
        A number that stays for a section, of an even style's word.
    rng
        What is drawn from.

    Returns
    -------
    sequence of (ticks, role)
        As long as the chord, unless the band breaks off.

    """
    beats, rest = divmod(span.duration, BEAT)
    if scene.ends(bar):
        return [(span.duration, FREE)]
    if scene.ends_with_break(bar):
        return [(OFF, FREE)]
    if rest or not beats:  # a change inside a beat
        return [*[(BEAT, FREE)] * beats, *[(rest, FREE)] * bool(rest)]
    if on_pedal(scene, bar):
        return word(PEDAL, rng) if beats == 4 else [(span.duration, TARGET)]
    if scene.style in EVEN_STYLES:
        return _even(scene.style, beats, habit, rng)
    if scene.style == "shuffle" and not scene.in_two(bar):
        return _shuffled(beats, habit, rng)
    if beats == 3 and bar.beats == 3:
        return word(IN_ONE if scene.in_two(bar) else IN_THREE, rng)
    if scene.in_two(bar) and not (bar.closes_section and rng.random() < 0.5):
        return word(BALLAD if scene.style == "ballad" else TWO, rng) if beats == 4 else _halves(beats, rng)
    return _quarters(beats, scene, bar, rng)


def word(words: Words, rng: np.random.Generator) -> tuple[tuple[int, str], ...]:
    """One of the words of a style."""
    return draw(words, rng)


def on_pedal(scene: Scene, bar: FormBar) -> bool:
    """Whether `bar` is part of a pedal point: its chords and a neighbour's stand on one bass that is not
    the root of all of them.
    """
    if len(basses := {span.chord.bass for span in bar.spans}) != 1 or scene.ends(bar):
        return False
    for near in (bar.number - 1, bar.number + 1):
        spans = scene.bars[near].spans if 0 <= near < len(scene.bars) else ()
        if spans and {span.chord.bass for span in spans} == basses:
            return any(span.chord.bass != span.chord.root for span in (*spans, *bar.spans))
    return False


def _even(style: str, beats: int, habit: int, rng: np.random.Generator) -> Lengths:
    if beats != 4:
        return [slot for group in groups(beats) for slot in draw(EVEN_GROUPS[group], rng)]
    words = EVEN[style]
    # The commoner half of the words can be a habit.
    usual = list(words)[habit % (len(words) // 2 + 1)]
    return usual if rng.random() < HABIT else word(words, rng)


def _shuffled(beats: int, habit: int, rng: np.random.Generator) -> Lengths:
    """Quarters, some or most of them struck twice, long and short."""
    share, lengths = DOUBLED[habit % len(DOUBLED)], []
    for _ in range(beats):
        twice = rng.random() < share
        lengths += [(8, FREE), (4, REPEAT)] if twice else [(BEAT, FREE)]
    return lengths


def _quarters(beats: int, scene: Scene, bar: FormBar, rng: np.random.Generator) -> Lengths:
    lengths: list[tuple[int, str]] = [(BEAT, FREE)] * beats
    # Never just before a chord that has to be approached.
    known = [(cell, weight) for cell, weight, fastest in DECORATIONS if scene.tempo < fastest]
    if beats > 2 and known and rng.random() < (0.32 + 0.2 * scene.intensity(bar)) * min(160 / scene.tempo, 1):
        at = int(rng.integers(0, beats - 1))
        shares = np.array([weight for _, weight in known])
        lengths[at : at + 1] = known[int(rng.choice(len(known), p=shares / shares.sum()))][0]
    return lengths


def _halves(beats: int, rng: np.random.Generator) -> Lengths:
    """A two-feel in other bars than of four: a note for each group, now and then a quarter that leads on."""
    lengths: list[tuple[int, str]] = []
    for group in groups(beats):
        lengths.append((group * BEAT, FIFTH if lengths else FREE))
    if len(lengths) == 1 and beats == 3 and rng.random() < 0.7:
        lengths = [(2 * BEAT, FREE), (BEAT, FIFTH)]
    elif beats > 1 and rng.random() < (0.6 if beats == 3 else 0.3):
        duration, role = lengths[-1]
        if duration > BEAT:
            lengths[-1:] = [(duration - BEAT, role), (BEAT, FREE)]
    return lengths
