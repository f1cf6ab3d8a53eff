/**
 * Plays a take out of chunks of sound, on the clock of the sound card.
 *
 * What plays is a row of runs: from when on, which sound, from where to where. A loop is one run after the
 * other, each of which may be at another tempo; another take at the same place in the music is a run that
 * replaces what plays now. Chunks are started a little ahead, each as an AudioBufferSourceNode: those are there in
 * every browser, also on plain http, where AudioWorklet is not.
 */

const AHEAD_S = 1.6; // how far ahead of now chunks are started
const FETCH_S = 24; // how far ahead they are fetched
const TICK_MS = 120;
const START_S = 0.04; // from all being here to the first sample
const FADE_S = 0.008; // at cuts, which would click
const WAIT_MS = 20_000; // for the sound at the playhead

/**
 * @typedef {object} Plan What plays a take: its sound, and where its ticks are in that.
 * @property {string} key Names it: equal keys, equal sound.
 * @property {import("./timeline.js").Timeline} timeline
 * @property {number} rate Seconds of the timeline that one second of sound lasts: tempo / the take's own.
 * @property {Record<string, {url: string, start: number, seconds: number}[]>} parts Chunks in order; `start` and
 *   `seconds` are of the sound, tails included.
 */

export class Player {
  /**
   * @param {AudioContext} context
   * @param {import("./sounds.js").Sounds} sounds
   * @param {import("./desk.js").Desk} desk
   * @param {{onState: () => void, onProblem: (error: Error) => void}} listener
   */
  constructor(context, sounds, desk, listener) {
    this._context = context;
    this._sounds = sounds;
    this._desk = desk;
    this._listener = listener;
    /** @type {Plan | null} */
    this._plan = null;
    this._runs = [];
    this._place = 0; // ticks, while nothing plays
    this._waiting = null; // what a start waits for
    this._timer = 0;
    this._turn = 0; // counts starts: what an older one waited for is void
    /** Ticks that go round and round; null: to the end. @type {{from: number, to: number} | null} */
    this.loop = null;
    /** Bars of clicks before the sound. */
    this.countIn = 0;
    /** What may be wanted at the same place at once. @type {Plan | null} */
    this.beside = null;
    /** The plan of the next time round: faster, or in another key. @type {(now: Plan) => Plan} */
    this.nextPlan = (now) => now;
  }

  /** "stopped", "waiting" for sound, or "playing". */
  get state() {
    return this._runs.length ? "playing" : this._waiting ? "waiting" : "stopped";
  }

  get plan() {
    return this._plan;
  }

  /** When the sound at the loudspeaker left the graph, in seconds of the context. */
  get heardAt() {
    const latency = this._context.outputLatency || this._context.baseLatency || 0;
    return this._context.currentTime - latency;
  }

  /** The place that is heard now, in ticks. */
  get place() {
    if (!this._runs.length) return this._place;
    const now = this.heardAt;
    const run = this._runs.findLast((each) => each.when <= now) ?? this._runs[0];
    const seconds = Math.min(run.from + Math.max(0, now - run.when), run.to);
    return run.plan.timeline.tickAt(seconds * run.plan.rate);
  }

  /** Beats of a count-in that are still to come; 0 when the music plays. */
  get counting() {
    const first = this._runs[0];
    if (!first?.beat || this.heardAt >= first.when) return 0;
    return Math.ceil((first.when - this.heardAt) / first.beat);
  }

  /** Play `plan` from `tick`, whatever plays now. */
  async begin(plan, tick) {
    this.stop();
    this._plan = plan;
    await this.play(tick);
  }

  /** What `play` would start with: a plan, at the place where the old one is. */
  async setPlan(plan) {
    const playing = this.state !== "stopped";
    const place = this.place;
    this._plan = plan;
    if (!plan) return this.stop();
    this._place = Math.min(place, plan.timeline.end - 1);
    if (playing) await this._start(this._place, { goOn: true });
    else this._prefetch();
  }

  /** Play from `tick` (none: from where it stands). */
  async play(tick = this._place) {
    if (!this._plan) return;
    if (this._context.state === "suspended") await this._context.resume();
    const end = this.loop?.to ?? this._plan.timeline.end;
    await this._start(tick >= end - 1 || tick < 0 ? (this.loop?.from ?? 0) : tick, { counted: this.countIn > 0 });
  }

  /** Stop, and stay where it stands. */
  stop() {
    this._turn += 1;
    this._place = this.place;
    this._silence();
    this._waiting = null;
    this._sounds.forget(new Set());
    this._listener.onState();
  }

  /** Go to `tick`, playing on if it plays. */
  async seek(tick) {
    if (this.state === "stopped") {
      this._place = tick;
      this._prefetch();
      this._listener.onState();
    } else {
      await this._start(tick, {});
    }
  }

  /** Begin anew at the same place: loop or count-in have changed. */
  async refresh() {
    if (this.state === "playing") await this._start(this.place, { goOn: true });
  }

  // ---------------------------------------------------------------------------------------------- starting

  /** With `goOn` what plays now plays until the new sound is here, and the music goes on without a gap. */
  async _start(tick, { goOn = false, counted = false }) {
    const turn = ++this._turn;
    const plan = this._plan;
    if (!goOn) this._silence();
    this._place = tick;
    this._waiting = plan;
    this._listener.onState();
    const from = plan.timeline.secondsAt(tick) / plan.rate;
    const now = begins(plan, from);
    this._sounds.forget(new Set(now)); // nothing else may stand before them in the queue
    try {
      await within(WAIT_MS, Promise.all(now.map((url) => this._sounds.get(url))));
      if (turn !== this._turn) return;
      this._begin(plan, goOn && this._runs.length ? this.place : tick, counted);
    } catch (error) {
      if (turn !== this._turn) return;
      this._silence();
      this._listener.onProblem(error);
    } finally {
      if (turn === this._turn) this._waiting = null;
      this._listener.onState();
    }
  }

  _begin(plan, tick, counted) {
    const latency = this._context.currentTime - this.heardAt;
    const goesOn = this._runs.length > 0;
    this._silence();
    let when = this._context.currentTime + START_S;
    let from = plan.timeline.secondsAt(tick) / plan.rate;
    if (goesOn) from += START_S + latency; // `tick` is heard now, the new sound later
    const run = { plan, when, from, to: this._endOf(plan, from), sources: new Map() };
    if (counted) {
      const bar = plan.timeline.bars[plan.timeline.barAt(tick)];
      run.beat = this._beatSeconds(plan, tick, bar.beats);
      run.when += this._click(when, run.beat, bar.beats * this.countIn, bar.beats);
    }
    this._runs = [run];
    this._timer = setInterval(() => this._work(), TICK_MS);
    this._work();
  }

  _beatSeconds(plan, tick, beats) {
    const bar = plan.timeline.barAt(tick);
    const [start, end] = [bar, bar + 1].map((at) => plan.timeline.secondsAt(plan.timeline.tickOf(at)));
    return (end - start) / plan.rate / beats;
  }

  /** Where a run that begins at `from` ends, in seconds of its sound. */
  _endOf(plan, from) {
    const { timeline, rate } = plan;
    const loopEnd = this.loop ? timeline.secondsAt(Math.min(this.loop.to, timeline.end)) / rate : Infinity;
    return from < loopEnd - 0.02 ? Math.min(loopEnd, timeline.seconds / rate) : timeline.seconds / rate;
  }

  // ----------------------------------------------------------------------------------------------- running

  _work() {
    const now = this._context.currentTime;
    let last = this._runs.at(-1);
    let ends = last.when + last.to - last.from;
    while (this.loop && ends < now + AHEAD_S) {
      const plan = this.nextPlan(last.plan);
      const from = plan.timeline.secondsAt(this.loop.from) / plan.rate;
      last = { plan, when: ends, from, to: this._endOf(plan, from), sources: new Map() };
      this._runs.push(last);
      ends = last.when + last.to - last.from;
    }
    for (const run of this._runs) this._schedule(run, now);
    while (this._runs.length > 1 && this._runs[1].when < this.heardAt) this._drop(this._runs.shift());
    if (!this.loop && this.heardAt > ends + this._tail(last.plan)) return this._finish();
    this._ahead(last, ends - now);
    return undefined;
  }

  _tail(plan) {
    const ends = Object.values(plan.parts).map((chunks) => chunks.at(-1)).filter(Boolean);
    return Math.max(0, ...ends.map((chunk) => chunk.start + chunk.seconds)) - plan.timeline.seconds / plan.rate;
  }

  _finish() {
    this._turn += 1;
    this._silence();
    this._place = 0;
    this._listener.onState();
  }

  /** Start the chunks of `run` that sound soon; those that come late begin in their middle. */
  _schedule(run, now) {
    const cut = this.loop ? run.to : Infinity; // the last bars may ring
    for (const [part, chunks] of Object.entries(run.plan.parts)) {
      for (const chunk of chunks) {
        const begins = run.when + chunk.start - run.from;
        const ends = Math.min(begins + chunk.seconds, run.when + cut - run.from);
        if (begins > now + AHEAD_S) break;
        if (chunk.start >= cut || ends <= Math.max(now, run.when) || run.sources.has(chunk)) continue;
        const buffer = this._sounds.have(chunk.url);
        if (buffer) this._source(run, part, chunk, buffer, Math.max(begins, run.when, now), ends);
        else this._sounds.get(chunk.url).catch((error) => this._late(error));
      }
    }
  }

  _source(run, part, chunk, buffer, starts, ends) {
    const source = this._context.createBufferSource();
    const fade = this._context.createGain();
    const offset = starts - (run.when + chunk.start - run.from);
    source.buffer = buffer;
    source.connect(fade).connect(this._desk.input(part));
    if (offset > 0) {
      fade.gain.setValueAtTime(0, starts);
      fade.gain.linearRampToValueAtTime(1, starts + FADE_S);
    }
    if (ends < starts + chunk.seconds - offset - FADE_S) {
      fade.gain.setValueAtTime(1, Math.max(starts + FADE_S, ends - FADE_S));
      fade.gain.linearRampToValueAtTime(0, Math.max(starts + 2 * FADE_S, ends));
    }
    source.start(starts, Math.max(0, offset));
    source.stop(ends + FADE_S);
    source.onended = () => fade.disconnect();
    run.sources.set(chunk, { source, fade });
  }

  /** Fetch what comes after what is started. */
  _ahead(last, left) {
    const { plan, from, when } = last;
    const at = from + Math.max(0, this._context.currentTime - when);
    let urls = needed(plan, at, Math.min(at + FETCH_S, last.to));
    if (this.loop && left < FETCH_S) {
      const next = this.nextPlan(plan, true);
      const begin = next.timeline.secondsAt(this.loop.from) / next.rate;
      urls = urls.concat(needed(next, begin, begin + FETCH_S / 2));
    }
    if (this.beside) {
      const here = this.beside.timeline.secondsAt(Math.min(this.place, this.beside.timeline.end - 1)) / this.beside.rate;
      urls = [...urls.slice(0, 8), ...needed(this.beside, here, here + FETCH_S / 3), ...urls.slice(8)];
    }
    for (const url of urls.slice(0, 40)) this._sounds.get(url).catch((error) => this._late(error));
  }

  _prefetch() {
    if (!this._plan) return;
    const from = this._plan.timeline.secondsAt(this._place) / this._plan.rate;
    for (const url of needed(this._plan, from, from + 4)) this._sounds.get(url).catch(() => {});
  }

  _late(error) {
    if (error.name !== "AbortError") this._listener.onProblem(error);
  }

  _click(when, beat, beats, inBar) {
    for (let k = 0; k < beats; k++) {
      const tone = this._context.createOscillator();
      const level = this._context.createGain();
      const at = when + k * beat;
      tone.frequency.value = k % inBar ? 1100 : 1650;
      level.gain.setValueAtTime(0.25, at);
      level.gain.exponentialRampToValueAtTime(0.001, at + 0.05);
      tone.connect(level).connect(this._desk.clicks);
      tone.start(at);
      tone.stop(at + 0.06);
      this._clicks = [...(this._clicks ?? []), tone];
    }
    return beats * beat;
  }

  _silence() {
    clearInterval(this._timer);
    for (const run of this._runs) this._drop(run);
    for (const tone of this._clicks ?? []) tone.disconnect();
    this._clicks = [];
    this._runs = [];
  }

  /** Let `run` end now, with a fade that is too short to be heard and too long to click. */
  _drop(run) {
    const now = this._context.currentTime;
    for (const { source, fade } of run.sources.values()) {
      fade.gain.cancelScheduledValues(now);
      fade.gain.setTargetAtTime(0, now, FADE_S / 3);
      source.stop(now + 2 * FADE_S);
    }
    run.sources.clear();
  }
}

/** Addresses of what a start at `from` waits for: a chunk a part. What rings on from before joins when it is here. */
function begins(plan, from) {
  return Object.values(plan.parts).flatMap((chunks) => {
    const here = chunks.findLastIndex((chunk) => chunk.start <= from + 0.01);
    return chunks.filter((chunk, at) => at === here || (at > here && chunk.start < from + 0.3)).map(({ url }) => url);
  });
}

/** Addresses of the sound of `plan` between two seconds, the earliest first. */
function needed(plan, from, to) {
  const chunks = Object.values(plan.parts).flatMap((part) =>
    part.filter((chunk) => chunk.start < to && chunk.start + chunk.seconds > from),
  );
  return chunks.sort((a, b) => a.start - b.start).map((chunk) => chunk.url);
}

function within(ms, promise) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error("the sound did not come in time; is the server still there?")), ms);
  });
  return Promise.race([promise, late]);
}
