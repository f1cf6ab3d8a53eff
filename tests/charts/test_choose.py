"""choose.py: the song that is meant, by number or by a title as people type it."""

from __future__ import annotations

import pytest

from jazzgen.charts.choose import choose_song, plain_title
from jazzgen.charts.written import Chart, Entry
from jazzgen.errors import ProgressionError

TITLES = [
    "The Blue Mood", "Água de Março", "Don't Look, Back", "Blue Moon Page 2", "Blue Moon", "A Foggy Day",
    "52nd", "Blue in Two",
]  # fmt: skip
ENTRIES = [Entry(lambda: Chart(()), title) for title in TITLES]


@pytest.mark.parametrize(
    ("song", "title"),
    [
        ("the blue mood", "The Blue Mood"),
        ("Blue Mood", "The Blue Mood"),
        ("Blue Mood, The", "The Blue Mood"),
        ("agua de marco", "Água de Março"),
        ("DONT LOOK BACK", "Don't Look, Back"),
        ("blue moon", "Blue Moon"),  # the whole title, although another begins with it
        ("blue moon p", "Blue Moon Page 2"),
        ("foggy", "A Foggy Day"),
        ("two", "Blue in Two"),
        ("2", "Água de Março"),
        ("52nd", "52nd"),
    ],
)
def test_a_song_is_found(song: str, title: str) -> None:
    assert choose_song(ENTRIES, song, "x").title == title


@pytest.mark.parametrize(
    ("song", "message"),
    [
        (None, "x: it holds 8 songs; choose one with --song TITLE or NUMBER, such as 'The Blue Mood'"),
        ("blue", "x: several titles fit 'blue': '1 The Blue Mood', '4 Blue Moon Page 2'"),
        ("fogy day", "x: there is no song 'fogy day'; near to it are 'A Foggy Day'"),
        ("9", "x: there is no song 9; it holds 8"),
        ("0", "x: there is no song 0"),
        ("", "x: there is no song ''"),
        ("²", "x: several titles fit '²'"),
    ],
)
def test_others_are_offered(song: str | None, message: str) -> None:
    with pytest.raises(ProgressionError) as error:
        choose_song(ENTRIES, song, "x")
    assert str(error.value).startswith(message)


def test_one_song_needs_no_title() -> None:
    assert choose_song(ENTRIES[:1], None, "x") is ENTRIES[0]
    untitled = [Entry(lambda: Chart(()))]
    assert choose_song(untitled, "Any", "x") is untitled[0]


def test_titles_of_articles_alone() -> None:
    assert plain_title("The") == "the"
    assert plain_title("An, The") == "the"


def test_a_number_is_that_of_the_list() -> None:
    """Also where a title begins with it; beyond the last song it can be a whole title."""
    songs = [Entry(lambda: Chart(()), title) for title in ("One", "3 Little Words", "Three", "26-2", "1999")]
    found = {word: choose_song(songs, word, "x").title for word in ("3", "2", "1999", "3 little")}
    assert found == {"3": "Three", "2": "3 Little Words", "1999": "1999", "3 little": "3 Little Words"}
    for number in ("-1", "0", "26", "99", "9" * 40):
        with pytest.raises(ProgressionError, match=f"there is no song {number[:40]}"):
            choose_song(songs, number, "x")
