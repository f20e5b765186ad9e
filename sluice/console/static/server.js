// Requests to the console's server.

const STORED = "sluice-token";

/** Keep the token of the URL for requests that change something, and take it out of the address bar. */
export function keepToken() {
  const url = new URL(location.href);
  const token = url.searchParams.get("token");
  if (!token) return;
  sessionStorage.setItem(STORED, token);
  url.searchParams.delete("token");
  history.replaceState(null, "", url);
}

/** Return the JSON at a path; throws an Error whose message is a sentence. */
export async function get(path, signal) {
  return answer(await send(path, { signal }));
}

/** Send something to be changed, as JSON; returns the answer's JSON; throws as `get`. */
export async function post(path, body = {}) {
  const token = sessionStorage.getItem(STORED) ?? "";
  const headers = { "Content-Type": "application/json", "X-Sluice-Token": token };
  return answer(await send(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

/**
 * Call `receive` with each event of a path until `signal` aborts, and `fail` with a sentence when there is a problem.
 * The browser connects again by itself. A tab that is not seen does not listen: it costs nothing, and leaves the others
 * the few connections that a browser opens to one server.
 */
export function listen(path, { receive, fail, signal }) {
  let source = null;
  const follow = () => {
    source?.close();
    source = null;
    if (document.hidden || signal.aborted) return;
    source = new EventSource(path);
    source.onmessage = (event) => receive(JSON.parse(event.data));
    source.addEventListener("problem", (event) => fail(JSON.parse(event.data).problem));
    source.onerror = () => fail("The console's server does not answer. Is `sluice console` still running?");
  };
  document.addEventListener("visibilitychange", follow, { signal });
  signal.addEventListener("abort", follow);
  follow();
}

async function send(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The console's server does not answer. Is `sluice console` still running?");
  }
}

async function answer(response) {
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  let sentence = text.trim();
  try {
    sentence = JSON.parse(text).problem;
  } catch {
    // The server has answered with text.
  }
  throw new Error(sentence || `The console's server answers ${response.status}.`);
}
