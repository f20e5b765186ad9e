"""Redis' rights: what redis.conf grants, and what the server answers to every command of every user.

Which commands a category has is the server's to say (ACL CAT); which of them a user has follows from redis.conf.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from redis import Redis
from redis.connection import Connection
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import NoPermissionError, RedisError

CONF = Path(__file__).resolve().parents[3] / "k8s/redis/redis.conf"
_USER = re.compile(r"^user (\S+) (.*)$", re.MULTILINE)
_ENDS_ITSELF = {"quit", "reset"}
"""Commands that end a session whoever sends them."""
_ASKED_BY_NAME = {"auth", "hello", "quit", "reset", "post", "host:"}
"""Commands that every client may send: the server checks them before it knows the user, or to hang up on him."""
KEY = "rights-probe"
SUBCOMMANDS = {
    "client": ("info", "kill", "list", "id", "getname", "pause"),
    "config": ("get",),
    "acl": ("whoami", "list"),
    "memory": ("usage",),
    "object": ("encoding",),
}
"""Subcommands that are asked for too, since a rule may grant them alone; each changes nothing with PROBE_ARGUMENTS."""
PROBE_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "client|kill": ("ID", "9999999999"),
    "client|pause": ("no-number",),
    "client|info": (),
    "client|list": (),
    "client|id": (),
    "client|getname": (),
    "acl|whoami": (),
    "acl|list": (),
}


def rules() -> dict[str, str]:
    """Return the ACL rules of each user of redis.conf, without its password."""
    text = CONF.read_text(encoding="utf-8")
    return {name: " ".join(rule for rule in words.split() if rule[0] != "#") for name, words in _USER.findall(text)}


def granted(rule: str, commands: set[str], category: Callable[[str], set[str]]) -> set[str]:
    """Return the commands, and subcommands as `client|kill`, that a user's rules allow, in the order of the rules."""
    found: set[str] = set()
    words = rule.split()
    if "on" not in words:
        return found
    for word in words:
        if word[0] not in "+-":
            continue
        name = word[1:].lower()
        named = commands if name in ("@all",) else category(name[1:]) if name[0] == "@" else {name}
        covered = named | {f"{parent}|{sub}" for parent in named for sub in SUBCOMMANDS.get(parent, ())}
        found = found | covered if word[0] == "+" else found - covered
    return found


def categories(admin: Redis) -> dict[str, set[str]]:
    """Return the commands of each category of this server."""
    names: Any = admin.acl_cat()
    return {_text(name): {_text(command) for command in _list(admin.acl_cat(_text(name)))} for name in names}


def _list(answer: Any) -> list[Any]:
    return list(answer)


def _text(value: Any) -> str:
    text = value.decode() if isinstance(value, bytes) else str(value)
    return text.lower()


def arities(admin: Redis) -> dict[str, int]:
    """Return the least number of words of each command of this server."""
    answer: Any = admin.execute_command("COMMAND")
    entries = answer.values() if isinstance(answer, dict) else answer
    found: dict[str, int] = {}
    for entry in entries:
        name, arity = (entry["name"], entry["arity"]) if isinstance(entry, dict) else entry[:2]
        found[_text(name)] = abs(int(arity))
    return {name: arity for name, arity in found.items() if name not in _ASKED_BY_NAME}


def words_of(command: str, arity: int) -> list[str]:
    """Return a request for a command, with the fewest arguments, which name nothing that exists."""
    if "|" in command:
        parent, sub = command.split("|")
        return [parent, sub, *PROBE_ARGUMENTS.get(command, (KEY,))]
    return [command, *[KEY] * (arity - 1)]


def allows(connection: Connection, words: list[str]) -> bool:
    """Send a request and return whether the server lets this user send it, whatever comes of it."""
    try:
        connection.send_command(*words)
        connection.read_response()
    except Disconnected:
        raise
    except RedisError as error:
        # EXEC has an error of its own, which contains this one.
        return not isinstance(error, NoPermissionError) and "NOPERM" not in str(error)
    return True


def asked(commands: Mapping[str, int]) -> set[str]:
    """Return the commands and subcommands that allowed() asks for."""
    return {*commands, *(f"{parent}|{sub}" for parent, subs in SUBCOMMANDS.items() for sub in subs)}


def allowed(connection: Connection, commands: Mapping[str, int]) -> set[str]:
    """Return the commands that the server lets the user of a connection send."""
    return {name for name in asked(commands) if allows(connection, words_of(name, commands.get(name, 1)))}
