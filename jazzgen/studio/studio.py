"""The studio itself: a session, its processes, its favourites, and what can be done with them."""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
import tempfile
import unicodedata
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from jazzgen.errors import JazzgenError
from jazzgen.studio import composing, options, sounding
from jazzgen.studio.composing import Composed, Source
from jazzgen.studio.favourites import Favourites
from jazzgen.studio.given import AS_IT_IS, GivenError, Variant, again_of, checked_tempo, settings_of
from jazzgen.studio.live import Live
from jazzgen.studio.mixer import audible, mixer_of
from jazzgen.studio.progress import Board, Task
from jazzgen.studio.recent import Recent
from jazzgen.studio.session import Entry, Session
from jazzgen.studio.sheet import Page, Place
from jazzgen.studio.sound import Sound, balance_beside_solo
from jazzgen.studio.workers import AHEAD, CancelledJobError, Pool

RENDERERS = 2  # processes for sound that is waited for
NICENESS = 10  # of the one for all other sound: it has a tenth of a core where others want all of it
SHEETS = 8  # that are kept
EXPORTS = 16  # files that can be fetched
SOUNDS = ("wav", "flac", "stems-wav")
FILES = ("mid", "stems", "musicxml", "pdf", *SOUNDS)
KEYS = ("C", "Bb", "Eb")
_JOB = re.compile(r"[A-Za-z0-9-]{1,40}")


class MissingError(JazzgenError):
    """There is no such thing, or not any more."""


class Studio:
    """One musician's session; its methods are called in one event loop."""

    def __init__(self, model: str, favourites: Path, *, solos: str | None = None, renderers: int = RENDERERS):
        self.model = model
        self.has_solos = solos is not None
        self.session = Session()
        self.board = Board()
        self.favourites = Favourites(favourites)
        self.recent = Recent(favourites / "recent")
        self.composer = Pool(1, composing.warm, model, solos)
        self.renderers = Pool(renderers, sounding.warm)
        self.background = Pool(min(renderers, 1), sounding.warm, niceness=NICENESS)
        self.sound = Sound(self.renderers, self.background)
        self.live = Live(model, favourites, lambda event: self.board.tell("live", event), self._join)
        self.exports: OrderedDict[str, Path] = OrderedDict()
        self._folder = Path(tempfile.mkdtemp(prefix="jazzgen-studio-"))
        self._sheets: OrderedDict[tuple[str, str], tuple[list[Page], list[Place]]] = OrderedDict()
        self._options: dict[str, Any] | None = None

    async def start(self) -> None:
        """What is done before the first request."""
        await asyncio.to_thread(self.favourites.scan)
        await asyncio.to_thread(self.recent.scan)

    def close(self) -> None:
        """End everything."""
        self.board.close()
        self.live.close()
        for pool in (self.composer, self.renderers, self.background):
            pool.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    # ----------------------------------------------------------------------------------------- under way

    async def _compute(
        self, what: str, units: float, job: Any, function: Callable[..., Any], *arguments: Any
    ) -> Any:
        """The result of a function in the composing process, or for sound in another; told to the board."""
        pool = self.renderers if function is sounding.write_sound else self.composer
        name = secrets.token_hex(8) if job is None else job
        if not isinstance(name, str) or not _JOB.fullmatch(name):
            raise GivenError("a job's name must be 1 to 40 letters, digits and hyphens", "job")
        expected = self.board.expected(what, units)
        submitted = pool.submit(what, function, *arguments)
        task = Task(name, what, submitted, pool, expected)
        try:
            self.board.begin(task)
        except GivenError:
            pool.cancel(submitted)
            raise
        state = "failed"
        try:
            result = await asyncio.wrap_future(submitted.future)
            state = "done"
            return result
        except (CancelledJobError, asyncio.CancelledError):
            state = "cancelled"
            raise
        finally:
            self.board.end(task, state, units)

    def cancel(self, name: str) -> bool:
        """Give up what is under way; whether it was."""
        task = self.board.tasks.get(name)
        if task is None:
            raise MissingError("there is no such job")
        return task.pool.cancel(task.job)

    # ------------------------------------------------------------------------------------------ the document

    def state(self) -> dict[str, Any]:
        """All that a page shows of the session."""
        state = self.session.state(self.favourites.listed(), self.favourites.name_of)
        return state | {"recent": self.recent.listed()}

    def changed(self) -> dict[str, Any]:
        """The state, told to all pages."""
        state = self.state()
        self.board.tell("state", state)
        return state

    def entry(self, identity: str) -> Entry:
        """A take; raises `MissingError`."""
        try:
            return self.session.entry(identity)
        except KeyError:
            raise MissingError("there is no such take") from None

    async def new_take(self, given: dict[str, Any]) -> Entry:
        """A step: a take of the settings that are given."""
        wanted = given.get("settings")
        if not isinstance(wanted, dict):
            raise GivenError("a take needs settings, with a chart", "settings")
        settings = await asyncio.to_thread(settings_of, wanted, self.model)
        source = Source(settings)
        return await self._make(source, "new take", 32 * settings.choruses, given)

    async def again(self, identity: str, given: dict[str, Any]) -> Entry:
        """A step: bars of a take anew."""
        parent = self.entry(identity)
        edit = again_of(given, parent.controls)
        bars = f"{edit.bars[0]}-{edit.bars[1]} " if edit.bars else ""
        source = replace(parent.source, edits=(*parent.source.edits, edit))
        units = edit.bars[1] - edit.bars[0] + 1 if edit.bars else parent.facts["bars"]
        return await self._make(source, f"again {bars}{edit.part}", units, given, parent)

    async def retime(self, identity: str, given: dict[str, Any]) -> Entry:
        """A step: a take at another tempo."""
        parent, tempo = self.entry(identity), checked_tempo(given.get("tempo"))
        source = replace(parent.source, tempo=tempo)
        return await self._make(source, f"tempo {tempo:g}", 1, {"add": False} | given, parent)

    async def open(self, data: bytes, what: str, given: dict[str, Any]) -> Entry:
        """A step: the take in a MIDI file."""
        return await self._make(Source(file=data), what, 64, given)

    async def _join(self, path: Path) -> None:
        """A step: the take of a session, whose recording is a favourite already."""
        entry = await self.open(await asyncio.to_thread(path.read_bytes), "live session", {})
        await asyncio.to_thread(self.favourites.adopt, path.stem, entry.id)
        self.changed()

    async def _make(
        self, source: Source, what: str, units: float, given: dict[str, Any], parent: Entry | None = None
    ) -> Entry:
        beside = given.get("add", True) is not False
        word = what.split()[0]
        composed: Composed = await self._compute(word, units, given.get("job"), composing.compose, source)
        identity = parent.id if parent else None
        entry = self.session.add(composed, source, what, identity, beside)
        if self.favourites.name_of(entry.id) is None:
            self.recent.add(f"{slug(entry.facts['title'])}-{entry.id}", composed.midi)
        self._plan(composed, parent)
        from_bar = given.get("from_bar", 1)
        self.sound.begin(entry.id, from_bar := from_bar if type(from_bar) is int else 1)
        self.ahead(entry.id, from_bar)
        self.changed()
        return entry

    def _plan(self, composed: Composed, parent: Entry | None) -> dict[str, Any]:
        """Make the sound of a take known; its level is that of the take from which it comes."""
        gains = self.sound.gains
        plan = self.sound.plan(composed.id, composed.seconds, composed.sound)
        if composed.id not in gains and parent is not None and parent.id in gains:
            gains[composed.id] = gains[parent.id]
        if composed.id not in gains:
            self._find_gain(composed)
        return plan

    def _find_gain(self, composed: Composed) -> None:
        """Find the level of a take, when there is nothing else to do."""
        loop = asyncio.get_running_loop()
        job = self.background.submit("level", sounding.gains_of, composed.midi, priority=AHEAD + 1)

        def found(future: Any) -> None:
            if future.exception() is None:
                self.sound.gains[composed.id] = future.result()
                balance = balance_beside_solo(future.result())
                gain = next(iter(future.result().values()))
                told = {"id": composed.id, "gain": round(gain, 4), "parts": balance}
                if not loop.is_closed():
                    loop.call_soon_threadsafe(self.board.tell, "level", told)

        job.future.add_done_callback(found)

    # ------------------------------------------------------------------------------------------------- sound

    async def planned(self, identity: str, variant: Variant = AS_IT_IS) -> dict[str, Any]:
        """The chunks of a take, as it is or for practice; made known again where they are forgotten."""
        entry, name = self.entry(identity), identity
        if variant != AS_IT_IS:
            name = f"{identity} {variant.tempo} {variant.transpose}"
        try:
            plan = self.sound.planned(name)
        except KeyError:
            if variant == AS_IT_IS:
                composed = await self._compute("sound", 1, None, composing.compose, entry.source)
                plan = self._plan(composed, None)
            else:
                found = await self._compute("sound", 1, None, composing.variant, entry.source, variant)
                plan = self.sound.plan(name, *found)
        told = {"id": identity, "plan": name, "transpose": variant.transpose}
        return self.sound.levelled(plan, identity) | told | {"tempo": variant.tempo or entry.facts["tempo"]}

    def ahead(self, identity: str, from_bar: int, parts: Any = None) -> int:
        """Render a take from a bar on."""
        try:
            return self.sound.ahead(identity, from_bar, parts)
        except KeyError:
            return 0

    # ------------------------------------------------------------------------------------- looked at, taken

    async def options(self) -> dict[str, Any]:
        """What a page offers."""
        if self._options is None:
            found = await asyncio.to_thread(options.options_of, self.model)
            self._options = found | {
                "extras": found["extras"] | {"sources": self.has_solos, "variants": True}
            }
        return self._options

    def roll(self, identity: str) -> bytes:
        """JSON."""
        return zlib.decompress(self.entry(identity).roll)

    async def why(self, identity: str, number: int, job: str | None) -> dict[str, Any]:
        """Why a note was played."""
        found: dict[str, Any] = await self._compute(
            "why", 1, job, composing.explain, self.entry(identity).source, number
        )
        return found

    async def sheet(self, identity: str, key: str, job: str | None = None) -> tuple[list[Page], list[Place]]:
        """The lead sheet of a take."""
        if key not in KEYS:
            raise GivenError(f"key must be one of {', '.join(KEYS)}", "key")
        entry = self.entry(identity)
        if (identity, key) not in self._sheets:
            found = await self._compute("sheet", entry.facts["bars"], job, composing.sheet, entry.source, key)
            self._sheets[identity, key] = found
            while len(self._sheets) > SHEETS:
                self._sheets.popitem(last=False)
        return self._sheets[identity, key]

    async def export(self, identity: str, given: dict[str, Any]) -> tuple[str, Path]:
        """A file of a take, and the token by which it can be fetched."""
        entry, kind, key = self.entry(identity), given.get("format"), given.get("key") or "C"
        if kind not in FILES:
            raise GivenError(f"format must be one of {', '.join(FILES)}", "format")
        if key not in KEYS:
            raise GivenError(f"key must be one of {', '.join(KEYS)}", "key")
        mixer = mixer_of(given.get("mixer"))
        audible(mixer, entry.facts["parts"])
        token = secrets.token_urlsafe(16)
        folder = self._folder / token
        folder.mkdir()
        name, job, units = slug(entry.facts["title"]), given.get("job"), entry.facts["bars"]
        if kind in SOUNDS:
            midi, stems = await self._compute("stems", units, None, composing.for_sound, entry.source, mixer)
            place = str(folder), name
            done = await self._compute(
                "export", units, job, sounding.write_sound, midi, stems, kind, place, mixer
            )
        else:
            written = entry.source, kind, str(folder), name, mixer, key
            done = await self._compute("export", units, job, composing.write, *written)
        path = folder / done
        self.exports[token] = path
        while len(self.exports) > EXPORTS:
            _, old = self.exports.popitem(last=False)
            shutil.rmtree(old.parent, ignore_errors=True)
        return token, path

    # --------------------------------------------------------------------------------------------- favourites

    async def keep(self, identity: str, name: Any) -> dict[str, Any]:
        """Keep a take on disk; it is there when this is done."""
        entry = self.entry(identity)
        title = name if isinstance(name, str) and name.strip() else entry.facts["title"]
        midi = await self._compute("favourite", 1, None, composing.midi_of, entry.source)
        await asyncio.to_thread(self.favourites.keep, midi, title)
        return self.changed()

    def _shelf(self, kind: str) -> Favourites:
        """Where takes of a kind are kept; raises `KeyError`."""
        return {"favourites": self.favourites, "recent": self.recent}[kind]

    async def forget(self, kind: str, name: str) -> dict[str, Any]:
        """Remove a favourite, which stays among the recent takes, or one of these, which is gone then."""
        try:
            shelf = self._shelf(kind)
            if shelf is self.favourites:
                await asyncio.to_thread(self.recent.keep, shelf.read(name), shelf.title_of(name))
            await asyncio.to_thread(shelf.remove, name)
        except KeyError:
            raise MissingError("there is no such take on disk") from None
        return self.changed()

    async def open_kept(self, kind: str, name: str, given: dict[str, Any]) -> Entry:
        """A step: the take of a favourite or of a recent file."""
        try:
            data = await asyncio.to_thread(self._shelf(kind).read, name)
        except KeyError:
            raise MissingError("there is no such take on disk") from None
        return await self.open(data, "favourite" if kind == "favourites" else "earlier take", given)


def slug(title: str) -> str:
    """A name for files: letters and digits."""
    letters = unicodedata.normalize("NFKD", title[:400]).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", letters))[:60].strip("-") or "take"
