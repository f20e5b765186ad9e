// Pauses, resumes and restarts a connector: asks before, and follows its state until the change is there.
import { element, problem, replace } from "./dom.js";
import { number } from "./format.js";
import { ask } from "./question.js";
import { post } from "./server.js";

const FOLLOWED_MS = 60_000;
const SETTLED_MS = 10_000; // a task that fails at its first batch runs for a second before
const PASSING = ["UNASSIGNED", "RESTARTING"];

const WORDS = {
  pause: {
    button: "Pause", going: "is being paused …", done: "is paused.",
    not: "is not paused yet", later: "is not paused any more",
  },
  resume: {
    button: "Resume", going: "is being resumed …", done: "runs again.",
    not: "does not run yet", later: "does not run any more",
  },
  restart: {
    button: "Restart", going: "is being restarted …", done: "runs again.",
    not: "does not run yet", later: "does not run any more",
  },
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

/**
 * Follow changes; `node` is told how they go, also when what was reached does not last. `changed` is called when
 * another connector is followed, or none.
 */
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
    isFor: (name) => followed?.name === name && !followed.done,
    begin(name, change) {
      followed = { name, change, until: Date.now() + FOLLOWED_MS };
      say(`${name} ${WORDS[change].going}`);
      changed();
    },
    check(connectors) {
      if (!followed) return;
      const { name, change } = followed;
      const connector = connectors.find((one) => one.name === name);
      const reached = reachedSince(followed, connector);
      if (reached && !followed.done && Date.now() - followed.since >= (change === "restart" ? SETTLED_MS : 0)) {
        followed.done = true;
        say(element("span", { class: "reached" }, `${name} ${WORDS[change].done}`));
        changed();
      } else if (!reached && isLost(followed, connector)) {
        end(problem(`${name} ${failure(followed, connector)}: ${states(connector)}`));
      }
    },
  };
}

/** Whether a connector is as it was to become; `followed` notes since when it is so without a break. */
function reachedSince(followed, connector) {
  const reached = connector !== undefined && isReached(connector, followed.change);
  followed.seen ||= reached;
  followed.since = reached ? (followed.since ?? Date.now()) : null;
  return reached;
}

/** Whether it has not become so in time, or was it and is it no more. While workers pass tasks on, that says nothing. */
function isLost({ change, done, seen, until }, connector) {
  if (!done && Date.now() > until) return true;
  if (!done && !(seen && change !== "pause" && hasFailed(connector))) return false;
  return connector === undefined || !statesOf(connector).some((state) => PASSING.includes(state));
}

function failure({ change, done }, connector) {
  if (change !== "pause" && hasFailed(connector)) return "has failed again";
  return done ? WORDS[change].later : WORDS[change].not;
}

function isReached(connector, change) {
  const wanted = change === "pause" ? "PAUSED" : "RUNNING";
  return statesOf(connector).every((state) => state === wanted) && (change === "pause" || connector.tasks.length > 0);
}

function statesOf(connector) {
  return [connector.state, ...connector.tasks.map((task) => task.state)];
}

function hasFailed(connector) {
  return connector !== undefined && statesOf(connector).includes("FAILED");
}

function states(connector) {
  if (!connector) return "Kafka Connect does not show it any more.";
  const tasks = connector.tasks.map((task) => `task ${task.number} ${task.state}`);
  return [`the connector is ${connector.state}`, ...tasks].join(", ") + ".";
}
