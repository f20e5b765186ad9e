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

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # Pulumi runs this folder alone

from infra.policy.declared_resource import DeclaredResource, ResourceRule, SecretValue, StackRule, Unknown
from infra.policy.rules import RESOURCE_RULES, STACK_RULES

# pulumi_policy knows which values are secret, but keeps the marks only for policies that change resources. The rule
# every-secret-is-marked needs them, so they are kept for all. requirements.txt pins the package;
# tests/cluster/test_policy.py runs it.
pulumi_policy.policy.deserialize_properties = lambda props, _=True: deserialize_properties(props, True)


def _resource_policy(name: str, rule: ResourceRule) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for message in rule(_declared(args)):
            report(message)

    return ResourceValidationPolicy(
        name=name, description=rule.__doc__, validate=validate, enforcement_level=EnforcementLevel.MANDATORY
    )


def _stack_policy(name: str, rule: StackRule) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for violation in rule([_declared(resource) for resource in args.resources]):
            report(violation.message, violation.urn)

    return StackValidationPolicy(
        name=name, description=rule.__doc__, validate=validate, enforcement_level=EnforcementLevel.MANDATORY
    )


def _declared(resource: Any) -> DeclaredResource:
    depends_on = {dependency.urn for dependency in getattr(resource, "dependencies", [])}
    if resource.provider:
        depends_on.add(resource.provider.urn)
    return DeclaredResource(
        urn=resource.urn,
        type=resource.resource_type,
        name=resource.name,
        props=_convert(resource.props),
        depends_on=frozenset(depends_on),
    )


def _convert(value: Any) -> Any:
    """Copy a value out of the package's proxies for mappings and lists, into the types of declared_resource.py."""
    if isinstance(value, _DictSecretsProxy | _ListSecretsProxy):
        value = value["__target"]  # the value itself, with its marks of secrets
    if isinstance(value, Secret):
        return SecretValue(_convert(value.value))
    if isinstance(value, dict):
        return {key: _convert(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_convert(entry) for entry in value]
    return Unknown.UNTIL_CREATED if _is_unknown(value) else value


PolicyPack(
    name="sluice",
    policies=[
        *(_stack_policy(name, rule) for name, rule in STACK_RULES.items()),
        *(_resource_policy(name, rule) for name, rule in RESOURCE_RULES.items()),
    ],
)
