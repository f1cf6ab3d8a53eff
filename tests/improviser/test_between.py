"""New bars inside a solo: where they begin and end, what they lead into, and that they copy nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jazzgen.charts.find import find_progression
from jazzgen.improviser.between import Soloist, improvise_between
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise
from jazzgen.improviser.originality import build_index, longest_run
from jazzgen.improviser.player import Player, play
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.model.engines import make_engine
from jazzgen.model.shipped import find_checkpoint
from jazzgen.model.tuning import Tuning
from jazzgen.music.score import INSTRUMENTS, Note, Solo
from jazzgen.tokens.tracker import ContextTracker
from tests.checkpoints import hearing_all

FORM = find_progression("blues-f")
BARS = FORM.bar_ticks
MADE = hearing_all(8)


def rngs(seed: int, count: int = 4) -> list[np.random.Generator]:
    return np.random.default_rng(seed).spawn(count)


def soloist(**more: object) -> Soloist:
    return Soloist(**{"checkpoint": MADE, "engine": "numpy", "controls": Controls(), "index": None, **more})


def fresh(seed: int = 1) -> Solo:
    return improvise(MADE, FORM, np.random.default_rng(seed))


@pytest.mark.parametrize("bars", [(0, 1), (3, 4), (4, 8), (10, 12), (0, 12), (11, 12)])
def test_new_notes_stay_in_their_bars(bars: tuple[int, int]) -> None:
    edges = [*BARS, FORM.length]
    start, end = edges[bars[0]], edges[bars[1]]
    for seed in range(4):
        solo = fresh(seed)
        new = improvise_between(soloist(), solo, start, end, rngs(seed))
        assert all(start <= note.onset and note.end <= end for note in new)
        kept = [note for note in solo.notes if note.end <= start or note.onset >= end]
        line = sorted([*kept, *new], key=lambda note: note.onset)
        assert replace(solo, notes=tuple(line)).notes  # one voice
        assert new == improvise_between(soloist(), solo, start, end, rngs(seed))


def test_what_is_in_the_bars_does_not_matter_but_what_is_around_them_does() -> None:
    solo, window = fresh(), (BARS[4], BARS[8])
    new = improvise_between(soloist(), solo, *window, rngs(1))
    emptied = [note for note in solo.notes if not window[0] <= note.onset < window[1]]
    assert new == improvise_between(soloist(), replace(solo, notes=tuple(emptied)), *window, rngs(1))
    other = [replace(note, pitch=note.pitch + 1) if note.end <= window[0] else note for note in emptied]
    assert new != improvise_between(soloist(), replace(solo, notes=tuple(other)), *window, rngs(1))


def test_candidates_lead_nearer_to_what_follows() -> None:
    """With the shipped network: the note that follows is put high or low, and the line goes there."""
    checkpoint = load_checkpoint(find_checkpoint("improviser"))
    player = soloist(checkpoint=checkpoint)
    leaps: dict[int, list[int]] = {1: [], 8: []}
    for seed in range(6):
        target = Note(BARS[6], 6, (50, 70)[seed % 2])
        solo = Solo((Note(0, 12, 60), target, Note(BARS[6] + 6, 6, target.pitch + 2)), FORM, tempo=160.0)
        for count, found in leaps.items():
            new = improvise_between(player, solo, BARS[4], BARS[6], rngs(seed, count))
            found.append(abs(new[-1].pitch - target.pitch))
    assert sum(leaps[8]) < sum(leaps[1])


def test_no_run_is_copied_across_a_join() -> None:
    planted = fresh(3)
    index, window = build_index([planted]), (BARS[4], BARS[6])
    controls = Controls(max_copied=8)
    new = improvise_between(soloist(index=index, controls=controls), planted, *window, rngs(2, 8))
    kept = [
        note for note in planted.notes if not window[0] <= note.onset < window[1] and note.end <= window[0]
    ]
    run = longest_run(index, replace(planted, notes=(*kept, *new)))
    alone = longest_run(index, replace(planted, notes=tuple(kept)))
    assert run is not None
    assert alone is not None
    assert run.length == alone.length  # only what was there


def test_density_is_asked_of_the_new_bars_alone() -> None:
    checkpoint = load_checkpoint(find_checkpoint("improviser"))
    solo = Solo(tuple(Note(k, 6, 60 + k % 5) for k in range(0, BARS[4], 12)), FORM, tempo=160.0)
    counts = []
    for density in (1.0, 9.0):
        player = soloist(checkpoint=checkpoint, controls=Controls(density=density))
        counts.append(sum(len(improvise_between(player, solo, BARS[4], BARS[11], rngs(k))) for k in (1, 2)))
    assert counts[0] * 1.3 < counts[1]


# ---------------------------------------------------------------------------------------------------- players


def player(seed: int) -> Player:
    network = make_engine(MADE, "numpy")
    tracker = ContextTracker(network.spec, FORM, tempo=160.0, instrument=INSTRUMENTS["tenor-sax"])
    tuning, rng = Tuning.default(has_context=False), np.random.default_rng(seed)
    return Player(tracker, Controls(density=4.0), tuning, network, rng, tempo=160.0)


def test_a_player_stops_at_a_tick_and_goes_on_to_the_end() -> None:
    """Bar by bar, as live playing will: no note passes a bar line, and the last bar comes to rest."""
    one = player(1)
    for edge in (*BARS[1:], FORM.length):
        one.until = edge
        play(one.engine, [one])
        assert one.tracker.now == edge or edge == FORM.length
    assert one.finished
    assert one.last_onset >= BARS[-1]  # its note of rest


def test_a_copy_goes_on_by_itself() -> None:
    """What a copy plays changes nothing in the player that it was copied from."""
    one, undisturbed = player(1), player(1)
    play(one.engine, [one], to=BARS[4])
    play(undisturbed.engine, [undisturbed], to=BARS[4])
    copied = one.copy(np.random.default_rng(7))
    play(one.engine, [copied])
    play(one.engine, [one])
    play(undisturbed.engine, [undisturbed])
    assert one.values == undisturbed.values != copied.values
    assert one.pitches == undisturbed.pitches
    assert copied.values[:10] == one.values[:10]
