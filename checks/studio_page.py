"""The studio's page, measured in a Chromium: how soon one hears what one asks for, and is all in order.

    python -m checks.studio_page                  some minutes
    python -m checks.studio_page --actions 40     sooner

A studio of its own is started. A tap behind the master fader of the page tells at which frame of the sound
card's clock a sample leaves it: "to sound" is from the click to the first that is not silent. Of what left,
for the playhead, half a second is sought in the WAV that the server writes of the take: the place where it is
found against the place that the page shows for it. Times are medians, beside the load of the machine. The
exit code is 1 if a row misses its target.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from checks import browser as driver
from checks.scripted_user import act, undo_all

FORM = "rhythm-changes"  # 32 bars
TIMES, PLACES = 5, 12
RATE = 48_000
WINDOW, NEAR = RATE // 2, RATE // 10  # samples that are looked for, and how far away
SILENT = 0.002
TAP = """
registerProcessor("tap", class extends AudioWorkletProcessor {
  process([input]) {
    if (input.length) this.port.postMessage([currentFrame, input[0].slice()]);
    return true;
  }
});
"""
LISTEN = """async (tap) => {
  const { transport } = jazzgenStudio;
  const context = transport.desk._context;
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([tap], { type: "text/javascript" })));
  const node = new AudioWorkletNode(context, "tap");
  transport.desk._master.gain.connect(node).connect(context.destination); // silent, but kept going
  globalThis.blocks = [];
  let hear = () => {}; // each block once: looking costs time that the page wants
  node.port.onmessage = ({ data }) => {
    blocks.push(data);
    if (blocks.length > 2000) blocks.splice(0, 1000);
    hear(data);
  };
  await context.resume();
  globalThis.toSound = async (ask) => {
    const sounds = ([, samples]) => samples.some((sample) => Math.abs(sample) > SILENT);
    while (blocks.length < 20 || blocks.slice(-20).some(sounds))
      await new Promise((done) => setTimeout(done, 20));
    const asked = context.currentTime;
    const took = new Promise((done) => {
      hear = ([frame, samples]) => {
        const at = samples.findIndex((sample) => Math.abs(sample) > SILENT);
        const seconds = (frame + at) / context.sampleRate - asked;
        if (at >= 0 && seconds > 0) done(seconds);
      };
    });
    ask();
    return took.finally(() => (hear = () => {}));
  };
}""".replace("SILENT", str(SILENT))
SWAP = """async () => {
  const { transport: { player, desk }, session } = jazzgenStudio;
  const asked = desk._context.currentTime;
  session.swap();
  while (!(player._runs[0]?.when > asked && player.plan.key.startsWith(session.heardId)))
    await new Promise((done) => setTimeout(done, 2));
  return player._runs[0].when - asked;
}"""
SHOWN = """() => {
  const { player } = jazzgenStudio.transport;
  const heard = player.heardAt;
  const seconds = player.plan.timeline.secondsAt(player.place);
  const end = Math.round(heard * 48000);
  const frames = blocks.filter(([frame]) => frame < end && frame + 128 > end - 24200);
  return [seconds, end, frames.map(([frame, samples]) => [frame, [...samples]])];
}"""


class Row(NamedTuple):
    """A figure, its target, and whether it is reached."""

    name: str
    figure: str
    target: str
    reached: bool


def timed(name: str, seconds: Sequence[float], most: float) -> Row:
    """The median of some times against the most that it may be."""
    spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
    return Row(name, f"{median(seconds):.2f} s ({spread})", f"<= {most:g} s", median(seconds) <= most)


def _again(visit: driver.Visit, part: str) -> float:
    page = visit.page
    page.evaluate("jazzgenStudio.transport.player.stop(); jazzgenStudio.session.chooseBars([9, 16])")
    page.select_option("#again-part", part)
    visit.poll("jazzgenStudio.session._sounds.size > 0")
    took = float(page.evaluate("toSound(() => document.getElementById('again-go').click())"))
    visit.quiet()
    page.wait_for_timeout(1500)  # the rest of the band is rendered meanwhile
    return took


def times(visit: driver.Visit) -> Iterator[Row]:
    """From a click to the sound."""
    page = visit.page
    page.select_option("#form", FORM)
    page.fill("#set-choruses", "1")
    takes = []
    for seed in range(TIMES + 1):
        page.fill("#set-seed", str(seed))
        page.evaluate("jazzgenStudio.transport.player.stop()")
        takes.append(float(page.evaluate("toSound(() => document.getElementById('make').click())")))
        visit.quiet()
        page.wait_for_timeout(2000)
    yield timed("click to first sound, 32 new bars with band", takes[1:], 1.0)  # the first finds nothing warm
    page.evaluate("jazzgenStudio.transport.place(jazzgenStudio.session.roll.timeline.tickOf(8))")
    page.wait_for_timeout(4000)
    yield timed("eight bars of solo again, to sound", [_again(visit, "solo") for _ in range(TIMES)], 0.6)
    yield timed("eight bars of drums again, to sound", [_again(visit, "drums") for _ in range(TIMES)], 0.3)
    page.locator("#takes [data-key^=other]:not(:disabled)").first.click()
    visit.poll(driver.PLAYING)
    swaps = []
    for _ in range(2 * TIMES):
        page.wait_for_timeout(700)
        swaps.append(float(page.evaluate(SWAP)))
    yield timed("A/B at the same place", swaps[2:], 0.15)  # at first each must be fetched


def playhead(visit: driver.Visit) -> Row:
    """How far the place that is shown lies from the one that is heard."""
    page = visit.page
    page.evaluate("jazzgenStudio.transport.player.stop(); jazzgenStudio.session.chooseBars(null)")
    whole = _server_sound(visit)
    rng = np.random.default_rng(1)
    errors = []
    for _ in range(PLACES):
        bar = rng.integers(2, 28)
        page.evaluate(
            f"jazzgenStudio.transport.player.play(jazzgenStudio.session.roll.timeline.tickOf({bar}))"
        )
        visit.poll(driver.PLAYING)
        page.wait_for_timeout(900 + int(rng.integers(400)))
        shown, end, blocks = page.evaluate(SHOWN)
        heard = np.zeros(WINDOW)
        for frame, samples in blocks:
            for k, sample in enumerate(samples, frame - (end - WINDOW)):
                if 0 <= k < WINDOW:
                    heard[k] = sample
        errors.append(abs(_found(heard, whole, round(shown * RATE) - WINDOW)))
    page.evaluate("jazzgenStudio.transport.player.stop()")
    worst = float(np.percentile(errors, 95))
    figure = f"{worst:.1f} ms (median {median(errors):.1f}, most {max(errors):.1f})"
    return Row("playhead against the sound heard, 95th percentile", figure, "<= 20 ms", worst <= 20)


def _server_sound(visit: driver.Visit) -> Any:
    """The take that is heard as the server writes it, as one channel."""
    import soundfile

    data = visit.page.evaluate(
        "(async () => { const { api } = await import('/page/api.js'); const file = await"
        " api.save(jazzgenStudio.session.heardId, { format: 'wav', mixer: null }, {});"
        " const bytes = new Uint8Array(await (await fetch(file.url)).arrayBuffer());"
        " let text = ''; for (let k = 0; k < bytes.length; k += 32768)"
        " text += String.fromCharCode(...bytes.subarray(k, k + 32768)); return btoa(text); })()"
    )
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(data)))
    assert rate == RATE
    return samples[:, 0]


def _found(heard: Any, whole: Any, start: int) -> float:
    """By how many milliseconds `heard` lies away from `start` in `whole`."""
    from scipy.signal import correlate

    first = max(0, start - NEAR)
    field = whole[first : start + NEAR + WINDOW]
    sums = np.cumsum(np.insert(field**2, 0, 0.0))
    energy = np.sqrt(sums[WINDOW:] - sums[:-WINDOW]) + 1e-9
    at = int(np.argmax(correlate(field, heard, "valid") / energy))
    return (first + at - start) * 1000 / RATE


def findings(browser: Any, server: driver.Server) -> Iterator[Row]:
    """What an accessibility checker finds, and whether a phone scrolls sideways."""
    from axe_playwright_python.sync_playwright import Axe

    serious = []
    for scheme in ("light", "dark"):
        visit = driver.Visit(browser, server, viewport={"width": 1280, "height": 900}, color_scheme=scheme)
        page = visit.open()
        page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
        for _ in range(3):
            found = Axe().run(page).response["violations"]
            serious += [each["id"] for each in found if each["impact"] in ("serious", "critical")]
            page.evaluate("jazzgenStudio._nextView(1)")
            visit.quiet()
        visit.close()
    yield Row(
        "serious findings of axe, light and dark", f"{len(serious)} {' '.join(serious)}", "0", not serious
    )
    visit = driver.Visit(browser, server, viewport={"width": 390, "height": 844}, has_touch=True)
    page = visit.open()
    page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    over = max(0, page.evaluate("document.documentElement.scrollWidth") - 390)
    visit.close()
    yield Row("horizontal overflow at 390 px", f"{over} px", "0", over == 0)


def random_user(visit: driver.Visit, count: int) -> Iterator[Row]:
    """A user who does things at random, and takes everything back."""
    page = visit.page
    undo_all(visit)
    first = visit.snapshot()
    page.select_option("#form", "ii-v-i")
    page.fill("#set-choruses", "1")
    page.click("#make")
    visit.poll("jazzgenStudio.session.take !== null")
    visit.quiet()
    act(visit, np.random.default_rng(2), count)
    steps = undo_all(visit)
    same = visit.snapshot() == first
    reached = "the first state" if same else "another state"
    yield Row(f"{count} random actions, {steps} undone", reached, "the first state", same)
    wrong = len(visit.errors)
    yield Row("errors in the console", f"{wrong} {' '.join(visit.errors)[:200]}", "0", not wrong)


def rows(actions: int) -> Iterator[Row]:
    """Everything, one after the other."""
    with (
        tempfile.TemporaryDirectory() as own,
        driver.studio(Path(own)) as server,
        driver.chromium() as browser,
    ):
        # The page's own policy would let no tap in; the tests go without one, and under the policy.
        visit = driver.Visit(browser, server, viewport={"width": 1280, "height": 900}, bypass_csp=True)
        visit.open().evaluate(LISTEN, TAP)
        parts: tuple[Callable[[], Iterator[Row]], ...] = (
            lambda: times(visit),
            lambda: iter([playhead(visit)]),
            lambda: findings(browser, server),
            lambda: random_user(visit, actions),
        )
        for part in parts:
            yield from part()
        foreign = visit.hosts - {server.origin.removeprefix("http://")}
        yield Row("foreign hosts asked", f"{len(foreign)} {' '.join(foreign)}", "0", not foreign)
        log = server.log.read_text(encoding="utf-8")
        wrong = log.count("Traceback") + log.count("ERROR")
        yield Row("errors of the server", str(wrong), "0", wrong == 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line a figure; 1 where one misses its target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--actions", type=int, default=200, metavar="N", help="of the user at random")
    asked = parser.parse_args(arguments)
    if reason := driver.missing():
        print(f"studio_page: skipped, {reason}")
        return 0
    failed = 0
    for row in rows(asked.actions):
        load = os.getloadavg()[0]
        failed += not row.reached
        sign = "" if row.reached else "  MISSED"
        print(f"{row.name:50}{row.figure.strip():36}{row.target:16}load {load:4.1f}{sign}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
