"""The command as a person types it, run in this process."""

from __future__ import annotations

import pytest

from jazzgen.cli import main

# A take that is soon there, where it matters neither which candidate is chosen nor how much is played.
SOON = ("--effort", "1", "--choruses", "1")


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `jazzgen WORDS`."""
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """The one line with which `jazzgen WORDS` is refused."""
    code, out, err = run(capsys, *words)
    assert code == 2, (code, out, err)
    assert out == ""
    assert err.startswith("jazzgen: ")
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    return err
