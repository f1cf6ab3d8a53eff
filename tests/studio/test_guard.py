"""Who may speak to the studio."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from jazzgen.studio.guard import Keys
from tests.studio.conftest import HOST, LAN

ORIGIN = {"origin": f"http://{HOST}"}


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1", "127.0.0.1:80", "localhost.evil.example:8765", "127.0.0.1:8765.evil", ""],
)
def test_a_foreign_host_is_refused(client: TestClient, host: str) -> None:
    for path in ("/", "/api/state", "/page/studio.js"):
        assert client.get(path, headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:8765", "http://127.0.0.1", ""]
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/undo"), ("DELETE", "/api/takes/x"), ("POST", "/x")]
)
def test_a_foreign_origin_writes_nothing(client: TestClient, method: str, path: str, origin: str) -> None:
    assert client.request(method, path, headers={"origin": origin}).status_code == 403


def test_another_site_asks_nothing(client: TestClient) -> None:
    for site in ("cross-site", "same-site"):
        assert client.get("/api/state", headers={"sec-fetch-site": site}).status_code == 403
    assert client.get("/api/state", headers={"sec-fetch-site": "same-origin"}).status_code == 200


def test_without_a_cookie_nobody_is_in(stranger: TestClient) -> None:
    stranger.cookies.clear()
    assert stranger.get("/").status_code == 401
    assert stranger.get("/api/state").status_code == 401
    assert stranger.post("/api/undo", json={}).status_code == 401
    assert stranger.get("/api/state", headers={"cookie": "jazzgen_studio_8765=guess"}).status_code == 401
    assert stranger.get("/?token=guess").status_code == 401
    assert stranger.get("/?token=").status_code in (401, 404)


def test_a_token_lets_in_once(stranger: TestClient, keys: Keys) -> None:
    token = keys.token()
    first = stranger.get(f"/?token={token}")
    assert (first.status_code, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert token not in cookie
    assert stranger.get("/api/state").status_code == 200
    stranger.cookies.clear()
    assert stranger.get(f"/?token={token}").status_code == 401


def test_an_invitation_is_a_token_of_its_own(client: TestClient) -> None:
    url = client.get("/api/invite").json()["urls"][0]
    client.cookies.clear()
    assert client.get(url).status_code == 303


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_another_content_type_is_refused(client: TestClient, kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    assert client.post("/api/takes", content=b"{}", headers=headers).status_code == 415
    assert (
        client.post("/api/open", content=b"{}", headers={"content-type": "application/json"}).status_code
        == 415
    )


@pytest.mark.parametrize(
    "path",
    [
        "/page/../app.py",
        "/page/..%2fapp.py",
        "/page/%2e%2e/app.py",
        "/page/....//app.py",
        "/../../etc/passwd",
        "/api/files/../x",
        "/api/sound/..%2f..%2fx.flac",
        "/api/favourites/..%2f..%2fetc%2fpasswd/open",
        "/nowhere",
        "/api/nowhere",
    ],
)
def test_there_is_no_other_place(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (404, 405)
    assert client.get(path).status_code == 404 or path.endswith("/open")


def test_every_answer_has_the_headers(client: TestClient) -> None:
    for path in ("/api/state", "/nowhere", "/api/takes/x/roll"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert client.get("/api/state", headers={"host": "evil"}).headers["x-content-type-options"] == "nosniff"


def test_a_wrong_method_is_405(client: TestClient) -> None:
    assert client.get("/api/undo").status_code == 405


def test_another_device_gets_no_header_of_which_its_browser_complains(client: TestClient) -> None:
    kept = {"content-security-policy", "x-content-type-options", "cross-origin-resource-policy"}
    for host, isolated in ((HOST, True), (LAN, False)):
        headers = client.get("/", headers={"host": host}).headers
        assert kept <= set(headers)
        assert ("cross-origin-opener-policy" in headers) == isolated
