"""The band: what each player keeps to, and what the figures of a rhythm section are over many takes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks import takes as checker
from jazzgen.band import drummer as kit
from jazzgen.band import ensemble as band
from jazzgen.band.bassist import BASS_HIGH, BASS_LOW
from jazzgen.band.comping import movement, smoothest, voicing_tones
from jazzgen.band.guitarist import GUITAR
from jazzgen.band.pianist import PIANO
from jazzgen.band.scene import Scene, groups
from jazzgen.errors import OptionError
from jazzgen.music.chords import chord_scale, guide_tones, parse_chord, transpose_symbol
from jazzgen.music.endings import with_ending
from jazzgen.music.forms import builtin_names, find_progression
from jazzgen.music.progressions import STYLES, parse_progression
from jazzgen.music.score import (
    DRUM_CHANNEL,
    Arrangement,
    ChordChange,
    MeterChange,
    Note,
    Part,
    Progression,
    Solo,
)

TWO_FIVE = "| Dm7 | G7 | Cmaj7 | A7alt |"
CHORDS = [
    f"{root}{kind}" for root in ("C", "Db", "E", "Gb", "A") for kind in ("m7", "7", "maj7", "6", "m7b5")
]
FORMS = (
    "blues-f", "jazz-blues-bb", "blues-descending-f", "minor-blues-c", "waltz-blues-g", "rhythm-changes-bb",
    "turnaround-c", "modal-aaba-dm", "modal-vamps-dm", "bossa-f", "waltz-bb", "ballad-eb", "minor-aaba-am",
    "circle-of-thirds-c", "five-four-ebm",
)  # fmt: skip


def form_of(text: str, **fields: object) -> Progression:
    return parse_progression(text, **fields)


def play(form: Progression, seed: int = 0, style: str = "", **fields: object) -> dict[str, Part]:
    solo = Solo(fields.pop("notes", ()), replace(form, style=style or form.style), **fields)
    return {part.name: part for part in band.accompany(solo, np.random.default_rng(seed))}


def starts(part: Part) -> list[int]:
    return sorted({note.onset for note in part.notes})


def chords_of(part: Part) -> dict[int, list[int]]:
    """Onset -> the pitches struck there, rising."""
    return {onset: sorted(n.pitch for n in part.notes if n.onset == onset) for onset in starts(part)}


# ------------------------------------------------------------------------------------------------ every style


def test_the_band_is_a_piano_a_bass_and_drums() -> None:
    parts = play(form_of(TWO_FIVE))
    assert [(part.name, part.program, part.channel) for part in parts.values()] == [
        ("Piano", 0, 1),
        ("Bass", 32, 2),
        ("Drums", 0, DRUM_CHANNEL),
    ]


def test_the_same_seed_is_the_same_band() -> None:
    form = form_of(TWO_FIVE).repeat(4)
    assert play(form, 1) == play(form, 1)
    assert play(form, 1) != play(form, 2)


def test_another_player_is_another_row_and_changes_nobody_elses_notes(monkeypatch) -> None:
    def bell(scene: Scene, rng: np.random.Generator) -> list[Note]:
        return [Note(bar.start, 6, 84, 40 + int(rng.integers(9))) for bar in scene.bars]

    before = play(form_of(TWO_FIVE))
    monkeypatch.setattr(band, "BAND", (*band.BAND, band.BandPart("Bells", 14, 3, 60, 64, bell)))
    after = play(form_of(TWO_FIVE))
    assert starts(after.pop("Bells")) == [0, 48, 96, 144]
    assert after == before


@given(
    st.sampled_from(
        [TWO_FIVE, "| C | N.C. | F#m7b5 B7b9 | Em |", "| Bb/D Gb7 Bmaj7 D7 | G6 |", "| Asus4 | C+ | D5 |"]
    ),
    st.sampled_from(STYLES),
    st.sampled_from([60.0, 150.0, 250.0, 330.0]),
    st.integers(0, 2**32 - 1),
)
@settings(deadline=None, max_examples=80)
def test_nothing_overlaps_or_reaches_past_the_end(text: str, style: str, tempo: float, seed: int) -> None:
    form = form_of(text, style=style).repeat(3)
    for part in play(form, seed, tempo=tempo).values():
        by_key: dict[int, list[Note]] = {}
        for note in part.notes:
            assert note.end <= form.length
            by_key.setdefault(note.pitch, []).append(note)
        for notes in by_key.values():
            assert all(before.end <= after.onset for before, after in pairwise(notes))


@pytest.mark.parametrize(("style", "beats"), list(product(STYLES, [1, 2, 3, 4, 5, 6, 7, 9])))
def test_every_style_plays_in_every_meter(style: str, beats: int) -> None:
    bar = beats * 12
    form = Progression(
        form_of("| Dm7 G7 | C |").chords[:1], 8 * bar, (MeterChange(0, beats),), style=style
    ).repeat(2)
    parts = play(form, 3)
    bass, ticks = parts["Bass"], set(starts(parts["Drums"]))
    assert set(form.bar_ticks) <= set(starts(bass))
    assert all(a.end <= b.onset for a, b in pairwise(bass.notes))
    assert all(BASS_LOW <= note.pitch <= BASS_HIGH for note in bass.notes)
    assert {start for start in form.bar_ticks if start < form.length - 2 * bar} <= ticks
    assert len(chords_of(parts["Piano"])) >= 4


def test_meters_may_change() -> None:
    form = Progression(form_of("| C7 |").chords, 84, (MeterChange(0, 4), MeterChange(48, 3)))
    assert all(part.notes for part in play(form).values())


def test_swing_becomes_up_tempo_when_it_is_fast() -> None:
    assert band.choose_style("swing", 160) == "swing"
    assert band.choose_style("swing", 260) == "up-tempo"
    assert band.choose_style("bossa", 260) == "bossa"
    form = form_of(TWO_FIVE).repeat(8)
    assert play(form, tempo=260.0) == play(form, style="up-tempo", tempo=260.0)
    assert play(form, tempo=160.0) != play(form, style="up-tempo", tempo=160.0)


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(OptionError, match="unknown style 'polka'; known are swing, up-tempo"):
        play(form_of(TWO_FIVE), style="polka")


def test_every_style_is_a_band_of_its_own() -> None:
    form = form_of(TWO_FIVE).repeat(4)
    onsets = {style: starts(play(form, style=style)["Drums"]) for style in STYLES}
    basses = {style: starts(play(form, style=style)["Bass"]) for style in STYLES}
    assert basses["swing"] != basses["bossa"] != basses["straight"] != basses["ballad"] != basses["swing"]
    assert onsets["bossa"] != onsets["swing"]


# ------------------------------------------------------------------------------------------------------- form


def test_the_form_is_found_again_in_its_repetitions() -> None:
    for name in ("blues-f", "rhythm-changes-bb", "five-four-ebm", "modal-aaba-dm"):
        form = find_progression(name)
        scene = Scene.of(Solo((), form.repeat(3)))
        assert scene.choruses == 3, name
        assert [bar.number for bar in scene.bars if bar.opens_chorus] == [
            k * len(form.bar_ticks) for k in range(3)
        ]


def test_groups_add_up() -> None:
    assert groups(4) == [2, 2]
    assert groups(5) == [3, 2]
    assert groups(7) == [2, 2, 3]
    assert all(sum(groups(beats)) == beats and max(groups(beats)) <= 3 for beats in range(1, 17))


def test_bars_without_a_chord_are_silent() -> None:
    form = form_of("| C7 | N.C. | N.C. | F7 | % |")
    for seed in range(10):
        for part in play(form, seed).values():
            assert not [note for note in part.notes if 48 <= note.onset < 144 - 6]
            assert not [note for note in part.notes if note.onset < 48 < note.end]


def test_a_band_without_any_chord_is_silent() -> None:
    assert all(not part.notes for part in play(form_of("| N.C. | % |")).values())


def test_the_end_is_an_ending() -> None:
    form = form_of(TWO_FIVE).repeat(3)
    last = form.length - 48
    broken = 0
    for seed in range(30):
        parts = play(form, seed)
        for name in ("Piano", "Bass"):
            assert {(n.onset, n.end) for n in parts[name].notes if n.onset >= last} == {(last, form.length)}
        landing = {n.pitch for n in parts["Drums"].notes if n.onset >= last}
        assert landing == {kit.KICK, kit.CRASH}
        assert starts(parts["Drums"])[-1] == last
        broken += [n.onset for n in parts["Bass"].notes if n.onset >= last - 48] == [last - 48, last]
    assert 4 <= broken <= 20  # the band stops in the bar before, in some takes


def test_the_texture_changes_with_the_form() -> None:
    form = find_progression("rhythm-changes-bb").repeat(3)
    scene = Scene.of(Solo((), form, tempo=160.0))
    parts = play(form, tempo=160.0)
    per_chorus = [Counter(), Counter(), Counter()]
    for note in parts["Drums"].notes:
        per_chorus[scene.bars[form.bar_at(note.onset)].chorus][note.pitch] += 1
    first, second, third = per_chorus
    assert first[kit.CLOSED] > 40 > third[kit.CLOSED]
    assert second[kit.CRASH] >= 1
    assert third[kit.CRASH] >= 1
    bass = [scene.bars[form.bar_at(onset)].chorus for onset in starts(parts["Bass"])]
    assert bass.count(0) < 0.8 * bass.count(1)
    loud = [
        np.mean([n.velocity for n in parts["Piano"].notes if scene.bars[form.bar_at(n.onset)].chorus == k])
        for k in range(3)
    ]
    assert loud[0] < loud[1] < loud[2]
    fills = [bar for bar in scene.bars if bar.closes_section and not bar.last]
    toms = {kit.SNARE, kit.HIGH_TOM, kit.MID_TOM, kit.LOW_TOM}
    for bar in fills:
        late = [n for n in parts["Drums"].notes if bar.end - 24 <= n.onset < bar.end and n.pitch in toms]
        assert len(late) >= 2, bar.number


def test_under_a_double_time_solo_the_band_keeps_the_beat_of_the_file() -> None:
    form = form_of("| Dm7 | % | G7 | % | Cmaj7 | % | A7 | % |")  # each bar of the file is two here
    notes = play(form, seed=1, double_time=True)["Bass"].notes
    main = [note.onset for note in notes if note.onset < 192]
    assert set(range(0, 192, 24)) <= set(main)
    assert notes[0].duration == 24
    assert notes[-1].end == form.length


# ------------------------------------------------------------------------------------------------------- bass


def test_the_bass_walks_in_quarters_after_a_first_chorus_in_two() -> None:
    form = find_progression("blues-f").repeat(2)
    onsets = starts(play(form, tempo=160.0)["Bass"])
    half = form.length // 2
    assert set(range(half, form.length - 96, 12)) <= set(onsets)
    assert len([onset for onset in onsets if onset < half]) < 0.8 * 48


def test_a_fast_bass_walks_from_the_start() -> None:
    form = find_progression("blues-f").repeat(2)
    onsets = starts(play(form, tempo=280.0)["Bass"])
    assert set(range(0, form.length - 96, 12)) <= set(onsets)


def test_the_bass_plays_the_slash() -> None:
    assert play(form_of("| C/E | F |"))["Bass"].notes[0].pitch % 12 == 4


def bass_figures(form: Progression, notes: tuple[Note, ...]) -> Counter[str]:
    """What the acceptance table asks of a bass line, counted."""
    counts: Counter[str] = Counter()
    by_onset = {note.onset: note for note in notes}
    for change in form.chords:
        chord = parse_chord(change.symbol)
        if chord is None:
            continue
        counts["chords"] += 1
        landing = by_onset.get(change.tick)
        counts["roots"] += landing is not None and landing.pitch % 12 == chord.bass
        before = [note for note in notes if note.onset < change.tick]
        if landing is not None and before:
            away = abs(before[-1].pitch - landing.pitch)
            counts["leads"] += 1
            counts["led"] += away <= 2 or away in (5, 7)
    counts["pairs"] += len(notes) - 1
    counts["repeated"] += sum(a.pitch == b.pitch for a, b in pairwise(notes))
    counts["thrice"] += sum(a.pitch == b.pitch == c.pitch for a, b, c in zip(notes, notes[1:], notes[2:]))  # noqa: B905
    counts["outside"] += sum(not BASS_LOW <= note.pitch <= BASS_HIGH for note in notes)
    return counts


@pytest.mark.parametrize("name", FORMS)
def test_the_bass_puts_the_root_on_the_chord_and_leads_into_the_next(name: str) -> None:
    form = find_progression(name).repeat(2)
    counts: Counter[str] = Counter()
    for seed, tempo in enumerate((90.0, 160.0, 260.0)):
        counts += bass_figures(form, play(form, seed, tempo=tempo)["Bass"].notes)
    assert counts["roots"] >= 0.95 * counts["chords"]
    assert counts["led"] >= 0.90 * counts["leads"]
    assert counts["outside"] == 0
    # Only the fifth of a bossa, which comes early and stays, is played twice as a habit.
    assert counts["repeated"] <= (0.25 if form.style == "bossa" else 0.05) * counts["pairs"]
    assert counts["thrice"] <= 0.01 * counts["pairs"]


# ------------------------------------------------------------------------------------------------------ piano


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("Dm7", "F A C"),
        ("G7", "B D F"),
        ("Cmaj7", "E G B D"),
        ("C", "C E G"),
        ("G7b9", "B D F Ab"),
        ("Em7b5", "G Bb D"),
        ("G7sus4", "C F"),
        ("Fmaj7#11", "A E B"),
        ("C7alt", "E Bb"),
    ],
)
def test_voicings_hold_the_guide_tones(symbol: str, expected: str) -> None:
    names = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"]
    chord = parse_chord(symbol)
    for voices in (3, 4):
        voiced = {names[pitch % 12] for pitch in smoothest(PIANO, chord, voices=voices)}
        assert len(voiced) <= max(voices, 3)
        if voices == 4:
            assert set(expected.split()) <= voiced


def test_every_chord_of_the_built_in_forms_has_a_voicing_above_the_bass() -> None:
    hand: tuple[int, ...] = ()
    for name in builtin_names():
        for change in find_progression(name).chords:
            chord = parse_chord(change.symbol)
            hand = smoothest(PIANO, chord, hand)
            assert all(PIANO.low <= pitch <= PIANO.high for pitch in hand)
            assert len(set(hand)) == len(hand) >= 3
            assert guide_tones(chord) <= {pitch % 12 for pitch in hand}


def test_every_chord_is_heard() -> None:
    form = form_of("| Dm7 G7 | Cmaj7 A7 | Dm7 Db7 | C6 |")
    for seed in range(20):
        onsets = starts(play(form, seed)["Piano"])
        for change, after in pairwise([*form.chords, parse_progression("| C |").chords[0]]):
            end = after.tick or form.length
            assert any(change.tick - 6 <= onset < end for onset in onsets), (seed, change)


@pytest.mark.parametrize("name", FORMS)
def test_voicings_hold_the_color_and_move_little(name: str) -> None:
    form = find_progression(name).repeat(2)
    voiced = held = voices = 0
    moved = 0.0
    for seed, tempo in enumerate((90.0, 160.0, 260.0)):
        chords = chords_of(play(form, seed, tempo=tempo)["Piano"])
        for onset, pitches in chords.items():
            tick = min(onset + 6, form.length - 1) if onset % 12 == 6 else onset  # pushed
            chord = parse_chord(form.chord_at(tick).symbol)
            voiced += 1
            held += guide_tones(chord) <= {pitch % 12 for pitch in pitches}
            assert all(PIANO.low <= pitch <= PIANO.high for pitch in pitches)
        for before, after in pairwise(chords.values()):
            if before != after:
                moved += movement(before, after)
                voices += len(after)
    assert held >= 0.95 * voiced
    assert moved <= 2.5 * voices


def test_the_piano_anticipates_and_leaves_holes() -> None:
    form = find_progression("blues-f").repeat(4)
    onsets = starts(play(form, tempo=160.0)["Piano"])
    bars = [form.bar_at(onset) for onset in onsets]
    assert any(onset % 48 == 42 for onset in onsets)
    assert len(onsets) < 2.6 * len(form.bar_ticks)
    busy = tuple(Note(tick, 6, 66) for tick in range(0, form.length, 6))
    under = starts(play(form, tempo=160.0, notes=busy)["Piano"])
    assert len(under) < len(onsets)
    assert len(set(bars)) <= len(form.bar_ticks)


def test_the_piano_answers_the_soloists_rests() -> None:
    form = find_progression("blues-f").repeat(8)
    talks = tuple(  # two bars of eighths, two bars of rest
        Note(tick, 6, 66) for tick in range(0, form.length, 6) if tick // 96 % 2 == 0
    )
    scene = Scene.of(Solo(talks, form, tempo=160.0))
    answers = total = 0
    for seed in range(4):
        onsets = starts(play(form, seed, tempo=160.0, notes=talks)["Piano"])
        answers += sum(scene.rests_at(onset) for onset in onsets)
        total += len(onsets)
    assert answers > 0.55 * total  # half of the time is silent


def test_the_piano_makes_room_for_a_low_solo() -> None:
    form = form_of(TWO_FIVE).repeat(6)
    solo = tuple(Note(tick, 6, 55) for tick in range(0, form.length, 12))
    chords = chords_of(play(form, notes=solo)["Piano"]).values()
    assert np.mean([max(chord) for chord in chords]) < 66
    for low, high in ((50, 90), (58, 90)):
        tops = [
            np.mean([smoothest(PIANO, parse_chord(symbol), ceiling=ceiling)[-1] for symbol in CHORDS])
            for ceiling in (low, high)
        ]
        assert tops[0] < tops[1]


# ------------------------------------------------------------------------------------------------------ drums


@pytest.mark.parametrize(("beats", "feet"), [(2, [12]), (3, [12]), (4, [12, 36]), (5, [12, 48])])
def test_the_drums_keep_time_in_any_meter(beats: int, feet: list[int]) -> None:
    bar = beats * 12
    form = Progression(form_of("| C7 |").chords, 8 * bar, (MeterChange(0, beats),))
    part = play(form, tempo=160.0)["Drums"]
    ride = [note.onset for note in part.notes if note.pitch == kit.RIDE]
    pedal = {note.onset % bar for note in part.notes if note.pitch == kit.PEDAL}
    assert set(range(0, 6 * bar, 12)) <= set(ride)
    assert set(feet) <= pedal
    assert all(onset % 12 in (0, 6) for onset in ride)


def test_a_ballad_has_brushes() -> None:
    part = play(find_progression("ballad-eb"), tempo=60.0)["Drums"]
    assert part.program == 40
    keys = Counter(note.pitch for note in part.notes)
    assert keys[kit.SWIRL] > 100
    assert keys[kit.SNARE] > 40
    assert np.mean([note.velocity for note in part.notes]) < 64


def test_a_bossa_has_the_clave_on_the_rim() -> None:
    part = play(find_progression("bossa-f"))["Drums"]
    rim = {note.onset for note in part.notes if note.pitch == kit.STICK and note.onset < 192}
    assert {0, 18, 36, 60, 78} <= rim


def test_the_kick_is_feathered() -> None:
    form = find_progression("blues-f").repeat(2)
    part = play(form, tempo=160.0)["Drums"]
    quarters = [n for n in part.notes if n.pitch == kit.KICK and n.onset % 12 == 0 and n.onset % 576]
    assert len(quarters) > 60
    assert np.median([note.velocity for note in quarters]) < 45


# --------------------------------------------------------------------------------------------------- count-in


@pytest.mark.parametrize("double_time", [False, True])
def test_a_count_in_is_one_bar_of_sticks_before_everything(double_time: bool) -> None:
    form = form_of("[A] | Dm7 | G7 | Cmaj7 | A7 |")
    solo = Solo((Note(6, 6, 60),), form, double_time=double_time)
    plain = Arrangement(solo, band.accompany(solo, np.random.default_rng(0)))
    counted = band.count_in(plain)
    bar = 96 if double_time else 48
    assert counted.solo.progression.length == form.length + bar
    assert [c.symbol for c in counted.solo.progression.chords] == ["N.C.", "Dm7", "G7", "Cmaj7", "A7"]
    assert counted.solo.notes[0].onset == 6 + bar
    for before, after in zip(plain.parts, counted.parts, strict=True):
        clicks = [note for note in after.notes if note.onset < bar]
        assert [(n.onset + bar, n.pitch) for n in before.notes] == [
            (n.onset, n.pitch) for n in after.notes if n.onset >= bar
        ]
        assert [n.onset for n in clicks] == (
            [k * bar // 4 for k in range(4)] if after.name == "Drums" else []
        )


@pytest.mark.parametrize("seed", range(8))
def test_the_last_note_of_the_bass_is_the_root_though_the_chord_has_sounded_before(seed: int) -> None:
    solo = Solo((), parse_progression("| Dm7 | G7 | Cmaj7 | % |"))
    bass = next(part for part in band.accompany(solo, np.random.default_rng(seed)) if part.name == "Bass")
    assert bass.notes[-1].pitch % 12 == 0


# ------------------------------------------------------------------------------------------------- the guitar

SYMBOLS = (
    "C", "Cm", "C5", "C+", "Cdim", "C6", "Cm6", "C69", "Cmaj7", "Cmaj9", "Cmaj7#11", "Cm7", "Cm9",
    "Cm11", "CmMaj7", "Cm7b5", "Cdim7", "C7", "C9", "C13", "C7b9", "C7#9", "C7#11", "C7alt", "C+7",
    "C7sus4", "C13sus4", "Csus2", "Cadd9", "C/E", "Cm7/G", "C7/Bb",
)  # fmt: skip


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("voices", [3, 4])
def test_a_hand_can_stop_every_shape(symbol: str, voices: int) -> None:
    for semitones in range(12):
        chord = parse_chord(transpose_symbol(symbol, semitones))
        assert chord is not None
        pitches = smoothest(GUITAR, chord, (), voices)
        assert checker.guitar_figures(
            Progression((ChordChange(0, chord.symbol),), 48), [Note(0, 12, pitch) for pitch in pitches]
        ) == {"shapes": 1, "unplayable": 0, "doubled": 0}
        assert 2 <= len(pitches) <= voices
        assert {pitch % 12 for pitch in pitches} <= set(voicing_tones(chord, 4)) | set(
            voicing_tones(chord, 3)
        )
        assert guide_tones(chord) <= {pitch % 12 for pitch in pitches}


def test_what_no_hand_can_stop_is_found_out() -> None:
    form = Progression((ChordChange(0, "C7"),), 48)
    for pitches in ([41, 46, 76], [57, 58, 59], [40, 52, 64]):  # too wide, too close, an open string
        found = checker.guitar_figures(form, [Note(0, 12, pitch) for pitch in pitches])
        assert found["unplayable"] == 1, pitches
    assert checker.guitar_figures(form, [Note(0, 12, 48)])["doubled"] == 1


def test_the_guitar_strums_four_to_the_bar_when_the_piece_has_warmed_up() -> None:
    form = form_of(TWO_FIVE).repeat(6)
    parts = band.accompany(
        Solo((), form, tempo=160.0), np.random.default_rng(1), comping="guitar", choruses=3
    )
    assert [part.name for part in parts] == ["Guitar", "Bass", "Drums"]
    struck = chords_of(parts[0])
    later = range(8, 22)  # neither the calm chorus nor the ending
    assert all({48 * bar + 12 * beat for beat in range(4)} <= set(struck) for bar in later)
    assert len([onset for onset in struck if onset < 8 * 48]) < 20
    short = {note.onset % 24: note.duration for note in parts[0].notes if 8 * 48 <= note.onset < 22 * 48}
    assert short == {0: 8, 12: 6}


def test_a_guitarist_changes_nobody_elses_notes() -> None:
    solo = Solo((), form_of(TWO_FIVE).repeat(4))
    piano = band.accompany(solo, np.random.default_rng(1))
    guitar = band.accompany(solo, np.random.default_rng(1), comping="guitar")
    assert piano[1:] == guitar[1:]


@pytest.mark.parametrize(("option", "value"), [("comping", "banjo"), ("ending", "fade")])
def test_an_unknown_choice_is_refused(option: str, value: str) -> None:
    with pytest.raises(OptionError, match=f"{option} must be one of .*, received '{value}'"):
        band.accompany(Solo((), form_of(TWO_FIVE)), np.random.default_rng(0), **{option: value})


# ------------------------------------------------------------------------------------------------- the ending


def test_without_an_ending_the_time_goes_on_to_the_bar_line() -> None:
    solo = Solo((), form_of(TWO_FIVE).repeat(4), tempo=160.0)
    written, endless = (
        {
            part.name: part
            for part in band.accompany(solo, np.random.default_rng(5), ending=ending, choruses=2)
        }
        for ending in ("written", "none")
    )
    last = solo.progression.bar_ticks[-1]
    assert [note.duration for note in written["Bass"].notes if note.onset >= last] == [48]
    assert len([note for note in endless["Bass"].notes if note.onset >= last]) >= 4
    assert len([note for note in endless["Drums"].notes if note.onset >= last]) >= 6
    # The line leads back to its first note, to be played in a loop.
    away = abs(endless["Bass"].notes[-1].pitch - endless["Bass"].notes[0].pitch)
    assert away <= 2 or away in (5, 7)


def test_a_chorus_with_an_ending_is_a_chorus_still() -> None:
    form = with_ending(find_progression("blues-f"), 3)
    scene = Scene.of(Solo((), form), choruses=3)
    assert [bar.number for bar in scene.bars if bar.opens_chorus] == [0, 12, 24]


def test_what_the_bass_holds_for_two_beats_is_in_the_chord() -> None:
    outside = held = 0
    for seed in range(20):
        form = find_progression("ballad-eb")
        for note in play(form, seed, tempo=64.0)["Bass"].notes:
            chord = parse_chord(form.chord_at(note.onset).symbol)
            if note.duration >= 24 and chord is not None:
                held += 1
                outside += note.pitch % 12 not in chord_scale(chord)
    assert held > 300
    assert outside <= held // 100


def test_a_raised_eleventh_stands_for_the_fifth() -> None:
    assert voicing_tones(parse_chord("G7#11")) == [(7 + up) % 12 for up in (2, 4, 6, 10)]
