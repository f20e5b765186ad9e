// Shows something anew without taking the keyboard's focus, open parts, or the place in a scrolled part from who reads it.
import { problem, replace } from "./dom.js";

const shown = new WeakMap(); // what each element shows, as JSON

/**
 * Replace the contents of an element. What has the attribute `data-key` keeps the focus and its place if it is scrolled,
 * and a part that can be opened (`details`) stays as the reader has left it.
 */
export function show(node, ...children) {
  shown.delete(node);
  const focused = node.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const before = new Map(keyed(node).map((one) => [one.dataset.key, { open: one.open, top: one.scrollTop, left: one.scrollLeft }]));
  replace(node, ...children);
  for (const one of keyed(node)) {
    const { open, top, left } = before.get(one.dataset.key) ?? {};
    if (one.tagName === "DETAILS" && open !== undefined) one.open = open;
    if (top || left) one.scrollTo({ top, left, behavior: "instant" });
    if (focused && one.dataset.key === focused) one.focus({ preventScroll: true });
  }
}

/** Show `contents(value)`, if the value (JSON types) is not the one that the element shows; a selection stays, too. */
export function showChanged(node, value, contents) {
  const text = JSON.stringify(value ?? null);
  if (shown.get(node) === text) return;
  show(node, contents(value));
  shown.set(node, text);
}

/** Show a sentence about what is wrong, or nothing. The same sentence once more is not read aloud again. */
export function showProblem(node, sentence) {
  showChanged(node, sentence, () => (sentence ? problem(sentence) : null));
}

function keyed(node) {
  return [...node.querySelectorAll("[data-key]")];
}
