/** The notes of a take as text, a row a bar: what the piano roll shows, for those who listen or read. */

import { $, el } from "./dom.js";
import { kindName, kindOf, pitchName } from "./roll_paint.js";

export class Table {
  /** @param {(tick: number) => void} place */
  constructor(place) {
    this._place = place;
    this._shown = null;
  }

  /** @param {object | null} roll @param {string} part */
  show(roll, part) {
    if ($("view-table").hidden || !roll || this._shown === `${roll.id} ${part}`) return;
    this._shown = `${roll.id} ${part}`;
    const { timeline } = roll;
    const shown = roll.parts.filter(({ name }) => name === part || (part === "band" && name !== "solo"));
    const rows = timeline.bars.map((_, bar) => {
      const [from, to] = [timeline.tickOf(bar), timeline.tickOf(bar + 1)];
      const chords = roll.chords.filter((chord) => chord.tick < to && chord.end > from);
      const section = roll.sections.find((each) => each.tick >= from && each.tick < to);
      const notes = shown.flatMap((each) =>
        each.notes.filter((note) => note[0] >= from && note[0] < to).map((note) => this._say(roll, each, note)),
      );
      return el("tr", { dataset: { bar: bar + 1 } }, [
        el("th", { scope: "row" }, [el("button", { type: "button", class: "small", text: String(bar + 1), "aria-label": `Go to bar ${bar + 1}`, onclick: () => this._place(from) })]),
        el("td", { text: [section?.name, chords.map((chord) => chord.shown ?? chord.symbol).join(" ")].filter(Boolean).join(": ") }),
        el("td", { text: notes.join(", ") || "rest" }),
      ]);
    });
    const head = el("tr", {}, ["Bar", "Chords", "Notes"].map((text) => el("th", { scope: "col", text })));
    const caption = el("caption", { text: `${part}: notes with their beat; what is no chord tone is said` });
    $("view-table").replaceChildren(el("table", {}, [caption, el("thead", {}, [head]), el("tbody", {}, rows)]));
    this._bar = 0;
  }

  /** @param {number} bar Where the music is. @param {boolean} follow */
  move(bar, follow) {
    if ($("view-table").hidden || bar === this._bar) return;
    const box = $("view-table");
    box.querySelector("tr.now")?.classList.remove("now");
    const row = box.querySelector(`tr[data-bar="${bar}"]`);
    row?.classList.add("now");
    if (follow && row) box.scrollTop = Math.max(0, row.offsetTop - box.clientHeight / 3);
    this._bar = bar;
  }

  _say(roll, part, note) {
    const beat = roll.timeline.beatAt(note[0]);
    if (part.drums) return `drum ${note[2]} on ${beat}`;
    const kind = kindOf(note, roll);
    return `${pitchName(note[2])} on ${beat}${kind === 0 || kind === 3 ? "" : ` (${kindName(kind).split(" ")[0]})`}`;
  }
}
