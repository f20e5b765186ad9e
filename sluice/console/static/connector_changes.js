// Pauses, resumes and restarts a connector: asks before, and follows its state until the change is there.
import { element, problem, replace } from "./dom.js";
import { number } from "./format.js";
import { ask } from "./question.js";
import { post } from "./server.js";

const FOLLOWED_MS = 60_000;
const STARTING = ["UNASSIGNED", "RESTARTING"];

const WORDS = {
  pause: { button: "Pause", going: "is being paused …", done: "is paused.", not: "is not paused yet" },
  resume: { button: "Resume", going: "is being resumed …", done: "runs again.", not: "does not run yet" },
  restart: { button: "Restart", going: "is being restarted …", done: "runs again.", not: "has failed again" },
};

/** Ask, then change the connector; resolves to whether it was asked for. Throws an Error with a sentence. */
export async function changeConnector(connector, change) {
  if (!(await ask(question(connector, change), WORDS[change].button))) return false;
  await post("/api/connectors/change", { name: connector.name, change });
  return true;
}

function question(connector, change) {
  const name = connector.name;
  if (change === "pause") {
    const waiting =
      connector.kind === "sink"
        ? `records wait in ${connector.topics.join(", ") || "its topics"}, for as long as Kafka keeps them there`
        : "changes wait in what it reads, for as long as that keeps them";
    return `Pause ${name}? Its tasks stop until it is resumed, here or by \`sluice up\`. Nothing is lost: ${waiting}.`;
  }
  if (change === "resume") {
    const records = connector.lag ? `, with ${number(connector.lag)} records that wait` : "";
    return `Resume ${name}? Its tasks go on where they stopped${records}.`;
  }
  const failed = connector.failures.flatMap((failure) => failure.tasks).sort((one, other) => one - other);
  const what = failed.length ? `task${failed.length > 1 ? "s" : ""} ${failed.join(", ")}` : "the connector";
  return `Restart what has failed of ${name} (${what})? What runs is left alone. Where the cause is still there, it fails again.`;
}

/** Follow changes; `node` is told how they go. `changed` is called when another connector is followed, or none. */
export function follow(node, changed) {
  let followed = null;
  const say = (content) => replace(node, content);
  const end = (content) => {
    followed = null;
    say(content);
    changed();
  };
  return {
    say,
    isFor: (name) => followed?.name === name,
    begin(name, change) {
      followed = { name, change, until: Date.now() + FOLLOWED_MS };
      say(`${name} ${WORDS[change].going}`);
      changed();
    },
    check(connectors) {
      if (!followed) return;
      const { name, change, until } = followed;
      const connector = connectors.find((one) => one.name === name);
      if (connector && isReached(connector, change)) end(element("span", { class: "reached" }, `${name} ${WORDS[change].done}`));
      else if (Date.now() > until) end(problem(`${name} ${WORDS[change].not}: ${states(connector)}`));
    },
  };
}

function isReached(connector, change) {
  const states = [connector.state, ...connector.tasks.map((task) => task.state)];
  if (change === "restart") return !states.some((state) => state === "FAILED" || STARTING.includes(state));
  return states.every((state) => state === (change === "pause" ? "PAUSED" : "RUNNING"));
}

function states(connector) {
  if (!connector) return "Kafka Connect does not show it any more.";
  const tasks = connector.tasks.map((task) => `task ${task.number} ${task.state}`);
  return [`the connector is ${connector.state}`, ...tasks].join(", ") + ".";
}
