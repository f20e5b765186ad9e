// A topic's messages: the newest, or from an offset or a time on; searched, page by page.
import { element, problem, table } from "./dom.js";
import { bytes, number, time } from "./format.js";
import { show, showChanged } from "./keep_focus.js";
import { get } from "./server.js";
import { brief, briefKey, showRecord } from "./topic_record.js";

const LIVE_MS = 2000;
const LONGEST_PATH = 60_000; // the server takes 64 KiB
const STARTS = {
  newest: { name: "Newest first", hint: "" },
  offset: { name: "From an offset", hint: "1200, or 3:1200 of partition 3" },
  time: { name: "From a time", hint: "10m ago, or 2026-11-27T05:00 (UTC)" },
};
const COLUMNS = [{ title: "Partition", number: true }, { title: "Offset", number: true }, { title: "Time (UTC)" }, { title: "Key" }, { title: "Value" }, { title: "Size", number: true }];

export function showMessages(container, topic, signal) {
  const view = new Messages(topic, signal);
  container.append(view.form, view.note, view.list, view.pager);
  return view.submit();
}

class Messages {
  constructor(topic, signal) {
    this.topic = topic;
    this.signal = signal;
    this.said = element("span", { role: "status" });
    this.searchOn = element("button", { type: "button", hidden: true, onclick: () => this.load({ ...this.next(), more: true }) }, "Search on");
    this.note = element("div", { class: "dim note" }, this.said, " ", this.searchOn);
    this.list = element("div", { class: "messages" });
    this.newer = element("button", { type: "button", disabled: true, onclick: () => this.load({ after: this.page.newer }) }, "← Newer");
    this.older = element("button", { type: "button", disabled: true, onclick: () => this.load({ before: this.page.older }) }, "Older →");
    this.pager = element("div", { class: "pager" }, this.newer, this.older);
    this.form = this.makeForm();
    this.loading = new AbortController();
    signal.addEventListener("abort", () => this.loading.abort());
  }

  makeForm() {
    this.start = element("select", { onchange: () => this.showStart() }, Object.entries(STARTS).map(([key, { name }]) => element("option", { value: key }, name)));
    this.at = element("input", { autocomplete: "off", spellcheck: "false" });
    this.atLabel = element("label", { class: "at" }, element("span", {}, "Where"), this.at);
    this.key = element("input", { autocomplete: "off", spellcheck: "false", placeholder: "as shown: id=5" });
    this.text = element("input", { type: "search", autocomplete: "off", spellcheck: "false", placeholder: "fix_mode=3" });
    this.live = element("input", { type: "checkbox", onchange: () => this.followNewest() });
    const form = element(
      "form",
      { class: "inline", role: "search", "aria-label": "Messages" },
      label("Start", this.start),
      this.atLabel,
      label("Key", this.key),
      label("Text in any field", this.text),
      element("button", { class: "primary" }, "Show"),
      element("label", { class: "live" }, this.live, "New ones as they come"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.atLabel.hidden = true;
    return form;
  }

  showStart() {
    const start = this.start.value;
    this.atLabel.hidden = start === "newest";
    this.at.placeholder = STARTS[start].hint.split(",")[0].replace(" ago", "");
    this.at.title = STARTS[start].hint;
    this.atLabel.firstChild.textContent = start === "newest" ? "" : STARTS[start].hint;
    if (start === "newest") this.submit();
    else {
      this.live.checked = false;
      this.at.value = "";
      this.at.focus();
    }
  }

  followNewest() {
    if (!this.live.checked) return;
    this.start.value = "newest";
    this.atLabel.hidden = true;
    this.submit({ live: "1" });
  }

  /** Ask for what the form says now; what is typed afterwards counts when it is asked for. */
  submit({ live = "" } = {}) {
    const at = this.start.value === "newest" ? "" : this.at.value.trim();
    const start = at ? this.start.value : "newest";
    this.asked = { start, at, key: this.key.value, text: this.text.value, since: "" };
    return this.load({ live });
  }

  /** Load a page: `before` and `after` are the places of the neighbours; `more` appends to what is shown. */
  async load({ before = "", after = "", live = "", more = false }) {
    this.loading.abort();
    const { signal } = (this.loading = new AbortController());
    if (!live) {
      this.live.checked = false;
      show(this.said, "Reading…");
    }
    try {
      const page = await get(this.path({ before, after, live, more }), signal);
      if (!signal.aborted) this.receive(page, more);
    } catch (error) {
      if (error.name === "AbortError" || signal.aborted) return;
      this.fail(error.message);
    }
    if (this.live.checked) this.loadSoon(signal);
  }

  /** Return the request for a page of what was asked for. */
  path({ before, after, live, more }) {
    const { start, at, key, text } = this.asked;
    if (before && !more) this.asked.since = ""; // back from there, the older ones are shown
    const query = { key, text, before, after, live };
    if (after && this.asked.since) query.time = this.asked.since;
    if (start !== "newest" && !before && !after) query[start] = at;
    const path = `/api/topics/${encodeURIComponent(this.topic)}/messages?${new URLSearchParams(query)}`;
    if (path.length > LONGEST_PATH) {
      throw new Error(
        "The topic has too many partitions to go on from here. Start from an offset of some partitions (3:1200,4:900), or from a time.",
      );
    }
    return path;
  }

  fail(sentence) {
    show(this.said);
    this.searchOn.hidden = true;
    show(this.list, problem(sentence));
    this.newer.disabled = this.older.disabled = true;
    this.live.checked = false;
  }

  loadSoon(signal) {
    const timer = setTimeout(() => {
      if (!this.live.checked || signal.aborted) return;
      if (document.hidden) this.loadSoon(signal);
      else this.load({ live: "1" });
    }, LIVE_MS);
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  }

  /** Take a page; a list that starts at an offset or a time goes forward in time, any other back. */
  receive(page, more) {
    const forward = this.asked.start !== "newest";
    if (page.since) this.asked.since = page.since;
    const records = page.newest_first === forward ? page.records.reverse() : page.records;
    if (more) {
      this.records = page.newest_first === forward ? [...records, ...this.records] : [...this.records, ...records];
      this.lookedAt += page.looked_at;
      this.page = page.newest_first ? { ...page, newer: this.page.newer } : { ...page, older: this.page.older };
    } else {
      this.records = records;
      this.lookedAt = page.looked_at;
      this.page = page;
    }
    this.newer.disabled = !this.page.newer;
    this.older.disabled = !this.page.older;
    const images = this.topic === "images" && this.records.length > 0;
    showChanged(this.said, [this.summary(), images], ([sentence]) => [sentence, images && imagesHint()]);
    this.searchOn.hidden = !page.stopped;
    showChanged(this.list, this.records, (records) => (records.length ? this.table() : null));
  }

  summary() {
    const { page, records } = this;
    const filtered = this.asked.key || this.asked.text;
    const order = this.asked.start === "newest" ? "newest first" : "oldest first";
    const shown = `${number(records.length)} record${records.length === 1 ? "" : "s"}${records.length > 1 ? `, ${order}` : ""}`;
    const looked = `looked at ${number(this.lookedAt)}`;
    if (page.stopped) {
      const reached = page.reached ? `, ${page.newest_first ? "back" : "on"} to ${time(page.reached)}` : "";
      return `${shown}; ${looked}${reached}.`;
    }
    if (!records.length) {
      const where = page.newest_first ? "down to the topic's beginning" : "up to the topic's end";
      return filtered ? `No record matches: ${looked}, ${where}.` : "No record here yet.";
    }
    return filtered ? `${shown}; ${looked}.` : `${shown}.`;
  }

  /** Return where the search goes on. */
  next() {
    return this.page.newest_first ? { before: this.page.older } : { after: this.page.newer };
  }

  table() {
    const rows = this.records.map((record) => [
      record.partition,
      element(
        "button",
        {
          type: "button",
          class: "link",
          "data-key": `${record.partition}:${record.offset}`,
          "aria-label": `Partition ${record.partition}, offset ${record.offset}, whole`,
          onclick: () => showRecord(this.topic, record.partition, record.offset, this.signal),
        },
        record.offset,
      ),
      element("span", { class: "time" }, time(record.timestamp)),
      element("div", { class: "key" }, briefKey(record.key)),
      element("div", { class: "brief" }, brief(record)),
      bytes(record.key_bytes + record.value_bytes),
    ]);
    const records = table(`Records of ${this.topic}`, COLUMNS, rows);
    records.dataset.key = "records";
    return records;
  }
}

function imagesHint() {
  return [" ", element("a", { href: "#/data", "data-key": "data" }, "Data"), " shows the newest images."];
}

function label(name, input) {
  return element("label", {}, element("span", {}, name), input);
}
