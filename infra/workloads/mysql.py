"""MySQL: one server with the tables and users of k8s/mysql."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_kubernetes.core.v1 import ContainerArgsDict, ProbeArgsDict

from infra.manifests import K8S, filled
from infra.workloads.network import MYSQL_PORT
from infra.workloads.passwords import Passwords, secret
from infra.workloads.pods import Pod
from infra.workloads.site import Site
from infra.workloads.store import DATA_VOLUME, Store

_NAME = "mysql"
_INIT_SECRET = "mysql-init"  # noqa: S105 a name
_USERS = ("root", "connect", "source", "reader")
_UID = 999
"""The image's own user."""
_FOLDER = "/var/lib/mysql"
_SECRETS = "/etc/sluice/mysql"
_PASSWORD = re.compile(r"\$\{(MYSQL_([A-Z]+)_PASSWORD)\}")


@dataclass(frozen=True, kw_only=True)
class MySqlArgs:
    """Where it is made."""

    site: Site
    after: Sequence[Resource]


class MySql(ComponentResource):
    """The server; its passwords are in the Secret `mysql`."""

    host: str
    port: int

    def __init__(self, name: str, args: MySqlArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:workloads:MySql", name, None, opts)
        after = list(args.after)
        passwords = Passwords(_NAME, _USERS, site=args.site, parent=self, after=after)
        scripts = secret(
            _INIT_SECRET, init_scripts(passwords.of), site=args.site, component=_NAME, parent=self, after=after
        )
        store = Store(site=args.site, pod=_pod(args.site), port=MYSQL_PORT, storage=args.site.profile.mysql_storage)
        store.make(parent=self, after=[*after, passwords.secret, scripts])
        self.host, self.port = _NAME, MYSQL_PORT
        self.register_outputs({"host": self.host, "port": self.port})


def init_scripts(passwords: Mapping[str, Output[str]]) -> dict[str, Output[str]]:
    """The scripts of k8s/mysql by name, which the image runs in this order when it makes its data folder."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted((K8S / "mysql").glob("*.sql"))}
    return {name: _with_passwords(text, passwords) for name, text in texts.items()}


def _with_passwords(text: str, passwords: Mapping[str, Output[str]]) -> Output[str]:
    needed = {variable: passwords[user.lower()] for variable, user in _PASSWORD.findall(text)}
    return Output.all(**needed).apply(lambda values: filled(text, values))


def _pod(site: Site) -> Pod:
    return Pod(
        name=_NAME,
        component=_NAME,
        resources=site.profile.mysql,
        user=_UID,
        container=_container(site),
        scratch={"/var/run/mysqld": "16Mi", "/tmp": "2Gi", "/var/lib/mysql-files": "16Mi"},  # noqa: S108 its own
        volumes=[
            {"name": "init", "secret": {"secret_name": _INIT_SECRET}},
            {
                "name": "root-password",
                "secret": {"secret_name": _NAME, "items": [{"key": "root-password", "path": "root-password"}]},
            },
        ],
        mounts=[
            {"name": DATA_VOLUME, "mount_path": _FOLDER},
            {"name": "init", "mount_path": "/docker-entrypoint-initdb.d", "read_only": True},
            {"name": "root-password", "mount_path": _SECRETS, "read_only": True},
        ],
        # It writes what it has in memory to its files first.
        grace_seconds=120,
    )


def _container(site: Site) -> ContainerArgsDict:
    return {
        "name": _NAME,
        "image": site.images["mysql"],
        "args": [
            # Not the volume's root, where a file system may keep a lost+found: then it makes no data folder.
            f"--datadir={_FOLDER}/data",
            "--server-id=1",
            "--default-time-zone=+00:00",
            "--skip-name-resolve",
            "--mysqlx=OFF",
            "--performance-schema=OFF",
            f"--innodb-buffer-pool-size={site.profile.mysql_buffer_mi}M",
            # The binary log is on, ROW and FULL by default, as the source connector needs it. It is what that
            # connector may be behind: when it was away for longer, it begins with a snapshot again.
            "--binlog-expire-logs-seconds=259200",
            # A batch of the sink is one transaction; what does not fit goes through a file.
            "--binlog-cache-size=2M",
        ],
        "env": [
            {"name": "MYSQL_ROOT_PASSWORD_FILE", "value": f"{_SECRETS}/root-password"},
            {"name": "MYSQL_ROOT_HOST", "value": "localhost"},
        ],
        "ports": [{"name": _NAME, "container_port": MYSQL_PORT}],
        # The first start makes the data folder: a server that listens to nobody runs the scripts.
        "startup_probe": _probe(period=5, failures=60),
        "readiness_probe": _probe(period=10, failures=3),
        "liveness_probe": _probe(period=20, failures=6),
    }


def _probe(*, period: int, failures: int) -> ProbeArgsDict:
    # It answers who has no password too: it is alive. By TCP, since the server that makes the data folder has none.
    command = ["mysqladmin", "ping", "--host=127.0.0.1", "--connect-timeout=3"]
    return {
        "exec_": {"command": command},
        "period_seconds": period,
        "timeout_seconds": 5,
        "failure_threshold": failures,
    }
