"""Looking for everything, and what could not be looked at."""

from dataclasses import dataclass, replace

from infra.gcp.google_api import ApiError
from infra.leftovers.kinds import CLUSTER, KINDS, Kind
from infra.leftovers.leftover import Found, Leftover
from infra.leftovers.search_context import Search


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is left in a project, kind by kind."""

    found: tuple[tuple[Kind, Found], ...]
    unseen: tuple[str, ...]
    """What could not be looked at, each with its remedy. It may hold anything."""

    @property
    def sure(self) -> tuple[Leftover, ...]:
        """Everything that is the stack's."""
        return tuple(item for _, found in self.found for item in found.sure)

    @property
    def doubtful(self) -> tuple[Leftover, ...]:
        """Everything that may be the stack's."""
        return tuple(item for _, found in self.found for item in found.doubtful)

    @property
    def clean(self) -> bool:
        """Nothing is left, and everything could be looked at."""
        return not self.sure and not self.unseen

    def saw(self, kind: Kind) -> bool:
        """Whether this kind could be looked at."""
        return any(each is kind for each, _ in self.found)

    def of(self, kind: Kind) -> tuple[Leftover, ...]:
        """What is the stack's of one kind."""
        return next((found.sure for each, found in self.found if each is kind), ())


def look(search: Search) -> Left:
    """Everything of the stack; raises ApiError where Google cannot be asked at all."""
    found: list[tuple[Kind, Found]] = []
    unseen: list[str] = []
    for kind in KINDS:
        try:
            found.append((kind, kind.find(search)))
        except ApiError as error:
            if error.affects_every_call:
                raise
            unseen.append(_unseen(kind, error, search.project))
        if kind is CLUSTER and found and found[0][1].doubtful:
            search = replace(search, mark=search.mark.without_cluster())
    return Left(found=tuple(found), unseen=tuple(unseen))


def _unseen(kind: Kind, error: ApiError, project: str) -> str:
    if error.api_disabled:
        remedy = f"gcloud services enable {kind.service}.googleapis.com --project {project}"
    elif error.billing_disabled:
        remedy = f"see who pays: gcloud billing projects describe {project}"
    elif error.forbidden:
        role = error.role or kind.sees
        grant = f"gcloud projects add-iam-policy-binding {project} --member user:YOU --role {role}"
        remedy = f"you lack {role}: {grant}"
    else:
        remedy = "try again in a while"
    return f"{kind.many}: {error}; {remedy}"
