// View Pipeline: the picture of the pipeline, alive.
import { badge, element, problem, replace } from "./dom.js";
import { number, rate } from "./format.js";
import { drawEdges, moveDashes, updateEdges } from "./pipeline_edges.js";
import { listen } from "./server.js";

export const title = "Pipeline";

const COLUMNS = ["Sources", "Source connectors", "Topics", "Sinks", "Stores and dead letters"];

export function show(container, _names, signal) {
  const failure = element("div");
  const summary = element("p", { class: "pipeline-summary", role: "status" }, "Asking all parts …");
  const remarks = element("div", { class: "pipeline-remarks" });
  const parts = element("ul", { class: "pipeline-parts", "aria-label": "Servers" });
  const picture = element("div", { class: "pipeline-picture" });
  container.append(failure, summary, remarks, parts, picture);
  const drawing = new Drawing(picture, signal);
  const changed = onChange();
  listen("/api/pipeline", {
    receive: (sample) => {
      changed(failure, null, () => []);
      changed(summary, summarize(sample), (text) => [text]);
      changed(remarks, [sample.problems, ownRemarks(sample.nodes), sample.notes], ([problems, own, notes]) => [
        ...problems.map((remark) => remarkBox({ ...remark, kind: "bad" })),
        ...own.map(remarkBox),
        ...notes.map(note),
      ]);
      changed(parts, sample.parts, (all) => all.map(part));
      drawing.show(sample);
    },
    fail: (sentence) => {
      changed(failure, sentence, (text) => [problem(text)]);
      drawing.stop();
    },
    signal,
  });
}

/** Return a function that replaces the contents of an element, if what it shows is not the same as before. */
function onChange() {
  const shown = new Map();
  return (node, value, contents) => {
    const text = JSON.stringify(value);
    if (shown.get(node) === text) return;
    shown.set(node, text);
    replace(node, contents(value));
  };
}

function summarize({ nodes, problems }) {
  const named = (kind) => nodes.filter((node) => node.state.kind === kind && node.kind !== "letters").map((node) => node.name);
  const letters = nodes.filter((node) => node.kind === "letters").reduce((sum, node) => sum + (node.facts[0].count ?? 0), 0);
  const bad = named("bad");
  const waiting = named("waiting");
  const sentences = [
    problems.length && !bad.length ? "Not all parts answer." : "",
    bad.length ? `Needs you: ${bad.join(", ")}.` : "",
    waiting.length ? `Waiting: ${waiting.join(", ")}.` : "",
    !problems.length && !bad.length && !waiting.length ? "All parts work." : "",
    letters ? `${number(letters)} dead letter${letters === 1 ? "" : "s"}.` : "",
  ];
  return sentences.filter(Boolean).join(" ");
}

function part({ name, detail, kind }) {
  const says = kind === "ok" ? "answers" : "does not answer";
  return element("li", { class: kind }, element("strong", {}, name), detail ? ` ${detail} ` : " ", badge(says, kind));
}

/** What is wrong with nodes, in whole: in the picture there is room for its beginning only. */
function ownRemarks(nodes) {
  return nodes
    .filter((node) => node.state.kind !== "ok" && node.state.kind !== "off")
    .flatMap((node) => node.state.remarks.filter(({ advice }) => advice).map((remark) => ({ ...remark, kind: node.state.kind, link: node.link })));
}

function remarkBox({ text, advice, kind, link }) {
  const more = link && [" ", element("a", { href: link }, "Show it")];
  return element("div", { class: `pipeline-remark ${kind}` }, element("p", {}, text), element("p", { class: "advice" }, advice, more));
}

function note(text) {
  return element("p", { class: "pipeline-note" }, text);
}

/** The nodes and the edges between them. Elements stay while their node does: the focus, too. */
class Drawing {
  constructor(picture, signal) {
    this.picture = picture;
    this.cards = new Map();
    this.structure = "";
    this.changed = onChange();
    const resized = new ResizeObserver(() => this.drawEdges());
    resized.observe(picture);
    moveDashes(() => this.drawn, signal);
    signal.addEventListener("abort", () => resized.disconnect());
  }

  show({ nodes, edges }) {
    const structure = JSON.stringify([nodes.map((node) => [node.id, node.row, node.column]), edges.map((edge) => [edge.begin, edge.end])]);
    if (structure !== this.structure) {
      this.structure = structure;
      this.edges = edges;
      this.build(nodes);
    }
    for (const node of nodes) this.update(node, edges, nodes);
    this.edges = edges;
    if (this.drawn) updateEdges(this.drawn, edges);
    else this.drawEdges();
  }

  /** Nothing moves while nothing is known. */
  stop() {
    this.edges = (this.edges ?? []).map((edge) => ({ ...edge, rate: null }));
    if (this.drawn) updateEdges(this.drawn, this.edges);
  }

  build(nodes) {
    const columns = [...new Set(nodes.map((node) => node.column))].sort();
    this.picture.style.setProperty("--columns", columns.map((column) => (column === 1 ? "0.8fr" : "1fr")).join(" "));
    const cells = new Map();
    for (const node of nodes) {
      if (!this.cards.has(node.id)) this.cards.set(node.id, element("li"));
      const place = `${node.row},${node.column}`;
      if (!cells.has(place)) {
        const cell = element("ul", { class: "pipeline-cell" });
        cell.style.gridRow = node.row + 2;
        cell.style.gridColumn = columns.indexOf(node.column) + 1;
        cells.set(place, cell);
      }
      cells.get(place).append(this.cards.get(node.id));
    }
    const headings = columns.map((column, index) => {
      const heading = element("h2", { class: "pipeline-heading" }, COLUMNS[column]);
      heading.style.gridColumn = index + 1;
      return heading;
    });
    replace(this.picture, headings, ...cells.values());
    this.drawn = null;
  }

  update(node, edges, nodes) {
    const card = this.cards.get(node.id);
    const className = `pipeline-node ${node.kind} ${node.state.kind}`;
    if (card.className !== className) card.className = className;
    if (card.dataset.node !== node.id) card.dataset.node = node.id;
    if (!card.firstChild) card.append(element("div"), element("dl"), element("div"));
    const [head, facts, rest] = card.children;
    const name = (id) => nodes.find((other) => other.id === id)?.name;
    const next = edges.filter((edge) => edge.begin === node.id && edge.kind !== "schemas").map((edge) => name(edge.end));
    this.changed(head, [node.name, node.detail, node.link, node.state.text, node.state.kind], () => [
      element("p", { class: "name" }, node.link ? element("a", { href: node.link }, node.name) : node.name),
      element("p", { class: "detail" }, node.detail, " ", node.state.text && badge(node.state.text, node.state.kind)),
    ]);
    this.changed(facts, node.facts, (all) => all.map(fact));
    this.changed(rest, [node.state.remarks, node.reasons, next], () => [
      node.state.remarks.map((remark) => sentence(remark, node.state.kind)),
      node.reasons.length > 0 && reasons(node.reasons),
      next.length > 0 && element("p", { class: "next" }, `to ${next.join(", ")}`),
    ]);
  }

  drawEdges() {
    if (!this.edges) return;
    this.drawn?.picture.remove();
    this.drawn = drawEdges(this.picture, this.cards, this.edges);
  }
}

function fact({ label, count, rate: perSecond }) {
  const value = count === undefined ? rate(perSecond) : number(count);
  return element("div", {}, element("dt", {}, label), element("dd", {}, value));
}

function sentence({ text }, kind) {
  return element("p", { class: `remark ${kind}` }, text);
}

function reasons(all) {
  const read = all.reduce((sum, each) => sum + each.count, 0);
  return element(
    "details",
    { open: all.length < 3 },
    element("summary", {}, read === 1 ? "Why" : `Why, of the newest ${number(read)}`),
    element("ul", {}, all.map(({ reason, count }) => element("li", {}, element("strong", {}, `${number(count)} × `), reason))),
  );
}
