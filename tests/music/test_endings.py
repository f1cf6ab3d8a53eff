"""The last chorus: what gives way to the tonic, and what is left as it is."""

from __future__ import annotations

from itertools import pairwise

import pytest

from jazzgen.charts.find import find_progression
from jazzgen.charts.forms import builtin_names
from jazzgen.music.chords import parse_chord
from jazzgen.music.endings import with_ending
from jazzgen.music.score import Progression


def bars_of(form: Progression) -> list[str]:
    """What is written in each bar; "%" where the chord before goes on."""
    edges = [*form.bar_ticks, form.length]
    return [
        " ".join(change.symbol for change in form.chords if start <= change.tick < end) or "%"
        for start, end in pairwise(edges)
    ]


@pytest.mark.parametrize(
    ("text", "last_bars"),
    [
        ("blues-f", ["Bb7", "F7", "%"]),
        ("jazz-blues-bb", ["F7", "Bb7", "%"]),
        ("minor-blues-c", ["G7alt", "Cm7", "%"]),
        ("waltz-blues-g", ["D7", "G7", "%"]),
        ("bossa-f", ["Gb7#11", "F69", "%"]),
        ("ballad-eb", ["Fm7 Bb7", "Eb69", "%"]),
        ("turnaround-c", ["Abmaj7 Db7", "Cmaj7", "%"]),
        ("blues-descending-f", ["C7", "Fmaj7", "%"]),  # Am7 D7 stood for the tonic
        ("circle-of-thirds-c", ["Emaj7", "Dm7 G7", "Cmaj7"]),  # its dominant comes early
        ("modal-vamps-dm", ["%", "A7alt", "Dm11"]),
        ("five-four-ebm", ["Ebm7 Bbm7", "Ebm7 Bbm7", "Ebm7"]),
        ("| Dm7 | G7 | Cmaj7 | A7alt |", ["G7", "Cmaj7", "%"]),  # no key is given: the last cadence
        ("| C6 A7 | Dm7 G7 | Em7 A7 | Dm7 G7 |", ["Dm7 G7", "C6", "%"]),
        ("| F7 | Bb7 | F7 | F7 | Bb7 | F7 | C7 | C7 |", ["F7", "C7", "F7"]),  # the key is guessed
        ("meter: 3/4\n| Cmaj7 A7 . | Dm7 | G7 |".replace("A7 .", ". A7"), ["Cmaj7 A7", "Dm7 G7", "Cmaj7"]),
    ],
)
def test_a_turnaround_gives_way_to_the_tonic(text: str, last_bars: list[str]) -> None:
    form = find_progression(text)
    ended = with_ending(form, 3)
    assert bars_of(ended)[-3:] == last_bars
    # All else is the form, to the tick: an ending is written into the last two bars.
    plain = form.repeat(3)
    assert bars_of(ended)[:-2] == bars_of(plain)[:-2]
    assert (ended.length, ended.meters, ended.sections) == (plain.length, plain.meters, plain.sections)


@pytest.mark.parametrize(
    "text",
    [
        "rhythm-changes-bb",
        "waltz-bb",
        "circle-of-fifths-c",
        "modal-aaba-dm",
        "minor-aaba-am",
        "minor-ii-v-i-c",
        "| G7 |",  # a vamp on one chord, or on two
        "| Dm7 | G7 |",
        "| C7 | F7 | C7 | G7 |",
        "| Am7 | D7 | Gmaj7 | Cmaj7 |",  # a chord of rest, if not the tonic
        "| C | N.C. |",
        "| N.C. |",
    ],
)
def test_a_form_that_rests_is_left_as_it_is(text: str) -> None:
    form = find_progression(text)
    assert with_ending(form, 2) == form.repeat(2)


def test_every_built_in_form_ends_on_its_tonic_in_every_key() -> None:
    for name in builtin_names():
        form = find_progression(name)
        ended = with_ending(form)
        last = parse_chord(ended.chord_at(ended.length - 1).symbol)
        tonic = parse_chord(form.key)
        assert last is not None
        assert tonic is not None
        assert (name, last.root) == (name, tonic.root)
