"""Who may speak to the studio: what every request must have before anything looks at it.

| wrong | answer |
|---|---|
| a Host that is not ours, the port among it: a foreign name that leads here | 421 |
| a write whose Origin is not ours, or that another site makes | 403 |
| no cookie; it is given once for each token | 401 |
| a body of another content type: such as a form of another site sends | 415 |

`Host` and `Origin` name the same place in a browser; a page elsewhere can choose neither.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "jazzgen_studio"
MOST_TOKENS = 32
WRITES = ("POST", "PUT", "PATCH", "DELETE")
JSON, BYTES = ("application/json",), ("application/octet-stream", "text/plain")
UPLOADS = ("/api/chart/file", "/api/open")  # the rest of what is posted is JSON
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
COOP = "cross-origin-opener-policy"
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    COOP: "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_STRANGER = """<!doctype html><html lang="en"><meta charset="utf-8"><title>jazzgen studio</title>
<h1>This is a jazzgen studio, and you are not in it</h1>
<p>Open the link that <code>jazzgen studio</code> has printed in its terminal. It works once; a page that is
in shows another one for a second device.</p></html>"""


@dataclass
class Keys:
    """Tokens that let in once, and the secret that the cookie has from then on."""

    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    tokens: list[str] = field(default_factory=list)

    def token(self) -> str:
        """A new one; of too many the oldest stops working."""
        self.tokens = [*self.tokens[1 - MOST_TOKENS :], secrets.token_urlsafe(32)]
        return self.tokens[-1]

    def spend(self, token: str) -> bool:
        """Whether a token lets in; it does so once."""
        found = [known for known in self.tokens if secrets.compare_digest(known.encode(), token.encode())]
        self.tokens = [known for known in self.tokens if known not in found]
        return bool(found)

    def opens(self, cookie: str) -> bool:
        """Whether a cookie is ours."""
        return secrets.compare_digest(self.cookie.encode(), cookie.encode())


class Guard:
    """The application behind its checks, `hosts` being the names with ports under which it is served."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], keys: Keys, port: int) -> None:
        self.app = app
        self.hosts = frozenset(hosts)
        self.keys = keys
        self.cookie = f"{COOKIE}_{port}"  # browsers do not tell ports apart

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is not let in, and pass on the rest."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        # On plain http from another device browsers pass over this one, and complain.
        local = dict(scope["headers"]).get(b"host", b"").startswith((b"127.0.0.1:", b"localhost:"))

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", []))
                known = {name.lower() for name, _ in given}
                more = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                passed = known if local else known | {COOP.encode()}
                message["headers"] = given + [pair for pair in more if pair[0] not in passed]
            await send(message)

        refused = self._refusal(scope)
        await (refused or self.app)(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        """What is answered instead, where a request must not get through."""
        rows = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        headers = dict(rows)
        method, path = scope["method"], scope["path"]
        hosts = [value for name, value in rows if name == "host"]
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return _error(421, "this studio is not served under that name")
        foreign = headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
        if foreign and (method in WRITES or path.startswith("/api/")):
            return _error(403, "another site must not ask this")
        if method in WRITES and headers.get("origin", "").lower() != f"http://{hosts[0].lower()}":
            return _error(403, "only the studio's own page may change anything")
        if path == "/" and method == "GET" and (token := _token(scope)) is not None:
            return self._enter(token)
        inside = self.keys.opens(cookie_parser(headers.get("cookie", "")).get(self.cookie, ""))
        if not inside and path.startswith("/api"):
            return _error(401, "open the link that jazzgen studio has printed")
        if not inside and path == "/":
            return HTMLResponse(_STRANGER, 401)
        if method in WRITES and method != "DELETE":
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            known = BYTES if path in UPLOADS else JSON
            if kind not in known:
                return _error(415, f"a body here must be {' or '.join(known)}")
        return None

    def _enter(self, token: str) -> Response:
        """Let in who has a token that is still good."""
        if not self.keys.spend(token):
            return HTMLResponse(_STRANGER, 401)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self.cookie, self.keys.cookie, httponly=True, samesite="strict", path="/")
        return answer


def _token(scope: Scope) -> str | None:
    values = parse_qs(scope["query_string"].decode("latin-1")).get("token")
    return values[0] if values else None


def _error(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status)
