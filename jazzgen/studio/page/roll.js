/**
 * The piano roll as a control: one looks at it, points at it and moves about in it with the keyboard.
 *
 * To a screen reader it is a slider over the bars, whose value says chord and section; the notes are in the view
 * beside it as text. The canvas is only as large as what is seen of the roll, since a long take would need more
 * memory than a phone gives to one.
 */

import { el } from "./dom.js";
import { RollLayout } from "./roll_layout.js";
import { colours, kindName, kindOf, paintMoving, paintRoll, pitchName } from "./roll_paint.js";

/** The notes of `part` of `roll`, by onset; of the band all but the drums'. */
export function notesOf(roll, part) {
  const shown = roll?.parts.filter(({ name, drums }) => name === part || (part === "band" && name !== "solo" && !drums)) ?? [];
  return shown.flatMap((each) => each.notes).sort((a, b) => a[0] - b[0]);
}

const DRAG = 6; // pixels from which on a press is a drag

export class Roll {
  /**
   * @param {HTMLElement} box
   * @param {{place: (tick: number) => void, choose: (bars: [number, number] | null) => void,
   *   why: (note: number) => void}} on
   * @param {string} name For screen readers.
   */
  constructor(box, on, name) {
    this._box = box;
    this._on = on;
    this._standing = el("canvas");
    this._moving = el("canvas");
    this._window = el("div", { class: "roll-window" }, [this._standing, this._moving]);
    this._space = el("div", { class: "roll-space" }, [this._window]);
    box.append(this._space);
    for (const [name_, value] of Object.entries({ role: "slider", tabindex: 0, "aria-label": name, "aria-valuemin": 1, "aria-valuemax": 1, "aria-valuenow": 1 })) {
      box.setAttribute(name_, value);
    }
    this._roll = null;
    this._part = "solo";
    this._notes = [];
    this._now = { tick: 0, bars: null, sounding: [], why: null };
    this._seen = "";
    box.addEventListener("scroll", () => this._paint(), { passive: true });
    new ResizeObserver(() => this._lay()).observe(box);
    this._listen();
  }

  /** Show `part` of `roll`; null: nothing. Room is made for all of `pitches`. */
  show(roll, part, pitches) {
    const range = pitches.length ? [Math.min(...pitches), Math.max(...pitches)] : [60, 60];
    if (roll === this._roll && part === this._part && String(range) === String(this._range)) return;
    const other = roll !== this._roll || part !== this._part;
    this._roll = roll;
    this._part = part;
    this._range = range;
    this._drums = part === "drums";
    this._notes = notesOf(roll, part);
    if (other) this._now.why = null;
    this._lay();
  }

  /** How many notes are of which kind, as shares of one: chord, scale, outside, none. */
  get shares() {
    const counts = [0, 0, 0, 0];
    if (!this._roll || this._drums) return counts;
    for (const note of this._notes) counts[kindOf(note, this._roll)] += 1;
    return counts.map((count) => count / Math.max(1, this._notes.length));
  }

  /** Colours have changed. */
  repaint() {
    this._ink = null;
    this._paint();
  }

  /** Put the playhead at `tick`, and what is chosen; cheap, and does nothing where nothing changes. */
  move(tick, bars, follow) {
    if (!this._layout) return;
    const sounding = follow ? this._sounding(tick) : [];
    const seen = `${Math.round(this._layout.x(tick, { start: 0 }) * 2)} ${bars} ${sounding.length && sounding[0][0]} ${this._box.scrollTop}`;
    if (seen === this._seen) return;
    this._seen = seen;
    const moved = follow || tick !== this._now.tick; // and not only scrolled
    this._now = { ...this._now, tick, bars, sounding };
    if (moved) this._follow(tick);
    this._paintMoving();
    this._speak(tick);
  }

  /** Mark one note, that something is said about; -1: none. */
  mark(index) {
    this._now.why = this._notes[index] ?? null;
    this._paintMoving();
  }

  /** The note that sounds at `tick`, or the last before it, or the first; -1 if there is none. */
  noteBefore(tick) {
    const found = this._notes.findLastIndex((note) => note[0] <= tick + 1);
    return found < 0 && this._notes.length ? 0 : found;
  }

  // ---------------------------------------------------------------------------------------------- painting

  _lay() {
    const width = this._box.clientWidth;
    if (!this._roll || !width) {
      this._layout = null;
      this._space.style.height = "0";
      return;
    }
    this._layout = new RollLayout(this._roll.timeline, this._range, width);
    this._space.style.height = `${this._layout.height}px`;
    this._box.setAttribute("aria-valuemax", this._roll.timeline.length);
    this._spoken = "";
    this._paint();
    this._speak(this._now.tick);
  }

  _size(canvas, width, height) {
    const ratio = Math.min(globalThis.devicePixelRatio || 1, 2.5);
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.translate(0, -this._box.scrollTop);
    return pen;
  }

  _paint() {
    if (!this._layout) return;
    this._ink ??= colours(this._box);
    const { clientWidth: width, clientHeight: height, scrollTop } = this._box;
    const pen = this._size(this._standing, width, height);
    paintRoll(pen, this._layout, this._roll, this._notes, this._ink, scrollTop, scrollTop + height, this._drums);
    this._paintMoving();
  }

  _paintMoving() {
    if (!this._layout) return;
    this._ink ??= colours(this._box);
    const pen = this._size(this._moving, this._box.clientWidth, this._box.clientHeight);
    paintMoving(pen, this._layout, this._ink, this._now);
  }

  _sounding(tick) {
    return this._notes.filter((note) => note[0] <= tick && tick < note[1]);
  }

  /** Keep the row of the playhead in sight, unless somebody is scrolling or dragging. */
  _follow(tick) {
    if (this._drag || performance.now() - (this._scrolledAt ?? -1e4) < 2500) return;
    const index = this._layout.rowAt(tick);
    if (index === this._followed) return;
    this._followed = index;
    const top = index * this._layout.pitch;
    const { scrollTop, clientHeight } = this._box;
    if (top < scrollTop || top + this._layout.pitch > scrollTop + clientHeight) this._box.scrollTop = Math.max(0, top - 4);
  }

  _speak(tick) {
    const bar = this._roll.timeline.barAt(tick) + 1;
    const text = `${bar} of ${this._roll.timeline.length}, ${this._chordsOf(bar)}${this._sectionOf(tick)}`;
    if (text === this._spoken) return;
    this._spoken = text;
    this._box.setAttribute("aria-valuenow", bar);
    this._box.setAttribute("aria-valuetext", `bar ${text}`);
  }

  _chordsOf(bar) {
    const [from, to] = [this._roll.timeline.tickOf(bar - 1), this._roll.timeline.tickOf(bar)];
    const inBar = this._roll.chords.filter((chord) => chord.tick < to && chord.end > from);
    return inBar.map((chord) => chord.shown ?? chord.symbol).join(", ") || "no chord";
  }

  _sectionOf(tick) {
    const section = this._roll.sections.findLast((each) => each.tick <= tick);
    return section ? `, section ${section.name}` : "";
  }

  // ---------------------------------------------------------------------------------------------- pointing

  _listen() {
    const box = this._box;
    box.addEventListener("wheel", () => (this._scrolledAt = performance.now()), { passive: true });
    box.addEventListener("pointerdown", (event) => this._down(event));
    box.addEventListener("pointermove", (event) => this._over(event));
    box.addEventListener("pointerup", (event) => this._up(event));
    box.addEventListener("pointercancel", () => (this._drag = null));
    box.addEventListener("dblclick", (event) => {
      const note = this._noteAt(event);
      if (note >= 0) this._on.why(note);
    });
    box.addEventListener("keydown", (event) => this._key(event));
  }

  _point(event) {
    const frame = this._window.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top + this._box.scrollTop];
  }

  _noteAt(event) {
    return this._layout && this._part === "solo" ? this._layout.noteAt(this._notes, ...this._point(event)) : -1;
  }

  _down(event) {
    // A press on the scroll bar is none of ours.
    if (event.button !== 0 || !this._layout || event.offsetX > this._box.clientWidth) return;
    const { tick } = this._layout.at(...this._point(event));
    this._drag = { x: event.clientX, y: event.clientY, bar: this._roll.timeline.barAt(tick) + 1, moved: false };
    if (event.shiftKey && this._now.bars) {
      this._drag.bar = this._far(this._drag.bar);
      this._drag.moved = true;
    }
    if (event.pointerType === "mouse") this._box.setPointerCapture(event.pointerId);
  }

  /** The end of the chosen bars that is farther from `bar`: shift extends from there. */
  _far(bar) {
    const [from, to] = this._now.bars;
    return Math.abs(bar - from) > Math.abs(bar - to) ? from : to;
  }

  _over(event) {
    if (!this._layout) return;
    const drag = this._drag;
    if (!drag) {
      this._tip(event);
      return;
    }
    if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < DRAG) return;
    drag.moved = true;
    const { tick } = this._layout.at(...this._point(event));
    const bar = this._roll.timeline.barAt(tick) + 1;
    this._on.choose([Math.min(bar, drag.bar), Math.max(bar, drag.bar)]);
  }

  _up(event) {
    const drag = this._drag;
    this._drag = null;
    if (!drag || !this._layout) return;
    const { tick } = this._layout.at(...this._point(event));
    if (!drag.moved) {
      this._on.place(tick);
      return;
    }
    const bar = this._roll.timeline.barAt(tick) + 1;
    this._on.choose([Math.min(bar, drag.bar), Math.max(bar, drag.bar)]);
  }

  _tip(event) {
    const note = this._notes[this._layout.noteAt(this._notes, ...this._point(event))];
    let text = "";
    if (note && !this._drums) {
      const { bar, beat } = this._roll.timeline.placeOf(note[0]);
      text = `bar ${bar}, beat ${beat}: ${pitchName(note[2])}, ${kindName(kindOf(note, this._roll))}`;
    }
    if (this._window.title !== text) this._window.title = text;
  }

  // ---------------------------------------------------------------------------------------------- keyboard

  /** Move the end of the chosen bars that moves by `step`; without any, choose the bar of the playhead. */
  reach(step) {
    if (!this._roll) return;
    const { timeline } = this._roll;
    const here = timeline.barAt(this._now.tick) + 1;
    const now = this._now.bars;
    if (!now) this._reached = { anchor: here, end: here };
    else if (!this._reached || String(now) !== String(ordered(this._reached))) this._reached = { anchor: now[0], end: now[1] };
    if (now) this._reached.end = Math.max(1, Math.min(timeline.length, this._reached.end + step));
    this._on.choose(ordered(this._reached));
  }

  _key(event) {
    if (!this._roll || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -4, ArrowDown: 4, PageUp: -8, PageDown: 8 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) {
      this.reach(step);
      return;
    }
    const { timeline } = this._roll;
    const bar = timeline.barAt(this._now.tick);
    this._on.place(timeline.tickOf(Math.max(0, Math.min(timeline.length - 1, bar + step))));
  }
}

const ordered = ({ anchor, end }) => [Math.min(anchor, end), Math.max(anchor, end)];
