"""`loa zalo`: the permission of the Official Account, given by its administrator and kept alive by Loa."""

import asyncio
import json
from typing import Annotated, Any

import typer

from bot.commands import zalo_article

app = typer.Typer(help="Zalo OA: cấp quyền và tình trạng token.", no_args_is_help=True)
CHANNEL = "zalo_oa"
app.command()(zalo_article.article)


@app.command()
def consent(
    code: Annotated[str, typer.Option(help="Mã hoặc cả địa chỉ trình duyệt quay về; bỏ trống để được hỏi.")] = "",
) -> None:
    """In liên kết để quản trị viên OA đồng ý, rồi nhận mã mang về. Làm một lần, và khi Loa báo cần làm lại."""
    from bot.settings import Settings
    from bot.zalo_app import code_in

    settings = Settings()
    if not (settings.has_zalo_oa or settings.sandboxed):
        _refuse("chưa đặt LOA_ZALO_OA_APP_ID và LOA_ZALO_OA_APP_SECRET. Xem docs/zalo.md.")
    if not code:
        typer.echo("1. Quản trị viên OA mở liên kết này, chọn OA và bấm Đồng ý:\n")
        typer.echo(f"   {settings.zalo_app.consent_link}\n")
        typer.echo(f"   (Code Challenge để lưu trong trang quản trị ứng dụng: {settings.zalo_app.challenge})\n")
        typer.echo("2. Trong 10 phút, dán vào đây mã, hoặc cả địa chỉ trình duyệt quay về.")
        code = typer.prompt("Mã")
    found, oa_id = code_in(code)
    if not found:
        _refuse("không thấy mã trong phần vừa dán. Địa chỉ quay về phải có đoạn code=….")
    asyncio.run(_consent(settings, found, oa_id))
    typer.echo("Đã nhận token và lưu vào cơ sở dữ liệu. Kênh zalo_oa được gửi; Loa tự gia hạn từ nay.")


async def _consent(settings: Any, code: str, oa_id: str | None) -> None:
    from datetime import UTC, datetime

    import httpx

    from bot.zalo_tokens import Refused, Tokens, Unavailable
    from db import lanes
    from db.session import Database
    from network import audit

    database = Database(settings.database)
    try:
        async with httpx.AsyncClient(proxy=settings.zalo_proxy or None) as http:
            await Tokens(database, CHANNEL, settings.zalo_app, http).consent(code, oa_id)
        async with database.transaction() as db:
            await lanes.thaw(db, CHANNEL)
            await audit.record(db, datetime.now(UTC), "zalo.consented", subject=f"lane:{CHANNEL}")
    except Refused as refused:
        _refuse(f"Zalo từ chối: {refused}. Mã chỉ dùng một lần trong 10 phút; hãy mở lại liên kết để lấy mã mới.")
    except Unavailable as problem:
        _refuse(f"chưa tới được máy chủ cấp quyền của Zalo ({problem}). Hãy thử lại, hoặc đặt LOA_ZALO_PROXY.")
    finally:
        await database.close()


@app.command()
def token(as_json: Annotated[bool, typer.Option("--json", help="In ra JSON.")] = False) -> None:
    """Token còn đến bao giờ, gia hạn lần cuối khi nào. Không in token."""
    from bot.settings import Settings
    from network import moments

    row = asyncio.run(_row(Settings().database))
    if row is None:
        _refuse("chưa có token. Hãy chạy: loa zalo consent")
    if as_json:
        names = ("oa_id", "consented_at", "got_at", "expires_at", "trouble")
        found = {name: getattr(row, name) for name in names}
        typer.echo(json.dumps(found, ensure_ascii=False, default=lambda moment: moment.isoformat()))
    else:
        typer.echo(f"OA {row.oa_id or '(chưa rõ mã)'}: token dùng được đến {moments.say(row.expires_at)}")
        typer.echo(f"Gia hạn lần cuối {moments.say(row.got_at)}; quản trị viên đồng ý {moments.say(row.consented_at)}")
        if row.trouble:
            typer.echo(f"Không gia hạn được: {row.trouble}\n    → Hãy chạy: loa zalo consent")
    raise typer.Exit(1 if row.trouble else 0)


async def _row(url: str) -> Any:
    from db import zalo_tokens
    from db.session import Database

    database = Database(url)
    try:
        async with database.reading() as db:
            return await zalo_tokens.read(db, CHANNEL)
    finally:
        await database.close()


def _refuse(why: str) -> None:
    typer.echo(f"loa: {why}", err=True)
    raise typer.Exit(1)
