/** Tiles of edits, with posters that load only near the screen and play while pointed at. */

import { duration, money, phase, words } from "./format.js";
import { icon } from "./icons.js";
import { badge, el, ours } from "./parts.js";
import { enlarge } from "./lightbox.js";

const NEAR = "300px";

/** A grid of tiles that keeps the nodes of those that haven't changed. */
export class Tiles {
  #known = new Map();
  #watcher = new IntersectionObserver((seen) => seen.forEach(look), { rootMargin: NEAR });

  constructor() {
    this.node = el("ul.tiles", { role: "list" });
  }

  /** @param {Object[]} edits Tiles as the server lays them out, in order. */
  show(edits) {
    const kept = new Map();
    for (const edit of edits) {
      const key = JSON.stringify([edit.task_id, edit.map_index, edit.index]);
      const now = JSON.stringify(edit);
      const before = this.#known.get(key);
      kept.set(key, before?.now === now ? before : { now, node: this.#make(edit) });
    }
    this.#known = kept;
    const nodes = [...kept.values()].map(({ node }) => node);
    const same = nodes.length === this.node.children.length && nodes.every((node, at) => node === this.node.children[at]);
    if (!same) this.node.replaceChildren(...nodes);
  }

  #make(edit) {
    const poster = el("div.poster", {}, ...picture(edit));
    const video = poster.querySelector("video");
    if (video) this.#watcher.observe(video);
    const inner = [poster, el("div.body", {}, title(edit), el("p.brief", { text: text(edit), title: text(edit) }), foot(edit))];
    const made = shell(edit, inner);
    if (video) playOnTouch(made, video);
    return el("li", { "data-phase": edit.phase }, made);
  }
}

/** A link to the edit's own page; where that is this page (in a batch), a button that enlarges it. */
function shell(edit, inner) {
  const label = `${name(edit)}: ${phase(edit.phase).name}`;
  const page = ours(edit.page);
  const here = page && new URL(page, document.baseURI).href === window.location.href;
  if (page && !here) return el("a.tile", { href: page, "aria-label": label }, ...inner);
  const media = edit.result?.media;
  if (!ours(media)) return el("div.tile", { "aria-label": label, role: "group" }, ...inner);
  return el("button.tile", { type: "button", "aria-label": `${label}. Enlarge`, on: { click: () => enlarge({ kind: edit.result.kind, media, title: name(edit) }) } }, ...inner);
}

function name(edit) {
  if (edit.label) return edit.label;
  if (edit.index !== null && edit.index !== undefined) return `Edit ${edit.index + 1}`;
  return edit.map_index >= 0 ? `${edit.task_id} [${edit.map_index}]` : edit.task_id;
}

function title(edit) {
  const beside = edit.label ? `${edit.task_id}${edit.map_index >= 0 ? ` [${edit.map_index}]` : ""}` : words(edit.function);
  return el("h3", {}, el("span.name", { text: name(edit), title: name(edit) }), el("span.beside", { text: beside, title: edit.model }));
}

function text(edit) {
  if (!edit.failure) return edit.prompt ?? "";
  // There is little room, and ids say nothing here.
  const message = String(edit.failure.message ?? "").replace(/^Job \S+ failed: /, "").replace(/ \(code [^()]*\)/, "");
  return [edit.failure.code, message].filter(Boolean).join(": ");
}

function foot(edit) {
  const { seconds, billed_seconds: billed, cost } = edit;
  return el("p.foot", {}, el("span", { text: duration(seconds) || "\u00a0" }), billed ? el("span", { text: `${billed} s billed` }) : null,
    cost && el("b", { text: money(cost.amount, cost.currency) }));
}

function picture(edit) {
  const { name: called, tone, group } = phase(edit.phase);
  const mark = badge(called, tone);
  const media = ours(edit.result?.media);
  if (media && edit.result.kind === "image") return [el("img", { src: media, alt: "", loading: "lazy" }), mark];
  if (media) {
    const video = el("video", { "data-src": media, preload: "metadata", playsinline: true, tabindex: "-1", "aria-hidden": "true" });
    video.muted = true;
    video.loop = true;
    video.disablePictureInPicture = true;
    return [video, mark];
  }
  const image = { failed: "warning", waiting: "clock" }[group] ?? "film";
  return [el("div.none", { "data-tone": tone }, icon(image)), mark];
}

/** Give a video its source when it comes near the screen, and take it away far off: browsers keep only so many. */
function look({ target: video, isIntersecting }) {
  if (isIntersecting && !video.src) {
    video.src = video.dataset.src;
  } else if (!isIntersecting && video.src) {
    video.removeAttribute("src");
    video.load();
  }
}

function playOnTouch(tile, video) {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const play = () => !still.matches && video.src && video.play().catch(() => {});
  const stop = () => {
    video.pause();
    if (video.readyState) video.currentTime = 0;
  };
  tile.addEventListener("pointerenter", play);
  tile.addEventListener("focus", play);
  tile.addEventListener("pointerleave", stop);
  tile.addEventListener("blur", stop);
}
