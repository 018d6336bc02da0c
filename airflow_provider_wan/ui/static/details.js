/** What there is to read about an edit: prompt, times, ids, cost, parameters, files. */

import { changes } from "./diff.js";
import { count, duration, fileName, moment, money, sums, value, words } from "./format.js";
import { thumbnail } from "./lightbox.js";
import { breakable, card, copyable, copyButton, el, facts } from "./parts.js";

/** The prompt as sent and, where the service rewrote it, as rewritten. */
export function prompts({ prompt }) {
  const { sent, rewritten, negative } = prompt ?? {};
  if (!sent && !rewritten && !negative) return null;
  const made = card("Prompt");
  const add = (label, text, ...shown) =>
    made.append(el("div.prompt", {}, el("h3", {}, label, copyButton(text, label.toLowerCase())), el("p", {}, ...(shown.length ? shown : [text]))));
  const changed = rewritten && rewritten !== sent;
  if (sent) add(rewritten ? "As sent" : "Prompt as sent", sent);
  if (changed) {
    const parts = changes(sent ?? "", rewritten).map(({ text, fresh }) => (fresh ? el("mark", { text }) : text));
    add("As rewritten by the service", rewritten, ...parts);
  } else if (rewritten) {
    made.append(el("p.muted", { text: "The service left it as it is." }));
  }
  if (negative) add("Negative prompt", negative);
  return made;
}

const SPANS = { running: ["Queued", "queued"], ended: ["Running", "running"], landed: ["Landing", "success"] };

/**
 * The edit's times as a bar, and what each took.
 * @param {Object} data Of the page.
 * @param {(tick: () => void) => void} everySecond Takes a function to call each second.
 */
export function timeline({ timeline: events, waiting, phase, now }, everySecond) {
  if (!events?.length) return null;
  const spans = events.filter((one) => SPANS[one.name] && one.seconds !== null).map((one) => ({ label: SPANS[one.name][0], tone: SPANS[one.name][1], seconds: one.seconds }));
  const going = { queued: ["Queued", "queued"], running: ["Running", "running"], landing: ["Landing", "success"] }[phase];
  if (waiting && going) spans.push({ label: going[0], tone: going[1], seconds: since(events.at(-1).at, now), open: true });
  const all = spans.reduce((sum, { seconds }) => sum + seconds, 0);
  const bar = el("div.bar", { "aria-hidden": "true" });
  const keys = el("ul.keys", { role: "list" });
  for (const span of spans) {
    const part = el(`span.span${span.open ? ".open" : ""}`, { "data-tone": span.tone });
    const lasted = el("b");
    const put = (seconds) => {
      part.style.setProperty("--share", String(Math.max(seconds, all * 0.01, 0.01)));
      lasted.textContent = span.open ? `${duration(Math.floor(seconds))} so far` : duration(seconds);
    };
    put(span.seconds);
    if (span.open) {
      const began = performance.now();
      everySecond(() => put(span.seconds + (performance.now() - began) / 1000));
    }
    bar.append(part);
    keys.append(el("li", {}, el("i.dot", { "data-tone": span.tone }), el("span", { text: span.label }), lasted));
  }
  if (spans.length > 1 && !waiting) keys.append(el("li.all", {}, el("span", { text: "In all" }), el("b", { text: duration(all) })));
  const [first, last] = [events[0], events.at(-1)];
  const ends = el("p.ends", {}, el("span", { text: `${words(first.name)} ${moment(first.at)}` }), last === first ? null : el("span", { text: `${words(last.name)} ${moment(last.at)}` }));
  return card("Timeline", spans.length ? bar : null, spans.length ? keys : null, ends);
}

function since(at, now) {
  const seconds = (new Date(now) - new Date(at)) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}

/** Ids to copy, what is billed, what it cost. */
export function job(data) {
  const { job: about, billed_seconds: billed, cost, model, region, function: name, attempt } = data;
  const rows = facts([
    ["Job id", about?.task_id && copyable(about.task_id, "the job id")],
    ["Request id", about?.request_id && copyable(about.request_id, "the request id")],
    ["Function", name && words(name)],
    ["Model", model],
    ["Region", region],
    ["Attempt", attempt > 1 ? String(attempt) : null],
    ["Billed", billed === null || billed === undefined ? null : `${billed} s`],
    ["Cost", cost && el("strong", { text: money(cost.amount, cost.currency), title: `${cost.amount} ${cost.currency}` }), cost?.price_date && el("span.muted", { text: ` at the price of ${cost.price_date}` }), upTo(data)],
    ["All attempts", ...spent(data)],
    ["Console", about?.console_url && link(about.console_url)],
  ]);
  return rows && card("Job and cost", rows);
}

/** What the only job there has been may cost, while it goes on. */
function upTo({ spent: sum, cost }) {
  return !cost && alone(sum) && sums(sum.open) ? `up to ${sums(sum.open)}, if the job ends well` : null;
}

function alone(sum) {
  return Boolean(sum) && sum.jobs <= 1 && !sum.unknown && !sums(sum.paid);
}

/** What all attempts spent, where that isn't simply this job's cost. */
function spent({ spent: sum, cost }) {
  if (!sum || (alone(sum) && !cost)) return [];
  const paid = sums(sum.paid);
  const open = sums(sum.open);
  const same = sum.jobs <= 1 && !open && !sum.unknown && (!paid || (cost && paid === money(cost.amount, cost.currency)));
  if (same) return [];
  const said = [
    paid && `${paid} paid`,
    open && `up to ${open} more for what isn't seen to have ended`,
    sum.unknown ? `${count(sum.unknown, "job")} of unknown price` : "",
  ].filter(Boolean);
  return [`${said.join(", ") || "Nothing paid"} (${count(sum.jobs, "job")})`];
}

/** The frame that shows us opens no new windows, and a console in it would be refused: so, text to copy. */
function link(address) {
  const safe = /^https:\/\//.test(address);
  if (safe && window.parent === window) return el("a", { href: address, rel: "noreferrer" }, ...breakable(address));
  return copyable(address, "the console's address");
}

/** Parameters as sent, and the usage that the service reports. */
export function parameters({ parameters: given, usage }) {
  const rows = (given ?? []).map(([name, is]) => [name, value(is)]);
  const used = Object.entries(usage ?? {}).map(([name, is]) => [name, value(is)]);
  if (!rows.length && !used.length) return null;
  return card("Parameters",
    rows.length ? table(rows) : el("p.muted", { text: "None were sent; the model's own hold." }),
    used.length ? el("h3", { text: "Usage as reported" }) : null,
    used.length ? table(used) : null);
}

function table(rows) {
  return el("table.pairs", {}, el("tbody", {}, ...rows.map(([name, is]) => el("tr", {}, el("th", { scope: "row", text: name }), el("td", { text: is })))));
}

/** References, masks and sounds, small. */
export function references(others) {
  if (!others.length) return null;
  return card("References and masks", el("div.thumbs", {}, ...others.map(thumbnail)));
}

/** Where the files lie. */
export function files({ inputs, result, phase }) {
  const rows = (inputs ?? []).filter((one) => one.uri).map((one) => [one.name, place(one.uri, one.name)]);
  if (result?.uri) rows.push(["Result", place(result.uri, "the result's address")]);
  if (result && !result.landed) {
    const until = result.expires_at ? ` until ${moment(result.expires_at)}` : "";
    rows.push(["Landed", phase === "expired" ? `No: only the service held it${until}` : `No: only the service holds it${until}`]);
  }
  const list = facts(rows);
  return list && card("Files", list);
}

function place(uri, what) {
  return fileName(uri) || uri.length < 200 ? copyable(uri, what) : uri;
}
