"""The routes of the studio: what each request asks, and how it is answered in JSON."""

from __future__ import annotations

import asyncio
import json
import mimetypes
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from jazzgen.errors import JazzgenError, WorkersError
from jazzgen.studio.chart_check import check_chart
from jazzgen.studio.given import GivenError, read_file, variant_of
from jazzgen.studio.guard import Guard, Keys
from jazzgen.studio.options import MIDI_BYTES, UPLOAD_BYTES
from jazzgen.studio.session import Entry
from jazzgen.studio.studio import MissingError, Studio
from jazzgen.studio.workers import BusyError, CancelledJobError

PAGE = Path(__file__).parent / "page"
JSON_BYTES = 1_000_000
FOREVER = {"cache-control": "private, max-age=31536000, immutable"}
WAIT_S = 0.5  # then it is looked whether a page still waits
FRESH = {"cache-control": "no-store"}
# An SVG that is shown as a picture has its own style, and nothing else.
DRAWING = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/manifest+json", ".webmanifest")
TYPES = {
    ".mid": "audio/midi", ".zip": "application/zip", ".wav": "audio/wav", ".flac": "audio/flac",
    ".musicxml": "application/vnd.recordare.musicxml+xml", ".pdf": "application/pdf",
}  # fmt: skip
Handler = Callable[[Request], Awaitable[Response]]


class PageFiles(StaticFiles):
    """The page's files, asked for anew each time."""

    def file_response(self, *given: Any, **named: Any) -> Response:
        """As usual, with a header."""
        answer = super().file_response(*given, **named)
        answer.headers["cache-control"] = "no-cache"
        return answer


def make_app(
    studio: Studio, hosts: Iterable[str], keys: Keys, port: int, urls: Callable[[], list[str]]
) -> Guard:
    """The whole application.

    Parameters
    ----------
    studio
        What it serves.
    hosts, port
        Under which names, each with its port; and which port that is.
    keys
        Who is let in.
    urls
        The addresses for another device, each with a fresh token.

    Returns
    -------
    Guard
        To be served.
    """
    routes = Routes(studio, urls)

    @asynccontextmanager
    async def living(_: Starlette) -> AsyncIterator[None]:
        await studio.start()
        ticking = asyncio.create_task(studio.board.tick())
        try:
            yield
        finally:
            ticking.cancel()
            await asyncio.to_thread(studio.close)

    app = Starlette(
        routes=[*routes.all(), *([Mount("/page", PageFiles(directory=PAGE))] if PAGE.is_dir() else [])],
        lifespan=living,
        exception_handlers={JazzgenError: _refuse, HTTPException: _refuse_http, Exception: _fail},
    )
    return Guard(app, hosts, keys, port)


async def _refuse(_: Request, error: Exception) -> Response:
    """What the user gave cannot be used, or not now."""
    body: dict[str, Any] = {"error": " ".join(str(error).split())[:1200]}
    if isinstance(error, GivenError) and error.field:
        body["field"] = error.field
    if isinstance(error, CancelledJobError):
        return JSONResponse(body | {"cancelled": True}, 409)
    if isinstance(error, BusyError):
        return JSONResponse(body, 503, {"retry-after": "1"})
    status = 404 if isinstance(error, MissingError) else 500 if isinstance(error, WorkersError) else 422
    return JSONResponse(body, status)


async def _refuse_http(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    return JSONResponse({"error": detail}, status, getattr(error, "headers", None))


async def _fail(_: Request, error: Exception) -> Response:
    """A bug: its traceback goes to the terminal."""
    return JSONResponse({"error": f"the studio has a fault here ({type(error).__name__})"}, 500)


# ------------------------------------------------------------------------------------------------- requests


async def body_of(request: Request, limit: int) -> bytes:
    """The body of a request; raises `HTTPException` 413 for a longer one, before it has come."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit:
        raise HTTPException(413, f"at most {limit:,} bytes can be sent here")
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > limit:
            raise HTTPException(413, f"at most {limit:,} bytes can be sent here")
    return bytes(data)


async def json_of(request: Request) -> dict[str, Any]:
    """The JSON object that is the body of a request; raises `GivenError`."""
    try:
        given = json.loads(await body_of(request, JSON_BYTES) or b"{}")
    except (ValueError, RecursionError):
        raise GivenError("the body is no JSON", "") from None
    if not isinstance(given, dict):
        raise GivenError("the body must be a JSON object", "")
    return given


class Routes:
    """The handlers."""

    def __init__(self, studio: Studio, urls: Callable[[], list[str]]) -> None:
        self.studio = studio
        self.urls = urls

    def all(self) -> list[Route]:
        """All routes but those of the page's files."""
        rows: list[tuple[str, str, Handler]] = [
            ("GET", "/", self.index),
            ("GET", "/api/options", self.options),
            ("GET", "/api/state", self.state),
            ("GET", "/api/events", self.events),
            ("GET", "/api/invite", self.invite),
            ("GET", "/api/jobs/{name}", self.job),
            ("DELETE", "/api/jobs/{name}", self.cancel),
            ("POST", "/api/chart", self.chart),
            ("POST", "/api/chart/file", self.chart_file),
            ("POST", "/api/takes", self.new_take),
            ("POST", "/api/takes/{id}/again", self.again),
            ("POST", "/api/takes/{id}/tempo", self.retime),
            ("DELETE", "/api/takes/{id}", self.remove),
            ("POST", "/api/current", self.choose),
            ("POST", "/api/undo", self.undo),
            ("POST", "/api/redo", self.redo),
            ("POST", "/api/favourites", self.keep),
            ("POST", "/api/open", self.open_file),
            ("GET", "/api/takes/{id}/roll", self.roll),
            ("GET", "/api/takes/{id}/sound", self.sound),
            ("GET", "/api/sound/{key}.flac", self.chunk),
            ("POST", "/api/sound/ahead", self.ahead),
            ("GET", "/api/takes/{id}/why", self.why),
            ("GET", "/api/takes/{id}/sheet", self.sheet),
            ("GET", "/api/takes/{id}/sheet/{key}/{page:int}.svg", self.sheet_page),
            ("POST", "/api/takes/{id}/export", self.export),
            ("GET", "/api/live", self.live),
            ("POST", "/api/live", self.play),
            ("POST", "/api/live/end", self.end_playing),
            ("GET", "/api/files/{token}/{name}", self.file),
            ("DELETE", "/api/{kind}/{name}", self.forget),
            ("POST", "/api/{kind}/{name}/open", self.open_kept),
        ]
        by_path: dict[str, dict[str, Handler]] = {}
        for method, path, handler in rows:
            by_path.setdefault(path, {})[method] = handler
        return [Route(path, _by_method(found), methods=list(found)) for path, found in by_path.items()]

    async def index(self, _: Request) -> Response:
        """The page."""
        if not (PAGE / "index.html").is_file():
            raise HTTPException(404, "the page is not installed")
        return FileResponse(PAGE / "index.html", headers={"cache-control": "no-cache"})

    async def options(self, _: Request) -> Response:
        """What there is to choose from."""
        return JSONResponse(await self.studio.options(), headers=FRESH)

    async def state(self, _: Request) -> Response:
        """The session."""
        return JSONResponse(self.studio.state(), headers=FRESH)

    async def events(self, _: Request) -> Response:
        """What happens, as it happens."""
        self.studio.board.check_room()
        first = {"version": self.studio.session.version, "live": self.studio.live.playing}
        stream = self.studio.board.stream(first)
        return StreamingResponse(stream, media_type="text/event-stream", headers=FRESH)

    async def invite(self, _: Request) -> Response:
        """An address for another device."""
        urls = self.urls()
        local = ("http://127.", "http://localhost")
        return JSONResponse(
            {"urls": urls, "lan": not all(url.startswith(local) for url in urls)}, headers=FRESH
        )

    async def job(self, request: Request) -> Response:
        """How far something has come."""
        task = self.studio.board.tasks.get(request.path_params["name"])
        if task is None:
            raise MissingError("there is no such job")
        return JSONResponse(task.shown(), headers=FRESH)

    async def cancel(self, request: Request) -> Response:
        """Give something up."""
        return JSONResponse({"cancelled": self.studio.cancel(request.path_params["name"])})

    # ------------------------------------------------------------------------------------------------ charts

    async def chart(self, request: Request) -> Response:
        """A chart that is being typed."""
        return JSONResponse(await asyncio.to_thread(check_chart, await json_of(request)))

    async def chart_file(self, request: Request) -> Response:
        """A chart file as text."""
        data, query = await body_of(request, UPLOAD_BYTES), request.query_params
        name, song = query.get("name", "chart.txt")[:200], query.get("song")
        return JSONResponse(await asyncio.to_thread(read_file, data, name, song))

    # ------------------------------------------------------------------------------------------------- takes

    async def new_take(self, request: Request) -> Response:
        """A take."""
        return await self._made(await self.studio.new_take(await json_of(request)))

    async def again(self, request: Request) -> Response:
        """Bars anew."""
        given = await json_of(request)
        return await self._made(await self.studio.again(request.path_params["id"], given))

    async def retime(self, request: Request) -> Response:
        """Another tempo."""
        given = await json_of(request)
        return await self._made(await self.studio.retime(request.path_params["id"], given))

    async def open_file(self, request: Request) -> Response:
        """The take in a MIDI file."""
        data = await body_of(request, MIDI_BYTES)
        name = " ".join(request.query_params.get("name", "a file").split())[:80]
        given = {"job": request.query_params.get("job")}
        return await self._made(await self.studio.open(data, f"from {name}", given))

    async def open_kept(self, request: Request) -> Response:
        """The take of a favourite, or a recent one."""
        kind, name = request.path_params["kind"], request.path_params["name"]
        return await self._made(await self.studio.open_kept(kind, name, await json_of(request)))

    async def _made(self, entry: Entry) -> Response:
        """A new take with all that is needed to draw and to play it."""
        studio = self.studio
        shown = studio.session.shown(entry.id, studio.favourites.name_of(entry.id))
        plan = await studio.planned(entry.id)
        rest = json.dumps({"state": studio.state(), "take": shown, "sound": plan}, ensure_ascii=False)
        body = rest[:-1].encode() + b', "roll": ' + studio.roll(entry.id) + b"}"
        return Response(body, media_type="application/json", headers=FRESH)

    async def remove(self, request: Request) -> Response:
        """A take less."""
        self.studio.entry(request.path_params["id"])
        self.studio.session.remove(request.path_params["id"])
        return self._changed()

    async def choose(self, request: Request) -> Response:
        """Another take is current."""
        self.studio.session.choose(str((await json_of(request)).get("id")))
        return self._changed()

    async def undo(self, _: Request) -> Response:
        """A step back."""
        self.studio.session.undo()
        return self._changed()

    async def redo(self, _: Request) -> Response:
        """A step forward."""
        self.studio.session.redo()
        return self._changed()

    def _changed(self) -> Response:
        return JSONResponse(self.studio.changed(), headers=FRESH)

    async def keep(self, request: Request) -> Response:
        """A favourite more."""
        given = await json_of(request)
        return JSONResponse(await self.studio.keep(str(given.get("id")), given.get("name")), headers=FRESH)

    async def forget(self, request: Request) -> Response:
        """A favourite or a recent take less."""
        kind, name = request.path_params["kind"], request.path_params["name"]
        return JSONResponse(await self.studio.forget(kind, name), headers=FRESH)

    # --------------------------------------------------------------------------------- looked at, listened to

    async def roll(self, request: Request) -> Response:
        """What is drawn."""
        data = self.studio.roll(request.path_params["id"])
        return Response(data, media_type="application/json", headers=FOREVER)

    async def sound(self, request: Request) -> Response:
        """The chunks of a take."""
        query = {name: _number(text) for name, text in request.query_params.items()}
        plan = await self.studio.planned(request.path_params["id"], variant_of(query))
        return JSONResponse(plan, headers=FRESH)

    async def chunk(self, request: Request) -> Response:
        """A chunk. It may be dropped because another that asked for it has gone: then it is rendered anew."""
        for last in (False, False, True):
            try:
                found = self.studio.sound.chunk(request.path_params["key"])
                data = found if isinstance(found, bytes) else await self._rendered(request, found)
                break
            except KeyError:
                raise MissingError("there is no such chunk; ask for the sound of the take again") from None
            except CancelledJobError:
                if last:
                    raise
        return Response(data, media_type="audio/flac", headers=FOREVER)

    async def _rendered(self, request: Request, future: Future[bytes]) -> bytes:
        """What is being rendered, as long as the page waits for it."""
        waiting = asyncio.wrap_future(future)
        while not waiting.done():
            await asyncio.wait([waiting], timeout=WAIT_S)
            if not waiting.done() and await request.is_disconnected():
                self.studio.sound.unwanted(request.path_params["key"])
                return b""
        return waiting.result()

    async def ahead(self, request: Request) -> Response:
        """Render from a bar on."""
        given = await json_of(request)
        bar, parts = given.get("from_bar", 1), given.get("parts")
        if type(bar) is not int or not (parts is None or isinstance(parts, list)):
            raise GivenError("from_bar must be a whole number, parts a list of names", "from_bar")
        plan = await self.studio.planned(str(given.get("id")), variant_of(given))
        names = None if parts is None else [str(part) for part in parts]
        return JSONResponse({"queued": self.studio.ahead(plan["plan"], bar, names)})

    async def why(self, request: Request) -> Response:
        """Why a note."""
        number, job = request.query_params.get("note", ""), request.query_params.get("job")
        if not (number.isascii() and number.isdigit() and len(number) < 7):
            raise GivenError("note must be the number of a note, from 0", "note")
        return JSONResponse(await self.studio.why(request.path_params["id"], int(number), job))

    async def sheet(self, request: Request) -> Response:
        """Where the bars of the lead sheet are."""
        query, take = request.query_params, request.path_params["id"]
        key = query.get("key", "C")
        pages, places = await self.studio.sheet(take, key, query.get("job"))
        return JSONResponse(
            {
                "pages": [
                    {"url": f"/api/takes/{take}/sheet/{key}/{k}.svg", "width": p.width, "height": p.height}
                    for k, p in enumerate(pages, 1)
                ],
                "bars": [place._asdict() for place in places],
            }
        )

    async def sheet_page(self, request: Request) -> Response:
        """A page of the lead sheet."""
        take, key, number = (request.path_params[name] for name in ("id", "key", "page"))
        pages, _ = await self.studio.sheet(take, key)
        if not 1 <= number <= len(pages):
            raise MissingError("there is no such page")
        return Response(pages[number - 1].svg, media_type="image/svg+xml", headers=FOREVER | DRAWING)

    async def export(self, request: Request) -> Response:
        """A file to save."""
        token, path = await self.studio.export(request.path_params["id"], await json_of(request))
        kind = TYPES.get(path.suffix, "application/octet-stream")
        url = f"/api/files/{token}/{path.name}"
        return JSONResponse({"url": url, "name": path.name, "type": kind, "bytes": path.stat().st_size})

    async def live(self, _: Request) -> Response:
        """The ports, and the session that is played."""
        return JSONResponse(await self.studio.live.shown(), headers=FRESH)

    async def play(self, request: Request) -> Response:
        """A session begins."""
        return JSONResponse(await self.studio.live.begin(await json_of(request)), headers=FRESH)

    async def end_playing(self, request: Request) -> Response:
        """It is to end."""
        self.studio.live.end((await json_of(request)).get("how"))
        return JSONResponse({}, headers=FRESH)

    async def file(self, request: Request) -> Response:
        """What was exported."""
        path = self.studio.exports.get(request.path_params["token"])
        if path is None or path.name != request.path_params["name"] or not path.is_file():
            raise MissingError("there is no such file, or not any more; export it again")
        return FileResponse(path, media_type=TYPES.get(path.suffix), filename=path.name, headers=FRESH)


def _number(text: str) -> float | str:
    """A number in a query, whole where it is; else the text, which is refused as it is used."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def _by_method(handlers: dict[str, Handler]) -> Handler:
    async def handle(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await handlers[method](request)

    return handle
