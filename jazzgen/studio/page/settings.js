/**
 * The fields of a take's settings: what they are called, what may stand in them, how they are read and filled.
 * The same ones, as far as they say how a solo is played, are those of bars that are played again.
 */

import { $, el } from "./dom.js";

/**
 * kind: number, menu, text, check. `usual`: what an empty field means. `choices`: from the server's options.
 * @typedef {{name: string, label: string, kind: string, step?: number, wide?: boolean, help?: string, usual?: string, choices?: (o: object) =>
 *   [string, string][], range?: string, empty?: boolean, length?: number}} Field
 */
const named = (list) => list.map((name) => [name, name]);

/** @type {Field[]} What is played. */
const PIECE = [
  { name: "instrument", label: "Instrument", kind: "menu", wide: true, choices: (o) => o.instruments.map((i) => [i.name, `${i.label} (${i.range})`]) },
  { name: "style", label: "Style", kind: "menu", usual: "as the chart", choices: (o) => named(o.styles), empty: true },
  { name: "tempo", label: "Tempo", help: "beats a minute", kind: "number", step: 1, usual: "as usual", range: "tempo" },
  { name: "key", label: "Key", kind: "menu", usual: "as written", choices: (o) => named(o.keys), empty: true },
  { name: "choruses", label: "Choruses", help: "how often the form is played", kind: "number", step: 1, range: "choruses" },
  { name: "comping", label: "Chords by", kind: "menu", choices: (o) => named(o.comping) },
  { name: "bass", label: "Bass", kind: "menu", choices: (o) => named(o.bass) },
  { name: "ending", label: "Ending", kind: "menu", choices: (o) => named(o.endings) },
  { name: "humanize", label: "Feel", help: "how far the playing strays from the written beat and loudness: 0 not at all", kind: "number", step: 0.1, range: "humanize" },
  { name: "seed", label: "Seed", help: "the same settings and the same seed make the same take", kind: "number", step: 1, usual: "a new one", range: "seed" },
  { name: "count_in", label: "Count-in in the file", kind: "check" },
  { name: "head", label: "Melody first and last", help: "the first and the last chorus are the chart's melody, or the band's alone", kind: "check" },
];

/** @type {Field[]} How the solo is played. */
const CONTROLS = [
  { name: "player", label: "Player", kind: "menu", wide: true, usual: "nobody in particular", choices: (o) => named(o.players), empty: true },
  { name: "density", label: "Notes a bar", help: "about so many notes a bar, 0.5 to 12", kind: "number", step: 0.5, usual: "as learned", range: "density" },
  { name: "rests", label: "Rests", help: "about such a share of silence, 0 to 0.8", kind: "number", step: 0.05, usual: "as learned", range: "rests" },
  { name: "range", label: "Range", help: "lowest and highest pitch, as C3-E5; C4 is middle C", kind: "text", usual: "the instrument's, or C3-G5" },
  { name: "outside", label: "Outside", help: "towards the chord's tones (-1) or away from them (1)", kind: "number", step: 0.1, range: "outside" },
  { name: "motif", label: "Motif", help: "how much earlier ideas come back, varied: 0 to 3", kind: "number", step: 0.1, range: "motif" },
  { name: "arc", label: "Arc", help: "how the choruses grow in notes and height", kind: "menu", choices: (o) => named(o.arcs) },
  { name: "units", label: "Phrases", help: "lick, line, melody, rhythm, rest in order, as lick line_a:6 rest:4 lick#1; | from chorus to chorus", kind: "text", usual: "drawn", length: 400, wide: true },
  { name: "temperature", label: "Temperature", help: "0 plays the likeliest note each time, 1 as it was learned", kind: "number", step: 0.1, range: "temperature" },
  { name: "max_copied", label: "Longest copy", help: "at most so many intervals in a row as in a training solo; 0: no limit", kind: "number", step: 1, range: "max_copied" },
  { name: "effort", label: "Effort", help: "so many candidates are played for each four bars, and the one is kept that a person may have played", kind: "number", step: 1, usual: "as is best", range: "effort" },
];

/** One group of fields in the page. */
class Fields {
  /**
   * @param {HTMLElement} box @param {Field[]} fields @param {object} options @param {string} prefix Of the ids.
   * @param {boolean} optional Whether every field may stay empty, and does at first.
   */
  constructor(box, fields, options, prefix, optional) {
    this._fields = fields;
    this._inputs = new Map();
    for (const field of fields) {
      const input = this._input(field, options, `${prefix}-${field.name}`, optional);
      this._inputs.set(field.name, input);
      if (field.help) input.setAttribute("aria-description", field.help);
      const label = el("label", { for: input.id, text: field.label });
      const children = field.kind === "check" ? [input, label] : [label, input];
      const kind = { check: " check", menu: field.wide ? " wide" : "", text: field.wide ? " wide" : "" }[field.kind] ?? "";
      box.append(el("div", { class: `field${kind}`, title: field.help }, children));
    }
  }

  _input(field, options, id, optional) {
    const usual = optional ? "as the take" : field.usual;
    if (field.kind === "menu") {
      const none = optional || field.empty ? [["", usual ?? ""]] : [];
      const choices = [...none, ...field.choices(options)];
      return el("select", { id }, choices.map(([value, text]) => el("option", { value, text })));
    }
    if (field.kind === "check") return el("input", { id, type: "checkbox" });
    if (field.kind === "text") return el("input", { id, type: "text", placeholder: usual, maxlength: field.length ?? 20, autocomplete: "off" });
    const [low, high] = options.ranges[field.range] ?? [null, null];
    const min = field.name === "max_copied" ? 0 : low; // 0 is no limit
    return el("input", { id, type: "number", min, max: high, step: field.step, placeholder: usual, inputmode: field.step < 1 ? "decimal" : "numeric" });
  }

  /** What stands in the fields; null for an empty one. */
  read() {
    const values = {};
    for (const [name, input] of this._inputs) {
      if (input.type === "checkbox") values[name] = input.checked;
      else if (input.value.trim() === "") values[name] = null;
      else values[name] = input.type === "number" ? Number(input.value) : input.value.trim();
    }
    return values;
  }

  /** @param {Record<string, unknown>} values Missing ones are emptied. */
  fill(values) {
    for (const [name, input] of this._inputs) {
      const value = values[name];
      if (input.type === "checkbox") input.checked = Boolean(value);
      else input.value = value ?? "";
      this.blame(name, false);
    }
  }

  /** Mark a field as the one that is wrong; false where this group has none of that name. */
  blame(name, wrong = true) {
    const input = this._inputs.get(name);
    if (!input) return false;
    if (wrong) {
      input.setAttribute("aria-invalid", "true");
      input.closest("details")?.setAttribute("open", "");
      input.focus();
    } else {
      input.removeAttribute("aria-invalid");
    }
    return true;
  }

  /** The first field whose value is not allowed, said by the browser. */
  get invalid() {
    return [...this._inputs.values()].find((input) => !input.checkValidity()) ?? null;
  }
}

/** The form for a new take, without its chart, and that for bars played again. */
export class Settings {
  /** @param {object} options Of the server. @param {() => void} changed */
  constructor(options, changed) {
    this._piece = new Fields($("fields"), PIECE, options, "set", false);
    this._controls = new Fields($("controls"), CONTROLS, options, "set", false);
    this._changes = new Fields($("again-fields"), CONTROLS, options, "again", true);
    this._bandChanges = new Fields($("again-band-fields"), PIECE.filter(({ name }) => name === "style"), options, "again", true);
    this._usual = options.defaults;
    $("new").addEventListener("change", changed);
    $("new").addEventListener("input", changed);
  }

  read() {
    const values = { ...this._piece.read(), ...this._controls.read() };
    for (const [name, value] of Object.entries(values)) {
      // An empty field is what is usual; the server knows what that is.
      if (value === null) delete values[name];
    }
    return values;
  }

  /** @param {Record<string, unknown>} values */
  fill(values) {
    this._piece.fill(values);
    this._controls.fill(values);
  }

  /** What the fields begin with. */
  get usual() {
    const { chart: _, seed: __, ...rest } = this._usual;
    return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== ""));
  }

  /** What bars of `part` that are played again have otherwise than the take: the solo's controls, the band's style. */
  changes(part) {
    return Object.fromEntries(Object.entries(this._of(part).read()).filter(([, value]) => value !== null));
  }

  _of(part) {
    return part === "solo" ? this._changes : this._bandChanges;
  }

  /** A field of the form, or of `part` again, that the browser refuses, with its reason; null where all will do. */
  problem(part = "") {
    const input = part ? this._of(part).invalid : (this._piece.invalid ?? this._controls.invalid);
    return input ? { input, text: `${input.labels[0].textContent}: ${input.validationMessage}` } : null;
  }

  /** @param {string} field The one that the server refuses. */
  blame(field) {
    return this._piece.blame(field) || this._controls.blame(field);
  }
}
