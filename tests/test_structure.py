"""The shape of the house: imports point one way, generating stays light, and what is promised exists."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared import ROOT

# Each file imports only from those above it: the way the data flows.
ORDER = [
    "errors",
    "util",
    "music",
    "charts",
    "tokens",
    "performance",
    "midi",
    "corpus",
    "model",
    "by_hand",
    "training",
    "improviser",
    "band",
    "takes",
    "live",
    "rendering",
    "evaluation",
    "studio",
    "cli",
    "__main__",
]
PACKAGE = ROOT / "jazzgen"
# A room is a file, or a folder of files with one door.
ROOMS = {path.stem: [path] for path in PACKAGE.glob("*.py") if path.stem != "__init__"} | {
    path.parent.name: sorted(path.parent.glob("*.py")) for path in PACKAGE.glob("*/__init__.py")
}
# Slow or optional packages, and the rooms that may import them; elsewhere not even inside a function.
HEAVY = {
    "tensorflow": {"model", "training"},
    "keras": {"model", "training"},
    "music21": {"rendering"},
    "matplotlib": {"evaluation"},
    "cairosvg": {"rendering"},
    "sklearn": {"evaluation"},
    "verovio": {"rendering"},
    "distributed": {"corpus"},
    "ray": {"corpus"},
    "joblibspark": {"corpus"},
    "starlette": {"studio"},
    "uvicorn": {"studio"},
    "rtmidi": {"live"},
    "supriya_midi": {"live"},
}


def imported(path: Path, top_level_only: bool = False) -> set[str]:
    """Every module that `path` imports, anywhere in the file or at its top level."""
    names: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_every_room_has_its_place() -> None:
    assert set(ROOMS) == set(ORDER)


@pytest.mark.parametrize("room", ORDER)
def test_imports_point_one_way(room: str) -> None:
    below = set(ORDER[ORDER.index(room) + 1 :])
    names = {name for path in ROOMS[room] for name in imported(path) if name.startswith("jazzgen.")}
    assert not {name.split(".")[1] for name in names} & below


@pytest.mark.parametrize("room", ORDER)
def test_heavy_packages_are_imported_where_they_belong(room: str) -> None:
    roots = {name.split(".")[0] for path in ROOMS[room] for name in imported(path)}
    assert {heavy for heavy in HEAVY if heavy in roots and room not in HEAVY[heavy]} == set()


def test_optional_packages_wait_inside_functions() -> None:
    for path in [*ROOMS["rendering"], *ROOMS["evaluation"]]:
        roots = {name.split(".")[0] for name in imported(path, top_level_only=True)}
        optional = {"music21", "matplotlib", "cairosvg", "verovio", "soundfile", "midirenderer", "sklearn"}
        assert not roots & optional, path.name


@pytest.mark.parametrize("module", ["jazzgen", "jazzgen.cli", "jazzgen.errors"])
def test_what_a_door_promises_is_behind_it(module: str) -> None:
    """Imported, because names may be exported lazily; the files are read, below."""
    loaded = importlib.import_module(module)
    assert loaded.__all__
    assert [name for name in loaded.__all__ if not hasattr(loaded, name)] == []


@pytest.mark.parametrize("path", sorted(path for paths in ROOMS.values() for path in paths), ids=_name)
def test_a_name_with_an_underscore_stays_in_its_file(path: Path) -> None:
    """That underscore is what tells private names from public ones: files have no list of exports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("jazzgen"):
            assert [alias.name for alias in node.names if re.match(r"_[^_]", alias.name)] == []


def test_generating_imports_neither_tensorflow_nor_music21(tmp_path: Path) -> None:
    program = (
        "import sys; from jazzgen.cli import main; "
        f"code = main(['generate-midi', '--seed', '1', '-o', {str(tmp_path / 'take.mid')!r}]); "
        "print(code, sorted({'tensorflow', 'keras', 'music21', 'joblib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


HARMLESS = "urllib.parse"  # percent signs in text
# What runs code that data brought along, or speaks to a network.
FORBIDDEN_MODULES = {
    "pickle", "_pickle", "cPickle", "cloudpickle", "dill", "jsonpickle", "shelve", "dbm", "marshal", "yaml",
    "code", "codeop", "runpy", "ctypes", "cffi",
    "socket", "socketserver", "ssl", "select", "asyncio", "http", "urllib", "xmlrpc", "ftplib", "smtplib",
    "poplib", "imaplib", "telnetlib", "webbrowser", "requests", "httpx", "aiohttp", "urllib3", "fsspec",
    "huggingface_hub",
}  # fmt: skip
SERVING = {"studio": {"asyncio", "socket", "webbrowser"}}  # rooms that answer requests, and ask nobody
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}  # the built-in ones; `re.compile` is another
# The doors of numpy, joblib, Keras and the system to the same, whatever they are called on.
FORBIDDEN_NAMES = {
    "load_model", "load_weights", "model_from_json", "deserialize_keras_object", "deserialize", "from_config",
    "enable_unsafe_deserialization", "read_pickle", "to_pickle", "get_file", "urlopen", "urlretrieve",
    "system", "popen", "startfile",
}  # fmt: skip
FORBIDDEN_METHODS = {
    "np": {"load", "loadtxt", "save", "savez"},
    "numpy": {"load"},
    "joblib": {"load", "dump", "Memory"},
}
FORBIDDEN_KEYWORDS = {"allow_pickle", "shell", "safe_mode", "custom_objects"}
IMPORTERS = {"packages.py"}  # imports by name: the names are written out where `optional` is called


@pytest.mark.parametrize("room", ORDER)
def test_nothing_runs_what_a_file_says_or_uses_a_network(room: str) -> None:
    for path in ROOMS[room]:
        names = {name for name in imported(path) if not name.startswith(HARMLESS)}
        assert {name.split(".")[0] for name in names} & FORBIDDEN_MODULES <= SERVING.get(room, set()), path
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in FORBIDDEN_NAMES, f"{path}:{node.lineno} {node.attr}"
                on = node.value.id if isinstance(node.value, ast.Name) else ""
                assert node.attr not in FORBIDDEN_METHODS.get(on, ()), (
                    f"{path}:{node.lineno} {on}.{node.attr}"
                )
            elif isinstance(node, ast.Name):
                assert node.id not in FORBIDDEN_CALLS | FORBIDDEN_NAMES, f"{path}:{node.lineno} {node.id}"
                assert node.id != "import_module" or path.name in IMPORTERS, f"{path}:{node.lineno}"
            elif isinstance(node, ast.Call):
                named = {keyword.arg for keyword in node.keywords}
                assert named & FORBIDDEN_KEYWORDS == set(), f"{path}:{node.lineno}"
                if isinstance(node.func, ast.Name) and node.func.id == "optional":
                    assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno}"


# Python tells an audit hook of everything that would reach out of the process or run what was read. A pickle
# is known by what it looks up: `find_class`. (https://docs.python.org/3/library/audit_events.html)
WATCHED = """
import sys
FORBIDDEN = ("socket.", "pickle.", "urllib.", "ftplib.", "smtplib.", "http.", "webbrowser.", "os.system")
heard = []
sys.addaudithook(lambda event, _: heard.append(event) if event.startswith(FORBIDDEN) else None)
from jazzgen.cli import main
codes = [main(words.split()) for words in sys.argv[1:]]
print(codes, sorted(set(heard)))
import fractions, pickle, socket
pickle.loads(pickle.dumps(fractions.Fraction(1)))
socket.socket().close()
print(sorted(set(heard)))
"""


def test_no_command_speaks_to_a_network_or_loads_a_pickle(tmp_path: Path) -> None:
    """What imports cannot show: what the packages that a command calls do while it runs."""
    study = ROOT / "data/midi/01-blues-in-f.mid"
    commands = [
        "generate-midi --choruses 1 --seed 1 -o take.mid",
        "inspect take.mid --json",
        "plot take.mid -o take.svg",
        "plot take.mid -o heat.svg --probabilities",
        "leadsheet take.mid -o take.musicxml",
        f"evaluate classic-64 {study}",
        f"evaluate --solos {study}",
        "names --count 2 --seed 1",
        f"prepare {study} -o corpus",
        "evaluate classic-64 corpus",
        "progressions",
    ]
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *commands], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    *_, found, heard_on_purpose = done.stdout.splitlines()
    assert found == f"{[0] * len(commands)} []"
    assert heard_on_purpose == "['pickle.find_class', 'socket.__new__']"


def test_requirements_name_what_the_package_needs() -> None:
    wanted = {
        line.split(">=")[0] for line in (ROOT / "requirements.txt").read_text().splitlines() if ">=" in line
    }
    project = (ROOT / "pyproject.toml").read_text()
    assert {"tensorflow", "music21", "numpy", "mido"} <= wanted
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if ">=" in line:
            assert f'"{line}"' in project, f"{line} disagrees with pyproject.toml"


# ------------------------------------------------------------------------------------------- what is readable

LONGEST_FILE, LONGEST_FUNCTION = 500, 60  # lines
SOURCES = sorted(
    path
    for folder in ("jazzgen", "benchmarks", "checks", "recipes", "scripts")
    for path in (ROOT / folder).rglob("*.py")
)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _from_root(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=_from_root)
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, FUNCTIONS):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= LONGEST_FUNCTION, f"{path.name}:{node.lineno} {node.name} has {lines} lines"


def _public_functions(tree: ast.Module) -> list[ast.FunctionDef]:
    """Functions of the module and methods of its public classes whose names have no underscore."""
    bodies = [
        tree.body,
        *(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_"),
    ]
    return [
        node
        for body in bodies
        for node in body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=_from_root)
def test_functions_of_four_parameters_or_more_are_described(path: Path) -> None:
    """NumPy style: a section Parameters that names each, Returns where something comes back, Raises where the
    function itself raises.
    """
    for node in _public_functions(ast.parse(path.read_text(encoding="utf-8"))):
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        arguments += [more for more in (node.args.vararg, node.args.kwarg) if more is not None]
        names = [argument.arg for argument in arguments if argument.arg not in {"self", "cls"}]
        if len(names) < 4:
            continue
        described = ast.get_docstring(node) or ""
        place = f"{path.name}:{node.lineno} {node.name}"
        sections = re.split(r"^(\w+)\n-+$", described, flags=re.MULTILINE)
        parts = dict(zip(sections[1::2], sections[2::2], strict=True))
        assert "Parameters" in parts, place
        rows = re.findall(r"^\*{0,2}(\w+(?:, \*{0,2}\w+)*)(?: : .*)?$", parts["Parameters"], re.MULTILINE)
        told = {name.strip("* ") for row in rows for name in row.split(",")}
        assert told == set(names), f"{place}: {sorted(set(names) ^ told)}"
        returns = node.returns is not None and not (
            isinstance(node.returns, ast.Constant) and node.returns.value is None
        )
        generates = any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node))
        assert ("Returns" in parts or "Yields" in parts) or not (returns or generates), place
        if any(isinstance(inner, ast.Raise) and inner.exc is not None for inner in ast.walk(node)):
            assert "Raises" in parts, place
