"""MIDI files and folders to solos."""

from __future__ import annotations

import pytest

from jazzgen.corpus import loading
from jazzgen.corpus.loading import load_solos
from jazzgen.errors import DataError, JazzgenError, MidiError
from tests.corpus.solos import write_solos


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path):
    write_solos(tmp_path, 3)
    solos, skipped = load_solos([tmp_path])
    assert [solo.title for solo in solos] == ["Tune 0", "Tune 1", "Tune 2"]
    assert skipped == ()


def test_one_path_need_not_be_in_a_list(tmp_path):
    write_solos(tmp_path, 2)
    assert load_solos(tmp_path) == load_solos(str(tmp_path)) == load_solos([tmp_path])
    assert len(load_solos(str(tmp_path / "01.mid")).solos) == 1


def test_reading_in_parallel_gives_the_same_solos(tmp_path, monkeypatch):
    files = write_solos(tmp_path, 4)
    one_by_one = load_solos(files)
    monkeypatch.setattr(loading, "MIN_PARALLEL_FILES", 2)
    assert load_solos(files) == one_by_one


def test_a_bad_file_is_named_and_skipped(tmp_path):
    write_solos(tmp_path, 2)
    (tmp_path / "bad.mid").write_bytes(b"not MIDI at all")
    solos, skipped = load_solos([tmp_path])
    assert len(solos) == 2
    (line,) = skipped
    assert "bad.mid" in line
    assert "\n" not in line


def test_strict_makes_a_bad_file_an_error(tmp_path):
    write_solos(tmp_path, 2)
    (tmp_path / "bad.mid").write_bytes(b"not MIDI at all")
    with pytest.raises(MidiError, match=r"bad\.mid"):
        load_solos([tmp_path], strict=True)


def test_nothing_readable_is_an_error_that_names_the_first_reason(tmp_path):
    (tmp_path / "bad.mid").write_bytes(b"not MIDI at all")
    with pytest.raises(DataError, match=r"none of 1 MIDI file.*bad\.mid"):
        load_solos([tmp_path])


def test_a_folder_without_midi_is_an_error(tmp_path):
    with pytest.raises(JazzgenError, match="MIDI"):
        load_solos([tmp_path])


def test_reading_reports_each_file(tmp_path):
    files = write_solos(tmp_path, 3)
    seen = []
    load_solos(files, report=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
