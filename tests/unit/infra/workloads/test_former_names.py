"""Renamed components have their former names as aliases: an existing stack keeps their resources."""

import pytest

from tests.unit.infra.recording_monitor import Made


@pytest.mark.parametrize(
    ("type_", "name", "former"),
    [
        ("sluice:workloads:NamespaceRules", "namespace-rules", ("ground", "sluice:workloads:Ground")),
        ("sluice:workloads:TopicsAndUsers", "topics-and-users", ("entities", "sluice:workloads:Entities")),
    ],
)
def test_renamed_component_is_found_under_its_former_name(
    made: list[Made], type_: str, name: str, former: tuple[str, str]
) -> None:
    (component,) = (entry for entry in made if entry.type == type_)
    assert component.name == name
    assert former in component.aliases
    # Or Pulumi would look for a child under a name that begins with the former one.
    children = [entry.name for entry in made if entry.parent == component.urn]
    assert children
    assert not [child for child in children if child.startswith(name)]
