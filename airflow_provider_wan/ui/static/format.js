/** Puts numbers, times and states into words. Nothing here touches the page. */

/** Phases of an edit: what they are called, their colour among Airflow's, and the group they count to. */
export const PHASES = {
  not_started: ["Not started", "none", "waiting"],
  waiting_for_room: ["Waiting for room", "deferred", "waiting"],
  queued: ["Queued", "queued", "waiting"],
  running: ["Running", "running", "waiting"],
  landing: ["Landing", "running", "waiting"],
  succeeded: ["Succeeded", "success", "succeeded"],
  failed: ["Failed", "failed", "failed"],
  canceled: ["Canceled", "failed", "failed"],
  expired: ["Result expired", "upstream_failed", "expired"],
};

/** @param {string} phase */
export function phase(phase) {
  const [name, tone, group] = PHASES[phase] ?? [words(phase), "none", "waiting"];
  return { name, tone, group };
}

/** "video_repainting" as "Video repainting". */
export function words(name) {
  const text = String(name ?? "").replaceAll("_", " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Seconds as "4.2 s", "73 s" as "1 min 13 s", and so on. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(Number(seconds))) return "";
  const all = Math.max(0, Number(seconds));
  if (all < 9.95) return `${(Math.round(all * 10) / 10).toString()} s`;
  const whole = Math.round(all);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole / 60} min`;
  const minutes = Math.round(whole / 60);
  if (minutes < 2880) return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
  return `${Math.floor(minutes / 1440)} days ${Math.floor((minutes % 1440) / 60)} h`;
}

/** A place in a clip, as "0:04.20". */
export function clock(seconds) {
  const hundredths = Math.max(0, Math.round((Number.isFinite(seconds) ? seconds : 0) * 100));
  const rest = (hundredths % 6000) / 100;
  return `${Math.floor(hundredths / 6000)}:${rest.toFixed(2).padStart(5, "0")}`;
}

/** A moment the way Airflow's pages show it, in the time zone that is chosen there. */
export function moment(iso) {
  const at = new Date(iso ?? "");
  if (Number.isNaN(at.getTime())) return "";
  const shape = { dateStyle: "short", timeStyle: "medium" };
  try {
    return new Intl.DateTimeFormat("sv-SE", { ...shape, timeZone: zone() }).format(at);
  } catch {
    return new Intl.DateTimeFormat("sv-SE", { ...shape, timeZone: "UTC" }).format(at);
  }
}

/** The time zone chosen in Airflow, which keeps it in the browser; UTC where none is. */
export function zone() {
  try {
    const kept = window.localStorage.getItem("timezone");
    if (!kept) return "UTC";
    const name = kept.startsWith('"') ? JSON.parse(kept) : kept;
    return name === "local" ? undefined : name;
  } catch {
    return "UTC";
  }
}

/** "1.75 CNY". Amounts are decimal text; what is finer than a cent is rounded, unless nothing would be left. */
export function money(amount, currency) {
  const cents = /^\d{1,12}\.\d{3,}$/.test(amount) ? Number(amount).toFixed(2) : amount;
  return `${Number(cents) === 0 ? amount : cents} ${currency}`;
}

/** {"CNY": "3.50", "USD": "1"} as "3.50 CNY + 1 USD"; "" for nothing. */
export function sums(amounts) {
  return Object.entries(amounts ?? {})
    .filter(([, amount]) => Number(amount) !== 0)
    .map(([currency, amount]) => money(amount, currency))
    .join(" + ");
}

/** "1 job", "2 jobs". */
export function count(number, one, many = `${one}s`) {
  return `${Number(number).toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** A value of a request or of the usage, as text. */
export function value(given) {
  if (given === null || given === undefined) return "";
  return typeof given === "object" ? JSON.stringify(given) : String(given);
}

/** The last part of an address, for a caption. */
export function fileName(uri) {
  const path = String(uri ?? "").split(/[?#]/, 1)[0].replace(/\/+$/, "");
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The message without sentences that are shown on their own. */
export function without(message, sentences) {
  let text = String(message ?? "");
  for (const sentence of sentences) if (sentence) text = text.replace(sentence, " ");
  return text.replace(/\s+/g, " ").trim();
}
