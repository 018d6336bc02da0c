/** Icons, drawn by hand on a field of 24 by 24. */

const DRAWN = {
  play: [["path", { d: "M7 4.5v15l12-7.5z", fill: "currentColor" }]],
  pause: [["path", { d: "M7 5h3.4v14H7zM13.6 5H17v14h-3.4z", fill: "currentColor", stroke: "none" }]],
  back: [["path", { d: "M17 5.5v13L8.5 12z", fill: "currentColor" }], ["path", { d: "M6.5 5.5v13" }]],
  forward: [["path", { d: "M7 5.5v13l8.5-6.5z", fill: "currentColor" }], ["path", { d: "M17.5 5.5v13" }]],
  loop: [["path", { d: "M4 12V10a4 4 0 0 1 4-4h11M15.5 2.5 19 6l-3.5 3.5M20 12v2a4 4 0 0 1-4 4H5M8.5 21.5 5 18l3.5-3.5" }]],
  sound: [["path", { d: "M4 9.5v5h3.5L12 19V5L7.5 9.5z", fill: "currentColor" }], ["path", { d: "M15.5 9a4.2 4.2 0 0 1 0 6M18 6.2a8.2 8.2 0 0 1 0 11.6" }]],
  muted: [["path", { d: "M4 9.5v5h3.5L12 19V5L7.5 9.5z", fill: "currentColor" }], ["path", { d: "m16 9.5 5 5m0-5-5 5" }]],
  columns: [["rect", { x: 3, y: 5, width: 18, height: 14, rx: 2 }], ["path", { d: "M12 5v14" }]],
  wipe: [["rect", { x: 3, y: 5, width: 18, height: 14, rx: 2 }], ["path", { d: "M12 2.5v19M9 10l-2.2 2L9 14M15 10l2.2 2-2.2 2" }]],
  knob: [["path", { d: "m8.5 6.5-5.5 5.5 5.5 5.5M15.5 6.5l5.5 5.5-5.5 5.5" }]],
  full: [["path", { d: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" }]],
  download: [["path", { d: "M12 4v11M7 10.5l5 5 5-5M4.5 20h15" }]],
  copy: [["rect", { x: 8.5, y: 8.5, width: 11, height: 11.5, rx: 2 }], ["path", { d: "M15.5 8.5V6a2 2 0 0 0-2-2h-7a2 2 0 0 0-2 2v7.5a2 2 0 0 0 2 2h2" }]],
  check: [["path", { d: "m5 12.5 4.5 4.5L19 7.5" }]],
  close: [["path", { d: "m6 6 12 12M18 6 6 18" }]],
  previous: [["path", { d: "m14.5 6-6 6 6 6" }]],
  next: [["path", { d: "m9.5 6 6 6-6 6" }]],
  retry: [["path", { d: "M19.5 12a7.5 7.5 0 1 1-2.3-5.4M19.5 3.5V8H15" }]],
  warning: [["path", { d: "M12 4 2.8 19.5h18.4zM12 10v4.5M12 17.2v.1" }]],
  clock: [["circle", { cx: 12, cy: 12, r: 8.5 }], ["path", { d: "M12 7v5.2l3.4 2" }]],
  film: [["rect", { x: 3.5, y: 4.5, width: 17, height: 15, rx: 2 }], ["path", { d: "M8 4.5v15M16 4.5v15M3.5 9.5H8M3.5 14.5H8M16 9.5h4.5M16 14.5h4.5" }]],
};

/** @param {keyof DRAWN} name */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  for (const [shape, attributes] of DRAWN[name]) {
    const part = document.createElementNS(space, shape);
    for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
    svg.append(part);
  }
  return svg;
}
