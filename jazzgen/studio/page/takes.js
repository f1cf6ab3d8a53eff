/**
 * The takes side by side, one of which is heard and one may be compared with it; then those on disk: favourites,
 * and what sessions before this one have left.
 */

import { $, counted, el, minutes } from "./dom.js";

export class Takes {
  /**
   * @param {import("./session.js").Session} session
   * @param {{choose: (id: string) => void}} on
   */
  constructor(session, on) {
    this._session = session;
    this._on = on;
    $("only-favourites").addEventListener("change", () => this.show());
  }

  show() {
    const { takes, state, heardId } = this._session;
    const focus = document.activeElement?.dataset?.key;
    const only = $("only-favourites").checked;
    const rows = takes.filter((take) => !only || take.favourite).map((take) => this._row(take));
    const here = new Set(takes.map((take) => take.favourite));
    const ids = new Set([...takes, ...state.favourites].map((take) => take.id));
    const kept = [
      ...state.favourites.filter(({ name }) => !here.has(name)).map((each) => this._kept("favourites", "★", each)),
      ...state.recent.filter(({ id }) => !only && !ids.has(id)).map((each) => this._kept("recent", "earlier:", each)),
    ];
    document.body.toggleAttribute("data-kept", kept.length > 0);
    const none = el("li", { class: "hint", text: only ? "No favourites yet: the star keeps a take on this computer." : "None yet." });
    $("takes").replaceChildren(...(rows.length + kept.length ? [...rows.reverse(), ...kept] : [none]));
    if (focus) $("takes").querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
    for (const row of $("takes").children) row.classList.toggle("heard", row.dataset.id === heardId);
  }

  _row(take) {
    const { session } = { session: this._session };
    const number = session.takes.indexOf(take) + 1;
    const name = `take ${number}, ${take.what}`;
    const current = take.id === session.state.current;
    const facts = [counted(take.bars, "bar"), `${Math.round(take.tempo)} BPM`, minutes(take.seconds)];
    if (take.settings.seed != null) facts.push(`seed ${take.settings.seed}`);
    if (take.copied) facts.push(`copies ${counted(take.copied, "interval")}`);
    const button = (key, text, label, pressed, onclick, disabled = false) =>
      el("button", { type: "button", class: "small", text, "aria-label": label, title: label, "aria-pressed": pressed, disabled, onclick, dataset: { key: `${key}-${take.id}` } });
    return el("li", { dataset: { id: take.id } }, [
      el("button", { type: "button", class: "take-name", "aria-current": current ? "true" : null, "aria-label": `Choose ${name}, ${take.title}`, onclick: () => this._on.choose(take.id), dataset: { key: `choose-${take.id}` } }, [
        el("b", { text: `${number}  ${take.title}` }),
        el("span", { text: take.what }),
        el("small", { text: facts.join(" · ") }),
      ]),
      button("other", "B", `Compare with ${name}`, session.other === take.id, () => session.compareWith(take.id), current),
      button("star", take.favourite ? "★" : "☆", `Favourite: ${name}`, Boolean(take.favourite), () => session.favour(take)),
      button("remove", "×", `Remove ${name}`, null, () => session.remove(take.id)),
    ]);
  }

  _kept(kind, mark, { name, title, bars, notes, tempo, saved }) {
    const session = this._session;
    const when = new Date(saved).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    const facts = [counted(bars, "bar"), counted(notes, "note"), `${Math.round(tempo)} BPM`, when];
    const label = `${kind === "favourites" ? "favourite" : "earlier take"} ${title}, ${when}`;
    return el("li", { class: "kept" }, [
      el("button", { type: "button", class: "take-name", "aria-label": `Open ${label}`, onclick: () => session.openKept(kind, name) }, [
        el("b", { text: `${mark}  ${title}` }),
        el("small", { text: facts.join(" · ") }),
      ]),
      el("button", { type: "button", class: "small", text: "×", "aria-label": `Delete ${label}`, title: "Delete from this computer", onclick: () => session.forget(kind, name) }),
    ]);
  }
}
