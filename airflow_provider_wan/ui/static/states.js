/** Says how an edit stands where there is more to say than its result: it waits, it failed, it is gone, it is none. */

import { count, duration, moment, phase, without } from "./format.js";
import { icon } from "./icons.js";
import { button, copyable, el, facts } from "./parts.js";

const WAITS = {
  waiting_for_room: ["Waiting for room in the account's queue", "Nothing is submitted yet, so nothing is billed. It goes ahead as soon as there is room."],
  queued: ["Queued at the service", "The job is accepted and waits for its turn. The service says nothing about places in its queue."],
  running: ["The edit is running", "The model works on it. The result is put in place as soon as it is done."],
  landing: ["Landing the result", "The edit is done and is being copied to where it belongs."],
  not_started: ["Not submitted yet", "The task hasn't sent its edit to the service."],
};

const VERDICT = /(?:A retry\b|It is not retried)[^.]*\.$/;

/**
 * Build the notice for a data set, or null where the result speaks for itself.
 * @param {Object} data Of the page.
 * @param {(tick: () => void) => void} everySecond Takes a function to call each second.
 * @param {() => number} age Seconds that the wait has lasted.
 */
export function notice(data, everySecond, age) {
  if (data.kind === "none") return nothing();
  if (data.phase === "failed" || data.phase === "canceled") return failed(data);
  if (data.phase === "expired") return expired(data);
  if (WAITS[data.phase]) return waiting(data, everySecond, age);
  return null;
}

function box(tone, image, title, ...children) {
  return el("section.notice", { "data-tone": tone }, el("div.sign", {}, image), el("div.said", {}, el("h2", { text: title }), ...children));
}

function nothing() {
  return el("section.nothing", {}, icon("film"), el("h2", { text: "Nothing to show here" }),
    el("p", { text: "This task isn't a Wan edit, or it has left nothing to show yet." }));
}

function waiting(data, everySecond, age) {
  const [title, meaning] = WAITS[data.phase];
  const { waiting: wait, refresh_seconds: every } = data;
  const lasted = el("b", { class: "age" });
  if (wait) {
    const tick = () => (lasted.textContent = duration(Math.floor(age())));
    tick();
    everySecond(tick);
  }
  const rows = facts([
    ["For", wait && lasted],
    ["Since", wait?.since && moment(wait.since)],
    ["Account", wait?.queue && `${count(wait.queue.pending ?? 0, "job")} queued, ${wait.queue.running ?? 0} running`],
    ["Gives up", wait?.deadline && moment(wait.deadline)],
    ["Status", wait?.status && wait.status !== "ROOM" && el("code", { text: wait.status })],
  ]);
  rows?.classList.add("inline");
  const note = every ? `This page looks again every ${duration(every)}.` : null;
  return box(phase(data.phase).tone, el("span.pulse", { "aria-hidden": "true" }), title, el("p", { text: meaning }), rows, note && el("p.muted", { text: note }));
}

function failed({ phase: state, failure, attempt, state: task }) {
  const what = state === "canceled" ? "The edit was canceled" : "The edit failed";
  const title = attempt > 1 ? `${what} on attempt ${attempt}` : what;
  if (!failure) {
    return box("failed", icon("warning"), title, el("p", { text: "It left no reason behind. The task's log has the rest." }));
  }
  const { code, error, message, advice, spent, next, request_id: request, task_id: job } = failure;
  // What has a row of its own isn't said twice.
  const said = without(message, [advice, spent, next]).replace(` (code ${code}, request_id ${request})`, "");
  const verdict = next ? null : said.match(VERDICT)?.[0];
  const text = without(said, [verdict]);
  const rows = facts([
    ["What to do", advice],
    ["Money", spent],
    ["A retry", next ?? verdict, task === "up_for_retry" && el("span.muted", { text: " Airflow will make one by itself." })],
    ["Failed at", failure.at && moment(failure.at)],
    ["Job id", job && copyable(job, "the job id")],
    ["Request id", request && copyable(request, "the request id")],
  ]);
  return box("failed", icon("warning"), title, el("p.code", {}, el("code", { text: code ?? error ?? "Error" })), text && el("p.message", { text }), rows);
}

function expired({ result, job }) {
  const at = result?.expires_at ? el("span.whole", { text: `It did so at ${moment(result.expires_at)}.` }) : null;
  return box("upstream_failed", icon("clock"), "The result has expired",
    el("p", {}, "The edit was made, but never landed, and the service deletes results after 24 hours. ", at),
    el("p.muted", { text: "Getting it again takes a new, billed job: clear the task. With output_path set, a result is landed and stays." }),
    job?.task_id ? facts([["Job id", copyable(job.task_id, "the job id")]]) : null);
}

/** A bar over the page, or the page itself, for when data doesn't come. */
export function trouble(error, seen, retry) {
  const again = button("retry", "Try again", retry, { shown: true });
  if (!seen) {
    const title = { 401: "Not signed in", 403: "No access", 404: "Not found" }[error.status] ?? "No answer";
    return el("section.nothing", { role: "alert" }, icon("warning"), el("h2", { text: title }), el("p", { text: error.message }), again);
  }
  return el("section.notice.slim", { "data-tone": "up_for_retry", role: "alert" }, el("div.sign", {}, icon("warning")),
    el("div.said", {}, el("p", { text: `What you see is from ${moment(seen)}. ${error.message}` })), again);
}
