"""Names are as Google allows, whatever gcp.name, the project and the stack are called."""

import re
from collections.abc import Iterator

import pytest

from infra.settings.stack_settings import Settings, SettingsError
from tests.unit.infra.gcp.conftest import EVERYTHING, NEEDED, cloud
from tests.unit.infra.recording_monitor import Made

pytestmark = pytest.mark.slow

_COMPUTE = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_ANY = r".*"
LIMITS = {
    # type and property: shortest, longest, and what it is made of
    ("Account", "accountId"): (6, 30, r"[a-z]([-a-z0-9]*[a-z0-9])"),
    ("Account", "displayName"): (0, 100, _ANY),
    ("AlertPolicy", "displayName"): (1, 512, _ANY),
    ("Bucket", "name"): (3, 63, r"(?!goog)(?!.*g(oo|00)gle)[a-z0-9][-_a-z0-9]*[a-z0-9]"),
    ("BucketObject", "name"): (1, 1024, _ANY),
    ("Budget", "displayName"): (0, 60, _ANY),
    ("Cluster", "name"): (1, 40, _COMPUTE),
    # A function of the 2nd generation is a Cloud Run service of the same name.
    ("Function", "name"): (1, 49, _COMPUTE),
    ("FunctionTrial", "name"): (1, 49, _COMPUTE),
    ("IAMCustomRole", "roleId"): (3, 64, r"[a-zA-Z0-9_.]+"),
    ("IAMCustomRole", "title"): (1, 100, _ANY),
    ("Job", "name"): (1, 500, r"[-a-zA-Z0-9_]+"),
    ("Network", "name"): (1, 63, _COMPUTE),
    ("NodePool", "name"): (1, 40, _COMPUTE),
    ("NotificationChannel", "displayName"): (0, 512, _ANY),
    ("Repository", "repositoryId"): (1, 63, _COMPUTE),
    ("Router", "name"): (1, 63, _COMPUTE),
    ("RouterNat", "name"): (1, 63, _COMPUTE),
    ("Subnetwork", "name"): (1, 63, _COMPUTE),
    ("Topic", "name"): (3, 255, r"(?!goog)[a-zA-Z][-\w.~+%]*"),
}
_NAMES = {"accountId", "displayName", "name", "repositoryId", "roleId", "title"}
_REFERENCES = {"ServiceIamMember"}
"""Types whose property `name` is another resource's."""
_LABELS = {"labels", "resourceLabels", "userLabels"}


def names(made: list[Made]) -> Iterator[tuple[str, str, str]]:
    """Kind, property and value of every name at Google."""
    for entry in made:
        if entry.type.startswith("gcp:") or entry.kind == "FunctionTrial":
            for key in _NAMES & entry.plain.keys():
                if entry.kind not in _REFERENCES:
                    yield entry.kind, key, entry.plain[key]


def longest_name() -> str:
    """The longest gcp.name that the settings accept."""
    length = 2
    while accepts("gcp.name", "a" * (length + 1)):
        length += 1
    return "a" * length


def longest_project() -> str:
    """The longest gcp.project that the settings accept: an id of 30 letters in an organization's domain."""
    domain = "d"
    while accepts("gcp.project", f"{domain}d:{'p' * 30}"):
        domain += "d"
    return f"{domain}:{'p' * 30}"


def accepts(name: str, value: str) -> bool:
    try:
        Settings.parse({**NEEDED, name: value})
    except SettingsError:
        return False
    return True


@pytest.fixture(scope="module")
def longest() -> list[Made]:
    """The program with the longest names, its stack's included."""
    settings = {**EVERYTHING, "gcp.name": longest_name(), "gcp.project": longest_project()}
    return cloud(settings, stack="s" * 27)


def test_longest_names_fit(longest: list[Made]) -> None:
    for kind, key, value in names(longest):
        least, most, letters = LIMITS[kind, key]
        assert least <= len(value) <= most, (kind, key, value)
        assert re.fullmatch(letters, value), (kind, key, value)


def test_shortest_names_fit() -> None:
    for kind, key, value in names(cloud({**EVERYTHING, "gcp.name": "ab", "gcp.project": "abcdef"}, stack="s")):
        least, most, letters = LIMITS[kind, key]
        assert least <= len(value) <= most, (kind, key, value)
        assert re.fullmatch(letters, value), (kind, key, value)


def test_one_letter_more_would_not_fit(longest: list[Made]) -> None:
    """So the settings refuse no name that would do."""
    name, project, stack = longest_name(), longest_project().replace(":", "-"), "s" * 27
    full = {
        part: {entry[:2] for entry in names(longest) if part in entry[2] and len(entry[2]) == LIMITS[entry[:2]][1]}
        for part in (name, project, stack)
    }
    assert full[name] >= {("Account", "accountId")}
    assert full[project] == {("Bucket", "name")}
    assert full[stack] == {("Budget", "displayName")}


def test_labels_hold_the_stacks_name(longest: list[Made]) -> None:
    for entry in longest:
        for label in _LABELS & entry.plain.keys():
            for value in entry.plain[label].values():
                if entry.kind != "NotificationChannel" or label == "userLabels":
                    assert re.fullmatch(r"[a-z0-9_-]{0,63}", value), entry.name


@pytest.mark.parametrize("stack", ["s" * 28, "gke.production"])
def test_a_stack_whose_name_google_would_refuse_is_refused_first(stack: str) -> None:
    with pytest.raises(SettingsError, match="pulumi stack rename NAME"):
        cloud(NEEDED, stack=stack)
