"""A user of the studio who does things at random: `act`. The same generator, the same actions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from checks.browser import Visit

VALUES = (
    ("density", "3"), ("density", ""), ("outside", "0.4"), ("rests", "0.3"), ("motif", "1.5"), ("seed", "7")
)  # fmt: skip
MOST_TAKES = 12  # side by side: one more, and the oldest goes


def _key(name: str) -> Callable[[Visit, np.random.Generator], None]:
    def press(visit: Visit, _: np.random.Generator) -> None:
        visit.page.evaluate("document.activeElement.blur()")
        visit.page.keyboard.press(name)

    return press


def _select(visit: Visit, rng: np.random.Generator) -> None:
    box = visit.page.locator("#roll-a").bounding_box()
    x, y = box["x"] + rng.uniform(60, 200), box["y"] + rng.uniform(20, 120)
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x + rng.uniform(20, box["width"] - 280), y + rng.uniform(0, 60), steps=3)
    visit.page.mouse.up()


def _place(visit: Visit, rng: np.random.Generator) -> None:
    box = visit.page.locator("#roll-a").bounding_box()
    visit.page.mouse.click(box["x"] + rng.uniform(60, box["width"] - 30), box["y"] + rng.uniform(20, 150))


def _again(visit: Visit, rng: np.random.Generator) -> None:
    part = str(rng.choice(["solo", "piano", "bass", "drums", "band"]))
    visit.page.select_option("#again-part", part)
    visit.page.click("#again-go")


def _fader(visit: Visit, rng: np.random.Generator) -> None:
    sliders = visit.page.locator("#mixer input[type=range]")
    if not (count := sliders.count()):
        return
    sliders.nth(int(rng.integers(count))).focus()
    visit.page.keyboard.press(str(rng.choice(["ArrowLeft", "ArrowRight", "PageDown"])))


def _form(visit: Visit, rng: np.random.Generator) -> None:
    name, value = map(str, rng.choice(VALUES))
    visit.page.evaluate("for (const box of document.querySelectorAll('#new details')) box.open = true")
    visit.page.fill(f"#set-{name}", value)


def _take(visit: Visit, rng: np.random.Generator) -> None:
    names = visit.page.locator("#takes [data-key^=choose]")
    if count := names.count():
        names.nth(int(rng.integers(count))).click()


def _compare(visit: Visit, rng: np.random.Generator) -> None:
    buttons = visit.page.locator("#takes [data-key^=other]:not(:disabled)")
    if count := buttons.count():
        buttons.nth(int(rng.integers(count))).click()


def _tempo(visit: Visit, rng: np.random.Generator) -> None:
    visit.page.fill("#tempo", str(rng.integers(100, 240)))
    visit.poll("document.querySelector('#tempo').value == Math.round(jazzgenStudio.session.take.tempo)")


def _remove(visit: Visit, _: np.random.Generator) -> None:
    buttons = visit.page.locator("#takes [data-key^=remove]")
    if buttons.count() > MOST_TAKES:
        buttons.last.click()


#   what, and how often
_ACTIONS: tuple[tuple[Callable[[Visit, np.random.Generator], None], int], ...] = (
    (_key("Space"), 6), (_key("ArrowRight"), 4), (_key("ArrowLeft"), 3), (_key("Home"), 2), (_key("l"), 3),
    (_key("c"), 1), (_key("b"), 5), (_key("k"), 1), (_key("m"), 3), (_key("a"), 2), (_key("2"), 2),
    (_key("Shift+ArrowRight"), 3), (_key("["), 2), (_key("]"), 2), (_key("Escape"), 2),
    (_key("Control+z"), 10), (_key("Control+Shift+z"), 6), (_select, 8), (_place, 6), (_again, 9),
    (_fader, 8), (_form, 6), (_take, 5), (_compare, 4), (_tempo, 2), (_remove, 3), (_key("n"), 1),
)  # fmt: skip


def act(visit: Visit, rng: np.random.Generator, count: int) -> None:
    """Do `count` things, each when what the one before asked for is done."""
    actions, weights = zip(*_ACTIONS, strict=True)
    shares = np.array(weights) / sum(weights)
    for index in rng.choice(len(actions), count, p=shares):
        actions[index](visit, rng)
        visit.quiet()


def undo_all(visit: Visit) -> int:
    """Undo until nothing is left; how many steps that took."""
    steps = 0
    while visit.page.is_enabled("#undo"):
        visit.page.click("#undo")
        visit.quiet()
        steps += 1
    return steps
