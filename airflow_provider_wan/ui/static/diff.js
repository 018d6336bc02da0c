/** Finds what is new in a rewritten text. */

const MOST = 1500; // words of each; the table grows with their product
const ALIKE = 0.3;

/**
 * Split the new text into parts that were there and parts that are new.
 * @param {string} before
 * @param {string} after
 * @returns {{text: string, fresh: boolean}[]} One part, not fresh, where the texts have too little in common for marks
 *   to be of use, or are too long.
 */
export function changes(before, after) {
  const old = split(before);
  const now = split(after);
  const plain = [{ text: after, fresh: false }];
  if (!old.length || old.length > MOST || now.length > MOST) return plain;
  const common = shared(old.map(key), now.map(key));
  if (common.size < ALIKE * Math.min(old.length, now.length)) return plain;
  const parts = [];
  now.forEach((text, at) => {
    const fresh = !common.has(at);
    const last = parts.at(-1);
    // A blank belongs to the part before it, so that a run of new words is one mark.
    if (last && (last.fresh === fresh || !text.trim())) last.text += text;
    else parts.push({ text, fresh });
  });
  return parts.flatMap(trimmed);
}

/** A mark doesn't reach over the blank behind it. */
function trimmed({ text, fresh }) {
  const kept = text.trimEnd();
  if (!fresh || kept === text) return [{ text, fresh }];
  return [{ text: kept, fresh }, { text: text.slice(kept.length), fresh: false }];
}

function split(text) {
  return [...new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)].map(({ segment }) => segment);
}

function key(word) {
  return word.toLowerCase();
}

/** Places in `now` of a longest common subsequence. */
function shared(old, now) {
  const width = now.length + 1;
  const best = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      best[i * width + j] = old[i] === now[j] ? best[(i + 1) * width + j + 1] + 1 : Math.max(best[(i + 1) * width + j], best[i * width + j + 1]);
    }
  }
  const kept = new Set();
  for (let i = 0, j = 0; i < old.length && j < now.length;) {
    if (old[i] === now[j]) (kept.add(j), (i += 1), (j += 1));
    else if (best[(i + 1) * width + j] >= best[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return kept;
}
