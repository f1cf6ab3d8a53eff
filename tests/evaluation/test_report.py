"""`jazzgen evaluate --solos`: the table, the JSON object, the page with its plots, and wrong mixtures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.cli import main
from jazzgen.errors import DataError
from jazzgen.evaluation.critic import Verdict
from jazzgen.evaluation.report import as_json, as_markdown, as_text, assess, write_report
from jazzgen.evaluation.statistics import STATISTICS
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement, Solo
from tests.evaluation.test_critic import walks
from tests.evaluation.test_statistics import LINE, eighths
from tests.shared import ROOT

STUDIES = str(ROOT / "data" / "midi")
ONE = str(min((ROOT / "data" / "midi").glob("*.mid")))


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    code = main(["evaluate", *map(str, arguments)])
    return code, *capsys.readouterr()


def test_a_set_is_laid_beside_the_corpus() -> None:
    report = assess([LINE, eighths([60, 62, 64] * 9)], "two lines")
    assert (report.solos, report.notes, report.reference.solos) == (2, 32, 389)
    found = as_json(report)
    assert set(found["statistics"]) == set(STATISTICS)
    assert found["statistics"]["range"]["mean"] == 4
    assert found["statistics"]["range"]["in_band"] is False
    assert found["statistics"]["range_near"]["overlap"] is None  # one of the lines is too short for it
    assert "NaN" not in json.dumps(found)
    row = next(line for line in as_text(report).splitlines() if line.startswith("range, semitones"))
    assert row.split()[2:4] == ["4.000", "4.000..4.000"]


def test_nothing_to_describe_is_an_error() -> None:
    with pytest.raises(DataError, match="nothing to describe: 1 solos without a note"):
        assess([Solo((), parse_progression("| C |"))], "none")
    with pytest.raises(DataError, match="the critic needs solos to compare with"):
        assess([LINE], "one", critics=["features"])


def test_the_critic_has_its_say_in_every_form() -> None:
    report = assess(walks(100, widest=5), "walks", walks(0), "narrow walks", critics=["features"], seed=1)
    (verdict,) = report.verdicts
    assert as_json(report)["critic"]["auc"] == verdict.auc
    assert f"critic by features: AUC {verdict.auc:.3f}" in as_text(report)
    page = as_markdown(report)
    assert "## Critic by features" in page
    assert "| mean interval |" in page


def test_several_critics_are_told_apart() -> None:
    found = Verdict("ngrams", 0.7, (0.6, 0.8), (0.7, 0.7), {"gradient boosting": 0.7}, 9, 9, 5, ())
    report = replace(
        assess([LINE], "one"), verdicts=(found, replace(found, kind="recurrent", auc=0.6, by_seed=(0.6,)))
    )
    assert {kind: critic["auc"] for kind, critic in as_json(report)["critics"].items()} == {
        "ngrams": 0.7,
        "recurrent": 0.6,
    }
    assert "critic by ngrams: AUC 0.700 (0.600 to 0.800), gradient boosting, mean of 2 seeds;" in as_text(
        report
    )
    page = as_markdown(report)
    assert "## Critic by ngrams" in page
    assert "## Critic by recurrent" in page
    assert "what gives it away" not in page


def test_a_page_has_its_plots_beside_it_and_is_the_same_bytes_again(tmp_path: Path) -> None:
    report = assess([LINE, eighths([60, 62, 64] * 9)], "two lines")
    written = write_report(report, tmp_path / "page.md")
    assert [path.name for path in written] == ["page.md", "page-bands.svg", "page-histograms.svg"]
    first = [path.read_bytes() for path in written]
    assert first[0].startswith(b"# two lines\n")
    assert all(f"({path.name})".encode() in first[0] for path in written[1:])
    assert all(b"<svg" in picture for picture in first[1:])
    assert [path.read_bytes() for path in write_report(report, tmp_path / "page.md")] == first


def test_the_command_describes_a_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "studies.md"
    code, out, _ = run(capsys, "--solos", STUDIES, "--report", page)
    assert code == 0
    assert out.startswith("10 solos, 1391 notes; reference: 389 solos in 4/4")
    assert out.splitlines()[-1].startswith(f"{page}: 10 solos described, plots in studies-bands.svg")
    assert page.read_text(encoding="utf-8").startswith("# midi\n")


def test_json_is_one_object_and_against_is_the_reference(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write_arrangement(Arrangement(LINE), tmp_path / "line.mid")
    code, out, _ = run(capsys, "--solos", tmp_path, "--against", STUDIES, "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["solos"], found["notes"], found["reference"]) == (1, 5, "solos of midi")
    assert "critic" not in found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "evaluate needs MODEL and DATA, or --solos DIR"),
        (["classic-64"], "evaluate needs MODEL and DATA, or --solos DIR"),
        (
            ["classic-64", "x.mid", "--solos", "y"],
            "MODEL DATA or --solos, not both: received 'classic-64' too",
        ),
        (["classic-64", "x.mid", "--critic"], "--critic does nothing without --solos"),
        (["classic-64", "x.mid", "--report", "r.md"], "--report does nothing without --solos"),
        (["--solos", "x", "--critic"], "--critic does nothing without --against"),
        (["--solos", "x", "--against", "y", "--seed", "1"], "--seed does nothing without --critic"),
        (["--solos", "x", "--against", "y", "--repeats", "3"], "--repeats does nothing without --critic"),
        (["--solos", "x", "--against", "y", "--critic", "mood"], "invalid choice: 'mood'"),
        (
            ["--solos", STUDIES, "--against", STUDIES, "--critic", "ngrams", "--repeats", "0"],
            "the critic's repeats must be in 1..100, received 0",
        ),
        (["--solos", STUDIES, "--report", "/dev/null/r.md"], "cannot write /dev/null/r.md"),
        (["--solos", STUDIES, "--against", ONE, "--critic"], "the critic needs excerpts of 5 human tunes"),
    ],
)
def test_wrong_mixtures_are_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert message in err
