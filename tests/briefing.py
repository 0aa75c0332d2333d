"""People, drafts and receipts for the tests of briefs."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.people import Identity, Person, PersonState
from network import roles
from network.brief_content import Answer, Citation, Content
from network.people import Speaker

EVERYBODY = {"roles": ["communicator_commune"]}
CONTENT = Content(
    title="Trợ cấp hưu trí xã hội từ 1/7/2025",
    summary="Người từ đủ **75 tuổi** không có lương hưu được hưởng trợ cấp.",
    body="Hồ sơ nộp tại UBND cấp xã.\n\n- Bước 1: viết đề nghị\n- Bước 2: nộp tại xã",
    key_messages=("500.000 đồng/tháng",),
    stage="thuc_thi",
    topics=("an_sinh",),
    ack=True,
    ack_hours=4,
    citations=(Citation("Nghị định 176/2025/NĐ-CP", "Điều 3", "2025-06-30", "https://vanban.example.vn/176"),),
    qa=(Answer("Ai được hưởng?", "Người từ đủ 75 tuổi."),),
)


async def member(
    db: AsyncSession, name: str, role: str, now: datetime, *, agency_id: int | None = None, platform: str = "telegram"
) -> Speaker:
    """A person of the network and their chat, as a handler sees them."""
    person = Person(
        full_name=name, role=role, state=PersonState.ACTIVE, agency_id=agency_id, topics_chosen=True, created_at=now,
        joined_at=now,
    )
    db.add(person)
    await db.flush()
    identity = Identity(
        person_id=person.id, platform=platform, channel=platform, address=str(9000 + person.id), created_at=now
    )
    db.add(identity)
    await db.flush()
    return Speaker(
        identity_id=identity.id, person_id=person.id, platform=platform, channel=platform, address=identity.address,
        role=role, permissions=roles.permissions_of(role), state=PersonState.ACTIVE, name=name,
    )
