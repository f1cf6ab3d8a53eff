/**
 * The chart as text: checked while it is typed, with what is wrong marked where it is.
 *
 * A text area cannot be marked; behind it lies the same text, unseen, in the same letters, whose wrong words have
 * a line beneath them.
 */

import { api, isCancelled } from "./api.js";
import { $, calmly, counted, el, say } from "./dom.js";

const CALM_MS = 180;
const TEXT = /\.(txt|chords)$/i; // files that are what one could type

export class Chart {
  /** @param {object} options Of the server. @param {() => void} changed */
  constructor(options, changed) {
    this._forms = new Map(options.forms.map((form) => [form.name, form]));
    this._limit = options.limits.chart_characters;
    this._text = $("chart");
    this._menu = $("form");
    this._changed = changed;
    this._asked = new AbortController();
    for (const form of options.forms) {
      const text = `${form.title} – ${form.bars} bars, ${form.meter}, ${form.style}`;
      this._menu.append(el("option", { value: form.name, text }));
    }
    this._check = calmly(CALM_MS, () => this._ask());
    this._menu.addEventListener("change", () => {
      const form = this._forms.get(this._menu.value);
      if (form) this.text = form.text;
      changed();
    });
    this._text.addEventListener("input", () => {
      this._menu.value = "";
      this._mark([]);
      this._check();
    });
    this._text.addEventListener("scroll", () => ($("chart-marks").scrollTop = this._text.scrollTop));
    $("song").addEventListener("change", (event) => this._read(event.target.value).catch((error) => say(error.message, "error")));
    $("file").addEventListener("change", (event) => {
      const [file] = event.target.files;
      if (file) this.onFile(file);
      event.target.value = "";
    });
  }

  /** What is to be done with a file that somebody opens. @type {(file: File) => void} */
  onFile = () => {};

  get text() {
    return this._text.value;
  }

  set text(text) {
    if (this._text.value === text) return;
    this._text.value = text;
    const form = [...this._forms.values()].find((each) => each.text === text);
    this._menu.value = form?.name ?? "";
    this._mark([]);
    this._ask();
  }

  /** What the server is told: a built-in form by its name, anything else as text. */
  get value() {
    return this._menu.value && this._forms.get(this._menu.value)?.text === this.text ? this._menu.value : this.text;
  }

  /** The twin of `value`. */
  set value(value) {
    this.text = this._forms.get(value)?.text ?? value;
  }

  /** Put the chart of a file into the editor; of a playlist the first, and a menu of all. @param {File} file */
  async read(file) {
    this._file = { name: file.name, bytes: await file.arrayBuffer() };
    $("song").replaceChildren();
    try {
      await this._read();
    } catch (error) {
      // What is wrong with a text can be seen where it is, and mended there.
      const text = TEXT.test(file.name) ? new TextDecoder().decode(this._file.bytes) : "";
      if (text && text.length <= this._limit) this._put(text);
      throw error;
    } finally {
      $("song").parentElement.hidden = !$("song").length;
    }
  }

  /** @param {string} [song] Its number, from 1. */
  async _read(song) {
    const { name, bytes } = this._file;
    const answer = await api.chartFile(name, bytes, song);
    if (!song) $("song").replaceChildren(...answer.songs.map((title, index) => el("option", { value: index + 1, text: title })));
    this._put(answer.text);
    say(`${answer.title || name} is in the editor.${answer.warnings?.length ? ` ${answer.warnings[0]}` : ""}`);
  }

  _put(text) {
    this.text = text;
    this._changed();
  }

  async _ask() {
    this._asked.abort();
    this._asked = new AbortController();
    const text = this.text;
    if (!text.trim()) {
      this._tell("", true);
      return;
    }
    try {
      const answer = await api.chart({ chart: text }, this._asked.signal);
      if (text !== this.text) return;
      if (answer.songs.length > 1) {
        await this.read(new File([text], "playlist.txt")); // pasted, it is as good as a file
        return;
      }
      if (answer.ok) {
        this._mark([]);
        const facts = [answer.title, answer.key, counted(answer.bars, "bar"), answer.meter, answer.style].filter(Boolean);
        this._tell([facts.join(" · "), ...(answer.warnings ?? [])].join("\n"), true);
      } else {
        this._mark(answer.errors);
        this._tell(answer.errors.map(({ error }) => error).join("\n"), false);
      }
    } catch (error) {
      if (!isCancelled(error)) this._tell(error.message, false);
    }
  }

  _tell(text, ok) {
    $("chart-says").textContent = text;
    $("chart-says").dataset.kind = ok ? "" : "error";
    if (ok) this._text.removeAttribute("aria-invalid");
    else this._text.setAttribute("aria-invalid", "true");
  }

  /** @param {{line: number | null, column: number | null, length: number | null}[]} errors */
  _mark(errors) {
    const lines = this.text.split("\n");
    const starts = lines.map((_, index) => lines.slice(0, index).reduce((sum, line) => sum + line.length + 1, 0));
    const spans = errors
      .filter(({ line }) => line && line <= lines.length)
      .map(({ line, column, length }) => {
        const start = starts[line - 1] + (column ? column - 1 : 0);
        return [start, start + (length || lines[line - 1].length - (column ? column - 1 : 0))];
      })
      .sort((a, b) => a[0] - b[0]);
    const parts = [];
    let at = 0;
    for (const [start, end] of spans) {
      if (start < at) continue;
      parts.push(this.text.slice(at, start), el("mark", { text: this.text.slice(start, end) }));
      at = end;
    }
    $("chart-marks").replaceChildren(...parts, `${this.text.slice(at)}\n`);
    $("chart-marks").scrollTop = this._text.scrollTop;
  }
}

/** Whether a file of this name is a take, and no chart alone. */
export const isMidi = (name) => /\.midi?$/i.test(name);
