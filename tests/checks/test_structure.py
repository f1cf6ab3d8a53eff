"""`checks/structure.py`: what it counts, on a small house and on this one."""

from __future__ import annotations

from pathlib import Path

from checks.structure import LIMITS, circles, figures, floors


def test_the_house_keeps_to_its_limits() -> None:
    found = figures()
    assert {name: found[name] for name in LIMITS if found[name] > LIMITS[name]} == {}


def test_a_small_house_is_counted(tmp_path: Path) -> None:
    sources = {
        "jazzgen/__init__.py": "",
        "jazzgen/low.py": "import os\n",
        "jazzgen/mid/__init__.py": "",
        "jazzgen/mid/a.py": "from jazzgen.mid import b\nfrom jazzgen import low\n",
        "jazzgen/mid/b.py": "def f():\n    import jazzgen.low\n    from jazzgen.mid.a import x\n",
        "checks/c.py": "from jazzgen.mid.a import x\n",
    }
    for name, text in sources.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert figures(tmp_path) == {
        "rooms": 3,
        "floors": 3,
        "imports between rooms": 2,
        "circles": 1,
        "lines of the package": 6,
    }


def test_a_circle_is_found_and_stands_on_one_floor() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set[str]()}
    assert circles(graph) == [{"b", "c"}]
    assert floors(graph) == {"d": 1, "b": 2, "c": 2, "a": 3}
