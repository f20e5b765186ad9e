"""Looking for everything, and what could not be looked at."""

from collections.abc import Iterator
from dataclasses import dataclass

from infra.cost.api import ApiError
from infra.leftovers.items import Found, Leftover
from infra.leftovers.kinds import KINDS, Kind
from infra.leftovers.search import Search


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
            if not (error.off or error.forbidden):
                raise
            unseen.append(_unseen(kind, error, search.project))
    return Left(found=tuple(found), unseen=tuple(_once(unseen)))


def _once(texts: list[str]) -> Iterator[str]:
    yield from dict.fromkeys(texts)


def _unseen(kind: Kind, error: ApiError, project: str) -> str:
    if error.off:
        remedy = f"gcloud services enable {kind.service}.googleapis.com --project {project}"
    else:
        role = error.role or kind.sees
        grant = f"gcloud projects add-iam-policy-binding {project} --member user:YOU --role {role}"
        remedy = f"you lack {role}: {grant}"
    return f"{kind.many}: {error}; {remedy}"
