// Builds elements. Texts go in as text nodes only: nothing that comes from a record is ever read as HTML. Characters that
// cannot be seen, or change the order of others, are shown as escapes.

// Controls, formats (text direction), surrogates without a partner, separators of lines: but not line end and tab.
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Return a new element. `attributes`: `class`, `href`, …; a function for `onclick` and the like; false or null leaves an
 * attribute out. `children`: elements, texts, numbers, or lists of them; null and false are left out.
 */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** Return a new element of an SVG picture; arguments as of `element`. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.replace(/^on/, ""), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...shown(children));
  return node;
}

/** Return a text with escapes for characters that cannot be seen: `\\u202e`. */
export function visible(text) {
  return text.replace(UNSEEN, (character) => {
    const number = character.codePointAt(0);
    return number > 0xffff ? `\\u{${number.toString(16)}}` : `\\u${number.toString(16).padStart(4, "0")}`;
  });
}

function shown(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (typeof child === "string" ? visible(child) : child));
}

/** Replace the contents of an element. */
export function replace(node, ...children) {
  node.replaceChildren(...shown(children));
}

/** Return a table. `columns`: {title, number} (number: true aligns right); `rows`: lists of cells (texts or elements). */
export function table(caption, columns, rows) {
  const kind = (index) => (columns[index].number ? "number" : null);
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    element(
      "table",
      {},
      element("caption", {}, caption),
      element("thead", {}, element("tr", {}, columns.map((column, index) => element("th", { scope: "col", class: kind(index) }, column.title)))),
      element("tbody", {}, rows.map((row) => element("tr", {}, row.map((cell, index) => element("td", { class: kind(index) }, cell))))),
    ),
  );
}

/** Return a state as a coloured word: `ok`, `bad`, `waiting` or `off`. */
export function badge(text, kind) {
  return element("span", { class: `badge ${kind}` }, text);
}

/** Return a box with a sentence about what is wrong. */
export function problem(text) {
  return element("p", { class: "problem", role: "alert" }, text);
}
