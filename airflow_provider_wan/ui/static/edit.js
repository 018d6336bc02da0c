/**
 * The page of one task instance: gets its data and puts the parts together.
 *
 * The data: see `edit/data` of the server. Parts are made anew only where what they show has changed, so a refresh
 * doesn't stop a clip that plays or move the focus.
 */

import { count, phase, words } from "./format.js";
import { Feed, getJson, query } from "./load.js";
import { Slots, badge, el } from "./parts.js";
import { files, job, parameters, prompts, references, timeline } from "./details.js";
import { notice, trouble } from "./states.js";
import { player } from "./player.js";
import { siblings } from "./siblings.js";
import { sides } from "./sides.js";
import { Tiles } from "./tiles.js";

const page = document.getElementById("page");
const slots = new Slots(page, ["head", "trouble", "siblings", "notice", "sums", "stage", "details"]);
let seen = null;
let received = 0;
let current = null;
let playing = null;
let strip = null;
let tiles = null;
const ticking = { notice: [], details: [] };

const feed = new Feed(() => getJson(`edit/data?${query()}`, "task instance"), show, complain);
setInterval(() => document.hidden || Object.values(ticking).flat().forEach((tick) => tick()), 1000);
feed.now();

function show(data) {
  seen = data.now;
  received = performance.now();
  current = data;
  page.removeAttribute("aria-busy");
  document.title = `${data.task_id}${data.map_index >= 0 ? ` [${data.map_index}]` : ""} · Video`;
  const known = data.kind !== "none";
  slots.put("head", known && [data.phase, data.function, data.model, data.region, data.attempt, data.kind], () => head(data));
  showSiblings(data);
  showNotice(data);
  showStage(data);
  slots.put("details", known && [data.prompt, data.parameters, data.usage, data.timeline, data.job, data.cost, data.spent, data.billed_seconds, data.inputs, data.result, data.phase], () => known && details(data));
}

function complain(error) {
  slots.put("trouble", error && [error.message, seen], () => error && trouble(error, seen, () => feed.now()));
  if (error && !seen) page.removeAttribute("aria-busy");
}

function head(data) {
  if (data.kind === "none") return null;
  const { name, tone } = phase(data.phase);
  const title = { batch: "Batch of edits", footage: "Footage" }[data.kind] ?? (data.function ? words(data.function) : data.model ?? "Edit");
  const about = [data.model === title ? null : data.model, data.region, data.attempt > 1 ? `attempt ${data.attempt}` : null].filter(Boolean);
  return el("header.head", {}, el("h1", { text: title }), el("span", { role: "status" }, badge(name, tone)), el("p.muted", { text: about.join(" · ") }));
}

function showSiblings(data) {
  const several = data.siblings && data.siblings.items.length > 0 && data.map_index >= 0;
  // Which there are, not how they are: states change under the eyes of whoever walks through them.
  slots.put("siblings", several ? [data.map_index, data.map_label, data.siblings.total, data.siblings.items.length] : null, () => {
    strip = several ? siblings(data) : null;
    return strip?.node;
  });
  strip?.update(data);
}

function showNotice(data) {
  const { waiting } = data;
  const steady = waiting && { ...waiting, age_seconds: null };
  slots.put("notice", [data.kind, data.phase, data.state, data.failure, data.attempt, data.refresh_seconds, steady, data.result?.expires_at], () => {
    ticking.notice = [];
    return notice(data, (tick) => ticking.notice.push(tick), age);
  });
}

/** How long the wait has lasted, in seconds; the server's count and our own clock since, so that clocks may differ. */
function age() {
  return (current.waiting?.age_seconds ?? 0) + (performance.now() - received) / 1000;
}

function showStage(data) {
  if (data.edits) {
    slots.put("stage", "batch", () => {
      tiles = new Tiles();
      return tiles.node;
    });
    slots.put("sums", data.edits.map((edit) => edit.phase), () => batchSums(data.edits));
    tiles.show(data.edits);
    return;
  }
  const { before, after } = sides(data);
  const shown = [];
  if (before) shown.push({ place: "before", name: "Before", kind: before.kind, media: before.media, uri: before.uri, why: before.why_not });
  if (after) shown.push({ place: "after", name: before ? "After" : "Result", kind: after.kind, media: after.media, uri: after.uri, why: after.why_not });
  else if (before) shown.push({ place: "after", name: "After", kind: "video", media: null, uri: null, why: missing(data) });
  slots.put("stage", shown, () => {
    playing?.close();
    playing = shown.length ? player(shown) : null;
    return playing?.node;
  });
}

/** How many of a batch are how. */
function batchSums(edits) {
  const counts = new Map();
  for (const edit of edits) {
    const { name, tone } = phase(edit.phase);
    counts.set(name, { tone, number: (counts.get(name)?.number ?? 0) + 1 });
  }
  const parts = [...counts].map(([name, { tone, number }]) => el("span.key", {}, el("i.dot", { "data-tone": tone }), `${number} ${name.toLowerCase()}`));
  return el("p.summary", {}, el("b", { text: count(edits.length, "edit") }), ...parts);
}

function missing(data) {
  const { group } = phase(data.phase);
  if (group === "failed") return "There is no result.";
  if (group === "expired") return "The result has expired.";
  return group === "waiting" ? "The result will stand here." : "There is no result to show.";
}

function details(data) {
  ticking.details = [];
  const times = timeline(data, (tick) => ticking.details.push(tick));
  const columns = [[references(sides(data).others), prompts(data), parameters(data)], [times, job(data), files(data)]];
  const made = columns.map((parts) => el("div.column", {}, ...parts)).filter((column) => column.childElementCount);
  return made.length ? el("div.details", {}, ...made) : null;
}
