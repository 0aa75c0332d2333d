"""A brief becomes an article of the Official Account, is broadcast, is taken away again: step by step, each written
before the platform is asked and after it answered, so that a repetition goes on where the last one ended."""

from dataclasses import dataclass
from datetime import datetime

from bot.zalo_articles import Articles, NotDone, Unsure
from db import briefs as table
from db.articles import Article
from db.session import Database
from network import articles as rules
from network import audit, briefs, moments
from network.briefs import Acting, Draft

UNSURE = (
    "Lần gửi quảng bá {at} chưa rõ Zalo đã nhận hay chưa. Vui lòng xem mục quảng bá trong trang quản lý OA; nếu "
    "chưa có, chạy lại lệnh với --again"
)


@dataclass(frozen=True, slots=True)
class Publisher:
    database: Database
    articles: Articles
    draft: Draft
    who: Acting
    now: datetime

    async def publish(self, picture: str) -> Article:
        """Raises Refusal, NotDone."""
        async with self.database.transaction() as db:
            row = await rules.may_publish(db, self.draft, self.who)
            begun = row is not None
            if row is None or row.removed_at is not None:
                row = await db.merge(Article(
                    brief_id=self.draft.id, edition_id=self.draft.edition_id, asked_at=self.now, token=None,
                    article_id=None, broadcast_asked_at=None, broadcast_at=None, message_id=None, removed_at=None,
                ))
                begun = False
            issuer = await table.issuer(db, self.draft.id)
        made = rules.article(self.draft.content, issuer or "", picture)
        if row.token is None and row.article_id is None:
            if begun:  # asked before and no answer written: perhaps it is there
                row.article_id = await self.articles.named(made["title"])
            if row.article_id is None:
                row.token = await self.articles.create(made)
            await self._write(row, "zalo.article")
        if row.article_id is None:
            row.article_id = await self.articles.made(row.token or "")
            await self._write(row)
        return row

    async def broadcast(self, *, again: bool) -> bool:
        """False when that was done before. Raises Refusal where it was taken back meanwhile; NotDone; Unsure where
        nobody knows whether it was done."""
        async with self.database.transaction() as db:
            await rules.may_publish(db, await briefs.load(db, self.draft.id, lock=True), self.who)
            row = await db.get_one(Article, self.draft.id, with_for_update=True)
            if row.broadcast_at is not None:
                return False
            if row.broadcast_asked_at is not None and not again:
                raise Unsure(UNSURE.format(at=moments.say(row.broadcast_asked_at)))
            row.broadcast_asked_at = self.now
        try:
            row.message_id = await self.articles.broadcast(row.article_id or "")
        except Unsure:
            raise
        except NotDone:
            row.broadcast_asked_at = None
            await self._write(row)
            raise
        row.broadcast_at = self.now
        await self._write(row, "zalo.broadcast")
        return True

    async def remove(self) -> bool:
        """False when there is none. Raises Refusal, NotDone."""
        async with self.database.transaction() as db:
            row = await rules.may_remove(db, self.draft, self.who)
        if row is None or row.article_id is None or row.removed_at is not None:
            return False
        await self.articles.remove(row.article_id)
        row.removed_at = self.now
        await self._write(row, "zalo.article_removed")
        return True

    async def _write(self, row: Article, act: str = "") -> None:
        async with self.database.transaction() as db:
            await db.merge(row)
            if act:
                await audit.record(db, self.now, act, actor=self.who.person_id, subject=self.draft.subject)
