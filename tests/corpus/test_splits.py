"""Solos split by tune."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.corpus.batches import Encodings
from jazzgen.corpus.loading import load_solos
from jazzgen.corpus.prepare import prepare
from jazzgen.corpus.splits import split_by_title, title_key
from jazzgen.corpus.store import Shard
from jazzgen.errors import OptionError
from jazzgen.tokens.features import FeatureSpec
from tests.corpus.solos import make_solo
from tests.shared import ROOT

STUDIES = ROOT / "data" / "midi"


def test_takes_of_one_tune_stay_together_however_its_title_is_written():
    takes = ["Oleo", "OLEO", " oleo ", "Dickie's Dream", "Dickies  dream"]
    for seed in range(20):
        solos = [make_solo(title) for title in [*takes, *"ABCDEFGH"]]
        train, held_out = split_by_title(solos, 0.4, seed)
        assert not {title_key(s.title) for s in train} & {title_key(s.title) for s in held_out}


def test_a_split_loses_nothing_and_holds_out_the_fraction():
    solos = [make_solo(f"Tune {i}") for i in range(50)]
    train, held_out = split_by_title(solos, 0.1)
    assert len(held_out) == 5
    assert sorted(s.title for s in [*train, *held_out]) == sorted(s.title for s in solos)


def test_the_split_does_not_depend_on_the_order_of_files():
    solos = [make_solo(f"Tune {i}") for i in range(30)]
    titles = {solo.title for solo in split_by_title(solos, 0.2, seed=3).held_out}
    assert {solo.title for solo in split_by_title(solos[::-1], 0.2, seed=3).held_out} == titles
    assert {solo.title for solo in split_by_title(solos, 0.2, seed=4).held_out} != titles


@pytest.mark.parametrize(("tunes", "held"), [(1, 0), (2, 1), (8, 1), (30, 3)])
def test_small_sets_hold_out_one_tune_and_a_single_tune_none(tunes, held):
    assert len(split_by_title([make_solo(f"Tune {i}") for i in range(tunes)], 0.1).held_out) == held


def test_untitled_solos_are_a_tune_each():
    assert len(split_by_title([make_solo("")] * 10, 0.2).held_out) == 2


def test_titles_of_any_script_keep_apart():
    assert title_key("枯葉") != title_key("酒とバラの日々")
    assert title_key("???") == "???"


def test_a_fraction_outside_its_range_is_refused():
    with pytest.raises(OptionError, match=r"received 1\.5"):
        split_by_title([make_solo("A")], 1.5)


def test_splitting_a_prepared_corpus_reads_none_of_its_solos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare([STUDIES], tmp_path / "corpus", shard_size=2)
    files, corpus = load_solos([STUDIES]).solos, load_solos([tmp_path / "corpus"]).solos
    monkeypatch.setattr(Shard, "solo", None)
    expected, found = split_by_title(files, 0.3), split_by_title(corpus, 0.3)
    for part, other in zip(expected, found, strict=True):
        assert other.titles() == part.titles() == [solo.title for solo in part]
        assert other.players() == part.players()
        assert (
            other.sizes().tolist()
            == Encodings(other, FeatureSpec()).sizes().tolist()
            == part.sizes().tolist()
        )
        again = split_by_title(other, 0.5, seed=1).train
        assert again.titles() == split_by_title(part, 0.5, seed=1).train.titles()
    monkeypatch.undo()
    assert list(found.held_out) == list(expected.held_out)
    assert list(found.train[1:3]) == list(expected.train)[1:3]
