"""The whole of it: a control plane, Strimzi's definitions, and a program that Pulumi's engine runs against them."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.api_client import Api
from tests.cluster.control_plane import ControlPlane
from tests.cluster.go_builds import Programs
from tests.cluster.grpc_server import serve_providers
from tests.cluster.kubernetes_stand_in import KubernetesStandIn
from tests.cluster.provider_plugins import plugins_installed, without_waiting
from tests.cluster.pulumi_engine import Program, Stack
from tests.cluster.random_stand_in import RandomStandIn


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
    """A program's stack and what the stand-in of the kubernetes provider has seen of it.

    Where the real plugin is used, the stand-in sees nothing and `stood_in` is false.
    """

    stack: Stack
    stand_in: KubernetesStandIn
    stood_in: bool


@contextmanager
def deployment(
    cluster: Cluster,
    program: Program,
    *,
    folder: Path,
    name: str = "test",
    project: str = "sluice",
    settings_from: Path | None = None,
    settings: Mapping[str, object] | None = None,
) -> Generator[Deployment]:
    """A stack of `program` that has not been brought up yet; its state is in `folder`.

    Its providers are the real plugins where this machine has them, else the stand-ins. `settings_from` is the folder
    whose Pulumi.yaml and Pulumi.<name>.yaml hold; `settings` go into the stack's own, over them.
    """
    stand_in = KubernetesStandIn(cluster.api, definitions=cluster.definitions)
    real = plugins_installed(os.environ)
    with _providers(stand_in, real=real) as variables:
        stack = Stack(
            without_waiting(program) if real else program,
            name=name,
            project=project,
            folder=folder,
            pulumi=cluster.programs.pulumi,
            variables={**variables, "KUBECONFIG": str(cluster.plane.kubeconfig)},
            settings_from=settings_from,
            home=None if real else folder / "home",
        )
        stack.configure(settings or {})
        yield Deployment(stack=stack, stand_in=stand_in, stood_in=not real)


@contextmanager
def _providers(stand_in: KubernetesStandIn, *, real: bool) -> Generator[dict[str, str]]:
    """The variables by which the engine finds its providers."""
    if real:
        yield {}
        return
    with serve_providers({"kubernetes": stand_in, "random": RandomStandIn()}) as attached:
        yield {"PULUMI_DEBUG_PROVIDERS": attached}
