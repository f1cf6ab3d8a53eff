"""A user of the studio who does things at random: `act`. The same generator, the same actions."""

from __future__ import annotations

import random
from collections.abc import Callable

from checks.browser import Visit

MOST_TAKES = 12  # side by side: one more, and the oldest goes


def _key(name: str) -> Callable[[Visit, random.Random], None]:
    def press(visit: Visit, _: random.Random) -> None:
        visit.page.evaluate("document.activeElement.blur()")
        visit.page.keyboard.press(name)

    return press


def _select(visit: Visit, rng: random.Random) -> None:
    box = visit.page.locator("#roll-a").bounding_box()
    x, y = box["x"] + rng.uniform(60, 200), box["y"] + rng.uniform(20, 120)
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x + rng.uniform(20, box["width"] - 280), y + rng.uniform(0, 60), steps=3)
    visit.page.mouse.up()


def _place(visit: Visit, rng: random.Random) -> None:
    box = visit.page.locator("#roll-a").bounding_box()
    visit.page.mouse.click(box["x"] + rng.uniform(60, box["width"] - 30), box["y"] + rng.uniform(20, 150))


def _again(visit: Visit, rng: random.Random) -> None:
    part = rng.choice(["solo", "piano", "bass", "drums", "band"])
    visit.page.select_option("#again-part", part)
    visit.page.click("#again-go")


def _fader(visit: Visit, rng: random.Random) -> None:
    slider = visit.page.locator("#mixer input[type=range]").nth(rng.randrange(8))
    slider.focus()
    visit.page.keyboard.press(rng.choice(["ArrowLeft", "ArrowRight", "PageDown"]))


def _form(visit: Visit, rng: random.Random) -> None:
    name, value = rng.choice(
        [("density", "3"), ("density", ""), ("outside", "0.4"), ("rests", "0.3"), ("motif", "1.5"), ("seed", "7")]
    )
    visit.page.evaluate("for (const box of document.querySelectorAll('#new details')) box.open = true")
    visit.page.fill(f"#set-{name}", value)


def _take(visit: Visit, rng: random.Random) -> None:
    names = visit.page.locator("#takes [data-key^=choose]")
    if count := names.count():
        names.nth(rng.randrange(count)).click()


def _compare(visit: Visit, rng: random.Random) -> None:
    buttons = visit.page.locator("#takes [data-key^=other]:not(:disabled)")
    if count := buttons.count():
        buttons.nth(rng.randrange(count)).click()


def _tempo(visit: Visit, rng: random.Random) -> None:
    visit.page.fill("#tempo", str(rng.randrange(100, 240)))
    visit.poll("document.querySelector('#tempo').value == Math.round(jazzgenStudio.session.take.tempo)")


def _remove(visit: Visit, _: random.Random) -> None:
    buttons = visit.page.locator("#takes [data-key^=remove]")
    if buttons.count() > MOST_TAKES:
        buttons.last.click()


#   what            how often, and whether something is made
_ACTIONS: tuple[tuple[Callable[[Visit, random.Random], None], int], ...] = (
    (_key("Space"), 6), (_key("ArrowRight"), 4), (_key("ArrowLeft"), 3), (_key("Home"), 2), (_key("l"), 3),
    (_key("c"), 1), (_key("b"), 5), (_key("k"), 1), (_key("m"), 3), (_key("a"), 2), (_key("2"), 2),
    (_key("v"), 0), (_key("Shift+ArrowRight"), 3), (_key("["), 2), (_key("]"), 2), (_key("Escape"), 2),
    (_key("Control+z"), 10), (_key("Control+Shift+z"), 6), (_select, 8), (_place, 6), (_again, 9), (_fader, 8),
    (_form, 6), (_take, 5), (_compare, 4), (_tempo, 2), (_remove, 3), (_key("n"), 1),
)  # fmt: skip


def act(visit: Visit, rng: random.Random, count: int) -> None:
    """Do `count` things, each when what the one before asked for is done."""
    actions, weights = zip(*_ACTIONS, strict=True)
    for action in rng.choices(actions, weights, k=count):
        action(visit, rng)
        visit.quiet()


def undo_all(visit: Visit) -> int:
    """Undo until nothing is left; how many steps that took."""
    steps = 0
    while visit.page.is_enabled("#undo"):
        visit.page.click("#undo")
        visit.quiet()
        steps += 1
    return steps
