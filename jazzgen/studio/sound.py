"""The sound of takes on the side of the server: which chunks there are, rendered when they are wanted.

What a page waits for is rendered in the processes of one pool, and what it may want later in another, which
gives way to everything else.
"""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, NamedTuple

from jazzgen.rendering.loudness import SAMPLE_RATE
from jazzgen.studio import sounding
from jazzgen.studio.chunks import Chunk
from jazzgen.studio.workers import AHEAD, NOW, BusyError, Job, Pool

MOST_BYTES = 96 * 2**20  # of rendered chunks: about twenty minutes of a band
MOST_SOURCES = 20_000  # chunks that can be rendered again
MOST_TAKES = 256
# What the solo is multiplied with, and others beside it, before the levels of a take are known.
USUAL_GAIN = 5.0
USUAL_BALANCE = {"piano": 0.9, "guitar": 0.9, "bass": 0.9, "drums": 0.85}


class Silence(NamedTuple):
    """A chunk as it is rendered: compressed MIDI, and how many samples."""

    midi: bytes
    samples: int


def balance_beside_solo(gains: Mapping[str, float]) -> dict[str, float]:
    """Gains of parts, in proportion to that of the first, the solo."""
    first = next(iter(gains.values()))
    return {name: gain / first for name, gain in gains.items()}


class Rendering(NamedTuple):
    """A chunk that is rendered, or will be, and in which pool."""

    job: Job
    pool: Pool


class Sound:
    """The chunks of the latest takes."""

    def __init__(self, renderers: Pool, background: Pool) -> None:
        self._renderers, self._background = renderers, background
        self._sources: OrderedDict[str, Silence] = OrderedDict()
        self._done: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._coming: dict[str, Rendering] = {}
        self._ahead: set[str] = set()
        self._plans: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._lock = threading.RLock()  # jobs end in other threads
        self.gains: dict[str, dict[str, float]] = {}  # of takes: each part's, or one for all

    def plan(self, identity: str, seconds: float, parts: Mapping[str, Sequence[Chunk]]) -> dict[str, Any]:
        """The chunks of a take, for JSON; from now on each can be had by its key."""
        rows = []
        for part, chunks in parts.items():
            for chunk in chunks:
                if chunk.midi:
                    self._sources[chunk.key] = Silence(zlib.compress(chunk.midi), chunk.samples)
                    self._sources.move_to_end(chunk.key)
            rows.append(
                {
                    "name": part,
                    "chunks": [
                        {
                            "key": chunk.key, "start": chunk.start, "samples": chunk.samples,
                            "bar": chunk.bar, "bars": chunk.bars, "silent": not chunk.midi,
                        }
                        for chunk in chunks
                    ],
                }
            )  # fmt: skip
        while len(self._sources) > MOST_SOURCES:
            self._sources.popitem(last=False)
        self._plans[identity] = {
            "id": identity, "rate": SAMPLE_RATE, "seconds": seconds,
            "samples": round(seconds * SAMPLE_RATE), "parts": rows,
        }  # fmt: skip
        self._plans.move_to_end(identity)
        while len(self._plans) > MOST_TAKES:
            self._plans.popitem(last=False)
        return self.planned(identity)

    def planned(self, identity: str) -> dict[str, Any]:
        """The plan of a take; raises `KeyError` where it is forgotten."""
        plan = self._plans[identity]
        keys = [c["key"] for part in plan["parts"] for c in part["chunks"] if not c["silent"]]
        if not all(key in self._sources for key in keys):
            del self._plans[identity]
            raise KeyError(identity)
        return self.levelled(plan, identity)

    def levelled(self, plan: dict[str, Any], identity: str) -> dict[str, Any]:
        """A plan with the levels of a take."""
        gains = self.gains.get(identity)
        balance = balance_beside_solo(gains) if gains else USUAL_BALANCE
        parts = [part | {"gain": round(balance.get(part["name"], 1.0), 4)} for part in plan["parts"]]
        gain = next(iter(gains.values())) if gains else USUAL_GAIN
        return plan | {"parts": parts, "gain": round(gain, 4), "gain_exact": gains is not None}

    def chunk(self, key: str) -> bytes | Future[bytes]:
        """The FLAC of a chunk, or its future; raises `KeyError` for one that is not known."""
        with self._lock:
            if key in self._done:
                self._done.move_to_end(key)
                return self._done[key]
            return self._render(key, self._renderers, NOW)

    def _render(self, key: str, pool: Pool, priority: float) -> Future[bytes]:
        """The future of a chunk, rendered in `pool` unless somebody waits for it already."""
        known = self._coming.get(key)
        if known is not None and not known.job.cancelled:
            if known.pool is pool:
                pool.move(known.job, priority)
            if pool in (known.pool, self._background) or not known.pool.withdraw(known.job):
                return known.job.future
        source = self._sources[key]
        midi = zlib.decompress(source.midi)
        job = pool.submit("sound", sounding.render_chunk, midi, source.samples, priority=priority)
        self._coming[key] = Rendering(job, pool)
        job.future.add_done_callback(lambda future: self._keep(key, job, future))
        return job.future

    def unwanted(self, key: str) -> None:
        """Nobody waits for a chunk any more: it comes behind what is waited for."""
        with self._lock:
            known = self._coming.get(key)
        if known is not None and known.pool is self._renderers:
            self._renderers.move(known.job, AHEAD)

    def _keep(self, key: str, job: Job, future: Future[bytes]) -> None:
        """Keep what was rendered; called in another thread."""
        with self._lock:
            if not future.cancelled() and future.exception() is None:
                data = self._done[key] = future.result()
                self._bytes += len(data)
                while self._bytes > MOST_BYTES and len(self._done) > 1:
                    _, old = self._done.popitem(last=False)
                    self._bytes -= len(old)
            known = self._coming.get(key)
            if known is not None and known.job is job:
                del self._coming[key]
            self._ahead.discard(key)

    def begin(self, identity: str, bar: int) -> None:
        """Render what sounds first where the take is played from a bar on: a chunk a part, the longest one
        first, since that takes longest. Where too much waits already, the page asks again itself.
        """
        chunks = [c for part in self.planned(identity)["parts"] for c in part["chunks"] if not c["silent"]]
        here = [chunk for chunk in chunks if chunk["bar"] <= bar < chunk["bar"] + chunk["bars"]]
        with suppress(BusyError):
            for chunk in sorted(here, key=lambda chunk: -int(chunk["samples"])):
                self.chunk(chunk["key"])

    def ahead(self, identity: str, from_bar: int = 1, parts: Iterable[str] | None = None) -> int:
        """Render the take from a bar on, its first chunks first, and drop what others wanted ahead; how many
        chunks are to come.
        """
        plan = self.planned(identity)
        wanted = set(parts) if parts is not None else None
        rows = []
        for part in plan["parts"]:
            if wanted is not None and part["name"] not in wanted:
                continue
            for chunk in part["chunks"]:
                if not chunk["silent"] and chunk["key"] not in self._done:
                    behind = chunk["bar"] + chunk["bars"] <= from_bar
                    rows.append((behind, chunk["start"], chunk["key"]))
        keys = {key for _, _, key in rows}
        with self._lock:
            for key in self._ahead - keys:
                known = self._coming.get(key)
                if known is not None and known.pool is self._background:
                    self._background.withdraw(known.job)
            self._ahead = set(keys)
            for place, (_, _, key) in enumerate(sorted(rows)):
                self._render(key, self._background, AHEAD + place / 10_000)
        return len(rows)
