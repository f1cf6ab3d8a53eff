"""Many solos at once: each is what it is alone, to the last bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.cli import main
from jazzgen.errors import OptionError, OutputError
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise, improvise_all
from jazzgen.model.checkpoint import Checkpoint, describe_improviser, improviser_shapes
from jazzgen.takes.many import MOST_TAKES, numbered, take_seed, write_takes
from jazzgen.takes.settings import Settings
from jazzgen.tokens.features import FEATURES, FeatureSpec
from tests.checkpoints import made_of

SHORT = "| Dm7 | G7 | Cmaj7 | % |"


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def hearing() -> Checkpoint:
    """Random weights that hear every feature: two layers, motion, memories and registers."""
    spec = FeatureSpec(tuple(FEATURES), ("Ann", "Bob"))
    description = describe_improviser(96, layers=2, spec=spec, register_units=16)
    generator = rng(1)
    arrays = {
        name: generator.normal(0, 0.3, shape).astype(np.float32)
        for name, shape in improviser_shapes(description).items()
    }
    return Checkpoint(arrays, description, sha256="0" * 64, path=Path("made.safetensors"))


# ------------------------------------------------------------------------------------------------ the solos


@pytest.mark.parametrize("controls", [Controls(), Controls(density=8, rests=0.3, outside=0.5, arc="arch")])
def test_solos_improvised_together_are_those_improvised_alone(
    hearing: Checkpoint, controls: Controls
) -> None:
    form = parse_progression(SHORT)
    for checkpoint in (hearing, made_of(12, rng())):
        together = improvise_all(checkpoint, form, [rng(k) for k in range(10)], controls=controls)
        alone = [improvise(checkpoint, form, rng(k), controls=controls) for k in range(10)]
        assert together == alone
        assert len({solo.notes for solo in together}) == 10


def test_nobody_to_play_is_no_solo(hearing: Checkpoint) -> None:
    assert improvise_all(hearing, parse_progression(SHORT), []) == []


# ------------------------------------------------------------------------------------------------ the files


def test_take_k_is_the_same_bytes_among_sixty_four_and_alone_and_by_its_own_seed(tmp_path: Path) -> None:
    settings = Settings(progression=SHORT, choruses=1, seed=7)
    many = list(write_takes(settings, tmp_path / "take.mid", range(1, 65), workers=2))
    assert [written.path.name for written in many] == [f"take-{k:03}.mid" for k in range(1, 65)]
    assert len({written.path.read_bytes() for written in many}) == 64
    for k in (1, 30, 64):
        (alone,) = write_takes(settings, tmp_path / "alone.mid", range(k, k + 1))
        assert alone.seed == many[k - 1].seed == take_seed(7, k)
        assert alone.path.read_bytes() == many[k - 1].path.read_bytes()
        single = tmp_path / "single.mid"
        assert main(["generate-midi", *_options(settings), "--seed", str(alone.seed), "-o", str(single)]) == 0
        assert single.read_bytes() == alone.path.read_bytes()


def _options(settings: Settings) -> list[str]:
    return ["--progression", settings.progression, "--choruses", str(settings.choruses)]


def test_the_command_names_each_file_and_its_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = str(tmp_path / "x.mid")
    command = ["generate-midi", "--progression", SHORT, "--seed", "3", "-o", output]
    assert main([*command, "--takes", "2", "--first", "999"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        str(tmp_path / name) for name in ("x-0999.mid", "x-1000.mid")
    ]
    assert [f"seed {take_seed(3, k)}," in line for k, line in zip((999, 1000), lines, strict=True)] == [
        True
    ] * 2


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--takes", "0"], "takes must be numbered from 1 to 1,000,000 at most, received 0 from 1"),
        (["--takes", "2", "--first", "0"], "received 2 from 0"),
        (["--first", "2"], "--first does nothing without --takes"),
        (["--takes", "2", "--stems", "stems"], "--stems does nothing with --takes"),
        (["--takes", "2", "--wav"], "--wav does nothing with --takes"),
        (["--takes", "2", "--choruses", "0"], "choruses must be at least 1"),
        (["--takes", "2", "--seed", "-1"], "seed must be 0 or more"),
    ],
)
def test_what_cannot_be_is_one_line(
    options: list[str], problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate-midi", "-o", str(tmp_path / "take.mid"), *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert problem in line
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_found_out_first(tmp_path: Path) -> None:
    (tmp_path / "no").touch()
    with pytest.raises(OutputError, match="cannot write"):
        next(write_takes(Settings(), tmp_path / "no" / "take.mid", range(1, 3)))
    with pytest.raises(OptionError, match="workers must be 1 or more, received 0"):
        next(write_takes(Settings(), tmp_path / "take.mid", range(1, 3), workers=0))


def test_numbers_and_seeds() -> None:
    assert numbered("a/take.mid", 7, 64) == Path("a/take-007.mid")
    assert numbered("take.mid", 7, MOST_TAKES) == Path("take-0000007.mid")
    seeds = {take_seed(seed, k) for seed in range(10) for k in range(1, 1001)}
    assert len(seeds) == 10_000
    assert max(seeds) < 2**48


def test_a_folder_is_no_name_for_takes(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="it is a folder; name a file"):
        next(write_takes(Settings(progression=SHORT, choruses=1), tmp_path, range(1, 3)))
    assert not any(tmp_path.parent.glob(f"{tmp_path.name}-*"))
