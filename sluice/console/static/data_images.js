// The newest images of view Data: thumbnails, and one image alone.
import { element, problem, replace } from "./dom.js";
import { bytes, number, time } from "./format.js";
import { show, showProblem } from "./keep_focus.js";
import { get } from "./server.js";

const EDGE = { width: 160, height: 120 };

/** Return the part of the view: `node`, and `receive`, which shows a sample. */
export function imagesPart(signal) {
  const grid = element("ul", { class: "thumbnails" });
  const trouble = element("div", {}, element("p", { class: "dim" }, "Reading the newest images …"));
  const dialog = element("dialog", { class: "image-dialog", "aria-label": "Image" });
  const known = new Map(); // of each image: its item, and whether Redis has it
  const receive = (sample) => {
    if (sample.problem || sample.images.length) showProblem(trouble, sample.problem);
    else show(trouble, empty());
    if (sample.problem) return;
    const items = sample.images.map((image) => {
      const before = known.get(image.id);
      if (before?.there !== image.there) known.set(image.id, { item: thumbnail(image, () => open(image, dialog, signal)), there: image.there });
      return known.get(image.id).item;
    });
    const ids = new Set(sample.images.map((image) => image.id));
    for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    const shown = [...grid.children];
    // Nothing is moved where nothing has changed: the focus stays.
    if (items.length !== shown.length || items.some((item, index) => item !== shown[index])) grid.replaceChildren(...items);
  };
  const node = element("section", { class: "data-part" }, element("div", { class: "data-head" }, element("h2", {}, "Newest images")), trouble, grid, dialog);
  return { node, receive };
}

function empty() {
  return element("p", { class: "empty" }, "The topic images has no image yet. Load some: sluice load images FOLDER");
}

function thumbnail(image, onclick) {
  const name = image.key.split("/");
  const picture = image.there
    ? element("img", { src: path(image, "small"), alt: "", loading: "lazy", ...EDGE })
    : element("span", { class: "no-picture" }, "not in Redis");
  return element(
    "li",
    {},
    element(
      "button",
      { type: "button", class: "thumbnail", onclick, title: image.key },
      picture,
      element("span", { class: "thumbnail-name" }, name.at(-2) || image.key || "without a key"),
      element("span", { class: "dim" }, taken(image.utime)?.slice(11, 19) ?? (name.length > 1 ? name.at(-1) : null)),
    ),
  );
}

async function open(image, dialog, signal) {
  const facts = element("div", {}, element("p", { class: "dim" }, "Reading the image …"));
  const picture = element("div", { class: "image-alone" });
  const close = element("button", { type: "button", class: "primary", onclick: () => dialog.close() }, "Close");
  replace(dialog, element("h2", {}, element("code", {}, image.key || "Without a key")), picture, facts, element("div", { class: "buttons" }, close));
  dialog.showModal();
  try {
    const found = await get(`/api/data/images/${image.id}`, signal);
    if (found.drawn) replace(picture, element("img", { src: path(image, "large"), alt: `Image ${image.key}` }));
    replace(facts, element("dl", { class: "facts" }, factsOf(found).map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)))));
  } catch (error) {
    if (error.name !== "AbortError") replace(facts, problem(error.message));
  }
}

function factsOf(found) {
  return [
    ["Format", found.format],
    ["Size", `${bytes(found.bytes)} (${number(found.bytes)} bytes)`],
    ["Taken, UTC", time(taken(found.utime))],
    ["Loaded, UTC", time(found.time)],
  ];
}

function taken(utime) {
  const moment = new Date(utime === null ? NaN : utime / 1000);
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString();
}

function path(image, size) {
  return `/api/data/images/${image.id}/${size}`;
}
