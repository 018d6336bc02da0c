/** Shows one picture or clip large, over the page; Escape closes it. */

import { button, el, ours } from "./parts.js";

/** @param {{kind: string, media: string, title: string}} shown */
export function enlarge({ kind, media, title }) {
  const address = ours(media);
  if (!address) return;
  const large = kind === "image"
    ? el("img", { src: address, alt: title })
    : el("video", { src: address, controls: true, loop: true, playsinline: true, "aria-label": title });
  const dialog = el("dialog.lightbox", { "aria-label": title });
  dialog.append(
    el("header", {}, el("h2", { text: title }), button("close", "Close", () => dialog.close())),
    large,
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}

/** A small picture of a clip, an image or a sound; a click enlarges it. Where there is none to show, it says why. */
export function thumbnail({ name, kind, media, uri, why_not: why }) {
  const address = ours(media);
  const caption = el("span.caption", { text: name, title: uri });
  if (!address) return el("div.thumb.bare", { title: uri }, el("span.why", { text: why ?? "Not shown" }), caption);
  if (kind === "audio") {
    return el("div.thumb.audio", { title: uri }, el("audio", { src: address, controls: true, preload: "none", "aria-label": name }), caption);
  }
  const small = kind === "image"
    ? el("img", { src: address, alt: "", loading: "lazy" })
    : el("video", { src: address, preload: "metadata", muted: true, tabindex: "-1" });
  return el("button.thumb", { type: "button", title: uri, "aria-label": `Enlarge ${name}`, on: { click: () => enlarge({ kind, media, title: name }) } }, small, caption);
}
