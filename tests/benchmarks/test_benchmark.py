"""The benchmark's own workings: figures and their spread; pages say what is stored. Nothing is timed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmark
from benchmarks import growth, machine, probe, report, rows, scaling
from jazzgen.errors import DataError
from jazzgen.midi.find import midi_files
from tests.shared import ROOT

SMALL = {
    "processor": "Abacus 3000",
    "cores": "2",
    "memory": "24 GiB",
    "system": "Beads 1",
    "Python": "3.11.7",
}
LARGE = {**SMALL, "cores": "64", "NumPy": "2.4.6"}
SPEED = rows.row_of_pairs(
    "reading", rows.Pairs((0.010, 0.020, 0.010), (1.0, 1.0, 0.5)), rows.MILLISECONDS, "music21", ">= 60"
)


def kept(measurement: str, found: object, day: int = 1, where: dict[str, str] = SMALL) -> object:
    return report.Kept(measurement, f"2026-01-0{day} 12:00 UTC", where, found)


def point(stage: str, size: int, *runs: tuple[float, ...]) -> object:
    return scaling.Point(stage, "studies", size, tuple(scaling.Run(*run) for run in runs))


# ---------------------------------------------------------------------------------------------------- figures


def test_a_ratio_is_the_median_of_the_pairs_with_its_least_and_most() -> None:
    assert SPEED.figure == 50  # of 100, 50 and 50; that of the medians would be 100
    assert SPEED.measured == "10 ms (10 to 20)"
    assert SPEED.baseline == "1,000 ms (500 to 1,000) music21"
    assert report.figure_text(SPEED) == "50 (50 to 100)"
    assert not SPEED.reached


def test_a_rate_counts_the_things_done() -> None:
    pairs = rows.Pairs((0.5, 0.25), (1.0, 1.0))
    row = rows.row_of_pairs("values a second", pairs, rows.a_second(100), "torch", ">= 3", note=" of ours")
    assert (row.measured, row.baseline, row.figure) == ("300 (200 to 400) of ours", "100 torch", 3.0)
    assert row.samples["measured"] == [200, 400]
    assert pairs.times_as_long == (0.5, 0.25)


@pytest.mark.parametrize(
    ("figure", "target", "reached"),
    [
        (3, ">= 3", True),
        (2.99, ">= 3", False),
        (4.2, "<= 4.12", False),
        (0, "== 0", True),
        (1, "== 0", False),
    ],
)
def test_a_target_is_a_relation_and_a_bound(figure: float, target: str, reached: bool) -> None:
    assert rows.Row("what", "", "", figure, target).reached is reached


def test_numbers_have_three_digits_or_are_whole() -> None:
    assert [rows.number(x) for x in (5.66e-7, 0.12345, 12.345, 999.4, 999.6, 87998.2)] == [
        "5.66e-07",
        "0.123",
        "12.3",
        "999",
        "1,000",
        "87,998",
    ]


def test_both_are_measured_in_turns() -> None:
    done: list[str] = []
    ticks = iter(range(100))
    pairs = rows.side_by_side(
        lambda: done.append("ours"), lambda: done.append("theirs"), 2, clock=lambda: float(next(ticks))
    )
    assert done == ["ours", "theirs", "ours", "theirs"]
    assert pairs == ((1.0, 1.0), (1.0, 1.0))


def test_what_has_no_data_is_skipped_with_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark.main(["--only", "chords", "--corpus", str(tmp_path / "none.db")]) == 0
    assert f"chords: skipped, there is no {tmp_path / 'none.db'}" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------ the machine


def test_the_machine_is_described() -> None:
    found = machine.describe()
    assert {"cores", "Python", "jazzgen", "NumPy"} <= set(found)
    assert all(found.values())
    assert machine.text(SMALL) == "Abacus 3000, 2 cores, 24 GiB, Beads 1, Python 3.11.7"


def test_the_processor_s_name_is_looked_up(tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text("processor\t: 0\nmodel name\t: Abacus   3000 \nprocessor\t: 1\nmodel name\t: Other\n")
    assert machine.processor(file) == "Abacus 3000"
    assert machine.processor(tmp_path / "none") == ""


# ----------------------------------------------------------------------------------------- stored and printed


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    found = [
        kept("reading", SPEED),
        kept("chords", rows.row_of_share("chords", 3, 4, "== 100"), 2, LARGE),
        kept("scale:preparing", point("preparing", 10, (1.0, 0.5, 50.0), (1.5, 0.5, 51.0))),
    ]
    report.write(path, found)
    assert report.read(path) == found
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert stored["machines"] == [SMALL, LARGE]
    assert {"least": 50, "most": 100, "reached": False}.items() <= stored["rows"][0].items()
    assert report.read(tmp_path / "none.json") == []


@pytest.mark.parametrize("text", ["[]", "{", '{"machines": [], "rows": [{"what": "x"}], "points": []}'])
def test_another_file_is_refused(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"other\.json does not hold figures of this benchmark"):
        report.read(path)
    assert benchmark.main(["--only", "parameters", "--json", str(path)]) == 2
    assert "other.json does not hold figures" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == text


def test_a_measurement_made_again_takes_the_place_of_its_rows_alone() -> None:
    old = [kept("chords", SPEED), kept("reading", replace(SPEED, what="gone")), kept("forgotten", SPEED)]
    new = [kept("reading", SPEED, 2), kept("reading", SPEED, 2, LARGE)]
    assert report.updated(old, new, ["reading", "chords"]) == [*new, old[0]]


def test_the_page_says_when_and_where_each_figure_was_measured() -> None:
    found = [
        kept("chords", SPEED),
        kept("reading", SPEED, 2),
        kept("reading", SPEED, 2, LARGE),
        kept("chords", SPEED),
    ]
    page = report.page(found, {"First": ["chords"], "Second": ["reading"], "None": ["other"]})
    assert [line[-4:] for line in page.splitlines() if line.startswith("| reading")] == [
        " 1 |", " 1 |", " 2 |", " 3 |",
    ]  # fmt: skip
    assert page.endswith(
        "## Where and when\n\n1. 2026-01-01: Abacus 3000, 2 cores, 24 GiB, Beads 1, Python 3.11.7.\n"
        "2. 2026-01-02: Abacus 3000, 2 cores, 24 GiB, Beads 1, Python 3.11.7.\n"
        "3. 2026-01-02: Abacus 3000, 64 cores, 24 GiB, Beads 1, Python 3.11.7, NumPy 2.4.6.\n"
    )
    assert "## None" not in page
    assert "**no**" in page


def test_the_page_begins_with_the_rows_that_have_a_headline() -> None:
    found = [kept("chords", SPEED), kept("reading", replace(SPEED, headline="reading: faster"))]
    page = report.page(found, {"First": ["chords", "reading"]})
    before, _, rest = page.partition("## In short\n\n")
    assert before == report.INTRODUCTION + "\n"
    table, _, _ = rest.partition("\n## First\n")
    assert table.count("\n| ") == 2  # the titles before, the rule, one row
    assert (
        "| reading: faster | 10 ms (10 to 20) | 1,000 ms (500 to 1,000) music21 | 50 (50 to 100) | " in table
    )
    assert ">= 60 (**missed**) |" in table
    assert "## In short" not in report.page(found[:1], {"First": ["chords"]})


def test_the_page_says_what_is_stored() -> None:
    """If this fails: python -m benchmarks --pages."""
    found = report.read(report.FIGURES)
    assert {each.measurement for each in found} <= set(benchmark.ORDER)
    picture = report.PICTURE.exists()
    assert report.PAGE.read_text(encoding="utf-8") == report.page(found, benchmark.SUBJECTS, picture=picture)


def test_the_program_records_what_it_measures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("FIGURES", "PAGE", "PICTURE"):
        monkeypatch.setattr(report, name, tmp_path / name)
    monkeypatch.setattr(benchmark, "MEASUREMENTS", {"reading": lambda _: [replace(SPEED, headline="faster")]})
    clock = lambda: datetime(2026, 1, 2, 3, 4, tzinfo=UTC)  # noqa: E731
    assert benchmark.main(["--record"], clock) == 1  # a target is missed
    assert "| reading | 10 ms" in capsys.readouterr().out
    (stored,) = report.read(report.FIGURES)
    assert (stored.measurement, stored.when) == ("reading", "2026-01-02 03:04 UTC")
    assert "| reading | 10 ms" in report.PAGE.read_text(encoding="utf-8")
    assert "| faster | 10 ms" in report.PAGE.read_text(encoding="utf-8")


def test_what_is_measured_against_size_is_recorded_with_its_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    for name in ("FIGURES", "PAGE", "PICTURE"):
        monkeypatch.setattr(report, name, tmp_path / name)
    report.write(report.FIGURES, [kept("chords", SPEED)])
    points = [point("generating", size, (size * 0.1, size * 0.1, 60.0)) for size in (10, 100)]
    asked: list[object] = []
    monkeypatch.setattr(scaling, "measure", lambda *given: asked.append(given[1:]) or iter([points]))
    (tmp_path / "wjazzd.db").touch()
    arguments = ["--scale", "--only", "generating", "--record", "--corpus", str(tmp_path / "wjazzd.db")]
    assert benchmark.main(arguments) == 0
    assert asked == [(["generating"], None, scaling.STEPS)]
    assert [each.measurement for each in report.read(report.FIGURES)] == ["chords", *4 * ["scale:generating"]]
    assert (
        "| generating 100 takes, ms a take | 100 | 100 of 10 | 1 | <= 1.2 | yes |" in capsys.readouterr().out
    )
    assert "](scaling.svg)" in report.PAGE.read_text(encoding="utf-8")
    assert report.PICTURE.read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "nonsense"], "--only must be among chords, .*, received nonsense"),
        (
            ["--scale", "--only", "chords"],
            "--only must be among preparing, training, generating, received chords",
        ),
        (["--steps", "99"], "--steps must be 100 or more, received 99"),
        (["--at-most", "10"], "--at-most and --steps are for --scale"),
        (["--repeats", "0"], "--repeats must be 1 or more, received 0"),
        (["--scale", "--record", "--at-most", "10"], "--record --scale wants all sizes"),
        (["--record", "--pages"], "not allowed with"),
    ],
)
def test_wrong_options_are_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        benchmark.main(arguments)
    assert re.search(message, capsys.readouterr().err)


# ----------------------------------------------------------------------------------------------- against size


def test_time_and_memory_of_the_largest_stand_beside_the_smallest() -> None:
    points = [
        point("preparing", 10, (0.1, 0.2, 50.0), (0.2, 0.2, 50.0)),
        point("preparing", 100, (1.5, 2.0, 90.0), (2.2, 2.0, 80.0)),
        point("training", 10, (9.0, 9.0, 700.0, 1.0, 20.0, 30.0)),
        point("training", 100, (9.0, 9.0, 1120.0, 1.0, 22.0, 30.0)),
        point("generating", 10, (1.0, 1.0, 60.0)),
    ]
    time, memory = scaling.rows(points[:2])
    assert time.what == "preparing 100 files, ms a file"
    assert time.samples["figure"] == pytest.approx([1.5, 1.1])
    assert (time.figure, time.reached) == (pytest.approx(1.3), False)
    assert (memory.figure, memory.target, memory.reached) == (90.0, "<= 500", True)
    time, memory = scaling.rows(points[2:4])
    assert (time.figure, memory.figure) == (pytest.approx(1.1), pytest.approx(1.6))
    assert (time.reached, memory.reached) == (True, False)
    assert scaling.rows(points[4:]) == []  # one size says nothing


def test_the_page_has_a_table_for_each_stage() -> None:
    found = [
        kept("scale:preparing", point("preparing", 1000, (1.0, 2.0, 50.0), (3.0, 2.0, 52.0))),
        kept("scale:training", point("training", 1000, (9.0, 9.0, 700.0, 1.0, 20.0, 30.0))),
    ]
    page = report.page(found, {}, picture=True)
    assert "| studies | 1,000 | 2 (1 to 3) | 2 (1 to 3) | 2 | 51 (50 to 52) | 1 |" in page
    assert "| studies | 1,000 | 1 | 20 | 30 | – | 700 | 1 |" in page
    assert "](scaling.svg)" in page
    assert "generating" not in page.split("| preparing")[1]


def test_the_first_piece_of_a_training_is_not_warm() -> None:
    first, later = [[20, 9.0, 9.0], [20, 0.4, 0.6], [10, 0.2, 0.3]], [[20, 0.2, 0.3], [10, 0.1, 0.2]]
    assert scaling._warm_ms({"epochs": [first, later]}) == pytest.approx((20, 30, 10))
    assert scaling._warm_ms({"epochs": [first[:1]]}) == (0, 0, 0)
    assert scaling._warm_ms({}) == (0, 0, 0)


def test_a_command_in_a_process_of_its_own_says_what_it_held(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = midi_files([ROOT / "data" / "midi"])[:2]
    growth.grow(sources, tmp_path / "midi", 3)
    assert probe.main(["prepare", str(tmp_path / "midi"), "-o", str(tmp_path / "corpus"), "--jobs", "1"]) == 0
    assert 10 < json.loads(capsys.readouterr().out.splitlines()[-1])["peak_mb"] < 100_000


def test_a_training_is_left_after_so_many_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tensorflow")
    data, output = str(ROOT / "data" / "midi"), tmp_path / "model.safetensors"
    command = ["train", data, "--units", "4", "--tx", "8", "--batch-size", "2", "-o", str(output)]
    assert probe.main(["--steps", "30", *command]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    taken = [count for pieces in found["epochs"] for count, _, _ in pieces]
    assert sum(taken[:-1]) < 30 <= sum(taken)
    assert found["start_s"] > 0
    assert not output.exists()  # it was left in its first epoch


def test_the_picture_is_the_same_for_the_same_points(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from benchmarks import picture

    points = [point("preparing", size, (size / 100, 1.0, 50.0)) for size in (10, 100)]
    for name in ("a.svg", "b.svg"):
        picture.draw(points, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert "preparing (a file)" in (tmp_path / "a.svg").read_text(encoding="utf-8")
