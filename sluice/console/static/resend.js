// Sends dead letters again: counts them, asks, sends, and shows how far that is.
import { element, problem, replace } from "./dom.js";
import { number } from "./format.js";
import { ask } from "./question.js";
import { get, post } from "./server.js";

const POLL_MS = 400;

/**
 * Return a function that sends the letters of a request again ({letters, again}, or {connector, group}); it resolves to
 * whether any were sent. `node` shows the progress, also of what another page has begun.
 */
export function resender(node, signal) {
  const bar = element("div");
  const said = element("div", { role: "status", tabindex: "-1" });
  replace(node, bar, said);
  let busy = false;

  async function watch(job) {
    while (["counting", "sending"].includes(job.state) && !signal.aborted) {
      showProgress(bar, job);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const answer = await get("/api/dead-letters/job", signal);
      if (answer.job !== job.job) throw new Error("Another page sends dead letters now. Look there how it ends.");
      job = answer;
    }
    endProgress();
    return job;
  }

  function endProgress() {
    const had = bar.contains(document.activeElement);
    replace(bar);
    if (had) said.focus(); // its button has gone
  }

  async function send(request) {
    replace(said);
    const counted = await watch(await post("/api/dead-letters/count", request));
    if (counted.stopped || signal.aborted) return false;
    if (counted.problem) throw new Error(counted.problem);
    if (!counted.letters) {
      replace(said, element("p", {}, ["No dead letter is waiting to be sent.", ...leftOut(counted)].join(" ")));
      return false;
    }
    if (!(await ask(question(counted, request), "Send again"))) {
      await post("/api/dead-letters/stop", { job: counted.job });
      return false;
    }
    return tell(await watch(await post("/api/dead-letters/send", { job: counted.job })));
  }

  function tell(done) {
    if (signal.aborted) return false;
    replace(said, done.problem ? problem(done.problem) : null, element("p", {}, result(done)));
    return done.sent > 0;
  }

  async function guarded(action) {
    if (busy) return false;
    busy = true;
    try {
      return await action();
    } catch (error) {
      endProgress();
      if (error.name !== "AbortError") replace(said, problem(error.message));
      return false;
    } finally {
      busy = false;
    }
  }

  guarded(async () => {
    const job = await get("/api/dead-letters/job", signal);
    return job.state === "sending" ? tell(await watch(job)) : false;
  });
  return (request) => guarded(() => send(request));
}

function showProgress(bar, job) {
  const counting = job.state === "counting";
  const words = counting ? `Counting: ${number(job.looked_at)} looked at` : `Sending: ${number(job.sent)} of ${number(job.letters)}`;
  if (bar.dataset.job === job.job + job.state && bar.firstChild) {
    bar.querySelector("span").textContent = words;
    if (!counting) bar.querySelector("progress").value = job.sent;
    return;
  }
  bar.dataset.job = job.job + job.state;
  replace(
    bar,
    element(
      "div",
      { class: "card progress" },
      element("span", {}, words),
      counting ? element("progress", { "aria-label": "Counting" }) : element("progress", { "aria-label": "Sending", max: job.letters, value: job.sent }),
      element("button", { type: "button", onclick: () => post("/api/dead-letters/stop", { job: job.job }).catch(() => {}) }, "Stop"),
    ),
  );
}

function question(job, request) {
  const again = request.again ? "It was sent before, and is sent once more. " : "";
  return [
    `Send ${letters(job.letters)} again: ${topics(job.topics)}? ${again}Remove the cause first: what fails again becomes a new dead letter.`,
    `It overwrites what was loaded since under ${job.letters === 1 ? "its key" : "the same keys"}.`,
    ...leftOut(job),
  ].join(" ");
}

function leftOut(job) {
  const sentences = [];
  if (job.sent_before) sentences.push(`${number(job.sent_before)} ${job.sent_before === 1 ? "was" : "were"} sent before and left out.`);
  if (job.without_original_topic) sentences.push(`${number(job.without_original_topic)} do not say which topic they came from: sluice dlq write FILE.jsonl.`);
  return sentences;
}

function result(job) {
  const where = job.sent ? `: ${topics(job.by_topic)}` : "";
  const stopped = job.stopped && job.sent < job.letters ? " It was stopped." : "";
  return `${number(job.sent)} of ${letters(job.letters)} sent again${where}.${stopped} What fails again comes back as a new dead letter.`;
}

function letters(count) {
  return `${number(count)} dead letter${count === 1 ? "" : "s"}`;
}

function topics(counts) {
  return Object.entries(counts).map(([topic, count]) => `${number(count)} to ${topic}`).join(", ");
}
