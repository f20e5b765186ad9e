"""The local pipeline's database server: MariaDB, to which the connectors connect as to MySQL."""

import os
import pwd
import re
import shutil
from hashlib import sha1
from pathlib import Path
from string import Template
from typing import TypeAlias

import pymysql
from pymysql.constants.CLIENT import MULTI_STATEMENTS

from producer.runtime.exit_status import SluiceError
from sluice.local.instance import TEMPORARY_FOLDER, Instance
from sluice.local.processes import Server, run_once

Connection: TypeAlias = "pymysql.Connection[pymysql.cursors.Cursor]"
_SECURE = """\
DELETE FROM mysql.global_priv WHERE User IN ('', 'root');
FLUSH PRIVILEGES;
CREATE USER 'root'@'127.0.0.1' IDENTIFIED BY '${MYSQL_ROOT_PASSWORD}';
GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
"""
"""Runs while the data folder is created. It removes the anonymous users, because for a client on this machine one of
them would match before 'connect'@'%'."""
_PRIVATE_FILES = {"UMASK": "0600"}
"""The server replaces the umask that it is started with: without this, files have the mode 0660."""
_PLACEHOLDER = re.compile(r"(IDENTIFIED\s+BY)\s+'\$\{MYSQL_([A-Z_]+)_PASSWORD\}'")


def server_home(servers: Path) -> Path:
    """Return the server's base folder, with bin/ and share/; raises SluiceError."""
    found = list((servers / "mariadb").glob("**/bin/mariadbd"))
    if len(found) != 1:
        raise SluiceError(f"MariaDB is not in {servers}; remove that folder, and the next run fetches it again")
    return found[0].parents[1]


def _linked_home(instance: Instance, servers: Path) -> Path:
    return instance.link_servers(servers) / server_home(servers).relative_to(servers)


def prepare(instance: Instance, *, servers: Path) -> Path:
    """Write the server's settings and create its data folder once; return the path of the settings file."""
    settings = instance.write("mysql.cnf", _settings(instance, servers=servers))
    data = instance.state / "mysql"
    if not (data / ".made").exists():
        # Remains of a run that was killed during the installation hold no data.
        shutil.rmtree(data, ignore_errors=True)
        _install(instance, settings=settings, servers=servers)
        (data / ".made").touch(mode=0o600)
    return settings


def server(instance: Instance, *, settings: Path, servers: Path) -> Server:
    """Return the database's process; ready when it answers a query."""
    return Server(
        name="mysql",
        command=[str(_linked_home(instance, servers) / "bin/mariadbd"), f"--defaults-file={settings.name}"],
        env=_PRIVATE_FILES,
        folder=instance.state,
        ready=lambda: _answers(instance),
        port=instance.port("mysql"),
    )


def connect_as_root(instance: Instance, *, read_seconds: int | None = None) -> Connection:
    """Connect with all privileges; raises pymysql.MySQLError where the server does not answer.

    `read_seconds`: how long it may take for each answer; without a limit by default.
    """
    return pymysql.connect(
        host="127.0.0.1",
        port=instance.port("mysql"),
        user="root",
        password=instance.passwords["mysql-root"],
        connect_timeout=2,
        read_timeout=read_seconds,
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
        # With a dot: a bare name would be relative to basedir.
        "datadir": "./mysql",
        # Relative to the data folder: the path of a socket is limited to 107 bytes.
        "socket": "server.sock",
        "pid_file": "server.pid",
        # Relative to the data folder, its working folder. Not TMPDIR: a colon in it would separate two folders.
        "tmpdir": f"../{TEMPORARY_FOLDER}",
        "bind_address": "127.0.0.1",
        "port": instance.port("mysql"),
        "user": pwd.getpwuid(os.getuid()).pw_name,
        "character_set_server": "utf8mb4",
        "default_time_zone": "+00:00",
        "skip_name_resolve": "ON",
        # Connections are on loopback only, and each batch of rows is 500 kB to encrypt.
        "skip_ssl": "ON",
        "performance_schema": "OFF",
        # The sink streams its rows as LOAD DATA LOCAL, which costs less CPU than INSERT (docs/mysql-sink.md). A client
        # may then send a file that it has read itself; the server reads none.
        "local_infile": "ON",
        # On the disk. A small one makes the server write changed pages of the table again and again during a load.
        "innodb_log_file_size": "256M",
        "innodb_buffer_pool_size": "128M",
        # MySQL's default: an invalid date is an error, not 0000-00-00.
        "sql_mode": "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
        "NO_ENGINE_SUBSTITUTION",
        # MySQL's defaults, which a source connector needs.
        "server_id": 1,
        "log_bin": "binlog",
        "binlog_format": "ROW",
        "binlog_row_image": "FULL",
        "binlog_annotate_row_events": "OFF",
        # Not MariaDB's default: a power cut would lose commits that the log does not hold (docs/reliability.md).
        "sync_binlog": 1,
        # A batch of the sink is one transaction; a larger one goes through a temporary file.
        "binlog_cache_size": "2M",
        "binlog_expire_logs_seconds": 86400,
    }
    return "[mariadbd]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())


def fill_in_hashes(script: str, instance: Instance) -> str:
    """Return an SQL script with each `IDENTIFIED BY '${MYSQL_…_PASSWORD}'` filled in as the password's hash.

    Statements are written into the binary log, which the user `source` may read, and errors quote them: they never have
    the password itself.
    """

    def hashed(found: re.Match[str]) -> str:
        return f"{found[1]} PASSWORD '{_hash(instance.passwords[_password_name(found[2])])}'"

    return Template(_PLACEHOLDER.sub(hashed, script)).substitute()


def placeholder_names(script: str) -> list[str] | None:
    """Return the names of the passwords in a script's placeholders; None if it has any other `$`."""
    rest = Template(_PLACEHOLDER.sub("", script))
    if not rest.is_valid() or rest.get_identifiers():
        return None
    return [_password_name(user) for _, user in _PLACEHOLDER.findall(script)]


def _password_name(user: str) -> str:
    return f"mysql-{user.lower().replace('_', '-')}"


def _hash(password: str) -> str:
    """Return what the server keeps of a password (mysql_native_password). Nobody can log in with it."""
    return "*" + sha1(sha1(password.encode()).digest()).hexdigest().upper()  # noqa: S324 the server's own format


def _install(instance: Instance, *, settings: Path, servers: Path) -> None:
    script = instance.write("mysql-init.sql", fill_in_hashes(_SECURE, instance))
    try:
        done = run_once(
            [
                str(_linked_home(instance, servers) / "scripts/mariadb-install-db"),
                f"--defaults-file={settings.name}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
                "--force",
                f"--extra-file={script.name}",
            ],
            name="mysql-install",
            instance=instance,
            env=_PRIVATE_FILES,
        )
    finally:
        script.unlink()
    if done.returncode:
        reasons = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        raise SluiceError(f"the database in {instance.state}/mysql cannot be created:\n" + "\n".join(reasons))
