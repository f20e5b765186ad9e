"""The rules as a CrossGuard policy pack: `pulumi preview --stack gke --policy-pack policy`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi_policy import EnforcementLevel, PolicyPack, ReportViolation, StackValidationArgs, StackValidationPolicy
from pulumi_policy.proxy import UnknownValueError

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # Pulumi starts this folder by itself

from policy.declared import Declared
from policy.rules import RULES, Rule


def _policy(name: str, rule: Rule) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for violation in rule([_declared(resource) for resource in args.resources]):
            report(violation.message, violation.urn)

    return StackValidationPolicy(
        name=name,
        description=(rule.__doc__ or name).strip(),
        validate=validate,
        enforcement_level=EnforcementLevel.MANDATORY,
    )


def _declared(resource: Any) -> Declared:
    needs = {dependency.urn for dependency in resource.dependencies}
    if resource.provider:
        needs.add(resource.provider.urn)
    props = _shown(resource.props)
    return Declared(
        urn=resource.urn,
        type=resource.resource_type,
        name=resource.name,
        props=props,
        needs=frozenset(needs),
        secret_outputs=_secret_outputs(resource, props),
    )


def _secret_outputs(resource: Any, props: Mapping[str, Any]) -> frozenset[str]:
    """Pulumi shows a policy what a secret value is, not that it is one: of most resources nobody can tell."""
    if resource.resource_type == "kubernetes:core/v1:Secret":
        return frozenset(resource.opts.additional_secret_outputs)
    return frozenset(props)


def _shown(value: Any) -> Any:
    """A copy out of Pulumi's stand-ins for mappings and lists; None for what is not known before an update."""
    if isinstance(value, Mapping):
        return {str(key): _entry(value, key) for key in value}
    if hasattr(value, "__len__") and hasattr(value, "__getitem__") and not isinstance(value, str | bytes):
        return [_entry(value, number) for number in range(len(value))]
    return value


def _entry(holder: Any, key: Any) -> Any:
    try:
        return _shown(holder[key])
    except UnknownValueError:
        return None


PolicyPack(name="sluice", policies=[_policy(name, rule) for name, rule in RULES.items()])
