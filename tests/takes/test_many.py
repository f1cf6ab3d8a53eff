"""Many solos at once: each is what it is alone, to the last bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jazzgen.cli import main
from jazzgen.errors import OptionError, OutputError
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise, improvise_all
from jazzgen.model.checkpoint import Checkpoint, describe_improviser, improviser_shapes
from jazzgen.model.engine import Heard, Improviser, Octave, Product, register_all, step_all
from jazzgen.music.progressions import parse_progression
from jazzgen.takes.many import MOST_TAKES, numbered, take_seed, write_takes
from jazzgen.takes.settings import Settings
from jazzgen.tokens.features import FEATURES, FeatureSpec
from jazzgen.tokens.motif import Proposal
from jazzgen.tokens.vocabulary import N_VALUES
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


# ---------------------------------------------------------------------------------------------- the product


@pytest.mark.parametrize(("inputs", "columns"), [(12, 5), (64, 256), (384, 1536), (768, 1536)])
def test_a_product_gives_each_row_the_same_bits_however_many(inputs: int, columns: int) -> None:
    kernel = rng(2).standard_normal((inputs, columns), np.float32)
    product, x = Product(kernel), rng(3).standard_normal((33, inputs), np.float32)
    alone = np.vstack([product(row[None]) for row in x])
    np.testing.assert_allclose(alone, x.astype(np.float64) @ kernel, rtol=0, atol=1e-3)
    for m in (2, 3, 4, 7, 16, 33):
        np.testing.assert_array_equal(product(x[:m]), alone[:m])
    np.testing.assert_array_equal(product(x[::-1]), alone[::-1])


def test_a_blas_that_mixes_rows_is_found_out_and_done_without() -> None:
    product = Product(rng(2).standard_normal((8, 8), np.float32))
    true_blocks = product._in_blocks

    def another_order_in_fours(x: np.ndarray, rows: int) -> np.ndarray:
        return true_blocks(x, rows) * np.float32(1 if rows == 2 else 1 + 1e-6)

    product._in_blocks = another_order_in_fours
    x = rng(3).standard_normal((6, 8), np.float32)
    np.testing.assert_array_equal(product(x), np.vstack([product(row[None]) for row in x]))
    assert not product.keeps_rows_apart


# ----------------------------------------------------------------------------------------------- the engine


def test_a_step_of_many_is_the_step_of_each(hearing: Checkpoint) -> None:
    engine, generator = Improviser(hearing), rng(4)
    asked = [Heard(None, engine.start()) for _ in range(9)]
    for _ in range(5):
        answers = step_all(engine, asked)
        notes = [
            Octave(state, int(generator.integers(72)), int(generator.integers(13))) for _, state in answers
        ]
        for heard, (probs, state) in zip(asked, answers, strict=True):
            alone, state_alone = engine.step(*heard)
            np.testing.assert_array_equal(probs, alone)
            np.testing.assert_array_equal(np.ravel(state.pairs), np.ravel(state_alone.pairs))
        for note, octaves in zip(notes, register_all(engine, notes), strict=True):
            np.testing.assert_array_equal(octaves, engine.register(*note))
        asked = [_next(generator, state, engine.width) for _, state in answers]


def _next(generator: np.random.Generator, state: object, width: int) -> Heard:
    rows = sorted(generator.choice(width, 20, replace=False).tolist())
    proposals = [Proposal(int(generator.integers(N_VALUES)), int(generator.integers(6)), 30), None]
    return Heard(int(generator.integers(N_VALUES)), state, rows, proposals, int(generator.integers(-1, 12)))


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


def test_a_folder_that_is_not_there_is_found_out_first(tmp_path: Path) -> None:
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
