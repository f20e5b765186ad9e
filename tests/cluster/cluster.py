"""The whole of it: a control plane, Strimzi's definitions, and a program that Pulumi's engine runs against them."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.api import Api
from tests.cluster.builds import Programs
from tests.cluster.engine import Program, Stack
from tests.cluster.kubernetes_stand_in import KubernetesStandIn
from tests.cluster.provider import served
from tests.cluster.random_stand_in import RandomStandIn
from tests.cluster.servers import ControlPlane


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """What a program can be tried against."""

    plane: ControlPlane
    programs: Programs
    definitions: list[dict[str, Any]] = field(repr=False)

    @property
    def api(self) -> Api:
        """The API server."""
        return self.plane.api


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A program's stack and what the stand-in of the kubernetes provider has seen of it."""

    stack: Stack
    stand_in: KubernetesStandIn


@contextmanager
def deployment(
    cluster: Cluster,
    program: Program,
    *,
    folder: Path,
    name: str = "test",
    project: str = "sluice",
    project_file: Path | None = None,
    settings: Mapping[str, object] | None = None,
) -> Generator[Deployment]:
    """A stack of `program` that has not been brought up yet; its state is in `folder`, its providers are stand-ins.

    `project_file` is the Pulumi.yaml whose settings' types and defaults hold; `settings` go into the stack's own.
    """
    stand_in = KubernetesStandIn(cluster.api, definitions=cluster.definitions)
    with served({"kubernetes": stand_in, "random": RandomStandIn()}) as providers:
        stack = Stack(
            program,
            name=name,
            project=project,
            folder=folder,
            pulumi=cluster.programs.pulumi,
            variables={"PULUMI_DEBUG_PROVIDERS": providers, "KUBECONFIG": str(cluster.plane.kubeconfig)},
            project_file=project_file,
        )
        stack.configure(settings or {})
        yield Deployment(stack=stack, stand_in=stand_in)
