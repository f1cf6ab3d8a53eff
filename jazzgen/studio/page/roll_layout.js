/**
 * Where things stand in a piano roll: a few bars to a row, rows beneath each other, as in `jazzgen plot`. Pure
 * arithmetic; x and y are CSS pixels from the upper left corner of the whole roll.
 */

const LEFT = 40; // the keyboard
const RIGHT = 10;
export const HEADER = 34; // above a row: bar numbers and sections, then chords
const GAP = 14;
const ROW = 150; // the height at which a row begins to take lower notes
const SEMITONE = [4, 7];
const NARROW = 620; // pixels; below, half as many bars stand in a row

export class RollLayout {
  /**
   * @param {import("./timeline.js").Timeline} timeline
   * @param {[number, number]} range The lowest and the highest pitch that is shown.
   * @param {number} width Of the roll.
   */
  constructor(timeline, range, width) {
    this.timeline = timeline;
    this.width = width;
    const perRow = width < 380 ? 2 : width < NARROW ? 3 : width > 1500 ? 8 : 4;
    this.rows = [];
    for (let first = 0; first < this.timeline.length; first += perRow) {
      const after = Math.min(first + perRow, this.timeline.length);
      this.rows.push({ first, after, start: this.timeline.tickOf(first), end: this.timeline.tickOf(after) });
    }
    this.ticksPerRow = Math.max(...this.rows.map((row) => row.end - row.start));
    this.low = range[0] - 2;
    this.high = range[1] + 2;
    const lanes = this.high - this.low + 1;
    this.semitone = Math.min(Math.max(ROW / lanes, SEMITONE[0]), SEMITONE[1]);
    this.rowHeight = lanes * this.semitone;
    this.pitch = HEADER + this.rowHeight + GAP; // from a row to the next
    this.height = Math.ceil(this.rows.length * this.pitch + 6);
    this.left = LEFT;
  }

  /** @param {number} tick @param {{start: number}} row */
  x(tick, row) {
    return LEFT + ((tick - row.start) * (this.width - LEFT - RIGHT)) / this.ticksPerRow;
  }

  /** The upper edge of the lanes of row `index`. */
  top(index) {
    return index * this.pitch + HEADER;
  }

  /** The upper edge of the lane of `pitch` in row `index`. */
  y(pitch, index) {
    return this.top(index) + (this.high - pitch) * this.semitone;
  }

  /** The index of the row that `tick` stands in. */
  rowAt(tick) {
    const found = this.rows.findIndex((row) => tick < row.end);
    return found < 0 ? this.rows.length - 1 : found;
  }

  /** What is at a point: row, tick and pitch. */
  at(x, y) {
    const index = Math.max(0, Math.min(this.rows.length - 1, Math.floor(y / this.pitch)));
    const row = this.rows[index];
    const share = (x - LEFT) / (this.width - LEFT - RIGHT);
    const tick = Math.max(row.start, Math.min(row.end - 1, row.start + share * this.ticksPerRow));
    const pitch = this.high - Math.floor((y - this.top(index)) / this.semitone);
    return { index, tick, pitch };
  }

  /** The index in `notes` of the note at a point; -1 for none. Thin notes are hit beside them, too. */
  noteAt(notes, x, y) {
    const { tick, pitch } = this.at(x, y);
    let best = -1;
    let nearest = 1.6;
    notes.forEach(([start, end, height], index) => {
      const away = Math.abs(height - pitch) + (tick < start - 1 || tick > end + 1 ? 9 : 0);
      if (away < nearest) [best, nearest] = [index, away];
    });
    return best;
  }
}
