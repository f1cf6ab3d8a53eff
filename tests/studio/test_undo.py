"""Two hundred actions by chance, and undone: the first state, exactly."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from jazzgen.studio.app import make_app
from jazzgen.studio.guard import Keys
from jazzgen.studio.studio import Studio
from tests.studio.conftest import HOST

ACTIONS = 200
BARS = 2
Document = tuple[Any, Any]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """Of a studio that renders nothing."""
    keys = Keys()
    app = make_app(Studio("improviser", tmp_path, renderers=0), [HOST], keys, 8765, list)
    with TestClient(app, f"http://{HOST}", headers={"origin": f"http://{HOST}"}) as client:
        client.cookies.set("jazzgen_studio_8765", keys.cookie)
        yield client


def _document(client: TestClient) -> Document:
    state = client.get("/api/state").json()
    return state["takes"], state["current"]


def _act(client: TestClient, chance: random.Random, takes: list[str]) -> tuple[str, int]:
    """Do something by chance; what it was and how it was answered."""
    what = chance.choice(["again", "again", "tempo", "choose", "remove", "undo", "redo", "wrong"])
    take = chance.choice(takes)
    first, last = sorted(chance.choices(range(1, BARS + 1), k=2))
    if what == "remove":
        return what, client.request("DELETE", f"/api/takes/{take}").status_code
    path, given = {
        "again": (f"takes/{take}/again", {
            "bars": [first, last], "part": chance.choice(["solo", "bass", "drums", "piano"]),
            "seed": chance.randrange(3), "candidates": 1, "add": chance.random() < 0.3,
        }),
        "tempo": (f"takes/{take}/tempo", {"tempo": chance.randrange(100, 200, 20)}),
        "choose": ("current", {"id": take}),
        "undo": ("undo", {}),
        "redo": ("redo", {}),
        "wrong": (f"takes/{take}/again", {"bars": [90, 91]}),
    }[what]  # fmt: skip
    return what, client.post(f"/api/{path}", json=given).status_code


def test_random_actions_are_undone_exactly(client: TestClient) -> None:
    chance = random.Random(11)  # noqa: S311  # no secret
    first = _document(client)
    settings = {"chart": "| Dm7 | G7 |", "choruses": 1, "seed": 5}
    made = client.post("/api/takes", json={"settings": settings}).json()["take"]
    states = [first, _document(client)]
    for _ in range(ACTIONS):
        takes = [take["id"] for take in states[-1][0]] or [made["id"]]
        what, status = _act(client, chance, takes)
        now = _document(client)
        if what == "undo" and status == 200:
            states.pop()
            assert now == states[-1]
        elif status == 200 and now != states[-1]:
            states.append(now)
        else:
            assert now == states[-1]
            assert status in (200, 404, 422), what
    assert len(states) > 20
    while client.get("/api/state").json()["undo"]:
        assert client.post("/api/undo", json={}).status_code == 200
        if _document(client) != states[-1]:
            states.pop()
            assert _document(client) == states[-1]
    assert _document(client) == first == ([], None)
