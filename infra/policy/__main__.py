"""The rules as a CrossGuard policy pack: `pulumi preview --stack gke --policy-pack infra/policy`."""

import sys
from pathlib import Path
from typing import Any

import pulumi_policy.policy
from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import _is_unknown
from pulumi_policy.secret import Secret, _DictSecretsProxy, _ListSecretsProxy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # Pulumi starts this folder by itself

from infra.policy.declared_resource import DeclaredResource, Hidden, RuleOfAll, RuleOfOne, Unknown
from infra.policy.rules import OF_ALL, OF_ONE

# Pulumi tells the package what is secret, and the package tells its policies only where they change resources. One
# rule is of just that, so the marks are kept for all. requirements.txt pins the package; tests/cluster tries it.
pulumi_policy.policy.deserialize_properties = lambda props, _=True: deserialize_properties(props, True)


def _of_one(name: str, rule: RuleOfOne) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for message in rule(_declared(args)):
            report(message)

    return ResourceValidationPolicy(
        name=name, description=rule.__doc__, validate=validate, enforcement_level=EnforcementLevel.MANDATORY
    )


def _of_all(name: str, rule: RuleOfAll) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for violation in rule([_declared(resource) for resource in args.resources]):
            report(violation.message, violation.urn)

    return StackValidationPolicy(
        name=name, description=rule.__doc__, validate=validate, enforcement_level=EnforcementLevel.MANDATORY
    )


def _declared(resource: Any) -> DeclaredResource:
    needs = {dependency.urn for dependency in getattr(resource, "dependencies", [])}
    if resource.provider:
        needs.add(resource.provider.urn)
    return DeclaredResource(
        urn=resource.urn,
        type=resource.resource_type,
        name=resource.name,
        props=_shown(resource.props),
        needs=frozenset(needs),
    )


def _shown(value: Any) -> Any:
    """A copy out of the package's stand-ins for mappings and lists."""
    if isinstance(value, _DictSecretsProxy | _ListSecretsProxy):
        value = value["__target"]  # as it is, not without its marks
    if isinstance(value, Secret):
        return Hidden(_shown(value.value))
    if isinstance(value, dict):
        return {key: _shown(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_shown(entry) for entry in value]
    return Unknown.YET if _is_unknown(value) else value


PolicyPack(
    name="sluice",
    policies=[
        *(_of_all(name, rule) for name, rule in OF_ALL.items()),
        *(_of_one(name, rule) for name, rule in OF_ONE.items()),
    ],
)
