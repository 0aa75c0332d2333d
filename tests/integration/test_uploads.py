"""Files a platform keeps for a while only: known until then, uploaded again afterwards."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from benchmarks import crowd
from bot import after_effects, letters
from bot.channels import Held
from db.briefs import Upload
from db.deliveries import Claimed
from db.pushes import Delivery, Push


async def kept(database, now):
    await crowd.people(database, 1, channel="zalo_oa")
    push = await crowd.push(database, files=[("a.pdf", "application/pdf", b"%PDF-1.7 a")], now=now)
    async with database.reading() as db:
        edition = (await db.get_one(Push, push.id)).edition_id
        letter = await letters.of_edition(db, edition, "zalo_oa", 2)
    return push, edition, letter.files[0]


async def file_of(database, edition: int, channel: str):
    async with database.reading() as db:
        return (await letters.of_edition(db, edition, channel, 2)).files[0]


async def test_an_id_of_zalo_is_forgotten_before_zalo_forgets_the_file(database):
    now = datetime.now(UTC)
    _, edition, file = await kept(database, now)
    assert file.data and file.file_id is None
    for channel, id_ in (("zalo_oa", "z1"), ("telegram", "t1")):
        async with database.transaction() as db:
            await after_effects._remember_files(db, channel, [(file.attachment_id, id_)], now)
    for channel, id_ in (("zalo_oa", "z1"), ("telegram", "t1")):
        known = await file_of(database, edition, channel)
        assert known.file_id == id_ and known.data is None
    async with database.transaction() as db:
        await db.execute(update(Upload).where(Upload.channel == "zalo_oa").values(expires_at=now - timedelta(hours=1)))
    again = await file_of(database, edition, "zalo_oa")
    assert again.file_id is None and again.data == b"%PDF-1.7 a"
    async with database.transaction() as db:
        await after_effects._remember_files(db, "zalo_oa", [(file.attachment_id, "z2")], now)
        await after_effects._remember_files(db, "zalo_oa", [(file.attachment_id, "late")], now)  # the first one lives
        await after_effects._remember_files(db, "telegram", [(file.attachment_id, "t2")], now)
    assert (await file_of(database, edition, "zalo_oa")).file_id == "z2"
    assert (await file_of(database, edition, "telegram")).file_id == "t1"
    async with database.reading() as db:
        assert {u.channel: u.expires_at for u in await db.scalars(select(Upload))} == {
            "zalo_oa": now + timedelta(days=6), "telegram": None,
        }


async def test_an_id_the_platform_no_longer_knows_is_forgotten(database):
    now = datetime.now(UTC)
    push, edition, file = await kept(database, now)
    async with database.transaction() as db:
        await after_effects._remember_files(db, "zalo_oa", [(file.attachment_id, "z1")], now)
        row = (await db.scalars(select(Delivery).where(Delivery.push_id == push.id))).first()
        claimed = Claimed(row.id, push.id, row.person_id, row.identity_id, row.address, 0, None, None)
        await after_effects.apply(db, "zalo_oa", claimed, Held("attachment_expired"), now)
    assert (await file_of(database, edition, "zalo_oa")).data
