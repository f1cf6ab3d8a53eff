"""The structure of the code in numbers: rooms, floors, imports between rooms, circles, lines.

    python -m checks.structure      prints them; exit code 1 where one is beyond its limit

A room is a folder or a file directly in `jazzgen/`, or one of the folders of programs beside it. Its floor is
one above the highest room that it imports from, wherever in a file the import is; a room that imports from
no other is on floor 1. A circle is a set of rooms, or of files, that import each other.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("benchmarks", "checks", "recipes", "scripts")
LIMITS = {
    "rooms": 24,
    "floors": 11,
    "imports between rooms": 165,  # the studio and live playing brought twenty: they join what there is
    "circles": 0,
    "lines of the package": 48_800,  # charts 7,400, the studio 2,900, live playing 3,300
}
Graph = Mapping[str, set[str]]


def figures(root: Path = ROOT) -> dict[str, int]:
    """The numbers by what they count, in the order of `LIMITS`."""
    files = import_graph(root)
    rooms: dict[str, set[str]] = {}
    for file, imported in files.items():
        rooms.setdefault(room_of(file), set()).update(room_of(other) for other in imported)
    graph = {room: others - {room} for room, others in rooms.items()}
    package = (root / "jazzgen").rglob("*.py")
    return {
        "rooms": len(graph) - ("jazzgen" in graph),  # the package's own face holds nothing
        "floors": max(floors(graph).values()),
        "imports between rooms": sum(map(len, graph.values())),
        "circles": len(circles(graph)) + len(circles(files)),
        "lines of the package": sum(len(path.read_text("utf-8").splitlines()) for path in package),
    }


def room_of(module: str) -> str:
    """`jazzgen.music.score` is in `jazzgen.music`, `checks.hostile.midi` in `checks`."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "jazzgen" else parts[0]


def import_graph(root: Path) -> dict[str, set[str]]:
    """Each module of the package and the programs, and those of them that it imports anywhere."""
    paths = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for folder in ("jazzgen", *PROGRAMS)
        for path in (root / folder).rglob("*.py")
    }
    return {module: set(_imports(path, paths)) - {module} for module, path in paths.items()}


def _imports(path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in known or node.module in known:
                    yield inner if inner in known else node.module


def floors(graph: Graph) -> dict[str, int]:
    """The floor of each node; those of a circle are taken as one."""
    together = {node: frozenset(circle) for circle in circles(graph) for node in circle}
    found: dict[str, int] = {}

    def floor(node: str) -> int:
        if node not in found:
            same = together.get(node, frozenset({node}))
            below = {other for member in same for other in graph[member]} - same
            height = 1 + max((floor(other) for other in below), default=0)
            found.update(dict.fromkeys(same, height))
        return found[node]

    return {node: floor(node) for node in graph}


def circles(graph: Graph) -> list[set[str]]:
    """Sets of two nodes or more each of which reaches all the others."""
    reached: dict[str, set[str]] = {}
    for node in graph:
        seen, waiting = set[str](), [*graph[node]]
        while waiting:
            other = waiting.pop()
            if other not in seen:
                seen.add(other)
                waiting += graph[other]
        reached[node] = seen
    found: list[set[str]] = []
    for node, seen in reached.items():
        if node in seen and not any(node in circle for circle in found):
            found.append({other for other in seen if node in reached[other]})
    return found


def main() -> int:
    """Print each figure beside its limit."""
    found = figures()
    for name, number in found.items():
        missed = "" if number <= LIMITS[name] else ": missed"
        print(f"{name:24}{number:8,}   at most {LIMITS[name]:,}{missed}")
    return int(any(number > LIMITS[name] for name, number in found.items()))


if __name__ == "__main__":
    sys.exit(main())
