"""The database of the embedded place: MariaDB, which the connectors speak to as they speak to MySQL."""

import os
import pwd
import shutil
from pathlib import Path
from string import Template
from typing import TypeAlias

import pymysql
from pymysql.constants.CLIENT import MULTI_STATEMENTS

from producer.runtime.exit_status import SluiceError
from sluice.local.instance import Instance
from sluice.local.processes import Server, run_once

Connection: TypeAlias = "pymysql.Connection[pymysql.cursors.Cursor]"
_SECURE = """\
DELETE FROM mysql.global_priv WHERE User IN ('', 'root');
FLUSH PRIVILEGES;
CREATE USER 'root'@'127.0.0.1' IDENTIFIED BY '${MYSQL_ROOT_PASSWORD}';
GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
"""
"""While the data folder is made. For everyone from this machine an anonymous user is found before 'connect'@'%'."""


def server_home(servers: Path) -> Path:
    """Where the server was unpacked: the folder that holds bin/ and share/."""
    found = list((servers / "mariadb").glob("**/bin/mariadbd"))
    if len(found) != 1:
        raise SluiceError(f"MariaDB is not in {servers}; remove that folder, and the next run fetches it again")
    return found[0].parents[1]


def _linked_home(instance: Instance, servers: Path) -> Path:
    return instance.link_servers(servers) / server_home(servers).relative_to(servers)


def prepare(instance: Instance, *, servers: Path) -> Path:
    """Write the server's settings and make its data folder once; the path of the settings file."""
    settings = instance.write("mysql.cnf", _settings(instance, servers=servers))
    instance.folder("tmp")
    data = instance.state / "mysql"
    if not (data / ".made").exists():
        # What a killed run left half-made holds nothing yet.
        shutil.rmtree(data, ignore_errors=True)
        _install(instance, settings=settings, servers=servers)
        (data / ".made").touch()
    return settings


def server(instance: Instance, *, settings: Path, servers: Path) -> Server:
    """The database's process; ready when it answers a query."""
    return Server(
        name="mysql",
        command=[str(_linked_home(instance, servers) / "bin/mariadbd"), f"--defaults-file={settings.name}"],
        folder=instance.state,
        ready=lambda: _answers(instance),
    )


def connect_as_root(instance: Instance) -> Connection:
    """A connection with every right; raises pymysql.MySQLError where the server does not answer."""
    return pymysql.connect(
        host="127.0.0.1",
        port=instance.port("mysql"),
        user="root",
        password=instance.passwords["mysql-root"],
        connect_timeout=2,
        autocommit=True,
        local_infile=True,
        client_flag=MULTI_STATEMENTS,
    )


def _answers(instance: Instance) -> bool:
    try:
        with connect_as_root(instance) as connection, connection.cursor() as cursor:
            return cursor.execute("SELECT 1") == 1
    except pymysql.MySQLError:
        return False


def _settings(instance: Instance, *, servers: Path) -> str:
    base = _linked_home(instance, servers)
    settings = {
        "basedir": base,
        "lc_messages_dir": base / "share",
        # With a dot: a bare name would be one in basedir.
        "datadir": "./mysql",
        # In the data folder, by its bare name: a socket's path may have 107 bytes only.
        "socket": "server.sock",
        "pid_file": "server.pid",
        # From the data folder, where the server works. Not TMPDIR: a colon in it would make several folders of it.
        "tmpdir": "../tmp",
        "bind_address": "127.0.0.1",
        "port": instance.port("mysql"),
        "user": pwd.getpwuid(os.getuid()).pw_name,
        "character_set_server": "utf8mb4",
        "default_time_zone": "+00:00",
        "skip_name_resolve": "ON",
        # Nobody else is on the loopback interface, and a batch of rows is 500 kB to encrypt.
        "skip_ssl": "ON",
        "performance_schema": "OFF",
        "innodb_log_file_size": "64M",
        "innodb_buffer_pool_size": "128M",
        # As MySQL has it by default: a date that is none is refused, not kept as 0000-00-00.
        "sql_mode": "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
        "NO_ENGINE_SUBSTITUTION",
        # As MySQL has it by default and as a source connector needs it.
        "server_id": 1,
        "log_bin": "binlog",
        "binlog_format": "ROW",
        "binlog_row_image": "FULL",
        "binlog_annotate_row_events": "OFF",
        # A batch of the sink is one transaction; what does not fit goes through a file.
        "binlog_cache_size": "2M",
        "binlog_expire_logs_seconds": 86400,
    }
    return "[mariadbd]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())


def password_variables(instance: Instance) -> dict[str, str]:
    """The passwords by the names that stand for them in a script."""
    return {f"{name.replace('-', '_').upper()}_PASSWORD": password for name, password in instance.passwords.items()}


def _install(instance: Instance, *, settings: Path, servers: Path) -> None:
    own = instance.write("mysql-init.sql", Template(_SECURE).substitute(password_variables(instance)))
    try:
        done = run_once(
            [
                str(_linked_home(instance, servers) / "scripts/mariadb-install-db"),
                f"--defaults-file={settings.name}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
                "--force",
                f"--extra-file={own.name}",
            ],
            name="mysql-install",
            instance=instance,
        )
    finally:
        own.unlink()
    if done.returncode:
        reasons = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        raise SluiceError(f"the database in {instance.state}/mysql cannot be made:\n" + "\n".join(reasons))
