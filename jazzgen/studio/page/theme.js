/** Light and dark: as the system has it, or as one likes. */

import { $, keep, kept } from "./dom.js";

const THEMES = ["system", "light", "dark"];

/** @param {() => void} changed */
export function startTheme(changed) {
  const button = $("theme");
  let theme = THEMES.includes(kept("theme", "system")) ? kept("theme", "system") : "system";
  const show = () => {
    globalThis.jazzgenTheme(theme); // of first.js
    button.textContent = `◐ ${theme}`;
    button.setAttribute("aria-label", `Theme: ${theme}`);
    changed();
  };
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    keep("theme", theme);
    show();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  show();
}
