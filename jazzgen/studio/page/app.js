/** The page: makes the parts, and tells each what the others did. */

import { api } from "./api.js";
import { Chart, isMidi } from "./chart.js";
import { $, counted, el, keep, kept, minutes, say, soon } from "./dom.js";
import { startKeys } from "./keys.js";
import { Live } from "./live.js";
import { Mixer } from "./mixer.js";
import { progress } from "./progress.js";
import { notesOf, Roll } from "./roll.js";
import { Save } from "./save.js";
import { Session } from "./session.js";
import { Settings } from "./settings.js";
import { Sheet } from "./sheet.js";
import { Table } from "./table.js";
import { Takes } from "./takes.js";
import { startTheme } from "./theme.js";
import { Transport } from "./transport.js";
import { Why } from "./why.js";

const FRAME_MS = 30; // half the frames of a screen are enough, and leave the rest to whatever renders the sound
const VIEWS = ["roll", "sheet", "table"];

class App {
  constructor() {
    this.session = new Session();
    this._startAt = undefined; // tick at which what is made next begins to play
    this._frame = 0;
  }

  async start() {
    progress.start();
    startTheme(() => this.rolls?.forEach((roll) => roll.repaint()));
    await this.session.open();
    this._build();
    this._listen();
    this._keys();
    this._fillForm(kept("form", null));
    this._shown();
    api.listen({
      state: (state) => this.session.told(state),
      job: (job) => progress.heard(job),
      lost: () => say("jazzgen studio has ended, or no longer knows this browser: open its new link.", "error"),
      level: (level) => this.transport.level(level),
      live: (event) => this.live.heard(event),
      hello: ({ live }) => this.live.meet(live),
    });
    if (this.session.heardId) {
      $("asking").open = !matchMedia("(width < 56rem)").matches;
      await this._heard();
    }
    document.body.dataset.ready = "true";
  }

  _build() {
    const { options } = this.session;
    const place = (tick) => this.transport.place(tick);
    const choose = (bars) => this.session.chooseBars(bars);
    this.transport = new Transport(this.session, () => this._draw());
    this.why = new Why(this.session, (note) => this._heardRoll.mark(note));
    const on = { place, choose, why: (note) => this.why.ask(note) };
    this.rolls = [new Roll($("roll-a"), on, "Place in the music, piano roll"), new Roll($("roll-b"), on, "Place in the music, piano roll of take B")];
    this.settings = new Settings(options, () => this._formChanged());
    this.chart = new Chart(options, () => this._formChanged());
    this.chart.onFile = (file) => this._file(file);
    this.mixer = new Mixer(this.session);
    this.takes = new Takes(this.session, { choose: (id) => this.session.choose(id) });
    this.table = new Table(place);
    this.sheet = new Sheet({ place: (bar) => place(this.session.roll.timeline.tickOf(bar - 1)) }, options);
    const asked = () => (this._allowed(this.settings.problem()) ? { ...this.settings.read(), chart: this.chart.value } : null);
    this.live = new Live(asked, () => this.transport.player.stop());
    this.save = new Save(this.session, () => this.sheet.key);
  }

  get _heardRoll() {
    return this.rolls[Number(this.session.hearsOther)];
  }

  // ------------------------------------------------------------------------------------------- listening

  _listen() {
    const { session } = this;
    session.addEventListener("document", () => this._document());
    session.addEventListener("heard", () => this._heard());
    session.addEventListener("desk", () => this._desk());
    session.addEventListener("form", () => this._restoreForm());
    session.addEventListener("history", () => this._history());
    session.addEventListener("choice", () => this._choice());
    $("new").addEventListener("submit", (event) => this._stopAnd(event, () => this.make()));
    $("again").addEventListener("submit", (event) => this._stopAnd(event, () => this.again()));
    $("again-clear").addEventListener("click", () => session.chooseBars(null));
    $("again-part").addEventListener("change", (event) => session.choosePart(event.target.value));
    $("undo").addEventListener("click", () => session.undo());
    $("redo").addEventListener("click", () => session.redo());
    $("devices").addEventListener("click", () => this._invite());
    $("help").addEventListener("click", () => $("keys").showModal());
    for (const view of VIEWS) $(`tab-${view}`).addEventListener("click", () => this._view(view));
    document.querySelector("[role=tablist]").addEventListener("keydown", (event) => this._tabKey(event));
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => this.transport.wake(), { capture: true });
    document.addEventListener("dragover", (event) => this._dragOver(event));
    document.addEventListener("dragleave", (event) => event.relatedTarget ?? document.body.classList.remove("dropping"));
    document.addEventListener("drop", (event) => this._drop(event));
  }

  _stopAnd(event, work) {
    event.preventDefault();
    work();
  }

  _document() {
    this.takes.show();
    this._history();
    this._sideBySide();
    this.transport.refresh();
    this.transport.prepareOther().catch((error) => say(error.message, "error"));
  }

  /** Another device is let in by a link of its own. */
  async _invite() {
    try {
      const { urls, lan } = await api.invite();
      $("invite-urls").replaceChildren(...urls.map((url) => el("li", {}, [el("code", { text: url })])));
      $("invite-hint").textContent = lan
        ? "Type one of these into the browser of a device in this network. It works once."
        : "For another browser on this computer; it works once. For a phone, start jazzgen studio with --lan.";
      $("invite").showModal();
    } catch (error) {
      say(error.message, "error");
    }
  }

  async _heard() {
    const startAt = this._startAt;
    this._startAt = undefined;
    if (startAt?.bars === null) this.session.bars = null;
    this._clampChoice();
    const heard = this.transport.hear(startAt?.tick);
    heard.catch(() => {}); // it is said below
    await soon(); // its first sound is asked for, and made while all this is drawn
    this._shown();
    try {
      await heard;
      await this.transport.prepareOther();
    } catch (error) {
      say(error.message, "error");
    }
    this._draw();
  }

  _desk() {
    this.mixer.show(this._parts());
    this.transport.mix();
    this._history();
  }

  _choice() {
    const { bars, part, roll } = this.session;
    $("again-bars").textContent = !bars ? "All bars" : bars[0] === bars[1] ? `Bar ${bars[0]}` : `Bars ${bars[0]}–${bars[1]}`;
    $("again-clear").disabled = !bars;
    $("again-part").value = part;
    $("again-fields").hidden = part !== "solo";
    $("again-band-fields").hidden = part === "solo";
    this._showRolls();
    this.table.show(roll, part);
    this.transport.chosen();
    this._draw();
  }

  _history() {
    const { undoable, redoable } = this.session.history;
    for (const [id, name, step] of [["undo", "Undo", undoable], ["redo", "Redo", redoable]]) {
      $(id).disabled = !step;
      $(id).title = step ? `${name}: ${step.label}` : "";
    }
  }

  // --------------------------------------------------------------------------------------------- showing

  /** Everything about the take that is heard. */
  _shown() {
    const { take, options } = this.session;
    const instrument = options.instruments.find(({ name }) => name === take?.instrument)?.label ?? take?.instrument;
    $("take-title").textContent = take?.title ?? "No take yet";
    if (take) {
      const facts = [take.settings.player, instrument, take.settings.key, `${Math.round(take.tempo)} BPM`, counted(take.bars, "bar"), counted(take.notes, "note"), minutes(take.seconds), take.settings.seed == null ? "" : `seed ${take.settings.seed}`];
      $("take-facts").textContent = facts.filter(Boolean).join(" · ");
      $("take-facts").title = take.recipe;
    }
    const parts = this._parts();
    const menu = [...parts.map(({ name, title }) => [name, name === "solo" ? `solo (${title})` : title]), ["band", "band"]];
    $("again-part").replaceChildren(...(take ? menu : []).map(([value, text]) => el("option", { value, text })));
    if (!menu.some(([name]) => name === this.session.part)) this.session.part = "solo";
    $("again-go").disabled = !take;
    document.body.toggleAttribute("data-taken", Boolean(take));
    this.mixer.show(parts);
    this.takes.show();
    this.save.show();
    this._sideBySide();
    this._choice();
    this.sheet.show(take?.id ?? null);
  }

  /** What the colours say, with their shares of the part that is shown; of drums there is nothing to say. */
  _legend() {
    const { shares } = this._heardRoll;
    ["chord", "scale", "outside"].forEach((kind, index) => {
      const share = $(`share-${kind}`);
      share.textContent = `${kind} tone ${Math.round(100 * shares[index])} %`;
      share.parentElement.hidden = this.session.part === "drums";
    });
  }

  _parts() {
    return this.session.roll?.parts.map(({ name, title }) => ({ name, title })) ?? [];
  }

  _sideBySide() {
    const { other, hearsOther, state, takes } = this.session;
    $("roll-b-box").hidden = !other;
    $("view-roll").classList.toggle("two", Boolean(other));
    $("roll-a").parentElement.classList.toggle("heard", Boolean(other) && !hearsOther);
    $("roll-b-box").classList.toggle("heard", hearsOther);
    $("roll-a-title").hidden = !other;
    const name = (id) => takes.findIndex((take) => take.id === id) + 1;
    $("roll-a-title").textContent = `A: take ${name(state.current)}${hearsOther ? "" : ", heard"}`;
    $("roll-b-title").textContent = `B: take ${name(other)}${hearsOther ? ", heard" : ""}`;
    this._showRolls();
  }

  _showRolls() {
    const { state, other, part } = this.session;
    const shown = [this.session.rollOf(state.current), other ? this.session.rollOf(other) : null];
    // Side by side the same pitch stands at the same height.
    const pitches = shown.flatMap((roll) => notesOf(roll, part)).map((note) => note[2]);
    this.rolls.forEach((roll, index) => roll.show(shown[index], part, pitches));
    this._legend();
  }

  _clampChoice() {
    const { bars, roll } = this.session;
    if (bars && roll && bars[1] > roll.timeline.length) this.session.bars = null;
  }

  /** A frame of the screen, and the next one as long as something moves. */
  _draw() {
    cancelAnimationFrame(this._frame);
    this._frame = requestAnimationFrame((now) => {
      if (now - (this._drawn ?? 0) < FRAME_MS) {
        this._draw();
        return;
      }
      this._drawn = now;
      const { player, desk, bar, playing } = this.transport;
      const { bars } = this.session;
      this.rolls.forEach((roll) => roll.move(player.place, bars, playing));
      this.transport.draw();
      this.sheet.move(bar, playing);
      this.table.move(bar, playing);
      this.mixer.meters((part) => (playing ? desk.meter(part) : 0));
      this._still = playing ? 0 : (this._still ?? 0) + 1;
      if (this._still < 40) this._draw();
    });
  }

  _view(view) {
    for (const each of VIEWS) {
      $(`view-${each}`).hidden = each !== view;
      $(`tab-${each}`).setAttribute("aria-selected", each === view);
      $(`tab-${each}`).tabIndex = each === view ? 0 : -1;
    }
    document.querySelector(".legend").hidden = view !== "roll";
    this.sheet.show(this.session.heardId);
    this.table.show(this.session.roll, this.session.part);
    this._draw();
  }

  _tabKey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this._nextView(step);
    document.querySelector("[role=tab][aria-selected=true]").focus();
  }

  _nextView(step) {
    const now = VIEWS.findIndex((view) => !$(`view-${view}`).hidden);
    this._view(VIEWS[(now + step + VIEWS.length) % VIEWS.length]);
  }

  // ----------------------------------------------------------------------------------------------- doing

  async make() {
    if (!this._allowed(this.settings.problem())) return;
    this._startAt = { tick: 0, bars: null };
    const take = await this.session.make({ ...this.settings.read(), chart: this.chart.value }, (error) => this._blame(error));
    await this._begun(take);
    if (!take) return;
    say(`${take.title}: ${counted(take.bars, "bar")}, ${counted(take.notes, "note")}, seed ${take.settings.seed}.`);
    if (!matchMedia("(width < 56rem)").matches) return;
    $("asking").open = false; // on a phone the take comes first now
    $("music").scrollIntoView();
  }

  async again() {
    const { bars, part, roll } = this.session;
    if (!roll || !this._allowed(this.settings.problem(part))) return;
    const from = bars ? bars[0] : 1;
    // What plays goes on with the new bars; otherwise they are what one wants to hear.
    if (!this.transport.playing) this._startAt = { tick: roll.timeline.tickOf(from - 1) };
    const changes = this.settings.changes(part);
    const take = await this.session.again({ bars, part, changes }, this.transport.playing ? this.transport.bar : from);
    await this._begun(take);
    if (take) say(`${take.what}: ready.`);
  }

  /** The same notes as before may have come: then no other take is heard, but it is to begin all the same. */
  async _begun(take) {
    const startAt = this._startAt;
    this._startAt = undefined;
    if (take && startAt) await this.transport.hear(startAt.tick);
  }

  _allowed(problem) {
    if (!problem) return true;
    problem.input.closest("details")?.setAttribute("open", "");
    problem.input.focus();
    say(problem.text, "error");
    return false;
  }

  _blame({ field }) {
    if (field === "chart") $("chart").focus();
    else if (field) this.settings.blame(field);
  }

  _formChanged() {
    const form = { chart: this.chart.value, ...this.settings.read() };
    this.session.setForm(form);
    keep("form", form);
  }

  _restoreForm() {
    this._fillForm(this.session.form);
    keep("form", this.session.form);
  }

  _fillForm(form) {
    const { options } = this.session;
    const values = form ?? { ...this.settings.usual, chart: options.forms.find(({ name }) => name === options.defaults.chart)?.name ?? options.forms[0].name };
    this.settings.fill(values);
    this.chart.value = values.chart ?? "";
    this.session.setForm({ chart: this.chart.value, ...this.settings.read() }, true);
  }

  _dragOver(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  }

  _drop(event) {
    document.body.classList.remove("dropping");
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    event.preventDefault();
    this._file(file);
  }

  /** A chart goes into the editor; a MIDI file is a take. @param {File} file */
  async _file(file) {
    if (file.size > this.session.options.limits.upload_bytes) {
      say(`${file.name} is too large for a chart.`, "error");
      return;
    }
    try {
      if (!isMidi(file.name)) await this.chart.read(file);
      else await this.session.openFile(file.name, await file.arrayBuffer());
    } catch (error) {
      say(error.message, "error");
    }
  }

  // ---------------------------------------------------------------------------------------------- keys

  _keys() {
    const { session, transport } = this;
    const click = (id) => () => $(id).click();
    const reach = (step) => () => this._heardRoll.reach(step);
    const edge = (at) => () => this._edge(at);
    startKeys(
      [
        { keys: [" ", "p"], shown: "Space, P", text: "play or stop", run: () => transport.toggle() },
        { keys: ["Home"], shown: "Home", text: "to the beginning", run: click("to-start") },
        { keys: ["ArrowLeft"], shown: "←", text: "a bar back", run: () => transport.move(-1) },
        { keys: ["ArrowRight"], shown: "→", text: "a bar on", run: () => transport.move(1) },
        { keys: ["Shift+ArrowLeft"], shown: "Shift ←", text: "fewer bars chosen", run: reach(-1) },
        { keys: ["Shift+ArrowRight"], shown: "Shift →", text: "more bars chosen", run: reach(1) },
        { keys: ["["], shown: "[", text: "choose from this bar on", run: edge(0) },
        { keys: ["]"], shown: "]", text: "choose up to this bar", run: edge(1) },
        { keys: ["Escape"], shown: "Esc", text: "cancel what goes on, or choose all bars", run: () => progress.cancel() || session.chooseBars(null) },
        { keys: ["l"], shown: "L", text: "loop", run: () => transport.setLoop(!$("loop").checked) },
        { keys: ["c"], shown: "C", text: "count-in", run: () => transport.toggleCountIn() },
        { keys: ["+", "="], shown: "+", text: "5 beats a minute faster", run: () => transport.stepTempo(5) },
        { keys: ["-"], shown: "−", text: "5 beats a minute slower", run: () => transport.stepTempo(-5) },
        { keys: ["n"], shown: "N", text: "new take", run: () => this.make() },
        { keys: ["g"], shown: "G", text: "the chosen bars again", run: () => this.again() },
        { keys: ["Ctrl+z"], shown: "Ctrl Z", text: "undo", run: () => session.undo() },
        { keys: ["Ctrl+Shift+z", "Ctrl+y"], shown: "Ctrl Shift Z", text: "redo", run: () => session.redo() },
        { keys: ["b"], shown: "B", text: "A/B: the other take at the same place", run: () => session.swap() },
        { keys: ["k"], shown: "K", text: "keep what is heard as the current take", run: () => session.heardId && session.choose(session.heardId) },
        { keys: ["f"], shown: "F", text: "favourite", run: () => session.take && session.favour(session.take) },
        { keys: ["m"], shown: "M", text: "mute the part that is chosen", run: () => this._toggleChosen("mute") },
        { keys: ["a"], shown: "A", text: "hear the part that is chosen alone", run: () => this._toggleChosen("solo") },
        { keys: ["1", "2", "3", "4", "5"], shown: "1 – 5", text: "mute a part", run: (event) => this.mixer.toggle(Number(event.key) - 1, "mute") },
        { keys: ["v"], shown: "V", text: "next view: roll, lead sheet, text", run: () => this._nextView(1) },
        { keys: ["w"], shown: "W", text: "why the note at the playhead", run: () => this._why() },
        { keys: ["s"], shown: "S", text: "save MIDI", run: () => session.heardId && this.save.save("mid") },
        { keys: ["?"], shown: "?", text: "this list", run: click("help") },
      ],
      () => document.querySelector("dialog[open]") !== null,
    );
  }

  _toggleChosen(what) {
    this.mixer.toggle(this._parts().findIndex(({ name }) => name === this.session.part), what);
  }

  _edge(at) {
    const { bar } = this.transport;
    if (!this.session.roll) return;
    const [from, to] = this.session.bars ?? [bar, bar];
    const bars = at ? [Math.min(from, bar), bar] : [bar, Math.max(to, bar)];
    this.session.chooseBars(bars);
  }

  _why() {
    if (!this.session.roll) return;
    if (this.session.part !== "solo") this.session.choosePart("solo");
    const note = this._heardRoll.noteBefore(this.transport.player.place);
    if (note < 0) say("No note there.");
    else this.why.ask(note);
  }
}

const app = new App();
app.start().catch((error) => say(error.message, "error"));
// A console, and a test, may look at what the page holds.
globalThis.jazzgenStudio = app;
