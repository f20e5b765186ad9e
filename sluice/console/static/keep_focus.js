// Shows something anew without taking the keyboard's focus, or open parts, from who reads it.
import { replace } from "./dom.js";

/** Replace the contents of an element; what has the attribute `data-key` keeps the focus, and stays open if it was. */
export function show(node, ...children) {
  const key = node.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const open = [...node.querySelectorAll("details[open][data-key]")].map((details) => details.dataset.key);
  replace(node, ...children);
  for (const one of open) {
    const details = find(node, one);
    if (details) details.open = true;
  }
  if (key) find(node, key)?.focus();
}

function find(node, key) {
  return [...node.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
}
