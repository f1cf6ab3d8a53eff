"""MIDI files as music: what is written reads back, and foreign files are read as a musician would."""

from __future__ import annotations

import re
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.errors import DataError, MidiError, NoChordsError, OptionError, OutputError, TrackError
from jazzgen.midi.find import midi_files
from jazzgen.midi.layout import Layout
from jazzgen.midi.reading import read, read_solo
from jazzgen.midi.smf import Song, TimedNote, TimedText, Track, read_song
from jazzgen.midi.smf_writing import write_song
from jazzgen.midi.writing import write_arrangement
from jazzgen.music import grid
from jazzgen.music.progressions import parse_progression
from jazzgen.music.score import Arrangement, ChordChange, MeterChange, Note, Part, Progression, Section, Solo

FORM = parse_progression("| Dm7 | G7 | Cmaj7 | % |")
LINE = (
    Note(0, 6, 62),
    Note(6, 6, 65, 101),
    Note(12, 12, 69),
    Note(36, 4, 72),
    Note(40, 4, 71),
    Note(44, 4, 69),
)


def song(*tracks: Track, ppq: int = 480, end: int = 4 * 1920, **more: object) -> Song:
    return Song(ppq=ppq, end=end, tracks=tracks, **more)  # type: ignore[arg-type]


def line(*pitches: int, name: str = "Solo", program: int = 66, channel: int = 0, every: int = 240) -> Track:
    """Notes one after the other, eighths by default."""
    notes = (TimedNote(n * every, (n + 1) * every, pitch, 90) for n, pitch in enumerate(pitches))
    return Track(name, program, channel, tuple(notes))


def chord(*bars: tuple[int, ...], name: str = "Piano", program: int = 0, channel: int = 1) -> Track:
    """A chord a bar of 4/4."""
    notes = (TimedNote(n * 1920, n * 1920 + 1900, pitch, 70) for n, bar in enumerate(bars) for pitch in bar)
    return Track(name, program, channel, tuple(notes))


def texts(*found: tuple[float, str]) -> tuple[TimedText, ...]:
    """(beat, text) at 480 ticks a beat."""
    return tuple(TimedText(int(beat * 480), text) for beat, text in found)


@pytest.fixture
def saved(tmp_path: Path):
    def save(what: Song) -> Path:
        path = tmp_path / "file.mid"
        write_song(what, path)
        return path

    return save


SCALE = (60, 62, 64, 65, 67, 69, 71, 72, 74, 76, 77, 76, 74, 72, 71, 69)

# --------------------------------------------------------------------------------------------- there and back


@st.composite
def solos(draw: st.DrawFn) -> Solo:
    """A solo that the grid leaves as it is, over a form with changing meters; half of them in double time."""
    double = draw(st.booleans())
    factor = 2 if double else 1  # a bar of the file is two bars in double time
    meters, start, last = [], 0, 0
    for beats in draw(st.lists(st.integers(1, 7), min_size=1, max_size=3)):
        if beats != last:
            meters.append(MeterChange(start, beats))
        start, last = start + 12 * beats * factor * draw(st.integers(1, 4)), beats
    length = start + 12 * last * factor
    beats_played = st.floats(0, length / 12 - 1, allow_nan=False).map(lambda beat: round(beat * 24) / 24)
    onsets = sorted(set(draw(st.lists(beats_played, min_size=1, max_size=30))))
    ends = [onset + draw(st.floats(0.05, 2)) for onset in onsets]
    pitches = [draw(st.integers(0, 127)) for _ in onsets]
    velocities = [draw(st.integers(1, 127)) for _ in onsets]
    notes, _ = grid.quantize(zip(onsets, ends, pitches, velocities, strict=True), double_time=False)
    notes = [note for note in notes if note.end <= length] or [Note(0, 6, 60)]
    ticks = sorted(draw(st.sets(st.integers(1, length - 1), max_size=6)))
    names = st.sampled_from(["Dm7", "G7alt", "Cmaj7/E", "A", "B", "N.C.", "F#m7b5", "Bb-7", "Ebj7"])
    sections = sorted(draw(st.sets(st.integers(0, length - 1), max_size=4)))
    form = Progression(
        chords=tuple(ChordChange(tick, draw(names)) for tick in [0, *ticks]),
        length=length,
        meters=tuple(meters),
        sections=tuple(
            Section(tick, draw(st.sampled_from(["A", "B", "A'2", "Bridge"]))) for tick in sections
        ),
        title=draw(st.sampled_from(["", "Tune", "Für Elise"])),
        key=draw(st.sampled_from(["Bb", "F#m"])),
        style=draw(st.sampled_from(["swing", "bossa"])),
    )
    tempo = draw(st.integers(40, 4000)) / 10
    player = draw(st.sampled_from(["", "Art Pepper"]))
    name = draw(st.sampled_from(["tenor-sax", "cornet", "bass-clarinet", "piano"]))
    return Solo(tuple(notes), form, tempo, form.title, player, name, double)


BAND = (
    Part("Piano", 0, 1, tuple(Note(0, 48, pitch) for pitch in (53, 57, 60, 64))),
    Part("Bass", 32, 2, (Note(0, 12, 38), Note(12, 12, 41))),
    Part("Drums", 0, 9, tuple(Note(12 * beat, 1, 51) for beat in range(4))),
)


@settings(deadline=None, max_examples=150)
@given(
    solos(),
    st.sampled_from([96, 480, 960]),
    st.sampled_from([(), BAND]),
)
def test_a_solo_reads_back(tmp_path_factory, solo: Solo, ppq: int, band) -> None:
    path = tmp_path_factory.getbasetemp() / "there.mid"
    write_arrangement(Arrangement(solo, band, "jazzgen 1 --seed 2"), path, layout=Layout(ppq=ppq))
    reading = read(path)
    assert reading.solo == solo
    assert reading.track == "Solo"
    assert reading.chord_source == "markers"
    assert reading.recipe == "jazzgen 1 --seed 2" + (f" --ppq {ppq}" if ppq != 480 else "")
    assert reading.dropped == {}


def test_what_a_daw_sees(tmp_path: Path) -> None:
    form = parse_progression("| Dm7 | G7 | Cmaj7 | % |", key="C")
    form = Progression(form.chords, form.length, sections=(Section(0, "A"), Section(96, "B")), key="C")
    write_arrangement(Arrangement(Solo(LINE, form, 132, "Take"), BAND, "jazzgen x"), tmp_path / "take.mid")
    file = mido.MidiFile(tmp_path / "take.mid", charset="utf-8")
    assert (file.type, file.ticks_per_beat) == (1, 480)
    assert [track.name for track in file.tracks] == ["Take", "Solo", "Piano", "Bass", "Drums"]
    conductor = file.tracks[0]
    assert [m.type for m in conductor[:4]] == ["track_name", "set_tempo", "time_signature", "key_signature"]
    assert [m.text for m in conductor if m.type == "marker"] == ["[A]", "Dm7", "G7", "[B]", "Cmaj7", "Cmaj7"][
        :5
    ]
    assert {sum(m.time for m in track) for track in file.tracks} == {4 * 1920}
    channels = [{m.channel for m in track if not m.is_meta} for track in file.tracks[1:]]
    assert channels == [{0}, {1}, {2}, {9}]


def test_one_take_one_set_of_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_arrangement(Arrangement(Solo(LINE, FORM), BAND), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_unknown_key_is_estimated(tmp_path: Path) -> None:
    write_arrangement(Arrangement(Solo(LINE, FORM)), tmp_path / "take.mid")
    assert read_song(tmp_path / "take.mid").key == "C"


@pytest.mark.parametrize(
    ("arrangement", "options", "message"),
    [
        (Arrangement(Solo(LINE, FORM, 2.0)), {}, "tempo .* received 2"),
        (Arrangement(Solo(LINE, FORM), (BAND[0], BAND[0])), {}, "Piano and Piano share channel 2"),
        (
            Arrangement(Solo(LINE, parse_progression("| C | F | C |"), double_time=True)),
            {},
            "even number of bars",
        ),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is_left(
    tmp_path, arrangement, options, message
) -> None:
    with pytest.raises(OptionError, match=message):
        write_arrangement(arrangement, tmp_path / "take.mid", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="none"):
        write_arrangement(Arrangement(Solo(LINE, FORM)), tmp_path / "none" / "take.mid")


# --------------------------------------------------------------------------------------------- the solo track


def test_the_solo_is_the_most_solo_like_track(saved) -> None:
    changes = texts((0, "Dm7"), (4, "G7"))
    walking = line(*[38, 41, 45, 44] * 4, name="Track 1", program=32, channel=2, every=480)
    melody = line(*SCALE, name="Track 2", program=65)
    drums = line(*[51] * 16, name="Solo", channel=9)
    comping = chord((53, 57, 60, 64), (53, 57, 59, 64), name="Track 4")
    reading = read(saved(song(walking, comping, drums, melody, markers=changes)))
    assert (reading.track, reading.track_index) == ("Track 2", 4)
    assert "most solo-like of 3 tracks: a lead instrument's program, 100 % of its notes" in reading.reason
    assert reading.solo.instrument == "alto-sax"


def test_a_name_counts(saved) -> None:
    changes = texts((0, "Dm7"))
    other, solo = line(*SCALE, name="Sax 2"), line(*SCALE, name="Lead", program=0, channel=1)
    band = line(*SCALE, name="Strings", program=66, channel=2)
    assert read(saved(song(band, solo, markers=changes))).track == "Lead"
    assert read(saved(song(other, markers=changes))).reason == "the only track with pitches"


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("alto", "Alto"), ("ALTO", "Alto"), ("ten", "Tenor 1"), (2, "Tenor 1"), ("2", "Tenor 1")],
)
def test_the_track_can_be_named(saved, wanted, name: str) -> None:
    both = song(line(*SCALE, name="Alto"), line(*SCALE, name="Tenor 1", channel=1), markers=texts((0, "C")))
    reading = read(saved(both), track=wanted)
    assert reading.track == name
    assert "asked for" in reading.reason


@pytest.mark.parametrize("wanted", ["trumpet", "3", 0, ""])
def test_a_track_that_is_not_there(saved, wanted) -> None:
    both = song(line(*SCALE, name="Alto"), line(*SCALE, name="Tenor", channel=1))
    with pytest.raises(TrackError, match=r"its tracks with notes are 1 'Alto', 2 'Tenor'"):
        read(saved(both), track=wanted)


def test_messages_are_distinct(saved, tmp_path: Path) -> None:
    for content, message in (
        (song(), "has no notes"),
        (song(line(36, 38, channel=9)), "has only drums"),
        (song(line(*SCALE)), "no chord symbols .* give them with --progression"),
        (song(line(*SCALE), line(51, channel=9)), "no chord symbols"),
    ):
        with pytest.raises(MidiError, match=message):
            read_solo(saved(content))
    with pytest.raises(NoChordsError):
        read_solo(saved(song(line(*SCALE))))
    with pytest.raises(MidiError, match="no such file"):
        read_solo(tmp_path / "none.mid")


# --------------------------------------------------------------------------------------------- bars and tempo


def meters_of(path: Path, **options) -> list[tuple[int, int]]:
    return [(meter.tick // 12, meter.beats) for meter in read_solo(path, **options).progression.meters]


def test_meters_become_bars(saved) -> None:
    changes = ((0, 3, 4), (3 * 480 * 2, 5, 4), (11 * 480, 5, 4))
    path = saved(song(line(*SCALE), meters=changes, markers=texts((0, "C")), end=12 * 480))
    assert meters_of(path) == [(0, 3), (6, 5)]
    assert read_solo(path).progression.length == 16 * 12


@pytest.mark.parametrize("meters", [((0, 1, 4), (480, 4, 4)), ((0, 4, 4), (480, 4, 4))])
def test_a_short_first_bar_is_a_pickup(saved, meters) -> None:
    path = saved(song(line(*SCALE), meters=meters, markers=texts((1, "C"))))
    assert meters_of(path) == [(0, 1), (1, 4)]
    assert [(c.tick, c.symbol) for c in read_solo(path).progression.chords] == [(0, "N.C."), (12, "C")]


def test_a_bar_cut_short_by_a_change_has_its_own_meter(saved) -> None:
    path = saved(
        song(line(*SCALE), meters=((0, 4, 4), (6 * 480, 3, 4)), markers=texts((0, "C")), end=9 * 480)
    )
    assert meters_of(path) == [(0, 4), (4, 2), (6, 3)]


@pytest.mark.parametrize(("numerator", "denominator"), [(6, 8), (2, 2), (0, 4)])
def test_other_meters_are_named(saved, numerator: int, denominator: int) -> None:
    meters = ((0, 4, 4), (1920, numerator, denominator))
    with pytest.raises(MidiError, match=rf"{numerator}/{denominator} at beat 5; only meters in quarters"):
        read_solo(saved(song(line(*SCALE), meters=meters, markers=texts((0, "C")))))


def test_a_meter_cannot_change_inside_a_beat(saved) -> None:
    with pytest.raises(MidiError, match="inside beat 2"):
        read_solo(saved(song(line(*SCALE), meters=((0, 4, 4), (700, 3, 4)), markers=texts((0, "C")))))


def test_the_tempo_is_the_mean_over_the_beats(saved) -> None:
    for tempos, tempo in (
        ((), 120.0),
        (((0, 273_848),), 219.1),
        (((0, 600_000), (4 * 480, 200_000)), 200.0),  # 4 beats in 2.4 s, 12 in 2.4 s
    ):
        path = saved(song(line(*SCALE), tempos=tempos, markers=texts((0, "C")), end=16 * 480))
        assert read_solo(path).tempo == tempo


@pytest.mark.parametrize("ppq", [24, 96, 1000, 32767])
def test_any_ppq(saved, ppq: int) -> None:
    notes = tuple(TimedNote(n * ppq // 2, (n + 1) * ppq // 2, 60 + n, 90) for n in range(8))
    path = saved(song(Track("Solo", 0, 0, notes), ppq=ppq, end=4 * ppq, markers=(TimedText(0, "C"),)))
    assert [(note.onset, note.duration) for note in read_solo(path).notes] == [(6 * n, 6) for n in range(8)]


def test_title_and_player(saved) -> None:
    tune = song(line(*SCALE), title="Tune", markers=texts((0, "C")), texts=texts((0, "player: Art Pepper")))
    assert (read_solo(saved(tune)).title, read_solo(saved(tune)).player) == ("Tune", "Art Pepper")


# ------------------------------------------------------------------------------------------- chords, sections


def form_of(path: Path) -> tuple[list[str], list[str]]:
    form = read_solo(path).progression
    return [change.symbol for change in form.chords], [section.name for section in form.sections]


@pytest.mark.parametrize("kind", ["markers", "texts", "lyrics"])
def test_chords_come_from_markers_texts_or_lyrics(saved, kind: str) -> None:
    found = texts((0, "Dm7"), (4, "G7"), (8, "Cmaj7"))
    assert form_of(saved(song(line(*SCALE), **{kind: found})))[0] == ["Dm7", "G7", "Cmaj7"]


@pytest.mark.parametrize(
    ("markers", "chords", "sections"),
    [
        # letters far apart in the order of the alphabet are a form, not four triads
        (((0, "A"), (16, "A"), (32, "B"), (48, "A")), [], ["A", "A", "B", "A"]),
        (((0, "A1"), (32, "A2"), (64, "B1")), [], ["A1", "A2", "B1"]),
        (((0, "Intro"), (16, "A"), (48, "B"), (80, "Coda")), [], ["Intro", "A", "B", "Coda"]),
        # close together, or in another order, they are chords
        (((0, "C"), (4, "F"), (8, "G"), (12, "C")), ["C", "F", "G", "C"], []),
        (((0, "A"), (2, "D"), (4, "E")), ["A", "D", "E"], []),
        # where another chord stands beside it, a letter is a section
        (((0, "A"), (0, "Dm7"), (4, "G7"), (16, "B"), (16, "Em7")), ["Dm7", "G7", "Em7"], ["A", "B"]),
        (((0, "Dm7"), (4, "G7"), (8, "C"), (12, "A7")), ["Dm7", "G7", "C", "A7"], []),
        (((0, "[A]"), (0, "A"), (4, "[B]"), (4, "B")), ["A", "B"], ["A", "B"]),
        (((0, "Verse"), (0, "Am7"), (4, "D7"), (8, "Solo"), (8, "C"), (12, "F")), ["Am7", "D7", "C", "F"],
         ["Verse", "Solo"]),
    ],
)  # fmt: skip
def test_sections_are_not_chords(saved, markers, chords, sections) -> None:
    pads = chord(*[(60, 64, 67)] * 24)
    tune = song(line(*SCALE), pads, markers=texts(*markers), end=96 * 480)
    reading = read(saved(tune), track="Solo")
    form = reading.solo.progression
    assert [section.name for section in form.sections] == sections
    assert reading.chord_source == ("markers" if chords else "accompaniment")
    assert [change.symbol for change in form.chords] == (chords or ["C"])


def test_words_are_not_chords(saved) -> None:
    sung = texts((0, "A"), (1, "foggy"), (2, "day"), (3, "in"))
    with pytest.raises(NoChordsError):
        read_solo(saved(song(line(*SCALE), lyrics=sung)))


def test_chords_are_inferred_from_the_band_half_a_bar_at_a_time(saved) -> None:
    piano = chord((53, 57, 60, 62), (53, 59, 62, 67), (52, 55, 59, 60), ())
    bass = line(38, 45, 43, 50, 36, 43, name="Bass", program=32, channel=2, every=960)
    drums = line(*[51] * 16, channel=9, every=480)
    reading = read(saved(song(line(*SCALE), piano, bass, drums)))
    assert reading.chord_source == "accompaniment"
    found = {change.tick: change.symbol for change in reading.solo.progression.chords}
    assert [found[tick] for tick in (0, 48, 96)] == ["Dm7", "G7", "Cmaj7"]


def test_a_given_progression_repeats_to_cover_the_solo(saved) -> None:
    path = saved(song(line(*SCALE * 2), markers=texts((0, "Bb7"))))
    reading = read(path, progression=parse_progression("| Am7 | D7 |"))
    assert reading.chord_source == "given"
    assert [(c.tick, c.symbol) for c in reading.solo.progression.chords] == [
        (0, "Am7"), (48, "D7"), (96, "Am7"), (144, "D7"),
    ]  # fmt: skip


def test_a_given_progression_begins_after_the_pickup(saved) -> None:
    path = saved(song(line(*SCALE), meters=((0, 1, 4), (480, 4, 4))))
    form = read(path, progression=parse_progression("| Am7 | D7 |")).solo.progression
    assert [(c.tick, c.symbol) for c in form.chords] == [(0, "N.C."), (12, "Am7"), (60, "D7")]
    assert [(m.tick, m.beats) for m in form.meters] == [(0, 1), (12, 4)]


def test_a_slow_solo_is_read_in_double_time_with_its_form(saved) -> None:
    fast = line(*SCALE * 4, every=60)  # eight notes a beat
    markers = texts((0, "[A]"), (0, "Dm7"), (4, "G7"))
    solo = read_solo(saved(song(fast, markers=markers, end=8 * 480)))
    assert solo.double_time
    assert len(solo.notes) == 64
    assert [(c.tick, c.symbol) for c in solo.progression.chords] == [(0, "Dm7"), (96, "G7")]
    assert solo.progression.length == 2 * 8 * 12


def test_notes_that_the_grid_merges_are_counted(saved) -> None:
    doubled = Track("Solo", 66, 0, (TimedNote(0, 480, 60, 90), TimedNote(0, 480, 64, 90)))
    assert read(saved(song(doubled, markers=texts((0, "C"))))).dropped == {"merged": 1}


def test_a_last_note_on_the_final_bar_line_opens_a_bar(saved) -> None:
    late = Track("Solo", 66, 0, (TimedNote(0, 480, 60, 90), TimedNote(1910, 1920, 62, 90)))
    solo = read_solo(saved(song(late, end=1920, markers=texts((0, "C")))))
    assert solo.notes[-1].onset == 48
    assert solo.progression.length == 96


# ------------------------------------------------------------------------------------------------- many files


def test_midi_files_are_found_in_folders(tmp_path: Path) -> None:
    for name in ("b.mid", "a.MID", "sub/c.midi", "sub/.hidden.mid", "sub/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "sub" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "sub" / "gone.mid").symlink_to(tmp_path / "nowhere")
    found = [tmp_path / "a.MID", tmp_path / "b.mid", tmp_path / "sub" / "c.midi"]
    assert midi_files([tmp_path]) == found
    assert midi_files([tmp_path / "b.mid", str(tmp_path)]) == found
    assert midi_files([tmp_path / "sub" / "notes.txt"]) == [tmp_path / "sub" / "notes.txt"]  # named, so taken


def test_folders_without_midi_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no MIDI file"):
        midi_files([tmp_path])
    with pytest.raises(MidiError, match="no such file or folder"):
        midi_files([tmp_path / "none"])
    with pytest.raises(DataError, match="no MIDI files were named"):
        midi_files([])


def test_the_largest_file_let_through_is_read(saved) -> None:
    """As many notes and beats as are let through, and no chords."""
    pads = [chord(*[tuple(range(40, 64))] * 400, name=f"pad {n}", channel=n) for n in range(1, 6)]
    path = saved(song(line(*SCALE * 100), *pads, end=19_999 * 480))
    assert read(path).chord_source == "accompaniment"


@pytest.mark.parametrize("symbol", ["Hm7", "Gx9", "F79#11#b", "Dm7b", "Bb77"])
def test_a_misspelled_symbol_among_chords_is_refused(saved, symbol: str) -> None:
    path = saved(song(line(*SCALE), markers=texts((0, "C7"), (1, symbol), (2, "F7"), (3, "G7"))))
    with pytest.raises(MidiError, match=f"{re.escape(symbol)}.* at beat "):
        read(path)


@pytest.mark.parametrize("name", ["A1", "Bridge", "Chorus 2", "Fill", "D.C.", "Coda", "Ending 2", "C1"])
def test_the_name_of_a_section_among_chords_is_no_misspelled_symbol(saved, name: str) -> None:
    path = saved(song(line(*SCALE), markers=texts((0, "C7"), (1, name), (2, "F7"), (3, "G7"))))
    assert [section.name for section in read(path).solo.progression.sections] == [name]


def test_one_unmistakable_chord_among_words_is_a_chord(saved) -> None:
    found = texts((0, "Verse"), (0, "Dm7"), (1, "Take 3"), (2, "Fade"), (2, "Loop start"), (3, "G"))
    chords, sections = form_of(saved(song(line(*SCALE), markers=found)))
    assert chords == ["Dm7", "G"]
    assert sections[0] == "Verse"
