/**
 * Light or dark before anything is painted, which is why this is no module: those wait until the page is there.
 * Without a choice it is as the system has it.
 */
"use strict";

/** @param {string} theme "light", "dark", or anything else for the system's. */
globalThis.jazzgenTheme = (theme) => {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.theme = ["light", "dark"].includes(theme) ? theme : system;
};

try {
  globalThis.jazzgenTheme(JSON.parse(localStorage.getItem("jazzgen.theme")));
} catch {
  globalThis.jazzgenTheme(""); // a private window keeps nothing
}
