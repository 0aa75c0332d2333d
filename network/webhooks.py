"""Which addresses are told what, and how a telling is signed."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from db import webhooks as table
from db.webhooks import Event, Webhook
from network import audit
from network.refusals import Refusal

PAUSES = tuple(timedelta(minutes=n) for n in (1, 5, 30, 120, 360, 1440))  # after each failure; then it is given up
SIGNATURE = "loa-signature"


def sign(secret: str, body: bytes, at: datetime) -> str:
    """`t=<seconds>,v1=<hex>`: HMAC-SHA256 over "<seconds>.<body>", so that an old telling cannot be sent again."""
    moment = str(int(at.timestamp()))
    made = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={made}"


async def add(db: AsyncSession, url: str, events: Sequence[str], now: datetime) -> Webhook:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or len(url) > 2000:
        raise Refusal("Địa chỉ nhận sự kiện có dạng https://máy/đường-dẫn, không kèm tên và mật khẩu.")
    if not events or (unknown := [event for event in events if event not in list(Event)]):
        wrong = f"Không có sự kiện {', '.join(unknown)}. " if events else ""
        raise Refusal(f"{wrong}Chọn trong: {', '.join(Event)}.")
    secret = secrets.token_urlsafe(32)
    hook = Webhook(url=url, secret=secret, events=sorted(set(events)), created_at=now)
    db.add(hook)
    await db.flush()
    detail = {"url": url, "events": hook.events}
    await audit.record(db, now, "webhook.added", subject=f"webhook:{hook.id}", detail=detail)
    return hook


async def remove(db: AsyncSession, number: int, now: datetime) -> Webhook:
    hook = await db.get(Webhook, number)
    if hook is None or hook.removed_at:
        raise Refusal(f"Không có địa chỉ nhận sự kiện số {number}. Xem danh sách bằng: loa webhook list")
    await table.remove(db, hook, now)
    await audit.record(db, now, "webhook.removed", subject=f"webhook:{number}")
    return hook
