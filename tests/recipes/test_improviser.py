"""`recipes/improviser.py`: the shipped model's recipe, from files to a checkpoint that says how."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("tensorflow")

from jazzgen.corpus.loading import load_solos
from jazzgen.corpus.splits import title_digest
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.training.resume import progress_file
from jazzgen.training.settings import IMPROVISER
from tests.shared import ROOT

STUDIES = ROOT / "data" / "midi"


def test_it_trains_holds_out_and_says_what(tmp_path: Path) -> None:
    from recipes import improviser as program

    output = tmp_path / "small.safetensors"
    words = [STUDIES, "--units", 4, "--epochs", 1, "--without", "motif", "-o", output]
    assert program.main([*map(str, words)]) == 0
    assert not progress_file(output).exists()
    made = load_checkpoint(output)
    assert set(IMPROVISER.features) - set(made.spec.features) == {"motif"}
    split = made.description["training"]["split"]
    titles = {title_digest(solo.title) for solo in load_solos([STUDIES]).solos}
    assert len(split["held_out_tunes"]) == 2
    assert set(split["judging"]) < set(split["held_out_tunes"]) < titles
    assert program.main([str(STUDIES), "--without", "mood", "-o", str(output)]) == 2
