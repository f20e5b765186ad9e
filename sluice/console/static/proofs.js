// View Proofs: those made so far, and one that is started here.
import { badge, element, problem, replace } from "./dom.js";
import { number, time } from "./format.js";
import { showChanged, showEach, showProblem } from "./keep_focus.js";
import { listen, post } from "./server.js";

export const title = "Proofs";

const VERDICTS = { 0: ["proven", "ok"], 5: ["not proven", "bad"], 6: ["unavailable", "waiting"], 2: ["mistake", "waiting"], 130: ["interrupted", "off"] };
const STAGES = { starting: "Starting", reading: "Reading the source", waiting: "Waiting for the sink", comparing: "Comparing" };
const EXPECTATIONS = {
  all: "all of it is there, and nothing else of the same time",
  some: "all of it is there; more is no fault",
  none: "nothing of it is there",
};

export function show(container, _names, signal) {
  const notice = element("div");
  const form = startForm();
  const job = element("div", { class: "proof-job" });
  const made = element("div", {}, element("p", { class: "dim" }, "Reading the notes of proofs …"));
  container.append(notice, form.node, job, element("h2", {}, "Proofs made"), made);
  const samples = {};
  const problems = {}; // by part; a part says it only once, however often the other one is sent
  const draw = () => {
    showProblem(notice, Object.values(problems).find(Boolean));
    form.update(samples.job?.running, samples.folder);
    showJob(job, samples.job, samples.proofs ?? []);
    if (samples.proofs) showProofs(made, samples.proofs);
    else if (problems.proofs) showChanged(made, null, () => null);
  };
  listen("/api/proofs", {
    receive: (event) => {
      problems.server = null;
      for (const [name, sample] of Object.entries(event)) {
        problems[name] = sample.problem;
        if (sample.problem) delete samples[name];
        else Object.assign(samples, sample);
      }
      draw();
    },
    fail: (sentence) => {
      problems.server = sentence;
      draw();
    },
    signal,
  });
}

/** Return the form that starts a proof, and `update`, which tells it whether one runs. */
function startForm() {
  const source = element("input", { name: "source", required: true, autocomplete: "off", spellcheck: "false", placeholder: "/path/of/gps.csv" });
  const expect = element("select", { name: "expect" }, Object.entries(EXPECTATIONS).map(([value, text]) => element("option", { value }, text)));
  const wait = element("input", { name: "wait", type: "number", min: "0", max: "3600", step: "1", value: "60", required: true });
  const button = element("button", { class: "primary" }, "Start the proof");
  const trouble = element("div");
  const hint = element("p", { class: "dim hint", id: "source-hint" });
  source.setAttribute("aria-describedby", "source-hint");
  const start = async (event) => {
    event.preventDefault();
    button.disabled = true;
    replace(trouble);
    try {
      await post("/api/proofs/start", { source: source.value, expect: expect.value, wait: Number(wait.value) });
    } catch (error) {
      replace(trouble, problem(error.message));
      button.disabled = false;
    }
  };
  const node = element(
    "form",
    { class: "card proof-form", onsubmit: start },
    element("label", { class: "source" }, "Source: the log, or the folder or archive of images, that was loaded", source),
    element("label", {}, "Prove that", expect),
    element("label", {}, "Wait for the sink, seconds", wait),
    button,
    hint,
    trouble,
  );
  const update = (running, folder) => {
    button.disabled = Boolean(running);
    showChanged(hint, folder, (from) => from && `A path on the machine where the console runs (from ${from}), or a URL. Nothing is changed: the source is read again and compared with what the database or Redis holds.`);
  };
  return { node, update };
}

/** Show the proof that was started last: its card is built once, and then what changes in it. */
function showJob(node, job, proofs) {
  const had = node.contains(document.activeElement);
  showChanged(node, job && [job.id, job.running], () => job && (job.running ? runningCard(job) : endedCard(job)));
  if (!job) return;
  const part = (name, value, contents) => showChanged(node.querySelector(`.job-${name}`), value, contents);
  part("seconds", job.seconds, (seconds) => ` ${number(seconds)} s`);
  if (job.running) {
    const { count, total } = job.progress;
    part("step", step(job), (text) => text);
    part("bar", total ? { max: total, value: count } : {}, (amount) => element("progress", { "aria-label": "Progress", ...amount }));
    if (job.cancelled) node.querySelector("button").setAttribute("aria-disabled", "true");
  } else {
    part("link", proofs.find((proof) => proof.report !== null && proof.report === job.report), links);
    if (had && !node.contains(document.activeElement)) node.firstElementChild.focus(); // its button has gone
  }
}

function runningCard(job) {
  return element(
    "section",
    { class: "card", "aria-label": "The proof that runs" },
    heading(job),
    element("div", { class: "proof-progress" }, element("span", { class: "job-step" }), element("div", { class: "job-bar" })),
    element("div", { class: "buttons" }, element("button", { type: "button", onclick: (event) => cancel(event.currentTarget, job) }, "Cancel the proof")),
  );
}

function endedCard(job) {
  const attributes = { class: "card", "aria-label": "The proof that was started last", role: "status", tabindex: "-1" };
  return element("section", attributes, heading(job), verdict(job), element("div", { class: "job-link" }));
}

function heading(job) {
  return element("p", { class: "proof-source" }, element("code", {}, job.source), element("span", { class: "dim job-seconds" }));
}

function step({ cancelled, progress: { stage, items, count, total } }) {
  if (cancelled) return "Ending …";
  const left = stage === "waiting" ? `: ${number(count)} records to go` : `: ${number(count)}${total ? ` of ${number(total)}` : ""} ${items}`;
  return `${STAGES[stage] ?? stage}${count === undefined ? "" : left}`;
}

async function cancel(button, job) {
  if (button.getAttribute("aria-disabled")) return;
  button.setAttribute("aria-disabled", "true");
  await post("/api/proofs/cancel", { id: job.id }).catch(() => {}); // it has ended meanwhile
}

function verdict({ status, headline, reasons }) {
  const [word, kind] = VERDICTS[status] ?? ["failed", "bad"];
  return [
    element("p", { class: `verdict ${kind}` }, badge(word, kind), " ", element("span", {}, headline)),
    reasons.length ? element("ul", { class: "reasons" }, reasons.map((reason) => element("li", {}, reason))) : null,
  ];
}

function showProofs(node, proofs) {
  const none = "No proof has been made yet. Start one above, or: sluice proof SOURCE";
  showChanged(node, proofs.length > 0, (some) => element(some ? "ol" : "p", { class: some ? "proofs" : "empty" }, some ? null : none));
  const contents = (proof) => [verdict(proof), facts(proof), links(proof)];
  if (proofs.length) showEach(node.firstElementChild, proofs, { attributes: { class: "card" }, key: (proof) => proof.id, contents });
}

function facts(proof) {
  const parts = [element("code", {}, proof.source), proof.counts, `${time(proof.ended)} UTC`, `took ${proof.seconds} s`];
  return element("p", { class: "dim proof-facts" }, parts.filter(Boolean).map((part) => element("span", {}, part)));
}

function links(proof) {
  if (!proof?.report) return null;
  if (!proof.there) return element("p", { class: "dim proof-link" }, `Its report is not there any more: ${proof.report} was removed, or another was written over it.`);
  const link = element("a", { href: `/api/proofs/${proof.id}/report`, target: "_blank", rel: "noopener", "data-key": "report" }, "Open the report");
  return element("p", { class: "proof-link" }, link, proof.own ? null : element("span", { class: "dim" }, ` ${proof.report}`));
}
