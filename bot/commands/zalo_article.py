"""`loa zalo article`: a brief that was sent, also as an article of the OA, and broadcast to its followers."""

import asyncio
from typing import Annotated, Any

import typer


def article(
    which: Annotated[str, typer.Argument(metavar="BẢN_TIN", help="Số hoặc mã bản tin đã gửi.")],
    broadcast: Annotated[
        bool, typer.Option("--broadcast", help="Gửi quảng bá bài viết đến mọi người quan tâm OA.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Gửi quảng bá lại khi lần trước chưa rõ kết quả và OA chưa gửi.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Gỡ bài viết, ví dụ khi bản tin bị thu hồi.")] = False,
    person: Annotated[int | None, typer.Option("--as", help="Mã người thực hiện.")] = None,
) -> None:
    """Đăng bản tin thành bài viết của OA; chạy lại lệnh thì làm tiếp, không đăng hay gửi hai lần."""
    from bot.settings import Settings
    from bot.zalo_articles import NotDone
    from bot.zalo_tokens import NoToken, Unavailable
    from network.refusals import Refusal

    try:
        typer.echo(asyncio.run(publish(Settings(), which, person, broadcast=broadcast, again=again, remove=remove)))
    except Refusal as refusal:
        typer.echo(refusal.text, err=True)
        raise typer.Exit(1) from None
    except (NotDone, NoToken, Unavailable) as problem:
        typer.echo(f"loa: {problem}", err=True)
        raise typer.Exit(1) from None


async def publish(settings: Any, which: str, person: int | None, **wanted: bool) -> str:
    """What was done, as a sentence."""
    import httpx

    from bot.outgoing import OA
    from bot.zalo_articles import Articles
    from bot.zalo_tokens import Tokens
    from db.session import Database

    database = Database(settings.database)
    try:
        async with httpx.AsyncClient(proxy=settings.zalo_proxy or None, timeout=20) as http:
            tokens = Tokens(database, OA, settings.zalo_app, http, copy=settings.zalo_token_copy)
            articles = Articles(tokens, http, settings.zalo_base("openapi", settings.zalo_oa_api))
            return await carry_out(database, articles, settings.zalo_picture, which, person, **wanted)
    finally:
        await database.close()


async def carry_out(
    database: Any, articles: Any, picture: str, which: str, person: int | None, *, broadcast: bool = False,
    again: bool = False, remove: bool = False,
) -> str:
    from datetime import UTC, datetime

    from bot.commands import brief_acting
    from bot.zalo_publishing import Publisher

    async with database.reading() as db:
        who, draft = await brief_acting.account(db, person), await brief_acting.find(db, which)
    publisher = Publisher(database, articles, draft, who, datetime.now(UTC))
    if remove:
        gone = await publisher.remove()
        return f"Đã gỡ bài viết của bản tin {draft.id}." if gone else f"Bản tin {draft.id} không có bài viết nào."
    row = await publisher.publish(picture)
    done = f"Bản tin {draft.id} đã là bài viết {row.article_id} của OA."
    if not broadcast:
        return done
    if not await publisher.broadcast(again=again):
        return f"{done} Bài viết đã được gửi quảng bá trước đó, không gửi lại."
    return f"{done} Đã gửi quảng bá; Zalo duyệt khoảng 30 phút rồi mới chuyển đến người quan tâm."
