// View Dead letters: #/dead_letters lists all, #/dead_letters/CONNECTOR those of a sink, …/PARTITION:OFFSET shows one.
import { element, problem } from "./dom.js";
import { number, time } from "./format.js";
import { show as showAnew } from "./keep_focus.js";
import { showLetter } from "./dead_letter.js";
import { resender } from "./resend.js";
import { get, listen } from "./server.js";

export const title = "Dead letters";

export function show(container, names, signal) {
  const [connector, place] = names;
  const job = element("div", { class: "job" });
  const resend = resender(job, signal);
  const body = element("div");
  container.append(job, body);
  if (place !== undefined) return showLetter(body, `${connector}:${place}`, { resend, signal });
  return showList(body, connector, { resend, signal });
}

function showList(container, connector, { resend, signal }) {
  const trouble = element("div");
  const choice = element("nav", { "aria-label": "Connectors", class: "choice" });
  const reasons = element("section", { "aria-label": "Reasons" });
  const list = element("section", { "aria-label": "Letters" });
  container.append(trouble, choice, reasons, list);

  let seen = "";
  const page = pages(list, { connector, signal });
  listen("/api/dead-letters", {
    receive: (summary) => {
      showAnew(trouble);
      const text = JSON.stringify(summary);
      if (text === seen) return;
      seen = text;
      showAnew(choice, choices(summary, connector));
      showAnew(reasons, reasonList(summary, { connector, resend, page }));
      page.refresh();
    },
    fail: (sentence) => showAnew(trouble, problem(sentence)),
    signal,
  });
}

function choices(summary, connector) {
  const link = (name, href, count) =>
    element("a", { href, "data-key": `choice ${name}`, "aria-current": name === connector ? "true" : null }, name ?? "All", " ", element("span", { class: "count" }, number(count)));
  return [
    link(undefined, "#/dead_letters", summary.letters),
    summary.topics.map((topic) => link(topic.connector, `#/dead_letters/${encodeURIComponent(topic.connector)}`, topic.letters)),
  ];
}

function reasonList(summary, { connector, resend, page }) {
  const known = connector === undefined || summary.topics.some((topic) => topic.connector === connector);
  if (!known) return problem(`No connector ${connector} has a topic of dead letters.`);
  const count = connector === undefined ? summary.letters : summary.topics.find((one) => one.connector === connector).letters;
  if (!count) {
    return element("p", { class: "dim empty" }, `No dead letter${connector === undefined ? "" : ` of ${connector}`}: the sinks could use every record.`);
  }
  const topic = summary.topics.find((one) => one.connector === connector)?.topic;
  const groups = summary.reasons.filter((group) => topic === undefined || group.topics.includes(topic));
  const left = groups.reduce((sum, group) => sum + group.count - group.sent_again, 0);
  const all = summary.looked_at < summary.letters || left > 0;
  const which = connector === undefined ? {} : { connector };
  return [
    element(
      "div",
      { class: "section-head" },
      element("h2", {}, "Why"),
      all ? element("button", { type: "button", "data-key": "send all", onclick: () => resend(which) }, "Send all that were not sent yet") : null,
    ),
    summary.looked_at < summary.letters
      ? element("p", { class: "dim" }, `Of the newest ${number(summary.looked_at)} of ${number(summary.letters)}. \`sluice dlq\` counts all of them.`)
      : null,
    element("ul", { class: "plain" }, groups.map((group) => reasonItem(group, { which, resend, page }))),
    summary.more_reasons ? element("p", { class: "dim" }, `And ${number(summary.more_reasons)} more reasons.`) : null,
  ];
}

function reasonItem(group, { which, resend, page }) {
  const { connector, group: name } = group;
  const chosen = page.group() === name;
  const span = group.oldest === group.newest ? time(group.newest) : `${time(group.oldest)} to ${time(group.newest)}`;
  const facts = [connector, group.step || "unknown step", span, group.sent_again ? `${number(group.sent_again)} sent again` : null];
  return element(
    "li",
    { class: "card reason" },
    element("p", { class: "reason-count" }, number(group.count)),
    element("div", { class: "reason-text" }, element("p", {}, group.reason), element("p", { class: "dim" }, facts.filter(Boolean).join(" · "))),
    element(
      "div",
      { class: "buttons" },
      element("button", { type: "button", "data-key": `show ${name}`, "aria-pressed": String(chosen), onclick: (event) => page.choose(chosen ? null : name, event.currentTarget) }, "Show only these"),
      group.sent_again < group.count ? element("button", { type: "button", "data-key": `send ${name}`, onclick: () => resend({ ...which, group: name }) }, "Send again") : null,
    ),
  );
}

// The list of letters, a page at a time: positions[0] is null (the newest), the last one is that of the page shown.
function pages(node, { connector, signal }) {
  let positions = [null];
  let group = null;
  let asked = 0;
  let answer = null;

  async function load() {
    const mine = ++asked;
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries({ connector, group, before: positions.at(-1) })) if (value) query.set(name, value);
    try {
      const found = await get(`/api/dead-letters/page?${query}`, signal);
      if (mine !== asked) return;
      answer = found;
      showAnew(node, content());
    } catch (error) {
      if (error.name !== "AbortError" && mine === asked) showAnew(node, problem(error.message));
    }
  }

  function go(changed) {
    positions = changed;
    return load();
  }

  function content() {
    const { letters, before } = answer;
    const first = positions.length === 1;
    if (first && !letters.length && !before) return group ? element("p", { class: "dim" }, "None has this reason any more.") : null;
    const button = (text, key, action) => element("button", { type: "button", "data-key": key, onclick: action }, text);
    return [
      element("h2", {}, `${first ? "The newest" : "Older ones"}${group ? ", of one reason" : ""}`),
      letters.length ? element("ul", { class: "plain letters" }, letters.map(letterItem)) : element("p", { class: "dim" }, "None here: look further back."),
      element(
        "div",
        { class: "paging" },
        first ? null : button("Newest", "newest", () => go([null])),
        first ? null : button("Newer", "newer", () => go(positions.slice(0, -1))),
        before ? button("Older", "older", () => go([...positions, before])) : null,
      ),
    ];
  }

  return {
    group: () => group,
    // An older page stays as it is when letters come.
    refresh: () => positions.length === 1 && load(),
    choose(name, button) {
      group = name;
      for (const one of document.querySelectorAll(".reason [aria-pressed]")) one.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", String(name !== null));
      go([null]);
    },
  };
}

function letterItem(letter) {
  const [connector, place] = split(letter.letter);
  return element(
    "li",
    {},
    element(
      "p",
      {},
      element("a", { href: `#/dead_letters/${encodeURIComponent(connector)}/${place}`, "data-key": letter.letter, class: "code" }, letter.letter),
      letter.sent_again ? [" ", element("span", { class: "badge ok" }, "sent again")] : null,
      element("span", { class: "dim when" }, time(letter.time)),
    ),
    element("p", { class: "letter-reason" }, letter.reason),
    element("p", { class: "dim" }, `key ${letter.key} · was ${letter.original_record}`),
  );
}

/** CONNECTOR:PARTITION:OFFSET → [CONNECTOR, PARTITION:OFFSET]: a connector's name may hold colons too. */
function split(address) {
  const [, connector, place] = /^(.*):(\d+:\d+)$/s.exec(address);
  return [connector, place];
}
