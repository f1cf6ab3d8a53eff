"""The studio as a program: what is left of it when it ends, and what is not lost."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("httpx", reason="needs httpx")
pytest.importorskip("uvicorn", reason="needs jazzgen[studio]")
from checks.studio import Program

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc, to find processes")

PATIENCE_S = 60


def _children(parent: int) -> set[int]:
    """The processes that descend from one."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
    found, front = set(), {parent}
    while front:
        front = {child for child, of in parents.items() if of in front} - found
        found |= front
    return found


def _alive(process: int) -> bool:
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_for_end(processes: set[int]) -> set[int]:
    """Those that are still alive after some patience."""
    end = time.monotonic() + PATIENCE_S
    while (left := {process for process in processes if _alive(process)}) and time.monotonic() < end:
        time.sleep(0.05)
    return left


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path / "favourites")
    yield made
    made.close()


def test_sigterm_leaves_no_process(program: Program) -> None:
    settings = {"chart": "| Dm7 | G7 |", "choruses": 1, "seed": 1}
    with program.client.stream("GET", "/api/events") as events:  # a page that listens does not hold it up
        assert next(events.iter_lines()) == "event: hello"
        assert program.client.post("/api/takes", json={"settings": settings}).status_code == 200
        children = _children(program.process.pid)
        assert len(children) >= 3
        program.process.send_signal(signal.SIGTERM)
        _, errors = program.process.communicate(timeout=PATIENCE_S)
    assert program.process.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in errors
    assert _wait_for_end(children) == set()


def test_kill_9_loses_no_favourite_and_leaves_no_process(program: Program, tmp_path: Path) -> None:
    settings = {"chart": "| Dm7 | G7 |", "choruses": 1, "seed": 1}
    take = program.client.post("/api/takes", json={"settings": settings}).json()["take"]
    kept = program.client.post("/api/favourites", json={"id": take["id"]}).json()["favourites"][0]
    children = _children(program.process.pid)
    os.kill(program.process.pid, signal.SIGKILL)
    program.process.communicate(timeout=PATIENCE_S)
    assert _wait_for_end(children) == set()
    from jazzgen.studio.favourites import Favourites

    found = Favourites(tmp_path / "favourites")
    found.scan()
    assert found.listed() == [kept]
    assert found.name_of(take["id"]) == kept["name"]


def test_kill_9_loses_no_take(program: Program, tmp_path: Path) -> None:
    settings = {"chart": "| Dm7 | G7 |", "choruses": 1, "seed": 1}
    take = program.client.post("/api/takes", json={"settings": settings}).json()["take"]
    edit = {"bars": [2, 2], "part": "bass", "seed": 3}
    again = program.client.post(f"/api/takes/{take['id']}/again", json=edit).json()
    program.process.kill()
    program.process.communicate(timeout=PATIENCE_S)
    later = Program(tmp_path / "favourites")
    try:
        left = later.client.get("/api/state").json()["recent"]
        assert {row["id"] for row in left} == {take["id"], again["take"]["id"]}
        name = next(row["name"] for row in left if row["id"] == again["take"]["id"])
        opened = later.client.post(f"/api/recent/{name}/open", json={}).json()
        assert opened["take"]["id"] == again["take"]["id"]
        assert opened["roll"] == again["roll"]
        assert "part=bass seed=3" in opened["take"]["recipe"]
        assert later.client.delete(f"/api/recent/{name}").json()["recent"] == [
            row for row in left if row["name"] != name
        ]
        assert later.client.delete("/api/nothing/here").status_code == 404
    finally:
        later.close()


def test_a_port_that_is_taken_is_one_line(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    from jazzgen.cli import main

    port = str(program.client.base_url.port)
    assert main(["studio", "--no-browser", "--port", port]) == 2
    assert capsys.readouterr().err.startswith(f"jazzgen: port {port} cannot be used")
