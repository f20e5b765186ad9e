// View Pipeline: the picture of the pipeline, alive.
import { element, problem, replace } from "./dom.js";
import { listen } from "./server.js";

export const title = "Pipeline";

export function show(container, _names, signal) {
  const body = element("div");
  container.append(body);
  listen("/api/pipeline", {
    receive: (status) => replace(body, element("pre", {}, JSON.stringify(status, null, 2))),
    fail: (sentence) => replace(body, problem(sentence)),
    signal,
  });
}
