// View Dead letters: #/dead_letters lists all, #/dead_letters/CONNECTOR those of a sink, …/PARTITION:OFFSET shows one.
import { element } from "./dom.js";
import { number, time } from "./format.js";
import { showChanged, showEach, showProblem } from "./keep_focus.js";
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
  const showReasons = reasonList(reasons, { connector, resend, page });
  listen("/api/dead-letters", {
    receive: (summary) => {
      showProblem(trouble, null);
      const text = JSON.stringify(summary);
      if (text === seen) return;
      seen = text;
      showChanged(choice, [summary.letters, summary.topics], () => choices(summary, connector));
      showReasons(summary);
      page.refresh();
    },
    fail: (sentence) => showProblem(trouble, sentence),
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

/** Return a function that shows the reasons of a summary. */
function reasonList(node, { connector, resend, page }) {
  const which = connector === undefined ? {} : { connector };
  const [trouble, empty, head, part, more] = Array.from({ length: 5 }, () => element("div"));
  const list = element("ul", { class: "plain" });
  node.append(trouble, empty, head, part, list, more);
  return (summary) => {
    const topic = summary.topics.find((one) => one.connector === connector);
    const known = connector === undefined || topic !== undefined;
    const { letters: count } = connector === undefined ? summary : topic ?? { letters: 0 };
    const groups = count ? summary.reasons.filter((group) => connector === undefined || group.topics.includes(topic.topic)) : [];
    const left = groups.some((group) => group.sent_again < group.count);
    const some = count > 0 && summary.looked_at < summary.letters;
    showProblem(trouble, known ? null : `No connector ${connector} has a topic of dead letters.`);
    showChanged(empty, known && !count, (none) => (none ? nothing(connector) : null));
    showChanged(head, [count > 0, left || some], ([any, all]) => (any ? reasonHead(all ? () => resend(which) : null) : null));
    showChanged(part, some && [summary.looked_at, summary.letters], (numbers) => (numbers ? lookedAt(...numbers) : null));
    showEach(list, groups, { attributes: { class: "card reason" }, key: (group) => group.group, contents: (group) => reasonItem(group, { which, resend, page }) });
    showChanged(more, count && summary.more_reasons, (others) => (others ? element("p", { class: "dim" }, `And ${number(others)} more reasons.`) : null));
  };
}

function nothing(connector) {
  return element("p", { class: "dim empty" }, `No dead letter${connector === undefined ? "" : ` of ${connector}`}: the sinks could use every record.`);
}

function reasonHead(sendAll) {
  const button = sendAll && element("button", { type: "button", "data-key": "send all", onclick: sendAll }, "Send all that were not sent yet");
  return element("div", { class: "section-head" }, element("h2", {}, "Why"), button);
}

function lookedAt(some, all) {
  return element("p", { class: "dim" }, `Of the newest ${number(some)} of ${number(all)}. \`sluice dlq\` counts all of them.`);
}

function reasonItem(group, { which, resend, page }) {
  const { connector, group: name } = group;
  const chosen = page.group() === name;
  const span = group.oldest === group.newest ? time(group.newest) : `${time(group.oldest)} to ${time(group.newest)}`;
  const facts = [connector, group.step || "unknown step", span, group.sent_again ? `${number(group.sent_again)} sent again` : null];
  return [
    element("p", { class: "reason-count" }, number(group.count)),
    element("div", { class: "reason-text" }, element("p", {}, group.reason), element("p", { class: "dim" }, facts.filter(Boolean).join(" · "))),
    element(
      "div",
      { class: "buttons" },
      element("button", { type: "button", "data-key": "show", "aria-pressed": String(chosen), onclick: (event) => page.choose(page.group() === name ? null : name, event.currentTarget) }, "Show only these"),
      group.sent_again < group.count ? element("button", { type: "button", "data-key": "send", onclick: () => resend({ ...which, group: name }) }, "Send again") : null,
    ),
  ];
}

// The list of letters, a page at a time: positions[0] is null (the newest), the last one is that of the page shown.
function pages(node, { connector, signal }) {
  let positions = [null];
  let group = null;
  let asked = 0;
  const [trouble, heading, list, none] = Array.from({ length: 4 }, () => element("div"));
  const paging = element("div", { class: "paging" });
  node.append(trouble, heading, list, none, paging);

  async function load() {
    const mine = ++asked;
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries({ connector, group, before: positions.at(-1) })) if (value) query.set(name, value);
    try {
      const answer = await get(`/api/dead-letters/page?${query}`, signal);
      if (mine !== asked) return;
      showProblem(trouble, null);
      draw(answer);
    } catch (error) {
      if (error.name !== "AbortError" && mine === asked) showProblem(trouble, error.message);
    }
  }

  function go(changed) {
    positions = changed;
    return load();
  }

  function draw({ letters, before }) {
    const first = positions.length === 1;
    const empty = first && !letters.length && !before;
    showChanged(heading, empty ? null : `${first ? "The newest" : "Older ones"}${group ? ", of one reason" : ""}`, (text) => text && element("h2", {}, text));
    showChanged(list, letters.length > 0, (some) => some && element("ul", { class: "plain letters" }));
    if (letters.length) showEach(list.firstElementChild, letters, { key: (letter) => letter.letter, contents: letterItem });
    const sentence = letters.length ? null : !empty ? "None here: look further back." : group ? "None has this reason any more." : null;
    showChanged(none, sentence, (text) => text && element("p", { class: "dim" }, text));
    const button = (text, key, action) => element("button", { type: "button", "data-key": key, onclick: action }, text);
    showChanged(paging, [positions, before], () => [
      first ? null : button("Newest", "newest", () => go([null])),
      first ? null : button("Newer", "newer", () => go(positions.slice(0, -1))),
      before ? button("Older", "older", () => go([...positions, before])) : null,
    ]);
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
  return [
    element(
      "p",
      {},
      element("a", { href: `#/dead_letters/${encodeURIComponent(connector)}/${place}`, "data-key": "link", class: "code" }, letter.letter),
      letter.sent_again ? [" ", element("span", { class: "badge ok" }, "sent again")] : null,
      element("span", { class: "dim when" }, time(letter.time)),
    ),
    element("p", { class: "letter-reason" }, letter.reason),
    element("p", { class: "dim" }, `key ${letter.key} · was ${letter.original_record}`),
  ];
}

/** CONNECTOR:PARTITION:OFFSET → [CONNECTOR, PARTITION:OFFSET]: a connector's name may hold colons too. */
function split(address) {
  const [, connector, place] = /^(.*):(\d+:\d+)$/s.exec(address);
  return [connector, place];
}
