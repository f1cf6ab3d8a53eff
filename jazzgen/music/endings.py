"""Endings: in the last chorus of a form the tonic replaces the turnaround, and a tag plays its end again.

Many forms end on chords that lead back to their top (a blues on C7, to begin again on F7). `with_ending`
reharmonizes the last bars of the last chorus so that they resolve. Length, bars and sections stay the form's;
the progression itself carries the ending, so that markers, solo, band and lead sheet agree.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from jazzgen.music.chords import Chord, is_minor, parse_chord
from jazzgen.music.keys import estimate_key
from jazzgen.music.pitch import fold, name_at, nearest_place
from jazzgen.music.score import TICKS_PER_BEAT, ChordChange, Progression

ENDINGS = ("written", "tag", "none")
TAGGED = 3  # times that a tag is played, the first of them in the last chorus
SHORTEST_FORM = 8  # bars; fewer are a vamp, whose key cannot be told from its chords


def with_ending(form: Progression, choruses: int = 1) -> Progression:
    """`form` played `choruses` times, the last of which resolves to the tonic.

    A form whose last bar is the tonic's or another stable chord is left as it is. In any other

        1. the last tonic of the last two bars is held:           | F7  | C7 |        -> | F7     | %     |
        2. or it replaces what follows their last dominant:       | C7  | Am7 | D7 |  -> | C7 | Fmaj7 | % |
        3. or the last bar, and its dominant comes early:         | Dm7 | G7 |        -> | Dm7 G7 | Cmaj7 |

    The tonic is that of the form's key; without one that of the last cadence, else (in eight bars or more) of
    the key that the chords point to. It has to be among the chords: a vamp of Dm7 and G7 does not end on C.
    """
    played = form.repeat(choruses)
    tonic = tonic_of(form)
    if tonic is None or _rests(form, tonic.root):
        return played
    top = form.length * (choruses - 1)
    earlier = tuple(change for change in played.chords if change.tick < top)
    last = tuple(replace(change, tick=change.tick + top) for change in _resolved(form, tonic))
    return replace(played, chords=earlier + last)


def tag_of(form: Progression, bars: int) -> Progression:
    """The last `bars` bars of a form that is to be tagged, as they are played before the last time: a
    dominant at their end leads back to their first chord.

    |: Gm7 | C7 | F7 | D7 :| and at last | Gm7 | C7 | F7 | % |
    """
    tag = form.between(_bars_from_end(form, bars), form.length)
    first, last_bar = parse_chord(tag.chords[0].symbol), tag.bar_ticks[-1]
    if first is None or _leads_to(tag.chords[-1], first.root):
        return tag
    half = tag.beats_at(last_bar) // 2 * TICKS_PER_BEAT
    # A chord that is still heard from the bar before has been heard long enough.
    fresh = any(change.tick >= last_bar for change in tag.chords)
    tick = last_bar + half * (fresh and tag.beats_at(last_bar) % 2 == 0)
    kept = tuple(change for change in tag.chords if change.tick < tick)
    root = name_at(fold(nearest_place((first.root + 7) % 12, -5), -7, 10))
    symbol = f"{root}7b9" if is_minor(first.quality) else f"{root}7"
    return replace(tag, chords=(*kept, ChordChange(tick, symbol)) if kept else tag.chords)


def _resolved(form: Progression, tonic: Chord) -> tuple[ChordChange, ...]:
    """The chords of the last chorus, by the first of the three ways that applies."""
    changes, last_bar = form.chords, form.bar_ticks[-1]
    near = [k for k, change in enumerate(changes) if _bars_from_end(form, 2) <= change.tick <= last_bar]
    for k in reversed(near):
        if _is_home(changes[k], tonic.root):
            return changes[: k + 1]
    for k in reversed(near):
        led_to = k > 0 and _leads_to(changes[k - 1], tonic.root) and not _leads_to(changes[k], tonic.root)
        if led_to and changes[k].tick in form.bar_ticks:
            return (*changes[:k], replace(changes[k], symbol=tonic.symbol))
    kept = [change for change in changes if change.tick < last_bar]
    final = form.chord_at(form.length - 1)
    half = last_bar - max(form.beats_at(max(last_bar - 1, 0)) // 2, 1) * TICKS_PER_BEAT
    if kept and kept[-1].tick < half and _leads_to(final, tonic.root) and not _leads_to(kept[-1], tonic.root):
        kept.append(replace(final, tick=half))
    return (*kept, ChordChange(last_bar, tonic.symbol))


def _bars_from_end(form: Progression, bars: int) -> int:
    """The tick where the last `bars` bars of `form` begin."""
    return form.bar_ticks[max(len(form.bar_ticks) - bars, 0)]


def tonic_of(form: Progression) -> Chord | None:
    """The chord of `form` that it ends on: the latest on its tonic in root position, in a blues a seventh."""
    homes = [_root_of(form.key)] if form.key else [_cadence(form)]
    if not form.key and len(form.bar_ticks) >= SHORTEST_FORM:
        homes.append(_root_of(estimate_key(form)))
    for home in homes:
        found = (parse_chord(change.symbol) for change in form.chords)
        if chords := [chord for chord in found if chord and chord.root == chord.bass == home]:
            # Cmaj7 before C7, which elsewhere than in a blues leads on.
            return ([chord for chord in chords if not _is_dominant(chord)] or chords)[-1]
    return None


def _root_of(key: str) -> int | None:
    chord = parse_chord(key)  # "Bb" and "F#m" are chords too
    return chord.root if chord else None


def _cadence(form: Progression) -> int | None:
    """The root of the last resolution of a dominant, in the last four bars or at the top."""
    late = [pair for pair in pairwise(reversed(form.chords)) if pair[0].tick >= _bars_from_end(form, 4)]
    for change, before in [*late, (form.chords[0], form.chords[-1])]:
        chord = parse_chord(change.symbol)
        # A chord with a minor seventh usually moves on: A7 Dm7 G7.
        if chord and 10 not in _above(chord) and _leads_to(before, chord.root):
            return chord.root
    return None


def _rests(form: Progression, home: int) -> bool:
    """Whether `form` is resolved: its last bar has no dominant, or ends on the tonic `home`."""
    chord = parse_chord(form.chord_at(form.length - 1).symbol)
    if chord is None or chord.root == home:
        return True
    in_last_bar = [change for change in form.chords if change.tick >= form.bar_ticks[-1]]
    return not _is_dominant(chord) and not any(_is_home(change, home) for change in in_last_bar)


def _is_home(change: ChordChange, home: int) -> bool:
    chord = parse_chord(change.symbol)
    return chord is not None and chord.root == chord.bass == home


def _leads_to(change: ChordChange, home: int) -> bool:
    """Whether `change` is the dominant of `home` or its tritone substitute."""
    chord = parse_chord(change.symbol)
    return chord is not None and _is_dominant(chord) and (chord.root - home) % 12 in (7, 1)


def _is_dominant(chord: Chord) -> bool:
    """Whether `chord` has a minor seventh and no minor third, or one beside a major third (a #9)."""
    above = _above(chord)
    return 10 in above and (4 in above or 3 not in above)


def _above(chord: Chord) -> set[int]:
    """The pitch classes of `chord` in semitones above its root."""
    return {(pitch_class - chord.root) % 12 for pitch_class in chord.pitch_classes}
