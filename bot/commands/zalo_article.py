"""`loa zalo article`: a brief that was sent, also as an article of the OA, and broadcast to its followers."""

import asyncio
from typing import Annotated, Any

import typer


def article(
    which: Annotated[str, typer.Argument(metavar="BẢN_TIN", help="Số hoặc mã bản tin đã gửi.")],
    broadcast: Annotated[bool, typer.Option(help="Gửi quảng bá bài viết đến mọi người quan tâm OA.")] = False,
    person: Annotated[int | None, typer.Option("--as", help="Mã người thực hiện.")] = None,
) -> None:
    """Đăng bản tin thành bài viết của OA; chạy lại lệnh thì làm tiếp, không đăng hay gửi hai lần."""
    from bot.settings import Settings
    from bot.zalo_articles import NotDone
    from bot.zalo_tokens import NoToken, Unavailable
    from network.refusals import Refusal

    try:
        typer.echo(asyncio.run(publish(Settings(), which, broadcast, person)))
    except Refusal as refusal:
        typer.echo(refusal.text, err=True)
        raise typer.Exit(1) from None
    except (NotDone, NoToken, Unavailable) as problem:
        typer.echo(f"loa: {problem}", err=True)
        raise typer.Exit(1) from None


async def publish(settings: Any, which: str, broadcast: bool, person: int | None) -> str:
    """What was done, as a sentence. Each step is written before the next."""
    import httpx

    from bot.outgoing import OA
    from bot.zalo_articles import Articles
    from bot.zalo_tokens import Tokens
    from db.session import Database

    database = Database(settings.database)
    try:
        async with httpx.AsyncClient(proxy=settings.zalo_oa_proxy or None, timeout=20) as http:
            tokens = Tokens(database, OA, settings.zalo_app, http)
            articles = Articles(tokens, http, settings.zalo_base("openapi", settings.zalo_oa_api))
            return await carry_out(database, articles, settings.zalo_picture, which, broadcast, person)
    finally:
        await database.close()


async def carry_out(
    database: Any, articles: Any, picture: str, which: str, broadcast: bool, person: int | None
) -> str:
    from datetime import UTC, datetime

    from bot.commands import brief_acting
    from db import briefs as table
    from db.articles import Article
    from network import articles as rules
    from network import audit

    async with database.transaction() as db:
        who = await brief_acting.account(db, person)
        draft = await brief_acting.find(db, which)
        row, issuer = await rules.may_publish(db, draft, who), await table.issuer(db, draft.id)
    now, about = datetime.now(UTC), {"actor": who.person_id, "subject": draft.subject}
    if row is None:
        token = await articles.create(rules.article(draft.content, issuer or "", picture))
        async with database.transaction() as db:
            row = Article(brief_id=draft.id, edition_id=draft.edition_id, token=token, made_at=now)
            db.add(row)
            await audit.record(db, now, "zalo.article", **about)
    if row.article_id is None:
        row.article_id = await articles.made(row.token)
        async with database.transaction() as db:
            await db.merge(row)
    done = f"Bản tin {draft.id} đã là bài viết {row.article_id} của OA."
    if not broadcast:
        return done
    if row.broadcast_at is not None:
        return f"{done} Bài viết đã được gửi quảng bá trước đó, không gửi lại."
    row.message_id, row.broadcast_at = await articles.broadcast(row.article_id), now
    async with database.transaction() as db:
        await db.merge(row)
        await audit.record(db, now, "zalo.broadcast", **about)
    return f"{done} Đã gửi quảng bá; Zalo duyệt khoảng 30 phút rồi mới chuyển đến người quan tâm."
