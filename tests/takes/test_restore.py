"""A take out of its file: by its recipe where that makes it, else as the file has it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jazzgen.cli import main
from jazzgen.errors import CheckpointError, MidiError
from jazzgen.improviser.controls import Controls
from jazzgen.midi.layout import Layout
from jazzgen.midi.smf import Song, TimedNote, Track, read_song
from jazzgen.midi.smf_writing import write_song
from jazzgen.takes.again import Again
from jazzgen.takes.recipe import read_recipe, recipe
from jazzgen.takes.restore import read_take
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import Take, load_inputs, make_take
from tests.shared import ROOT

SHORT = "| Dm7 | G7 | Cmaj7 | % |"
SOON = Controls(effort=1)  # where it does not matter which candidate is chosen
SETTINGS = Settings(SHORT, 3, controls=SOON, seed=1, again=(Again((2, 3), seed=4),), count_in=True)


@pytest.fixture(scope="module")
def take() -> Take:
    return make_take(SETTINGS)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ------------------------------------------------------------------------------------------- by the recipe


@pytest.mark.parametrize(
    "layout",
    [
        Layout(),
        Layout(transpose="Eb", ppq=960, markers="none"),
        Layout(tracks=("solo", "drums"), channels=(("solo", 5),), markers="sections"),
    ],
)
def test_a_take_of_ours_comes_back_whole(folder: Path, take: Take, layout: Layout) -> None:
    take.write("take.mid", layout=layout)
    found = read_take("take.mid")
    assert found == replace(take, layout=layout, settings=replace(take.settings, tempo=160.0))
    assert found.origin is None
    found.write("again.mid")
    assert Path("again.mid").read_bytes() == Path("take.mid").read_bytes()


def test_a_recipe_reads_back_as_settings_and_layout() -> None:
    controls = Controls(
        0.8, 40, 0.95, density=5.0, rests=0.3, low=50, high=70, outside=-0.5, player="Chet Baker", motif=2.0,
        arc="rising", max_copied=9, effort=1,
    )  # fmt: skip
    settings = Settings(
        "waltz-bb", 1, 150.5, "alto-sax", controls=controls, seed=4, title="It's; a title", style="swing",
        humanize=0.25, count_in=True, comping="guitar", ending="none", again=(Again(seed=2),),
    )  # fmt: skip
    layout = Layout("chords", ("solo",), (("solo", 3),), -2, 960)
    text = " ".join(
        [recipe(settings, settings.progression, 150.5, load_inputs(settings).checkpoint), *layout.options()]
    )
    assert read_recipe(text) == (settings, layout)


@pytest.mark.parametrize(
    "command",
    [
        "--progression {path} --choruses 1",
        "--progression /etc/passwd",
        "--progression blues-f --choruses many",
        "--progression blues-f --choruses 0",
        "--progression blues-f --again nonsense=1",
        "--progression 'blues-f",
    ],
)
def test_a_recipe_that_is_none_is_no_recipe_and_opens_no_file(tmp_path: Path, command: str) -> None:
    path = tmp_path / "form.txt"
    path.write_text(SHORT)
    text = f"jazzgen 1; checkpoint sha256 {'0' * 64}; jazzgen generate-midi {command.format(path=path)}"
    assert read_recipe(text) is None


# ---------------------------------------------------------------------------------------------- as it is


def louder(song: Song) -> Song:
    """Every third note of each track played louder in a DAW."""

    def played(notes: tuple[TimedNote, ...]) -> tuple[TimedNote, ...]:
        levels = [min(note.velocity + 9 * (k % 3 == 0), 127) for k, note in enumerate(notes)]
        return tuple(note._replace(velocity=level) for note, level in zip(notes, levels, strict=True))

    tracks = tuple(replace(track, notes=played(track.notes)) for track in song.tracks)
    return replace(song, tracks=tracks)


def ornamented(song: Song) -> Song:
    """A grace note, a double stop, a late note, and strings that nobody in the band plays."""
    solo, *others = song.tracks
    first, last = solo.notes[2], solo.notes[-1]
    more = (
        TimedNote(first.start - 25, first.start, first.pitch - 1, 40),
        first._replace(pitch=first.pitch - 3, velocity=50),
        last._replace(start=last.start + 17),
    )
    strings = Track("Strings", 48, 1, (TimedNote(7, 3000, 55, 60), TimedNote(11, 3100, 62, 61)))
    return replace(
        song, tracks=(replace(solo, notes=tuple(sorted((*solo.notes[:-1], *more)))), *others, strings)
    )


def of_elsewhere(song: Song) -> Song:
    """No recipe, no facts, no count-in in sight, other ticks."""

    def half(note: TimedNote) -> TimedNote:
        return note._replace(start=note.start // 2, end=max(note.end // 2, note.start // 2 + 1))

    tracks = tuple(replace(track, notes=tuple(map(half, track.notes))) for track in song.tracks)
    markers = tuple(mark._replace(tick=mark.tick // 2) for mark in song.markers if "Count" not in mark.text)
    meters = tuple((tick // 2, *meter) for tick, *meter in song.meters)
    return replace(
        song,
        ppq=240,
        end=song.end // 2,
        tracks=tracks,
        texts=(),
        markers=markers,
        meters=meters,
        title="Mine",
    )


@pytest.mark.parametrize("change", [louder, ornamented, of_elsewhere])
@pytest.mark.parametrize("part", ["solo", "bass"])
def test_what_other_hands_changed_is_kept_to_the_tick(
    folder: Path, take: Take, change: Callable[[Song], Song], part: str
) -> None:
    take.write("take.mid")
    write_song(change(read_song("take.mid")), "daw.mid")
    found = read_take("daw.mid")
    assert found.origin is not None
    new = found.again((6, 8), part=part, seed=2)
    new.write("new.mid")
    before, after = read_song("daw.mid"), read_song("new.mid")
    start, end = (bars * 4 * before.ppq for bars in (5, 8))
    early = before.ppq // 5
    assert (after.ppq, after.end, after.title) == (before.ppq, before.end, before.title)
    assert after.markers == before.markers
    assert [track.name for track in after.tracks] == [track.name for track in before.tracks]
    for one, other in zip(before.tracks, after.tracks, strict=True):
        gone = Counter(one.notes) - Counter(other.notes)
        assert bool(gone) == (one.name.casefold() == part), one.name
        assert all(note.end > start and note.start < end - early for note in gone)
        assert (one.program, one.volume, one.pan) == (other.program, other.volume, other.pan)


def test_the_recipe_of_a_changed_file_names_the_file_and_makes_the_same_bytes(
    folder: Path, take: Take
) -> None:
    take.write("take.mid")
    write_song(louder(read_song("take.mid")), "daw.mid")
    read_take("daw.mid").again((6, 8), seed=2, controls=Controls(density=6.0)).write("new.mid")
    text = next(text.text for text in read_song("new.mid").texts if text.text.startswith("jazzgen "))
    assert text.startswith(take.recipe)
    assert main([*shlex.split(text.split("; ")[-1])[1:], "-o", "again.mid"]) == 0
    assert Path("again.mid").read_bytes() == Path("new.mid").read_bytes()
    # And one edit more, of that file.
    assert main(["again", "new.mid", "--part", "drums", "--bars", "3", "--seed", "1", "-o", "third.mid"]) == 0
    text = next(text.text for text in read_song("third.mid").texts if text.text.startswith("jazzgen "))
    assert text.count("; file sha256 ") == 2


def test_a_double_time_solo_is_played_again_in_the_bars_of_its_file(folder: Path) -> None:
    notes = tuple(TimedNote(k * 60, k * 60 + 55, 60 + k % 12, 80) for k in range(4 * 8 * 4))  # 32nds
    struck = [(1920 * bar, pitch) for bar in range(4) for pitch in (50, 53, 57, 60)]
    chords = Track("Chords", 0, 1, tuple(TimedNote(tick, tick + 1800, pitch, 60) for tick, pitch in struck))
    song = Song(
        480, 4 * 1920, (Track("Solo", 66, 0, notes), chords), meters=((0, 4, 4),), tempos=((0, 900_000),)
    )
    write_song(song, "slow.mid")
    found = read_take("slow.mid")
    assert found.solo.double_time
    found.again((2, 3), seed=1).write("new.mid")
    after = read_song("new.mid").tracks[0].notes
    assert {n for n in notes if not 1920 <= n.start < 3 * 1920} <= set(after)
    assert any(1920 <= note.start < 3 * 1920 for note in set(after) - set(notes))


def test_a_model_that_does_not_ship_has_to_be_given(folder: Path, take: Take) -> None:
    shipped = str(ROOT / "models/improviser.safetensors")
    named = make_take(replace(SETTINGS, model=shipped, again=()))
    named.write("take.mid")
    with pytest.raises(
        CheckpointError, match=r"names the model 'improviser\.safetensors', which does not come"
    ):
        read_take("take.mid")
    assert read_take("take.mid", model=shipped).performance == named.performance
    # Another model plays the new bars, and the notes are the file's.
    assert read_take("take.mid", model="classic-64").origin is not None


def test_a_file_without_chords_is_refused_with_what_would_do(folder: Path, take: Take) -> None:
    take.write("take.mid", layout=Layout(markers="none", tracks=("solo",)))
    song = read_song("take.mid")
    write_song(replace(song, texts=()), "bare.mid")
    with pytest.raises(MidiError, match=r"^bare\.mid: has no chord symbols .*; write chord symbols into it"):
        read_take("bare.mid")


def test_a_file_that_changes_its_tempo_is_refused(folder: Path, take: Take) -> None:
    take.write("take.mid")
    song = read_song("take.mid")
    write_song(replace(song, tempos=(*song.tempos, (4000, 400_000))), "rit.mid")
    with pytest.raises(MidiError, match=r"rit\.mid: changes its tempo; only a file of one tempo"):
        read_take("rit.mid")
