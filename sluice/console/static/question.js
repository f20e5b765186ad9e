// Asks before something is changed.
import { visible } from "./dom.js";

/** Ask a question; resolves to true if the answer is `action`, the name of the button that does it. */
export function ask(text, action) {
  const dialog = document.getElementById("question");
  dialog.querySelector("#question-text").textContent = visible(text);
  dialog.querySelector("button.primary").textContent = action;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
