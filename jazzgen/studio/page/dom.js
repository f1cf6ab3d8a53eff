/** Small helpers to build the page. Text goes in as text and never as markup. */

/** The element with this id. @returns {HTMLElement} */
export const $ = (id) => document.getElementById(id);

/**
 * An element.
 * @param {string} tag
 * @param {Record<string, unknown>} [traits] `text`; `on…` listeners; `dataset`; anything else is an attribute
 *   (true: present, false, null: absent).
 * @param {(Node | string | null)[]} [children]
 */
export function el(tag, traits = {}, children = []) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(traits)) {
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(made.dataset, value);
    else if (name.startsWith("aria-") && value != null) made.setAttribute(name, String(value));
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** A moment later, when all that is under way now has been asked for. @returns {Promise<void>} */
export const soon = () => new Promise((done) => setTimeout(done));

/** @param {number} ms @returns A function that runs `work` once, `ms` after it was last called. */
export function calmly(ms, work) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), ms);
  };
}

/** Say `text` to those who look and to those who listen. */
export function say(text, kind = "") {
  const status = $("status");
  status.dataset.kind = kind;
  status.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => {
    if (status.textContent === text) status.textContent = "";
  }, kind === "error" ? 12_000 : 5_000);
}

/** A value that this browser keeps; `usual` where it has none or may not keep any. */
export function kept(name, usual) {
  try {
    return JSON.parse(localStorage.getItem(`jazzgen.${name}`)) ?? usual;
  } catch {
    return usual;
  }
}

/** The twin of `kept`. */
export function keep(name, value) {
  try {
    localStorage.setItem(`jazzgen.${name}`, JSON.stringify(value));
  } catch {
    // A private window keeps nothing; the page works without.
  }
}

/** 1 as "1 bar", 2 as "2 bars". */
export const counted = (count, thing) => `${count} ${thing}${count === 1 ? "" : "s"}`;

/** 63 as "1:03". */
export function minutes(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
