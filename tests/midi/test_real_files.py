"""Files as people have them: the cases in shared/cases, and more of each kind, made of the first of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jazzgen.errors import MidiError, NoChordsError
from jazzgen.midi.parts import without_keyswitches
from jazzgen.midi.reading import Reading, read
from jazzgen.midi.smf import Song, TimedNote, TimedText, Track, read_song
from jazzgen.midi.smf_writing import write_song
from tests.shared import shared_file

PROGRESSION = ["Dm7", "G7", "Cmaj7"] * 2
BAR = 1920


def case(name: str) -> Path:
    return shared_file("cases", f"{name}.mid")


def chords(reading: Reading) -> list[str]:
    """Where they change."""
    symbols = [change.symbol for change in reading.solo.progression.chords]
    return [s for k, s in enumerate(symbols) if not k or s != symbols[k - 1]]


def sections(reading: Reading) -> list[tuple[int, str]]:
    """(bar from 0, name)."""
    form = reading.solo.progression
    return [(form.bar_at(section.tick), section.name) for section in form.sections]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("00-baseline", "accompaniment"),
        ("01-one-chord-among-comments", "accompaniment"),
        ("02-biab-part-markers-A", "accompaniment"),
        ("02c-biab-markers-A-chords-in-text", "texts"),
        ("03-two-chords-one-marker", "markers"),
        ("03b-one-misspelt-of-many", "markers"),
        ("08-drums-on-ch5-named", "accompaniment"),
        ("10-keyswitch-before", "accompaniment"),
        ("11-melody-and-chords-one-track", "accompaniment"),
        ("18-xf-chords", "XF chords"),
        ("22-piano-trio", "accompaniment"),
        ("26-horn-backing-guitar-solo", "accompaniment"),
        ("32b-chords-in-text-brackets", "texts"),
        ("32d-chords-in-parens-markers", "markers"),
        ("32e-chords-cue-points", "cue points"),
    ],
)
def test_line_and_chords_of_a_case(name: str, source: str) -> None:
    reading = read(case(name))
    assert (chords(reading), reading.chord_source) == (PROGRESSION, source)
    assert len(reading.solo.notes) == 55
    assert min(note.pitch for note in reading.solo.notes) == 62


def test_parts_are_sections() -> None:
    assert sections(read(case("02-biab-part-markers-A"))) == [(0, "A"), (4, "A"), (7, "Ending")]
    assert sections(read(case("17c-waltz-letters-every-4-bars"))) == [(0, "A"), (4, "B"), (8, "A"), (12, "C")]
    assert chords(read(case("17c-waltz-letters-every-4-bars")))[:3] == ["Dm7", "G7", "Cmaj7"]


def test_two_chords_in_a_marker_share_its_bar() -> None:
    form = read(case("03-two-chords-one-marker")).solo.progression
    assert [(c.tick, c.symbol) for c in form.chords][:3] == [(0, "Dm7"), (24, "G7"), (96, "Cmaj7")]


def test_a_bad_symbol_is_named_and_filled() -> None:
    warnings = read(case("03b-one-misspelt-of-many")).warnings
    assert [warning[:20] for warning in warnings] == ["bar 6: 'G7xyz9' is n", "bar 6: 'Bm11,e7' is "]


def test_small_minor_roots_and_shouted_symbols() -> None:
    assert chords(read(case("32g-chords-lowercase-minor"))) == ["Dmin7", "G7", "Cmaj7", "Dm7", "G7", "Cma7"]


def test_the_track_that_plays_is_the_solo() -> None:
    strays = read(case("24-stray-notes-track"))
    assert strays.track == "Piano"
    assert strays.runner_up.startswith("2 'Vibes': plays in 19% of the bars")
    assert read(case("26-horn-backing-guitar-solo")).track == "Guitar"


def test_a_melody_alone_has_no_chords() -> None:
    with pytest.raises(NoChordsError):
        read(case("12-melody-only"))


# ------------------------------------------------------------------------------------- more of each kind


@pytest.fixture
def varied(tmp_path: Path) -> Callable[..., Reading]:
    """The reading of the baseline, changed."""

    def vary(track: str | None = None, **more: object) -> Reading:
        path = tmp_path / "file.mid"
        write_song(replace(baseline(), **more), path)  # type: ignore[arg-type]
        return read(path, track)

    return vary


def baseline() -> Song:
    return read_song(case("00-baseline"))


def four_choruses() -> dict[str, Any]:
    """Of 16 bars."""
    tracks = (
        replace(
            track,
            notes=tuple(n._replace(start=n.start + k * 8 * BAR, end=n.end + k * 8 * BAR)
                        for k in range(8) for n in track.notes),
        )
        for track in baseline().tracks
    )  # fmt: skip
    return {"tracks": tuple(tracks), "end": 64 * BAR}


def by_bar(*symbols: str) -> tuple[TimedText, ...]:
    return tuple(TimedText(bar * BAR, symbol) for bar, symbol in enumerate(symbols) if symbol)


@pytest.mark.parametrize("kind", ["markers", "texts", "lyrics", "cues"])
@pytest.mark.parametrize(
    "written",
    [
        '"{}"', "{}", "[{}]", "({})", "{{{}}}", "<{}>", "Chord: {}", " {} ", "'{}'", "[({})]",
        "|{}", "{} |", "*{}*", "{} (solo)",
    ],
)  # fmt: skip
def test_chords_are_read_in_whatever_they_stand(varied, kind: str, written: str) -> None:
    found = by_bar(*(written.format(s) for s in ["Am7", "D7", "Gmaj7", "E7"] * 2))
    reading = varied(**{kind: found})
    assert chords(reading) == ["Am7", "D7", "Gmaj7", "E7"] * 2
    assert not reading.warnings


@pytest.mark.parametrize("kind", ["markers", "texts", "lyrics", "cues"])
@pytest.mark.parametrize(
    "letters",
    [
        ("A", "", "", "", "B"),
        ("B", "", "", "", "A"),
        ("A", "A", "A", "", "A", "A", "B"),
        ("A", "", "B", "", "A", "", "C"),
        ("C", "", "", "", "A"),
        ("A, Chorus1", "", "", "", "B"),
        ("Part A", "", "", "", "Part C"),
        ("[A]", "", "[B]"),
        ("A'", "", "", "", "B2"),
        ("Intro", "", "A", "", "", "", "D"),
        ("D", "", "F", "", "E", "", "D"),
    ],
)
def test_part_letters_are_no_chords(varied, kind: str, letters: tuple[str, ...]) -> None:
    reading = varied(**{kind: by_bar(*letters)})
    assert reading.chord_source == "accompaniment"
    assert chords(reading) == PROGRESSION


@pytest.mark.parametrize(
    "remarks",
    [
        ("Dm7 or so?", "", "swing it"),
        ("Copyright 1998", "", "", "G7", "", "fade"),
        ("Solo", "Take 2", "C", "cut here", "Am", "x"),
        ("Bm", "pedal", "", "tacet", "", "slower"),
        ("Rubato", "", "", "", "", "E7#9", "a tempo", "fine"),
    ],
)
def test_remarks_are_no_chords(varied, remarks: tuple[str, ...]) -> None:
    assert chords(varied(markers=by_bar(*remarks))) == PROGRESSION


def test_words_that_are_sung_are_no_chords(varied) -> None:
    sung = ("A", "fine", "day", "to", "go", "a-", "way", "and", "Do", "it", "Am", "I", "Bb", "B", "be", "E")
    lyrics = tuple(TimedText(k * 960, word) for k, word in enumerate(sung))
    assert chords(varied(lyrics=lyrics)) == PROGRESSION


def test_letters_among_words_that_are_sung_are_no_parts(varied) -> None:
    words = ("@KMIDI KARAOKE FILE", "\\What", "A", "day", "for", "A", "walk", "with", "B")
    reading = varied(texts=by_bar(*words))
    assert (sections(reading), chords(reading), reading.warnings) == ([], PROGRESSION, ())


def test_a_letter_that_is_sung_does_not_spoil_chords_in_brackets(varied) -> None:
    words = ("[Am7]", "fly", "A", "[D7]", "day", "and", "[Gmaj7]", "E", "[E7]", "A", "go")
    lyrics = tuple(TimedText(k * 1440, word) for k, word in enumerate(words))
    reading = varied(lyrics=lyrics)
    assert (chords(reading), reading.chord_source) == (["Am7", "D7", "Gmaj7", "E7"], "lyrics")


@pytest.mark.parametrize("found", [("C major", "Eb major"), ("Dm7", "Abm7"), ("Bb", "Am")])
@pytest.mark.parametrize("kind", ["markers", "texts"])
def test_keys_of_choruses_are_no_chords(varied, kind: str, found: tuple[str, str]) -> None:
    reading = varied(**four_choruses(), **{kind: by_bar(found[0], *15 * [""], found[1])})
    assert (reading.chord_source, sections(reading)) == ("accompaniment", [])
    assert reading.warnings == (
        f"2 chord symbols ({found[0]!r} in bar 1 to {found[1]!r} in bar 17) that cannot be the chords of the "
        "whole piece; the chords are read from the accompaniment",
    )


def test_a_chord_for_a_long_time_is_read_where_it_sounds(varied) -> None:
    sax = baseline().tracks[0]
    band = [
        TimedNote(bar * BAR, bar * BAR + 1900, p + (bar > 15), 70)
        for bar in range(32)
        for p in (50, 53, 57, 60)
    ]
    reading = varied(
        tracks=(sax, Track("Piano", 0, 1, tuple(band))),
        end=32 * BAR,
        markers=by_bar("Dm7", *15 * [""], "Ebm7"),
    )
    assert (chords(reading), reading.chord_source) == (["Dm7", "Ebm7"], "markers")


def test_symbols_of_the_first_chorus_alone_are_no_sections(varied) -> None:
    symbols = by_bar("Am7", "D7", "Gmaj7", "C", "F", "E7")
    reading = varied(**four_choruses(), markers=symbols)
    assert (sections(reading), reading.chord_source) == ([], "accompaniment")
    sax = four_choruses()["tracks"][0]
    with pytest.raises(
        NoChordsError, match=r"has 6 chord symbols \('Am7' in bar 1 to 'E7' in bar 6\) that cannot"
    ):
        varied(tracks=(sax,), end=64 * BAR, markers=symbols)


def test_chords_in_brackets_among_words_that_are_sung(varied) -> None:
    sung = ["[Am7]The moon", "was", "[D7]low and", "I", "[Gmaj7]walked", "the", "[E7]road", "home"]
    assert chords(varied(lyrics=by_bar(*sung))) == ["Am7", "D7", "Gmaj7", "E7"]


@pytest.mark.parametrize(
    "written", ["Am7, D7", "Am7 D7", "Am7 | D7", "Am7 - D7", "(Am7,D7)", "| Am7 . D7 . |"]
)
def test_several_chords_in_one_event(varied, written: str) -> None:
    reading = varied(markers=by_bar(*[written, "Gmaj7"] * 4))
    changes = reading.solo.progression.chords
    assert [(c.tick, c.symbol) for c in changes][:4] == [(0, "Am7"), (24, "D7"), (48, "Gmaj7"), (96, "Am7")]


@pytest.mark.parametrize(
    ("written", "symbol"),
    [("dm7", "Dm7"), ("f#m7b5", "F#m7b5"), ("bbm", "Bbm"), ("c-7", "C-7"), ("gmin7", "Gmin7"),
     ("CMA7", "Cmaj7"), ("DMI7", "Dm7"), ("EbMAJ7/G", "Ebmaj7/G"),
     ("C(maj7)", "C(maj7)"), ("C(add9)", "C(add9)"), ("A(b9)", "A(b9)"), ("C(6)", "C(6)"),
     ("C(sus4)", "C(sus4)"), ("C (maj7)", "C (maj7)"), ("Cmaj7 (solo)", "Cmaj7")],
)  # fmt: skip
def test_spellings_are_mended(varied, written: str, symbol: str) -> None:
    assert chords(varied(markers=by_bar(*["G7", written] * 4)))[1] == symbol


def test_chords_that_stop_early_do_not_cover_the_piece(varied) -> None:
    reading = varied(**four_choruses(), markers=by_bar("Am7", "D7", "Gmaj7"))
    assert reading.chord_source == "accompaniment"


def test_drums_are_known_by_their_keys(varied) -> None:
    *band, drums = baseline().tracks
    for name in ("", "Solo", "Track 7"):
        reading = varied(tracks=(replace(drums, channel=6, name=name), *band))
        assert (reading.track, chords(reading)) == ("Tenor Sax", PROGRESSION)
    with pytest.raises(MidiError, match="only drums"):
        varied(tracks=(replace(drums, channel=6, name="Lead"),))


@pytest.mark.parametrize("program", [8, 16, 24, 25, 32, 40, 48, 56])
def test_drums_are_known_by_their_keys_whatever_the_program(varied, program: int) -> None:
    *band, drums = baseline().tracks
    ride = [TimedNote(beat * 480 + 320, beat * 480 + 400, 51, 60) for beat in range(1, 32, 2)]
    kit = replace(
        drums, channel=6, name="Track 3", program=program, notes=tuple(sorted([*drums.notes, *ride]))
    )
    reading = varied(tracks=(kit, *band))
    assert (reading.track, chords(reading)) == ("Tenor Sax", PROGRESSION)
    with pytest.raises(MidiError, match="only drums"):
        varied(tracks=(kit,))


@pytest.mark.parametrize("program", [32, 26, 67])
def test_a_line_on_the_keys_of_drums_is_none(varied, program: int) -> None:
    keys = (36, 43, 51, 46, 38, 42, 49, 53, 51, 44, 39, 51, 46, 51, 42, 36)  # hardly a step among them
    line = tuple(TimedNote(k * 480, k * 480 + 400, key, 80) for k, key in enumerate(keys * 2))
    assert varied(tracks=(Track("", program, 3, line),), markers=by_bar("Cm7")).solo.notes[0].pitch == 36


@pytest.mark.parametrize(
    ("name", "program", "keys"),
    [
        ("Melody", 0, (24, 25, 26)),
        ("Trumpet", 56, (36, 37, 38)),
        ("Trumpet", 0, (36, 37)),
        ("Tenor Sax", 66, (97, 98, 99)),
        ("Tenor", 0, (97, 98)),
    ],
)
def test_keyswitches_before_the_beat_are_no_notes(
    varied, name: str, program: int, keys: tuple[int, ...]
) -> None:
    sax, *band = baseline().tracks
    ticks = [max(bar * BAR - 120, 0) for bar in range(8)]
    early = [TimedNote(tick, tick + 48, keys[k % len(keys)], 100) for k, tick in enumerate(ticks)]
    high = TimedNote(7 * BAR + 1440, 7 * BAR + 1800, 88, 90)
    reading = varied(tracks=(Track(name, program, 0, tuple(sorted([*sax.notes, high, *early]))), *band))
    assert (reading.track, len(reading.solo.notes), chords(reading)) == (name, 56, PROGRESSION)


def test_low_notes_of_a_pianist_are_music(varied) -> None:
    sax = baseline().tracks[0]
    low = [TimedNote(bar * BAR + 1700, bar * BAR + 1900, 24 + bar % 3, 90) for bar in range(8)]
    lead = Track("Piano", 0, 0, tuple(sorted([*sax.notes, *low])))
    assert len(without_keyswitches(lead)) == 63


@pytest.mark.parametrize("keys", [(24,), (12, 13, 14), (108,), (0, 2)])
def test_keyswitches_are_no_notes(varied, keys: tuple[int, ...]) -> None:
    sax, *band = baseline().tracks
    switches = [TimedNote(bar * BAR + 700, bar * BAR + 720, keys[bar % len(keys)], 1) for bar in range(8)]
    reading = varied(tracks=(replace(sax, notes=tuple(sorted([*sax.notes, *switches]))), *band))
    assert (len(reading.solo.notes), chords(reading)) == (55, PROGRESSION)


def test_stems_of_a_take_are_no_solos(varied) -> None:
    piano, bass = baseline().tracks[1:3]
    fact = (TimedText(0, "reading: single time"),)
    for tracks in ((bass,), (piano,), (piano, bass)):
        with pytest.raises(MidiError, match="of a take and not its solo"):
            varied(tracks=tracks, texts=fact)
    assert varied("Bass", tracks=(bass, piano), texts=fact).track == "Bass"


def test_chords_are_spelled_in_their_key(varied) -> None:
    up = dict.fromkeys(("Tenor Sax", "Piano", "Bass"), 6)
    tracks = tuple(
        Track(
            t.name,
            t.program,
            t.channel,
            tuple(n._replace(pitch=n.pitch + up.get(t.name, 0)) for n in t.notes),
        )
        for t in baseline().tracks
    )
    assert chords(varied(tracks=tracks)) in (["G#m7", "C#7", "F#maj7"] * 2, ["Abm7", "Db7", "Gbmaj7"] * 2)
