/** The mixer: a strip a part with mute, solo, volume, pan and a meter, and one for the sum. */

import { SILENT_DB, UNITY } from "./desk.js";
import { $, el } from "./dom.js";

const MASTER = "master";
const decibels = (value) => (value <= SILENT_DB ? "off" : `${value > 0 ? "+" : ""}${value} dB`);
const side = (value) => (value ? `${Math.round(Math.abs(value) * 100)} ${value < 0 ? "left" : "right"}` : "middle");

export class Mixer {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this._session = session;
    this._strips = new Map();
    this._key = "";
  }

  /** @param {{name: string, title: string}[]} parts */
  show(parts) {
    const key = JSON.stringify(parts);
    if (key !== this._key) {
      this._key = key;
      this._strips.clear();
      const strips = [...parts, { name: MASTER, title: "All" }].map((part) => this._strip(part));
      const heads = ["", "", "", "volume", "pan"].map((text) => el("span", { text }));
      $("mixer").replaceChildren(el("div", { class: "strip strip-heads", "aria-hidden": "true" }, heads), ...strips);
    }
    for (const [name, strip] of this._strips) {
      const { mute, solo, volume, pan } = this._session.desk[name] ?? UNITY;
      strip.box.classList.toggle("quiet-part", mute);
      strip.mute?.setAttribute("aria-pressed", mute);
      strip.solo?.setAttribute("aria-pressed", solo);
      set(strip.volume, volume, decibels(volume));
      if (strip.pan) set(strip.pan, pan, side(pan));
    }
  }

  /** @param {(part: string) => number} level */
  meters(level) {
    for (const [name, strip] of this._strips) {
      const now = level(name);
      strip.shown = Math.max(now, (strip.shown ?? 0) - 0.03); // falls slowly, so that eyes can follow
      strip.meter.style.clipPath = `inset(0 ${(100 - 100 * Math.min(1, strip.shown)).toFixed(1)}% 0 0)`;
    }
  }

  /** Mute or unmute the part number `index`. */
  toggle(index, what) {
    const name = [...this._strips.keys()].filter((each) => each !== MASTER)[index];
    if (name) this._toggle(name, what);
  }

  _toggle(name, what) {
    const on = !(this._session.desk[name] ?? UNITY)[what];
    this._session.setDesk(`${on ? what : { mute: "unmute", solo: "solo off" }[what]} ${name}`, name, { [what]: on });
  }

  _strip({ name, title }) {
    const strip = { meter: el("i", { class: "meter-bar" }) };
    const button = (what, letter) =>
      el("button", { type: "button", class: "small", "aria-pressed": "false", "aria-label": `${what} ${title}`, text: letter, onclick: () => this._toggle(name, what) });
    const slider = (what, min, max, step, usual) => {
      const change = (value) => this._session.setDesk(`${what} ${name}`, name, { [what]: value });
      return el("input", { type: "range", class: what, min, max, step, "aria-label": `${what} ${title}`, title: `${what}; double click: as it was`,
        oninput: (event) => change(Number(event.target.value)), ondblclick: () => change(usual) });
    };
    strip.volume = slider("volume", SILENT_DB, 6, 1, 0);
    if (name !== MASTER) {
      strip.mute = button("mute", "M");
      strip.solo = button("solo", "S");
      strip.pan = slider("pan", -1, 1, 0.1, 0);
    }
    strip.box = el("div", { class: "strip", role: "group", "aria-label": title }, [
      el("span", { class: "strip-name", text: title }),
      strip.mute ?? el("span"),
      strip.solo ?? el("span"),
      strip.volume,
      strip.pan ?? el("span"),
      el("span", { class: "meter", "aria-hidden": "true" }, [strip.meter]),
    ]);
    this._strips.set(name, strip);
    return strip.box;
  }
}

function set(input, value, text) {
  input.value = value;
  input.setAttribute("aria-valuetext", text);
}
