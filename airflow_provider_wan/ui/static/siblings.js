/** The strip of all instances of a mapped task: a cell each, coloured by Airflow's state. */

import { count, words } from "./format.js";
import { icon } from "./icons.js";
import { el, meantForPage } from "./parts.js";
import { query } from "./load.js";

/**
 * Build the strip. Refreshing goes through `update`, which only touches what changed: there may be 1,000 cells.
 * @param {Object} data Of the page.
 * @returns {{node: HTMLElement, update: (data: Object) => void}}
 */
export function siblings(data) {
  const { items } = data.siblings;
  const cells = new Map();
  const strip = el("nav.strip", { "aria-label": "All instances of this task" });
  const fill = document.createDocumentFragment();
  for (const one of items) {
    const current = one.map_index === data.map_index;
    const cell = el("a.cell", {
      href: address(one.map_index),
      tabindex: current ? "0" : "-1",
      "aria-current": current ? "page" : null,
    });
    paint(cell, one);
    cells.set(one.map_index, cell);
    fill.append(cell);
  }
  strip.append(fill);
  if (items.length && !cells.has(data.map_index)) strip.firstElementChild.tabIndex = 0;
  strip.addEventListener("keydown", (event) => walk(strip, event));

  const at = items.findIndex((one) => one.map_index === data.map_index);
  const previous = way("previous", "Previous", items[at - 1], "P");
  const next = way("next", "Next", at < 0 ? undefined : items[at + 1], "N");
  document.addEventListener("keydown", (event) => {
    if (!strip.isConnected || !meantForPage(event)) return;
    const link = { p: previous, n: next }[event.key.toLowerCase()];
    if (link?.hasAttribute("href")) link.click();
  });

  const summary = el("span.summary");
  const node = el("section.card.siblings", {},
    el("header", {},
      el("h2", {}, `${data.map_label ?? `Map index ${data.map_index}`}`, el("span.of", { text: `${at + 1} of ${data.siblings.total.toLocaleString("en")}` })),
      summary, el("div.row", {}, previous, next)),
    strip);
  const update = ({ siblings: now }) => {
    for (const one of now.items) {
      const cell = cells.get(one.map_index);
      if (cell && cell.dataset.state !== (one.state ?? "none")) paint(cell, one);
    }
    summary.replaceChildren(...legend(now));
  };
  update(data);
  requestAnimationFrame(() => reveal(strip, cells.get(data.map_index)));
  return { node, update };
}

function address(index) {
  return `edit?${query({ map_index: index })}`;
}

function paint(cell, { map_index: index, state, label }) {
  const text = `${label ? `${label} (${index})` : index}: ${state ? words(state).toLowerCase() : "no state yet"}`;
  cell.dataset.state = state ?? "none";
  cell.title = text;
  cell.setAttribute("aria-label", text);
}

function way(image, label, one, key) {
  const shared = { title: `${label} (${key})`, "aria-label": one ? `${label}: ${one.label ?? one.map_index}` : `${label}: there is none` };
  if (!one) return el("a.button.icon-only", { ...shared, "aria-disabled": "true", role: "link" }, icon(image));
  return el("a.button.icon-only", { ...shared, href: address(one.map_index) }, icon(image));
}

/** How many are in which state, so that colour isn't all there is. */
function legend({ total, items }) {
  const counts = new Map();
  for (const { state } of items) counts.set(state ?? "none", (counts.get(state ?? "none") ?? 0) + 1);
  const parts = [...counts].sort(([, a], [, b]) => b - a).map(([state, number]) =>
    el("span.key", {}, el("i.dot", { "data-state": state }), `${number.toLocaleString("en")} ${state === "none" ? "no state" : words(state).toLowerCase()}`));
  if (total > items.length) parts.push(el("span.key", { text: `${count(total - items.length, "more", "more")} not shown` }));
  return parts;
}

/** Arrow keys move from cell to cell; Enter, being on a link, follows it. */
function walk(strip, event) {
  const cell = event.target.closest(".cell");
  if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = strip.children;
  const at = Array.prototype.indexOf.call(all, cell);
  const columns = Math.max(1, getComputedStyle(strip).gridTemplateColumns.split(" ").length);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - columns, ArrowDown: at + columns, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const target = all[to];
  if (!target) return;
  cell.tabIndex = -1;
  target.tabIndex = 0;
  target.focus();
}

function reveal(strip, cell) {
  if (cell) strip.scrollTop = cell.offsetTop - strip.offsetTop - strip.clientHeight / 2;
}
