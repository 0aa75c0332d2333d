"""Who answers a question best: by its topic, then by agency and place, then whoever has the fewest open cases."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency
from db.knowledge import OPEN, Case
from db.people import Person, PersonState, PersonTopic


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a case is about and where it comes from. `keeper` is the path of the agency whose subject it is."""

    topic: str | None = None
    keeper: str = ""
    path: str = ""  # of the asker's agency
    province: str | None = None


@dataclass(frozen=True, slots=True)
class Expert:
    """`topics` None: every topic."""

    id: int
    topics: frozenset[str] | None = None
    path: str = ""
    province: str | None = None
    paused: bool = False
    cases: int = 0


def rank(experts: Sequence[Expert], wanted: Wanted) -> list[int]:
    """Ids, best first."""
    return [expert.id for expert in sorted(experts, key=lambda one: _order(one, wanted))]


def _order(expert: Expert, wanted: Wanted) -> tuple[bool, int, int, int, int]:
    return expert.paused, -_knows(expert, wanted), -_near(expert, wanted), expert.cases, expert.id


def _knows(expert: Expert, wanted: Wanted) -> int:
    """Who named the topic before who named none."""
    if wanted.topic is None:
        return 0
    if expert.topics is None:
        return 1
    return 2 if wanted.topic in expert.topics else 0


def _near(expert: Expert, wanted: Wanted) -> int:
    """The agency whose subject it is; the asker's own agency or one above it; one below it; the same province."""
    if _below(expert.path, wanted.keeper):
        return 4
    if _below(wanted.path, expert.path):
        return 3
    if _below(expert.path, wanted.path):
        return 2
    return int(wanted.province is not None and expert.province == wanted.province)


def _below(path: str, root: str) -> bool:
    return bool(root) and path.startswith(root)


async def experts(db: AsyncSession, people: Sequence[Person]) -> list[Expert]:
    """What is known about these people, read at once."""
    ids = [person.id for person in people]
    topics: dict[int, set[str]] = {}
    for person, topic in await db.execute(
        select(PersonTopic.person_id, PersonTopic.topic).where(PersonTopic.person_id.in_(ids))
    ):
        topics.setdefault(person, set()).add(topic)
    paths = dict((await db.execute(select(Agency.id, Agency.path).where(
        Agency.id.in_({p.agency_id for p in people if p.agency_id})
    ))).all())
    busy = select(Case.expert_id, func.count()).where(Case.state.in_(OPEN), Case.expert_id.in_(ids))
    counts = dict((await db.execute(busy.group_by(Case.expert_id))).all())
    return [
        Expert(
            p.id, frozenset(topics[p.id]) if p.id in topics else None, paths.get(p.agency_id, ""), p.province_code,
            p.state == PersonState.PAUSED, counts.get(p.id, 0),
        )
        for p in people
    ]


async def path_of(db: AsyncSession, agency_id: int | None) -> str:
    agency = await db.get(Agency, agency_id) if agency_id else None
    return agency.path if agency else ""
