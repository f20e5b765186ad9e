"""Deploys a Pulumi program with Pulumi's engine against a local control plane with Strimzi's CRDs."""

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
    """A control plane, and the programs and CRDs for it."""

    plane: ControlPlane
    programs: Programs
    definitions: list[dict[str, Any]] = field(repr=False)

    @property
    def api(self) -> Api:
        """Client of the API server."""
        return self.plane.api


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A program's stack and the stand-in of the kubernetes provider, which records its calls.

    With the real plugin, `stood_in` is False and the stand-in records nothing.
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
    """Yield a stack of `program`, not deployed yet; its state is in `folder`.

    Uses the real provider plugins if they are installed, else the stand-ins. Pulumi.yaml and Pulumi.<name>.yaml are
    taken from `settings_from`; `settings` override them.
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
    """Yield the environment variables with which the engine finds its providers."""
    if real:
        yield {}
        return
    with serve_providers({"kubernetes": stand_in, "random": RandomStandIn()}) as attached:
        yield {"PULUMI_DEBUG_PROVIDERS": attached}
