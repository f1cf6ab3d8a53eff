"""Expression: who plays what, where, how far; and that the line stays what it is."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from jazzgen.errors import DataError, OptionError
from jazzgen.music.grid import Control, PlayedNote, quantize
from jazzgen.music.phrases import phrase_starts
from jazzgen.music.score import INSTRUMENTS, SOLO, ChordChange, Note, Part, Progression, Solo
from jazzgen.performance.expression import (
    ABILITIES,
    AT_REST,
    CENT_STEP,
    EXPRESSION_FILE,
    FEATURES,
    GESTURES,
    count_gestures,
    expression_features,
    load_chances,
    tidy,
)
from jazzgen.performance.feel import Feel

FORM = Progression((ChordChange(0, "C7"),), 384 * 12)
SEEDS = range(6)


def _line() -> tuple[Note, ...]:
    """Phrases of eighths with peaks and troughs, which end on a long note before a bar of silence."""
    notes = []
    for phrase in range(0, 384 * 12, 144):
        for k, pitch in enumerate((60, 62, 64, 60, 67, 65, 64, 62, 60, 57, 64, 62)):
            notes.append(Note(phrase + 6 * k, 6, pitch + phrase % 5, 80))
        notes.append(Note(phrase + 72, 30, 65 + phrase % 5, 80))
    return tuple(notes)


SOLO_OF = Solo(_line(), FORM, tempo=150)


@cache
def _played(
    expression: float = 1.0, seed: int = 1, solo: Solo = SOLO_OF, humanize: float = 0.7
) -> list[PlayedNote]:
    return Feel(humanize, seed, expression).play(Part(SOLO, 0, 0, solo.notes), solo, 480)


def _on(instrument: str) -> Solo:
    return replace(SOLO_OF, instrument=instrument)


def _bends(note: PlayedNote) -> list[float]:
    return [control.value for control in note.controls if control.kind == "bend"]


def test_none_is_what_the_feel_plays_alone() -> None:
    assert _played(0) == Feel(0.7, 1).play(Part(SOLO, 0, 0, SOLO_OF.notes), SOLO_OF, 480)
    assert _played(1) != _played(0)
    assert _played.__wrapped__(1) == _played(1) != _played(1, seed=2)


@pytest.mark.parametrize("instrument", sorted(set(INSTRUMENTS) - set(ABILITIES)))
def test_keys_and_bars_have_one_pitch_and_no_swell(instrument: str) -> None:
    assert instrument in ("piano", "vibraphone")
    assert _played(1, solo=_on(instrument)) == _played(0, solo=_on(instrument))


@pytest.mark.parametrize("instrument", sorted(ABILITIES))
def test_nobody_does_what_the_instrument_cannot(instrument: str) -> None:
    able = ABILITIES[instrument]
    for seed in SEEDS:
        played = _played(1, seed, _on(instrument))
        for k, note in enumerate(played):
            begun = [c.value for c in note.controls if c.kind == "bend" and c.after == 0]
            shaken = any(control.kind == "vibrato" for control in note.controls)
            later = [c.value for c in note.controls if c.kind == "bend" and c.after * 60 / 150 > 0.19]
            assert not begun or -max(able.scoop, 100 * able.slide) - CENT_STEP <= begun[0]
            if begun and begun[0] > 0:  # from a higher pitch, which is the one before
                assert able.slide
                assert begun[0] == pytest.approx(100 * (played[k - 1].pitch - note.pitch), abs=CENT_STEP)
            assert min(later, default=0) >= -(able.vibrato if shaken else able.fall) - CENT_STEP
            assert max(later, default=0) <= (able.vibrato if shaken else 0) + CENT_STEP
            for control in note.controls:
                assert control.kind != "vibrato" or control.value <= able.vibrato
                assert control.kind != "level" or able.swell


@pytest.mark.parametrize("instrument", ["tenor-sax", "trumpet", "trombone"])
def test_it_is_there_and_it_is_sparing(instrument: str) -> None:
    found = dict.fromkeys(count_gestures(()), 0)
    for seed in SEEDS:
        for name, count in count_gestures(_played(1, seed, _on(instrument))).items():
            found[name] += count
    notes = len(SEEDS) * len(SOLO_OF.notes)
    phrases = len(SEEDS) * 32
    assert all(found.values())
    assert found["scoops"] < 0.1 * notes
    assert found["falls"] < 0.15 * phrases
    assert 0.4 * phrases < found["vibrato"] < phrases


def test_less_expression_is_rarer_and_less_deep() -> None:
    deepest, bent = {}, {}
    for amount in (0.3, 1.0):
        notes = [note for seed in SEEDS for note in _played(amount, seed)]
        bent[amount] = sum(bool(_bends(note)) for note in notes)
        deepest[amount] = min(value for note in notes for value in _bends(note))
    assert bent[0.3] < bent[1.0] / 2
    assert deepest[0.3] > deepest[1.0]


def test_onsets_and_pitches_stay_and_the_line_reads_back() -> None:
    for humanize in (0.0, 0.7, 1.0):
        for seed in SEEDS:
            plain, played = (_played(amount, seed, humanize=humanize) for amount in (0, 1))
            assert [(n.onset, n.pitch) for n in played] == [(n.onset, n.pitch) for n in plain]
            assert all(one.end <= other.onset for one, other in pairwise(played))
            assert all(note.end > note.onset for note in played)
            read, _ = quantize([note[:4] for note in played], False)
            again, _ = quantize([note[:4] for note in plain], False)
            silent = [[b.onset - a.end >= 3 for a, b in pairwise(notes)] for notes in (read, again)]
            assert silent[0] == silent[1]
            assert [n.onset for n in read] == [n.onset for n in again]


def test_the_exact_grid_keeps_its_lengths() -> None:
    assert [n.end for n in _played(1, humanize=0)] == [n.end for n in _played(0, humanize=0)]


def test_off_beats_are_tongued_and_slurred_into_the_beat() -> None:
    plain, played = _played(0), _played(1)
    early = [k for k, (a, b) in enumerate(zip(plain, played, strict=True)) if b.end < a.end]
    before_off_beats = [k for k in early if SOLO_OF.notes[k + 1].onset % 12 == 6]
    last = [k for k in early if k % 13 == 11]
    assert len(before_off_beats) + len(last) == len(early) > 0.2 * len(plain)
    silence = [(played[k + 1].onset - played[k].end) * 60 / 150 for k in early]  # seconds
    assert 0.01 < np.median(silence) < 0.035


def test_ghosted_notes_are_soft_inner_ones_below_the_next() -> None:
    ghosts = [
        k
        for seed in SEEDS
        for k, (a, b) in enumerate(zip(_played(0, seed), _played(1, seed), strict=True))
        if b.velocity < a.velocity
    ]
    assert 0.01 < len(ghosts) / (len(SEEDS) * len(SOLO_OF.notes)) < 0.08
    assert all(SOLO_OF.notes[k].pitch < SOLO_OF.notes[k + 1].pitch for k in ghosts)
    assert not {0, 12} & {k % 13 for k in ghosts}


def test_falls_end_phrases_and_vibrato_comes_late() -> None:
    starts = phrase_starts([n.onset for n in SOLO_OF.notes], [n.end for n in SOLO_OF.notes])
    last = {start - 1 for start in starts[1:]}
    for seed in SEEDS:
        for k, note in enumerate(_played(1, seed)):
            bends = _bends(note)
            assert not bends or abs(bends[-1]) < CENT_STEP or k in last
            late = [c.after * 60 / 150 for c in note.controls if c.kind == "vibrato"]
            assert not late or late[0] >= 0.2


def test_level_takes_away_and_never_adds() -> None:
    levels = [c.value for seed in SEEDS for n in _played(1, seed) for c in n.controls if c.kind == "level"]
    assert levels
    assert max(levels) <= AT_REST["level"]
    assert min(levels) > 70
    velocities = [(a.velocity, b.velocity) for a, b in zip(_played(0), _played(1), strict=True)]
    assert all(new <= old for old, new in velocities)


def test_a_control_lies_on_a_step_of_the_wheel_and_inside_its_note() -> None:
    for note, following in pairwise(_played(1)):
        for control in note.controls:
            assert 0 <= control.after < following.onset - note.onset - 1e-5
            assert control.value / (CENT_STEP if control.kind == "bend" else 1) % 1 == 0


def test_kept_notes_keep_theirs() -> None:
    before = _played(1)
    kept = [note if k % 3 else None for k, note in enumerate(before)]
    after = Feel(0.7, 99, 1.0).play(Part(SOLO, 0, 0, SOLO_OF.notes), SOLO_OF, 480, kept)
    assert [n for n, was in zip(after, kept, strict=True) if was] == [was for was in kept if was]
    assert after != before


def test_double_time_bends_as_long_in_seconds() -> None:
    twice = Solo(
        tuple(replace(n, onset=2 * n.onset, duration=2 * n.duration) for n in SOLO_OF.notes[:130]),
        FORM, tempo=75, double_time=True,
    )  # fmt: skip
    played = [note for seed in SEEDS for note in _played(1, seed, twice)]
    scoops = [n.controls for n in played if n.controls and {c.kind for c in n.controls} == {"bend"}]
    lasting = [row[-1].after * 60 / 75 for row in scoops if row[0].after == 0]
    assert scoops
    assert all(0.03 < seconds < 0.13 for seconds in lasting)


def test_tidy_keeps_what_changes() -> None:
    rows = [Control(0.2, "bend", -5.0), Control(0.0, "level", 127.0), Control(0.1, "bend", 0.0)]
    assert tidy([*rows, Control(0.3, "bend", -5.0), Control(0.2, "bend", -6.0)]) == (
        Control(0.2, "bend", -6.0),
        Control(0.3, "bend", -5.0),
    )


@pytest.mark.parametrize("amount", [-0.1, 1.5, float("nan")])
def test_an_amount_outside_its_range_is_refused(amount: float) -> None:
    with pytest.raises(OptionError, match=r"expression must be in 0\.\.1"):
        Feel(0.7, 0, amount)


def test_features_say_what_they_are_called() -> None:
    notes = (Note(0, 6, 60), Note(6, 6, 72), Note(12, 12, 66), Note(48, 6, 60))
    table = dict(zip(FEATURES, expression_features(notes, np.array([0.25, 0.25, 0.5, 0.25])).T, strict=True))
    assert table["first"].tolist() == [1, 0, 0, 1]
    assert table["last"].tolist() == [0, 0, 1, 1]
    assert table["rise"].tolist() == [0, 1, 0, 0]
    assert table["drop"].tolist() == [0, 0, 0.5, 0]
    assert table["peak"].tolist() == [0, 1, 0, 0]
    assert table["beat"].tolist() == [1, 0, 1, 1]
    assert table["long"].tolist() == [0, 0, 1, 0]
    assert expression_features((), np.zeros(0)).shape == (0, len(FEATURES))


def test_the_file_says_where_its_weights_are_from(tmp_path: Path) -> None:
    assert "Weimar Jazz Database" in load_chances().source
    content = json.loads(EXPRESSION_FILE.read_text(encoding="utf-8"))
    assert set(content["weights"]) == set(GESTURES)
    for wrong in (
        "{",
        json.dumps(content | {"weights": {}}),
        json.dumps(content | {"weights": content["weights"] | {"fall": {"mood": 1}}}),
        json.dumps(content | {"offsets": {"fall": {"kazoo": 1}}}),
        json.dumps(content | {"offsets": {"fall": {"trumpet": float("inf")}}}),
    ):
        (tmp_path / "wrong.json").write_text(wrong, encoding="utf-8")
        load_chances.cache_clear()
        with pytest.raises(DataError, match="not a model of expression"):
            load_chances(tmp_path / "wrong.json")
