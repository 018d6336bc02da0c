/** Before and after: side by side, or one above the other with a slider that wipes; one transport for both. */

import { fileName, clock } from "./format.js";
import { icon } from "./icons.js";
import { button, el, meantForPage, ours } from "./parts.js";
import { Transport } from "./sync.js";

const SECOND = 1;
const SPEEDS = [0.25, 0.5, 1, 1.5, 2];

/**
 * Build the player.
 * @param {{place: "before"|"after", name: string, kind: string, media: string|null, uri: string|null, why: string|null}[]} sides One or two:
 *   what stands on the left and on the right. One without `media` says `why` instead.
 * @returns {{node: HTMLElement, close: () => void}}
 */
export function player(sides) {
  const shown = sides.map(side);
  const videos = shown.map((one) => one.media).filter((media) => media instanceof HTMLVideoElement);
  const transport = videos.length ? new Transport(videos) : null;
  const stage = el("div.stage", { "data-sides": String(sides.length) }, ...shown.map((one) => one.node));
  const node = el("section.player", { "aria-label": "Before and after" }, stage);
  const ending = new AbortController();

  keepRatio(stage, shown);
  const modes = shown.length === 2 && shown.every((one) => one.media) ? wipe(stage, ending.signal) : null;
  const controls = el("div.controls", { role: "group", "aria-label": "Playback" });
  if (transport) {
    controls.append(...playback(transport, shown, ending.signal));
    for (const video of videos) video.addEventListener("click", () => transport.toggle());
  }
  controls.append(el("div.spread"));
  if (transport) controls.append(...extras(transport, shown));
  if (modes) controls.append(modes);
  if (shown.some((one) => one.media)) controls.append(fullScreen(node));
  const result = sides.at(-1);
  if (ours(result.media) && result.place === "after") {
    controls.append(
      el("a.button.icon-only", { href: result.media, download: fileName(result.uri) || true, title: "Download the result", "aria-label": "Download the result" }, icon("download")),
    );
  }
  if (shown.some((one) => one.media)) node.append(controls);
  return { node, close: () => (ending.abort(), transport?.close()) };
}

/** One picture with its caption. */
function side({ place, name, kind, media, uri, why }) {
  const about = el("span.about");
  const box = el("div.frame");
  const address = ours(media);
  let shown = null;
  if (!address) {
    box.append(el("p.empty", { text: why ?? "There is nothing to show." }));
  } else if (kind === "image") {
    shown = el("img", { src: address, alt: `${name}: ${fileName(uri) || "image"}`, draggable: "false" });
    shown.addEventListener("load", () => (about.textContent = `${shown.naturalWidth} × ${shown.naturalHeight}`));
  } else {
    shown = el("video", { src: address, preload: "metadata", playsinline: true, tabindex: "-1", "aria-label": name });
    shown.muted = true;
    shown.disablePictureInPicture = true;
    shown.addEventListener("loadedmetadata", () => {
      about.textContent = `${shown.videoWidth} × ${shown.videoHeight} · ${shown.duration.toFixed(1)} s`;
    });
  }
  if (shown) {
    box.append(shown);
    shown.addEventListener("error", () => {
      box.replaceChildren(el("p.empty", { text: "The browser can't get or play this file. It may have gone, or be in a format that it doesn't know." }));
      box.dispatchEvent(new Event("broken", { bubbles: true }));
    });
  }
  const node = el(`figure.side.${place}`, {}, el("figcaption", {}, el("span.name", { text: name }), about), box);
  return { node, media: shown, name };
}

/** The stage takes the shape of the result, so that at least that one fills it; the other is letterboxed. */
function keepRatio(stage, shown) {
  const shape = (media) => (media?.videoWidth || media?.naturalWidth || 0) / (media?.videoHeight || media?.naturalHeight || 1);
  const follow = () => {
    const ratio = shown.map(({ media }) => shape(media)).findLast((one) => one > 0);
    if (!ratio) return;
    stage.style.setProperty("--ratio", String(ratio));
    // What has the stage's shape fills it, without a line of background where pixels are rounded.
    for (const { media } of shown) media?.classList.toggle("fits", Math.abs(shape(media) / ratio - 1) < 0.01);
  };
  for (const { media } of shown) {
    media?.addEventListener("loadedmetadata", follow);
    media?.addEventListener("load", follow);
  }
}

/** Play, step, scrub, and the keys for them where no control has the focus. */
function playback(transport, shown, signal) {
  const toggle = button("play", "Play", () => transport.toggle(), { hint: "Play or pause (space)" });
  toggle.classList.add("main");
  const back = button("back", "One frame back", () => transport.step(-1), { hint: "One frame back (←)" });
  const on = button("forward", "One frame on", () => transport.step(1), { hint: "One frame on (→)" });
  const time = el("output.time", { "aria-label": "Time" });
  const scrub = el("input.scrub", { type: "range", min: "0", max: "1", step: "any", value: "0", "aria-label": "Position" });
  let playing = null;

  const show = () => {
    const { duration } = transport;
    scrub.max = String(duration || 1);
    scrub.value = String(transport.time);
    scrub.style.setProperty("--done", `${duration ? (transport.time / duration) * 100 : 0}%`);
    scrub.setAttribute("aria-valuetext", `${transport.time.toFixed(2)} of ${duration.toFixed(2)} seconds`);
    time.textContent = `${clock(transport.time)} / ${clock(duration)}`;
    if (playing !== transport.playing) {
      playing = transport.playing;
      toggle.replaceChildren(icon(playing ? "pause" : "play"));
      toggle.setAttribute("aria-label", playing ? "Pause" : "Play");
    }
  };
  transport.addEventListener("change", show);
  show();

  const move = (event) => {
    const ways = { ArrowLeft: -1, ArrowRight: 1 };
    const way = ways[event.key];
    if (!way) return false;
    if (event.shiftKey) transport.seek(transport.time + way * SECOND);
    else transport.step(way);
    event.preventDefault();
    return true;
  };
  scrub.addEventListener("input", () => (transport.scrub(true), transport.seek(Number(scrub.value))));
  scrub.addEventListener("change", () => transport.scrub(false));
  scrub.addEventListener("keydown", (event) => {
    if (move(event)) return;
    if (event.key === " ") (transport.toggle(), event.preventDefault());
  });
  document.addEventListener("keydown", (event) => {
    if (!meantForPage(event) || move(event)) return;
    if (event.key === " ") (transport.toggle(), event.preventDefault());
  }, { signal });
  return [el("div.row", {}, toggle, back, on), time, scrub];
}

/** Loop, speed and sound. */
function extras(transport, shown) {
  const loop = button("loop", "Loop", () => (transport.loop = !transport.loop));
  transport.addEventListener("change", () => loop.setAttribute("aria-pressed", String(transport.loop)));
  transport.loop = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  const speed = el("select", { "aria-label": "Speed", title: "Speed", on: { change: () => (transport.rate = Number(speed.value)) } },
    ...SPEEDS.map((rate) => el("option", { value: String(rate), selected: rate === 1, text: `${rate}×` })));
  return [el("div.row", {}, loop, speed, sound(shown))];
}

/** Off, or the sound of one side: both at once would be noise. */
function sound(shown) {
  const heard = shown.filter((one) => one.media instanceof HTMLVideoElement);
  let at = -1;
  const made = button("muted", "Sound is off", () => {
    at = at + 1 >= heard.length ? -1 : at + 1;
    heard.forEach((one, index) => (one.media.muted = index !== at));
    show();
  });
  const show = () => {
    const label = at < 0 ? "Sound is off" : `Sound of ${heard[at].name.toLowerCase()}`;
    made.replaceChildren(icon(at < 0 ? "muted" : "sound"), ...(at < 0 || heard.length < 2 ? [] : [el("span", { text: heard[at].name })]));
    made.setAttribute("aria-label", label);
    made.title = label;
  };
  heard.reverse(); // the result's sound comes first
  return made;
}

/** The two ways of showing, and the slider that lies over the picture: native, so it drags, touches and has keys. */
function wipe(stage, signal) {
  const slider = el("input.wiper", { type: "range", min: "0", max: "100", step: "0.5", value: "50", "aria-label": "Wipe between before and after" });
  const line = el("div.line", { "aria-hidden": "true" }, el("span.knob", {}, icon("knob")));
  const move = () => {
    stage.style.setProperty("--cut", `${slider.value}%`);
    slider.setAttribute("aria-valuetext", `${Math.round(slider.value)} % before`);
  };
  slider.addEventListener("input", move);
  stage.append(slider, line);
  move();

  const beside = button("columns", "Side by side", () => show(false), { shown: true, hint: "Side by side (W)" });
  const above = button("wipe", "Wipe", () => show(true), { shown: true, hint: "Wipe (W)" });
  const show = (wiping) => {
    stage.classList.toggle("wiping", wiping);
    slider.disabled = !wiping;
    beside.setAttribute("aria-pressed", String(!wiping));
    above.setAttribute("aria-pressed", String(wiping));
  };
  show(false);
  stage.addEventListener("broken", () => show(false));
  document.addEventListener("keydown", (event) => {
    if (meantForPage(event) && event.key.toLowerCase() === "w") show(!stage.classList.contains("wiping"));
  }, { signal });
  return el("div.segments", { role: "group", "aria-label": "View" }, beside, above);
}

function fullScreen(node) {
  return button("full", "Full screen", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else node.requestFullscreen?.().catch(() => {});
  });
}
