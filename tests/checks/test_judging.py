"""`checks/judging.py`: over held-out tunes only, with a seed a take, and an exit code that tells."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from checks import judging
from jazzgen.corpus.loading import load_solos
from jazzgen.corpus.splits import title_digest
from jazzgen.errors import DataError
from jazzgen.evaluation import critic
from jazzgen.evaluation.comparison import compare, corpus_reference
from jazzgen.evaluation.critic import Verdict
from jazzgen.evaluation.statistics import NEW, STATISTICS, describe
from jazzgen.model.checkpoint import Checkpoint, save_checkpoint
from jazzgen.music.score import Solo
from tests.checkpoints import hearing_all, made_of
from tests.shared import ROOT

judging.JOBS = 1  # a process of its own could not import a module that was loaded from a path
STUDIES = ROOT / "data" / "midi"


@pytest.fixture(scope="module")
def studies() -> tuple[Solo, ...]:
    return load_solos([STUDIES]).solos


def holding_out(*titles: str) -> Checkpoint:
    """A checkpoint of zeros whose record says that these tunes were held out."""
    made = made_of(4)
    split = {"held_out_tunes": [title_digest(title) for title in titles]}
    return made.extended({}, training={"split": split})


def test_only_held_out_tunes_are_played_over(studies: tuple[Solo, ...]) -> None:
    found = judging.held_out(holding_out("Lamp  black", "Ring Road"), studies)
    assert {solo.title for solo in found} == {"Lamp Black", "Ring Road"}
    with pytest.raises(DataError, match="none of 10 solos in 4/4 is one that its record says was held out"):
        judging.held_out(made_of(4), studies)


def test_each_take_has_its_own_seed_and_the_solo_s_form(studies: tuple[Solo, ...]) -> None:
    solo = studies[0]
    takes = judging.make_takes(made_of(4), [solo], 3, seed=5)
    assert len({take.notes for take in takes}) == 3
    assert takes[2] == judging.play(made_of(4), solo, 7)
    assert takes[0].progression.length == 2 * solo.progression.length  # 24 bars are one chorus: it plays two
    assert (takes[0].tempo, takes[0].instrument) == (solo.grid_tempo, solo.instrument)


def test_the_table_has_every_statistic_once_and_says_what_is_missed(studies: tuple[Solo, ...]) -> None:
    lines = list(judging.judge(studies))
    assert len(lines) == 1 + len(STATISTICS) + 1
    for target, (line, reached) in zip(judging.targets(), lines[1:], strict=False):
        assert line.startswith(STATISTICS[target.statistic].label)
        assert line.endswith("ok" if reached else "MISSED")
    inside = sum(row.in_band for row in compare(describe(studies), corpus_reference()) if row.name not in NEW)
    assert lines[-1][0].split()[-4:-1] == [">=", "26", f"{inside:.3f}"]
    assert judging.Target("lift", 0.09, math.inf) in judging.targets()


def test_effects_are_those_of_takes_beside_these_people(studies: tuple[Solo, ...]) -> None:
    _, *rows, mean, _ = judging.effect_lines(studies, studies)
    assert len(rows) == len(NEW)
    assert mean == (mean[0], True)
    assert mean[0].split()[-4:] == ["<=", "0.2", "0.000", "ok"]
    apart = list(judging.effect_lines(studies[:5], studies[5:]))
    sizes = [abs(float(row.split()[-2])) for row, _ in apart[1:-2]]
    assert sizes == sorted(sizes, reverse=True)
    assert float(apart[-1][0].split()[-2]) == pytest.approx(sizes[0], abs=0.01)
    assert apart[-1][1] is (sizes[0] <= judging.LARGEST_EFFECT)


def test_a_critic_s_line_has_its_target_and_interval() -> None:
    found = Verdict("ngrams", 0.76, (0.7, 0.8), (0.76,), {"gradient boosting": 0.76}, 9, 9, 5, ())
    (line, reached), (below, _) = judging.critic_lines(found)
    assert not reached
    assert line.split()[-5:] == ["<=", "0.75", "0.760", "(0.700..0.800)", "MISSED"]
    assert below.strip() == "gradient boosting 0.760; 9 human and 9 generated excerpts, 5 tunes"
    assert next(judging.critic_lines(replace(found, auc=0.75)))[1]


def test_takes_over_every_tune_stand_beside_its_solos(
    studies: tuple[Solo, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sklearn", reason="the critics need jazzgen[critic]")
    monkeypatch.setattr(judging, "CRITICS", {"features": 0.65})
    monkeypatch.setattr(judging, "REPEATS", 2)
    monkeypatch.setattr(critic, "FOLDS", 2)
    lines = [line for line, _ in judging.beside_people(made_of(4), studies, seed=1)]
    assert lines[0] == "10 takes over all tunes, beside the solos, encoded and decoded, in the range"
    assert sum(line.startswith("effect of the newer statistics") for line in lines) == 2
    verdict = next(line for line in lines if line.startswith("critic by features"))
    assert verdict.endswith(("ok", "MISSED"))
    assert sum(line.startswith("  ") for line in lines) >= judging.SHOWN + 2


def test_prediction_has_its_targets() -> None:
    heading, *rows = judging.prediction(hearing_all(4), load_solos([STUDIES]).solos[:2])
    assert heading[0].startswith("2 held-out solos: solos 2")
    assert [row.split("  ")[0] for row, _ in rows] == [
        "nats a source note", "nats a note of the register", "registers guessed",
        "nats a value, last third - first 50",
    ]  # fmt: skip


def test_the_exit_code_tells(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    model = tmp_path / "zeros.safetensors"
    zeros = holding_out("Lamp Black", "Two Streets Over")
    save_checkpoint(model, zeros.arrays, zeros.description)
    assert judging.main([str(model), str(STUDIES), "--takes", "2"]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("2 held-out solos: solos 2, notes 263")
    assert "MISSED" in printed
    assert judging.main([str(model), str(STUDIES), "--takes", "0"]) == 2
    assert capsys.readouterr().err == "checks.judging: --takes must be 1 or more, received 0\n"
