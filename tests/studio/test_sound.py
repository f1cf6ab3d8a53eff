"""Which pool renders which chunk, and when: what is waited for does not stand behind what is not."""

from __future__ import annotations

from typing import Any

import pytest

from jazzgen.studio.chunks import Chunk
from jazzgen.studio.sound import Sound
from jazzgen.studio.workers import AHEAD, NOW, CancelledJobError, Job


class Rows:
    """A pool in which jobs wait until a test says that one has begun or is done."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def submit(self, what: str, function: Any, *arguments: Any, priority: float) -> Job:
        self.jobs.append(Job(what, function, arguments, priority))
        return self.jobs[-1]

    def move(self, job: Job, priority: float) -> None:
        job.priority = priority

    def withdraw(self, job: Job) -> bool:
        if job.started is not None or job.future.done():
            return False
        job.cancelled = True
        job.future.set_exception(CancelledJobError("cancelled"))
        return True

    @property
    def waiting(self) -> list[bytes]:
        """What is to be rendered, the most wanted first."""
        return [job.arguments[0] for job in sorted(self._open, key=lambda job: job.priority)]

    @property
    def _open(self) -> list[Job]:
        return [job for job in self.jobs if not job.future.done()]

    def job(self, midi: bytes) -> Job:
        return next(job for job in self._open if job.arguments[0] == midi)


def _chunks(part: str, samples: int) -> list[Chunk]:
    """Two bars, then four; the MIDI of a chunk is its key."""
    rows = [(0, 1, 2), (96_000, 3, 4)]
    return [Chunk(f"{part}{bar}", at, samples, bar, n, f"{part}{bar}".encode()) for at, bar, n in rows]


@pytest.fixture
def renderers() -> Rows:
    return Rows()


@pytest.fixture
def background() -> Rows:
    return Rows()


@pytest.fixture
def sound(renderers: Any, background: Any) -> Sound:
    made = Sound(renderers, background)
    made.plan("take", 10.0, {"solo": _chunks("solo", 100_000), "drums": _chunks("drums", 200_000)})
    return made


def test_what_sounds_first_is_rendered_at_once_and_the_rest_aside(
    sound: Sound, renderers: Rows, background: Rows
) -> None:
    sound.begin("take", 1)
    assert sound.ahead("take", 1) == 4
    assert renderers.waiting == [b"drums1", b"solo1"]  # the longest takes longest
    assert background.waiting == [b"drums3", b"solo3"]
    sound.begin("take", 4)
    assert renderers.waiting == [b"drums1", b"solo1", b"drums3", b"solo3"]
    assert background.waiting == []


def test_what_has_begun_is_not_rendered_twice(sound: Sound, renderers: Rows, background: Rows) -> None:
    sound.ahead("take")
    job = background.job(b"solo3")
    job.started = 1.0
    assert sound.chunk("solo3") is job.future
    assert renderers.waiting == []
    job.future.set_result(b"flac")
    assert sound.chunk("solo3") == b"flac"
    assert sound.ahead("take") == 3


def test_what_nobody_waits_for_any_more_comes_last(sound: Sound, renderers: Rows) -> None:
    sound.chunk("solo3")
    sound.chunk("solo1")
    sound.unwanted("solo3")
    assert renderers.waiting == [b"solo1", b"solo3"]
    assert renderers.job(b"solo3").priority >= AHEAD
    sound.chunk("solo3")
    assert renderers.job(b"solo3").priority == NOW


def test_another_place_or_take_takes_the_turn_of_what_was_ahead(sound: Sound, background: Rows) -> None:
    sound.ahead("take")
    sound.ahead("take", 3)
    assert background.waiting == [b"drums3", b"solo3", b"drums1", b"solo1"]
    sound.plan("other", 10.0, {"solo": _chunks("solo", 100_000), "bass": _chunks("bass", 100_000)})
    sound.ahead("other")
    assert background.waiting == [b"bass1", b"solo1", b"bass3", b"solo3"]
