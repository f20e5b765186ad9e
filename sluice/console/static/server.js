// Requests to the console's server.

const STORED = "sluice-token";
const SILENT = "The console's server does not answer. Is `sluice console` still running?";
const AGAIN_MS = 5000;

/**
 * Keep the token of the URL for requests that change something, in all tabs, and take it out of the address bar. It is
 * kept for 127.0.0.1 only: at the name localhost another user's server may answer, by IPv6.
 */
export function keepToken() {
  const url = new URL(location.href);
  const token = url.searchParams.get("token");
  if (!token) return;
  if (url.hostname === "localhost") {
    url.hostname = "127.0.0.1";
    location.replace(url);
    return;
  }
  localStorage.setItem(STORED, token);
  url.searchParams.delete("token");
  history.replaceState(null, "", url);
}

/** Return the JSON at a path; throws an Error whose message is a sentence. */
export async function get(path, signal) {
  return answer(await send(path, { signal }));
}

/** Send something to be changed, as JSON; returns the answer's JSON; throws as `get`. */
export async function post(path, body = {}) {
  const token = localStorage.getItem(STORED) ?? "";
  const headers = { "Content-Type": "application/json", "X-Sluice-Token": token };
  return answer(await send(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

/**
 * Call `receive` with each event of a path until `signal` aborts, and `fail` with a sentence when there is a problem.
 * It connects again by itself. A tab that is not seen does not listen: it costs nothing, and leaves the others the few
 * connections that a browser opens to one server.
 */
export function listen(path, { receive, fail, signal }) {
  let source = null;
  let timer = 0;
  const follow = () => {
    source?.close();
    source = null;
    clearTimeout(timer);
    if (document.hidden || signal.aborted) return;
    const own = (source = new EventSource(path));
    own.onmessage = (event) => receive(JSON.parse(event.data));
    own.addEventListener("problem", (event) => fail(JSON.parse(event.data).problem));
    own.onerror = async () => {
      if (own.readyState !== EventSource.CLOSED) return fail(SILENT);
      // The server has refused, and the browser gives up. It may let the page in later: by the cookie of another tab.
      const sentence = await refusal(path);
      if (source !== own) return;
      fail(sentence);
      timer = setTimeout(follow, AGAIN_MS);
    };
  };
  document.addEventListener("visibilitychange", follow, { signal });
  signal.addEventListener("abort", follow);
  follow();
}

/** Return why the server refuses a path whose answer has no end. */
async function refusal(path) {
  const once = new AbortController();
  try {
    const response = await send(path, { signal: once.signal });
    if (!response.ok) await answer(response);
    return SILENT;
  } catch (error) {
    return error.message;
  } finally {
    once.abort();
  }
}

async function send(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(SILENT);
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
