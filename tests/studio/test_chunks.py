"""Chunks of sound: added where they begin they are the part, and only those that changed have a new key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jazzgen.improviser.controls import Controls
from jazzgen.studio import small_font, sounding
from jazzgen.studio.chunks import Chunk, chunks_of
from jazzgen.studio.mixer import Strip, mixed_midi, panned
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import Take, make_take

LOUD = 5  # of 32,768: what rounding may add
SOON = Controls(effort=1)  # where it does not matter which candidate is chosen
BLUES = Settings("blues-f", choruses=1, seed=2, controls=SOON)


@pytest.fixture(scope="module")
def blues() -> Take:
    return make_take(BLUES)


def _chunks(take: Take, folder: Path) -> dict[str, list[Chunk]]:
    take.write(folder / "take.mid")
    return chunks_of(take, (folder / "take.mid").read_bytes())


@pytest.mark.parametrize(
    "settings",
    [
        replace(BLUES, tempo=173),
        replace(BLUES, progression="waltz-blues", seed=3, count_in=True),
    ],
)
def test_chunks_add_up_to_the_stem(settings: Settings, tmp_path: Path) -> None:
    pytest.importorskip("midirenderer", reason="needs jazzgen[audio]")
    take = make_take(settings)
    take.write(tmp_path / "take.mid", stems=tmp_path / "stems")
    for part, chunks in _chunks(take, tmp_path).items():
        whole = sounding.heard(sounding.dying_away((tmp_path / "stems" / f"{part}.mid").read_bytes())) * 32768
        added = np.zeros((len(whole) + 500_000, 2))
        for chunk in chunks:
            assert chunk.start % 64 == 0
            if chunk.midi:
                sound = sounding.heard(chunk.midi)[: chunk.samples] * 32768
                assert abs(len(sound) - chunk.samples) <= 64
                added[chunk.start : chunk.start + len(sound)] += sound
        assert np.abs(whole).max() > 500
        assert np.abs(added[: len(whole)] - whole).max() <= LOUD, part


def test_only_bars_that_sound_different_have_new_keys(tmp_path: Path) -> None:
    take = make_take(replace(BLUES, progression="rhythm-changes", seed=4))
    before, after = _chunks(take, tmp_path), _chunks(take.again((9, 12), seed=1), tmp_path)
    changed = {
        (part, old.bar) for part in before for old, new in zip(before[part], after[part], strict=True)
        if old.key != new.key
    }  # fmt: skip
    assert ("solo", 9) in changed
    assert changed <= {("solo", 5), ("solo", 9)}  # a note before may be cut where the new bars begin


def test_chunks_cover_all_bars(tmp_path: Path) -> None:
    take = make_take(replace(BLUES, count_in=True))
    for chunks in _chunks(take, tmp_path).values():
        assert [(chunk.bar, chunk.bars) for chunk in chunks] == [(1, 2), (3, 2), (5, 4), (9, 4), (13, 1)]


def test_a_strip_pans_as_a_browser_does() -> None:
    sound = np.array([[0.5, 0.25]])
    assert np.allclose(panned(sound, Strip()), sound)
    assert np.allclose(panned(sound, Strip(pan=-1)), [[0.75, 0]])
    assert np.allclose(panned(sound, Strip(pan=1, volume=2)), [[0, 1.5]])
    assert np.allclose(panned(sound, Strip(pan=0.5)), [[0.5 * np.sqrt(0.5), 0.25 + 0.5 * np.sqrt(0.5)]])


def test_a_mixed_file_has_the_parts_that_are_heard(tmp_path: Path, blues: Take) -> None:
    import io

    import mido

    blues.write(tmp_path / "take.mid")
    data = (tmp_path / "take.mid").read_bytes()
    mixed = mido.MidiFile(
        file=io.BytesIO(mixed_midi(data, {"piano": Strip(mute=True), "bass": Strip(volume=0.25, pan=1)}))
    )
    assert [track.name for track in mixed.tracks[1:]] == ["Solo", "Bass", "Drums"]
    whole = mido.MidiFile(file=io.BytesIO(data))
    controls = {m.control: m.value for m in mixed.tracks[2] if m.type == "control_change"}
    usual = {m.control: m.value for m in whole.tracks[3] if m.type == "control_change"}
    assert controls[7] == round(usual[7] / 2)
    assert controls[10] == 127
    alone = mido.MidiFile(file=io.BytesIO(mixed_midi(data, {"drums": Strip(solo=True)})))
    assert [track.name for track in alone.tracks[1:]] == ["Drums"]


def test_a_small_font_sounds_the_same(tmp_path: Path, blues: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("midirenderer", reason="needs jazzgen[audio]")
    blues.write(tmp_path / "take.mid", stems=tmp_path)
    monkeypatch.setattr(small_font, "SMALL", 0)
    whole = sounding.find_soundfont()
    for part in ("solo", "bass", "drums"):
        midi = (tmp_path / f"{part}.mid").read_bytes()
        small = small_font.small_font(whole, small_font.presets_of(midi))
        assert small.stat().st_size < whole.stat().st_size
        assert np.array_equal(
            sounding.play(midi, small, "midirenderer"), sounding.play(midi, whole, "midirenderer")
        )
    assert small_font.small_font(whole, frozenset({(77, 1)})) == whole  # there is none
    (tmp_path / "broken.sf2").write_bytes(whole.read_bytes()[:5000])
    assert small_font.small_font(tmp_path / "broken.sf2", frozenset({(0, 0)})) == tmp_path / "broken.sf2"
