"""walking.py: what the learned bassist reads, and its network by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from jazzgen.band import walking
from jazzgen.band.bassist import bass
from jazzgen.band.scene import Scene
from jazzgen.band.walking import (
    CORRECTIONS,
    HEADS,
    HIGH,
    LOW,
    LSTM,
    PITCHES,
    PLAYED,
    STATIC,
    TABLES,
    UNKNOWN,
    WIDEST,
    Place,
    Walker,
    WalkingNetwork,
    clashes,
    network_shapes,
    played_features,
    read_beats,
    views,
)
from jazzgen.charts.find import find_progression
from jazzgen.charts.text import parse_progression
from jazzgen.errors import CheckpointError
from jazzgen.music.chords import Chord, parse_chord
from jazzgen.music.score import Note, Solo


def arrays(units: int, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = network_shapes({"n_a": units, "features": [*STATIC, *PLAYED]})
    return {name: rng.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}


def test_nothing_names_a_key() -> None:
    scenes = [Scene.of(Solo((), find_progression(f"blues-{key}"))) for key in ("f", "bb", "c")]
    first, *others = (read_beats(scene) for scene in scenes)
    for other in others:
        assert np.array_equal(first.features, other.features)
        assert not np.array_equal(first.roots, other.roots)


def test_a_beat_knows_its_chord_the_next_one_and_the_solo() -> None:
    form = parse_progression("| Dm7 | G7 Cmaj7 |")
    notes = tuple(Note(tick, 6, 60 + tick // 12) for tick in range(0, 48, 6))
    beats = read_beats(Scene.of(Solo(notes, form)))
    places = np.cumsum([0, *STATIC.values()])
    part = {name: beats.features[:, a:b] for name, a, b in zip(STATIC, places, places[1:], strict=False)}
    assert np.flatnonzero(part["chord"][0]).tolist() == [0, 3, 7, 10]
    assert np.flatnonzero(part["next root"][0]).tolist() == [5]
    assert np.flatnonzero(part["beats until"][3]).tolist() == [0]
    assert np.flatnonzero(part["beats since"][5]).tolist() == [1]
    assert beats.roots.tolist() == [2] * 4 + [7] * 2 + [0] * 2
    assert beats.next_roots.tolist() == [7] * 4 + [0] * 2 + [-1] * 2
    assert part["density"][2] > part["density"][7]


def test_pitches_are_seen_from_four_sides() -> None:
    degree, following, interval, register = views(last=40, root=2, next_root=7)
    at = int(np.flatnonzero(PITCHES == 43)[0])  # G2
    assert (degree[at], following[at], interval[at], register[at]) == (5, 0, 3 + 12, at)
    assert set(views(UNKNOWN, 2, -1)[2]) == {25}
    assert played_features(UNKNOWN, UNKNOWN, 0)[[12, 25]].tolist() == [1, 1]


def test_the_network_by_hand_is_the_one_of_keras() -> None:
    pytest.importorskip("keras")
    from recipes.bassist import arrays_of, build

    network = build()
    by_hand = WalkingNetwork(arrays_of(network))
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1, 6, by_hand.kernel.shape[0])).astype(np.float32)
    seen = np.stack([views(int(rng.integers(LOW, HIGH)), 3, 8) for _ in range(6)])
    expected = np.array(network.predict_on_batch([x, seen[None]]))[0]
    for t in range(6):
        logits = by_hand.step(x[0, t], seen[t])
        logs = logits - np.log(np.exp(logits).sum())
        assert np.allclose(logs, expected[t], atol=1e-5)


def test_a_walker_forgets_where_it_did_not_walk() -> None:
    scene = Scene.of(Solo((), find_progression("blues-f")))
    first, second = (Walker(scene, np.random.default_rng(3), arrays(8)) for _ in range(2))
    for beat in range(4):
        first.pitch(12 * beat, [41, 40])
    remembered = first.network.state[0].copy()
    for walker in (first, second):
        walker.pitch(120, [41, 40])
    assert np.array_equal(first.network.state[0], second.network.state[0])
    assert not np.array_equal(first.network.state[0], remembered)


@pytest.mark.parametrize(
    ("so_far", "drawn"),
    [([43, 41, 41], True), ([41, 41, 41], False), ([43, 43, 40], False)],
    ids=["a third time", "a fourth time", "no tone of the chord"],
)
def test_a_pitch_comes_again_where_it_is_the_chords(so_far: list[int], drawn: bool) -> None:
    scene = Scene.of(Solo((), parse_progression("| Dm7 | % |")))
    walkers = [Walker(scene, np.random.default_rng(0), arrays(8, seed)) for seed in range(20)]
    assert any(walker.pitch(48, so_far) == so_far[-1] for walker in walkers for _ in range(20)) == drawn


def test_no_chord_goes_by_without_a_tone_of_it() -> None:
    form = parse_progression("| F#dim7 | Dm7 G7 | Cm7 | % |")
    scene = Scene.of(Solo((), form))
    for seed in range(40):
        walker = Walker(scene, np.random.default_rng(seed), arrays(8))
        line: list[int] = []
        for tick in range(0, form.length, 12):
            line.append(walker.pitch(tick, line))
        tones = [pitch % 12 in chord.pitch_classes for pitch, chord in zip(line, chords(scene), strict=True)]
        assert any(tones[:2]) or tones[2], line
        assert any(tones[4:6]), line
        assert any(tones[6:8]), line
        assert all(any(tones[k : k + 4]) for k in range(8, 13)), line


def test_a_place_has_a_cell_for_each_pitch_in_each_table() -> None:
    cells = Place(before=45, last=43, root=2, begins=True, beat=3).cells()
    g_two = int(np.flatnonzero(PITCHES == 43)[0])
    found = {name: (*row, int(columns[g_two])) for name, (row, columns) in cells.items()}
    assert found == {
        "steps": (1, WIDEST), "ways": (1, 3, WIDEST), "degrees": (1, 3, 5), "heights": (3, g_two)
    }  # fmt: skip
    for place in (Place(UNKNOWN, UNKNOWN, 0, False, 0), Place(LOW, HIGH, 11, True, 3)):
        for name, (row, columns) in place.cells().items():
            assert np.zeros(TABLES[name])[row][columns].shape == (len(PITCHES),)


def test_corrections_are_heard() -> None:
    scene = Scene.of(Solo((), parse_progression("| Dm7 | % |")))
    tables = {CORRECTIONS + name: np.zeros(shape, np.float32) for name, shape in TABLES.items()}
    tables[CORRECTIONS + "ways"][0, 1, 3 + WIDEST] = 50  # a third up, on the second beat
    walker = Walker(scene, np.random.default_rng(0), arrays(8) | tables)
    assert walker.pitch(12, [38]) == 41


def test_takes_have_habits() -> None:
    scene = Scene.of(Solo((), find_progression("blues-f")))
    first, again, other = (Walker(scene, np.random.default_rng(seed), arrays(8)) for seed in (0, 0, 1))
    assert np.array_equal(first.habits, again.habits)
    assert not np.any(first.habits == other.habits)


def chords(scene: Scene) -> list[Chord]:
    return [chord for tick in range(0, scene.form.length, 12) if (chord := scene.chord_at(tick))]


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        ({"n_a": 0}, "units n_a"),
        ({"n_a": 8, "features": ["chord"]}, "its features must be"),
        ({"n_a": 8, "features": [*STATIC, *PLAYED], "corrected": 1}, "true or false, received .1"),
    ],
)
def test_a_file_of_another_network_is_refused(description: dict[str, object], reason: str) -> None:
    with pytest.raises(CheckpointError, match=reason):
        network_shapes(description)


def test_the_shipped_one_is_of_this_layout() -> None:
    scene = Scene.of(Solo((), find_progression("blues-f"), tempo=160.0))
    walker = Walker(scene, np.random.default_rng(0))
    assert LOW <= walker.pitch(0, []) <= HIGH
    assert {f"lstm/{name}" for name in LSTM} < set(network_shapes({"n_a": 8, "features": [*STATIC, *PLAYED]}))
    assert sum(STATIC.values()) + sum(PLAYED.values()) == walking.WIDTH
    assert set(HEADS) == {"degree", "next_degree", "interval", "register"}


@pytest.mark.parametrize("style", ["swing", "up-tempo", "shuffle"])
def test_a_walk_opens_on_the_bass_a_section_on_a_tone_and_nothing_clashes_twice(style: str) -> None:
    for seed in range(12):
        form = replace(parse_progression("[A] | F7 | Bb7 | Gm7 C7 | F7 |"), style=style).repeat(2)
        scene = Scene.of(Solo((), form, tempo=240))
        line = [note for note in bass(scene, np.random.default_rng(seed)) if note.onset % 12 == 0]
        assert line[0].pitch % 12 == 5
        for note in line:
            chord = scene.chord_at(note.onset)
            assert chord is not None
            if note.onset % (48 * 4) == 0:
                assert note.pitch % 12 in chord.pitch_classes
            if style == "shuffle":
                assert note.pitch % 12 not in clashes(chord)


def begun(text: str) -> Iterator[int]:
    """The pitch classes that walks have as chords begin, above the root."""
    for seed in range(12):
        scene = Scene.of(Solo((), parse_progression(text).repeat(4), tempo=240))
        starts = {change.tick for change in scene.form.chords}
        for note in bass(scene, np.random.default_rng(seed)):
            chord = scene.chord_at(note.onset)
            if chord is not None and note.onset in starts:
                yield (note.pitch - chord.root) % 12


def test_no_chord_but_a_dominant_begins_a_semitone_above_its_root() -> None:
    assert 1 not in begun("| Cm7 | Fmaj7 | Bbm7 | Eb6 |")


@pytest.mark.parametrize(
    ("symbol", "wrong"),
    [("F7", [4, 6]), ("Fm7", [4, 6, 9]), ("Fmaj7", [6]), ("F7b9", [4]), ("Fm(maj7)", [6, 9])],
)
def test_what_clashes_under_a_chord(symbol: str, wrong: list[int]) -> None:
    chord = parse_chord(symbol)
    assert chord is not None
    assert clashes(chord) == wrong
