/** Light and dark: as the system has it, or as one likes. */

import { $, keep, kept } from "./dom.js";

const THEMES = ["system", "light", "dark"];

/** @param {() => void} changed */
export function startTheme(changed) {
  const button = $("theme");
  const set = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `◐ ${theme}`;
    button.setAttribute("aria-label", `Theme: ${theme}`);
    keep("theme", theme);
    changed();
  };
  button.addEventListener("click", () => set(THEMES[(THEMES.indexOf(kept("theme", "system")) + 1) % THEMES.length]));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  set(THEMES.includes(kept("theme", "system")) ? kept("theme", "system") : "system");
}
