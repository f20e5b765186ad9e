"""Search a project for every kind of leftover; kinds that could not be listed are in the result, too."""

from dataclasses import dataclass, replace

from infra.gcp.google_api import ApiError
from infra.leftovers.kinds import CLUSTER, KINDS, Kind
from infra.leftovers.leftover import Leftover, Leftovers
from infra.leftovers.search_context import SearchContext


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """The leftovers in a project, kind by kind."""

    found: tuple[tuple[Kind, Leftovers], ...]
    not_listed: tuple[str, ...]
    """Kinds that could not be listed, each with the error and its remedy, for display: there may be leftovers."""

    @property
    def certain(self) -> tuple[Leftover, ...]:
        """Everything that is the stack's for certain."""
        return tuple(item for _, found in self.found for item in found.certain)

    @property
    def doubtful(self) -> tuple[Leftover, ...]:
        """Everything that may be the stack's."""
        return tuple(item for _, found in self.found for item in found.doubtful)

    @property
    def clean(self) -> bool:
        """Whether nothing is left, and every kind could be listed."""
        return not self.certain and not self.not_listed

    def has_listed(self, kind: Kind) -> bool:
        """Whether this kind could be listed."""
        return any(each is kind for each, _ in self.found)

    def of(self, kind: Kind) -> tuple[Leftover, ...]:
        """Return the leftovers of one kind that are the stack's for certain."""
        return next((found.certain for each, found in self.found if each is kind), ())


def find_all(context: SearchContext) -> SearchResult:
    """Find every leftover of the stack; raises ApiError if no request can succeed (no credentials, no network)."""
    found: list[tuple[Kind, Leftovers]] = []
    not_listed: list[str] = []
    for kind in KINDS:
        try:
            found.append((kind, kind.find(context)))
        except ApiError as error:
            if error.affects_every_call:
                raise
            not_listed.append(_explain(kind, error, context.project))
        if kind is CLUSTER and found and found[0][1].doubtful:
            context = replace(context, owner=context.owner.without_cluster())
    return SearchResult(found=tuple(found), not_listed=tuple(not_listed))


def _explain(kind: Kind, error: ApiError, project: str) -> str:
    if error.api_disabled:
        remedy = f"gcloud services enable {kind.service}.googleapis.com --project {project}"
    elif error.billing_disabled:
        remedy = f"check its billing account: gcloud billing projects describe {project}"
    elif error.forbidden:
        role = error.role or kind.viewer_role
        grant = f"gcloud projects add-iam-policy-binding {project} --member user:YOU --role {role}"
        remedy = f"you lack {role}: {grant}"
    else:
        remedy = "try again later"
    return f"{kind.plural}: {error}; {remedy}"
