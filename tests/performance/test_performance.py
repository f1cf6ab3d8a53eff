"""A performance keeps how notes are played, also around new ones and on other ticks."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from jazzgen.band.ensemble import accompany
from jazzgen.midi.layout import Layout
from jazzgen.midi.reading import read_solo
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.grid import snap_onsets
from jazzgen.music.score import SOLO, Arrangement, Note, Part
from jazzgen.performance.feel import Feel
from jazzgen.performance.performance import PPQ, Performance, tracks_of
from tests.shared import ROOT

STUDY = read_solo(ROOT / "data/midi/01-blues-in-f.mid")
TAKE = Arrangement(STUDY, accompany(STUDY, np.random.default_rng(1)))
FEEL = Feel(1.0, 3)
WINDOW = (192, 384)  # ticks


def test_it_is_what_the_feel_plays() -> None:
    performance = Performance.of(TAKE, FEEL)
    for part in tracks_of(TAKE):
        assert performance.play(part, STUDY, PPQ) == FEEL.play(part, STUDY, PPQ)
    assert performance == Performance.of(TAKE, FEEL) != Performance.of(TAKE, Feel(1.0, 4))


def test_a_transposed_part_is_played_at_its_own_pitch() -> None:
    performance = Performance.of(TAKE, FEEL)
    up = Part(SOLO, 0, 0, tuple(replace(note, pitch=note.pitch + 2) for note in STUDY.notes))
    here, there = (performance.play(part, STUDY, PPQ) for part in (tracks_of(TAKE)[0], up))
    assert [note._replace(pitch=note.pitch + 2) for note in here] == there


def test_what_is_kept_stays_and_the_rest_is_played_around_it() -> None:
    """A study's bars become a run of 16ths on one pitch: other means, other neighbors, other draws."""
    new = [Note(tick, 3, 66) for tick in range(*WINDOW, 3)]
    kept = [note for note in STUDY.notes if not WINDOW[0] <= note.onset < WINDOW[1] and note.end <= WINDOW[0]]
    kept += [note for note in STUDY.notes if note.onset >= WINDOW[1]]
    solo = replace(STUDY, notes=tuple(sorted([*kept, *new], key=lambda note: note.onset)))
    before = dict(zip(STUDY.notes, Performance.of(TAKE, FEEL).track(SOLO), strict=True))
    stays = [before.get(note) if note in kept else None for note in solo.notes]
    after = Performance.of(replace(TAKE, solo=solo), Feel(1.0, 9), {SOLO: stays}).track(SOLO)
    plain = Performance.of(replace(TAKE, solo=solo), FEEL).track(SOLO)
    moved = sum(a != b for a, b in zip(plain, stays, strict=True) if b is not None)
    assert moved > len(kept) / 2  # what a feel alone would do
    assert [note for note, was in zip(after, stays, strict=True) if was] == [was for was in stays if was]
    assert all(one.end <= other.onset for one, other in pairwise(after))
    assert snap_onsets([note.onset for note in after]) == [note.onset for note in solo.notes]


def test_no_new_note_strikes_a_pitch_that_still_sounds() -> None:
    notes = (Note(0, 12, 60), Note(12, 6, 60), Note(18, 12, 60))
    part = Part("Piano", 0, 1, notes)
    played = FEEL.play(part, STUDY, PPQ)
    late, early = played[0]._replace(end=1.1), played[2]._replace(onset=1.4)
    middle = FEEL.play(part, STUDY, PPQ, [late, None, early])[1]
    assert middle.onset == late.end < middle.end <= early.onset


@pytest.mark.parametrize("ppq", [48, 96, 100, 960])
def test_on_other_ticks_it_reads_back_as_the_same_solo(tmp_path: Path, ppq: int) -> None:
    for seed in range(3):
        performance = Performance.of(TAKE, Feel(1.0, seed))
        write_arrangement(TAKE, tmp_path / "take.mid", feel=performance, layout=Layout(ppq=ppq))
        read = read_solo(tmp_path / "take.mid")
        assert [(n.onset, n.pitch) for n in read.notes] == [(n.onset, n.pitch) for n in STUDY.notes]
