/**
 * Trading with the machine over MIDI: the form that starts a session, and what is played while it goes on, a chorus
 * at a time. The server tells of it (`jazzgen/live/events.py`); nothing of it sounds in the page.
 */

import { api } from "./api.js";
import { $, el, keep, kept, say } from "./dom.js";
import { Roll } from "./roll.js";
import { Timeline } from "./timeline.js";

const SPAN = [55, 81]; // pitches that are always in sight, so that rows keep their height
const REDRAW_MS = 120;
const LATEST = 1.2; // beats without news after which the playhead waits
const NAMES = { you: "your turn", jazzgen: "jazzgen's turn" };
const none = () => {};

export class Live {
  /**
   * @param {() => object | null} settings Of the session, with its chart; null where they will not do.
   * @param {() => void} began A session plays now.
   */
  constructor(settings, began) {
    this._settings = settings;
    this._began = began;
    this._view = new Roll($("live-roll"), { place: none, choose: none, why: none }, "What is played, piano roll");
    this._roll = null;
    this._build(kept("live", {}));
    $("live").addEventListener("toggle", () => $("live").open && !this._looked && this.look());
    $("live-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.start();
    });
    $("live-look").addEventListener("click", () => this.look());
    $("live-finish").addEventListener("click", () => this._end("finish"));
    $("live-stop").addEventListener("click", () => this._end("stop"));
  }

  // ---------------------------------------------------------------------------------------------- the form

  _build(usual) {
    const menu = (id, label, rows) => [label, el("select", { id }, rows.map(([value, text]) => el("option", { value, text })))];
    const number = (id, label, traits) => [label, el("input", { id, type: "number", ...traits })];
    const rows = [
      menu("live-in", "You play on", []),
      menu("live-out", "jazzgen plays", []),
      menu("live-trade", "Turns", [["2", "2 bars"], ["4", "4 bars"], ["8", "8 bars"], ["choruses", "choruses"]]),
      menu("live-first", "First", [["me", "you"], ["machine", "jazzgen"]]),
      number("live-answer", "Answers, 0 free to 1 close", { min: 0, max: 1, step: 0.1, value: 0.6 }),
      number("live-latency", "Latency, ms", { min: 0, max: 500, step: 1, value: 0 }),
    ];
    for (const [label, input] of rows) {
      $("live-fields").append(el("div", { class: "field" }, [el("label", { for: input.id, text: label }), input]));
    }
    $("live-trade").value = "4";
    for (const [id, value] of Object.entries(usual)) {
      if (id === "live-virtual") $(id).checked = value;
      else if ($(id) && !/-(in|out)$/.test(id)) $(id).value = value;
    }
    this._wanted = usual; // ports that are not listed yet
    $("live-virtual").addEventListener("change", () => this._ready());
    this._ready();
  }

  /** Ask which ports there are. */
  async look() {
    this._looked = true;
    $("live-ports").textContent = "Looking for ports …";
    let found;
    try {
      found = await api.live();
    } catch (error) {
      found = { inputs: [], outputs: [], missing: error.message, virtual: false };
    }
    for (const [id, names] of [["live-in", found.inputs], ["live-out", found.outputs]]) {
      const before = $(id).value || this._wanted[id];
      $(id).replaceChildren(...names.map((name) => el("option", { value: name, text: name })));
      if (names.includes(before)) $(id).value = before;
    }
    this._can = { ports: found.inputs.length > 0 && found.outputs.length > 0, virtual: found.virtual && !found.missing };
    const advice = this._can.virtual ? "plug in a keyboard and a synth, or make ports for other programs." : "plug in a keyboard and a synth.";
    $("live-ports").textContent = found.missing || (this._can.ports ? "" : `Not enough MIDI ports: ${advice}`);
    this._ready();
  }

  _ready() {
    const can = this._can ?? { ports: false, virtual: false };
    const own = $("live-virtual").checked && can.virtual;
    $("live-virtual").disabled = !can.virtual;
    $("live-in").disabled = $("live-out").disabled = own || !can.ports;
    $("live-start").disabled = Boolean(this._roll) || !(own || can.ports);
  }

  async start() {
    const wrong = [...$("live-fields").querySelectorAll("input")].find((input) => !input.checkValidity());
    if (wrong) {
      say(`${wrong.labels[0].textContent}: ${wrong.validationMessage}`, "error");
      wrong.focus();
      return;
    }
    const settings = this._settings();
    if (!settings) return;
    const virtual = $("live-virtual").checked && !$("live-virtual").disabled;
    const of = (id) => $(`live-${id}`).value;
    const ports = virtual ? { virtual } : { in: of("in"), out: of("out") };
    const numbers = { answer: Number(of("answer")), latency: Number(of("latency")) };
    const ids = ["in", "out", "trade", "first", "answer", "latency"].map((id) => `live-${id}`);
    keep("live", { ...Object.fromEntries(ids.map((id) => [id, $(id).value])), "live-virtual": $("live-virtual").checked });
    $("live-start").disabled = true;
    try {
      await api.playLive({ settings, ...ports, trade: of("trade"), first: of("first"), ...numbers });
    } catch (error) {
      say(error.message, "error");
      this._ready();
    }
  }

  async _end(how) {
    if (how === "finish") $("live-finish").disabled = true; // asked twice it would stop
    try {
      await api.endLive(how);
    } catch (error) {
      say(error.message, "error");
    }
  }

  // ------------------------------------------------------------------------------------------ what is played

  /** What a page that opens while a session goes on has missed; null: none goes on. */
  meet(playing) {
    if (playing?.roll) {
      this._begin(playing);
      if (playing.last) this._beat(playing.last);
    } else if (this._roll) this._over();
  }

  /** What has happened. @param {{event: string}} told */
  heard(told) {
    if (told.event === "begin") this._begin(told);
    else if (told.event === "end") this._over(told);
    else if (!this._roll) return;
    else if (told.event === "beat") this._beat(told);
    else if (told.event === "you") this._key(told);
    else if (told.event === "answer") this._coming.push(...told.notes);
    else if (told.event === "said") $("live-says").textContent = told.text;
  }

  _begin({ roll, trade, first }) {
    this._roll = { ...roll, timeline: new Timeline(roll.bars, roll.ticks, roll.seconds) };
    this._chorusBeats = roll.ticks / roll.beat;
    this._trade = { length: trade === "choruses" ? roll.bars.length : Number(trade), first };
    [this._coming, this._notes, this._held] = [[], [], new Map()];
    this._chorus = 0;
    this._now = null;
    this._changed = true;
    document.body.toggleAttribute("data-live", true);
    $("live-now").hidden = false;
    $("live-finish").disabled = false;
    $("live-place").textContent = "The band gets ready …";
    $("live-says").textContent = "";
    this._ready();
    this._began();
    this._draw();
  }

  _over(told) {
    const had = this._roll;
    this._roll = null;
    cancelAnimationFrame(this._frame);
    document.body.toggleAttribute("data-live", false);
    $("live-now").hidden = true;
    this._ready();
    if (!had || !told) return;
    const bars = told.bars ? `${told.bars} bars, ${told.yours} notes of yours, ${told.jazzgen} of jazzgen. ` : "";
    const wrong = told.reason && told.reason !== "stopped";
    say(`${bars}${wrong ? `${told.reason}.` : told.file ? "The take is among the others." : ""}`, wrong ? "error" : "");
  }

  _beat(told) {
    this._now = { ...told, when: performance.now() };
    const chorus = Math.max(0, Math.floor(told.beat / this._chorusBeats));
    if (chorus !== this._chorus) {
      this._chorus = chorus;
      this._notes = this._notes.filter((note) => note.end > chorus * this._chorusBeats);
      this._changed = true;
    }
  }

  _key({ beat, pitch, velocity }) {
    const held = this._held.get(pitch);
    if (held) held.end = beat;
    this._held.delete(pitch);
    if (velocity) {
      const note = { beat, end: beat, pitch, velocity };
      this._notes.push(note);
      this._held.set(pitch, note);
    }
    this._changed = true;
  }

  /** The beat that it is by now. */
  get _place() {
    const { beat, tempo, when } = this._now;
    return beat + Math.min(((performance.now() - when) * tempo) / 60_000, LATEST);
  }

  _draw() {
    this._frame = requestAnimationFrame((now) => {
      if (!this._roll) return;
      if (this._now) this._play(now);
      if (this._changed && now - (this._drawn ?? 0) > REDRAW_MS) this._show(now);
      this._draw();
    });
  }

  _play() {
    const place = this._place;
    const sounding = this._coming.filter(([beat]) => beat <= place);
    if (sounding.length) {
      this._coming = this._coming.filter(([beat]) => beat > place);
      this._notes.push(...sounding.map(([beat, end, pitch, velocity]) => ({ beat, end, pitch, velocity })));
      this._changed = true;
    }
    for (const note of this._held.values()) note.end = place;
    if (this._held.size) this._changed = true;
    const tick = Math.max(0, place - this._chorus * this._chorusBeats) * this._roll.beat;
    this._view.move(Math.min(tick, this._roll.ticks - 1), null, true);
    const text = place < 0 ? `count-in ${Math.ceil(-place)}` : this._words(tick);
    if ($("live-place").textContent !== text) $("live-place").textContent = text;
    const turn = place < 0 ? "" : NAMES[this._now.turn];
    if ($("live-turn").textContent !== turn) $("live-turn").textContent = turn;
    $("live-now").dataset.turn = place < 0 ? "" : this._now.turn;
  }

  _words(tick) {
    const { chords, timeline } = this._roll;
    const { bar, beat } = timeline.placeOf(tick);
    const at = chords.findLastIndex((chord) => chord.tick <= tick);
    const after = chords[(at + 1) % chords.length];
    return `bar ${bar}.${beat} of ${timeline.length}, chorus ${this._chorus + 1}: ${chords[at].shown}, then ${after.shown}`;
  }

  _show(now) {
    this._drawn = now;
    this._changed = false;
    const { beat: grid, ticks, bars } = this._roll;
    const begin = this._chorus * this._chorusBeats;
    const rows = this._notes
      .map(({ beat, end, pitch, velocity }) => [(beat - begin) * grid, Math.min((end - begin) * grid, ticks), pitch, velocity])
      .filter(([start, end]) => start < ticks && end >= 0)
      .map(([start, ...rest]) => [Math.max(start, 0), ...rest]);
    this._view.show({ ...this._roll, sections: this._turns(bars), parts: [{ name: "solo", notes: rows }] }, "solo", [...SPAN, ...rows.map((row) => row[2])]);
  }

  /** Whose turn begins where in this chorus. */
  _turns(bars) {
    const { length, first } = this._trade;
    return bars.flatMap(({ tick }, bar) => {
      const number = this._chorus * bars.length + bar;
      if (number % length && bar) return [];
      const yours = Math.floor(number / length) % 2 === Number(first === "machine");
      return [{ tick, name: yours ? "you" : "jazzgen" }];
    });
  }
}
