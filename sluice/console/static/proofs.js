// View Proofs: those made so far, and one that is started here.
import { badge, element, problem, replace } from "./dom.js";
import { number, time } from "./format.js";
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
  listen("/api/proofs", {
    receive: (event) => {
      replace(notice);
      for (const [name, sample] of Object.entries(event)) {
        if (sample.problem) replace(notice, problem(sample.problem));
        else Object.assign(samples, sample);
      }
      form.update(samples.job?.running, samples.folder);
      replaceKeepingFocus(job, samples.job ? jobCard(samples.job, samples.proofs ?? []) : null);
      if (samples.proofs) replaceKeepingFocus(made, proofList(samples.proofs));
    },
    fail: (sentence) => replace(notice, problem(sentence)),
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
    if (folder) hint.textContent = `A path on the machine where the console runs (from ${folder}), or a URL. Nothing is changed: the source is read again and compared with what the database or Redis holds.`;
  };
  return { node, update };
}

function jobCard(job, proofs) {
  const note = proofs.find((proof) => proof.report !== null && proof.report === job.report);
  const heading = element("p", { class: "proof-source" }, element("code", {}, job.source), element("span", { class: "dim" }, ` ${number(job.seconds)} s`));
  if (!job.running) return element("section", { class: "card", "aria-label": "The proof that was started last", role: "status" }, heading, verdict(job), links(note));
  const { stage, items, count, total } = job.progress;
  const counted = count === undefined ? "" : stage === "waiting" ? `: ${number(count)} records to go` : `: ${number(count)}${total ? ` of ${number(total)}` : ""} ${items}`;
  const text = job.cancelled ? "Ending …" : `${STAGES[stage] ?? stage}${counted}`;
  return element(
    "section",
    { class: "card", "aria-label": "The proof that runs" },
    heading,
    element("div", { class: "proof-progress" }, element("span", {}, text), element("progress", { "aria-label": "Progress", ...(total ? { max: total, value: count } : {}) })),
    element("div", { class: "buttons" }, element("button", { type: "button", id: "cancel-proof", disabled: job.cancelled, onclick: (event) => cancel(event, job) }, "Cancel the proof")),
  );
}

async function cancel(event, job) {
  event.target.disabled = true;
  await post("/api/proofs/cancel", { id: job.id }).catch(() => {}); // it has ended meanwhile
}

function verdict({ status, headline, reasons }) {
  const [word, kind] = VERDICTS[status] ?? ["failed", "bad"];
  return [
    element("p", { class: `verdict ${kind}` }, badge(word, kind), " ", element("span", {}, headline)),
    reasons.length ? element("ul", { class: "reasons" }, reasons.map((reason) => element("li", {}, reason))) : null,
  ];
}

function proofList(proofs) {
  if (!proofs.length) return element("p", { class: "empty" }, "No proof has been made yet. Start one above, or: sluice proof SOURCE");
  return element("ol", { class: "proofs" }, proofs.map((proof) => element("li", { class: "card" }, verdict(proof), facts(proof), links(proof))));
}

function facts(proof) {
  const parts = [element("code", {}, proof.source), proof.counts, `${time(proof.ended)} UTC`, `took ${proof.seconds} s`];
  return element("p", { class: "dim proof-facts" }, parts.filter(Boolean).map((part) => element("span", {}, part)));
}

function links(proof) {
  if (!proof?.report) return null;
  if (!proof.there) return element("p", { class: "dim proof-link" }, `Its report is not there any more: ${proof.report} was removed, or another was written over it.`);
  const link = element("a", { href: `/api/proofs/${proof.id}/report`, target: "_blank", rel: "noopener", id: `report-${proof.id}` }, "Open the report");
  return element("p", { class: "proof-link" }, link, proof.own ? null : element("span", { class: "dim" }, ` ${proof.report}`));
}

/** Replace what a node holds; what has the focus and an id has it afterwards too. */
function replaceKeepingFocus(node, ...children) {
  const focused = node.contains(document.activeElement) ? document.activeElement.id : "";
  replace(node, ...children);
  if (focused) [...node.querySelectorAll("[id]")].find((child) => child.id === focused)?.focus();
}
