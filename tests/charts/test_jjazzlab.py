"""JJazzLab songs as charts: song parts, references, decimal commas."""

from __future__ import annotations

import pytest

from jazzgen.charts import jjazzlab
from jazzgen.charts.tune import make_tune
from jazzgen.charts.written import Chart
from jazzgen.errors import ProgressionError
from tests.charts.scores import shown

CHORD = """
<CLI__ChordSymbolImpl resolves-to="CLI_ChordSymbolSP">
  <spVERSION>3</spVERSION>
  <spChord resolves-to="ExtChordSymbolSP" spName="{0}" spOriginalName="{0}"><spRenderingInfo/></spChord>
  <spPos resolves-to="PositionSP" spVERSION="2" spPos="[{1}]"/>
</CLI__ChordSymbolImpl>"""
AGAIN = """
<CLI__ChordSymbolImpl resolves-to="CLI_ChordSymbolSP">
  <spChord resolves-to="ExtChordSymbolSP" reference="{0}"/>
  <spPos resolves-to="PositionSP" spPos="[{1}]"/>
</CLI__ChordSymbolImpl>"""
SECTION = """
<CLI__SectionImpl resolves-to="CLI_SectionImplSP" spName="{}" spTs="{}" spBarIndex="{}"/>"""
PART = """
<SongPartImpl resolves-to="SongPartImplSP" spStartBarIndex="{}" spName="{}" spNbBars="{}">
  <spRhythmName>BossaNova.S469.prs</spRhythmName>
  <spParentSection reference="../../../../spChordLeadSheet/spItems/CLI__SectionImpl{}"/>
</SongPartImpl>"""


def song(*items: str, size: int, parts: tuple[str, ...] = ()) -> bytes:
    """A song file."""
    structure = f"<spSongStructure><spSpts>{''.join(parts)}</spSpts></spSongStructure>" if parts else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
    <Song resolves-to="SongSP" spName="My Song" spTempo="132">
      <spChordLeadSheet class="ChordLeadSheetImpl" resolves-to="ChordLeadSheetImplSP">
        <spItems>{"".join(items)}</spItems>
        <spSize>{size}</spSize>
      </spChordLeadSheet>{structure}
    </Song>""".encode()


def read(data: bytes) -> Chart:
    """The chart of a song."""
    (entry,) = jjazzlab.entries(data, "a song")
    assert (entry.title, entry.tempo) == ("My Song", 132)
    return entry.read()


def test_sections_and_chords_of_the_lead_sheet() -> None:
    chart = read(
        song(
            SECTION.format("A", "FOUR_FOUR", 0), CHORD.format("Dm7", "0:0.0"), CHORD.format("G7", "0:2.0"),
            SECTION.format("B", "THREE_FOUR", 2), CHORD.format("CM7", "2:0"), CHORD.format("NC", "3:1"),
            size=4,
        )
    )  # fmt: skip
    assert shown(chart) == "Dm7 G7@1/2 | . | CM7 | NC@1/3"
    assert [(bar.meter, bar.section) for bar in chart.bars[::2]] == [("4/4", "A"), ("3/4", "B")]


@pytest.mark.parametrize(
    ("beat", "place"),
    [("2.5", "5/8"), ("2,5", "5/8"), ("3.67", "11/12"), ("3,6666667", "11/12"), ("0,99", "1/4")],
)
def test_beats_have_points_or_commas_and_pushes_go_to_the_grid(beat: str, place: str) -> None:
    data = song(SECTION.format("A", "FOUR_FOUR", 0), CHORD.format("C", f"0:{beat}"), size=1)
    assert shown(read(data)) == f"C@{place}"


def test_beats_of_12_8_are_dotted_quarters() -> None:
    data = song(
        SECTION.format("A", "TWELVE_EIGHT", 0), CHORD.format("C", "0:0"), CHORD.format("F", "0:2"), size=1
    )
    assert shown(read(data)) == "C F@1/2"
    assert make_tune(read(data)).form.meters[0].signature == "12/8"


def test_equal_objects_are_references_to_the_first() -> None:
    data = song(
        SECTION.format("A", "FOUR_FOUR", 0), CHORD.format("C7", "0:0"), CHORD.format("F7", "1:0"),
        AGAIN.format("../../CLI__ChordSymbolImpl/spChord", "2:0"),
        AGAIN.format("../../CLI__ChordSymbolImpl[2]/spChord", "3:0"),
        AGAIN.format("../../CLI__ChordSymbolImpl[3]/spChord", "3:2"), size=4,
    )  # fmt: skip
    assert shown(read(data)) == "C7 | F7 | C7 | F7 C7@1/2"


def test_song_parts_are_the_playing_order() -> None:
    items = (
        SECTION.format("Intro", "FOUR_FOUR", 0), CHORD.format("G7", "0:0"),
        SECTION.format("A", "FOUR_FOUR", 1), CHORD.format("C", "1:0"), CHORD.format("F", "2:0"),
    )  # fmt: skip
    parts = (PART.format(0, "I", 1, ""), PART.format(1, "A", 2, "[2]"), PART.format(3, "A2", 2, "[2]"))
    data = song(*items, size=3, parts=parts)
    chart = read(data)
    assert shown(chart) == "G7 | C | F | C | F"
    assert [bar.section for bar in chart.bars] == ["Intro", "A", "", "A", ""]
    assert chart.style == "BossaNova"
    assert len(make_tune(chart).form.bar_ticks) == 5


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (AGAIN.format("../../CLI__ChordSymbolImpl[9]/spChord", "0:0"), "leads to nothing"),
        (AGAIN.format("../../../../../../../..", "0:0"), "leads to nothing"),
        (AGAIN.format("../spChord", "0:0"), "leads in a circle"),
        (CHORD.format("C", "x"), "'C' has no place"),
        (SECTION.format("B", "FOUR_SQUARE", 0) + CHORD.format("C", "0:0"), "'B' has no known meter"),
        ("", "no chord symbols"),
        (CHORD.format("C", "99999:0"), "bars; at most 4,096"),
    ],
)
def test_damaged_songs_are_refused_with_the_reason(item: str, message: str) -> None:
    (entry,) = jjazzlab.entries(song(item, size=0), "a song")
    with pytest.raises(ProgressionError, match=message):
        entry.read()


def test_what_is_no_song_is_refused_by_name() -> None:
    with pytest.raises(ProgressionError, match="a song: it has no chord lead sheet"):
        jjazzlab.entries(b"<Song/>", "a song")
