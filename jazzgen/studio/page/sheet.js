/** The lead sheet, scrolling with the music; a bar that is pressed is gone to. */

import { api } from "./api.js";
import { $, el } from "./dom.js";
import { progress } from "./progress.js";

export class Sheet {
  /** @param {{place: (bar: number) => void}} on @param {object} options Of the server. */
  constructor(on, options) {
    this._on = on;
    this._box = $("view-sheet");
    this._asked = "";
    this._bars = new Map();
    const keys = options.sheet_keys.map((key) => el("option", { value: key, text: key === "C" ? "concert pitch" : `for ${key} instruments` }));
    this._key = el("select", { id: "sheet-key", onchange: () => this.show(this._id) }, keys);
    this._pages = el("div", { class: "pages" });
    this._box.append(el("p", { class: "sheet-head" }, [el("label", { for: "sheet-key", text: "Written " }), this._key]), this._pages);
    this._pages.addEventListener("click", (event) => this._press(event));
  }

  /** In which key lead sheets are written. */
  get key() {
    return this._key.value;
  }

  /** @param {string | null} id Of the take. */
  async show(id) {
    this._id = id;
    const asked = `${id} ${this.key}`;
    if (this._box.hidden || !id || asked === this._asked) return;
    this._asked = asked;
    this._box.setAttribute("aria-busy", "true");
    let text = "Cancelled; choose the view again to see it.";
    const sheet = await progress.run("Engraving the lead sheet", (more) => api.sheet(id, this.key, more), (error) => (text = error.message));
    this._box.removeAttribute("aria-busy");
    if (asked !== this._asked) return;
    if (sheet) {
      this._lay(sheet);
      return;
    }
    this._asked = "";
    this._bars.clear();
    this._pages.replaceChildren(el("p", { class: "hint", text }));
  }

  _lay({ pages, bars }) {
    this._lights = pages.map(() => el("div", { class: "light", hidden: true }));
    const shown = pages.map(({ url, width, height }, index) =>
      el("div", { class: "page" }, [
        el("img", { src: url, width: Math.round(width), height: Math.round(height), alt: `Lead sheet, page ${index + 1} of ${pages.length}; its notes are in the view “Notes as text”` }),
        this._lights[index],
      ]),
    );
    this._pages.replaceChildren(...shown);
    this._bars = new Map(bars.map((bar) => [bar.bar, bar]));
    this._bar = 0;
  }

  /** @param {number} bar @param {boolean} follow */
  move(bar, follow) {
    if (this._box.hidden || bar === this._bar || !this._bars.has(bar)) return;
    this._bar = bar;
    const { page, x, y, width, height } = this._bars.get(bar);
    this._lights.forEach((light, index) => (light.hidden = index !== page));
    const light = this._lights[page];
    for (const [name, share] of Object.entries({ left: x, top: y, width, height })) light.style[name] = `${100 * share}%`;
    if (!follow) return;
    const [frame, box] = [light.getBoundingClientRect(), this._box.getBoundingClientRect()];
    if (frame.top < box.top + 20 || frame.bottom > box.bottom - 20) {
      this._box.scrollTop += frame.top - box.top - this._box.clientHeight / 3;
    }
  }

  _press(event) {
    const page = [...this._pages.children].indexOf(event.target.closest(".page"));
    if (page < 0) return;
    const frame = this._pages.children[page].getBoundingClientRect();
    const [x, y] = [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
    const hit = [...this._bars.values()].find(
      (bar) => bar.page === page && x >= bar.x && x <= bar.x + bar.width && y >= bar.y && y <= bar.y + bar.height,
    );
    if (hit) this._on.place(hit.bar);
  }
}
