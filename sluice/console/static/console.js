// Shows the view that the URL's fragment names: #/topics/gps-fixes is the view `topics` with ["gps-fixes"].
import { element, problem, replace } from "./dom.js";
import { keepToken } from "./server.js";
import * as connectors from "./connectors.js";
import * as data from "./data.js";
import * as dead_letters from "./dead_letters.js";
import * as pipeline from "./pipeline.js";
import * as proofs from "./proofs.js";
import * as topics from "./topics.js";

// Each view: `title`, and `show(container, names, signal)`, which shows it until `signal` aborts.
const VIEWS = { pipeline, topics, connectors, data, dead_letters, proofs };

let shown = new AbortController();

function showView() {
  const [, name = "", ...rest] = location.hash.split("?")[0].split("/");
  const view = VIEWS[name] ?? pipeline;
  shown.abort();
  shown = new AbortController();
  const container = document.getElementById("view");
  for (const link of document.querySelectorAll("nav a")) {
    const current = link.getAttribute("href") === `#/${VIEWS[name] ? name : "pipeline"}`;
    if (current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${view.title} · Sluice`;
  replace(container, element("h1", {}, view.title));
  const { signal } = shown;
  Promise.resolve()
    .then(() => view.show(container, rest.map(decoded), signal))
    .catch((error) => {
      if (error.name !== "AbortError" && !signal.aborted) container.append(problem(error.message));
    });
}

function decoded(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    throw new Error(`The address of this page is damaged: "${name}". Open the view by its link above.`);
  }
}

/** The link to the content is no view's: the view stays. */
function skipToContent(event) {
  event.preventDefault();
  document.getElementById("view").focus();
}

keepToken();
document.querySelector("a.skip").addEventListener("click", skipToContent);
addEventListener("hashchange", showView);
showView();
