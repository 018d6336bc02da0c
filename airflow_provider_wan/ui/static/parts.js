/** Builds pieces of a page. Whatever comes from data becomes text or a property, never markup. */

import { icon } from "./icons.js";

/**
 * Make an element.
 * @param {string} name Tag, with classes after dots: "div.card.wide".
 * @param {Object} [given] Attributes; `on` takes listeners, `vars` custom properties, `text` the content.
 * @param {...(Node|string|null|false|undefined)} children Empty ones are left out.
 * @returns {HTMLElement}
 */
export function el(name, given = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "text") node.textContent = value;
    else if (key === "on") for (const [event, heard] of Object.entries(value)) node.addEventListener(event, heard);
    else if (key === "vars") for (const [name_, set] of Object.entries(value)) node.style.setProperty(name_, set);
    else node.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children) if (child || child === 0) node.append(child);
  return node;
}

/** A button with an icon; `label` is read out and shown as a hint, and written beside it if `shown`. */
export function button(image, label, click, { shown = false, hint = label } = {}) {
  return el(
    shown ? "button.button" : "button.button.icon-only",
    { type: "button", title: hint, "aria-label": label, on: { click } },
    image && icon(image),
    shown && el("span", { text: label }),
  );
}

/** A titled box. */
export function card(title, ...children) {
  const heading = typeof title === "string" ? el("h2", { text: title }) : title;
  return el("section.card", {}, heading, ...children);
}

/** A coloured pill that names a state. */
export function badge(text, tone) {
  return el("span.badge", { "data-tone": tone, text });
}

/** Names and values; rows without a value are left out. */
export function facts(rows) {
  const list = el("dl.facts");
  for (const [name, ...values] of rows) {
    const said = values.filter((value) => value !== null && value !== undefined && value !== false && value !== "");
    if (said.length) list.append(el("div.fact", {}, el("dt", { text: name }), el("dd", {}, ...said)));
  }
  return list.childElementCount ? list : null;
}

/** Text to copy, such as an id: shown as it is, with a button. */
export function copyable(text, what) {
  return el("span.copyable", {}, el("code", { title: text }, ...breakable(text)), copyButton(text, what));
}

/** A text that, where it doesn't fit a line, is broken between the parts of an address rather than within a word. */
export function breakable(text) {
  return String(text).split(/(?<=[^:/]\/)(?!\/)|(?<=^https?:\/\/[^/]*\.)/).flatMap((part, at) => (at ? [el("wbr"), part] : [part]));
}

/** A button that copies `text` and says so. */
export function copyButton(text, what) {
  const said = el("span.sr-only", { role: "status" });
  const made = button("copy", `Copy ${what}`, async () => {
    const done = await copied(text);
    made.classList.toggle("done", done);
    made.replaceChildren(icon(done ? "check" : "close"), said);
    said.textContent = done ? "Copied" : "Copying was refused";
    setTimeout(() => {
      made.classList.remove("done");
      made.replaceChildren(icon("copy"), said);
      said.textContent = "";
    }, 1600);
  });
  made.append(said);
  made.classList.add("quiet", "small");
  return made;
}

/** Copy text; the clipboard of today needs https or localhost, so the old way stands by. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = el("textarea.sr-only", { "aria-hidden": "true", tabindex: "-1" });
    const focused = document.activeElement;
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    focused?.focus();
    return done;
  }
}

/**
 * The URL if it is one of our own origin, else null: nothing in the data may send the browser elsewhere.
 * @param {string|null|undefined} url
 */
export function ours(url) {
  if (!url) return null;
  try {
    return new URL(url, document.baseURI).origin === window.location.origin ? url : null;
  } catch {
    return null;
  }
}

/** Whether a key pressed there would be meant for the page, not for a control. */
export function meantForPage(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  return !(event.target instanceof Element && event.target.closest("button, a, input, select, textarea, dialog, video, audio, summary, [tabindex]"));
}

/** Parts of a page that are made anew only when what they show has changed, so that refreshing disturbs nothing. */
export class Slots {
  #nodes = new Map();
  #shown = new Map();

  /**
   * @param {Element} root Where the parts go, in this order.
   * @param {string[]} names
   */
  constructor(root, names) {
    for (const name of names) this.#nodes.set(name, el("div.slot", { "data-slot": name }));
    root.replaceChildren(...this.#nodes.values());
  }

  /**
   * Show a part.
   * @param {string} name
   * @param {*} shown What it shows, as JSON; the same as before leaves it as it is.
   * @param {() => Node|null} build
   * @returns {boolean} Whether it was made anew.
   */
  put(name, shown, build) {
    const now = JSON.stringify(shown) ?? "";
    if (this.#shown.get(name) === now) return false;
    this.#shown.set(name, now);
    const made = build();
    this.#nodes.get(name).replaceChildren(...(made ? [made] : []));
    return true;
  }
}
