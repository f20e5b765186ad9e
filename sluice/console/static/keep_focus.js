// Shows something anew without taking the focus, open parts, or the place in a scrolled part from who reads it.
import { element, problem, replace } from "./dom.js";

const shown = new WeakMap(); // what each element shows, as JSON

/**
 * Replace the contents of an element. What has the attribute `data-key` keeps the focus, and its place if it is
 * scrolled; a part that can be opened (`details`) stays as the reader has left it.
 */
export function show(node, ...children) {
  shown.delete(node);
  const focused = node.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const place = ({ open, scrollTop, scrollLeft }) => ({ open, top: scrollTop, left: scrollLeft });
  const before = new Map(keyed(node).map((one) => [one.dataset.key, place(one)]));
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

/**
 * Show an element `name` for each item in a list, in their order, with `contents(item)`. `key(item)` tells items apart:
 * the element of one that is there already stays, and is touched only where the item has changed.
 */
export function showEach(list, items, { name = "li", attributes = {}, key, contents }) {
  const before = new Map([...list.children].map((one) => [one.dataset.item, one]));
  items.forEach((item, index) => {
    const one = before.get(key(item)) ?? element(name, { ...attributes, "data-item": key(item) });
    if (list.children[index] !== one) list.insertBefore(one, list.children[index] ?? null);
    showChanged(one, item, contents);
  });
  while (list.children.length > items.length) list.lastElementChild.remove();
}

function keyed(node) {
  return [...node.querySelectorAll("[data-key]")];
}
