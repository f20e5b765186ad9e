"""An instance of the local pipeline: state folder, ports, passwords, endpoints."""

import json
import os
import secrets
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import Self, cast

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.local.folder_checks import STATE_FOLDER, display_path, make_folder, replace_link, resolve_links
from sluice.local.state_files import home_folder, private_opener, read_json_object, write_private

DEFAULT_PORT_BASE = 19090
DEFAULT_REDIS_MEGABYTES = 512
MAX_WORKERS = 8
_OFFSETS = {
    "kafka": 0,
    "kafka-admin": 1,
    "kafka-controller": 2,
    "registry": 3,
    "mysql": 5,
    "redis": 6,
    "connect": 10,
}
REGISTRY_USER = "sluice"
PORT_SPAN = _OFFSETS["connect"] + MAX_WORKERS
_FIRST_PORT, LAST_PORT = 1024, 65535
INSTANCE_FILE = "instance.json"
TEMPORARY_FOLDER = "tmp"
"""Name of the folder for the servers' temporary files: what a killed server leaves there, the next start removes."""
SERVERS_LINK, LOG_SETTINGS = "servers", "log4j2.properties"
"""Links in an instance's folder: to the unpacked servers, and to log4j2.properties of this package."""
_SETTINGS = ("port_base", "workers", "redis_megabytes")
_RECREATE_ADVICE = (
    "Remove it and run `sluice up`, which writes a new one; give it the --port-base, --workers and --redis-memory that "
    "you had chosen. The data stays"
)
_RESTORE_ADVICE = (
    "Bring back a copy of it: without these passwords the data cannot be read (sluice down --purge removes both)"
)

_PASSWORDS = (
    "kafka-producer",
    "kafka-connect",
    "kafka-registry",
    "kafka-consumer",
    "mysql-root",
    "mysql-connect",
    "mysql-source",
    "mysql-reader",
    "redis-admin",
    "redis-connect",
    "redis-reader",
    f"registry-{REGISTRY_USER}",
)


def default_state(env: Mapping[str, str]) -> Path:
    """Return the state folder to use without --state: $SLUICE_STATE, or sluice/default in the user's state folder."""
    if env.get("SLUICE_STATE"):
        return Path(env["SLUICE_STATE"]).absolute()
    base = env.get("XDG_STATE_HOME") or home_folder(env) / ".local/state"
    return Path(base).absolute() / "sluice/default"


def state_folder(option: Path | None, env: Mapping[str, str]) -> Path:
    """Return the folder that --state names, else default_state()."""
    return option.absolute() if option else default_state(env)


def _close_to_others(state: Path) -> None:
    """Make a folder that was there before private, if it is empty or an instance's: another one is not ours to change.

    What a server writes there is private in any case.
    """
    with suppress(OSError):  # another user's folder, in which this one may write
        if (state / INSTANCE_FILE).exists() or not any(state.iterdir()):
            state.chmod(0o700)


def _possible_ports(base: int) -> bool:
    return _FIRST_PORT <= base <= LAST_PORT - PORT_SPAN


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One local pipeline: its state folder and its settings."""

    state: Path
    port_base: int
    """First of the PORT_SPAN ports that its servers listen on."""
    workers: int
    """Number of Connect workers."""
    redis_megabytes: int = DEFAULT_REDIS_MEGABYTES
    """Redis' `maxmemory`, MiB."""

    @classmethod
    def open(cls, state: Path) -> Self:
        """Open the instance that `sluice up` created in `state`; raises SluiceError where there is none."""
        state = resolve_links(state)
        try:
            found = read_json_object(
                state / INSTANCE_FILE, values=dict.fromkeys(_SETTINGS, int), remedy=_RECREATE_ADVICE
            )
        except (FileNotFoundError, NotADirectoryError):
            shown = display_path(state)
            raise SluiceError(
                f"there is no pipeline in {shown}. Start one: sluice --state {quote(shown)} up",
                status=Exit.UNAVAILABLE,
            ) from None
        settings = cast(dict[str, int], found)
        possible = (
            _possible_ports(settings.get("port_base", 0)),
            1 <= settings.get("workers", 0) <= MAX_WORKERS,
            settings.get("redis_megabytes", 1) >= 1,
        )
        if not all(possible):
            raise SluiceError(f"{state / INSTANCE_FILE} is damaged: a number is out of range. {_RECREATE_ADVICE}")
        return cls(state=state, **settings)

    @classmethod
    def make(cls, state: Path, *, port_base: int | None, workers: int, redis_megabytes: int | None = None) -> Self:
        """Create the instance in `state`, or open it and change its settings.

        `port_base` and `redis_megabytes` None: as they were, or the defaults. Raises SluiceError for an unusable
        folder and for a value out of range.
        """
        if not 1 <= workers <= MAX_WORKERS:
            raise SluiceError(f"--workers is {workers}; there can be 1 to {MAX_WORKERS}", status=Exit.USAGE)
        if redis_megabytes is not None and redis_megabytes < 1:
            raise SluiceError(f"--redis-memory is {redis_megabytes}; it takes a number of MiB", status=Exit.USAGE)
        state = make_folder(state, STATE_FOLDER)
        _close_to_others(state)
        before = cls.open(state) if (state / INSTANCE_FILE).exists() else None
        if port_base is None:
            port_base = before.port_base if before else DEFAULT_PORT_BASE
        if redis_megabytes is None:
            redis_megabytes = before.redis_megabytes if before else DEFAULT_REDIS_MEGABYTES
        if not _possible_ports(port_base):
            raise SluiceError(
                f"--port-base is {port_base}; it can be {_FIRST_PORT} to {LAST_PORT - PORT_SPAN}", status=Exit.USAGE
            )
        settings = {"port_base": port_base, "workers": workers, "redis_megabytes": redis_megabytes}
        instance = cls(state=state, **settings)
        instance.write(INSTANCE_FILE, json.dumps(settings))
        return instance

    @property
    def process_names(self) -> tuple[str, ...]:
        """Names of the processes that run while the instance is up."""
        workers = (f"connect-{index + 1}" for index in range(self.workers))
        return ("kafka", "registry", *workers, "mysql", "redis", "auto-restart")

    @contextmanager
    def lock(self) -> Generator[None]:
        """Hold the lock against a second `up` or `down` of this instance; raises SluiceError if one is running."""
        try:
            opened = os.fdopen(private_opener(str(self.state / ".lock"), os.O_WRONLY | os.O_CREAT), "w")
        except OSError as error:
            raise SluiceError(f"{self.state}/.lock cannot be written: {error.strerror}") from error
        with opened as file:
            try:
                flock(file, LOCK_EX | LOCK_NB)
            except OSError:
                raise SluiceError(f"another `sluice up` or `down` is at work in {self.state}; wait for it") from None
            yield

    def port(self, server: str, index: int = 0) -> int:
        """Return the port of a server on 127.0.0.1; `index` numbers the Connect workers from 0."""
        return self.port_base + _OFFSETS[server] + index

    @property
    def ports(self) -> dict[str, int]:
        """All ports, by the name of the server or listener."""
        single = {name: self.port(name) for name in _OFFSETS if name != "connect"}
        return single | {f"connect-{index + 1}": self.port("connect", index) for index in range(self.workers)}

    @cached_property
    def passwords(self) -> Mapping[str, str]:
        """Passwords by `<server>-<user>`, generated once and kept in a file that only its owner can read."""
        path = self.state / "passwords.json"
        known = (
            cast(dict[str, str], read_json_object(path, values=str, remedy=_RESTORE_ADVICE)) if path.exists() else {}
        )
        missing = [name for name in _PASSWORDS if name not in known]
        if missing:
            known |= {name: secrets.token_urlsafe(24) for name in missing}
            self.write("passwords.json", json.dumps(known))
        return known

    def link_servers(self, servers: Path) -> Path:
        """Create the instance's links to `servers` and the log settings, and the folder for temporary files.

        Returns the path by which a server started in `state` finds the folder `servers`.
        """
        _ = self.temporary_folder
        replace_link(self.state / SERVERS_LINK, servers)
        replace_link(self.state / LOG_SETTINGS, Path(__file__).with_name(LOG_SETTINGS))
        return Path(SERVERS_LINK)

    def add_passwords(self, names: Iterable[str]) -> None:
        """Generate the passwords that are missing; names are `<server>-<user>`, with the users of k8s/."""
        missing = sorted(set(names) - self.passwords.keys())
        if missing:
            known = {**self.passwords, **{name: secrets.token_urlsafe(24) for name in missing}}
            self.write("passwords.json", json.dumps(known))
            self.__dict__.pop("passwords", None)  # drops the cached property

    def folder(self, name: str) -> Path:
        """Return a sub-folder of the state folder, created where it is missing."""
        path = self.state / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    @property
    def temporary_folder(self) -> Path:
        """Folder for the servers' temporary files."""
        return self.folder(TEMPORARY_FOLDER)

    def log(self, process: str) -> Path:
        """Return the path of a process's log file."""
        return self.folder("logs") / f"{process}.log"

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file into the state folder and return its path; only its owner can read it: most hold a password."""
        path = self.state / name
        write_private(path, content)
        return path

    def connect(self, index: int) -> RestEndpoint:
        """Return the REST interface of Connect worker `index` (from 0); the client's certificate opens it."""
        return RestEndpoint(
            url=f"https://127.0.0.1:{self.port('connect', index)}",
            ca_file=self.state / "tls/ca.pem",
            certificate_file=self.state / "tls/client.pem",
        )

    @property
    def registry(self) -> RestEndpoint:
        """The registry's REST interface; a password opens it."""
        return RestEndpoint(
            url=f"https://127.0.0.1:{self.port('registry')}",
            ca_file=self.state / "tls/ca.pem",
            user_info=f"{REGISTRY_USER}:{self.passwords[f'registry-{REGISTRY_USER}']}",
        )

    def endpoint_variables(self) -> dict[str, str]:
        """Return this instance's values of the SLUICE_* variables that sluice/view/endpoints.py reads."""
        return {
            "SLUICE_BOOTSTRAP_SERVERS": f"127.0.0.1:{self.port('kafka')}",
            "SLUICE_CA_FILE": str(self.state / "tls/ca.pem"),
            "SLUICE_REGISTRY_URL": self.registry.url,
            "SLUICE_REGISTRY_USER_INFO": self.registry.user_info,
            "SLUICE_PRODUCER_PASSWORD": self.passwords["kafka-producer"],
            "SLUICE_CONSUMER_PASSWORD": self.passwords["kafka-consumer"],
            "SLUICE_CONNECT_URL": ",".join(self.connect(index).url for index in range(self.workers)),
            "SLUICE_CONNECT_CERTIFICATE_FILE": str(self.state / "tls/client.pem"),
            "SLUICE_MYSQL_HOST": "127.0.0.1",
            "SLUICE_MYSQL_PORT": str(self.port("mysql")),
            "SLUICE_MYSQL_READER_PASSWORD": self.passwords["mysql-reader"],
            "SLUICE_REDIS_HOST": "127.0.0.1",
            "SLUICE_REDIS_PORT": str(self.port("redis")),
            "SLUICE_REDIS_READER_PASSWORD": self.passwords["redis-reader"],
        }
