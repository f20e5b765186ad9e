// The edges of the picture: lines between the nodes, which move while records move.
import { svg } from "./dom.js";

const STEP_MILLISECONDS = 400;
const DASH_PIXELS = 24; // length of a dash and of the gap after it, as in pipeline.css
const DASH_STEPS = 4;

/** Draw all edges behind the nodes; returns what updateEdges() needs. */
export function drawEdges(picture, cards, edges) {
  const frame = picture.getBoundingClientRect();
  const boxes = new Map();
  for (const [id, card] of cards) {
    if (!card.isConnected) continue;
    const box = card.getBoundingClientRect();
    boxes.set(id, { left: box.left - frame.left, right: box.right - frame.left, top: box.top - frame.top, bottom: box.bottom - frame.top });
  }
  const paths = edges.map((edge) => {
    const line = path(boxes.get(edge.begin), boxes.get(edge.end), edge.kind);
    return svg("g", { class: `edge ${edge.kind}` }, svg("path", { class: "line", d: line }), edge.kind === "records" && svg("path", { class: "flow", d: line }));
  });
  const drawn = svg("svg", { class: "pipeline-edges", width: frame.width, height: frame.height, "aria-hidden": "true" }, paths);
  picture.prepend(drawn);
  updateEdges({ picture: drawn, paths }, edges);
  return { picture: drawn, paths };
}

/**
 * Move the dashes of the edges that move, until `signal` aborts. Few steps a second: each is a new picture of the page,
 * which costs 5 ms of CPU without a graphics card, however little of it moves. A CSS animation would draw sixty.
 */
export function moveDashes(drawing, signal) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let step = 0;
  const timer = setInterval(() => {
    const drawn = drawing();
    if (!drawn || still.matches || document.hidden || !drawn.picture.querySelector(".moving")) return;
    step = (step + 1) % DASH_STEPS;
    drawn.picture.style.strokeDashoffset = `${(DASH_PIXELS * (DASH_STEPS - step)) / DASH_STEPS}px`;
  }, STEP_MILLISECONDS);
  signal.addEventListener("abort", () => clearInterval(timer));
}

/** Let the edges move along which records move, and no other. */
export function updateEdges({ paths }, edges) {
  edges.forEach((edge, index) => paths[index]?.classList.toggle("moving", (edge.rate ?? 0) > 0));
}

function path(begin, end, kind) {
  if (!begin || !end) return "";
  const middle = (box) => Math.min((box.top + box.bottom) / 2, box.top + 44);
  if (kind === "schemas") return schemaPath(begin, end, middle);
  const [x1, y1, x2, y2] = [begin.right, middle(begin), end.left, middle(end)];
  const bend = Math.max(24, Math.min(90, (x2 - x1) / 2));
  return `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

/** Down the gap beside the node, then across to the registry. */
function schemaPath(begin, end, middle) {
  const fromLeft = begin.right < end.left;
  const x = fromLeft ? begin.right + 14 : begin.left - 14;
  const [x1, y1] = [fromLeft ? begin.right : begin.left, begin.bottom - 16];
  const [x2, y2] = [fromLeft ? end.left : end.right, middle(end)];
  return `M${x1} ${y1} L${x} ${y1} L${x} ${y2} L${x2} ${y2}`;
}
