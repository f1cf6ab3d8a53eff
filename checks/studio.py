"""The studio's server, measured: what it weighs, how long a page waits for it, what it keeps and leaves.

    python -m checks.studio                 a few minutes
    python -m checks.studio --edits 50      sooner

A server of its own is started on a free port and asked as the page asks it: a click is a request for a take
and then for the first chunk of each part's sound. Ten minutes of playing and asking again are 300 edits, a
chunk of each fetched, one straight after the other. Times are medians, beside the load of the machine; the
page's own share of them is measured by `checks.studio_page`. The exit code is 1 if a row misses its target.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import httpx

TAKE = {"chart": "rhythm-changes", "choruses": 1}  # 32 bars with band
BARS = (9, 16)
TIMES = 7
PATIENCE_S = 120
MB = 1e6
GUARDED = "421 403 401 415 404"


class Row(NamedTuple):
    """A figure, its target, and whether it is reached."""

    name: str
    figure: str
    target: str = ""
    reached: bool = True


# ------------------------------------------------------------------------------------------------- the server


class Program:
    """A studio that runs, and a client that is in."""

    def __init__(self, folder: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "jazzgen",
            "studio",
            "--no-browser",
            "--port",
            "0",
            "--dir",
            str(folder),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        link = re.search(r"http://\S+", self.process.stdout.readline())
        assert link, self.process.communicate()
        self.base = link[0].partition("/?")[0]
        self.client = httpx.Client(base_url=self.base, headers={"origin": self.base}, timeout=PATIENCE_S)
        assert self.client.get(link[0]).status_code == 303

    def close(self) -> None:
        """End it at once."""
        self.client.close()
        self.process.kill()
        self.process.communicate()


class Server(Program):
    """A studio whose processes are warm, and what a page asks of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.post("/api/takes", settings=TAKE | {"seed": 0})  # until all processes are warm
        self.pool = ThreadPoolExecutor(6)  # as many connections as a browser opens

    def post(self, path: str, **given: Any) -> Any:
        """The answer to a request."""
        answer = self.client.post(path, json=given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def hear(self, made: Any, bar: int) -> None:
        """Fetch the chunk of each part that sounds in a bar."""
        keys = [
            chunk["key"]
            for part in made["sound"]["parts"]
            for chunk in part["chunks"]
            if chunk["bar"] <= bar < chunk["bar"] + chunk["bars"] and not chunk["silent"]
        ]
        for answer in self.pool.map(lambda key: self.client.get(f"/api/sound/{key}.flac"), keys):
            assert answer.status_code == 200, answer.text

    def settle(self) -> None:
        """Wait until nothing is rendered ahead."""
        current = self.client.get("/api/state").json()["current"]
        while self.post("/api/sound/ahead", id=current)["queued"]:
            time.sleep(0.2)
        time.sleep(0.5)

    def megabytes(self) -> float:
        """The memory of the server and its processes."""
        return sum(_resident(process) for process in {self.process.pid, *descendants(self.process.pid)})

    def end(self, number: int) -> set[int]:
        """End the server by a signal; the processes that are left of it."""
        processes = descendants(self.process.pid)
        self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE_S)
        time.sleep(2)
        return {process for process in processes if _resident(process)}


def descendants(parent: int) -> set[int]:
    """The processes that a process has started, and theirs."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
    found: set[int] = set()
    front = {parent}
    while front:
        front = {child for child, of in parents.items() if of in front} - found
        found |= front
    return found


def _resident(process: int) -> float:
    """Megabytes; 0 of a process that has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / MB


# --------------------------------------------------------------------------------------------------- the rows


def weight() -> Row:
    """The packages that jazzgen[studio] adds to the base."""
    base = _needed({"numpy", "mido", "safetensors", "rich", "joblib"})
    more = _needed({"starlette", "uvicorn"}) - base
    size = sum(_size(name) for name in more) / MB
    return Row("jazzgen[studio] beyond the base", f"{size:.1f} MB", "<= 8 MB", size <= 8)


def _needed(names: set[str]) -> set[str]:
    """Packages with all that they need, without extras."""
    found: set[str] = set()
    while names:
        name = names.pop()
        found.add(name)
        try:
            wanted = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        for text in wanted:
            match = re.match(r"[\w.-]+", text)
            optional = "extra ==" in text or "python_version <" in text or "platform_system" in text
            if match and not optional and (package := match[0].lower()) not in found:
                names.add(package)
    return found


def _size(name: str) -> int:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return 0
    paths = [Path(str(found.locate_file(file))) for file in found.files or []]
    return sum(path.stat().st_size for path in paths if path.is_file() and path.suffix != ".pyc")


def guarded(server: Server) -> Row:
    """What strangers are answered."""
    host = server.base.removeprefix("http://")
    cookies = dict(server.client.cookies)
    with httpx.Client(base_url=server.base, cookies=cookies) as client:
        ours = {"origin": server.base}
        answers = (
            client.get("/api/state", headers={"host": f"evil.example:{host.partition(':')[2]}"}),
            client.post("/api/undo", json={}, headers={"origin": "http://evil.example"}),
            httpx.get(f"{server.base}/api/state"),
            client.post("/api/undo", content=b"{}", headers=ours | {"content-type": "text/plain"}),
            client.get("/page/%2e%2e/app.py"),
        )
    codes = " ".join(str(answer.status_code) for answer in answers)
    return Row("foreign Host, Origin, no token, type, ../", codes, GUARDED, codes == GUARDED)


def waits(server: Server) -> Iterator[Row]:
    """From a click to the first sound."""
    took: dict[str, list[float]] = {"take": [], "solo": [], "piano": [], "bass": [], "drums": [], "A/B": []}
    for seed in range(1, TIMES + 1):
        server.settle()
        start = time.perf_counter()
        made = server.post("/api/takes", settings=TAKE | {"seed": seed})
        server.hear(made, 1)
        took["take"].append(time.perf_counter() - start)
        for part in ("solo", "piano", "bass", "drums"):
            server.settle()
            start = time.perf_counter()
            path = f"/api/takes/{made['take']['id']}/again"
            again = server.post(path, bars=BARS, part=part, seed=seed, from_bar=BARS[0])
            server.hear(again, BARS[0])
            took[part].append(time.perf_counter() - start)
        server.settle()
        start = time.perf_counter()
        server.hear(made, BARS[0])
        took["A/B"].append(time.perf_counter() - start)
    targets = {"take": 1.0, "solo": 0.6, "piano": 0.3, "bass": 0.3, "drums": 0.3, "A/B": 0.15}
    for name, seconds in took.items():
        what = {"take": "a new take to sound", "A/B": "A/B to sound"}.get(
            name, f"8 bars again to sound, {name}"
        )
        middle, target = median(seconds), targets[name]
        yield Row(f"{what}, server", f"{middle:.2f} s", f"<= {target:g} s", middle <= target)


def memory(server: Server, edits: int) -> Row:
    """How much the memory grows while bars are played again."""
    made = server.post("/api/takes", settings=TAKE | {"seed": 1})
    first = made["take"]["id"]
    before = 0.0
    for number in range(edits + edits // 5):
        if number == edits // 5:  # caches have their usual size
            server.settle()
            before = server.megabytes()
        part = ("solo", "piano", "bass", "drums")[number % 4]
        path = f"/api/takes/{made['take']['id']}/again"
        made = server.post(path, bars=BARS, part=part, seed=number, candidates=2, add=False, from_bar=BARS[0])
        server.hear(made, BARS[0])
        if number % 20 == 19:
            server.post("/api/current", id=made["take"]["id"])
    server.settle()
    grown = server.megabytes() - before
    assert first != made["take"]["id"]
    return Row(f"memory grown in {edits} edits, all processes", f"{grown:.0f} MB", "< 50 MB", grown < 50)


def endings(folder: Path, server: Server) -> Iterator[Row]:
    """What is left, and what is lost."""
    left = len(server.end(signal.SIGTERM))
    yield Row("processes left after SIGTERM", str(left), "0", not left)
    made: set[str] = set()
    for seed in range(3):  # of two takes one is a favourite
        server = Server(folder)
        for choruses in (1, 2):
            given = {"chart": "blues-f", "choruses": choruses, "seed": seed}
            made.add(take := server.post("/api/takes", settings=given)["take"]["id"])
        server.post("/api/favourites", id=take)
        left = len(server.end(signal.SIGKILL))
    server = Server(folder)
    state = server.client.get("/api/state").json()
    server.close()
    lost = len(made - {row["id"] for row in (*state["favourites"], *state["recent"])})
    yield Row("processes left after kill -9", str(left), "0", not left)
    yield Row(f"takes lost of {len(made)} after kill -9", str(lost), "0", not lost and len(made) == 6)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the rows; 1 where one misses its target."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--edits", type=int, default=300, metavar="N", help="of the row about memory")
    edits, met = parser.parse_args(argv).edits, True

    def show(row: Row) -> None:
        nonlocal met
        verdict = ("yes" if row.reached else "NO") if row.target else ""
        load = f"load {os.getloadavg()[0]:.1f}"
        print(f"{row.name:45} {row.figure:22} {row.target:20} {load:10} {verdict}".rstrip(), flush=True)
        met = met and row.reached

    show(weight())
    with tempfile.TemporaryDirectory() as name:
        server = Server(Path(name))
        show(guarded(server))
        for row in waits(server):
            show(row)
        show(memory(server, edits))
        for row in endings(Path(name), server):
            show(row)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
