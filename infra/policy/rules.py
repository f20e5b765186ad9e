"""All policy rules by name, for the pack (infra/policy/__main__.py) and the unit tests."""

from collections.abc import Mapping

from infra.policy.budget_rules import budget_comes_first
from infra.policy.declared_resource import ResourceRule, StackRule
from infra.policy.iam_rules import deletion_has_a_condition, no_role_is_broad
from infra.policy.label_rules import everything_is_labelled
from infra.policy.network_rules import no_load_balancer, nothing_is_open_to_the_world
from infra.policy.node_rules import no_spot_node_is_required, nodes_are_shielded
from infra.policy.secret_rules import every_secret_is_marked

STACK_RULES: Mapping[str, StackRule] = {
    "budget-comes-first": budget_comes_first,
    "deletion-has-a-condition": deletion_has_a_condition,
}
"""Rules that need all resources of the stack: Pulumi checks them at the end of a preview, and of an update."""
RESOURCE_RULES: Mapping[str, ResourceRule] = {
    "nothing-is-open-to-the-world": nothing_is_open_to_the_world,
    "no-role-is-broad": no_role_is_broad,
    "no-load-balancer": no_load_balancer,
    "everything-is-labelled": everything_is_labelled,
    "nodes-are-shielded": nodes_are_shielded,
    "no-spot-node-is-required": no_spot_node_is_required,
    "every-secret-is-marked": every_secret_is_marked,
}
"""Rules for one resource: Pulumi checks them before it creates a resource, and does not create one that breaks them."""
