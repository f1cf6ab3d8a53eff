/** The server: one function a thing that can be asked of it. Everything is on the page's own origin. */

export class ApiError extends Error {
  /** @param {number} status @param {{error?: string, field?: string, cancelled?: boolean}} body */
  constructor(status, body) {
    super(body.error ?? `the server answered ${status}`);
    this.name = body.cancelled ? "AbortError" : "ApiError";
    this.status = status;
    this.field = body.field ?? "";
  }
}

/** Whether `error` only says that somebody wanted no more of it. */
export const isCancelled = (error) => error.name === "AbortError";

async function ask(method, path, body, { signal, type = "application/json" } = {}) {
  const init = { method, signal, credentials: "same-origin" };
  if (body !== undefined) {
    init.headers = { "Content-Type": type };
    init.body = type === "application/json" ? JSON.stringify(body) : body;
  }
  let answer;
  try {
    answer = await fetch(path, init);
  } catch (error) {
    if (isCancelled(error)) throw error;
    throw new Error("the server does not answer; is jazzgen studio still running?");
  }
  if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => ({})));
  return answer;
}

const json = async (...given) => (await ask(...given)).json();
const get = (path) => json("GET", path);
const post = (path, body = {}) => json("POST", path, body);
const take = (id) => `/api/takes/${encodeURIComponent(id)}`;
const bytes = { type: "application/octet-stream" };

export const api = {
  options: () => get("/api/options"),
  state: () => get("/api/state"),
  invite: () => get("/api/invite"),
  undo: () => post("/api/undo"),
  redo: () => post("/api/redo"),
  choose: (id) => post("/api/current", { id }),
  remove: (id) => json("DELETE", take(id)),

  make: (settings, more) => post("/api/takes", { settings, ...more }),
  again: (id, edit, more) => post(`${take(id)}/again`, { ...edit, ...more }),
  tempo: (id, tempo, more) => post(`${take(id)}/tempo`, { tempo, ...more }),
  open: (name, data, { job }) => json("POST", `/api/open?name=${encodeURIComponent(name)}&job=${job}`, data, bytes),

  chart: (asked, signal) => json("POST", "/api/chart", asked, { signal }),
  chartFile: (name, data, song) => {
    const which = song ? `&song=${encodeURIComponent(song)}` : "";
    return json("POST", `/api/chart/file?name=${encodeURIComponent(name)}${which}`, data, bytes);
  },

  roll: (id) => get(`${take(id)}/roll`),
  sound: (id, variant = {}) => {
    const query = new URLSearchParams(variant).toString();
    return get(`${take(id)}/sound${query ? `?${query}` : ""}`);
  },
  ahead: (id, bar) => post("/api/sound/ahead", { id, from_bar: bar }),
  chunk: async (url, signal) => (await ask("GET", url, undefined, { signal })).arrayBuffer(),
  why: (id, note, more) => get(`${take(id)}/why?${new URLSearchParams({ note, ...more })}`),
  sheet: (id, key, more) => get(`${take(id)}/sheet?${new URLSearchParams({ key, ...more })}`),
  save: (id, wanted, more) => post(`${take(id)}/export`, { ...wanted, ...more }),

  favour: (id) => post("/api/favourites", { id }),
  /** `kind`: "favourites" or "recent". */
  forget: (kind, name) => json("DELETE", `/api/${kind}/${encodeURIComponent(name)}`),
  openKept: (kind, name, more) => post(`/api/${kind}/${encodeURIComponent(name)}/open`, more),

  live: () => get("/api/live"),
  playLive: (session) => post("/api/live", session),
  endLive: (how) => post("/api/live/end", { how }),

  cancel: (job) => json("DELETE", `/api/jobs/${job}`),

  /**
   * What the server says by itself.
   * @param {{state: (state: object) => void, job: (job: object) => void, level: (level: object) => void,
   *   lost: () => void, live: (event: object) => void, hello: (told: object) => void}} listener
   */
  listen({ state, job, level, lost, live, hello }) {
    const events = new EventSource("/api/events");
    events.addEventListener("hello", (event) => hello(JSON.parse(event.data)));
    events.addEventListener("live", (event) => live(JSON.parse(event.data)));
    events.addEventListener("state", (event) => state(JSON.parse(event.data)));
    events.addEventListener("job", (event) => job(JSON.parse(event.data)));
    events.addEventListener("level", (event) => level(JSON.parse(event.data)));
    // A connection that breaks comes back by itself; one that is refused does not.
    events.addEventListener("error", () => events.readyState === EventSource.CLOSED && lost());
    return events;
  },
};

/** A name for a job; `crypto.randomUUID` is absent on plain http. */
export function jobName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
