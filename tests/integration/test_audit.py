from sqlalchemy import update

from db.audit import AuditRow
from network import audit


async def test_chain_holds_and_a_changed_row_is_found(db, now):
    for number in range(5):
        await audit.record(db, now, "brief.approved", actor=number, subject=f"brief:{number}", detail={"lý do": "tốt"})
    assert await audit.verify(db) is None
    await db.execute(update(AuditRow).where(AuditRow.id == 3).values(actor_id=99))
    db.expire_all()
    assert await audit.verify(db) == 3
