"""The rules by their names. Written here and nowhere else: infra/policy/__main__.py has Pulumi ask them, tests too."""

from collections.abc import Mapping

from infra.policy.budget_rules import budget_comes_first
from infra.policy.declared_resource import RuleOfAll, RuleOfOne
from infra.policy.iam_rules import no_role_is_broad
from infra.policy.label_rules import everything_is_labelled
from infra.policy.network_rules import no_load_balancer, nothing_is_open_to_the_world
from infra.policy.secret_rules import every_secret_is_marked

OF_ALL: Mapping[str, RuleOfAll] = {"budget-comes-first": budget_comes_first}
"""What takes all resources to see: Pulumi asks at the end of a preview, and of an update when all is made."""
OF_ONE: Mapping[str, RuleOfOne] = {
    "nothing-is-open-to-the-world": nothing_is_open_to_the_world,
    "no-role-is-broad": no_role_is_broad,
    "no-load-balancer": no_load_balancer,
    "everything-is-labelled": everything_is_labelled,
    "every-secret-is-marked": every_secret_is_marked,
}
"""What each resource shows by itself: Pulumi asks before it is made, and does not make what breaks one."""
