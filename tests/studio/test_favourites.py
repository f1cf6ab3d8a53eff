"""Favourites on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.studio.favourites import Favourites
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import make_take


@pytest.fixture(scope="module")
def midi(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("take") / "take.mid"
    make_take(Settings("| Dm7 | G7 |", choruses=1, seed=1)).write(path)
    return path.read_bytes()


def test_kept_found_again_and_removed(tmp_path: Path, midi: bytes) -> None:
    favourites = Favourites(tmp_path / "new")
    favourites.scan()
    name = favourites.keep(midi, "Über-Blues / 1")
    assert name.startswith("über-blues-1-")
    assert favourites.read(name) == midi
    assert favourites.keep(midi, "another name") == name
    again = Favourites(tmp_path / "new")
    again.scan()
    assert again.listed() == favourites.listed()
    assert again.listed()[0]["bars"] == 2
    again.remove(name)
    assert again.listed() == []
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "", ".", "x" * 300, "secret\0", "no-such"])
def test_no_other_file_is_read_or_removed(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.mid").write_bytes(b"kept")
    favourites = Favourites(tmp_path / "favourites")
    favourites.scan()
    for action in (favourites.read, favourites.remove):
        with pytest.raises(KeyError):
            action(name)
    assert (tmp_path / "secret.mid").read_bytes() == b"kept"


def test_what_is_no_take_is_passed_over(tmp_path: Path, midi: bytes) -> None:
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    (tmp_path / "good.mid").write_bytes(midi)
    (tmp_path / "notes.txt").write_text("mine")
    favourites = Favourites(tmp_path)
    favourites.scan()
    assert [row["name"] for row in favourites.listed()] == ["good"]
    assert (tmp_path / "broken.mid").exists()
