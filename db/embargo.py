"""Who read a brief before its release, and when."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id
from db.people import Person


class EarlyReading(Base):
    """Somebody opened a brief before its release; every opening is a row."""

    __tablename__ = "early_reading"
    id: Mapped[Id]
    brief_id: Mapped[int] = mapped_column(ForeignKey("brief.id"), index=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    how: Mapped[str] = mapped_column(String(16))  # named | duty: on the pre-release list, or for their work on it
    at: Mapped[datetime]


async def readings(db: AsyncSession, brief_id: int) -> Sequence[tuple[str, str, datetime]]:
    """(name, how, when) of every opening, in order."""
    rows = select(Person.full_name, EarlyReading.how, EarlyReading.at).join(Person, Person.id == EarlyReading.person_id)
    found = await db.execute(rows.where(EarlyReading.brief_id == brief_id).order_by(EarlyReading.id))
    return [(name or "", how, at) for name, how, at in found]
