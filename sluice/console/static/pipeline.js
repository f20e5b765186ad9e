// View Pipeline: the picture of the pipeline, alive.
import { badge, element, replace } from "./dom.js";
import { number, rate } from "./format.js";
import { showChanged, showProblem } from "./keep_focus.js";
import { drawEdges, moveDashes, updateEdges } from "./pipeline_edges.js";
import { listen } from "./server.js";

export const title = "Pipeline";

const COLUMNS = ["Sources", "Source connectors", "Topics", "Sinks", "Stores and dead letters"];
const SAYS = { ok: "answers", bad: "does not answer", off: "not known" };

export function show(container, _names, signal) {
  const failure = element("div");
  const summary = element("p", { class: "pipeline-summary", role: "status" }, "Asking all parts …");
  const remarks = element("div", { class: "pipeline-remarks" });
  const parts = element("ul", { class: "pipeline-parts", "aria-label": "Servers" });
  const picture = element("div", { class: "pipeline-picture" });
  const known = element("div", {}, remarks, parts, picture);
  container.append(failure, summary, known);
  const drawing = new Drawing(picture, signal);
  let last = null;
  listen("/api/pipeline", {
    receive: (sample) => {
      last = sample;
      showProblem(failure, null);
      known.classList.remove("stale");
      showChanged(summary, sample.summary, (text) => text);
      showChanged(remarks, [sample.problems, ownRemarks(sample.nodes), sample.notes], ([problems, own, notes]) => [
        ...problems.map((remark) => remarkBox({ ...remark, kind: "bad" })),
        ...own.map(remarkBox),
        ...notes.map(note),
      ]);
      showChanged(parts, sample.parts, (all) => all.map(part));
      drawing.show(sample);
    },
    fail: (sentence) => {
      showProblem(failure, sentence);
      known.classList.add("stale");
      const below = last ? "Not known now; below is what was known last." : "Not known now.";
      showChanged(summary, below, (text) => text);
      showChanged(parts, (last?.parts ?? []).map((one) => ({ ...one, kind: "off" })), (all) => all.map(part));
      drawing.stop();
    },
    signal,
  });
}

function part({ name, detail, kind }) {
  const about = detail ? ` ${detail} ` : " ";
  return element("li", { class: kind }, element("strong", {}, name), about, badge(SAYS[kind], kind));
}

/** What is wrong with nodes, in whole: in the picture there is room for its beginning only. */
function ownRemarks(nodes) {
  return nodes
    .filter((node) => node.state.kind !== "ok")
    .flatMap(({ state, link }) => state.remarks.map((remark) => ({ ...remark, kind: state.kind, link })))
    .filter(({ advice }) => advice);
}

function remarkBox({ text, advice, kind, link }) {
  const more = link && [" ", element("a", { href: link, "data-key": `${link} ${advice}` }, "Show it")];
  const todo = element("p", { class: "advice" }, advice, more);
  return element("div", { class: `pipeline-remark ${kind}` }, element("p", {}, text), todo);
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
    const named = () => (node.link ? element("a", { href: node.link, "data-key": "name" }, node.name) : node.name);
    showChanged(head, [node.name, node.detail, node.link, node.state.text, node.state.kind], () => [
      element("p", { class: "name" }, named()),
      element("p", { class: "detail" }, node.detail, " ", node.state.text && badge(node.state.text, node.state.kind)),
    ]);
    showChanged(facts, node.facts.map(({ label }) => label), (labels) => labels.map(fact));
    node.facts.forEach((each, index) => setText(facts.children[index].lastChild, value(each)));
    showChanged(rest, [node.state.remarks, node.reasons, next], () => [
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

function fact(label) {
  return element("div", {}, element("dt", {}, label), element("dd"));
}

function value({ count, rate: perSecond }) {
  return count === undefined ? rate(perSecond) : number(count);
}

/** Only what has changed is laid out again: numbers change with each sample. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function sentence({ text }, kind) {
  return element("p", { class: `remark ${kind}` }, text);
}

function reasons(all) {
  const read = all.reduce((sum, each) => sum + each.count, 0);
  return element(
    "details",
    { open: all.length < 3, "data-key": "reasons" },
    element("summary", {}, read === 1 ? "Why" : `Why, of the newest ${number(read)}`),
    element("ul", {}, all.map(({ reason, count }) => element("li", {}, element("strong", {}, `${number(count)} × `), reason))),
  );
}
