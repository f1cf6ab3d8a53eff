/** What takes longer than half a second is shown, with how far it is and a button that ends it. */

import { api, isCancelled, jobName } from "./api.js";
import { $, say } from "./dom.js";

const SHOWN_MS = 400; // "anything over half a second": shown before that is over

class Progress {
  constructor() {
    this._jobs = new Map(); // name -> {text, share, cancel, since}
    this._timer = 0;
  }

  /** Make the button work. */
  start() {
    $("cancel").addEventListener("click", () => this.cancel());
  }

  /** End what was begun last. @returns {boolean} Whether there was anything. */
  cancel() {
    const last = [...this._jobs.values()].at(-1);
    last?.cancel();
    return Boolean(last);
  }

  /**
   * Run a job of the server. Undefined when it was cancelled; a failure is said, and undefined too.
   * @param {string} text What is done, for people.
   * @param {(more: {job: string}) => Promise<T>} work
   * @param {(error: Error) => void} [failed] Told of a failure besides.
   * @template T
   * @returns {Promise<T | undefined>}
   */
  async run(text, work, failed = () => {}) {
    const job = jobName();
    const done = this.show(text, () => api.cancel(job).catch(() => {}), job);
    try {
      return await work({ job });
    } catch (error) {
      if (isCancelled(error)) say("Cancelled.");
      else {
        say(error.message, "error");
        failed(error);
      }
      return undefined;
    } finally {
      done();
    }
  }

  /**
   * Show that something goes on until the function that this returns is called.
   * @param {string} text @param {() => void} cancel @param {string} [name]
   */
  show(text, cancel, name = jobName()) {
    this._jobs.set(name, { text, share: null, cancel, since: performance.now() });
    this._draw();
    return () => {
      this._jobs.delete(name);
      this._draw();
    };
  }

  /** How far the server says a job is. @param {{job: string, progress: number | null}} told */
  heard({ job, progress }) {
    const known = this._jobs.get(job);
    if (!known) return;
    known.share = progress;
    this._draw();
  }

  _draw() {
    clearTimeout(this._timer);
    const now = performance.now();
    const jobs = [...this._jobs.values()];
    const old = jobs.filter((job) => now - job.since >= SHOWN_MS);
    $("work").hidden = !old.length;
    if (old.length) {
      const { text, share } = old.at(-1);
      if ($("work-text").textContent !== text) $("work-text").textContent = text;
      const bar = $("work-bar");
      if (share == null) bar.removeAttribute("value");
      else bar.value = share;
    }
    const next = Math.min(...jobs.filter((job) => !old.includes(job)).map((job) => job.since + SHOWN_MS - now));
    if (Number.isFinite(next)) this._timer = setTimeout(() => this._draw(), Math.max(next, 20));
  }
}

export const progress = new Progress();
