// View Connectors: all of them, or one with its settings and offsets; pause, resume, restart.
import { changeConnector, follow } from "./connector_changes.js";
import { badge, element, problem, table } from "./dom.js";
import { number } from "./format.js";
import { showChanged, showProblem } from "./keep_focus.js";
import { listen } from "./server.js";

export const title = "Connectors";

const KINDS = { RUNNING: "ok", FAILED: "bad", UNASSIGNED: "waiting", RESTARTING: "waiting" };
const LAST_KNOWN = "Not known now; below is what was known last. Nothing can be changed meanwhile.";

export function show(container, names, signal) {
  const [name] = names;
  const trouble = element("div");
  const said = element("p", { class: "said", role: "status" });
  const list = element("div", { class: "connectors" }, element("p", { class: "dim" }, "Asking Kafka Connect …"));
  const details = element("div");
  container.append(name === undefined ? "" : backLink(), trouble, said, list, details);

  let known = { connectors: null, last_known: false }; // as the server has answered last
  let silent = ""; // why it does not answer now
  const change = async (connector, wanted) => {
    try {
      if (await changeConnector(connector, wanted)) following.begin(connector.name, wanted);
    } catch (error) {
      following.say(problem(error.message));
    }
  };
  const following = follow(said, () => render());

  function render() {
    const stale = Boolean(silent) || known.last_known;
    showProblem(trouble, silent || known.problem);
    list.classList.toggle("stale", stale);
    const wanted = known.connectors?.filter((one) => name === undefined || one.name === name);
    const busy = wanted?.filter((one) => following.isFor(one.name)).map((one) => one.name);
    showChanged(list, [wanted, busy, stale], () => {
      if (!wanted) return null; // nothing has been known yet: the problem says why
      const about = (one) => ({ stale, busy: busy.includes(one.name), change, single: name !== undefined });
      const cards = wanted.map((one) => card(one, about(one)));
      const shown = cards.length ? cards : element("p", { class: "dim" }, nothing(name));
      return [stale && element("p", {}, LAST_KNOWN), shown];
    });
  }

  listen("/api/connectors", {
    receive: (answer) => {
      [known, silent] = [answer, ""];
      if (!known.last_known) following.check(known.connectors);
      render();
    },
    fail: (sentence) => {
      silent = sentence;
      render();
    },
    signal,
  });
  if (name !== undefined) showDetails(details, name, signal);
}

function backLink() {
  return element("p", {}, element("a", { href: "#/connectors" }, "← All connectors"));
}

function nothing(name) {
  return name === undefined
    ? "Kafka Connect has no connectors. `sluice up`, or `pulumi up` on a cluster, creates those of k8s/connectors/."
    : `There is no connector ${name} (any more).`;
}

function card(connector, { stale, busy, change, single }) {
  const state = stale ? badge("not known", "off") : badge(connector.condition.text, connector.condition.kind);
  const link = element("a", { href: `#/connectors/${encodeURIComponent(connector.name)}`, "data-key": `link ${connector.name}` }, connector.name);
  return element(
    "article",
    { class: "card connector", "aria-label": connector.name },
    element(
      "div",
      { class: "connector-head" },
      element("h2", {}, single ? connector.name : link, " ", state),
      element("div", { class: "buttons" }, buttons(connector, { busy: busy || stale, change })),
    ),
    element("p", { class: "dim about" }, about(connector)),
    single ? null : element("p", { class: "tasks" }, taskBadges(connector.tasks)),
    connector.kind !== "sink" || stale ? null : element("p", {}, lagText(connector)),
    connector.notes.map((sentence) => element("p", { class: "note" }, `${sentence}.`)),
    connector.waits.map((sentence) => element("p", { class: "note" }, sentence)),
    connector.recent.map((sentence) => element("p", { class: "note" }, sentence)),
    connector.failures.map((failure) => failureBox(connector, failure)),
    strimziNotes(connector),
    single ? tasksTable(connector) : null,
  );
}

function about(connector) {
  const read = connector.pattern ? [`topics like ${connector.pattern}`] : connector.topics;
  const topics = read.length ? ` of ${read.join(", ")}` : "";
  return `${connector.kind}${topics} · ${connector.class} ${connector.version ?? ""}`;
}

function taskBadges(tasks) {
  if (!tasks.length) return element("span", { class: "dim" }, "It has no tasks.");
  return tasks.map((task) => badge(`task ${task.number} ${task.state.toLowerCase()}`, KINDS[task.state] ?? "off"));
}

function lagText(connector) {
  if (connector.lag === null) return "How many records it has not written yet is not known.";
  if (connector.behind) return connector.behind;
  if (connector.lag) return `${number(connector.lag)} records not written yet`;
  return `Everything in ${connector.pattern ? "the topics that it has read so far" : "its topics"} is written.`;
}

function failureBox(connector, failure) {
  const what = failure.tasks.length ? `${failure.tasks.length > 1 ? "Tasks" : "Task"} ${failure.tasks.join(", ")} failed` : "The connector failed";
  return element(
    "div",
    { class: "problem failure" },
    element("p", {}, element("strong", {}, what), failure.error ? `: ${failure.error}` : ": Kafka Connect gives no reason."),
    failure.cause ? element("p", {}, element("strong", {}, "Caused by: "), failure.cause) : null,
    element("p", {}, element("strong", {}, "What to do: "), failure.advice),
  );
}

function buttons(connector, { busy, change }) {
  const key = (what) => ({ "data-key": `${what} ${connector.name}`, "aria-disabled": busy ? "true" : null });
  const button = (wanted, text, what) =>
    element("button", { type: "button", ...key(what), onclick: () => busy || change(connector, wanted) }, text);
  const halted = ["PAUSED", "STOPPED"].includes(connector.state);
  return [
    connector.failures.length ? button("restart", "Restart failed tasks", "restart") : null,
    connector.strimzi.pause ? null : halted ? button("resume", "Resume", "state") : button("pause", "Pause", "state"),
  ];
}

// On a cluster the operator sets back what Connect is asked: the way is the KafkaConnector.
function strimziNotes(connector) {
  const halted = ["PAUSED", "STOPPED"].includes(connector.state);
  const command = halted ? connector.strimzi.resume : connector.strimzi.pause;
  if (!command) return null;
  return element(
    "details",
    { "data-key": `strimzi ${connector.name}` },
    element("summary", {}, halted ? "To resume it on this cluster" : "To pause it on this cluster"),
    element(
      "p",
      {},
      "Strimzi keeps a connector in the state that its KafkaConnector says, and sets a change made here back within minutes. Change the KafkaConnector:",
    ),
    element("pre", {}, command),
    element("p", {}, "The next `pulumi up` may set it back to what k8s/connectors/ says (spec.state)."),
  );
}

function tasksTable(connector) {
  const rows = connector.tasks.map((task) => [String(task.number), badge(task.state, KINDS[task.state] ?? "off"), task.worker]);
  return table("Tasks", [{ title: "Task" }, { title: "State" }, { title: "Worker" }], [["connector", badge(connector.state, KINDS[connector.state] ?? "off"), connector.worker], ...rows]);
}

function showDetails(container, name, signal) {
  const trouble = element("div");
  const body = element("div");
  container.append(trouble, body);
  listen(`/api/connectors/details?name=${encodeURIComponent(name)}`, {
    receive: (answer) => {
      body.classList.remove("stale");
      showProblem(trouble, null);
      showChanged(body, answer, () => [offsets(answer), settings(answer.config)]);
    },
    fail: (sentence) => {
      body.classList.add("stale");
      showProblem(trouble, sentence);
    },
    signal,
  });
}

function offsets(answer) {
  if (answer.offsets_problem) return problem(answer.offsets_problem);
  if (answer.source_offsets.length) {
    return keyed("offsets", table("Offsets: where the source is", [{ title: "Of" }, { title: "Offset" }], answer.source_offsets.map((one) => [code(one.partition), code(one.offset)])));
  }
  if (!answer.sink_offsets.length) {
    const pattern = answer.config["topics.regex"];
    const none = pattern ? "It has read none of the topics of its pattern yet." : "It has committed no offsets yet.";
    return element("p", { class: "dim" }, none);
  }
  const columns = [{ title: "Topic" }, ...["Partition", "Committed", "End", "Not written yet"].map((title) => ({ title, number: true }))];
  const rows = answer.sink_offsets.map((one) => [one.topic, number(one.partition), number(one.committed), number(one.end), number(one.lag)]);
  return keyed("offsets", table("Offsets: committed, and the end of each partition", columns, rows));
}

function settings(config) {
  const rows = Object.entries(config).sort(([one], [other]) => (one < other ? -1 : 1));
  return keyed("settings", table("Configuration, without secrets", [{ title: "Setting" }, { title: "Value" }], rows.map(([name, value]) => [code(name), code(value)])));
}

function code(text) {
  return element("span", { class: "code setting" }, text);
}

function keyed(key, node) {
  node.dataset.key = key;
  node.classList.add("section");
  return node;
}
