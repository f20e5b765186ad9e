"""Our images: built on this machine, pushed to a registry of the stack's own, and referred to by their digests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_docker_build as docker_build
from pulumi import ComponentResource, InvokeOutputOptions, Output, Resource, ResourceOptions
from pulumi_gcp import artifactregistry, organizations

from infra.gcp.cloud_context import CloudContext
from infra.settings.container_images import DOCKERFILES, own_image
from infra.settings.declared_settings import ROOT

_KEPT = 3
_KEPT_FOR = "604800s"  # 7 days, as the API writes them


@dataclass(frozen=True, kw_only=True)
class ArtifactRegistryArgs:
    """What the registry needs first: `after` holds the budget."""

    context: CloudContext
    after: Sequence[Resource]


class ArtifactRegistry(ComponentResource):
    """A repository that keeps the last few versions of each image, and nothing that has no tag any more."""

    repository: artifactregistry.Repository
    images: Mapping[str, Output[str]]
    """Each of our images by its digest."""

    def __init__(self, name: str, args: ArtifactRegistryArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:gcp:Registry", name, None, opts)
        context = args.context
        self._host = f"{context.region}-docker.pkg.dev"
        self._folder = f"{self._host}/{context.project}/{context.name('images')}"
        self.repository = artifactregistry.Repository(
            "images",
            repository_id=context.name("images"),
            project=context.project,
            location=context.region,
            format="DOCKER",
            description=f"Images of {context.title}",
            labels=context.labels,
            cleanup_policies=_cleanup(),
            cleanup_policy_dry_run=False,
            # It is charged by the image.
            vulnerability_scanning_config=artifactregistry.RepositoryVulnerabilityScanningConfigArgs(
                enablement_config="DISABLED"
            ),
            opts=ResourceOptions(parent=self, depends_on=args.after),
        )
        login = self._login(args.after)
        self.images = {image: self._build(image, login, args.after) for image in DOCKERFILES}
        self.register_outputs({"images": self.images})

    def _login(self, after: Sequence[Resource]) -> Output[docker_build.RegistryArgs]:
        config = organizations.get_client_config_output(opts=InvokeOutputOptions(parent=self, depends_on=list(after)))
        token = Output.secret(config.access_token)
        return token.apply(
            lambda text: docker_build.RegistryArgs(address=self._host, username="oauth2accesstoken", password=text)
        )

    def _build(self, image: str, login: Output[docker_build.RegistryArgs], after: Sequence[Resource]) -> Output[str]:
        tag = own_image(image).rpartition(":")[2]
        built = docker_build.Image(
            image,
            context=docker_build.BuildContextArgs(location=str(ROOT)),
            dockerfile=docker_build.DockerfileArgs(location=str(ROOT / DOCKERFILES[image])),
            platforms=[docker_build.Platform.LINUX_AMD64],
            tags=[f"{self._folder}/{image}:{tag}"],
            registries=[login],
            push=True,
            # A preview pushes nothing, and need not wait for Maven.
            build_on_preview=False,
            opts=ResourceOptions(parent=self, depends_on=[*after, self.repository]),
        )
        # Secret only because the token is: a digest that is secret would make every pod so.
        return Output.unsecret(built.ref)


def _cleanup() -> list[artifactregistry.RepositoryCleanupPolicyArgs]:
    return [
        artifactregistry.RepositoryCleanupPolicyArgs(
            id="keep-the-last",
            action="KEEP",
            most_recent_versions=artifactregistry.RepositoryCleanupPolicyMostRecentVersionsArgs(keep_count=_KEPT),
        ),
        artifactregistry.RepositoryCleanupPolicyArgs(
            id="remove-the-old",
            action="DELETE",
            condition=artifactregistry.RepositoryCleanupPolicyConditionArgs(tag_state="ANY", older_than=_KEPT_FOR),
        ),
    ]
