"""The motif memories against a plain search, and the contour of pitches alone."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.charts.text import parse_progression
from jazzgen.tokens.features import MATCH
from jazzgen.tokens.motif import Proposal
from jazzgen.tokens.vocabulary import REST, value_of
from tests.tokens.tracking import EIGHTH, FORM, QUARTER, note, tracking

FEW = st.lists(st.sampled_from([0, 1, 2, 3, 4, 5]), max_size=60)
#         pitch from the root, length; None is a rest
TOKENS = [(0, EIGHTH), (2, EIGHTH), (7, EIGHTH), (0, QUARTER), (None, EIGHTH), (None, QUARTER)]


def longest_match(tokens: list[object]) -> tuple[int, int] | None:
    """(where the continuation stands, how many agree): of the longest matches of 2 to 12 the latest."""
    for n in range(12, 1, -1):
        for end in range(len(tokens) - 1, n - 1, -1):
            if n <= len(tokens) and tokens[end - n : end] == tokens[-n:]:
                return end, n
    return None


def expected(found: tuple[int, int], value: int, heard: int) -> Proposal:
    where, agree = found
    return Proposal(value, max(k for k, begin in enumerate(MATCH) if begin <= agree), heard - where)


@given(FEW)
@settings(deadline=None, max_examples=150)
def test_the_memories_continue_the_longest_match_and_of_equals_the_latest(choices: list[int]) -> None:
    form = parse_progression("| Dm7 | G7 | N.C. | Ab7 |").repeat(8)
    tracker = tracking("motif", form=form)
    values: list[int] = []
    moves: list[tuple[int | None, int]] = []
    last = None
    for choice in choices:
        degree, length = TOKENS[choice]
        pitch = None if degree is None else 60 + (degree + tracker.root) % 12
        values.append(value_of(REST if degree is None else degree, length))
        moves.append((None if pitch is None else pitch - (last if last is not None else pitch), length))
        last = last if pitch is None else pitch
        tracker.advance(values[-1], pitch)

        by_value, by_move = tracker.proposals()
        found = longest_match(values)
        assert by_value == (None if found is None else expected(found, values[found[0]], len(values)))
        found = longest_match(moves)
        if found is None:
            assert by_move is None
        else:
            interval, length = moves[found[0]]
            degree = REST if interval is None else ((last or 0) + interval - tracker.root) % 12
            assert by_move == expected(found, value_of(degree, length), len(moves))


def test_a_shape_comes_back_in_another_rhythm() -> None:
    tracker = tracking("motif", form=FORM.repeat(8))
    for pitch in (60, 64, 67, 69, 60):
        note(tracker, pitch, EIGHTH)
    for pitch in (64, 67):
        note(tracker, pitch, QUARTER)
    # C, E, G went on to A, the fifth of the Dm7 that sounds.
    assert tracker.shape_proposal() == Proposal((69 - tracker.root) % 12, 1, 4)
    assert tracker.proposals()[1] is None


def test_a_model_without_the_memory_proposes_nothing() -> None:
    tracker = tracking("beat")
    for _ in range(9):
        note(tracker, 60)
    assert tracker.proposals() == [None, None]
