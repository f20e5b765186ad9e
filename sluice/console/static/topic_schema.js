// All versions of a topic's schemas, and what each has changed.
import { badge, element } from "./dom.js";
import { get } from "./server.js";

export async function showSchemas(container, topic, signal) {
  const subjects = await get(`/api/topics/${encodeURIComponent(topic)}/schemas`, signal);
  if (!subjects.length) {
    container.append(element("p", {}, "The registry has no schema for this topic: its records are text, JSON that says its own schema, or bytes."));
    return;
  }
  for (const { subject, versions } of subjects) {
    container.append(
      element("h2", {}, subject),
      element("p", { class: "dim" }, versions.length === 1 ? "One version." : `${versions.length} versions, the newest first.`),
      ...versions.map((version, index) => versionBox(version, index === 0, versions.length)),
    );
  }
}

function versionBox(version, open, count) {
  return element(
    "section",
    { class: "card version", "aria-label": `Version ${version.version}` },
    element("h3", {}, `Version ${version.version} `, element("span", { class: "dim" }, `${version.kind}, id ${version.identity}`)),
    changes(version, count),
    element("details", { open }, element("summary", {}, "Text"), element("pre", {}, version.text)),
  );
}

function changes(version, count) {
  if (version.changes === null) return count > 1 && element("p", { class: "dim" }, version.version === 1 ? "The first." : "The first, or its fields cannot be compared with those before.");
  if (!version.changes.length) return element("p", { class: "dim" }, "The same fields as the version before.");
  return element("ul", { class: "changes" }, version.changes.map(change));
}

function change({ name, before, after }) {
  const field = element("span", { class: "code" }, name);
  if (before === null) return element("li", {}, badge("added", "ok"), " ", field, element("span", { class: "dim" }, ` ${after}`));
  if (after === null) return element("li", {}, badge("removed", "bad"), " ", field, element("span", { class: "dim" }, ` ${before}`));
  return element("li", {}, badge("changed", "waiting"), " ", field, element("span", { class: "dim" }, ` ${before} → ${after}`));
}
