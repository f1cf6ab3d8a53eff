/**
 * The sound of chunks: fetched, decoded, kept. A chunk's address says what is in it, so that what was heard once,
 * in this take or another, is never fetched again; only as much stays decoded as fits into the memory of a phone.
 */

const MOST_SECONDS = 420; // of decoded stereo at 48 kHz: 160 MB
const AGAIN_MS = 2000;
const AT_ONCE = 4; // a browser has six connections to a host, and the page needs others

export class Sounds {
  /**
   * @param {BaseAudioContext} context
   * @param {(url: string, signal: AbortSignal) => Promise<ArrayBuffer>} load
   */
  constructor(context, load) {
    this._context = context;
    this._load = load;
    this._kept = new Map(); // url -> AudioBuffer, in order of last use
    this._coming = new Map(); // url -> {promise, stop}, in the order in which they were asked for
    this._queue = [];
    this._loading = 0;
    this._seconds = 0;
  }

  /** The sound at `url` if it is here. @returns {AudioBuffer | null} */
  have(url) {
    const buffer = this._kept.get(url);
    if (!buffer) return null;
    this._kept.delete(url);
    this._kept.set(url, buffer); // the latest
    return buffer;
  }

  /** The sound at `url`; rejects where it cannot be had or `forget` was called. @returns {Promise<AudioBuffer>} */
  get(url) {
    const here = this.have(url);
    if (here) return Promise.resolve(here);
    const coming = this._coming.get(url);
    if (coming) return coming.promise;
    const stop = new AbortController();
    const promise = this._turn(stop.signal)
      .then(() => this._load(url, stop.signal).finally(() => this._next()))
      .then((bytes) => this._context.decodeAudioData(bytes))
      .then((buffer) => this._keep(url, buffer))
      .then(
        (buffer) => this._done(url, stop, buffer),
        (error) => this._done(url, stop, null, error),
      );
    this._coming.set(url, { promise, stop });
    return promise;
  }

  /** Stop fetching what is not among `urls`: the server need not make it any more. */
  forget(urls) {
    for (const [url, { promise, stop }] of this._coming) {
      if (urls.has(url)) continue;
      promise.catch(() => {}); // nobody may be waiting
      stop.abort();
      this._coming.delete(url);
    }
  }

  /** What failed is not asked for again at once, by a player that asks ten times a second. */
  _done(url, stop, buffer, error) {
    const gone = () => {
      if (this._coming.get(url)?.stop === stop) this._coming.delete(url);
    };
    if (!error || stop.signal.aborted) gone();
    else setTimeout(gone, AGAIN_MS);
    if (error) throw error;
    return buffer;
  }

  _turn(signal) {
    if (this._loading < AT_ONCE) {
      this._loading += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const entry = { resolve };
      this._queue.push(entry);
      signal.addEventListener("abort", () => {
        const at = this._queue.indexOf(entry);
        if (at < 0) return;
        this._queue.splice(at, 1);
        reject(new DOMException("no longer wanted", "AbortError"));
      });
    });
  }

  _next() {
    const waiting = this._queue.shift();
    if (waiting) waiting.resolve();
    else this._loading -= 1;
  }

  _keep(url, buffer) {
    this._kept.set(url, buffer);
    this._seconds += buffer.duration;
    for (const [old, { duration }] of this._kept) {
      if (this._seconds <= MOST_SECONDS || old === url) break;
      this._kept.delete(old);
      this._seconds -= duration;
    }
    return buffer;
  }
}
