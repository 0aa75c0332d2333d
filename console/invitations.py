"""Invitations: made, shown with a QR picture for those who are to come in, withdrawn."""

from datetime import timedelta

import segno
from markupsafe import Markup
from starlette.responses import Response

from console.records import agency_typed, grantable
from console.visit import Visit
from db import invitations as table
from db.agencies import Agency
from db.people import Invitation
from network import agencies, invitations, roles
from network.refusals import Refusal
from network.roles import Permission

PAGE = 50
USES, DAYS = 5000, 365  # most of an invitation
USABLE = "đang dùng được"
NOT_YOURS = "Lời mời này đã được thu hồi hoặc không thuộc phạm vi của anh/chị."


async def listing(visit: Visit) -> Response:
    every = visit.request.query_params.get("xem") == "tat-ca"
    number, under, me = visit.leaf, visit.who.scope, visit.who.person_id
    at = None if every else visit.now
    count = await table.count(visit.db, under, me, at)
    found = await table.listed(visit.db, under, me, at, PAGE, (number - 1) * PAGE)
    return visit.page(
        "invitations.html", found=[(*row, _standing(visit, row[0])) for row in found], count=count, every=every,
        number=number, more=count > number * PAGE, roles=grantable(visit), may_make=visit.may(Permission.MANAGE_PEOPLE),
    )


def _standing(visit: Visit, one: Invitation) -> str:
    if one.revoked_at:
        return "đã thu hồi"
    if one.expires_at and one.expires_at <= visit.now:
        return "hết hạn"
    return "đã đủ người" if one.max_uses is not None and one.uses >= one.max_uses else USABLE


async def show(visit: Visit) -> Response:
    one = await table.visible(visit.db, visit.number("invitation"), visit.who.scope, visit.who.person_id)
    if one is None:
        raise Refusal(NOT_YOURS)
    agency = await visit.db.get(Agency, one.agency_id) if one.agency_id else None
    standing = _standing(visit, one)
    link = invitations.address(one.code, **visit.needs.ways_in) if standing == USABLE else ""
    return visit.page(
        "invitation.html", one=one, agency=agency, standing=standing, usable=standing == USABLE, link=link,
        picture=_picture(link) if link else "", ways=invitations.ways_in(one.code, **visit.needs.ways_in),
        may_revoke=visit.may(Permission.MANAGE_PEOPLE),
    )


def _picture(link: str) -> Markup:
    """On white also where the page is dark: cameras expect it."""
    drawn = segno.make(link, error="m")
    return Markup(drawn.svg_inline(scale=7, border=3, light="white", title=f"Mã QR: {link}"))


async def make(visit: Visit) -> Response:
    role, agency = roles.find(visit.text("role")), await agency_typed(visit)
    if role is None or not roles.may_grant(visit.who.permissions, role):
        raise Refusal("Vui lòng chọn một vai trò anh/chị giao được.")
    if not visit.may(Permission.ADMINISTER):
        agency = agency or visit.who.scope or None
        if not await agencies.is_below(visit.db, agency, visit.who.scope):
            raise Refusal("Vui lòng chọn một cơ quan trong phạm vi anh/chị quản lý.")
    uses, days = _whole(visit, "uses", USES, "Số người"), _whole(visit, "days", DAYS, "Số ngày")
    made = await invitations.make(
        visit.db, now=visit.now, role=role.code, agency_id=agency, max_uses=uses, valid_for=timedelta(days=days),
        needs_confirmation=visit.text("confirm") == "on", created_by=visit.who.person_id,
        note=visit.text("note").strip()[:200] or None,
    )
    return visit.to(f"/people/invitations/{made.id}", "moi")


def _whole(visit: Visit, name: str, most: int, what: str) -> int:
    typed = visit.text(name).strip()
    if not (typed.isdecimal() and len(typed) < 6 and 1 <= int(typed) <= most):
        raise Refusal(f"{what} là một số từ 1 đến {most:,}.".replace(",", "."))
    return int(typed)


async def revoke(visit: Visit) -> Response:
    found = await table.visible(visit.db, visit.number("invitation"), visit.who.scope, visit.who.person_id)
    if found is None or not await invitations.revoke(visit.db, found.code, visit.now, visit.who.person_id):
        raise Refusal(NOT_YOURS)
    return visit.to("/people/invitations", "thuhoi")
