"""Every right of every user, both ways: what k8s/ grants is allowed by the real servers, and all else is refused."""

import logging
import socket
import ssl
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pymysql
import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import Connection as RedisConnection
from redis.exceptions import AuthenticationError, NoPermissionError
from redis.retry import Retry

from sluice.local.instance import Instance
from sluice.local.kafka_admin import admin_client, admin_settings
from sluice.local.pipeline_spec import PipelineSpec, User
from sluice.local.users import acl_bindings
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator
from tests.run_sluice import wait_for
from tests.security.rights import kafka_rights, redis_rights, sql_rights

SPEC = PipelineSpec.read()
SQL = sql_rights.granted(SPEC.database_scripts)
REDIS = redis_rights.rules()
SECONDS = 20
QUIET: dict[str, Any] = {"logger": logging.getLogger("librdkafka")}
"""librdkafka prints fatal errors, whatever its log level."""


@pytest.fixture(params=SPEC.users, ids=lambda user: user.name)
def user(request: pytest.FixtureRequest) -> User:
    return request.param


@pytest.fixture
def settings(admin: Administrator, endpoints: Endpoints, user: User) -> dict:
    """Settings of a librdkafka client that authenticates as the Kafka user."""
    return settings_of(admin, endpoints, user.name)


def settings_of(admin: Administrator, endpoints: Endpoints, name: str) -> dict:
    kafka_user = replace(endpoints.consumer, username=name, password=admin.passwords[f"kafka-{name}"])
    return {**kafka_user.client_settings(), **QUIET}


def test_kafka_holds_the_acls_of_its_file_and_no_other(admin: Administrator) -> None:
    assert kafka_rights.all_acls(admin.topics()) == acl_bindings(SPEC.users)


def test_every_operation_on_every_topic(settings: dict, user: User) -> None:
    topics = kafka_rights.topics(SPEC)
    expected = {topic: kafka_rights.granted(user, "topic", topic) for topic in topics}
    assert kafka_rights.answered_for_topics(AdminClient(settings), topics) == expected


def test_every_operation_on_every_group(settings: dict, user: User) -> None:
    groups = kafka_rights.groups(SPEC)
    answered = kafka_rights.answered_for_groups(AdminClient(settings), groups)
    expected = {group: kafka_rights.granted(user, "group", group) for group in groups}
    workers = SPEC.worker["group.id"]
    # The broker lists no operations of a group that is not of consumers, only that the user may describe it.
    assert bool(answered.pop(workers)) == bool(expected.pop(workers))
    assert answered == expected


def test_every_operation_on_the_cluster(settings: dict, user: User) -> None:
    client = AdminClient(settings)
    broker = str(next(iter(client.list_topics(timeout=SECONDS).brokers)))
    expected = kafka_rights.granted(user, "cluster", kafka_rights.CLUSTER)
    assert kafka_rights.answered_for_cluster(client, broker) == expected


def test_no_user_may_write_in_a_transaction(settings: dict, user: User) -> None:
    assert not any(acl.type == "transactionalId" for acl in user.acls), "ask for what is granted here"
    with pytest.raises(KafkaException) as refused:
        Producer({**settings, "transactional.id": "rights-probe"}).init_transactions(SECONDS)
    assert refused.value.args[0].code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


def writes_a_topic(user: User) -> bool:
    return any(acl.type == "topic" and acl.operation in ("Write", "All") for acl in user.acls)


@pytest.mark.parametrize(
    "user", [user for user in SPEC.users if not writes_a_topic(user)], ids=lambda user: user.name, indirect=True
)
def test_who_may_write_no_topic_may_not_write_idempotently(settings: dict, user: User) -> None:
    """The cluster right IdempotentWrite; Kafka grants it to whoever may write any topic."""
    readable = next(acl.name for acl in user.acls if acl.type == "topic" and acl.operation == "Read")
    producer = Producer({**settings, "enable.idempotence": True})
    producer.produce(readable, b"")
    with pytest.raises(KafkaException) as refused:
        wait_for(lambda: producer.poll(0.1) < 0, seconds=SECONDS)
    producer.purge()
    assert refused.value.args[0].code() == KafkaError.CLUSTER_AUTHORIZATION_FAILED


@pytest.mark.parametrize(
    ("topic", "group", "answer"),
    [
        ("gps-fixes", "reader-rights", None),
        ("gps-fixes", "connect-mysql-sink", KafkaError.GROUP_AUTHORIZATION_FAILED),
        ("gps-fixes", "readers", KafkaError.GROUP_AUTHORIZATION_FAILED),
        ("connect-configs", "reader-rights", KafkaError.TOPIC_AUTHORIZATION_FAILED),
        ("kafkasql-journal", "reader-rights", KafkaError.TOPIC_AUTHORIZATION_FAILED),
    ],
)
def test_consumer_reads_only_its_topics_in_its_groups(
    admin: Administrator, endpoints: Endpoints, topic: str, group: str, answer: int | None
) -> None:
    """The same rights by what a consumer does: it commits the offset of a topic for its group."""
    client = AdminClient(settings_of(admin, endpoints, "consumer"))
    offset = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 0)])
    futures: dict[str, Future[ConsumerGroupTopicPartitions]] = client.alter_consumer_group_offsets([offset])
    assert refusal(futures[group]) == answer


def refusal(future: Future[ConsumerGroupTopicPartitions]) -> int | None:
    """Return the code with which the broker refuses a commit."""
    try:
        partitions = future.result(SECONDS).topic_partitions or []
    except KafkaException as refused:
        return refused.args[0].code()
    return next((partition.error.code() for partition in partitions if partition.error), None)


def test_certificates_of_the_instance_may_do_anything(instance: Instance) -> None:
    """`sluice` itself, as the broker's super user; on a cluster Strimzi's operators have this right."""
    client = admin_client(instance)
    anything = frozenset(kafka_rights.OF_TOPICS)
    topics = [topic.name for topic in SPEC.topics]
    assert set(kafka_rights.answered_for_topics(client, topics).values()) == {anything}
    assert kafka_rights.answered_for_cluster(client, "0") == frozenset(kafka_rights.OF_THE_CLUSTER)


@pytest.mark.parametrize("name", ["client", "connect"])
def test_certificate_for_connect_has_no_right_in_kafka(instance: Instance, name: str) -> None:
    """It is of the same authority as the broker's, but no super user's."""
    topics = kafka_rights.topics(SPEC)
    path = str(instance.state / f"tls/{name}.pem")
    identity = {"ssl.certificate.location": path, "ssl.key.location": path}
    client = AdminClient({**admin_settings(instance), **identity})
    assert set(kafka_rights.answered_for_topics(client, topics).values()) == {frozenset()}
    assert kafka_rights.answered_for_cluster(client, "0") == frozenset()


@pytest.mark.parametrize("port", ["kafka-admin", "kafka-controller"])
def test_listeners_of_certificates_refuse_a_client_without_one(instance: Instance, port: str) -> None:
    """So no user's password opens the ports of the broker and of its administrator."""
    context = ssl.create_default_context(cafile=instance.state / "tls/ca.pem")
    context.check_hostname = False
    with (
        socket.create_connection(("127.0.0.1", instance.port(port)), timeout=SECONDS) as plain,
        pytest.raises((ssl.SSLError, ConnectionResetError)),
    ):
        # With TLS 1.3 the client hears of it when it reads.
        context.wrap_socket(plain).recv(1)


def test_database_has_noted_what_its_scripts_grant_and_no_more(admin: Administrator) -> None:
    with admin.mysql() as connection:
        assert sql_rights.noted(connection) == SQL


@pytest.mark.parametrize("name", sorted(SQL))
def test_every_privilege_on_every_table(admin: Administrator, name: str) -> None:
    with admin.mysql() as root:
        columns = sql_rights.tables(root, ["myDB", "mysql"])
    own = next(table for table in sorted(columns) if "INSERT" in sql_rights.on(SQL[name], table) or "." in table)
    with admin.mysql(name) as connection:
        questions = sql_rights.questions(columns, table=own)
        wrong = [
            question
            for question in questions
            if sql_rights.allows(connection, question[2]) != sql_rights.is_expected(SQL[name], question)
        ]
    assert not wrong


@pytest.mark.parametrize("name", sorted(SQL))
def test_database_user_sees_only_what_is_its_own(admin: Administrator, name: str) -> None:
    """What needs no privilege shows nothing of others: lists of databases, tables, users and sessions; files."""
    with admin.mysql() as root:
        columns = sql_rights.tables(root, ["myDB", "mysql"])
    with admin.mysql(name) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW DATABASES")
        assert {row[0] for row in cursor.fetchall()} <= {"information_schema", "performance_schema", "myDB"}
        cursor.execute("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ('myDB', 'mysql')")
        seen = {f"myDB.{table}" for (table,) in cursor.fetchall()}
        assert seen == {table for table in columns if sql_rights.on(SQL[name], table) & set(sql_rights.OF_TABLES)}
        cursor.execute("SELECT DISTINCT GRANTEE FROM information_schema.USER_PRIVILEGES")
        assert [grantee.split("@")[0].strip("'") for (grantee,) in cursor.fetchall()] == [name]
        cursor.execute("SELECT DISTINCT USER FROM information_schema.PROCESSLIST")
        assert cursor.fetchall() == ((name,),)
        cursor.execute("SELECT LOAD_FILE('/etc/hostname')")
        assert cursor.fetchall() == ((None,),)


@pytest.mark.parametrize("name", ["", "root", "mariadb.sys", "mysql.sys", "nobody"])
def test_database_has_no_user_without_a_password(endpoints: Endpoints, name: str) -> None:
    with pytest.raises(pymysql.OperationalError) as refused:
        pymysql.connect(host=endpoints.mysql.host, port=endpoints.mysql.port, user=name, password="")
    assert refused.value.args[0] in {1045, 1698, 1130, 4151, 3118}


@pytest.fixture
def redis_commands(admin: Administrator) -> dict[str, int]:
    return redis_rights.arities(admin.redis())


@pytest.mark.parametrize("name", [name for name in sorted(REDIS) if name not in ("default", "admin")])
def test_every_command_of_redis(admin: Administrator, redis_commands: dict[str, int], name: str) -> None:
    categories = redis_rights.categories(admin.redis())
    expected = redis_rights.granted(REDIS[name], set(redis_commands), categories.__getitem__)
    allowed = redis_rights.allowed(redis_connection(admin, name), redis_commands)
    assert allowed == expected & redis_rights.asked(redis_commands)


def redis_connection(admin: Administrator, name: str) -> RedisConnection:
    store = admin.endpoints.redis
    connection = RedisConnection(
        host=store.host, port=store.port, username=name, password=admin.passwords[f"redis-{name}"]
    )
    connection.connect()
    return connection


def test_redis_has_the_users_of_its_file_and_no_other(admin: Administrator) -> None:
    assert set(admin.redis().acl_users()) == set(REDIS)
    default: Any = admin.redis().acl_getuser("default")
    assert default["enabled"] is False


@pytest.mark.parametrize(("name", "password"), [(None, None), ("default", "")])
def test_redis_answers_nobody_without_a_password(endpoints: Endpoints, name: str | None, password: str | None) -> None:
    store = endpoints.redis
    client = Redis(host=store.host, port=store.port, username=name, password=password, retry=Retry(NoBackoff(), 0))
    with pytest.raises(AuthenticationError):
        client.ping()


def test_rights_of_redis_hold_in_every_database(admin: Administrator) -> None:
    """Redis has no right for one database: who may write, may write in each."""
    with admin.redis("reader", database=1) as client, pytest.raises(NoPermissionError):
        client.set(redis_rights.KEY, b"")
