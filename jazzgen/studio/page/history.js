/**
 * The order of what was done, for one undo of everything.
 *
 * Two keep states: the server the document (takes, and which is the current one), with an undo of its own, and
 * this page its desk and its form. A step here is either the document's, and says only that the server has one,
 * or the page's, and holds the value before and behind it. Steps of one kind that follow each other quickly (a
 * fader that is dragged, letters that are typed) are one step.
 */

const TOGETHER_MS = 1000;
const DOCUMENT = "document";

/**
 * @typedef {object} Step
 * @property {string} kind "document", or a part of the page's state.
 * @property {string} label For people.
 * @property {string} [before] The part as JSON.
 * @property {string} [after]
 */

export class History {
  /** @param {() => number} clock Milliseconds; an argument so that a test can turn it. */
  constructor(clock = () => performance.now()) {
    /** @type {Step[]} */
    this._steps = [];
    this._at = 0; // steps that are done; those behind can be done again
    this._clock = clock;
    this._grown = -Infinity;
  }

  /** What undo would take back; null for nothing. @returns {Step | null} */
  get undoable() {
    return this._steps[this._at - 1] ?? null;
  }

  /** What redo would do again. @returns {Step | null} */
  get redoable() {
    return this._steps[this._at] ?? null;
  }

  /** The page's own step: its part `kind` was `before` and is `after`, both plain data. */
  add(kind, label, before, after) {
    const [old, young] = [JSON.stringify(before), JSON.stringify(after)];
    if (old === young) return;
    const now = this._clock();
    const last = this.undoable;
    if (last?.kind === kind && last.label === label && now - this._grown < TOGETHER_MS) {
      last.after = young;
    } else {
      this._push({ kind, label, before: old, after: young });
    }
    this._grown = now;
  }

  /**
   * Take note of the server's counts of steps that it can undo and redo.
   * @param {{undo: number, redo: number, undo_what?: string | null}} counts
   */
  meet({ undo, redo, undo_what: what }) {
    const done = this._count(0, this._at);
    if (undo > done) {
      for (let k = done; k < undo; k++) this._push({ kind: DOCUMENT, label: what ?? "a step" });
    } else if (undo < done) {
      // Another device has gone back: what lies between its steps and ours has no order any more.
      this._steps = Array.from({ length: undo + redo }, () => ({ kind: DOCUMENT, label: what ?? "a step" }));
      this._at = undo;
    }
  }

  /** Move one step back or forward. @param {-1 | 1} by @returns {Step | null} What is to be restored. */
  move(by) {
    const step = by < 0 ? this.undoable : this.redoable;
    if (step) this._at += by;
    this._grown = -Infinity;
    return step;
  }

  _count(from, to) {
    return this._steps.slice(from, to).filter((step) => step.kind === DOCUMENT).length;
  }

  _push(step) {
    this._steps.splice(this._at, Infinity, step);
    this._at += 1;
  }
}
