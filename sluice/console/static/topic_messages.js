// A topic's messages: the newest, or from an offset or a time on; searched, page by page.
import { element, problem, replace, table } from "./dom.js";
import { bytes, number, time } from "./format.js";
import { get } from "./server.js";
import { brief, briefKey, showRecord } from "./topic_record.js";

const LIVE_MS = 2000;
const STARTS = {
  newest: { name: "Newest first", hint: "" },
  offset: { name: "From an offset", hint: "1200, or 3:1200 of partition 3" },
  time: { name: "From a time", hint: "10m ago, or 2026-11-27T05:00 (UTC)" },
};
const COLUMNS = [{ title: "Partition", number: true }, { title: "Offset", number: true }, { title: "Time (UTC)" }, { title: "Key" }, { title: "Value" }, { title: "Size", number: true }];

export function showMessages(container, topic, signal) {
  const view = new Messages(topic, signal);
  container.append(view.form, view.note, view.list, view.pager);
  return view.load({});
}

class Messages {
  constructor(topic, signal) {
    this.topic = topic;
    this.signal = signal;
    this.note = element("p", { class: "dim note", role: "status" });
    this.list = element("div", { class: "messages" });
    this.newer = element("button", { type: "button", disabled: true, onclick: () => this.load({ after: this.page.newer }) }, "← Newer");
    this.older = element("button", { type: "button", disabled: true, onclick: () => this.load({ before: this.page.older }) }, "Older →");
    this.pager = element("div", { class: "pager" }, this.newer, this.older);
    this.form = this.makeForm();
    this.request = 0;
  }

  makeForm() {
    this.start = element("select", { onchange: () => this.showStart() }, Object.entries(STARTS).map(([key, { name }]) => element("option", { value: key }, name)));
    this.at = element("input", { autocomplete: "off", spellcheck: "false" });
    this.atLabel = element("label", { class: "at" }, element("span", {}, "Where"), this.at);
    this.key = element("input", { autocomplete: "off", spellcheck: "false" });
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
      this.load({});
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
    if (start === "newest") this.load({});
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
    this.load({ live: "1" });
  }

  /** Load a page: `before` and `after` are the places of the neighbours; `more` appends to what is shown. */
  async load({ before = "", after = "", live = "", more = false }) {
    const request = ++this.request;
    if (!live) this.live.checked = false;
    const start = this.start.value;
    const asked = { key: this.key.value, text: this.text.value, before, after, live };
    if (start !== "newest" && !before && !after) asked[start] = this.at.value.trim();
    if (!live) replace(this.note, "Reading…");
    try {
      const path = `/api/topics/${encodeURIComponent(this.topic)}/messages?${new URLSearchParams(asked)}`;
      const page = await get(path, this.signal);
      if (request === this.request) this.receive(page, more);
    } catch (error) {
      if (error.name === "AbortError" || request !== this.request) return;
      replace(this.note);
      replace(this.list, problem(error.message));
      this.newer.disabled = this.older.disabled = true;
      this.live.checked = false;
    }
    if (this.live.checked && request === this.request) this.loadSoon(request);
  }

  loadSoon(request) {
    const timer = setTimeout(() => {
      if (!this.live.checked || request !== this.request || this.signal.aborted) return;
      if (document.hidden) this.loadSoon(request);
      else this.load({ live: "1" });
    }, LIVE_MS);
    this.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  }

  /** Take a page; a list that starts at an offset or a time goes forward in time, any other back. */
  receive(page, more) {
    const forward = this.start.value !== "newest";
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
    replace(this.note, this.summary());
    replace(this.list, this.records.length ? this.table() : null);
  }

  summary() {
    const { page, records } = this;
    const filtered = this.key.value || this.text.value;
    const order = this.start.value === "newest" ? "newest first" : "oldest first";
    const shown = `${number(records.length)} record${records.length === 1 ? "" : "s"}${records.length > 1 ? `, ${order}` : ""}`;
    const looked = `looked at ${number(this.lookedAt)}`;
    if (page.stopped) {
      const reached = page.reached ? `, ${page.newest_first ? "back" : "on"} to ${time(page.reached)}` : "";
      return [`${shown}; ${looked}${reached}. `, this.searchOn()];
    }
    if (!records.length) {
      const where = page.newest_first ? "down to the topic's beginning" : "up to the topic's end";
      return filtered ? `No record matches: ${looked}, ${where}.` : "No record here yet.";
    }
    const images = this.topic === "images" && [" ", element("a", { href: "#/data" }, "Data"), " shows the newest images."];
    return [filtered ? `${shown}; ${looked}.` : `${shown}.`, images];
  }

  searchOn() {
    const { page } = this;
    const next = page.newest_first ? { before: page.older } : { after: page.newer };
    return element("button", { type: "button", onclick: () => this.load({ ...next, more: true }) }, "Search on");
  }

  table() {
    const rows = this.records.map((record) => [
      record.partition,
      element(
        "button",
        {
          type: "button",
          class: "link",
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
    return table(`Records of ${this.topic}`, COLUMNS, rows);
  }
}

function label(name, input) {
  return element("label", {}, element("span", {}, name), input);
}
