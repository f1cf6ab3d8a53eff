/**
 * Practising: each time round a loop is a little faster, or in the next key. Nothing of the take changes; it is the
 * same notes, sounding otherwise, which the server makes as it makes any sound.
 */

const FASTER = 1.05;
const MOST_BPM = 400;
const STEPS = { fourth: 5, semitone: 1 };

/** @param {number} semitones @returns {number} The same key, at most half an octave away. */
const near = (semitones) => ((((semitones + 5) % 12) + 12) % 12) - 5;

export class Practice {
  /**
   * @param {(variant: object) => Promise<import("./player.js").Plan>} plan Makes the plan of a variant of the take.
   * @param {() => number} tempo The take's own.
   */
  constructor(plan, tempo) {
    this._plan = plan;
    this._tempo = tempo;
    this._coming = new Map();
    /** "", "faster", "fourth" or "semitone". */
    this.kind = "";
  }

  /** Another take plays: forget the sound of the old one. */
  forget() {
    this._coming.clear();
  }

  /** The plan of the next time round: `now` again until the other is here. @param {import("./player.js").Plan} now */
  next(now) {
    const variant = this._after(now.variant ?? {});
    if (!variant) return now;
    const key = JSON.stringify(variant);
    if (!this._coming.has(key)) {
      this._coming.set(key, null);
      this._plan(variant).then(
        (plan) => this._coming.set(key, plan),
        () => this._coming.delete(key),
      );
    }
    return this._coming.get(key) ?? now;
  }

  _after(variant) {
    if (this.kind === "faster") {
      const tempo = Math.round((variant.tempo ?? this._tempo()) * FASTER * 10) / 10;
      return tempo <= MOST_BPM ? { ...variant, tempo } : null;
    }
    const step = STEPS[this.kind];
    return step ? { ...variant, transpose: near((variant.transpose ?? 0) + step) } : null;
  }
}

/** A variant in words, "" for the take as it is. */
export function variantName({ tempo, transpose } = {}) {
  const words = [];
  if (tempo) words.push(`${Math.round(tempo)} BPM`);
  if (transpose) words.push(`${transpose > 0 ? "+" : "−"}${Math.abs(transpose)} semitones`);
  return words.join(", ");
}
