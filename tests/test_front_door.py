"""The front door: what `from jazzgen import ...` gives, lazily, and what it costs."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import jazzgen
from jazzgen.cli import main
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.model.shipped import find_checkpoint
from tests.shared import ROOT

PACKAGE = ROOT / "jazzgen"
SOURCE = (PACKAGE / "__init__.py").read_text(encoding="utf-8")


def python(program: str, *, cwd: Path | None = None) -> str:
    """What a fresh interpreter prints."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=cwd).stdout.strip()


@pytest.mark.parametrize("name", jazzgen.__all__)
def test_every_name_is_there_and_described(name: str) -> None:
    found = getattr(jazzgen, name)
    if name != "__version__":
        assert inspect.isclass(found) or inspect.isfunction(found)
        assert found.__name__ == name
        assert inspect.getdoc(found)


def test_names_for_type_checkers_are_those_for_python() -> None:
    """The stub's imports, the table of modules and both `__all__` say the same."""
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    typed = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    homes = {name: (f"jazzgen.{module}", attribute) for name, (module, attribute) in jazzgen._HOMES.items()}
    assert homes.pop("train") == typed.pop("_train_files") == ("jazzgen.training.files", "train_files")
    assert typed == homes
    assert sorted(homes) == sorted(jazzgen.__all__)
    assert set(jazzgen.__all__) | {"train"} <= set(dir(jazzgen))
    (promised,) = [
        node.value for node in stub.body if isinstance(node, ast.Assign) and "__all__" in ast.dump(node)
    ]
    assert ast.literal_eval(promised) == jazzgen.__all__


def test_no_name_is_a_room() -> None:
    """Importing a package binds it in its parent, over a function of the same name."""
    rooms = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.parent.name for path in PACKAGE.glob("*/*.py")
    }
    assert rooms & {*jazzgen.__all__, "train"} == set()


@pytest.mark.parametrize(
    "order",
    [
        "from jazzgen import render, evaluate; import jazzgen.rendering.audio, jazzgen.evaluation.likelihood",
        "import jazzgen.rendering.audio, jazzgen.evaluation.likelihood; from jazzgen import render, evaluate",
        "import jazzgen.cli; import jazzgen.rendering.audio as a; from jazzgen import render, evaluate",
    ],
)
def test_functions_stay_functions_in_whatever_order_modules_come(order: str) -> None:
    same = "jazzgen.render is render, jazzgen.evaluate is evaluate"
    assert python(f"{order}; import jazzgen; print(render.__module__, {same})") == (
        "jazzgen.rendering.audio True True"
    )


def test_a_name_that_is_none_of_ours_is_said() -> None:
    with pytest.raises(AttributeError, match="module 'jazzgen' has no attribute 'rendr'"):
        _ = jazzgen.rendr


def test_importing_brings_nothing_along() -> None:
    program = "import sys; before = set(sys.modules); import jazzgen; print(set(sys.modules) - before)"
    assert python(program) == "{'jazzgen'}"


def test_a_star_brings_all_but_what_needs_tensorflow() -> None:
    program = (
        "from jazzgen import *; import sys; print(render.__name__, {'tensorflow', 'keras'} & {*sys.modules})"
    )
    assert python(program) == "render set()"


def test_the_package_does_not_use_its_own_front_door() -> None:
    """A room imports from rooms: through the door it could import from one above it, or from itself."""
    names = {*jazzgen.__all__, "train"} - {"__version__"}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "jazzgen":
                assert names & {alias.name for alias in node.names} == set(), path


def test_the_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()


# ------------------------------------------------------------------------------------------------ in use


def test_the_way_in_of_the_docstring_writes_what_the_command_writes(tmp_path: Path) -> None:
    example = [line for line in (jazzgen.__doc__ or "").splitlines() if line.startswith("    ")]
    python(textwrap.dedent("\n".join(example)), cwd=tmp_path)
    assert main(["generate-midi", "--seed", "1", "-o", str(tmp_path / "command.mid")]) == 0
    assert (tmp_path / "take.mid").read_bytes() == (tmp_path / "command.mid").read_bytes()


def test_a_take_to_see_to_read_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jazzgen import Layout, Settings, encode, lead_sheet, make_take, plot, read_solo

    monkeypatch.chdir(tmp_path)
    take = make_take(Settings(progression="| Dm7 | G7 | Cmaj7 | % |", choruses=1, seed=3))
    take.write("take.mid", layout=Layout(transpose=2), stems="stems")
    assert {path.stem for path in Path("stems").iterdir()} == {"solo", "piano", "bass", "drums"}
    assert encode(read_solo("take.mid")) == encode(take.solo)  # values do not know the key
    plot(take, "take.svg")
    lead_sheet(take, "take.musicxml", key="Bb")
    assert Path("take.svg").read_text().startswith("<svg")
    assert "<score-partwise" in Path("take.musicxml").read_text()


def test_a_model_by_name_measured_and_played(tmp_path: Path) -> None:
    import numpy as np

    from jazzgen import accompany, describe, evaluate, improvise, load_solos, parse_progression

    checkpoint = jazzgen.load_checkpoint("classic-64")
    assert checkpoint.sha256 == load_checkpoint(find_checkpoint("classic-64")).sha256
    solos = load_solos([ROOT / "data/midi/01-blues-in-f.mid"]).solos
    assert 2 < evaluate(checkpoint, solos)["nats_per_note"] < 5
    solo = improvise(checkpoint, parse_progression("| Dm7 | G7 |"), np.random.default_rng(1), choruses=2)
    assert [part.name for part in accompany(solo, np.random.default_rng(2))] == ["Piano", "Bass", "Drums"]
    assert describe([solo])["notes_per_bar"].mean > 0


def test_a_path_is_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(jazzgen.JazzgenError, match="checkpoint improviser: there is no such file"):
        load_checkpoint(Path("improviser"))
