"""What a user of the studio's page meets: files, meters, keys, views, a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from checks import browser as driver
from tests.charts.test_ireal import link, song
from tests.studio import test_page
from tests.studio.test_page import CHART, SEEDS, made, module

pytestmark = pytest.mark.skipif(bool(driver.missing()), reason=driver.missing() or "all there")
chromium, server, visit = test_page.chromium, test_page.server, test_page.visit  # fixtures


def test_wrong_text_in_a_file_is_put_into_the_editor_and_marked(visit: driver.Visit, tmp_path: Path) -> None:
    path = tmp_path / "wrong.txt"
    path.write_text("title: Wrong\n| Dm7 | Qx |")
    visit.page.set_input_files("#file", path)
    visit.poll("document.querySelectorAll('#chart-marks mark').length === 1")
    assert visit.page.input_value("#chart").startswith("title: Wrong")
    assert "wrong.txt" in visit.page.inner_text("#status")
    visit.errors.clear()  # Chromium notes an answer of 422 in its console


def test_a_song_of_a_playlist_is_chosen(visit: driver.Visit, tmp_path: Path) -> None:
    page, path = visit.page, tmp_path / "two.html"
    path.write_text(link(song("First", "[C^7   |F7 Z"), song("Second", "[A-7   Z")))
    page.set_input_files("#file", path)
    visit.poll("document.querySelector('#chart').value.includes('First')")
    page.select_option("#song", label="Second")
    visit.poll("document.querySelector('#chart').value.includes('A-7')")
    assert "First" not in page.input_value("#chart")
    (tmp_path / "one.txt").write_text("| C | F |")
    page.set_input_files("#file", tmp_path / "one.txt")
    visit.poll("!document.querySelector('#song').checkVisibility()")
    page.fill("#chart", path.read_text())  # pasted
    visit.poll("document.querySelector('#chart').value.includes('title: First')")
    assert page.locator("#song option").all_inner_texts() == ["First", "Second"]


def test_a_file_that_is_no_take_is_named_without_options_of_the_command_line(
    visit: driver.Visit, tmp_path: Path
) -> None:
    path = tmp_path / "bare.mid"
    path.write_bytes(b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0")
    visit.page.set_input_files("#file", path)
    visit.poll("document.querySelector('#status').dataset.kind === 'error'")
    said = visit.page.inner_text("#status")
    assert said.startswith("the file ")
    assert "--" not in said
    visit.errors.clear()


def test_a_meter_has_the_colour_of_its_level(visit: driver.Visit) -> None:
    page = made(visit)
    page.keyboard.press("p")
    shown = page.evaluate(
        "(() => { jazzgenStudio.mixer.meters((part) => (part === 'master' ? 1 : 0.5));"
        " return [...document.querySelectorAll('.meter-bar')].map((bar) => [bar.offsetWidth"
        " === bar.parentElement.offsetWidth, getComputedStyle(bar).transform, bar.style.clipPath]); })()"
    )
    assert shown[0] == [True, "none", "inset(0px 50% 0px 0px)"]  # the colours stay where they are
    assert shown[-1] == [True, "none", "inset(0px 0% 0px 0px)"]


def test_one_part_alone_is_as_loud_on_its_meter_as_all(visit: driver.Visit) -> None:
    page = made(visit)
    page.check("#loop")
    page.click("[aria-label='solo Bass']")
    page.wait_for_timeout(700)
    desk = "jazzgenStudio.transport.desk"
    visit.poll(f"{desk}.meter('bass') > 0.3")
    both = page.evaluate(f"[{desk}.meter('bass'), {desk}.meter('master')]")
    assert abs(both[0] - both[1]) < 0.05
    page.click("#undo")


def test_keys_move_after_a_check_box_was_clicked(visit: driver.Visit) -> None:
    page = made(visit)
    page.keyboard.press("p")
    page.click("#count-in")
    page.keyboard.press("Home")
    visit.poll("document.querySelector('#place').textContent.startsWith('1.1')")
    page.keyboard.press("ArrowRight")
    visit.poll("document.querySelector('#place').textContent.startsWith('2.1')")
    page.keyboard.press("Shift+ArrowRight")
    assert page.inner_text("#again-bars") == "Bar 2"
    page.click("#count-in")
    page.focus("[aria-label='volume Bass']")
    page.keyboard.press("ArrowLeft")  # a slider's own key
    assert page.inner_text("#place").startswith("2.1")
    assert page.get_attribute("[aria-label='volume Bass']", "aria-valuetext") == "-1 dB"


def test_a_tempo_that_is_refused_does_not_stay(visit: driver.Visit) -> None:
    page = made(visit)
    page.fill("#tempo", "1000")
    visit.poll("document.querySelector('#status').textContent.startsWith('Tempo:')")
    assert page.input_value("#tempo") == page.evaluate("String(jazzgenStudio.session.take.tempo)")


def test_the_roll_goes_where_the_playhead_is_put(visit: driver.Visit) -> None:
    visit.page.set_viewport_size({"width": 1280, "height": 500})
    page = made(visit)
    page.keyboard.press("p")
    page.evaluate("jazzgenStudio.transport.place(jazzgenStudio.session.roll.timeline.tickOf(7))")
    visit.poll("document.querySelector('#roll-a').scrollTop > 50")
    page.keyboard.press("Home")
    visit.poll("document.querySelector('#roll-a').scrollTop === 0")


def test_a_and_b_show_a_pitch_at_the_same_height(visit: driver.Visit) -> None:
    page = made(visit)
    page.evaluate("document.querySelector('.again details').open = true")
    page.fill("#again-range", "C3-C4")
    page.click("#again-go")
    visit.quiet()
    page.locator("#takes [data-key^=other]:not(:disabled)").first.click()
    visit.poll("document.querySelector('#roll-b canvas').width > 300")
    heights = page.evaluate("jazzgenStudio.rolls.map((roll) => [roll._layout.y(60, 0), roll._layout.height])")
    assert heights[0] == heights[1]


def test_notes_as_text_say_where_in_the_beat(visit: driver.Visit) -> None:
    beats = """
        const bars = [{ tick: 0, seconds: 0, beats: 4 }, { tick: 48, seconds: 2, beats: 3 }];
        const line = new it.Timeline(bars, 84, 5);
        return [0, 9, 40, 66].map((tick) => line.beatAt(tick));
    """
    assert module(visit, "timeline", beats) == [1, 1.75, 4.33, 2.5]
    page = made(visit)
    assert page.is_visible(".legend")
    page.keyboard.press("v")
    page.keyboard.press("v")
    assert not page.is_visible(".legend")  # of the roll's colours
    first = page.evaluate(
        "(({ timeline, parts }) => timeline.beatAt(parts[0].notes[0][0]))(jazzgenStudio.session.roll)"
    )
    bars = page.locator("#view-table td:nth-child(3)").all_inner_texts()
    said = next(bar for bar in bars if bar != "rest").split(",")[0]
    assert said.split(" (")[0].endswith(f" on {first:g}")


def test_engraving_is_shown_as_a_job(visit: driver.Visit) -> None:
    page = made(visit)
    jobs: list[str] = []
    page.route("**/sheet?*", lambda route: jobs.append(route.request.url))  # it takes long
    page.click("#tab-sheet")
    visit.poll("document.querySelector('#work').checkVisibility()")
    assert page.inner_text("#work-text") == "Engraving the lead sheet"
    assert "job=" in jobs[0]
    page.unroute_all(behavior="ignoreErrors")


def test_on_a_phone_a_new_take_comes_into_sight(chromium: Any, server: driver.Server) -> None:
    seen = driver.Visit(chromium, server, viewport={"width": 390, "height": 700}, has_touch=True)
    page = seen.open()
    page.evaluate("document.getElementById('asking').open = true")
    page.fill("#chart", CHART)
    page.fill("#set-seed", str(next(SEEDS)))
    page.click("#make")
    seen.poll("!document.getElementById('asking').open")
    seen.quiet()
    seen.poll("document.querySelector('#take-title').getBoundingClientRect().top >= 0")
    assert page.evaluate("document.querySelector('#roll-a').getBoundingClientRect().top < innerHeight / 2")
    seen.close()


def test_the_legend_is_of_the_part_that_is_shown(visit: driver.Visit) -> None:
    page = made(visit)
    for part in ("solo", "bass"):
        page.select_option("#again-part", part)
        kinds = page.evaluate(
            "import('/page/roll_paint.js').then(({ kindOf }) => ((roll, part) => roll.parts.find((each) =>"
            " each.name === part).notes.map((note) => kindOf(note, roll)))(jazzgenStudio.session.roll,"
            " jazzgenStudio.session.part))"
        )
        share = 100 * kinds.count(0) / len(kinds) + 1e-9
        assert page.inner_text("#share-chord") == f"chord tone {share:.0f} %"
    page.select_option("#again-part", "drums")
    assert not page.is_visible("#share-chord")


def test_a_page_without_a_take_does_not_scroll(chromium: Any, tmp_path: Path) -> None:
    with driver.studio(tmp_path) as empty:
        seen = driver.Visit(chromium, empty, viewport={"width": 1280, "height": 860})
        page = seen.open()
        assert page.evaluate("document.documentElement.scrollHeight") <= 860
        seen.close()
