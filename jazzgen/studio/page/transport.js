/** Play, place, loop, count-in, tempo: what joins the session to the player, and shows how it goes. */

import { api } from "./api.js";
import { Desk } from "./desk.js";
import { $, calmly, say } from "./dom.js";
import { Player } from "./player.js";
import { Practice, variantName } from "./practice.js";
import { progress } from "./progress.js";
import { Sounds } from "./sounds.js";

const TEMPO_CALM_MS = 450; // a tempo that is typed or stepped through is one change

export class Transport {
  /**
   * @param {import("./session.js").Session} session
   * @param {() => void} changed What plays, or where, has changed.
   */
  constructor(session, changed) {
    this._session = session;
    this._changed = changed;
    // 48 kHz is that of the chunks: decoded, they are the very samples that the server made.
    this._context = new AudioContext({ sampleRate: 48_000, latencyHint: "interactive" });
    const sounds = new Sounds(this._context, (url, signal) => session.chunk(url, signal));
    this.desk = new Desk(this._context);
    this.player = new Player(this._context, sounds, this.desk, {
      onState: () => this._show(),
      onProblem: (error) => say(error.message, "error"),
    });
    this._practice = new Practice((variant) => session.plan(session.heardId, variant), () => session.take?.tempo ?? 120);
    this.player.nextPlan = (now) => this._practice.next(now);
    this._ahead = calmly(120, () => this._renderAhead());
    this._listen();
    this._showPractice();
  }

  /** Browsers let a page sound from the first press or key on. */
  wake() {
    if (this._context.state === "suspended") this._context.resume();
  }

  get playing() {
    return this.player.state !== "stopped";
  }

  get bar() {
    const { roll } = this._session;
    return roll ? roll.timeline.barAt(this.player.place) + 1 : 1;
  }

  /** Another take is heard: go on with it at the same place in the music, or begin at `startAt`. */
  async hear(startAt) {
    const id = this._session.heardId;
    this._practice.forget();
    if (!id) {
      await this.player.setPlan(null);
      return;
    }
    const plan = await this._session.plan(id);
    if (id !== this._session.heardId) return;
    this._setParts();
    this._setLoop();
    if (startAt === undefined) await this.player.setPlan(plan);
    else await this.player.begin(plan, startAt);
    this._show();
  }

  /** What `jazzgen render` multiplies the take by is known now, and was an estimate before. */
  level({ gain, parts }) {
    this._session.level = { gain, parts: parts ?? {} };
    this._setParts();
  }

  /** Have the take that is compared with ready at the same place. */
  async prepareOther() {
    const { other, state, hearsOther } = this._session;
    const id = other && (hearsOther ? state.current : other);
    this.player.beside = id ? await this._session.plan(id) : null;
    if (id) api.ahead(id, this.bar).catch(() => {});
  }

  /** The mixer has changed. */
  mix() {
    this._setParts();
  }

  toggle() {
    this.wake();
    if (this.playing) this.player.stop();
    else this.player.play();
  }

  /** @param {number} tick */
  place(tick) {
    this.player.seek(tick);
    this._ahead();
    this._changed();
  }

  /** @param {number} bars Forth, or back. */
  move(bars) {
    const { roll } = this._session;
    if (roll) this.place(roll.timeline.tickOf(Math.max(0, Math.min(roll.timeline.length - 1, this.bar - 1 + bars))));
  }

  /** Other bars are chosen. */
  async chosen() {
    if (!$("loop").checked) return;
    this._setLoop();
    const { loop, place } = this.player;
    if (this.playing && loop && (place < loop.from || place >= loop.to)) await this.player.seek(loop.from);
    else await this.player.refresh();
  }

  async setLoop(on) {
    $("loop").checked = on;
    this._showPractice();
    say(on ? "Loop on." : "Loop off.");
    if (on) await this.chosen();
    else {
      this._setLoop();
      await this.player.refresh();
    }
  }

  toggleCountIn() {
    $("count-in").checked = !$("count-in").checked;
    this.player.countIn = Number($("count-in").checked);
    say($("count-in").checked ? "A bar of clicks first." : "No count-in.");
  }

  /** @param {number} by Beats a minute. */
  stepTempo(by) {
    const field = $("tempo");
    if (field.disabled) return;
    field.value = Math.min(400, Math.max(20, Number(field.value) + by));
    this._askTempo();
  }

  /** The meters and the place, for a frame of the screen. */
  draw() {
    const { roll } = this._session;
    if (!roll) {
      $("place").textContent = "–";
      return;
    }
    const { bar, beat } = roll.timeline.placeOf(this.player.place);
    const variant = variantName(this.player.plan?.variant);
    const counting = this.player.counting;
    const text = counting ? `count ${counting}` : `${bar}.${beat} of ${roll.timeline.length}${variant ? ` · ${variant}` : ""}`;
    if ($("place").textContent !== text) $("place").textContent = text;
  }

  // ---------------------------------------------------------------------------------------------- inside

  _listen() {
    $("play").addEventListener("click", () => this.toggle());
    $("to-start").addEventListener("click", () => this.place(this.player.loop?.from ?? 0));
    $("loop").addEventListener("change", (event) => this.setLoop(event.target.checked));
    $("count-in").addEventListener("change", (event) => (this.player.countIn = Number(event.target.checked)));
    $("compare").addEventListener("click", () => this._session.swap());
    $("practice").addEventListener("change", (event) => {
      this._practice.kind = event.target.value;
      if (!event.target.value) this.hear();
    });
    this._askTempo = calmly(TEMPO_CALM_MS, () => this._setTempo());
    $("tempo").addEventListener("input", this._askTempo);
  }

  async _setTempo() {
    const field = $("tempo");
    const { take } = this._session;
    if (!take || !field.value || Number(field.value) === take.tempo) return;
    if (!field.checkValidity()) {
      say(`Tempo: ${field.validationMessage}`, "error");
      field.value = Math.round(take.tempo * 100) / 100;
      return;
    }
    const made = await this._session.tempo(Number(field.value), this.bar);
    if (!made) this._showTempo();
  }

  _setParts() {
    const { desk, level, take } = this._session;
    if (level) this.desk.level = level;
    this.desk.set(desk, take?.parts ?? []);
  }

  _setLoop() {
    const { roll, bars } = this._session;
    if (!roll || !$("loop").checked) this.player.loop = null;
    else if (bars) this.player.loop = { from: roll.timeline.tickOf(bars[0] - 1), to: roll.timeline.tickOf(bars[1]) };
    else this.player.loop = { from: 0, to: roll.timeline.end };
  }

  _renderAhead() {
    const id = this._session.heardId;
    if (id) api.ahead(id, this.bar).catch(() => {}); // only an advice: the sound itself is asked for besides
  }

  _show() {
    const { heardId, other } = this._session;
    const button = $("play");
    button.disabled = !heardId;
    button.textContent = this.playing ? "■" : "▶";
    button.setAttribute("aria-label", this.playing ? "Stop" : "Play");
    button.dataset.state = this.player.state;
    $("compare").disabled = !other;
    $("compare").textContent = !other ? "A/B" : this._session.hearsOther ? "A/B: B" : "A/B: A";
    $("compare").setAttribute("aria-pressed", this._session.hearsOther);
    if (this.player.state === "waiting") {
      this._waits ??= progress.show("Rendering sound", () => this.player.stop());
    } else {
      this._waits?.();
      this._waits = null;
    }
    this._showTempo();
    this._changed();
  }

  _showPractice() {
    $("practice").closest("label").hidden = !$("loop").checked || !this._session.options.extras.variants;
  }

  _showTempo() {
    const { take } = this._session;
    $("tempo").disabled = !take;
    if (document.activeElement !== $("tempo") || !$("tempo").value) $("tempo").value = take ? Math.round(take.tempo * 100) / 100 : "";
  }

  /** Something in the session has changed that buttons show. */
  refresh() {
    this._show();
  }
}
