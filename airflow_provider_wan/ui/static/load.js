/** Gets data, again and again while there is something to wait for, and says plainly what went wrong. */

const PATIENCE_MS = 30_000;
const LONGEST_PAUSE_S = 60;

/** Something that kept data from coming. `stays` where asking again by itself is pointless. */
export class Trouble extends Error {
  constructor(sentence, { status = 0, stays = false } = {}) {
    super(sentence);
    this.status = status;
    this.stays = stays;
  }
}

/** The page's own query. A map index that is no integer (Airflow leaves its placeholder there) is -1. */
export function query(more = {}) {
  const asked = new URLSearchParams(window.location.search);
  if (asked.has("map_index") && !/^-?\d+$/.test(asked.get("map_index"))) asked.set("map_index", "-1");
  for (const [name, value] of Object.entries(more)) asked.set(name, String(value));
  return asked.toString();
}

/**
 * Get JSON from an address relative to the page.
 * @param {string} address
 * @param {string} what What it is about, for the sentences: "task" or "run".
 * @throws {Trouble}
 */
export async function getJson(address, what) {
  let response;
  try {
    response = await fetch(address, {
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    throw new Trouble("Airflow's API server can't be reached.");
  }
  if (!response.ok) throw refused(response.status, what);
  try {
    return await response.json();
  } catch {
    throw new Trouble("Something else answered in place of Airflow's API server. Reload the whole page.", { stays: true });
  }
}

function refused(status, what) {
  const stays = status < 500 && status !== 429 && status !== 408;
  const sentences = {
    401: "You are no longer signed in to Airflow. Sign in, then try again.",
    403: "Your Airflow user may not see this DAG's edits. That takes read access to the DAG's XComs.",
    404: `Airflow knows no such ${what}. It may have been deleted since.`,
    422: `The address of this page doesn't name a ${what}.`,
    429: "Airflow's API server has too much to do. Try again in a moment.",
  };
  const sentence = sentences[status]
    ?? (status >= 500 ? `Airflow's API server ran into trouble of its own (${status}). Try again in a moment.` : `Airflow's API server refused to answer (${status}).`);
  return new Trouble(sentence, { status, stays });
}

/** Loads once, and again every `refresh_seconds` of the answer while that is set and the page can be seen. */
export class Feed {
  #load;
  #show;
  #complain;
  #timer = 0;
  #due = null;
  #busy = false;
  #misses = 0;
  #every = null;

  /**
   * @param {() => Promise<{refresh_seconds: number|null}>} load
   * @param {(data: Object) => void} show
   * @param {(trouble: Trouble|null) => void} complain Also told null when things go well again.
   */
  constructor(load, show, complain) {
    this.#load = load;
    this.#show = show;
    this.#complain = complain;
    document.addEventListener("visibilitychange", () => this.#plan());
  }

  /** Load now. */
  async now() {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#timer);
    this.#due = null;
    try {
      const data = await this.#load();
      this.#misses = 0;
      this.#every = data.refresh_seconds;
      this.#complain(null);
      this.#show(data);
      if (this.#every) this.#due = Date.now() + this.#every * 1000;
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      this.#misses += 1;
      this.#complain(error);
      if (!error.stays) {
        this.#due = Date.now() + Math.min(LONGEST_PAUSE_S, (this.#every ?? 5) * 2 ** this.#misses) * 1000;
      }
    } finally {
      this.#busy = false;
      this.#plan();
    }
  }

  #plan() {
    clearTimeout(this.#timer);
    if (this.#due === null || document.hidden || this.#busy) return;
    this.#timer = setTimeout(() => this.now(), Math.max(0, this.#due - Date.now()));
  }
}
