"""One's own password and second factor: set, confirmed with a first code, given up."""

import segno
from markupsafe import Markup
from starlette.responses import Response

from console.visit import Visit
from db import notices
from db.console import SignInKey
from handlers.reply import Reply
from network import sign_in_keys

SET = (
    "Anh/chị vừa đặt mật khẩu đăng nhập bảng điều khiển Loa. Nếu không phải anh/chị, vui lòng báo quản trị ngay "
    "và gõ /banlamviec để vào đóng tất cả các phiên."
)
GONE = "Mật khẩu đăng nhập bảng điều khiển Loa của anh/chị vừa được bỏ. Anh/chị vào bằng liên kết: gõ /banlamviec."


async def show(visit: Visit) -> Response:
    return await _page(visit)


async def begin(visit: Visit) -> Response:
    key = await sign_in_keys.made(visit.text("login"), visit.text("password"), visit.text("again"))
    await sign_in_keys.begin(visit.db, visit.who.person_id, key, visit.now)
    return visit.to("/account/key")


async def confirm(visit: Visit) -> Response:
    codes = await sign_in_keys.confirm(visit.db, visit.who.person_id, visit.text("code"), visit.now)
    await notices.put(visit.db, visit.who.person_id, Reply(SET).plain(), visit.now)
    return await _page(visit, codes)


async def renew(visit: Visit) -> Response:
    codes = await sign_in_keys.renew_recovery_codes(visit.db, visit.who.person_id, visit.text("code"), visit.now)
    return await _page(visit, codes)


async def give_up(visit: Visit) -> Response:
    key = await sign_in_keys.of_person(visit.db, visit.who.person_id)
    in_use = key is not None and key.confirmed_at is not None
    await sign_in_keys.give_up(visit.db, visit.who.person_id, visit.text("code"), visit.now)
    if in_use:
        await notices.put(visit.db, visit.who.person_id, Reply(GONE).plain(), visit.now)
    return visit.to("/account", "bokhoa")


async def _page(visit: Visit, codes: list[str] | None = None) -> Response:
    """`codes`: new recovery codes, which no later page can show."""
    person = visit.who.person_id
    key = await sign_in_keys.of_person(visit.db, person)
    left = await sign_in_keys.recovery_codes_left(visit.db, person)
    picture = _picture(key) if key and not key.confirmed_at else ""
    return visit.page("key.html", key=key, left=left, codes=codes or [], picture=picture)


def _picture(key: SignInKey) -> Markup:
    """On white also where the page is dark: cameras expect it."""
    drawn = segno.make(sign_in_keys.address(key), error="m")
    return Markup(drawn.svg_inline(scale=5, border=3, light="white", title="Mã QR cho ứng dụng xác thực"))
