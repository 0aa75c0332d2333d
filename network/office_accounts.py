"""Which person an account of the office's own sign-in is. Linked by that person, from an open session."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.console import OfficeAccount
from network import audit, console_access
from network.refusals import Refusal

UNKNOWN = (
    "Tài khoản này chưa được nối với Loa. Vui lòng vào bằng liên kết (gõ /banlamviec trong khung chat), rồi bấm tên "
    "mình ở góc trên để nối."
)


async def of_person(db: AsyncSession, person_id: int, issuer: str) -> OfficeAccount | None:
    mine = select(OfficeAccount).where(OfficeAccount.person_id == person_id, OfficeAccount.issuer == issuer)
    return await db.scalar(mine)


async def link(db: AsyncSession, person_id: int, issuer: str, subject: str, now: datetime) -> None:
    """In place of the one linked before. Refuses an account that is somebody else's."""
    account = await db.get(OfficeAccount, (issuer, subject))
    if account is not None and account.person_id != person_id:
        raise Refusal("Tài khoản này đã được nối với người khác. Vui lòng báo quản trị mạng lưới.")
    if account is None:
        await unlink(db, person_id, issuer)
        db.add(OfficeAccount(issuer=issuer, subject=subject, person_id=person_id, linked_at=now))
        await audit.record(db, now, "console.office_linked", actor=person_id, subject=f"person:{person_id}")


async def unlink(db: AsyncSession, person_id: int, issuer: str, now: datetime | None = None) -> None:
    """`now`: when it is done for its own sake, and so recorded."""
    mine = delete(OfficeAccount).where(OfficeAccount.person_id == person_id, OfficeAccount.issuer == issuer)
    gone = (await db.execute(mine.returning(OfficeAccount.subject))).all()
    if now and gone:
        await audit.record(db, now, "console.office_unlinked", actor=person_id, subject=f"person:{person_id}")


async def enter(db: AsyncSession, issuer: str, subject: str, browser: str, now: datetime) -> str:
    """The cookie of a new session."""
    account = await db.get(OfficeAccount, (issuer, subject))
    if account is None:
        raise Refusal(UNKNOWN)
    return await console_access.open_session(db, account.person_id, browser, now, "office")
