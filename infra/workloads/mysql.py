"""MySQL: one server, with the tables and users of k8s/mysql."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_kubernetes.core.v1 import ContainerArgsDict

from infra.workloads.k8s_manifests import K8S, fill_in
from infra.workloads.network_policies import MYSQL_PORT
from infra.workloads.passwords import Passwords, secret
from infra.workloads.pod_template import Pod
from infra.workloads.stateful_store import DATA_VOLUME, StatefulStore, exec_probe
from infra.workloads.workload_context import WorkloadContext

_NAME = "mysql"
_SCRIPTS_SECRET = "mysql-scripts"  # noqa: S105 a name
_USERS = ("root", "connect", "source", "reader")
_UID = 999
"""The image's own user."""
_FOLDER = "/var/lib/mysql"
_SECRETS = "/etc/sluice/mysql"
_SCRIPTS = "/etc/sluice/mysql-scripts"
# `ping` succeeds without a password too. Over TCP: the server that initializes the data folder has no port.
_PING = ("mysqladmin", "ping", "--host=127.0.0.1", "--connect-timeout=3")
_PASSWORD = re.compile(r"\$\{(MYSQL_([A-Z]+)_PASSWORD)\}")


@dataclass(frozen=True, kw_only=True)
class MySqlArgs:
    """`after` is the namespace."""

    context: WorkloadContext
    after: Sequence[Resource]


class MySql(ComponentResource):
    """The server; its passwords are in the Secret `mysql`."""

    host: str
    port: int

    def __init__(self, name: str, args: MySqlArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:workloads:MySql", name, None, opts)
        after = list(args.after)
        passwords = Passwords(_NAME, _USERS, context=args.context, parent=self, after=after)
        filled_in = {name: _fill_in_passwords(text, passwords.by_user) for name, text in read_scripts().items()}
        texts = secret(_SCRIPTS_SECRET, filled_in, context=args.context, component=_NAME, parent=self, after=after)
        store = StatefulStore(
            context=args.context, pod=_pod(args.context), port=MYSQL_PORT, storage=args.context.profile.mysql_storage
        )
        store.make(parent=self, after=[*after, passwords.secret, texts])
        self.host, self.port = _NAME, MYSQL_PORT
        self.register_outputs({"host": self.host, "port": self.port})


def read_scripts() -> Mapping[str, str]:
    """Read the scripts of k8s/mysql in order, with `${…}` in place of passwords. Each can run repeatedly."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted((K8S / "mysql").glob("*.sql"))}


def _fill_in_passwords(text: str, passwords: Mapping[str, Output[str]]) -> Output[str]:
    needed = {variable: passwords[user.lower()] for variable, user in _PASSWORD.findall(text)}
    return Output.all(**needed).apply(lambda values: fill_in(text, values))


def _pod(context: WorkloadContext) -> Pod:
    return Pod(
        name=_NAME,
        component=_NAME,
        resources=context.profile.mysql,
        user=_UID,
        container=_container(context),
        scratch={"/var/run/mysqld": "16Mi", "/tmp": "2Gi", "/var/lib/mysql-files": "16Mi"},  # noqa: S108 its own
        volumes=[
            {"name": "scripts", "secret": {"secret_name": _SCRIPTS_SECRET}},
            {
                "name": "root-password",
                "secret": {"secret_name": _NAME, "items": [{"key": "root-password", "path": "root-password"}]},
            },
        ],
        mounts=[
            {"name": DATA_VOLUME, "mount_path": _FOLDER},
            {"name": "scripts", "mount_path": _SCRIPTS, "read_only": True},
            {"name": "root-password", "mount_path": _SECRETS, "read_only": True},
        ],
        # Time to flush its memory to the disk.
        grace_seconds=120,
    )


def _container(context: WorkloadContext) -> ContainerArgsDict:
    return {
        "name": _NAME,
        "image": context.images["mysql"],
        "args": [
            # Not the volume's root: MySQL initializes no folder that holds a lost+found.
            f"--datadir={_FOLDER}/data",
            "--server-id=1",
            "--default-time-zone=+00:00",
            "--skip-name-resolve",
            "--mysqlx=OFF",
            "--performance-schema=OFF",
            # The sink streams its rows as LOAD DATA LOCAL, which costs less CPU than INSERT (docs/mysql-sink.md). Off
            # by default. A client may then send a file that it has read itself; the server reads none.
            "--local-infile=ON",
            f"--innodb-buffer-pool-size={context.profile.mysql_buffer_mi}M",
            # On the disk. A small one makes the server write changed pages of the table again and again during a load.
            "--innodb-redo-log-capacity=256M",
            # The binary log is on, ROW and FULL by default, as the source connector needs it. It is kept for as
            # long as that connector may be away: after more than that it starts with a snapshot again.
            "--binlog-expire-logs-seconds=259200",
            # A batch of the sink is one transaction; a larger one than this goes through a file.
            "--binlog-cache-size=2M",
        ],
        "env": [
            {"name": "MYSQL_ROOT_PASSWORD_FILE", "value": f"{_SECRETS}/root-password"},
            {"name": "MYSQL_ROOT_HOST", "value": "localhost"},
            # Changed scripts replace the pod, which then runs them.
            {"name": "SLUICE_SCRIPTS", "value": sha256(repr(read_scripts()).encode()).hexdigest()[:16]},
        ],
        "lifecycle": {"post_start": {"exec_": {"command": ["sh", "-c", post_start_script()]}}},
        "ports": [{"name": _NAME, "container_port": MYSQL_PORT}],
        "startup_probe": exec_probe(_PING, period=5, failures=60),
        "readiness_probe": exec_probe(_PING, period=10, failures=3),
        "liveness_probe": exec_probe(_PING, period=20, failures=6),
    }


def post_start_script(*, scripts: str = _SCRIPTS, secrets: str = _SECRETS, folder: str = _FOLDER) -> str:
    """Shell script of the postStart hook: runs k8s/mysql where its scripts have changed; the pod is not ready before.

    Not the image's initialization, which runs scripts once in the life of a disk. A failing script ends the container.
    """
    return f"""set -eu
until mysqladmin ping --host=127.0.0.1 --silent; do sleep 1; done
applied={folder}/scripts-applied
if [ "$(cat "$applied" 2>/dev/null)" = "$SLUICE_SCRIPTS" ]; then exit 0; fi
MYSQL_PWD=$(cat {secrets}/root-password)
export MYSQL_PWD
cat {scripts}/*.sql | mysql --user=root --default-character-set=utf8mb4
printf %s "$SLUICE_SCRIPTS" >"$applied"
"""
