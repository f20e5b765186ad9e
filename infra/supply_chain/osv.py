"""Asks OSV (osv.dev) for known vulnerabilities of Maven artifacts; pip-audit asks for those of Python packages."""

import json
from collections.abc import Iterable, Mapping, Sequence
from http.client import HTTPException
from typing import Any
from urllib.request import Request, urlopen

from infra.supply_chain.pins import MAVEN, Pin
from producer.runtime.exit_status import Exit, SluiceError

URL = "https://api.osv.dev"
_BATCH = 500
"""Packages of one request; OSV takes 1,000."""
_PAGES = 20
"""Pages of one package's answer that are read; more are an error, not ignored."""
_SECONDS = 30
_MOST_BYTES = 64 << 20


def find_vulnerabilities(pins: Iterable[Pin], *, url: str = URL) -> dict[str, list[str]]:
    """Return the ids of the vulnerabilities of each Maven artifact that has any, by `group:artifact:version`.

    Raises SluiceError (UNAVAILABLE) if OSV does not answer, or not for every artifact.
    """
    names = sorted({f"{pin.group}:{pin.name}:{pin.version}" for pin in pins if pin.kind == MAVEN})
    found: dict[str, list[str]] = {}
    for start in range(0, len(names), _BATCH):
        waiting: dict[str, str] = dict.fromkeys(names[start : start + _BATCH], "")
        for _ in range(_PAGES):
            waiting = _ask(url, waiting, found)
            if not waiting:
                break
        else:
            name = next(iter(waiting))
            raise SluiceError(f"OSV at {url} does not end its answer for {name}", status=Exit.UNAVAILABLE)
    return found


def _ask(url: str, tokens: Mapping[str, str], found: dict[str, list[str]]) -> dict[str, str]:
    """Ask for some artifacts, each from the page of its token; return those with another page, and its token."""
    queries = [_query(name, token) for name, token in tokens.items()]
    results = _post(f"{url}/v1/querybatch", {"queries": queries}).get("results")
    if not isinstance(results, list) or len(results) != len(queries):
        raise SluiceError(f"OSV at {url} does not answer for every artifact", status=Exit.UNAVAILABLE)
    more: dict[str, str] = {}
    for name, result in zip(tokens, results, strict=True):
        if not isinstance(result, dict):
            raise SluiceError(f"OSV at {url} answers {result!r} for {name}", status=Exit.UNAVAILABLE)
        ids = [str(entry["id"]) for entry in result.get("vulns") or []]
        if ids:
            found.setdefault(name, []).extend(ids)
        if result.get("next_page_token"):
            more[name] = str(result["next_page_token"])
    return more


def _query(name: str, token: str) -> dict[str, Any]:
    group, artifact, version = name.split(":")
    query: dict[str, Any] = {"package": {"ecosystem": "Maven", "name": f"{group}:{artifact}"}, "version": version}
    return query | ({"page_token": token} if token else {})


def _post(url: str, body: object) -> Mapping[str, Any]:
    data = json.dumps(body).encode()
    request = Request(url, data=data, headers={"Content-Type": "application/json"})  # noqa: S310 - https, or a test's
    try:
        with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            parsed = json.loads(answer.read(_MOST_BYTES))
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise SluiceError(f"OSV at {url} does not answer: {error}", status=Exit.UNAVAILABLE) from error
    return parsed if isinstance(parsed, dict) else {}


def report(found: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a line for each artifact with vulnerabilities."""
    return [f"{name}: {', '.join(sorted(set(ids)))}" for name, ids in sorted(found.items())]
