"""checks/meters.py: takes in some meters keep to the rules, and a wrong one is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checks.meters import form_of, make, wrong
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint


@pytest.mark.parametrize(
    ("signatures", "style"), [("12/8", "slow-blues"), ("4/4 7/8 6/8 3/4", "swing"), ("2/4", "afro-cuban")]
)
def test_takes_keep_to_the_rules(tmp_path: Path, signatures: str, style: str) -> None:
    checkpoint = load_checkpoint(find_checkpoint(DEFAULT_MODEL))
    take, feel = make(form_of(signatures, style), 1, checkpoint)
    assert not list(wrong(take, feel, tmp_path / "take.mid"))
    silent = replace(take, parts=(replace(take.parts[0], notes=()), *take.parts[1:]))
    assert any("has 0 notes" in said for said in wrong(silent, feel, tmp_path / "take.mid"))
