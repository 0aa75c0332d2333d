"""What `loa doctor` says of Zalo: the OA's permission, its package, what its webhook brought; the bot's token."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.commands.findings import Finding

OA, BOT = "zalo_oa", "zalo_bot"
QUIET = timedelta(days=3)  # without any event: worth a look
NAME, HOOK, FORM = "Zalo OA", "Webhook Zalo OA", "Mẫu tin Zalo"
STATES = {"PENDING_REVIEW": "đang chờ duyệt", "REJECT": "bị từ chối", "DISABLE": "bị tắt", "DELETE": "đã xóa"}


async def examine(settings: Any) -> list[Finding]:
    if settings.sandboxed:
        return [Finding("Zalo", True, "chưa cấu hình Zalo OA hay Zalo Bot: chạy trên nền tảng giả lập")]
    found = await _account(settings) if OA in settings.platforms else []
    return [*found, *([await _bot(settings)] if BOT in settings.platforms else [])]


async def _account(settings: Any) -> list[Finding]:
    from sqlalchemy.exc import SQLAlchemyError

    from db import lanes, tallies, zalo_tokens
    from db.session import Database

    lacking = [name for name, value in (
        ("LOA_ZALO_OA_APP_SECRET", settings.zalo_oa_app_secret.get_secret_value()),
        ("LOA_ZALO_OA_SECRET_KEY", settings.zalo_oa_key), ("LOA_ZALO_OA_ID", settings.zalo_oa),
    ) if not value]
    if lacking:
        return [Finding(NAME, False, f"còn thiếu {', '.join(lacking)}", "Xem docs/zalo.md, bước 2.")]
    database = Database(settings.database)
    try:
        async with database.reading() as db:
            row, lane = await zalo_tokens.read(db, OA), await lanes.read(db, OA)
            counted = {one.name: one for one in await tallies.of(db, OA)}
    except (SQLAlchemyError, OSError):
        return [Finding(NAME, False, "chưa đọc được cơ sở dữ liệu", "Sửa lỗi cơ sở dữ liệu ở trên trước.")]
    finally:
        await database.close()
    if lane is not None and lane.frozen:
        remedy = "Sửa nguyên nhân (thường là: loa zalo consent), rồi chạy: loa lane thaw zalo_oa"
        frozen = [Finding("Kênh Zalo OA", False, f"đang bị dừng: {lane.frozen}", remedy)]
    else:
        frozen = []
    token = row.access if row is not None and row.expires_at > datetime.now(UTC) else ""
    brought, form = webhook(counted, datetime.now(UTC)), await _template(settings, token)
    return [await _permission(settings, row), *frozen, brought, form]


async def _permission(settings: Any, row: Any) -> Finding:
    """The token, and what the platform tells of the OA with it."""
    from network import moments

    again = "Mời quản trị viên OA đồng ý lại: loa zalo consent"
    if row is None:
        remedy = "Hãy chạy: loa zalo consent (docs/zalo.md, bước 4)."
        return Finding(NAME, False, "quản trị viên OA chưa cấp quyền", remedy)
    if row.trouble:
        return Finding(NAME, False, f"không gia hạn được quyền: {row.trouble}", again)
    if row.expires_at <= datetime.now(UTC):
        remedy = "Hãy chạy Loa (loa run hoặc loa push): quyền tự gia hạn. Nếu vẫn lỗi: loa zalo consent"
        return Finding(NAME, False, f"token đã hết hạn {moments.say(row.expires_at)}", remedy)
    return await _told(settings, row.access, moments.say(row.expires_at), again)


async def _told(settings: Any, token: str, until: str, again: str) -> Finding:
    import httpx

    base = settings.zalo_base("openapi", settings.zalo_oa_api)
    try:
        async with httpx.AsyncClient(proxy=settings.zalo_proxy or None, timeout=10) as http:
            said = (await http.get(f"{base}/v2.0/oa/getoa", headers={"access_token": token})).json()
        error, oa = int(said["error"]), said.get("data") or {}
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as problem:
        remedy = "Kiểm tra mạng; đặt LOA_ZALO_PROXY nếu máy chủ ra ngoài qua proxy."
        return Finding(NAME, False, f"không tới được {base} ({type(problem).__name__})", remedy)
    if error:
        return Finding(NAME, False, f"Zalo từ chối: {error} {said.get('message', '')}", again)
    return account(oa, until)


def account(oa: dict[str, Any], until: str) -> Finding:
    """From the answer of getoa."""
    text = (
        f"{oa.get('name', '?')}: gói {oa.get('package_name') or 'không rõ'} đến "
        f"{oa.get('package_valid_through_date') or 'không rõ'}, {oa.get('num_follower', '?')} người quan tâm, "
        f"token dùng được đến {until}"
    )
    if not oa.get("is_verified"):
        remedy = "Xác thực OA trong trang quản trị OA: chưa xác thực thì không gửi được tin ngoài 48 giờ."
        return Finding(NAME, False, f"{text}; chưa xác thực", remedy)
    if not oa.get("linked_ZCA"):
        remedy = "Liên kết OA với Zalo Cloud Account và nạp tiền: tin trả phí và tin theo mẫu trừ tiền ở đó."
        return Finding(NAME, False, f"{text}; chưa liên kết Zalo Cloud Account", remedy)
    return Finding(NAME, True, text)


def webhook(counted: dict[str, Any], now: datetime) -> Finding:
    """From the counters of what came."""
    from bot import tallies
    from network import moments

    wrong, tried, came = (counted.get(name) for name in (tallies.WRONG_MAC, tallies.LAST_TRY, tallies.EVENTS))
    if came is None:
        if wrong is not None:
            remedy = "Kiểm tra LOA_ZALO_OA_SECRET_KEY (OA Secret Key ở mục Webhook của ứng dụng)."
            return Finding(HOOK, False, f"{wrong.count} lần gọi đều sai chữ ký", remedy)
        remedy = "Trong trang ứng dụng, mục Webhook: điền <tên miền>/webhooks/zalo/oa và bật từng sự kiện."
        return Finding(HOOK, False, "chưa có sự kiện nào đến", remedy)
    text = f"{came.count} sự kiện, lần cuối {moments.say(came.last_at)}"
    if tried is not None and tried.last_at > came.last_at:
        remedy = "Vào mục Webhook của ứng dụng, bật lại webhook; kiểm tra tên miền và `loa web`."
        return Finding(HOOK, False, f"{text}; Zalo có thể đã hủy webhook", remedy)
    if now - came.last_at > QUIET:
        remedy = "Nhắn thử một tin cho OA; nếu không đến, bật lại webhook trong trang ứng dụng."
        return Finding(HOOK, False, f"{text}; lâu không có sự kiện", remedy)
    fits = [name.removeprefix("mac:") for name in counted if name.startswith("mac:") and name != tallies.WRONG_MAC]
    text += f"; chữ ký kiểu {' và '.join(sorted(fits))}" if fits else ""
    return Finding(HOOK, True, text + (f"; {wrong.count} lần sai chữ ký" if wrong else ""))


async def _template(settings: Any, token: str) -> Finding:
    """What is set, and what the platform says of it."""
    found = template(settings)
    if not found.good or not token:
        return found
    import httpx

    base, query = settings.zalo_base("business", settings.zalo_business_api), {"template_id": settings.zalo_template}
    try:
        async with httpx.AsyncClient(proxy=settings.zalo_proxy or None, timeout=10) as http:
            answer = await http.get(f"{base}/template/info/v2", params=query, headers={"access_token": token})
        said = answer.json()
        error, told = int(said["error"]), said.get("data") or {}
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as problem:
        remedy = "Kiểm tra mạng, rồi chạy lại: loa doctor"
        return Finding(FORM, False, f"không hỏi được {base} ({type(problem).__name__})", remedy)
    if error:
        remedy = "Xem lại số của mẫu trong LOA_ZALO_OA_TEMPLATE và quyền gửi mẫu của ứng dụng."
        return Finding(FORM, False, f"Zalo từ chối: {error} {said.get('message', '')}", remedy)
    return approval(settings, found, told)


def approval(settings: Any, found: Finding, told: dict[str, Any]) -> Finding:
    """From the answer of template/info."""
    state, price = str(told.get("status") or "?"), told.get("price_uid")
    if state != "ENABLE":
        why = f": {told['reason']}" if told.get("reason") else ""
        remedy = "Sửa và gửi duyệt lại trong trang ZBS; đến lúc đó người im lặng quá 7 ngày không nhận được tin."
        text = f"mẫu {settings.zalo_template} chưa dùng được ({STATES.get(state, state)}{why})"
        return Finding(FORM, False, text, remedy)
    if price is not None and str(price).isdigit() and int(price) != settings.zalo_oa_price_template:
        remedy = f"Đặt LOA_ZALO_OA_PRICE_TEMPLATE={price} và ghi ngày, nguồn vào LOA_ZALO_OA_PRICES_OF."
        return Finding(FORM, False, f"{found.text}; Zalo tính {price} đ một tin theo mẫu", remedy)
    return Finding(FORM, True, f"{found.text}; đã được duyệt")


def template(settings: Any) -> Finding:
    """From the settings alone."""
    if not settings.zalo_template:
        remedy = "Đăng ký mẫu “Bạn có tin chính sách mới” (docs/zalo.md, bước 6), rồi đặt LOA_ZALO_OA_TEMPLATE."
        return Finding(FORM, False, "chưa có: người im lặng quá 7 ngày sẽ không nhận được tin qua OA", remedy)
    price = f"{settings.zalo_oa_price_message} đ một tin trả phí, {settings.zalo_oa_price_template} đ một tin theo mẫu"
    limit = f"; hạn mức mỗi lần gửi {settings.zalo_oa_budget} đ" if settings.zalo_oa_budget else "; không đặt hạn mức"
    return Finding(FORM, True, f"mẫu {settings.zalo_template}; {price} (giá {settings.zalo_oa_prices_of}){limit}")


async def _bot(settings: Any) -> Finding:
    from bot.fatal import Fatal
    from bot.zalo_polling import BotApi, NoAnswer

    base, proxy = settings.zalo_base("bot", settings.zalo_bot_api), settings.zalo_proxy or None
    api = BotApi(base, settings.zalo_bot_key, proxy=proxy)
    try:
        return Finding("Zalo Bot", True, await api.name() or "token dùng được")
    except Fatal as problem:
        return Finding("Zalo Bot", False, str(problem), "Lấy lại token trong Zalo Bot Creator.")
    except NoAnswer as problem:
        return Finding("Zalo Bot", False, f"không trả lời ({problem})", "Kiểm tra mạng, rồi chạy lại loa doctor.")
    finally:
        await api.close()
