"""The workers of `jazzgen prepare` on a cluster: in rounds, and one line where it cannot be had."""

from __future__ import annotations

import sys
from pathlib import Path

import joblib
import pytest

from jazzgen.corpus.backends import in_rounds
from jazzgen.corpus.prepare import prepare
from jazzgen.errors import MissingPackageError, OptionError, WorkersError
from jazzgen.util.parallel import TASK_SIZE
from tests.shared import ROOT

STUDIES = ROOT / "data" / "midi"


def test_a_cluster_works_in_rounds() -> None:
    numbers = iter(range(0, -100, -1))
    with joblib.parallel_config(backend="threading", n_jobs=2):
        results = in_rounds(abs, numbers, 3)
        assert next(results) == 0
        assert next(numbers) == -3 * TASK_SIZE  # no further than the first round
        assert list(results) == [*range(1, 3 * TASK_SIZE), *range(3 * TASK_SIZE + 1, 100)]


def test_a_cluster_that_fails_is_one_line() -> None:
    def gone(_: int) -> None:
        raise ConnectionResetError("the scheduler is gone")

    with (
        joblib.parallel_config(backend="threading", n_jobs=2),
        pytest.raises(WorkersError, match=r"\(ConnectionResetError: the scheduler is gone\); see to it"),
    ):
        list(in_rounds(gone, range(3), 1))


@pytest.mark.parametrize("address", ["nonsense", "foo://x:1"])
def test_an_address_that_is_none_is_one_line(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dask = pytest.importorskip("dask", reason="needs jazzgen[dask]")
    pytest.importorskip("distributed", reason="needs jazzgen[dask]")
    with (
        dask.config.set({"scheduler-address": address}),
        pytest.raises(OptionError, match=f"no dask scheduler answers at {address}"),
    ):
        prepare([STUDIES], tmp_path / "corpus", backend="dask")


def test_a_missing_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("ray.util.joblib", "joblibspark", "distributed"):
        monkeypatch.setitem(sys.modules, package, None)
    for backend in ("ray", "spark", "dask"):
        with pytest.raises(MissingPackageError, match=rf"backend {backend} needs .*jazzgen\[{backend}\]"):
            prepare([STUDIES], tmp_path / "corpus", backend=backend)
        assert not (tmp_path / "corpus").exists()
