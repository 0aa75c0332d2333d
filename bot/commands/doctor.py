"""`loa doctor`: what is set, what works, and the remedy where something does not."""

import asyncio
import json
from dataclasses import asdict

import typer

from bot.commands.findings import Finding


def doctor(as_json: bool = typer.Option(False, "--json", help="In ra JSON.")) -> None:
    """Kiểm tra cấu hình, token, cơ sở dữ liệu, múi giờ; mỗi lỗi kèm cách khắc phục. Mã thoát 1 khi có lỗi."""
    findings = asyncio.run(_examine())
    if as_json:
        typer.echo(json.dumps([asdict(f) for f in findings], ensure_ascii=False))
    else:
        for finding in findings:
            typer.echo(f"{'✓' if finding.good else '✗'} {finding.name}: {finding.text}")
            if not finding.good:
                typer.echo(f"    → {finding.remedy}")
    raise typer.Exit(0 if all(f.good for f in findings) else 1)


async def _examine() -> list[Finding]:
    from pydantic import ValidationError

    from bot.commands import doctor_zalo
    from bot.misconfigured import REMEDY, sentences
    from bot.settings import Settings

    try:
        settings = Settings()
    except ValidationError as problem:
        return [Finding("Cấu hình", False, "; ".join(sentences(problem)), REMEDY)]
    return [
        Finding("Cấu hình", True, "đọc được"),
        _zone(settings),
        _data(settings),
        _holidays(settings),
        await _database(settings),
        *await _telegram(settings),
        *await doctor_zalo.examine(settings),
    ]


def _zone(settings) -> Finding:
    from zoneinfo import ZoneInfoNotFoundError

    try:
        return Finding("Múi giờ", True, settings.zone.key)
    except (ZoneInfoNotFoundError, ValueError):
        return Finding("Múi giờ", False, f"không có {settings.time_zone!r}", "Đặt LOA_TIME_ZONE=Asia/Ho_Chi_Minh.")


def _holidays(settings) -> Finding:
    from datetime import datetime

    from network.calendar import BadCalendar

    year = datetime.now(settings.zone).year
    try:
        known = {day.year for day in settings.calendar.holidays}
    except BadCalendar as problem:
        return Finding("Ngày nghỉ lễ", False, str(problem), "Sửa tệp đặt ở LOA_HOLIDAYS.")
    missing = [str(wanted) for wanted in (year, year + 1) if wanted not in known]
    if missing:
        remedy = "Thêm ngày nghỉ của năm đó vào tệp đặt ở LOA_HOLIDAYS (dạng như network/content/holidays.yaml)."
        return Finding("Ngày nghỉ lễ", False, f"chưa có ngày nghỉ của năm {', '.join(missing)}", remedy)
    return Finding("Ngày nghỉ lễ", True, f"có đến hết năm {max(known)}")


def _data(settings) -> Finding:
    import os
    import shutil

    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as problem:
        return Finding("Thư mục dữ liệu", False, f"{folder}: {problem.strerror}", "Đặt LOA_DATA_DIR vào nơi ghi được.")
    if not os.access(folder, os.W_OK):
        return Finding("Thư mục dữ liệu", False, f"{folder} không ghi được", "Cấp quyền ghi hoặc đổi LOA_DATA_DIR.")
    text = f"{folder}, còn trống {free / 2**30:.1f} GiB"
    return Finding("Thư mục dữ liệu", free > 2**30, text, "Giải phóng đĩa: dưới 1 GiB là nguy hiểm.")


async def _database(settings) -> Finding:
    from sqlalchemy.exc import SQLAlchemyError

    from bot import migrate
    from db.session import Database

    database = Database(settings.database)
    shown = database.url.render_as_string(hide_password=True)
    try:
        found, wanted = await migrate.current(database), migrate.newest()
    except (SQLAlchemyError, OSError) as problem:
        return Finding("Cơ sở dữ liệu", False, f"{shown}: {problem}", "Kiểm tra DATABASE_URL và máy chủ PostgreSQL.")
    finally:
        await database.close()
    return Finding("Cơ sở dữ liệu", found == wanted, f"{shown}, bản {found or 'trống'}", "Hãy chạy: loa db upgrade")


async def _telegram(settings) -> list[Finding]:
    if settings.sandboxed:
        return [Finding("Telegram", True, "chưa đặt TELEGRAM_TOKEN: chạy trên nền tảng giả lập")]
    if "telegram" not in settings.platforms:
        return [Finding("Telegram", True, "không dùng")]
    import httpx

    try:
        async with httpx.AsyncClient(proxy=settings.telegram_proxy or None, timeout=10) as client:
            answer = (await client.get(f"{settings.api_base}/bot{settings.token}/getMe")).json()
            hook = (await client.get(f"{settings.api_base}/bot{settings.token}/getWebhookInfo")).json()
    except (httpx.HTTPError, ValueError) as problem:
        remedy = "Kiểm tra mạng; đặt LOA_TELEGRAM_PROXY hoặc LOA_TELEGRAM_API (máy chủ Bot API riêng)."
        return [Finding("Telegram", False, f"không tới được {settings.api_base} ({type(problem).__name__})", remedy)]
    if not answer.get("ok"):
        said = answer.get("description", "không rõ")
        return [Finding("Telegram", False, f"token bị từ chối: {said}", "Lấy lại token từ @BotFather.")]
    return [Finding("Telegram", True, f"@{answer['result']['username']}"), _webhook(settings, hook.get("result", {}))]


def _webhook(settings, info: dict) -> Finding:
    url, wanted = info.get("url", ""), settings.telegram_webhook
    if url and not wanted:
        remedy = "Tiến trình listen sẽ gỡ webhook khi khởi động; nếu không muốn, đặt LOA_TELEGRAM_WEBHOOK."
        return Finding("Webhook", False, f"đang đặt {url} nhưng cấu hình là polling", remedy)
    waiting = info.get("pending_update_count", 0)
    error = info.get("last_error_message")
    text = f"{'webhook ' + url if url else 'polling'}, {waiting} cập nhật chờ"
    if error and wanted:
        return Finding("Webhook", False, f"{text}; lỗi gần nhất: {error}", "Kiểm tra tên miền, chứng thư, tường lửa.")
    return Finding("Webhook", True, text)
