"""A session of trading that the studio plays, over a JACK server without hardware."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("httpx", reason="needs httpx")
pytest.importorskip("uvicorn", reason="needs jazzgen[studio]")
from starlette.testclient import TestClient

from checks.rig import KEYS, SYNTH, Rig, hanging, why_not
from checks.studio import Program, descendants
from jazzgen.live.ports import find_port, quiet_libraries
from jazzgen.studio.studio import Studio

needs_jack = pytest.mark.skipif(bool(why_not()), reason=why_not() or "all there")
SETTINGS = {"chart": "| Dm7 | G7 | Cmaj7 | % |", "tempo": 300, "seed": 1, "choruses": 3, "head": True}
PATIENCE_S = 120


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with quiet_libraries(), Rig(tmp_path) as rig:
        yield rig


@pytest.fixture
def program(rig: Rig, tmp_path: Path) -> Iterator[Program]:
    running = Program(tmp_path / "favourites")
    yield running
    running.close()


def wait(happened: Callable[[], Any], what: str) -> Any:
    """Wait until something has happened; what it is."""
    limit = time.monotonic() + PATIENCE_S
    while not (found := happened()):
        assert time.monotonic() < limit, what
        time.sleep(0.02)
    return found


def begin(program: Program, rig: Rig, **more: Any) -> dict[str, Any]:
    """Start a session on the rig's ports, and wait for its band."""
    ports = program.client.get("/api/live").json()
    assert ports["missing"] == ""
    chosen = {
        "in": find_port(KEYS, ports["inputs"], "input"),
        "out": find_port(SYNTH, ports["outputs"], "output"),
    }
    answer = program.client.post("/api/live", json={"settings": SETTINGS, **chosen, "trade": "2", **more})
    assert answer.status_code == 200, answer.text
    rig.until(lambda: rig.notes() > 8, "the band played")
    return dict(answer.json())


@needs_jack
def test_a_session_is_played_and_its_take_joins_the_others(
    program: Program, rig: Rig, tmp_path: Path
) -> None:
    begun = begin(program, rig)
    assert [bar["tick"] for bar in begun["roll"]["bars"]] == [48 * k for k in range(8)]  # a short form twice
    again = program.client.post("/api/live", json={"settings": SETTINGS, "virtual": True})
    assert (again.status_code, again.json()["error"]) == (422, "a session is played already; end it first")
    rig.press(62)
    rig.until(lambda: rig.notes(0) > 2, "jazzgen answered")
    assert program.client.post("/api/live/end", json={"how": "finish"}).status_code == 200
    take = wait(lambda: program.client.get("/api/state").json()["takes"], "the take is there")[0]
    assert take["what"] == "live session"
    assert {"solo", "you", "piano", "bass", "drums"} == set(take["parts"])
    roll = program.client.get(f"/api/takes/{take['id']}/roll").json()
    assert [note[2] for part in roll["parts"] if part["name"] == "you" for note in part["notes"]] == [62]
    kept = [path.name for path in (tmp_path / "favourites").glob("*.mid")]
    assert kept == [f"{take['favourite'] or wait(lambda: favourite(program), 'it is kept')}.mid"]
    assert wait(lambda: program.client.get("/api/live").json()["playing"] is None, "it is over")
    assert program.client.post("/api/live/end", json={"how": "stop"}).status_code == 422


def favourite(program: Program) -> Any:
    """The favourite that the first take is."""
    return program.client.get("/api/state").json()["takes"][0]["favourite"]


@needs_jack
@pytest.mark.parametrize("how", [15, 9])
def test_a_session_ends_with_the_studio(program: Program, rig: Rig, tmp_path: Path, how: int) -> None:
    begin(program, rig)
    rig.press(60)
    rig.until(lambda: bool(rig.sounding()), "a note sounded")
    processes = descendants(program.process.pid)
    program.process.send_signal(how)
    _, errors = program.process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in errors
    wait(lambda: not any(_lives(process) for process in processes), "no process is left")
    assert not hanging([message for _, message in rig.heard], all_off=True)
    (kept,) = (tmp_path / "favourites").glob("live-*.mid")
    assert ".part" not in kept.name


def _lives(process: int) -> bool:
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_is_missing_is_one_line(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no such server")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    found = client.get("/api/live").json()
    assert found["playing"] is None
    if not (found["inputs"] or found["outputs"]):  # a machine with ALSA or CoreMIDI has its own
        assert len(found["missing"].splitlines()) == 1 or found["missing"] == ""
        assert not found["missing"].startswith("jazzgen:")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"trade": "3"}, "trade must be one of 2, 4, 8, choruses"),
        ({"answer": 7}, "answer must be in 0..1"),
        ({"latency": -1}, "latency must be in 0..500 ms"),
        ({"record": "x.mid"}, "there is no setting 'record'"),
        ({"virtual": False}, "name --in and --out"),
        ({"in": 3}, "in must be the name of a port"),
        ({"settings": {"chart": "| Xyz |"}}, "Xyz"),
        ({"settings": None}, "a session needs settings"),
    ],
)
def test_what_cannot_be_played_is_refused(client: TestClient, wrong: dict[str, Any], message: str) -> None:
    given = {"settings": SETTINGS, "virtual": True, **wrong}
    answer = client.post("/api/live", json=given)
    assert answer.status_code == 422
    assert message in answer.json()["error"]
    assert client.get("/api/state").status_code == 200


def test_only_the_page_may_start_a_session(client: TestClient, studio: Studio) -> None:
    given = {"settings": SETTINGS, "virtual": True}
    for path in ("/api/live", "/api/live/end"):
        foreign = client.post(path, json=given, headers={"origin": "http://elsewhere"})
        form = client.post(path, content="virtual=true", headers={"content-type": "text/plain"})
        assert (foreign.status_code, form.status_code) == (403, 415)
    client.cookies.clear()
    assert client.get("/api/live").status_code == 401
    assert client.post("/api/live", json=given).status_code == 401
    assert studio.live.playing is None
