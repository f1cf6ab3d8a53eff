"""Favourites on disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jazzgen.studio.favourites import Favourites
from jazzgen.studio.recent import MOST, Recent
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


def test_recent_takes_are_the_latest(tmp_path: Path, midi: bytes) -> None:
    recent = Recent(tmp_path / "recent")
    for number in range(MOST + 2):
        recent.add(f"take-{number}", midi)
        os.utime(recent.folder / f"take-{number}.mid", (number, number))
    assert recent.listed() == []  # they are in the session
    later = Recent(tmp_path / "recent")
    later.scan()
    assert [row["name"] for row in later.listed()] == [f"take-{number}" for number in range(MOST + 1, 1, -1)]
    assert later.read("take-5") == midi


def test_a_take_that_cannot_be_written_is_no_error(tmp_path: Path, midi: bytes) -> None:
    (tmp_path / "file").write_text("mine")
    Recent(tmp_path / "file").add("take", midi)
    assert (tmp_path / "file").read_text() == "mine"
