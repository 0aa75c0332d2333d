"""People, drafts and receipts for the tests of briefs."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.people import Identity, Person, PersonState, Prompt
from db.pushes import Notice
from db.session import Database
from handlers import announcing, approving, prompts, zalo
from handlers import briefs as receiving
from handlers.reply import Action, Incoming, Reply
from knowledge.catalogue import Catalogue
from network import markup, roles, zalo_text
from network.brief_content import Answer, Citation, Content
from network.people import Speaker

COMMANDS = {**announcing.COMMANDS, **approving.COMMANDS, **receiving.COMMANDS}
ACTIONS = {**announcing.ACTIONS, **approving.ACTIONS, **receiving.ACTIONS}
PROMPTS = {**announcing.PROMPTS, **approving.PROMPTS, **receiving.PROMPTS}
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


class Chat:
    """One person's chat with Loa, through the tables the routing page reads; each turn is its own transaction."""

    def __init__(self, database: Database, who: Speaker, now: datetime) -> None:
        self.database, self.who, self.now = database, who, now
        self.catalogue: Catalogue | None = None  # needed only where a question is asked

    async def say(self, text: str = "", **parts: Any) -> Reply:
        async with self.database.transaction() as db:
            word, _, rest = text.partition(" ")
            if word.startswith("/"):
                await prompts.clear(db, self.who)
                return shown(await COMMANDS[word[1:]](db, self.who, rest, self.now))
            prompt = await db.get(Prompt, self.who.identity_id)
            assert prompt is not None, f"nobody waits for {text!r}"
            needs = {"index": self.catalogue} if prompt.kind == receiving.ASK else {}
            return shown(await PROMPTS[prompt.kind](db, self.who, prompt, Incoming(text, **parts), self.now, **needs))

    async def press(self, reply: Reply | None, label: str) -> Reply:
        """The button whose label begins so, as it comes back from the platform."""
        found = [c.action for c in reply.choices if c.label.removeprefix("✓ ").startswith(label)] if reply else []
        assert found and found[0], f"no button {label!r} in {[c.label for c in reply.choices] if reply else None}"
        return await self.act(found[0].pack())

    async def act(self, packed: str) -> Reply:
        action = Action.unpack(packed)
        async with self.database.transaction() as db:
            return shown(await ACTIONS[action.name](db, self.who, action, self.now))

    async def waiting_for(self) -> str | None:
        async with self.database.reading() as db:
            prompt = await db.get(Prompt, self.who.identity_id)
            return prompt.kind if prompt else None

    async def notices(self) -> list[Reply]:
        async with self.database.reading() as db:
            rows = await db.scalars(select(Notice).where(Notice.address == self.who.address).order_by(Notice.id))
            return [Reply.from_plain(row.reply) for row in rows]


def shown(reply: Reply) -> Reply:
    """Whatever is said must reach every platform whole, and whatever is offered must be takeable there."""
    takeable_on_zalo(reply)
    for part in markup.split(reply.text, 4096) if reply.text else []:
        assert markup.visible_length(part) <= 4096
    assert markup.check(reply.text) == [], (markup.check(reply.text), reply.text)
    for choice in reply.choices:
        assert len(choice.label) >= 1 and (choice.action is None) != (choice.url is None)
        assert choice.action is None or Action.unpack(choice.action.pack()) == choice.action
    assert reply.text or reply.toast
    return reply


def takeable_on_zalo(reply: Reply) -> None:
    """On an OA each choice is a button or has a number; on a bot each has a number, and the words find it too."""
    for platform in (zalo.OA, zalo.BOT):
        page = zalo.page(reply, platform)
        parts = zalo_text.parts(page.text) if page.text else []
        assert all(len(part) <= zalo_text.TEXT_LIMIT for part in parts)
        lines = "\n".join(parts).splitlines()
        data = [b.action.pack() for b in page.buttons if b.action]
        assert all(zalo.is_press(packed) for packed in data), data
        assert len(page.buttons) <= zalo_text.BUTTONS and all(len(b.label) <= 100 for b in page.buttons)
        for number, choice in enumerate(reply.choices, 1):
            shown_as = f"{number}. {markup.to_plain(markup.escape(choice.label))}"
            button = any((b.action, b.url) == (choice.action, choice.url) for b in page.buttons)
            assert button or any(line.startswith(shown_as) for line in lines), (platform, choice)
