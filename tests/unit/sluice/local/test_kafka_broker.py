"""The broker's cluster id."""

from sluice.local.kafka_broker import new_cluster_id


def test_cluster_id_is_never_taken_for_an_option() -> None:
    drawn = iter([b"\xf8" + bytes(15), bytes(16)])
    assert new_cluster_id(lambda: next(drawn)) == "A" * 22
