/**
 * The mixing desk: a strip a part, from its gain over its place in the stereo picture to a meter, and the sum of
 * all. Changes are heard at once, since every part sounds all the time, a muted one at nothing.
 */

export const UNITY = Object.freeze({ mute: false, solo: false, volume: 0, pan: 0 });
const SMOOTH_S = 0.012; // a gain that jumps clicks
const LEVEL_S = 0.3; // the level of the whole may be known late, and then nothing should jump
const FLOOR_DB = -60;
export const SILENT_DB = -40; // the lower end of a fader is silence

/** @param {number} decibels @returns {number} */
export const gainOf = (decibels) => (decibels <= SILENT_DB ? 0 : 10 ** (decibels / 20));

/**
 * The parts that are heard: not those muted, and if any is alone, only such.
 * @param {Record<string, {mute: boolean, solo: boolean}>} mix
 * @param {string[]} parts
 */
export function heard(mix, parts) {
  const alone = parts.some((part) => mix[part]?.solo);
  return parts.filter((part) => !mix[part]?.mute && (!alone || mix[part]?.solo));
}

export class Desk {
  /** @param {AudioContext} context */
  constructor(context) {
    this._context = context;
    this._strips = new Map();
    this._master = this._strip(context.destination, false);
    this._level = 1;
    this._balance = {}; // by part
  }

  /** Where the sound of `part` goes. @returns {AudioNode} */
  input(part) {
    return this._of(part).gain;
  }

  /** Clicks of a count-in go past the strips, but not past the master. */
  get clicks() {
    return this._master.gain;
  }

  /**
   * @param {Record<string, {mute: boolean, solo: boolean, volume: number, pan: number}>} mix By part.
   * @param {string[]} parts All that there are.
   */
  set(mix, parts) {
    const loud = new Set(heard(mix, parts));
    for (const part of parts) {
      const { volume, pan } = mix[part] ?? UNITY;
      const strip = this._of(part);
      const now = this._context.currentTime;
      strip.gain.gain.setTargetAtTime(loud.has(part) ? gainOf(volume) * (this._balance[part] ?? 1) : 0, now, SMOOTH_S);
      strip.pan.pan.setTargetAtTime(pan, now, SMOOTH_S);
    }
    this._setMaster(mix.master?.volume ?? 0);
  }

  /**
   * How loud parts and their sum are made: what `jazzgen render` multiplies them by.
   * @param {{gain: number, parts: Record<string, number>}} level Heard of the parts from the next `set` on.
   */
  set level({ gain, parts }) {
    this._level = gain;
    this._balance = parts;
    this._setMaster(this._masterDb ?? 0, LEVEL_S);
  }

  /** The level of `part` ("master": of all) as it sounds, its share of the whole's level, 0..1 of decibels. */
  meter(part) {
    const { meter, samples } = part === "master" ? this._master : this._of(part);
    meter.getFloatTimeDomainData(samples);
    let peak = 0;
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
    if (part !== "master") peak *= this._level;
    return peak ? Math.max(0, 1 - (20 * Math.log10(peak)) / FLOOR_DB) : 0;
  }

  _setMaster(decibels, smooth = SMOOTH_S) {
    this._masterDb = decibels;
    this._master.gain.gain.setTargetAtTime(this._level * gainOf(decibels), this._context.currentTime, smooth);
  }

  _of(part) {
    if (!this._strips.has(part)) this._strips.set(part, this._strip(this._master.gain, true));
    return this._strips.get(part);
  }

  _strip(to, panned) {
    const gain = this._context.createGain();
    const meter = this._context.createAnalyser();
    meter.fftSize = 1024;
    const pan = panned ? this._context.createStereoPanner() : null;
    if (pan) gain.connect(pan).connect(to);
    else gain.connect(to);
    (pan ?? gain).connect(meter);
    return { gain, pan, meter, samples: new Float32Array(meter.fftSize) };
  }
}
