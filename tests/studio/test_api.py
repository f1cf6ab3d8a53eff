"""The studio through its API: takes, bars anew, undo, sound, files, and what is refused."""

from __future__ import annotations

import io
import time
import zipfile
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from jazzgen.cli import main
from jazzgen.studio.studio import Studio
from jazzgen.studio.workers import CancelledJobError
from jazzgen.takes.restore import read_take

BLUES = {"chart": "blues-f", "choruses": 1, "seed": 5}


def _post(client: TestClient, path: str, status: int = 200, **given: Any) -> Any:
    answer = client.post(path, json=given)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture
def made(client: TestClient) -> Any:
    """A take of a blues, as it is answered."""
    return _post(client, "/api/takes", settings=BLUES)


def test_a_take_has_all_that_a_page_needs(client: TestClient, made: Any) -> None:
    take, roll, sound = made["take"], made["roll"], made["sound"]
    assert made["state"]["current"] == take["id"] == roll["id"] == sound["id"]
    assert take["settings"]["seed"] == 5
    assert (take["bars"], len(roll["bars"]), roll["bars"][1]["seconds"]) == (12, 12, 1.5)
    assert [part["name"] for part in roll["parts"]] == ["solo", "piano", "bass", "drums"] == take["parts"]
    solo = roll["parts"][0]["notes"]
    assert len(solo) == take["notes"]
    assert all(0 <= note[6] <= 3 and note[0] < note[1] and note[4] < note[5] for note in solo)
    assert {chord["symbol"] for chord in roll["chords"]} == {"F7", "Bb7", "C7"}
    assert roll["chords"][0]["tones"] == [0, 3, 5, 9]
    assert client.get(f"/api/takes/{take['id']}/roll").json() == roll
    assert client.get(f"/api/takes/{take['id']}/sound").json()["parts"] == sound["parts"]


def test_it_is_the_take_of_the_command_line(client: TestClient, made: Any, tmp_path: Path) -> None:
    found = _post(client, f"/api/takes/{made['take']['id']}/export", format="mid")
    data = client.get(found["url"]).content
    path = tmp_path / "take.mid"
    words = ["--progression", "blues-f", "--choruses", "1", "--seed", "5", "-o", str(path)]
    assert main(["generate-midi", *words]) == 0
    assert path.read_bytes() == data
    assert found["bytes"] == len(data)


def test_bars_anew_and_another_tempo(client: TestClient, made: Any, tmp_path: Path) -> None:
    first = made["take"]["id"]
    new = _post(client, f"/api/takes/{first}/again", bars=[5, 8], part="solo", seed=3, changes={"density": 9})
    assert new["take"]["parent"] == first
    assert "--again '5-8 part=solo seed=3 density=9'" in new["take"]["recipe"].replace('"', "'")
    faster = _post(client, f"/api/takes/{new['take']['id']}/tempo", tempo=200)
    assert faster["roll"]["tempo"] == 200
    assert [note[:3] for note in faster["roll"]["parts"][0]["notes"]] == [
        note[:3] for note in new["roll"]["parts"][0]["notes"]
    ]
    found = _post(client, f"/api/takes/{faster['take']['id']}/export", format="mid")
    (tmp_path / "x.mid").write_bytes(client.get(found["url"]).content)
    assert read_take(tmp_path / "x.mid").origin is None


def test_sound_of_all_chunks_is_what_render_writes(client: TestClient, made: Any) -> None:
    soundfile = pytest.importorskip("soundfile", reason="needs jazzgen[audio]")
    take = made["take"]["id"]
    found = _post(client, f"/api/takes/{take}/export", format="wav")
    wav, rate = soundfile.read(io.BytesIO(client.get(found["url"]).content))
    while not (plan := client.get(f"/api/takes/{take}/sound").json())["gain_exact"]:
        time.sleep(0.05)
    mix = np.zeros((len(wav) + 400_000, 2))
    for part in plan["parts"]:
        for chunk in part["chunks"]:
            if not chunk["silent"]:
                flac, _ = soundfile.read(io.BytesIO(client.get(f"/api/sound/{chunk['key']}.flac").content))
                assert len(flac) == chunk["samples"]
                mix[chunk["start"] : chunk["start"] + len(flac)] += flac * part["gain"] * plan["gain"]
    inside = len(wav) - rate // 10
    # The highest peaks are limited in what is written.
    close = np.abs(mix[:inside] - wav[:inside]) * 32768 < 10 * plan["gain"]
    assert close.mean() > 0.95
    limited = np.abs(mix[:inside][~close])
    assert not limited.size or limited.max() > 0.5


def test_exports_are_files(client: TestClient, made: Any) -> None:
    take, heads = made["take"]["id"], {"musicxml": b"<?xml", "pdf": b"%PDF", "flac": b"fLaC"}
    for kind, head in heads.items():
        if kind == "pdf":
            pytest.importorskip("verovio", reason="needs jazzgen[notation]")
        found = _post(client, f"/api/takes/{take}/export", format=kind)
        answer = client.get(found["url"])
        assert answer.content.startswith(head)
        assert answer.headers["content-disposition"].startswith("attachment")
    mixer = {"piano": {"mute": True}, "bass": {"volume": 0.5, "pan": -1}}
    found = _post(client, f"/api/takes/{take}/export", format="stems", mixer=mixer)
    names = zipfile.ZipFile(io.BytesIO(client.get(found["url"]).content)).namelist()
    assert names == ["solo.mid", "bass.mid", "drums.mid"]
    everything = {name: {"mute": True} for name in made["take"]["parts"]}
    assert _post(client, f"/api/takes/{take}/export", 422, format="wav", mixer=everything)["field"] == "mixer"
    assert _post(client, f"/api/takes/{take}/export", 422, format="exe")["error"].startswith("format must be")
    assert client.get("/api/files/none/take.mid").status_code == 404


def test_a_mixed_wav_is_the_sum_of_its_stems(client: TestClient, made: Any) -> None:
    soundfile = pytest.importorskip("soundfile", reason="needs jazzgen[audio]")
    mixer = {"piano": {"solo": True, "pan": -0.5}, "bass": {"solo": True, "volume": 0.3}}
    sounds = []
    for kind in ("wav", "stems-wav"):
        found = _post(client, f"/api/takes/{made['take']['id']}/export", format=kind, mixer=mixer)
        sounds.append(client.get(found["url"]).content)
    wav, _ = soundfile.read(io.BytesIO(sounds[0]))
    with zipfile.ZipFile(io.BytesIO(sounds[1])) as archive:
        stems = [soundfile.read(io.BytesIO(archive.read(name)))[0] for name in archive.namelist()]
        assert archive.namelist() == ["piano.wav", "bass.wav"]
    length = min(len(wav), len(stems[0])) - 2000
    assert np.abs(wav[:length] - sum(stems)[:length]).max() * 32768 < 5


def test_why_a_note_and_the_lead_sheet(client: TestClient, made: Any) -> None:
    take = made["take"]["id"]
    found = client.get(f"/api/takes/{take}/why?note=7").json()
    note = made["roll"]["parts"][0]["notes"][7]
    assert found["pitch"] == note[2]
    assert 0 < found["probability"] < 1
    assert [o["probability"] for o in found["others"]] == sorted(
        (o["probability"] for o in found["others"]), reverse=True
    )
    assert client.get(f"/api/takes/{take}/why?note=9999").status_code == 422
    assert client.get(f"/api/takes/{take}/why?note=x").status_code == 422
    pytest.importorskip("verovio", reason="needs jazzgen[notation]")
    sheet = client.get(f"/api/takes/{take}/sheet?key=Bb").json()
    assert [bar["bar"] for bar in sheet["bars"]] == list(range(1, 13))
    for bar in sheet["bars"]:
        assert 0 < bar["x"] < bar["x"] + bar["width"] < 1
        assert 0 < bar["y"] < bar["y"] + bar["height"] < 1
    page = client.get(sheet["pages"][0]["url"])
    assert page.headers["content-type"].startswith("image/svg+xml")
    assert "script" not in page.headers["content-security-policy"]
    assert client.get(f"/api/takes/{take}/sheet?key=H").status_code == 422


def test_favourites_are_takes_on_disk(client: TestClient, made: Any, studio: Studio) -> None:
    take = made["take"]["id"]
    state = _post(client, "/api/favourites", id=take, name="../../My Best!")
    name = state["favourites"][0]["name"]
    assert name.startswith("my-best-")
    assert read_take(studio.favourites.folder / f"{name}.mid").origin is None
    assert next(t for t in state["takes"] if t["id"] == take)["favourite"] == name
    assert _post(client, "/api/favourites", id=take)["favourites"] == state["favourites"]
    opened = _post(client, f"/api/favourites/{name}/open")
    assert opened["take"]["id"] == take
    anew = _post(client, f"/api/takes/{take}/again", part="bass", seed=1)
    assert anew["take"]["recipe"].endswith("part=bass seed=1'")
    state = client.request("DELETE", f"/api/favourites/{name}").json()
    assert state["favourites"] == []
    [left] = [row for row in state["recent"] if row["id"] == take]  # a press too many loses nothing
    assert client.request("DELETE", f"/api/recent/{left['name']}").json()["recent"] == []
    assert client.request("DELETE", f"/api/favourites/{name}").status_code == 404
    assert _post(client, "/api/favourites/nothing/open", 404)


def test_a_midi_file_is_opened(client: TestClient, made: Any) -> None:
    found = _post(client, f"/api/takes/{made['take']['id']}/export", format="mid")
    data = client.get(found["url"]).content
    octets = {"content-type": "application/octet-stream"}
    opened = client.post("/api/open?name=/etc/passwd", content=data, headers=octets)
    assert opened.json()["take"]["id"] == made["take"]["id"]
    wrong = client.post("/api/open?name=x.mid", content=b"MThd nonsense", headers=octets)
    assert wrong.status_code == 422
    assert "take.mid" not in wrong.text
    assert client.post("/api/open", content=bytes(2**21 + 1), headers=octets).status_code == 413


def test_a_chart_file_is_read_as_text(client: TestClient) -> None:
    octets = {"content-type": "application/octet-stream"}
    found = client.post("/api/chart/file?name=tune.txt", content=b"| Dm7 | G7 |", headers=octets).json()
    assert "| Dm7 | G7 |" in found["text"]
    assert client.post("/api/chart/file?name=/etc/passwd", content=b"", headers=octets).status_code == 422
    assert client.post("/api/chart/file", content=bytes(8_000_001), headers=octets).status_code == 413


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"chart": "/etc/passwd"}, "chart"),
        ({"chart": "blues", "choruses": 64}, "choruses"),
        ({"chart": "blues", "player": "Nobody At All"}, ""),
        ({"chart": "blues", "model": "x"}, "model"),
        (None, "settings"),
    ],
)
def test_what_cannot_be_used_is_one_line(client: TestClient, settings: Any, field: str) -> None:
    before = client.get("/api/state").json()
    error = _post(client, "/api/takes", 422, settings=settings)
    assert error.get("field", "") == field
    assert "\n" not in error["error"]
    assert "root:" not in error["error"]
    assert client.get("/api/state").json() == before


@pytest.mark.parametrize("body", [b"[]", b"{", b'"x"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/takes", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422


def test_a_body_that_is_too_long(client: TestClient) -> None:
    answer = client.post("/api/takes", content=bytes(1_000_001), headers={"content-type": "application/json"})
    assert answer.status_code == 413
    parts = (bytes(300_000) for _ in range(4))
    answer = client.post("/api/takes", content=parts, headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_options_are_what_can_be_asked(client: TestClient) -> None:
    found = client.get("/api/options").json()
    for form in found["forms"]:
        checked = _post(client, "/api/chart", chart=form["text"])
        assert (checked["ok"], checked["bars"], checked["key"]) == (True, form["bars"], form["key"]), form
    for key in found["keys"]:
        assert _post(client, "/api/chart", chart="blues", key=key)["ok"], key
    defaults = found["defaults"] | {"chart": "waltz-blues", "choruses": 1, "seed": 1}
    assert _post(client, "/api/takes", settings=defaults)["take"]["settings"] == defaults


def test_a_variant_for_practice(client: TestClient, made: Any) -> None:
    take, before = made["take"]["id"], client.get("/api/state").json()
    found = client.get(f"/api/takes/{take}/sound?tempo=80&transpose=-3").json()
    assert (found["tempo"], found["transpose"], found["id"]) == (80, -3, take)
    assert found["seconds"] == pytest.approx(2 * made["sound"]["seconds"])
    moved = client.get(f"/api/takes/{take}/sound?transpose=2").json()
    for part, own in zip(moved["parts"], made["sound"]["parts"], strict=True):
        same = [chunk["key"] for chunk in part["chunks"]] == [chunk["key"] for chunk in own["chunks"]]
        assert same == (part["name"] == "drums")
    key = moved["parts"][0]["chunks"][0]["key"]
    assert client.get(f"/api/sound/{key}.flac").content.startswith(b"fLaC")
    for query in ("tempo=9", "transpose=13", "transpose=1.5", "tempo=x", "tempo=nan"):
        assert client.get(f"/api/takes/{take}/sound?{query}").status_code == 422, query
    assert _post(client, "/api/sound/ahead", id=take, tempo=80, transpose=-3, from_bar=5)["queued"] > 0
    assert client.get("/api/state").json() == before


def test_a_chunk_that_others_dropped_is_rendered_for_who_still_waits(
    client: TestClient, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: Future[bytes] = Future()
    dropped.set_exception(CancelledJobError("dropped"))
    answers: list[Any] = [dropped, b"sound", dropped, dropped, dropped]
    monkeypatch.setattr(studio.sound, "chunk", lambda _: answers.pop(0))
    heard = client.get("/api/sound/abc.flac")
    assert (heard.status_code, heard.content) == (200, b"sound")
    assert client.get("/api/sound/abc.flac").status_code == 409
