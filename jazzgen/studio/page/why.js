/** "Why this note": what else was likely there, and where its run of intervals stands in what was learned. */

import { api } from "./api.js";
import { $, el } from "./dom.js";
import { progress } from "./progress.js";

const GIVEN = { primer: "It is the primer's.", head: "It is the chart's melody." };

export class Why {
  /** @param {import("./session.js").Session} session @param {(note: number) => void} mark */
  constructor(session, mark) {
    this._session = session;
    this._mark = mark;
  }

  /** @param {number} note Index among the solo's. */
  async ask(note) {
    const id = this._session.heardId;
    if (!id || note < 0) return;
    this._mark(note);
    const answer = await progress.run("Asking why this note", (more) => api.why(id, note, more));
    if (answer) this._show(answer);
  }

  _show(answer) {
    const { name, length, bar, beat, degree, chord } = answer;
    const told = [el("p", {}, [el("b", { text: name }), ` · ${length} · bar ${bar}, beat ${Number(beat.toFixed(2))} · ${degree} of ${chord} (${answer.class})`])];
    if (GIVEN[answer.given]) told.push(el("p", { text: GIVEN[answer.given] }));
    if (answer.probability != null) {
      told.push(el("p", { text: `It had ${percent(answer.probability)}; ${answer.rank === 1 ? "nothing was likelier" : `${answer.rank - 1} others were likelier`}.` }));
      told.push(this._others(answer));
    }
    if (answer.run) told.push(el("p", { text: `${answer.run.text}, from note ${answer.run.first_note + 1} to ${answer.run.last_note + 1}.` }));
    else told.push(el("p", { class: "hint", text: "It is in no run of intervals that stands in a training solo." }));
    if (answer.source) told.push(el("p", { text: `${answer.source.player}: “${answer.source.title}”, bar ${answer.source.bar}` }));
    else if (answer.source_hint) told.push(el("p", { class: "hint", text: answer.source_hint }));
    $("why").replaceChildren(...told);
  }

  _others({ others, name, length, probability }) {
    const most = Math.max(probability, ...others.map((other) => other.probability)) || 1;
    const row = (other, taken) => {
      const bar = el("i", { class: "share" });
      bar.style.width = `${Math.max(1, (100 * other.probability) / most)}%`;
      return el("li", { class: taken ? "taken" : null }, [
        el("span", { text: `${other.name}${other.length ? `, ${other.length}` : ""}` }),
        el("span", { class: "share-box", "aria-hidden": "true" }, [bar]),
        el("span", { text: percent(other.probability) }),
      ]);
    };
    const rows = [row({ name, length, probability }, true), ...others.map((other) => row(other, false))];
    return el("ul", { class: "others", "aria-label": "The note, and what else was likely" }, rows);
  }
}

const percent = (share) => (share < 0.001 ? "less than 0.1 %" : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`);
