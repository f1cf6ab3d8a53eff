/** Paints a piano roll on a canvas: what stands (`paintRoll`), and above it what moves (`paintMoving`). */

import { HEADER } from "./roll_layout.js";

const KINDS = ["chord", "scale", "outside", "none"];
const PITCHES = ["C", "D♭", "D", "E♭", "E", "F", "G♭", "G", "A♭", "A", "B♭", "B"];
const BLACK = new Set([1, 3, 6, 8, 10]);
const FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif";

/** 60 as "C4". */
export const pitchName = (pitch) => `${PITCHES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;

/** What a note is to the chord beneath most of it: an index of `KINDS`; the solo's say it themselves. */
export function kindOf(note, roll) {
  if (note[6] != null) return note[6];
  const middle = (note[0] + note[1] - 1) / 2;
  const chord = roll.chords.findLast((each) => each.tick <= middle);
  if (!chord?.tones?.length) return 3;
  if (chord.tones.includes(note[2] % 12)) return 0;
  return chord.scale?.includes(note[2] % 12) ? 1 : 2;
}

export const kindName = (kind) => ["chord tone", "scale tone", "outside tone", "no chord"][kind];

/** The page's colours, as the style sheet has them for light or dark. */
export function colours(element) {
  const style = getComputedStyle(element);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  const named = ["ink", "soft", "line", "beat", "lane", "paper", "play", "choose", "choose-line", "black-key"];
  for (const kind of KINDS) named.push(kind, `${kind}-line`);
  return Object.fromEntries(named.map((name) => [name, of(name)]));
}

/**
 * @param {CanvasRenderingContext2D} pen Moved so that the roll's corner is its origin.
 * @param {import("./roll_layout.js").RollLayout} layout
 * @param {object} roll @param {number[][]} notes @param {Record<string, string>} ink
 * @param {number} from @param {number} to Pixels from the top that are seen.
 * @param {boolean} drums Drums have no tones of a chord.
 */
export function paintRoll(pen, layout, roll, notes, ink, from, to, drums) {
  const first = Math.max(0, Math.floor(from / layout.pitch));
  const last = Math.min(layout.rows.length - 1, Math.floor(to / layout.pitch));
  for (let index = first; index <= last; index++) {
    const row = layout.rows[index];
    if (!drums) lanes(pen, layout, roll, ink, index, row);
    barLines(pen, layout, roll, ink, index, row);
    keyboard(pen, layout, ink, index, drums);
    chords(pen, layout, roll, ink, index, row);
    for (const note of notes) {
      if (note[0] >= row.end) break;
      if (note[1] > row.start) paintNote(pen, layout, note, drums ? 3 : kindOf(note, roll), ink, index, row);
    }
  }
}

function lanes(pen, layout, roll, ink, index, row) {
  pen.fillStyle = ink.lane;
  for (const chord of roll.chords) {
    if (chord.end <= row.start || chord.tick >= row.end || !chord.tones?.length) continue;
    const x = layout.x(Math.max(chord.tick, row.start), row);
    const width = layout.x(Math.min(chord.end, row.end), row) - x;
    for (let pitch = layout.low; pitch <= layout.high; pitch++) {
      if (chord.tones.includes(pitch % 12)) pen.fillRect(x, layout.y(pitch, index), width, layout.semitone);
    }
  }
}

function barLines(pen, layout, roll, ink, index, row) {
  const top = layout.top(index);
  const bottom = top + layout.rowHeight;
  const line = (tick, colour, width, above = 0) => {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(layout.x(tick, row), top - above);
    pen.lineTo(layout.x(tick, row), bottom);
    pen.stroke();
  };
  pen.textAlign = "left";
  for (let bar = row.first; bar < row.after; bar++) {
    const [start, end] = [layout.timeline.tickOf(bar), layout.timeline.tickOf(bar + 1)];
    const { beats } = layout.timeline.bars[bar];
    for (let beat = 1; beat < beats; beat++) line(start + ((end - start) * beat) / beats, ink.beat, 0.75);
    line(start, ink.soft, 1, 4);
    pen.fillStyle = ink.soft;
    pen.font = `10px ${FONT}`;
    pen.fillText(String(bar + 1), layout.x(start, row) + 3, top - 22);
  }
  line(row.end, row.end === layout.timeline.end ? ink.ink : ink.soft, row.end === layout.timeline.end ? 3 : 1, 4);
  pen.strokeStyle = ink.line;
  pen.lineWidth = 0.75;
  pen.strokeRect(layout.left, top, layout.x(row.end, row) - layout.left, layout.rowHeight);
}

function keyboard(pen, layout, ink, index, drums) {
  pen.textAlign = "right";
  pen.font = `9px ${FONT}`;
  for (let pitch = layout.low; pitch <= layout.high; pitch++) {
    const y = layout.y(pitch, index);
    if (!drums) {
      pen.fillStyle = BLACK.has(pitch % 12) ? ink["black-key"] : ink.paper;
      pen.fillRect(layout.left - 13, y, BLACK.has(pitch % 12) ? 8 : 11, layout.semitone);
      pen.strokeStyle = ink.line;
      pen.lineWidth = 0.5;
      pen.strokeRect(layout.left - 13, y, 11, layout.semitone);
      pen.fillStyle = ink.soft;
      if (pitch % 12 === 0 || pitch % 12 === 5) pen.fillText(pitchName(pitch), layout.left - 16, y + layout.semitone);
    }
  }
}

function chords(pen, layout, roll, ink, index, row) {
  const top = layout.top(index);
  for (const section of roll.sections) {
    if (section.tick < row.start || section.tick >= row.end) continue;
    const x = layout.x(section.tick, row);
    pen.font = `bold 11px ${FONT}`;
    pen.textAlign = "left";
    const width = pen.measureText(section.name).width + 9;
    pen.strokeStyle = ink.soft;
    pen.lineWidth = 1;
    pen.strokeRect(x + 20.5, top - 32.5, width, 14);
    pen.fillStyle = ink.ink;
    pen.fillText(section.name, x + 25, top - 21.5);
    pen.fillRect(x - 1, top - 4, 2, layout.rowHeight + 4);
  }
  pen.textAlign = "left";
  pen.fillStyle = ink.ink;
  for (const chord of roll.chords) {
    if (chord.end <= row.start || chord.tick >= row.end) continue;
    const from = layout.x(Math.max(chord.tick, row.start), row);
    const room = layout.x(Math.min(chord.end, row.end), row) - from - 5;
    const text = chord.shown ?? chord.symbol;
    pen.font = `600 14px ${FONT}`;
    const size = Math.min(14, Math.max(8, (14 * room) / pen.measureText(text).width));
    pen.font = `600 ${size}px ${FONT}`;
    pen.fillText(text, from + 3, top - 6, Math.max(room, 12));
  }
}

function paintNote(pen, layout, note, kind, ink, index, row) {
  const name = KINDS[kind];
  const x = layout.x(Math.max(note[0], row.start), row);
  const width = Math.max(1.6, layout.x(Math.min(note[1], row.end), row) - x - 0.8);
  const y = layout.y(note[2], index);
  const height = layout.semitone;
  const thick = kind === 2 ? 1.25 : 0.9;
  pen.globalAlpha = 0.55 + 0.45 * Math.min(1, note[3] / 100); // soft notes are a little paler
  pen.fillStyle = ink[name];
  pen.strokeStyle = ink[`${name}-line`];
  pen.lineWidth = thick;
  pen.fillRect(x, y, width, height);
  pen.strokeRect(x + thick / 2, y + thick / 2, Math.max(width - thick, 0.5), height - thick);
  if (kind === 2 && height > 5) {
    pen.beginPath();
    pen.moveTo(x, y + height / 2);
    pen.lineTo(x + width, y + height / 2);
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

/**
 * The choice, the notes that sound, and the playhead.
 * @param {{tick: number | null, bars: [number, number] | null, sounding: number[][], why: number[] | null}} what
 */
export function paintMoving(pen, layout, ink, { tick, bars, sounding, why }) {
  if (bars) {
    const [from, to] = [layout.timeline.tickOf(bars[0] - 1), layout.timeline.tickOf(bars[1])];
    layout.rows.forEach((row, index) => {
      if (to <= row.start || from >= row.end) return;
      const x = layout.x(Math.max(from, row.start), row);
      const width = layout.x(Math.min(to, row.end), row) - x;
      pen.fillStyle = ink.choose;
      pen.fillRect(x, layout.top(index) - HEADER + 2, width, layout.rowHeight + HEADER - 2);
      pen.strokeStyle = ink["choose-line"];
      pen.lineWidth = 1.5;
      pen.strokeRect(x, layout.top(index) - HEADER + 2, width, layout.rowHeight + HEADER - 2);
    });
  }
  const ring = (note, colour) => {
    const index = layout.rowAt(note[0]);
    const row = layout.rows[index];
    const x = layout.x(note[0], row);
    const width = layout.x(Math.min(note[1], row.end), row) - x;
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.strokeRect(x - 1.5, layout.y(note[2], index) - 1.5, width + 3, layout.semitone + 3);
  };
  for (const note of sounding) ring(note, ink.play);
  if (why) ring(why, ink.ink);
  if (tick == null) return;
  const index = layout.rowAt(tick);
  const x = layout.x(tick, layout.rows[index]);
  const top = layout.top(index);
  pen.fillStyle = ink.play;
  pen.fillRect(x - 1, top - 8, 2, layout.rowHeight + 10);
  pen.beginPath();
  pen.moveTo(x - 5, top - 10);
  pen.lineTo(x + 5, top - 10);
  pen.lineTo(x, top - 3);
  pen.fill();
}
