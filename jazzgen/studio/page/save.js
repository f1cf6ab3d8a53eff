/**
 * Saving: a button a format, and what was made stays as a link that can be dragged into another program, which
 * Chromium alone can do. MIDI is made as soon as somebody reaches for it, for it costs nothing.
 */

import { api } from "./api.js";
import { gainOf, UNITY } from "./desk.js";
import { $, el, say } from "./dom.js";
import { progress } from "./progress.js";

const FORMATS = [
  ["mid", "MIDI"],
  ["stems", "MIDI stems"],
  ["wav", "WAV"],
  ["stems-wav", "WAV stems"],
  ["musicxml", "MusicXML"],
  ["pdf", "PDF"],
];

export class Save {
  /** @param {import("./session.js").Session} session @param {() => string} key Of lead sheets. */
  constructor(session, key) {
    this._session = session;
    this._key = key;
    this._heed = el("input", { type: "checkbox", id: "heed", checked: true });
    this._buttons = FORMATS.map(([format, text]) => el("button", { type: "button", text, "aria-label": `Save ${text}`, onclick: () => this.save(format), dataset: { format } }));
    this._buttons[0].addEventListener("pointerenter", () => this._ready());
    this._buttons[0].addEventListener("dragstart", (event) => this._drag(event, this._midi));
    this._made = el("ul", { class: "made", "aria-label": "Files that were made" });
    $("save").append(
      el("div", { class: "save-buttons" }, this._buttons),
      el("label", { class: "check" }, [this._heed, " mute, volume and pan as in the mixer"]),
      this._made,
    );
  }

  /** Another take is heard: what was made is not of it. */
  show() {
    for (const button of this._buttons) button.disabled = !this._session.heardId;
    this._forget();
    this._made.replaceChildren();
  }

  /** Make a file and let the browser save it. @param {string} format */
  async save(format) {
    const name = FORMATS.find(([each]) => each === format)[1];
    const file = await progress.run(`Writing ${name}`, (more) => this._make(format, more));
    if (!file) return;
    const link = el("a", { href: file.url, download: file.name, text: file.name, draggable: "true", title: "Drag me into another program" });
    link.addEventListener("dragstart", (event) => this._drag(event, file));
    const size = file.bytes < 1e6 ? `${Math.ceil(file.bytes / 1e3)} kB` : `${(file.bytes / 1e6).toFixed(1)} MB`;
    this._made.prepend(el("li", {}, [link, ` ${size}`]));
    while (this._made.children.length > 6) this._made.lastChild.remove();
    link.click();
    say(`${file.name} is saved.`);
  }

  _make(format, more) {
    const { desk, take, heardId } = this._session;
    const touched = take.parts.filter((part) => JSON.stringify(desk[part] ?? UNITY) !== JSON.stringify(UNITY));
    const mixer = this._heed.checked && touched.length ? Object.fromEntries(take.parts.map((part) => [part, strip(desk[part] ?? UNITY)])) : null;
    const written = format === "musicxml" || format === "pdf";
    return api.save(heardId, { format, mixer: written ? null : mixer, ...(written ? { key: this._key() } : {}) }, more);
  }

  async _ready() {
    const wanted = `${this._session.heardId} ${this._heed.checked} ${JSON.stringify(this._session.desk)}`;
    if (wanted === this._wanted || !this._session.heardId) return;
    this._forget();
    this._wanted = wanted;
    const file = await this._make("mid", {}).catch(() => null);
    if (wanted !== this._wanted || !file) return;
    this._midi = file;
    this._buttons[0].draggable = true;
  }

  _forget() {
    this._wanted = "";
    this._midi = null;
    this._buttons[0].draggable = false;
  }

  _drag(event, file) {
    if (!file) return;
    const url = new URL(file.url, location.href).href;
    event.dataTransfer.setData("DownloadURL", `${file.type}:${file.name}:${url}`);
    event.dataTransfer.setData("text/uri-list", url);
    event.dataTransfer.effectAllowed = "copy";
  }
}

const strip = ({ mute, solo, volume, pan }) => ({ mute, solo, volume: gainOf(volume), pan });
