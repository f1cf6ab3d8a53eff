"""`jazzgen progressions`: every built-in form."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import run


def test_progressions_lists_every_built_in(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "progressions")
    assert code == 0
    assert len(out.splitlines()) >= 10
    names = json.loads(run(capsys, "progressions", "--json")[1])
    assert len(names) == 12 * (len(out.splitlines()) - 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_device_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "jazzgen", "progressions"],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr == "jazzgen: cannot write standard output: No space left on device\n"
