"""What the processes of a studio do, here without one: composing, explaining, engraving, rendering."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jazzgen.cli import main
from jazzgen.errors import JazzgenError, OptionError
from jazzgen.studio import composing, options, sounding
from jazzgen.studio.composing import Source
from jazzgen.studio.given import Variant
from jazzgen.studio.mixer import Strip
from jazzgen.takes.again import Again
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import make_take

SETTINGS = Settings("| Dm7 | G7 | Cmaj7 | % |", choruses=2, seed=3)
SOURCE = Source(SETTINGS)


@pytest.fixture(autouse=True, scope="module")
def warm() -> Iterator[None]:
    composing.warm("improviser", None)
    yield
    composing._here.clear()


def test_a_source_is_the_same_take_kept_or_made_anew() -> None:
    edited = replace(SOURCE, edits=(Again((3, 4), seed=1), Again((1, 2), "bass", seed=2)), tempo=200.0)
    kept = composing.compose(edited)
    composing._here[0].takes.clear()
    assert composing.compose(edited) == kept
    made = make_take(replace(SETTINGS, again=edited.edits, retime=200.0))
    assert kept.facts["recipe"] == made.recipe
    assert json.loads(zlib.decompress(kept.roll))["tempo"] == 200
    opened = composing.compose(Source(file=kept.midi))
    assert (opened.id, opened.sound) == (kept.id, kept.sound)


def test_takes_that_are_kept_are_few_and_share_their_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composing, "KEPT", 2)
    for seed in range(3):
        composing.compose(Source(Settings("| Dm7 | G7 |", choruses=1, seed=seed)))
    takes = list(composing._here[0].takes.values())
    assert len(takes) == 2
    assert takes[0].inputs.checkpoint is takes[1].inputs.checkpoint


def test_a_model_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("loaded again")

    monkeypatch.setattr("jazzgen.takes.take.load_checkpoint", fail)
    monkeypatch.setattr("jazzgen.takes.take.shipped_index", fail)
    settings = Settings("| Dm7 | G7 |", choruses=1, seed=77)
    composed = composing.compose(Source(settings))
    monkeypatch.undo()
    assert composed.facts["recipe"] == make_take(settings).recipe


def test_a_file_that_is_no_take_is_named_without_its_place() -> None:
    with pytest.raises(JazzgenError) as error:
        composing.compose(Source(file=b"MThd nonsense"))
    assert "take.mid" not in str(error.value)


def test_why_a_note_was_played() -> None:
    notes = json.loads(zlib.decompress(composing.compose(SOURCE).roll))["parts"][0]["notes"]
    found = composing.explain(SOURCE, 4)
    assert (found["pitch"], found["given"], found["note"]) == (notes[4][2], "network", 4)
    assert len({(o["pitch"], o["length"]) for o in found["others"]}) == len(found["others"]) == 8
    assert (
        found["rank"] == 1 + sum(o["probability"] > found["probability"] for o in found["others"])
        or found["rank"] > 8
    )
    with pytest.raises(OptionError, match="note must be in"):
        composing.explain(SOURCE, 10_000)


def test_a_note_of_a_copied_run_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    from jazzgen.improviser.originality import build_index, longest_run

    take = composing._take(SOURCE)
    index = build_index([take.solo])
    inputs = replace(take.inputs, index=index)
    composing._here[0].takes[SOURCE] = replace(take, inputs=inputs)
    monkeypatch.setattr(composing._here[0], "solos", [replace(take.solo, title="Itself", player="Me")])
    found = composing.explain(SOURCE, 4)
    run = longest_run(index, take.solo)
    assert run is not None
    assert found["run"]["intervals"] == run.length == len(take.solo.notes) - 1
    assert found["source"] == {"title": "Itself", "player": "Me", "bar": run.bar}
    composing._here[0].takes.clear()


def test_bars_of_the_lead_sheet_stand_on_their_page() -> None:
    pytest.importorskip("verovio", reason="needs jazzgen[notation]")
    pages, places = composing.sheet(SOURCE, "Eb")
    assert [place.bar for place in places] == list(range(1, 9))
    assert {place.page for place in places} == set(range(len(pages)))
    first, second = places[0], places[1]
    assert first.x + first.width == pytest.approx(second.x, abs=0.001)


def test_files_are_written(tmp_path: Path) -> None:
    midi = composing.midi_of(SOURCE)
    assert composing.write(SOURCE, "mid", str(tmp_path), "a", {}, "C") == "a.mid"
    assert (tmp_path / "a.mid").read_bytes() == midi
    assert composing.write(SOURCE, "musicxml", str(tmp_path), "a", {}, "Bb") == "a.musicxml"
    assert (
        composing.write(SOURCE, "stems", str(tmp_path), "a", {"bass": Strip(mute=True)}, "C") == "a-stems.zip"
    )
    with pytest.raises(JazzgenError, match="every part is muted"):
        composing.stems_of(SOURCE, {name: Strip(mute=True) for name in ("solo", "piano", "bass", "drums")})


def test_sound_is_written_as_render_does(tmp_path: Path) -> None:
    pytest.importorskip("midirenderer", reason="needs jazzgen[audio]")
    sounding.warm()
    midi, stems = composing.for_sound(SOURCE, {})
    assert sounding.write_sound(midi, stems, "wav", (str(tmp_path), "a"), {}) == "a.wav"
    (tmp_path / "b.mid").write_bytes(midi)
    assert main(["render", str(tmp_path / "b.mid"), "-o", str(tmp_path / "b.wav")]) == 0
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    mixer = {"drums": Strip(volume=0.5)}
    assert sounding.write_sound(midi, stems, "flac", (str(tmp_path), "c"), mixer) == "c.flac"
    assert sounding.write_sound(midi, stems, "stems-wav", (str(tmp_path), "c"), mixer) == "c-stems-wav.zip"
    gains = sounding.gains_of(midi)
    assert list(gains) == ["solo", "piano", "bass", "drums"]
    assert min(gains.values()) > 1


def test_a_variant_is_as_long_as_its_tempo_makes_it() -> None:
    seconds, sound = composing.variant(SOURCE, Variant(80.0, 5))
    assert seconds == pytest.approx(2 * composing.compose(SOURCE).seconds)
    assert set(sound) == {"solo", "piano", "bass", "drums"}


def test_options_name_every_choice() -> None:
    found = options.options_of("improviser")
    assert len(found["keys"]) == 24
    assert "Charlie Parker" in found["players"]
    assert found["defaults"]["instrument"] == "tenor-sax"


def test_a_missing_extra_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["studio", "--no-browser"]) == 2
    error = capsys.readouterr().err
    assert "jazzgen[studio]" in error
    assert error.count("\n") == 1
