"""Expression in takes: in the file, out of it again, and kept where bars are played again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mido
import pytest

from jazzgen.cli import main
from jazzgen.errors import OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.midi.controllers import TimedControl
from jazzgen.midi.layout import Layout
from jazzgen.midi.reading import read_solo
from jazzgen.midi.smf import Song, TimedNote, Track, read_song
from jazzgen.midi.smf_writing import write_song
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import SOLO
from jazzgen.performance.expression import count_gestures
from jazzgen.performance.feel import Feel
from jazzgen.takes.recipe import read_recipe
from jazzgen.takes.restore import read_take
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import Take, make_take
from jazzgen.tokens.vocabulary import encode

SOON = Controls(effort=1)  # where it does not matter which candidate is chosen
BALLAD = Settings("ballad-eb", 1, controls=SOON, seed=2, expression=1.0, count_in=True)


@pytest.fixture(scope="module")
def take() -> Take:
    return make_take(BALLAD)


def _lead(path: Path) -> Track:
    return next(track for track in read_song(path).tracks if track.name == SOLO)


def test_horns_have_it_unless_told_otherwise(tmp_path: Path, take: Take) -> None:
    assert Settings().expression == 0.7
    take.write(tmp_path / "take.mid")
    tracks = read_song(tmp_path / "take.mid").tracks
    assert [track.name for track in tracks if track.controls] == [SOLO]
    found = count_gestures(take.performance.track(SOLO))
    assert found["scoops"]
    assert found["vibrato"]
    assert found["swells"]


@pytest.mark.parametrize("settings", [{"expression": 0.0}, {"instrument": "piano"}])
def test_without_it_a_file_is_what_it_was(tmp_path: Path, settings: dict[str, object]) -> None:
    """No bend and no controller; and the notes that a feel alone plays."""
    plain = make_take(replace(BALLAD, **settings))
    plain.write(tmp_path / "plain.mid")
    messages = [message for track in mido.MidiFile(tmp_path / "plain.mid").tracks for message in track]
    assert not [message for message in messages if message.type == "pitchwheel"]
    assert {m.control for m in messages if m.type == "control_change"} == {7, 10, 91}  # volume, pan, room
    arrangement, path = plain.arrangement, tmp_path / "alone.mid"
    write_arrangement(arrangement, path, feel=Feel(BALLAD.humanize, BALLAD.seed))
    assert path.read_bytes() == (tmp_path / "plain.mid").read_bytes()


def test_the_line_and_the_band_are_the_same_with_and_without(tmp_path: Path, take: Take) -> None:
    plain = make_take(replace(BALLAD, expression=0.0))
    assert (plain.solo, plain.parts) == (take.solo, take.parts)
    for one, path in ((plain, tmp_path / "plain.mid"), (take, tmp_path / "take.mid")):
        one.write(path)
    assert encode(read_solo(tmp_path / "take.mid")) == encode(read_solo(tmp_path / "plain.mid"))


@pytest.mark.parametrize("layout", [Layout(), Layout(transpose="Bb", tracks=("solo", "bass"))])
def test_a_take_comes_back_by_its_recipe(tmp_path: Path, take: Take, layout: Layout) -> None:
    take.write(tmp_path / "take.mid", layout=layout)
    found = read_take(tmp_path / "take.mid")
    assert found.origin is None
    assert found.performance == take.performance
    assert found.settings.expression == 1.0


def test_and_without_one_from_what_the_file_plays(tmp_path: Path, take: Take) -> None:
    take.write(tmp_path / "take.mid")
    song = read_song(tmp_path / "take.mid")
    write_song(replace(song, texts=()), tmp_path / "bare.mid")
    found = read_take(tmp_path / "bare.mid")
    assert found.origin is not None
    heard = [note.controls for note in found.performance.track(SOLO)]
    assert heard == [note.controls for note in take.performance.track(SOLO)]
    found.write(tmp_path / "again.mid")
    assert _lead(tmp_path / "again.mid") == _lead(tmp_path / "take.mid")


def test_a_recipe_of_0_2_0_is_without(take: Take) -> None:
    found = read_recipe(take.recipe.replace(" --expression 1", ""))
    assert found is not None
    assert found[0].expression == 0
    found = read_recipe(take.recipe)
    assert found is not None
    assert found[0].expression == 1


def test_playing_bars_again_keeps_the_expression_of_the_others(tmp_path: Path, take: Take) -> None:
    new = take.again((9, 16), seed=5)
    take.write(tmp_path / "old.mid")
    new.write(tmp_path / "new.mid")
    start, stop = (take.solo.progression.bar_ticks[bar] * 40 for bar in (8, 16))  # 480 ticks of the file
    old, anew = _lead(tmp_path / "old.mid"), _lead(tmp_path / "new.mid")

    def outside(track: Track) -> tuple[list[TimedNote], list[TimedControl]]:
        notes = [note for note in track.notes if note.end <= start or note.start >= stop]
        kept = [n.start for n in notes]
        before, after = max(s for s in kept if s < start), min(s for s in kept if s >= stop)
        return notes, [c for c in track.controls if c.tick <= before or c.tick > after]

    assert outside(old) == outside(anew)
    assert [c for c in old.controls if start <= c.tick < stop] != [
        c for c in anew.controls if start <= c.tick < stop
    ]
    found = read_take(tmp_path / "new.mid")
    assert (found.origin, found.performance) == (None, new.performance)


def test_another_part_of_the_band_leaves_the_solo_alone(take: Take) -> None:
    new = take.again((9, 16), part="bass", seed=5)
    assert new.performance.track(SOLO) == take.performance.track(SOLO)


def test_bends_of_a_band_from_elsewhere_are_kept(tmp_path: Path, take: Take) -> None:
    """A guitarist's bend in the accompaniment, played in a DAW."""
    take.write(tmp_path / "take.mid")
    song = read_song(tmp_path / "take.mid")
    bend = (TimedControl(song.tracks[1].notes[3].start + 40, "bend", 99.90234375),)
    tracks = (song.tracks[0], replace(song.tracks[1], controls=bend), *song.tracks[2:])
    write_song(replace(song, tracks=tracks), tmp_path / "bent.mid")
    read_take(tmp_path / "bent.mid").write(tmp_path / "back.mid")
    here, there = (read_song(tmp_path / name).tracks[1].controls for name in ("bent.mid", "back.mid"))
    assert bend[0] in here
    assert bend[0] in there


def test_new_bars_of_a_file_from_elsewhere_bend_if_the_others_do(tmp_path: Path, take: Take) -> None:
    take.write(tmp_path / "take.mid")
    song = replace(read_song(tmp_path / "take.mid"), texts=())
    plain = replace(song, tracks=tuple(replace(track, controls=()) for track in song.tracks))
    for one, amount in ((song, 0.7), (plain, 0.0)):
        write_song(one, tmp_path / "bare.mid")
        assert read_take(tmp_path / "bare.mid").settings.expression == amount


def test_a_primer_keeps_its_bends(tmp_path: Path) -> None:
    notes = tuple(TimedNote(240 * k, 240 * k + 200, 65 + k, 80) for k in range(6))
    scoop = (TimedControl(240, "bend", -99.90234375), TimedControl(290, "bend", 0.0))
    song = Song(480, 1920, (Track("Solo", 66, 0, notes, controls=scoop),))
    write_song(song, tmp_path / "riff.mid")
    primed = make_take(Settings(seed=1, choruses=1, primer=str(tmp_path / "riff.mid")))
    bent = primed.performance.track(SOLO)[1]
    assert [(c.kind, c.value) for c in bent.controls] == [("bend", -99.90234375), ("bend", 0.0)]


@pytest.mark.parametrize("amount", [-0.1, 1.1])
def test_amounts_outside_the_range_are_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, amount: float
) -> None:
    with pytest.raises(OptionError):
        Settings(expression=amount)
    assert main(["generate-midi", f"--expression={amount}", "-o", str(tmp_path / "take.mid")]) == 2
    assert capsys.readouterr().err == (
        f"jazzgen: expression must be in 0..1 (0: none), received {amount:g}\n"
    )
    assert not (tmp_path / "take.mid").exists()
