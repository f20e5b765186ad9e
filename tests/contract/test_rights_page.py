"""The tables of rights in docs/security.md are those of k8s/."""

import pytest

from sluice.local.pipeline_spec import Acl, PipelineSpec, User
from tests.security.rights import kafka_rights, page, redis_rights, sql_rights


def test_page_shows_the_rights_of_the_files() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert text == page.with_tables(text, PipelineSpec.read()), "python -m tests.security.rights.page writes them anew"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("connect-x", {"Read", "Describe"}),
        ("connect-", {"Read", "Describe"}),
        ("connect", set()),
        ("connect-y", {"Read"}),
    ],
)
def test_acls_of_prefixes_and_denials(name: str, expected: set[str]) -> None:
    prefix = Acl(type="group", name="connect-", pattern="prefix", operation="Read", host="*")
    denial = Acl(type="group", name="connect-y", pattern="literal", operation="Describe", host="*", permission="deny")
    assert kafka_rights.granted(User(name="u", acls=(prefix, denial)), "group", name) == expected


def test_rules_of_redis_count_in_their_order() -> None:
    commands = {"get", "set", "client"}
    categories = {"@read": {"get"}, "@dangerous": {"client"}}

    def granted(rule: str) -> set[str]:
        return redis_rights.granted(rule, commands, lambda name: categories[f"@{name}"])

    assert granted("on +@all -@dangerous") == {"get", "set"}
    assert granted("on -@dangerous +@read +client|info") == {"get", "client|info"}
    assert granted("on +@all -client +client|kill") == {"get", "set", "client|kill"}
    assert granted("off +@all") == set()


def test_grants_of_the_scripts_are_all_found() -> None:
    scripts = PipelineSpec.read().database_scripts
    words = sum(path.read_text(encoding="utf-8").count("\nGRANT ") for path in scripts)
    found = sql_rights.granted(scripts)
    assert words >= sum(len(objects) for objects in found.values()) > 0
    assert "REPLICATION SLAVE" in found["source"]["*.*"]
    assert sql_rights.on(found["reader"], "myDB.test") == {"SELECT"}
