/** Everything by keyboard: one table, from which the list in the help comes too. */

import { $, el, keep, kept } from "./dom.js";

/** @typedef {{keys: string[], shown: string, text: string, run: (event: KeyboardEvent) => void}} Key */

const WRITING = "textarea, select, input:not([type=checkbox], [type=range], [type=file])";
const PRESSED = "button, summary, a, input[type=checkbox], [role=tab]"; // space is theirs

const MOVES = /Arrow|Home|End|Page/; // a slider's, too

/** Whether one writes there, so that letters are letters. @param {EventTarget} target */
const writing = (target) => target instanceof Element && target.matches(WRITING);

/** `event` as the table names it: "Ctrl+z", "Shift+ArrowLeft", "g". */
function nameOf(event) {
  const letter = event.key.length === 1;
  const key = letter ? event.key.toLowerCase() : event.key;
  const shift = event.shiftKey && (!letter || event.key.toLowerCase() !== event.key.toUpperCase());
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${shift ? "Shift+" : ""}${key}`;
}

/**
 * @param {Key[]} table
 * @param {() => boolean} blocked Whether a dialog is open.
 */
export function startKeys(table, blocked) {
  const single = el("input", { type: "checkbox", id: "single-keys", checked: kept("single-keys", true) });
  single.addEventListener("change", () => keep("single-keys", single.checked));
  for (const { shown, text } of table) {
    $("keys-list").append(el("div", {}, [el("dt", {}, [el("kbd", { text: shown })]), el("dd", { text })]));
  }
  $("keys-list").after(el("label", { class: "check" }, [single, " keys without Ctrl do something"]));
  document.addEventListener("keydown", (event) => {
    if (blocked() || event.altKey || event.isComposing) return;
    const name = nameOf(event);
    const found = table.find(({ keys }) => keys.includes(name));
    if (!found) return;
    const bare = !name.startsWith("Ctrl+") && name !== "Escape";
    if (bare && (!single.checked || writing(event.target))) return;
    if (writing(event.target) && (name === "Ctrl+z" || name === "Ctrl+Shift+z" || name === "Ctrl+y")) return;
    if (name === " " && event.target.matches?.(PRESSED)) return;
    if (MOVES.test(name) && event.target.matches?.("input[type=range], [role=tab]")) return;
    event.preventDefault();
    found.run(event);
  });
}
