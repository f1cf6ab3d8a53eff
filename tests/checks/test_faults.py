"""`checks/faults.py`: its faults still fit the code, and one that is put in is noticed."""

from __future__ import annotations

import pytest

from checks import faults
from checks.faults import FAULTS, Fault, noticed_by, put
from tests.shared import ROOT


def test_there_are_twenty_in_different_places() -> None:
    assert len(FAULTS) == len({fault.name for fault in FAULTS}) == 20
    assert len({fault.file.split("/")[0] for fault in FAULTS}) >= 10


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_a_fault_changes_stands_once(fault: Fault) -> None:
    assert (ROOT / "jazzgen" / fault.file).read_text(encoding="utf-8").count(fault.old) == 1
    assert all((ROOT / "tests" / name).exists() for name in fault.tests.split())


def test_a_fault_is_noticed_and_no_fault_is_not() -> None:
    quality = FAULTS[0]
    assert "test_chords" in noticed_by(quality)
    assert noticed_by(quality._replace(new=quality.old)) == ""


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(ValueError, match=r"stands 0 times in music/chords\.py"):
        put(FAULTS[0]._replace(old="no such line"), ROOT)
    with pytest.raises(SystemExit):
        faults.main(["no-such-fault"])
