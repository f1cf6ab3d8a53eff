"""A studio behind a client that is let in, with its processes, for a file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("starlette", reason="needs jazzgen[studio]")
pytest.importorskip("httpx", reason="needs httpx, with which starlette tests")

from starlette.testclient import TestClient

from jazzgen.studio.app import make_app
from jazzgen.studio.guard import Keys
from jazzgen.studio.studio import Studio

HOST = "127.0.0.1:8765"
LAN = "192.0.2.7:8765"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("favourites")
    made = Studio("improviser", folder, renderers=1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys()


@pytest.fixture(scope="module")
def stranger(studio: Studio, keys: Keys) -> Iterator[TestClient]:
    """A client that is not let in yet, of our own page's origin."""

    def urls() -> list[str]:
        return [f"http://{HOST}/?token={keys.token()}"]

    app = make_app(studio, [HOST, LAN], keys, 8765, urls)
    with TestClient(
        app, f"http://{HOST}", headers={"origin": f"http://{HOST}"}, follow_redirects=False
    ) as client:
        yield client


@pytest.fixture
def client(stranger: TestClient, keys: Keys) -> Iterator[TestClient]:
    """A client that is in."""
    stranger.cookies.set("jazzgen_studio_8765", keys.cookie)
    yield stranger
    stranger.cookies.clear()
