// The map of fixes: without tiles, in local metres, with a scale bar, north, and degrees at its edges.
import { svg } from "./dom.js";
import { number } from "./format.js";

const METRES_A_DEGREE = 111195;
const MIN_SPAN_METRES = 20; // the noise of a receiver that stands still does not fill the map
const COLORS = 12; // as many as data.css has
const MARGIN = { left: 98, right: 14, top: 14, bottom: 46 };
const FAR = 30; // times the usual distance from the middle
const MIN_FAR = 0.02; // degrees
const FEW = 0.05;
const TICK_PIXELS = { x: 120, y: 70 };

/** Return the map of `points` ([latitude, longitude, altitude, seconds], in the order in which they came) as SVG. */
export function drawMap(points, { width, height, by }) {
  const plot = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  const frame = frameOf(points, plot);
  const colors = colorScale(points, by);
  return svg(
    "svg",
    { class: "map", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": describe(points) },
    svg(
      "g",
      { transform: `translate(${MARGIN.left} ${MARGIN.top})` },
      grid(frame, plot),
      svg("rect", { class: "frame", width: plot.width, height: plot.height }),
      dots(points, frame, colors),
      newest(points.at(-1), frame),
      scaleBar(frame, plot),
      northArrow(plot),
      svg("text", { class: "axis", x: plot.width / 2, y: plot.height + 40, "text-anchor": "middle" }, "Longitude, degrees east"),
      svg("text", { class: "axis", transform: `translate(-86 ${plot.height / 2}) rotate(-90)`, "text-anchor": "middle" }, "Latitude, degrees north"),
    ),
  );
}

/**
 * Return the points that the map shows: without a few that are so far from all others (a mistake of a receiver, a record
 * of a test) that all others would be one dot.
 */
export function near(points) {
  const reference = meanLongitude(points);
  const places = [points.map((point) => point[0]), points.map((point) => wrap(point[1] - reference))];
  const isNear = places.map((values) => {
    const middle = median(values);
    const limit = Math.max(MIN_FAR, FAR * median(values.map((value) => Math.abs(value - middle))));
    return (index) => Math.abs(values[index] - middle) <= limit;
  });
  const kept = points.filter((_, index) => isNear.every((is) => is(index)));
  // The newest is always shown: a drive that begins elsewhere.
  return kept.length >= points.length * (1 - FEW) && kept.at(-1) === points.at(-1) ? kept : points;
}

/**
 * Return what the colours mean: {low, high}, `color(point)` from 0 on, null where it has no value. A few altitudes that
 * are far from all others (0 where a receiver had none) have the colour of the end: all others would share one.
 */
export function colorScale(points, by) {
  const value = (point) => point[by === "time" ? 3 : 2];
  const values = points.map(value).filter((one) => one !== null).sort((one, other) => one - other);
  const beyond = by === "time" ? 0 : Math.floor(values.length * FEW);
  const [low, high] = [values[beyond], values[values.length - 1 - beyond]];
  const color = (point) => {
    if (value(point) === null) return null;
    // Halves: the difference of two numbers may be infinite.
    const part = high > low ? (value(point) / 2 - low / 2) / (high / 2 - low / 2) : 0.5;
    return Math.max(0, Math.min(COLORS - 1, Math.floor(part * COLORS)));
  };
  return { low, high, color, some: values.length > 0 };
}

/** Return the strip of colours of the legend. */
export function colorStrip() {
  const steps = Array.from({ length: COLORS }, (_, index) => svg("rect", { class: `fill-${index}`, x: index * 10, width: 10.5, height: 10 }));
  return svg("svg", { class: "strip", viewBox: `0 0 ${COLORS * 10} 10`, preserveAspectRatio: "none", "aria-hidden": "true" }, steps);
}

/** Longitude as a difference from another, the short way round: 179° and -179° are neighbours. */
export function wrap(degrees) {
  return ((((degrees + 180) % 360) + 360) % 360) - 180;
}

/** Return the middle, the scale (metres in a pixel) and the projection of the points to pixels. */
function frameOf(points, plot) {
  const reference = meanLongitude(points);
  const [south, north] = extent(points.map((point) => point[0]));
  const [west, east] = extent(points.map((point) => wrap(point[1] - reference)));
  const latitude = (south + north) / 2;
  const across = METRES_A_DEGREE * Math.max(0.01, Math.cos(radians(latitude))); // at a pole, a degree has no length
  const spans = [(east - west) * across, (north - south) * METRES_A_DEGREE].map((span) => Math.max(MIN_SPAN_METRES, span) * 1.12);
  const metres = Math.max(spans[0] / plot.width, spans[1] / plot.height);
  const longitude = reference + (west + east) / 2;
  const pixel = { x: metres / across, y: metres / METRES_A_DEGREE }; // degrees
  return {
    latitude,
    longitude,
    metres,
    pixel,
    x: (degrees) => plot.width / 2 + wrap(degrees - longitude) / pixel.x,
    y: (degrees) => plot.height / 2 - (degrees - latitude) / pixel.y,
  };
}

function dots(points, frame, colors) {
  const paths = new Map();
  for (const point of points) {
    const color = colors.color(point);
    const where = `M${frame.x(point[1]).toFixed(1)} ${frame.y(point[0]).toFixed(1)}h0`;
    paths.set(color, (paths.get(color) ?? "") + where);
  }
  return [...paths].map(([color, d]) => svg("path", { class: `dots ${color === null ? "no-value" : `line-${color}`}`, d }));
}

function newest(point, frame) {
  return svg("circle", { class: "newest", cx: frame.x(point[1]).toFixed(1), cy: frame.y(point[0]).toFixed(1), r: 7 }, svg("title", {}, "the newest fix"));
}

function grid(frame, plot) {
  const down = ticks(frame.latitude, frame.pixel.y * plot.height, plot.height / TICK_PIXELS.y).filter((tick) => Math.abs(tick.at) <= 90);
  const along = ticks(frame.longitude, frame.pixel.x * plot.width, plot.width / TICK_PIXELS.x);
  return [
    down.map(({ at, text }) => [
      svg("path", { class: "grid", d: `M0 ${frame.y(at)}H${plot.width}` }),
      svg("text", { class: "tick", x: -8, y: frame.y(at) + 4, "text-anchor": "end" }, text(at)),
    ]),
    along.map(({ at, text }) => {
      const x = plot.width / 2 + (at - frame.longitude) / frame.pixel.x;
      return [
        svg("path", { class: "grid", d: `M${x} 0V${plot.height}` }),
        svg("text", { class: "tick", x, y: plot.height + 18, "text-anchor": "middle" }, text(wrap(at))),
      ];
    }),
  ];
}

function ticks(middle, span, most) {
  const step = [1, 2, 5, 10].map((size) => size * 10 ** Math.floor(Math.log10(span / most))).find((size) => span / size <= most);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const text = (degrees) => `${degrees.toFixed(decimals).replace(/^-(0\.?0*)$/, "$1").replace("-", "−")}°`;
  const first = Math.ceil((middle - span / 2) / step);
  const last = Math.floor((middle + span / 2) / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => ({ at: (first + index) * step, text }));
}

function scaleBar(frame, plot) {
  const metres = roundLength((frame.metres * plot.width) / 4);
  const length = metres / frame.metres;
  return svg(
    "g",
    { class: "scale", transform: `translate(14 ${plot.height - 14})` },
    svg("path", { d: `M0 -5V0H${length}V-5` }),
    svg("text", { x: length / 2, y: -8, "text-anchor": "middle" }, metres >= 1000 ? `${number(metres / 1000)} km` : `${number(metres)} m`),
  );
}

function roundLength(metres) {
  const power = 10 ** Math.floor(Math.log10(metres));
  return Math.max(...[1, 2, 5].map((step) => step * power).filter((length) => length <= metres * 1.0001));
}

function northArrow(plot) {
  return svg("g", { class: "north", transform: `translate(${plot.width - 22} 14)` }, svg("path", { d: "M0 30V4M-5 12L0 2L5 12Z" }), svg("text", { y: 45, "text-anchor": "middle" }, "N"));
}

function describe(points) {
  const [south, north] = extent(points.map((point) => point[0]));
  return `Map of ${number(points.length)} ${points.length === 1 ? "fix" : "fixes"} between latitude ${south.toFixed(4)}° and ${north.toFixed(4)}°`;
}

/** Return the mean of longitudes as angles: that of 179° and -179° is 180°. */
function meanLongitude(points) {
  const [sine, cosine] = points.reduce(([s, c], point) => [s + Math.sin(radians(point[1])), c + Math.cos(radians(point[1]))], [0, 0]);
  return Math.atan2(sine, cosine) * (180 / Math.PI);
}

function median(values) {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
}

function extent(values) {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}

function radians(degrees) {
  return (degrees * Math.PI) / 180;
}
