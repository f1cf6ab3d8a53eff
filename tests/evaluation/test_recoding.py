"""Recoding: what a take cannot have is taken from people's solos, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from jazzgen.charts.text import parse_progression
from jazzgen.corpus.loading import load_solos
from jazzgen.evaluation.recoding import in_range, recoded
from jazzgen.improviser.improvise import improvise
from jazzgen.improviser.masks import ON_GRID
from jazzgen.music.score import Note, Solo
from jazzgen.tokens.vocabulary import LENGTHS
from tests.checkpoints import made_of
from tests.shared import ROOT

FORM = parse_progression("| Dm7 | G7 | Cmaj7 | % |")


def solo_of(*notes: tuple[int, int, int]) -> Solo:
    return Solo(tuple(Note(*note) for note in notes), FORM)


def test_recoding_again_changes_nothing_and_keeps_onsets_and_pitches() -> None:
    for solo in load_solos([ROOT / "data" / "midi"]).solos:
        once = recoded(solo)
        assert recoded(once) == once
        assert [n.onset for n in once.notes] == [n.onset for n in solo.notes]
        assert [n.pitch for n in once.notes] == [n.pitch for n in solo.notes]
        assert all(n.duration in LENGTHS for n in once.notes)


def test_what_was_generated_stays_as_it_is() -> None:
    for seed in range(3):
        take = improvise(made_of(4), FORM, np.random.default_rng(seed), choruses=2)
        assert recoded(take) == take


def test_lengths_are_those_of_the_values() -> None:
    heard = recoded(solo_of((0, 5, 60), (6, 5, 62), (12, 14, 64), (36, 90, 65)))
    assert [note.duration for note in heard.notes] == [6, 6, 12, 48]


def test_a_length_leads_to_the_next_note_on_the_grid() -> None:
    """Seven ticks from the last 16th of a beat: a triplet's note, as encoded, would end between the grids."""
    heard = recoded(solo_of((0, 6, 60), (9, 7, 62), (16, 4, 64), (20, 4, 65)))
    assert not ON_GRID[9, LENGTHS.index(4)]
    assert heard.notes[1].duration == 3


def test_a_silence_of_many_bars_and_nothing_at_all() -> None:
    long = Solo((Note(0, 6, 60), Note(48 * 3000, 6, 62)), FORM.repeat(800))
    assert [note.duration for note in recoded(long).notes] == [6, 6]
    assert recoded(Solo((), FORM)).notes == ()


def test_notes_beyond_the_range_are_moved_into_it_by_octaves() -> None:
    outside = replace(solo_of((0, 6, 60), (6, 6, 77), (12, 6, 90), (18, 6, 43)), instrument="tenor-sax")
    assert [note.pitch for note in in_range(outside).notes] == [60, 65, 66, 55]
    inside = replace(solo_of((0, 6, 44), (6, 6, 76)), instrument="tenor-sax")
    assert in_range(inside) is inside
