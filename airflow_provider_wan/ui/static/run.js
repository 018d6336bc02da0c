/** The page of a DAG run: all its edits, failures first, and what they add up to. */

import { count, duration, moment, phase, sums, words } from "./format.js";
import { Feed, getJson, query } from "./load.js";
import { Slots, badge, button, el } from "./parts.js";
import { trouble } from "./states.js";
import { Tiles } from "./tiles.js";

const GROUPS = [["all", "All"], ["failed", "Failed"], ["waiting", "Waiting"], ["succeeded", "Succeeded"], ["expired", "Expired"]];

const page = document.getElementById("page");
const slots = new Slots(page, ["head", "trouble", "totals", "filter", "tiles", "more"]);
const tiles = new Tiles();
let seen = null;
let pages = 1;
let chosen = "all";
let shown = { edits: [], total: 0, totals: {} };

const feed = new Feed(load, show, complain);
feed.now();

/** Get as many pages as are open, one after the other; what the last says about the whole counts. */
async function load() {
  const edits = [];
  let last;
  for (let at = 0; at < pages; at += 1) {
    last = await getJson(`run/data?${query({ offset: edits.length })}`, "DAG run");
    edits.push(...last.edits);
    if (!last.edits.length || edits.length >= last.total) break;
  }
  return { ...last, edits };
}

function show(data) {
  seen = data.now;
  shown = data;
  page.removeAttribute("aria-busy");
  document.title = `${data.run_id} · Edits`;
  slots.put("head", [data.state, data.run_id, data.logical_date], () => head(data));
  slots.put("totals", [data.totals, data.edits.length > 0], () => (data.edits.length ? totals(data.totals) : null));
  arrange();
}

/** Show what the filter lets through. */
function arrange() {
  const groups = new Map();
  for (const edit of shown.edits) {
    const { group } = phase(edit.phase);
    groups.set(group, (groups.get(group) ?? 0) + 1);
  }
  const all = shown.edits.length >= shown.total;
  const numbers = { all: shown.total };
  for (const [group] of GROUPS.slice(1)) numbers[group] = all ? groups.get(group) ?? 0 : shown.totals[group] ?? groups.get(group) ?? 0;
  if (!numbers[chosen]) chosen = "all";
  slots.put("filter", [numbers, chosen], () => (shown.total ? filter(numbers) : null));
  const through = shown.edits.filter((edit) => chosen === "all" || phase(edit.phase).group === chosen);
  slots.put("tiles", shown.total > 0, () => (shown.total ? tiles.node : empty()));
  tiles.show(through);
  slots.put("more", [shown.edits.length, shown.total], () => more());
}

function complain(error) {
  slots.put("trouble", error && [error.message, seen], () => error && trouble(error, seen, () => feed.now()));
  if (error && !seen) page.removeAttribute("aria-busy");
}

function head({ state, logical_date: date }) {
  return el("header.head", {}, el("h1", { text: "Edits of this run" }), state ? badge(words(state), state) : null,
    date ? el("p.muted", { text: `Logical date ${moment(date)}` }) : null);
}

function totals(sum) {
  const unpriced = sum.unpriced ? `${count(sum.unpriced, "edit")} without a known price` : "";
  const cells = [
    ["Edits", Number(sum.edits ?? 0).toLocaleString("en"), ""],
    ["Failed", Number(sum.failed ?? 0).toLocaleString("en"), "", sum.failed ? "failed" : null],
    ["Waiting", Number(sum.waiting ?? 0).toLocaleString("en"), ""],
    ["Cost", sums(sum.cost) || "–", unpriced],
    ["Billed", sum.billed_seconds === null || sum.billed_seconds === undefined ? "–" : `${sum.billed_seconds.toLocaleString("en")} s`, ""],
    ["Time", duration(sum.seconds) || "–", ""],
  ];
  return el("dl.totals", {}, ...cells.map(([name, is, more, tone]) =>
    el("div.total", { "data-tone": tone }, el("dt", { text: name }), el("dd", {}, is, more && el("small", { text: more })))));
}

function filter(numbers) {
  const chips = GROUPS.filter(([group]) => group === "all" || numbers[group]).map(([group, name]) =>
    el("button.chip", { type: "button", "data-group": group, "aria-pressed": String(group === chosen), on: { click: () => choose(group) } },
      el("span", { text: name }), el("b", { text: Number(numbers[group]).toLocaleString("en") })));
  return chips.length > 2 ? el("div.chips", { role: "group", "aria-label": "Show by state" }, ...chips) : null;
}

function choose(group) {
  chosen = group;
  arrange();
  page.querySelector(`.chip[data-group="${group}"]`)?.focus();
}

function more() {
  const { edits, total } = shown;
  if (edits.length >= total) return null;
  const ask = button(null, "Show more", async () => {
    ask.disabled = true;
    pages += 1;
    await feed.now();
    ask.disabled = false;
  }, { shown: true });
  return el("div.more", {}, ask, el("span.muted", { text: `${edits.length.toLocaleString("en")} of ${total.toLocaleString("en")} shown` }));
}

function empty() {
  return el("section.nothing", {}, el("h2", { text: "No edits in this run" }),
    el("p", { text: "None of its tasks is a Wan edit, or none has left anything to show yet." }));
}
