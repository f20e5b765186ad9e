"""Source of the guard's functions: a bucket, a zip archive in it, and the service account that builds from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pulumi import AssetArchive, ComponentResource, FileAsset, Output, Resource, ResourceOptions
from pulumi_gcp import artifactregistry, cloudfunctionsv2, projects, serviceaccount, storage

from infra.gcp.cloud_context import CloudContext, project_number
from infra.gcp.guard_config import bucket_name

FOLDER = Path(__file__).with_name("guard_function")
_EXCLUDED = {"README.md"}
_ABORT_UPLOADS_DAYS = 1


@dataclass(frozen=True, kw_only=True)
class GuardSourceArgs:
    """`images` stores the built containers; `after` holds the budget."""

    context: CloudContext
    images: artifactregistry.Repository
    after: Sequence[Resource]


_READ_OBJECTS = "roles/storage.objectViewer"


class GuardSource(ComponentResource):
    """The archive that a function is built from, and the service account that builds it."""

    bucket: Output[str]
    archive: Output[str]
    """Name of the archive in the bucket."""
    builder: Output[str]
    """Full name of the account, projects/PROJECT/serviceAccounts/EMAIL."""

    def __init__(self, name: str, args: GuardSourceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:gcp:Source", name, None, opts)
        self._context, self._after = args.context, args.after
        self._inside = ResourceOptions(parent=self, depends_on=args.after)
        bucket = self._make_bucket()
        files = source_files()
        archive = storage.BucketObject(
            "guard-code",
            # The name changes with the content: changed code redeploys the functions.
            name=f"guard-{_digest(files)}.zip",
            bucket=bucket.name,
            source=AssetArchive({name: FileAsset(str(path)) for name, path in files.items()}),
            opts=self._inside,
        )
        self.bucket, self.archive = bucket.name, archive.name
        self.code = cloudfunctionsv2.FunctionBuildConfigSourceArgs(
            storage_source=cloudfunctionsv2.FunctionBuildConfigSourceStorageSourceArgs(
                bucket=self.bucket, object=self.archive
            )
        )
        self.builder = self._make_builder(bucket, args.images)
        self.register_outputs({})

    def _make_bucket(self) -> storage.Bucket:
        return storage.Bucket(
            "guard-code",
            name=bucket_name(self._context),
            project=self._context.project,
            location=self._context.region,
            labels=self._context.labels,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            force_destroy=True,
            # Deleted objects are deleted at once, and not charged for another week.
            soft_delete_policy=storage.BucketSoftDeletePolicyArgs(retention_duration_seconds=0),
            lifecycle_rules=[
                storage.BucketLifecycleRuleArgs(
                    action=storage.BucketLifecycleRuleActionArgs(type="AbortIncompleteMultipartUpload"),
                    condition=storage.BucketLifecycleRuleConditionArgs(age=_ABORT_UPLOADS_DAYS),
                )
            ],
            opts=self._inside,
        )

    def _make_builder(self, bucket: storage.Bucket, images: artifactregistry.Repository) -> Output[str]:
        """Create the account. The project's default one has far more roles, or none in newer organizations."""
        account = serviceaccount.Account(
            "guard-builder",
            account_id=self._context.name("guard-build"),
            project=self._context.project,
            display_name=f"Builds the guard of {self._context.title}",
            opts=self._inside,
        )
        storage.BucketIAMMember(
            "builder-reads",
            bucket=bucket.name,
            role=_READ_OBJECTS,
            member=account.member,
            opts=self._inside,
        )
        projects.IAMMember(
            "builder-reads-copy",
            project=self._context.project,
            role=_READ_OBJECTS,
            member=account.member,
            condition=projects.IAMMemberConditionArgs(
                title="What functions are built from",
                expression=self._copies().apply(lambda copies: f'resource.name.startsWith("{copies}")'),
            ),
            opts=self._inside,
        )
        artifactregistry.RepositoryIamMember(
            "builder-pushes",
            project=self._context.project,
            location=images.location,
            repository=images.name,
            role="roles/artifactregistry.writer",
            member=account.member,
            opts=self._inside,
        )
        projects.IAMMember(
            "builder-logs",
            project=self._context.project,
            role="roles/logging.logWriter",
            member=account.member,
            opts=self._inside,
        )
        return account.name

    def _copies(self) -> Output[str]:
        """Prefix of Cloud Functions' own copies of the archives; Google creates their bucket with the first."""
        return project_number(self._context, parent=self, after=self._after).apply(
            lambda number: f"projects/_/buckets/gcf-v2-sources-{number}-{self._context.region}/objects/"
        )


def source_files() -> Mapping[str, Path]:
    """Files of the functions by their names in the archive."""
    files = (path for path in sorted(FOLDER.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(FOLDER).as_posix(): path for path in files if path.name not in _EXCLUDED}


def _digest(files: Mapping[str, Path]) -> str:
    digest = sha256()
    for name, path in files.items():
        digest.update(f"{name} {sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:12]
