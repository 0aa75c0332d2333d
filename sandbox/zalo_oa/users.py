"""People of the OA as the app may list them, their tags, and the OA itself."""

from datetime import datetime, timedelta
from typing import Any

from sandbox.zalo_oa.errors import ZaloError
from sandbox.zalo_oa.state import HANOI, NAME, OA_ID, Oa
from sandbox.zalo_phones import Phone

LAST_OFFSET, MOST = 9951, 50
PERIODS = ("TODAY", "YESTERDAY", "L7D", "L30D")


async def getlist(oa: Oa, data: dict[str, Any]) -> dict[str, Any]:
    offset, count = _number(data, "offset", 0), _number(data, "count", MOST)
    if offset > LAST_OFFSET or not 1 <= count <= MOST:
        raise ZaloError(-210, f"offset at most {LAST_OFFSET}, count 1 to {MOST}")
    found = [p.id for p in oa.phones.values() if _wanted(oa, p, data)]
    users = [{"user_id": one} for one in found[offset : offset + count]]
    return {"total": len(found), "count": count, "offset": offset, "users": users}


def _number(data: dict[str, Any], name: str, default: int) -> int:
    try:
        number = int(data.get(name, default))
    except (TypeError, ValueError):
        raise ZaloError(-201, f"{name} is not a number") from None
    if number < 0:
        raise ZaloError(-201, f"{name} is negative")
    return number


def _wanted(oa: Oa, phone: Phone, data: dict[str, Any]) -> bool:
    if not phone.follower and phone.last_interaction is None:
        return False
    if (tag := data.get("tag_name")) and tag not in phone.tags:
        return False
    if "is_follower" in data and phone.follower != (str(data["is_follower"]).lower() == "true"):
        return False
    period = data.get("last_interaction_period")
    return not period or _within(oa, phone, str(period))


def _within(oa: Oa, phone: Phone, period: str) -> bool:
    """TODAY, YESTERDAY, L7D, L30D, or YYYY_MM_DD:YYYY_MM_DD."""
    today = oa.local().date()
    first, last = today, today
    if period == "YESTERDAY":
        first = last = today - timedelta(days=1)
    elif period in ("L7D", "L30D"):
        first = today - timedelta(days=int(period[1:-1]))
    elif period != "TODAY":
        try:
            first, last = (datetime.strptime(day, "%Y_%m_%d").date() for day in period.split(":"))
        except ValueError:
            raise ZaloError(-201, "last_interaction_period") from None
    seen = phone.last_interaction
    return seen is not None and first <= datetime.fromtimestamp(seen, HANOI).date() <= last


async def detail(oa: Oa, data: dict[str, Any]) -> dict[str, Any]:
    phone = oa.phones.get(str(data.get("user_id", "")))
    if phone is None:
        raise ZaloError(-201, "user_id is invalid")
    last = phone.last_interaction
    return {
        "user_id": phone.id, "user_id_by_app": str(int(phone.id) + 10**15), "user_external_id": "",
        "display_name": phone.name, "user_alias": phone.alias or phone.name, "is_sensitive": False,
        "user_last_interaction_date": f"{datetime.fromtimestamp(last, HANOI):%d/%m/%Y}" if last is not None else "",
        "user_is_follower": phone.follower, "avatar": "", "avatars": {"120": "", "240": ""},
        "tags_and_notes_info": {"notes": [], "tag_names": phone.tags}, "shared_info": {},
    }


async def getoa(oa: Oa, _data: dict[str, Any]) -> dict[str, Any]:
    return {
        "oa_id": OA_ID, "name": NAME, "description": "", "oa_alias": "", "is_verified": True, "oa_type": 2,
        "cate_name": "Cơ quan nhà nước", "num_follower": sum(p.follower for p in oa.phones.values()), "avatar": "",
        "cover": "", "package_name": "Nâng cao", "package_valid_through_date": f"31/12/{oa.local():%Y}",
        "package_auto_renew_date": "", "linked_ZCA": "loa-sandbox-zca",
    }


async def tag(oa: Oa, body: dict[str, Any]) -> dict[str, Any]:
    phone, name = oa.person(body.get("user_id")), _tag(body)
    if name not in phone.tags:
        phone.tags.append(name)
        oa.tell("add_user_to_tag", oa_id=OA_ID, tag={"user_ids": [phone.id], "name": name})
    return {}


async def untag(oa: Oa, body: dict[str, Any]) -> dict[str, Any]:
    phone, name = oa.person(body.get("user_id")), _tag(body)
    if name in phone.tags:
        phone.tags.remove(name)
        oa.tell("remove_user_from_tag", oa_id=OA_ID, tag={"user_ids": [phone.id], "name": name})
    return {}


async def drop_tag(oa: Oa, body: dict[str, Any]) -> dict[str, Any]:
    name = _tag(body)
    for phone in oa.phones.values():
        phone.tags = [t for t in phone.tags if t != name]
    oa.tell("remove_tag", oa_id=OA_ID, tag={"name": name})
    return {}


async def tags(oa: Oa, _data: dict[str, Any]) -> list[str]:
    return sorted({tag for phone in oa.phones.values() for tag in phone.tags})


def _tag(body: dict[str, Any]) -> str:
    name = body.get("tag_name")
    if not isinstance(name, str) or not name.strip():
        raise ZaloError(-201, "tag_name is missing")
    return name
