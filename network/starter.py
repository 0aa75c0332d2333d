"""The content a fresh installation begins with. Loading it again changes nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from network import agencies, audit, places, roles, topics


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows were added or corrected."""

    provinces: int
    agencies: int


async def load_starter(db: AsyncSession, now: datetime) -> Loaded:
    roles.roles(), topics.fields()  # a mistake in these files shows at the start, not at the first press
    loaded = Loaded(await places.load_provinces(db), await agencies.load_agencies(db))
    if loaded.provinces or loaded.agencies:
        detail = {"provinces": loaded.provinces, "agencies": loaded.agencies}
        await audit.record(db, now, "starter.loaded", detail=detail)
    return loaded
