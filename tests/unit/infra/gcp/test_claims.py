"""The dynamic resource that waits for the cluster's disks."""

from pulumi.dynamic.dynamic import serialize_provider

from infra.gcp.claims import ClaimsProvider

PROPS = {"server": "https://s", "project": "p", "location": "l", "cluster": "c"}


def test_resource_is_never_replaced() -> None:
    provider = ClaimsProvider()
    assert provider.create(dict(PROPS)).id == "p/l/c"
    different = provider.diff("p/l/c", dict(PROPS), {**PROPS, "server": "https://other"})
    assert (different.changes, different.replaces) == (True, [])
    assert not provider.diff("p/l/c", dict(PROPS), {**PROPS, "__provider": "other code"}).changes


def test_no_code_is_in_the_state() -> None:
    # By name only: otherwise each change of the code would change the stack, and an old state would run old code.
    assert len(serialize_provider(ClaimsProvider())) < 100
