"""Pods from which connections are tried: one with the labels of each end of a flow, and two strangers."""

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from infra.workloads.network_policies import PODS, Flow
from producer.runtime.exit_status import SluiceError
from sluice.cluster.toolbox_pod import POD
from tests.kubectl import Kubectl
from tests.security.network import connect_probe
from tests.security.network.expected_flows import ELSEWHERE, UNLABELLED, Attempt, Target

NAMESPACE_ELSEWHERE = "sluice-network-probe"
_READY_SECONDS = 180
_NEVER_READY = "sluice/never"
_UID = 65532


def sources(flows: Sequence[Flow]) -> list[str]:
    """Return the strangers, and the ends of flows that are pods of the pipeline."""
    return [UNLABELLED, ELSEWHERE, *(party for party in PODS if any(party in (f.source, f.target) for f in flows))]


def pod_name(source: str) -> str:
    """Return the name of a source's pod."""
    return f"probe-{source.removeprefix('a pod ').replace(' ', '-')}"


def manifest(source: str, image: str) -> dict[str, Any]:
    """Return a pod that sleeps, with the labels that make it this source.

    It is never ready, so that no Service with the same labels sends it anything.
    """
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": pod_name(source), "labels": dict(PODS.get(source, {}))},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 1,
            "readinessGates": [{"conditionType": _NEVER_READY}],
            "securityContext": {"runAsNonRoot": True, "runAsUser": _UID, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "probe",
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "command": ["sleep", "3600"],
                    "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}},
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                }
            ],
        },
    }


@contextmanager
def probe_pods(kubectl: Kubectl, names: Sequence[str]) -> Generator[Mapping[str, Kubectl]]:
    """Create the pods of these sources, yield the kubectl of each one's namespace, and delete them at the end."""
    elsewhere = Kubectl(context=kubectl.context, namespace=NAMESPACE_ELSEWHERE)
    at = {source: elsewhere if source == ELSEWHERE else kubectl for source in names}
    toolbox = json.loads(kubectl.run_checked("get", POD, "--output", "json"))
    (container,) = toolbox["spec"]["template"]["spec"]["containers"]
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE_ELSEWHERE}}
    try:
        kubectl.send("apply", namespace)
        for source, there in at.items():
            there.send("apply", manifest(source, container["image"]))
        for source, there in at.items():
            phase = "--for=jsonpath={.status.phase}=Running"
            there.run_checked("wait", f"pod/{pod_name(source)}", phase, f"--timeout={_READY_SECONDS}s")
        yield at
    finally:
        pods = [pod_name(source) for source in names if source != ELSEWHERE]
        for words in (("pods", *pods, "--wait=false"), ("namespace", NAMESPACE_ELSEWHERE, "--wait=false")):
            with suppress(SluiceError):  # each is tried, even if the one before failed
                kubectl.run_checked("delete", *words, "--ignore-not-found")


def try_from(source: str, kubectl: Kubectl, targets: Sequence[Target]) -> list[Attempt]:
    """Try every target from the pod of a source."""
    addresses = json.dumps([(target.host, target.port) for target in targets])
    answer = kubectl.run_checked("exec", "--stdin", pod_name(source), "--", *connect_probe.command(), stdin=addresses)
    return [
        Attempt(source=source, target=target, result=result)
        for target, result in zip(targets, json.loads(answer), strict=True)
    ]
