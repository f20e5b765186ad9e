"""The tables of rights in docs/security.md: `python -m tests.security.rights.page` writes them anew.

They are derived from k8s/; tests/security/test_rights.py asks the servers whether they are true.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from sluice.local.pipeline_spec import Acl, PipelineSpec
from tests.security.rights import redis_rights, sql_rights

PAGE = Path(__file__).resolve().parents[3] / "docs/security.md"
BEGIN, END = "<!-- rights: begin (python -m tests.security.rights.page) -->\n", "<!-- rights: end -->"
_NOTHING = "–"


def tables(spec: PipelineSpec) -> str:
    """Return the tables in Markdown, one for each server."""
    return "\n".join(
        (
            f"**Kafka** (`k8s/users.yaml`)\n\n{_kafka(spec)}",
            f"**Database** (`k8s/mysql`)\n\n{_sql(spec.database_scripts)}",
            f"**Redis** (`k8s/redis/redis.conf`)\n\n{_redis()}",
        )
    )


def _kafka(spec: PipelineSpec) -> str:
    resources = list(dict.fromkeys((acl.type, acl.pattern, acl.name) for user in spec.users for acl in user.acls))
    rows = [
        [
            f"{kind} `{name}{'*' if pattern == 'prefix' else ''}`",
            *(_words(_operations(user.acls, kind, pattern, name)) for user in spec.users),
        ]
        for kind, pattern, name in sorted(resources, key=lambda resource: (resource[0] != "topic", resource[0]))
    ]
    rest = "every other topic and group, the cluster, transactional ids"
    return _table(["", *(user.name for user in spec.users)], [*rows, [rest, *[_NOTHING] * len(spec.users)]])


def _operations(acls: Iterable[Acl], kind: str, pattern: str, name: str) -> list[str]:
    own = [acl for acl in acls if (acl.type, acl.pattern, acl.name) == (kind, pattern, name)]
    return [acl.operation if acl.permission == "allow" else f"not {acl.operation}" for acl in own]


def _sql(scripts: Sequence[Path]) -> str:
    granted = sql_rights.granted(scripts)
    objects = sorted({name for privileges in granted.values() for name in privileges})
    rows = [
        [f"`{name}`", *(_words(sorted(granted[user].get(name, ()))) for user in sorted(granted))] for name in objects
    ]
    rest = "every other table and database, and every other global privilege"
    return _table(["", *sorted(granted)], [*rows, [rest, *[_NOTHING] * len(granted)]])


def _redis() -> str:
    rows: list[list[str]] = []
    for user, rule in redis_rights.rules().items():
        words = rule.split()
        keys = [word for word in words if word[0] in "~%"]
        commands = [word for word in words if word[0] in "+-"]
        is_on = "on" in words
        rows.append([user, _code(keys) if is_on else _NOTHING, _code(commands) if is_on else "none: it cannot log in"])
    return _table(["", "keys, in every database", "commands; all others are refused"], rows)


def _code(words: Iterable[str]) -> str:
    names = (word.removeprefix("+").removeprefix("~").replace("|", r"\|") for word in words)
    return " ".join(f"`{name}`" for name in names) or _NOTHING


def _words(operations: Sequence[str]) -> str:
    return ", ".join(operations) or _NOTHING


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def with_tables(page: str, spec: PipelineSpec) -> str:
    """Return the page with the tables between its two marks."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{tables(spec)}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), PipelineSpec.read()), encoding="utf-8")
