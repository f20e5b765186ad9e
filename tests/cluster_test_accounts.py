"""Administrator accounts for tests in a cluster (ServiceAccount, MySQL and Kafka user), created for one test run.

They are not part of the product. The pod of the tests is as restricted as the toolbox's.
"""

import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

from producer.runtime.exit_status import SluiceError
from tests.administrator import USER
from tests.kubectl import Kubectl

SERVICE_ACCOUNT = USER
JOB = "tests"
MADE_BY = {"sluice/made-by": "tests"}
"""Label of everything that a test run creates and deletes."""
_MYSQL_SECRET = f"{USER}-mysql"
_API_SERVER_PORTS = (443, 6443)
_KAFKA_USER_SECONDS = 120
_AS_ROOT = "MYSQL_PWD=$(cat /etc/sluice/mysql/root-password) exec mysql --user=root"
_MYSQL = "statefulset/mysql"
_Object = dict[str, Any]


@contextmanager
def administrator_accounts(kubectl: Kubectl) -> Generator[None]:
    """Create the accounts, and delete them at the end in any case; raises SluiceError if the cluster refuses."""
    password = secrets.token_hex(16)
    made = objects(password)
    try:
        kubectl.send("apply", *made)
        _sql(kubectl, *mysql_user(password))
        kubectl.run_checked("wait", f"kafkauser/{USER}", "--for=condition=Ready", f"--timeout={_KAFKA_USER_SECONDS}s")
        yield
    finally:
        for step in (
            lambda: kubectl.run_checked(
                "delete", "job,kafkaconnectors", "--selector", _selector(), "--ignore-not-found"
            ),
            lambda: _sql(kubectl, f"DROP USER IF EXISTS '{USER}'@'%';"),
            lambda: kubectl.send("delete", *made, options=("--ignore-not-found",)),
        ):
            with suppress(SluiceError):  # each step is tried, even if the one before failed
                step()


def _selector() -> str:
    return ",".join(f"{name}={value}" for name, value in MADE_BY.items())


def mysql_user(password: str) -> list[str]:
    """Return the statements that recreate the MySQL user. In a cluster root may only connect from the server's pod."""
    return [
        f"DROP USER IF EXISTS '{USER}'@'%';",
        f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{password}';",
        f"GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'%';",
    ]


def _sql(kubectl: Kubectl, *statements: str) -> None:
    # By standard input: other processes can read arguments.
    kubectl.run_checked("exec", "--stdin", _MYSQL, "--", "sh", "-c", _AS_ROOT, stdin="\n".join(statements))


def variables() -> list[_Object]:
    """Return the environment variables of tests/administrator.py for a container."""
    return [
        _variable("SLUICE_TEST_MYSQL_PASSWORD", _MYSQL_SECRET, "password"),
        _variable("SLUICE_TEST_MYSQL_CONNECT_PASSWORD", "mysql", "connect-password"),
        _variable("SLUICE_TEST_MYSQL_SOURCE_PASSWORD", "mysql", "source-password"),
        _variable("SLUICE_TEST_REDIS_ADMIN_PASSWORD", "redis", "admin-password"),
        _variable("SLUICE_TEST_REDIS_CONNECT_PASSWORD", "redis", "connect-password"),
        _variable("SLUICE_TEST_KAFKA_PASSWORD", USER, "password"),
        _variable("SLUICE_TEST_KAFKA_CONNECT_PASSWORD", "connect", "password"),
        _variable("SLUICE_TEST_KAFKA_REGISTRY_PASSWORD", "registry", "password"),
    ]


def _variable(name: str, secret: str, key: str) -> _Object:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def objects(mysql_password: str) -> list[_Object]:
    """Return all objects that a test run needs besides its Job."""
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": USER}
    subject = {"kind": "ServiceAccount", "name": SERVICE_ACCOUNT}
    return [
        _object("v1", "ServiceAccount", SERVICE_ACCOUNT),
        _object("v1", "Secret", _MYSQL_SECRET, stringData={"password": mysql_password}),
        _object("rbac.authorization.k8s.io/v1", "Role", USER, rules=_rules()),
        _object("rbac.authorization.k8s.io/v1", "RoleBinding", USER, roleRef=role, subjects=[subject]),
        _object("networking.k8s.io/v1", "NetworkPolicy", f"{USER}-api-server", spec=_reaches_api_server()),
        _kafka_user(),
    ]


def _object(version: str, kind: str, name: str, **more: Any) -> _Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": MADE_BY}, **more}


def _rules() -> list[_Object]:
    """Rules: create connectors, change topics, delete pods."""
    strimzi = "kafka.strimzi.io"
    return [
        {"apiGroups": [strimzi], "resources": ["kafkaconnectors"], "verbs": ["create", "get", "patch", "delete"]},
        {"apiGroups": [strimzi], "resources": ["kafkatopics"], "verbs": ["get", "patch"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "delete"]},
    ]


def _reaches_api_server() -> _Object:
    """Egress to the API server, in addition to the other network policies; no ingress."""
    return {
        "podSelector": {"matchLabels": {"job-name": JOB}},
        "policyTypes": ["Egress"],
        "egress": [{"ports": [{"port": port, "protocol": "TCP"} for port in _API_SERVER_PORTS]}],
    }


def _kafka_user() -> _Object:
    rights: list[_Object] = [
        {"resource": {"type": kind, "name": "*", "patternType": "literal"}, "operations": ["All"]}
        for kind in ("topic", "group")
    ]
    # To list the ACLs of all users
    rights.append({"resource": {"type": "cluster"}, "operations": ["Describe"]})
    user = _object(
        "kafka.strimzi.io/v1",
        "KafkaUser",
        USER,
        spec={
            "authentication": {"type": "scram-sha-512"},
            "authorization": {"type": "simple", "acls": rights},
        },
    )
    user["metadata"]["labels"] = {**MADE_BY, "strimzi.io/cluster": "sluice"}
    return user
