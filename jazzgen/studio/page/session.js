/**
 * What the page works on: the server's document, the desk and the form of this page, which take is heard, which
 * bars are chosen. Other modules show it and ask it for changes; they hear of them as events.
 *
 *     document   takes have come or gone, or another one is current
 *     heard      another take is heard, its `roll` is here
 *     desk       mute, solo, volume, pan
 *     form       the settings of the next take, from undo or redo
 *     choice     bars or part
 */

import { api } from "./api.js";
import { UNITY } from "./desk.js";
import { say, soon } from "./dom.js";
import { History } from "./history.js";
import { progress } from "./progress.js";
import { Timeline } from "./timeline.js";

const NOTHING = { takes: [], current: null, undo: 0, redo: 0, favourites: [], recent: [], version: -1 };

export class Session extends EventTarget {
  constructor() {
    super();
    this.history = new History();
    this.state = NOTHING;
    this.options = null;
    /** The take that A is compared with; null: none. @type {string | null} */
    this.other = null;
    this.hearsOther = false;
    /** @type {Record<string, {mute: boolean, solo: boolean, volume: number, pan: number}>} */
    this.desk = {};
    this.form = {};
    /** First and last bar, as the roll numbers them. @type {[number, number] | null} */
    this.bars = null;
    this.part = "solo";
    this._rolls = new Map();
    this._sounds = new Map();
    /** What parts and their sum are multiplied by. @type {{gain: number, parts: Record<string, number>} | null} */
    this.level = null;
    this._busy = 0;
    this._told = null; // what the server said while an answer was under way
  }

  // ------------------------------------------------------------------------------------------------ asking

  get takes() {
    return this.state.takes;
  }

  get heardId() {
    return (this.hearsOther && this.other) || this.state.current;
  }

  /** The take that is heard, and that edits and downloads are of. */
  get take() {
    return this.takes.find((take) => take.id === this.heardId) ?? null;
  }

  /** The roll of a take if it is here. */
  rollOf(id) {
    return this._rolls.get(id) ?? null;
  }

  get roll() {
    return this.rollOf(this.heardId);
  }

  /** What plays a take. @returns {Promise<import("./player.js").Plan>} */
  async plan(id, variant = {}) {
    const key = `${id}?${new URLSearchParams(variant)}`;
    const [roll, sound] = await Promise.all([this._roll(id), this._sound(key, id, variant)]);
    // Every take is as loud as the first, so that nothing jumps between A and B.
    this.level ??= { gain: sound.gain, parts: Object.fromEntries(sound.parts.map((part) => [part.name, part.gain ?? 1])) };
    const second = sound.rate;
    const parts = sound.parts.map(({ name, chunks }) => [
      name,
      chunks
        .filter((chunk) => !chunk.silent)
        .map((chunk) => ({
          url: `/api/sound/${chunk.key}.flac`,
          start: chunk.start / second,
          seconds: chunk.samples / second,
        })),
    ]);
    return {
      key,
      timeline: roll.timeline,
      rate: (variant.tempo ?? roll.tempo) / roll.tempo,
      parts: Object.fromEntries(parts),
      variant,
    };
  }

  /** The bytes of a chunk. A server that was started anew makes it again once it is asked for the list. */
  async chunk(url, signal) {
    try {
      return await api.chunk(url, signal);
    } catch (error) {
      if (error.status !== 404) throw error;
      for (const key of this._sounds.keys()) {
        const [id, query] = key.split("?");
        if (id === this.heardId) await api.sound(id, Object.fromEntries(new URLSearchParams(query)));
      }
      return api.chunk(url, signal);
    }
  }

  // ---------------------------------------------------------------------------------------------- changing

  /** Begin: menus and the document. */
  async open() {
    [this.options] = await Promise.all([api.options(), this._take(await api.state())]);
  }

  /** @param {object} settings @param {(error: Error) => void} failed */
  make(settings, failed) {
    return this._work("Improvising", (more) => api.make(settings, more), failed);
  }

  /** Bars of the take that is heard played anew. */
  again({ bars, part, changes }, fromBar) {
    const where = bars ? `bars ${bars[0]} to ${bars[1]}` : "all bars";
    const edit = { bars, part, ...(changes && Object.keys(changes).length ? { changes } : {}) };
    return this._work(`Playing ${where} of ${part} again`, (more) =>
      api.again(this.heardId, edit, { ...more, from_bar: fromBar }),
    );
  }

  tempo(tempo, fromBar) {
    const id = this.heardId;
    return this._work(`Changing the tempo to ${tempo}`, (more) =>
      api.tempo(id, tempo, { ...more, from_bar: fromBar }),
    );
  }

  openFile(name, data) {
    return this._work(`Opening ${name}`, (more) => api.open(name, data, more));
  }

  /** A take that is on disk: `kind` is "favourites" or "recent". */
  openKept(kind, name) {
    return this._work("Opening a take", (more) => api.openKept(kind, name, more));
  }

  choose(id) {
    this.hearsOther = false;
    return this._step(() => (id === this.state.current ? Promise.resolve(this.state) : api.choose(id)));
  }

  remove(id) {
    return this._step(() => api.remove(id));
  }

  /** Keep a take on disk, or no more. */
  favour(take) {
    return this._step(() => (take.favourite ? api.forget("favourites", take.favourite) : api.favour(take.id)));
  }

  forget(kind, name) {
    return this._step(() => api.forget(kind, name));
  }

  /** Compare with `id` from now on; with none if it is that already. */
  async compareWith(id) {
    this.other = this.other === id ? null : id;
    this.hearsOther = false;
    if (this.other) await this._roll(id);
    this._tell("document");
    this._tell("heard");
  }

  /** Hear the other one of A and B. */
  swap() {
    if (!this.other) return;
    this.hearsOther = !this.hearsOther;
    this._tell("heard");
  }

  setDesk(label, part, changes) {
    const before = this.desk;
    this.desk = { ...before, [part]: { ...(before[part] ?? UNITY), ...changes } };
    this.history.add("desk", label, before, this.desk);
    this._tell("desk");
  }

  /** The form has changed under the user's fingers. */
  setForm(form, quietly = false) {
    if (!quietly) this.history.add("form", "the settings", this.form, form);
    this.form = form;
    this._tell("history");
  }

  /** @param {[number, number] | null} bars */
  chooseBars(bars) {
    this.bars = bars;
    this._tell("choice");
  }

  choosePart(part) {
    this.part = part;
    this._tell("choice");
  }

  undo() {
    return this._back(-1);
  }

  redo() {
    return this._back(1);
  }

  /** What the server says by itself, after what this page asked for as after what another did. */
  told(state) {
    if (this._busy) this._told = state;
    else this._take(state);
  }

  // ---------------------------------------------------------------------------------------------- inside

  async _back(by) {
    if (this._moving) return; // two quick presses must not overtake each other
    this._moving = true;
    try {
      const step = by < 0 ? this.history.undoable : this.history.redoable;
      if (!step) return;
      if (step.kind === "document") {
        await this._step(() => (by < 0 ? api.undo() : api.redo()), () => this.history.move(by));
        return;
      }
      this.history.move(by);
      this[step.kind] = JSON.parse(by < 0 ? step.before : step.after);
      this._tell(step.kind);
      this._tell("history");
    } finally {
      this._moving = false;
    }
  }

  async _work(text, work, failed) {
    this._busy += 1;
    try {
      const answer = await progress.run(text, work, failed);
      if (!answer) return null;
      const { id } = answer.take;
      this._keep(answer.roll);
      this._sounds.set(`${id}?`, Promise.resolve(answer.sound));
      this.hearsOther = false;
      await this._take(answer.state);
      return answer.take;
    } finally {
      this._unlock();
    }
  }

  async _step(work, moved = () => {}) {
    this._busy += 1;
    try {
      const state = await work();
      moved();
      await this._take(state);
    } catch (error) {
      say(error.message, "error");
    } finally {
      this._unlock();
    }
  }

  _unlock() {
    this._busy -= 1;
    const told = this._told;
    if (this._busy || !told) return;
    this._told = null;
    if (told.version > this.state.version) this._take(told);
  }

  async _take(state) {
    if (state.version < this.state.version) return;
    const before = this.heardId;
    const known = this.state.version;
    this.state = state;
    this.history.meet(state);
    if (!this.takes.some((take) => take.id === this.other)) {
      this.other = null;
      this.hearsOther = false;
    }
    for (const id of this._rolls.keys()) this._trim(id);
    if (this.heardId !== before || known < 0) {
      if (this.heardId) await this._roll(this.heardId);
      this._tell("heard"); // sound first: what is shown can wait for it
      await soon();
    }
    this._tell("document");
  }

  /** Rolls and lists of takes that are gone are kept for undo, but not without end. */
  _trim(id) {
    if (this._rolls.size <= 40 || this.takes.some((take) => take.id === id)) return;
    this._rolls.delete(id);
    for (const key of this._sounds.keys()) if (key.startsWith(`${id}?`)) this._sounds.delete(key);
  }

  async _roll(id) {
    return this._rolls.get(id) ?? this._keep(await api.roll(id));
  }

  _keep(roll) {
    const timeline = new Timeline(roll.bars, roll.ticks, roll.seconds);
    this._rolls.set(roll.id, { ...roll, timeline });
    return this._rolls.get(roll.id);
  }

  _sound(key, id, variant) {
    if (!this._sounds.has(key)) {
      const coming = api.sound(id, variant);
      coming.catch(() => this._sounds.delete(key));
      this._sounds.set(key, coming);
    }
    return this._sounds.get(key);
  }

  _tell(what) {
    this.dispatchEvent(new Event(what));
  }
}
