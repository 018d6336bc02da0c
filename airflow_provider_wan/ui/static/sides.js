/** Decides what of an edit stands on the left, what on the right, and what is shown small. */

const NEVER_BEFORE = /mask|ref/i;

/**
 * @param {Object} data Of the page, see `edit.js`.
 * @returns {{before: Object|null, after: Object|null, others: Object[]}} The input that the edit changes (a video, else
 *   the image that it sets in motion), its result, and the inputs that are left. Masks and references are never
 *   "before": the result isn't a changed form of them.
 */
export function sides(data) {
  const inputs = data.inputs ?? [];
  const fit = inputs.filter((one) => !NEVER_BEFORE.test(one.name));
  const before = fit.find((one) => one.kind === "video") ?? fit.find((one) => one.kind === "image") ?? null;
  return { before, after: data.result ?? null, others: inputs.filter((one) => one !== before) };
}
