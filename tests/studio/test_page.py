"""The studio's page in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checks import browser as driver
from checks.scripted_user import act, undo_all
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import make_take

CHART = "title: Small\nkey: C\n[A] | Dm7 | G7 | Cmaj7 | A7 | Dm7 | G7 | Cmaj7 | % |"
pytestmark = pytest.mark.skipif(bool(driver.missing()), reason=driver.missing() or "all there")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[driver.Server]:
    with driver.studio(tmp_path_factory.mktemp("studio")) as running:
        yield running
        log = running.log.read_text(encoding="utf-8")
        assert "Traceback" not in log
        assert "ERROR" not in log


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with driver.chromium() as running:
        yield running


@pytest.fixture
def visit(chromium: Any, server: driver.Server) -> Iterator[driver.Visit]:
    """An open page with an eight-bar chart in its form; the document is whatever tests before left."""
    seen = driver.Visit(chromium, server, viewport={"width": 1280, "height": 900})
    seen.open()
    seen.page.fill("#chart", CHART)
    seen.page.fill("#set-choruses", "1")
    yield seen
    seen.close()
    assert seen.errors == []
    assert seen.hosts == {server.origin.removeprefix("http://")}


SEEDS = count(1)  # equal settings are one take


def made(visit: driver.Visit) -> Any:
    """Ask for a new take and wait for its sound."""
    visit.page.fill("#set-seed", str(next(SEEDS)))
    before = visit.page.evaluate("jazzgenStudio.session.takes.length")
    visit.page.click("#make")
    visit.poll(f"jazzgenStudio.session.takes.length === {before + 1}")
    visit.poll(driver.PLAYING)
    return visit.page


def heard(visit: driver.Visit, part: str) -> float:
    """The level of a part's meter, 0..1."""
    return float(visit.page.evaluate(f"jazzgenStudio.transport.desk.meter('{part}')"))


def test_a_new_take_is_heard_and_its_playhead_moves(visit: driver.Visit) -> None:
    page = made(visit)
    visit.poll("jazzgenStudio.transport.desk.meter('master') > 0.3")
    visit.poll("jazzgenStudio.transport.player.place > 24")
    assert page.inner_text("#take-title") == "Small"
    assert " of 8, " in page.get_attribute("#roll-a", "aria-valuetext")
    assert "chord tone" in page.inner_text(".legend")
    page.keyboard.press("p")
    visit.poll("jazzgenStudio.transport.player.state === 'stopped'")


def test_the_first_sound_is_asked_for_before_anything_is_drawn(visit: driver.Visit) -> None:
    visit.page.click("text=How the solo is played")
    visit.page.fill("#set-rests", "0")  # a part that begins with silence has no sound to ask for
    visit.page.evaluate(
        "(() => { const app = jazzgenStudio, { player } = app.transport, shown = app._shown;"
        " const coming = player._sounds._coming, set = coming.set, asked = new Set();"
        " coming.set = (url, sound) => { asked.add(url); return set.call(coming, url, sound); };"
        " const ahead = () => app.ahead ??= [player.state, asked.size];"
        " app._shown = (...given) => { ahead(); return shown.apply(app, given); };"
        " app.session.addEventListener('document', ahead); })()"
    )
    page = made(visit)
    assert page.evaluate("jazzgenStudio.ahead") == ["waiting", 4]  # a chunk of each part


def test_wrong_chords_are_marked_where_they_are(visit: driver.Visit) -> None:
    page = visit.page
    page.fill("#chart", "| C | Xm7 |\n| F | Qx |")
    visit.poll("document.querySelectorAll('#chart-marks mark').length === 2")
    assert page.locator("#chart-marks mark").all_text_contents() == ["Xm7", "Qx"]
    assert page.get_attribute("#chart", "aria-invalid") == "true"
    assert "Xm7" in page.inner_text("#chart-says")
    page.fill("#chart", "| C | Am7 |")
    visit.poll("document.querySelectorAll('#chart-marks mark').length === 0")
    visit.poll("document.querySelector('#chart-says').textContent.includes('2 bars')")
    assert page.get_attribute("#chart", "aria-invalid") is None


def test_what_the_server_refuses_is_said_at_its_field(visit: driver.Visit) -> None:
    visit.page.click("text=How the solo is played")
    visit.page.fill("#set-range", "C9-C1")
    visit.page.click("#make")
    visit.poll("document.activeElement.id === 'set-range'")
    assert "range" in visit.page.inner_text("#status")
    assert visit.page.get_attribute("#set-range", "aria-invalid") == "true"
    visit.errors.clear()  # Chromium notes an answer of 422 in its console


def test_dragged_bars_are_played_again_and_undo_gives_them_back(visit: driver.Visit) -> None:
    page = made(visit)
    page.keyboard.press("p")
    before = page.evaluate("jazzgenStudio.session.roll.parts[0].notes")
    box = page.locator("#roll-a").bounding_box()
    quarter = (box["width"] - 50) / 4
    page.mouse.move(box["x"] + 40 + 1.5 * quarter, box["y"] + 90)
    page.mouse.down()
    page.mouse.move(box["x"] + 40 + 2.5 * quarter, box["y"] + 90, steps=4)
    page.mouse.up()
    assert page.inner_text("#again-bars") == "Bars 2–3"
    takes = page.evaluate("jazzgenStudio.session.takes.length")
    page.click("#again-go")
    visit.poll(f"jazzgenStudio.session.takes.length === {takes + 1}")
    visit.poll(driver.PLAYING)
    after = page.evaluate("jazzgenStudio.session.roll.parts[0].notes")
    # All but the notes of bars 2 and 3 is kept; one that sounds into them is cut.
    assert [note[2] for note in before if note[0] < 48] == [note[2] for note in after if note[0] < 48]
    assert [note for note in before if note[0] >= 144] == [note for note in after if note[0] >= 144]
    page.click("#undo")
    visit.poll(f"jazzgenStudio.session.takes.length === {takes}")
    visit.quiet()
    assert page.evaluate("jazzgenStudio.session.roll.parts[0].notes") == before
    page.click("#redo")
    visit.poll(f"jazzgenStudio.session.takes.length === {takes + 1}")


def test_a_and_b_are_heard_at_the_same_place(visit: driver.Visit) -> None:
    page = made(visit)
    page.select_option("#again-part", "piano")
    page.click("#again-go")
    visit.poll("jazzgenStudio.session.take.what.includes('piano')")
    visit.quiet()
    page.locator("#takes [data-key^=other]:not(:disabled)").first.click()
    assert page.is_visible("#roll-b-box")
    visit.poll(f"{driver.PLAYING} && jazzgenStudio.transport.player.place > 30")
    place = page.evaluate(
        "(() => { const { transport, session } = jazzgenStudio; const was = transport.player.place;"
        " session.swap(); return was; })()"
    )
    visit.poll("jazzgenStudio.transport.player.plan.key.startsWith(jazzgenStudio.session.other)")
    visit.poll(driver.PLAYING)
    now = page.evaluate("jazzgenStudio.transport.player.place")
    assert place - 1 <= now < place + 190
    assert page.inner_text("#compare") == "A/B: B"


def test_the_desk_is_heard_at_once_and_undone(visit: driver.Visit) -> None:
    page = made(visit)
    page.check("#loop")
    visit.poll("jazzgenStudio.transport.desk.meter('bass') > 0.2")
    page.click("[aria-label='mute Bass']")
    assert page.get_attribute("[aria-label='mute Bass']", "aria-pressed") == "true"
    visit.poll("jazzgenStudio.transport.desk.meter('bass') < 0.05", 5)
    page.click("[aria-label='solo Drums']")
    visit.poll("jazzgenStudio.transport.desk.meter('solo') < 0.05", 5)
    page.click("#undo")
    page.click("#undo")
    assert page.get_attribute("[aria-label='mute Bass']", "aria-pressed") == "false"
    visit.poll("jazzgenStudio.transport.desk.meter('bass') > 0.2")


def test_chosen_bars_go_round(visit: driver.Visit) -> None:
    page = made(visit)
    page.fill("#tempo", "300")
    visit.poll("jazzgenStudio.session.take.tempo === 300")
    page.evaluate("jazzgenStudio.session.chooseBars([3, 3])")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("l")
    places = set()
    for _ in range(60):
        places.add(page.inner_text("#place").split(" ")[0])
        page.wait_for_timeout(40)
    assert {"3.1", "3.4"} <= places
    assert {place[0] for place in list(places)} <= {"3", *"12"}  # until it gets there
    assert page.evaluate("jazzgenStudio.session.roll.parts[0].notes.length") > 4


def test_a_count_in_comes_first(visit: driver.Visit) -> None:
    page = made(visit)
    page.keyboard.press("p")
    page.keyboard.press("Home")
    page.keyboard.press("c")
    page.keyboard.press("p")
    visit.poll("document.querySelector('#place').textContent.startsWith('count')")
    visit.poll("document.querySelector('#place').textContent.startsWith('1.')")


@pytest.mark.parametrize("width", [390, 768])
def test_no_width_overflows(chromium: Any, server: driver.Server, width: int) -> None:
    seen = driver.Visit(chromium, server, viewport={"width": width, "height": 844}, has_touch=True)
    page = seen.open()
    page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    for _ in range(3):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate("jazzgenStudio._nextView(1)")
    assert seen.errors == []
    seen.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_checker_finds_nothing_serious(chromium: Any, server: driver.Server, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    seen = driver.Visit(chromium, server, viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page = seen.open()
    page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    found = axe.Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in found] == []
    page.click("#help")
    found = axe.Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in found] == []
    seen.close()


def test_everything_that_a_user_does_can_be_undone(visit: driver.Visit) -> None:
    made(visit)
    undo_all(visit)
    first = visit.snapshot()
    visit.page.click("#make")
    visit.quiet()
    act(visit, np.random.default_rng(1), 30)
    assert undo_all(visit) > 5
    assert visit.snapshot() == first


def test_the_keyboard_alone_will_do(visit: driver.Visit) -> None:
    page = visit.page
    page.evaluate("document.activeElement.blur()")
    takes = page.evaluate("jazzgenStudio.session.takes.length")
    page.keyboard.press("n")
    visit.poll(f"jazzgenStudio.session.takes.length === {takes + 1}")
    visit.poll(driver.PLAYING)
    page.keyboard.press("p")
    page.focus("#roll-a")
    page.keyboard.press("Home")
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
        page.wait_for_timeout(60)
    assert page.inner_text("#again-bars") == "Bars 3–4"
    page.keyboard.press("w")
    visit.poll("document.querySelector('#why').textContent.includes('bar')")
    page.keyboard.press("?")
    assert page.is_visible("#keys")
    assert "play or stop" in page.inner_text("#keys")


def test_a_dropped_file_is_put_into_the_editor(visit: driver.Visit, tmp_path: Path) -> None:
    path = tmp_path / "dropped.txt"
    path.write_text("title: Dropped\n| Em7 | A7 | Dmaj7 | % |")
    visit.page.set_input_files("#file", path)
    visit.poll("document.querySelector('#chart').value.includes('Dropped')")
    assert "Em7" in visit.page.input_value("#chart")


def module(visit: driver.Visit, name: str, script: str) -> Any:
    """What a script gives that is handed what a module of the page exports."""
    return visit.page.evaluate(f"import('/page/{name}.js').then((it) => {{ {script} }})")


def test_steps_of_page_and_server_are_undone_in_their_order(visit: driver.Visit) -> None:
    moved = """
        let now = 0;
        const history = new it.History(() => now);
        history.add("desk", "volume", 0, 1);
        now += 100; history.add("desk", "volume", 1, 2); // a fader that is dragged: one step
        history.meet({ undo: 1, redo: 0, undo_what: "new take" });
        now += 5000; history.add("desk", "volume", 2, 3);
        history.add("desk", "pan", 5, 5); // nothing has changed
        const back = [];
        for (let step = history.move(-1); step; step = history.move(-1)) back.push(step.label, step.before);
        const forth = [history.move(1).after, history.redoable.label];
        history.add("form", "chart", 1, 2);
        return [back, forth, history.redoable, history.undoable.kind];
    """
    back, forth, redoable, kind = module(visit, "history", moved)
    assert back == ["volume", "2", "new take", None, "volume", "0"]
    assert forth == ["2", "new take"]
    assert (redoable, kind) == (None, "form")


def test_another_device_may_undo(visit: driver.Visit) -> None:
    left = """
        const history = new it.History();
        history.meet({ undo: 2, redo: 0, undo_what: "again" });
        history.meet({ undo: 1, redo: 1, undo_what: "again" });
        return [history.undoable.kind, history.redoable.kind, history.move(-1).kind, history.undoable];
    """
    assert module(visit, "history", left) == ["document", "document", "document", None]


def test_places_go_from_ticks_to_seconds_and_back(visit: driver.Visit) -> None:
    found = """
        const bars = [{ tick: 0, seconds: 0, beats: 4 }, { tick: 48, seconds: 2, beats: 3 }];
        const line = new it.Timeline(bars, 84, 5); // the second bar is slower
        const places = [line.placeOf(0), line.placeOf(72), line.barAt(83)];
        return [line.secondsAt(24), line.secondsAt(66), line.tickAt(3.5), ...places];
    """
    assert module(visit, "timeline", found) == [
        1, 3.5, 66, {"bar": 1, "beat": 1}, {"bar": 2, "beat": 3}, 1
    ]  # fmt: skip


def test_practice_goes_through_the_keys_and_faster(visit: driver.Visit) -> None:
    heard = """
        const practice = new it.Practice(async (variant) => ({ variant }), () => 100);
        const go = async (plan) => { practice.next(plan); await 0; await 0; return practice.next(plan); };
        practice.kind = "fourth";
        let plan = { variant: {} };
        const keys = [];
        for (let k = 0; k < 12; k++) { plan = await go(plan); keys.push(plan.variant.transpose); }
        practice.kind = "faster";
        return [keys, (await go({ variant: {} })).variant.tempo];
    """
    found = module(visit, "practice", f"return (async () => {{ {heard} }})();")
    assert sorted(found[0]) == list(range(-5, 7))
    assert found[1] == 105


@pytest.mark.parametrize(("system", "chosen"), [("dark", None), ("light", "dark"), ("dark", "light")])
def test_the_first_thing_that_is_painted_is_light_or_dark_as_wanted(
    chromium: Any, server: driver.Server, system: str, chosen: str | None
) -> None:
    seen = driver.Visit(chromium, server, color_scheme=system)
    seen.context.route("**/app.js", lambda route: route.abort())  # the modules have not come yet
    if chosen is not None:
        seen.context.add_init_script(f"localStorage.setItem('jazzgen.theme', '\"{chosen}\"')")
    seen.page.goto(server.origin)
    ground = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(246, 244, 239)", "dark": "rgb(20, 22, 26)"}[chosen or system]
    seen.close()


def test_the_theme_is_switched_and_follows_the_system(visit: driver.Visit) -> None:
    page = visit.page
    theme = "document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "light"
    page.emulate_media(color_scheme="dark")
    visit.poll(f"{theme} === 'dark'")
    page.click("#theme")
    assert page.evaluate(theme) == "light"
    page.click("#theme")
    page.click("#theme")
    assert page.inner_text("#theme") == "◐ system"
    assert page.evaluate(theme) == "dark"


def test_after_a_restart_favourites_and_earlier_takes_are_at_hand(chromium: Any, tmp_path: Path) -> None:
    for seed, place in ((1, "favourites/one.mid"), (2, "favourites/recent/two.mid")):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        make_take(Settings("| Dm7 | G7 |", choruses=1, seed=seed)).write(tmp_path / place)
    with driver.studio(tmp_path) as restarted:
        seen = driver.Visit(chromium, restarted)
        page = seen.open()
        rows = page.locator("#takes .kept .take-name")
        assert [text[0] for text in rows.all_inner_texts()] == ["★", "e"]
        assert not page.is_visible("#mixer")
        rows.last.click()
        seen.poll("jazzgenStudio.session.take?.settings.seed === 2")
        seen.poll("document.querySelectorAll('#takes .kept').length === 1")
        page.check("#only-favourites")
        assert page.locator("#takes li").count() == 1
        assert seen.errors == []
        seen.close()
