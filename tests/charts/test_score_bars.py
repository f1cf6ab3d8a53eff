"""Bars and flow of scores: what is a bar of the form, and in which order it is played."""

from __future__ import annotations

import pytest

from jazzgen.charts import musicxml
from jazzgen.errors import ProgressionError
from jazzgen.music.meters import read_meter
from tests.charts.scores import (
    CLOSE,
    DOUBLE,
    OPEN,
    REST,
    TIME,
    bar,
    ending,
    harmony,
    played,
    read,
    rehearsal,
    rest,
    score,
    shown,
    sign,
    tune,
    words,
)

# ---------------------------------------------------------------------------------------------------- bars


def test_a_short_first_bar_is_a_pickup_and_gives_its_chord_to_an_empty_start() -> None:
    assert shown(read(score(harmony("G") + rest(1), bar("C"), bar("F")))) == "~ | C | F"
    assert shown(read(score(harmony("G") + rest(1), bar(), bar("F")))) == "~ | G | F"
    assert shown(read(score(bar("G"), bar("C"), first='implicit="yes"'))) == "~ | C"


def test_the_short_last_bar_that_completes_a_pickup_is_a_bar() -> None:
    chart = read(score(rest(1), bar("C"), harmony("F") + rest(2) + harmony("G") + rest(1)))
    assert shown(chart) == "~ | C | F G@1/2"
    assert not any(bar.meter for bar in chart.bars[1:])


def test_a_full_bar_without_a_symbol_before_a_repeat_is_a_lead_in() -> None:
    assert shown(read(score(bar(), bar("C", more=OPEN), bar("F", behind=CLOSE), bar("G")))) == "~ | C | F | G"


def test_two_short_bars_around_a_repeat_are_one() -> None:
    first = score(
        rest(1),
        bar("C", more=OPEN),
        harmony("F") + rest(3) + CLOSE,
        rehearsal("B") + OPEN + harmony("G") + rest(1),
        bar("A"),
        harmony("D") + rest(3) + CLOSE,
        bar("E"),
    )
    assert shown(read(first)) == "~ | C | F G@3/4 | A | D | E"
    assert played(first) == "C F C F A D A D E"
    assert [s.tick // 48 for s in tune(first).form.sections] == [4, 6]


def test_the_first_ending_before_a_pickup_is_a_whole_bar() -> None:
    data = score(
        rest(2), bar("C"), ending("1") + harmony("F") + rest(2) + CLOSE, ending("2") + harmony("G") + rest(2)
    )
    assert played(data) == "C F C G"


def test_a_bar_of_another_length_than_its_meter_has_that_of_its_notes() -> None:
    long = read(score(bar("C"), harmony("F") + REST + harmony("G") + REST, bar("A")))
    assert [bar.meter for bar in long.bars] == ["4/4", "8/4", "4/4"]
    assert shown(long) == "C | F G@1/2 | A"
    short = read(score(bar("C"), harmony("F") + rest(2), bar("A")))
    assert [bar.meter for bar in short.bars] == ["4/4", "2/4", "4/4"]
    assert short.warnings == ("read as 2/4, the length of their notes: bar 2",)
    cadenza = read(score(bar("C"), harmony("F") + REST * 5 + harmony("G") + REST * 5, bar("A")))
    assert shown(cadenza) == "C | F G@1/2 | A"
    assert "another length" in cadenza.warnings[0]


def test_bars_that_are_all_halves_stay_bars() -> None:
    chart = read(score(bar("C"), *(harmony("F") + rest(2) for _ in range(10))))
    assert [bar.meter for bar in chart.bars if bar.meter] == [
        "4/4",
        "2/4",
        "4/4",
    ]  # the last may be cut short
    assert chart.warnings == ("read as 2/4, the length of their notes: bar 2, 3, 4, 5, 6, 7, 8, 9, ...",)


def test_a_repeated_measure_is_copied() -> None:
    sign = "<measure-style><measure-repeat type='{}'>{}</measure-repeat></measure-style>"
    style = f"<attributes>{sign}</attributes>"
    two = harmony("C") + rest(2) + harmony("F") + rest(2)
    data = score(two, style.format("start", 1) + REST, REST, style.format("stop", "") + bar("G"), bar())
    assert shown(read(data)) == "C F@1/2 | C F@1/2 | C F@1/2 | G | ."
    data = score(
        bar("C"), bar("F"), style.format("start", 2) + REST, REST, style.format("stop", "") + bar("G")
    )
    assert shown(read(data)) == "C | F | C | F | G"


@pytest.mark.parametrize(
    ("time", "meter"),
    [
        ("<beats>3+2</beats><beat-type>8</beat-type>", "5/8"),
        ("<beats>3</beats><beat-type>8</beat-type><beats>2</beats><beat-type>8</beat-type>", "5/8"),
        ("<beats>2</beats><beat-type>2</beat-type>", "2/2"),
        ("<beats>12</beats><beat-type>16</beat-type>", "6/8"),
    ],
)
def test_meters_as_programs_write_them(time: str, meter: str) -> None:
    quarters = read_meter(meter).beats * float(read_meter(meter).beat_quarters)
    notes = harmony("C") + rest(quarters)
    assert [b.meter for b in read(score(notes, notes, attributes=f"<time>{time}</time>")).bars] == [meter, ""]


def test_a_meter_without_numbers_is_refused_with_its_measure() -> None:
    time = "<time><beats>x</beats><beat-type>4</beat-type></time>"
    (entry,) = musicxml.entries(score(bar("C"), attributes=time), "a file")
    with pytest.raises(ProgressionError, match="measure 1 has a meter without numbers"):
        entry.read()


# ---------------------------------------------------------------------------------------------------- flow


def test_repeats_endings_and_times() -> None:
    data = score(
        bar("C", more=OPEN), bar("D", more=ending("1, 2"), behind=CLOSE), bar("E", more=ending("3")), bar("F")
    )
    assert played(data) == "C D C D C E F"
    times = CLOSE.replace("backward", 'backward" times="3')
    assert played(score(bar("C", more=OPEN, behind=times), bar("F"))) == "C C C F"
    assert played(score(bar("C", more=OPEN, behind=words("3x") + CLOSE), bar("F"))) == "C C C F"


def test_a_second_ending_goes_on_though_its_bracket_is_closed_after_a_bar() -> None:
    stop = '<barline location="right"><ending number="2" type="stop"/></barline>'
    data = score(
        bar("C", more=OPEN), bar("D", more=ending("1")), bar("E", behind=CLOSE),
        bar("F", more=ending("2"), behind=stop), bar("G", behind=DOUBLE), bar("A"),
    )  # fmt: skip
    assert played(data) == "C D E C F G A"


@pytest.mark.parametrize(
    ("measures", "order"),
    [
        ((bar("C"), bar("D", behind=CLOSE)), "C D"),
        ((bar("C", more=OPEN), bar("D", behind=CLOSE)), "C D"),
        ((rest(1), bar("C", more=OPEN), bar("D", behind=CLOSE)), "C D"),
        ((bar("C", more=OPEN, behind=CLOSE), bar("D"), bar("E", behind=CLOSE)), "C C D E"),
        ((bar("C", behind=CLOSE), bar("D", behind=CLOSE)), "C C D D"),
        ((bar("C"), bar("D", more=OPEN), bar("E", behind=CLOSE)), "C D E D E"),
        ((bar("C"), bar("D", more=ending("1"), behind=CLOSE)), "C D C"),
    ],
)
def test_a_repeat_sign_at_the_end_of_the_chart_invites_to_play_the_form_again(
    measures: tuple[str, ...], order: str
) -> None:
    assert played(score(*measures)) == order


@pytest.mark.parametrize(
    "to", [words("D.C. al Fine"), words("DC A FINE"), '<sound dacapo="yes"/>', words("D.C.")]
)
@pytest.mark.parametrize("fine", [words("Fine"), words("FINE"), '<sound fine="yes"/>'])
def test_d_c_al_fine_by_words_or_for_programs_only(to: str, fine: str) -> None:
    assert (
        played(score(bar("C"), bar("F", behind=fine + DOUBLE), bar("G"), bar("A", behind=to)))
        == "C F G A C F"
    )


CODA = (sign("coda"), words("Coda"), rehearsal("Coda"), words("\U0001d10c"), '<sound coda="coda"/>')


@pytest.mark.parametrize(
    "leave", [words("To Coda"), words("al Coda"), '<sound tocoda="coda"/>', words("To ⊕")]
)
@pytest.mark.parametrize("coda", CODA)
@pytest.mark.parametrize(
    "to", [words("D.S. al Coda"), words("D.S.al Coda"), words("D.S.") + words("al Coda")]
)
def test_d_s_al_coda_by_words_signs_or_for_programs_only(leave: str, coda: str, to: str) -> None:
    data = score(
        bar("C"), bar("D", more=sign("segno")), bar("E", behind=leave), bar("F", behind=DOUBLE),
        bar("G", behind=to + DOUBLE), bar("A", more=coda),
    )  # fmt: skip
    assert played(data) == "C D E F G D E A"


def test_two_coda_signs_without_to_coda_are_the_jump_and_the_coda() -> None:
    data = score(
        bar("C"), bar("D", behind=sign("coda")), bar("E"), bar("F", behind=words("D.C. al Coda") + DOUBLE),
        bar("G", more=sign("coda")),
    )  # fmt: skip
    assert played(data) == "C D E F C D G"


def test_a_sign_beside_to_coda_is_part_of_it() -> None:
    data = score(
        bar("C"), bar("D", behind=words("To Coda") + sign("coda")), bar("E"),
        bar("F", behind=words("D.C. al Coda") + DOUBLE), bar("G", more=words("Coda")),
    )  # fmt: skip
    assert played(data) == "C D E F C D G"
    data = data.replace(
        words("To Coda").encode() + sign("coda").encode(), words("To").encode() + sign("coda").encode()
    )
    assert played(data) == "C D E F C D G"


def test_to_coda_at_the_start_of_a_bar_may_stand_for_the_bar_line() -> None:
    four = [bar("C"), bar("D"), bar("E"), bar("F")]
    jump = bar("B", behind=words("D.C. al Coda") + DOUBLE)
    data = score(*four, bar("G", more=words("To Coda")), jump, bar("A", more=sign("coda")))
    assert played(data) == "C D E F G B C D E F A"
    data = score(*four[:3], bar("G", more=words("To Coda")), jump, bar("A", more=sign("coda")))
    assert played(data) == "C D E G B C D E G A"


def test_an_intro_is_a_section_and_in_the_form_only_where_the_score_jumps() -> None:
    data = score(bar("C", more=rehearsal("Intro"), behind=DOUBLE), bar("D", more=rehearsal("A")), bar("E"))
    assert played(data) == "D E"
    assert [section.name for section in tune(data).form.sections] == ["A"]
    jumping = data.replace(b"</measure></part>", words("D.S. al Fine").encode() + b"</measure></part>")
    jumping = jumping.replace(
        rehearsal("A").encode(), (rehearsal("A") + sign("segno") + words("Fine")).encode()
    )
    assert played(jumping) == "C D E D"


def test_boxed_letters_and_headings_are_sections_and_solos_are_reported() -> None:
    boxed = words("B").replace("<words>", '<words enclosure="rectangle">')
    chart = read(
        score(bar("C", more=words("Verse")), bar("D", more=boxed), bar("E", more=words("Solos on AABA")))
    )
    assert [bar.section for bar in chart.bars] == ["Verse", "B", ""]
    assert chart.warnings == ("the chart says 'Solos on AABA' at bar 3; it is left to the player",)


def test_a_mark_at_the_end_of_a_measure_begins_the_next() -> None:
    chart = read(
        score(bar("C", behind=rehearsal("B") + sign("segno")), bar("D"), bar("E", behind=words("D.S.")))
    )
    assert (chart.bars[1].section, chart.bars[1].segno) == ("B", True)


@pytest.mark.parametrize("times", ["1000000000", "9" * 5000, "-3", "x"])
def test_senseless_times_end_in_a_message_or_in_twice(times: str) -> None:
    close = CLOSE.replace("backward", f'backward" times="{times}')
    try:
        assert played(score(bar("C", more=OPEN, behind=close), bar("F"))) == "C C F"
    except ProgressionError as error:
        assert "4096 bars" in str(error)  # noqa: PT017


def test_too_many_measures_and_symbols_are_refused() -> None:
    with pytest.raises(ProgressionError, match="5,000 measures"):
        read(score(*["<note/>"] * 4999, bar("C")))
    with pytest.raises(ProgressionError, match="bar 1 has 65 chord symbols"):
        read(score(harmony("C") * 65 + REST))


def note(step: str, quarters: float, more: str = "") -> str:
    """A note in the fourth octave."""
    pitch = f"<pitch><step>{step}</step><octave>4</octave></pitch>"
    return f"<note>{more}{pitch}<duration>{quarters:g}</duration></note>"


def test_the_melody_is_the_first_voice_with_ties_joined_and_the_top_of_chords() -> None:
    lower = note("C", 4).replace("</pitch>", "</pitch><voice>2</voice>")
    back = "<backup><duration>4</duration></backup>"
    tied = "<tie type='stop'/>"
    data = score(
        note("G", 1),
        harmony("C") + note("C", 2) + note("E", 2, "<chord/>") + note("D", 2) + back + lower,
        harmony("F") + note("D", 1).replace("<duration>", f"{tied}<duration>") + rest(1) + note("A", 2),
    )
    assert [(n.bar, str(n.place), str(n.length), n.pitch) for n in read(data).melody] == [
        (0, "3/4", "1/4", 67),
        (1, "0", "1/2", 64),
        (1, "1/2", "3/4", 62),
        (2, "1/2", "1/2", 69),
    ]


def test_the_melody_of_a_transposed_part_sounds_elsewhere() -> None:
    transpose = "<transpose><chromatic>-2</chromatic><octave-change>-1</octave-change></transpose>"
    data = score(harmony("C") + note("C", 4), attributes=f"{TIME}{transpose}")
    assert [n.pitch for n in read(data).melody] == [46]
