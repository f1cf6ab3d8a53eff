/**
 * Places in a take. A place is in ticks of its grid, which are the same at every tempo and in every take over the
 * same chart; sound has seconds. Between two bar lines the two are proportional, in any meter.
 */

/** The index of the last of the ascending `values` that is no more than `value`; 0 if none is. */
export function indexAt(values, value) {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (values[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

export class Timeline {
  /**
   * @param {{tick: number, seconds: number, beats: number}[]} bars Bar lines at the take's own tempo.
   * @param {number} endTick Of the last bar line.
   * @param {number} endSeconds Of the last bar line.
   */
  constructor(bars, endTick, endSeconds) {
    this.bars = bars;
    this.end = endTick;
    this.seconds = endSeconds;
    this._ticks = [...bars.map((bar) => bar.tick), endTick];
    this._seconds = [...bars.map((bar) => bar.seconds), endSeconds];
  }

  get length() {
    return this.bars.length;
  }

  /** The index of the bar that `tick` lies in. */
  barAt(tick) {
    return Math.min(indexAt(this._ticks, tick), this.bars.length - 1);
  }

  /** The first tick of bar `index`; of the one behind the last, the end. */
  tickOf(index) {
    return this._ticks[Math.max(0, Math.min(index, this.bars.length))];
  }

  /** Seconds from the first bar line at the take's own tempo. */
  secondsAt(tick) {
    return between(this._ticks, this._seconds, tick);
  }

  /** The twin of `secondsAt`. */
  tickAt(seconds) {
    return between(this._seconds, this._ticks, seconds);
  }

  /** `tick` as bar and whole beat, from 1. */
  placeOf(tick) {
    const bar = this.barAt(tick);
    const beat = Math.floor(this._beats(tick, bar) + 1e-6);
    return { bar: bar + 1, beat: Math.max(1, Math.min(this.bars[bar].beats, beat + 1)) };
  }

  /** The beat of its bar at which `tick` lies, from 1, to a hundredth: 2.5 is the "and" of two. */
  beatAt(tick) {
    return Number((this._beats(tick, this.barAt(tick)) + 1).toFixed(2));
  }

  _beats(tick, bar) {
    const [start, end] = [this._ticks[bar], this._ticks[bar + 1]];
    return ((tick - start) / (end - start)) * this.bars[bar].beats;
  }
}

function between(xs, ys, x) {
  const at = Math.min(indexAt(xs, x), xs.length - 2);
  const share = (x - xs[at]) / (xs[at + 1] - xs[at]);
  return ys[at] + share * (ys[at + 1] - ys[at]);
}
