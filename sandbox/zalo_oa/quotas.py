"""What is left: of a person's windows, of the packages, and when it ends."""

from datetime import timedelta
from typing import Any

from sandbox.zalo_oa.errors import ZaloError
from sandbox.zalo_oa.state import Oa


def expires(oa: Oa) -> str:
    """The last day of this month, DD/MM/YYYY."""
    first_of_next = (oa.local().replace(day=1) + timedelta(days=32)).replace(day=1)
    return f"{first_of_next - timedelta(days=1):%d/%m/%Y}"


async def message(oa: Oa, body: dict[str, Any]) -> Any:
    """Of one person ({user_id}), or the packages ({quota_owner, product_type, quota_type})."""
    if "user_id" in body:
        return _person(oa, body["user_id"])
    if body.get("quota_owner") not in ("OA", "APP") or body.get("product_type") not in ("cs", "transaction"):
        raise ZaloError(-201)
    if body.get("quota_type") not in ("sub_quota", "purchase_quota", "reward_quota"):
        raise ZaloError(-201)
    total = oa.rules.package_messages
    if not total or body["quota_type"] != "sub_quota" or body["product_type"] != "cs" or body["quota_owner"] != "OA":
        return []
    asset = {"quota_type": "sub_quota", "product_type": "cs", "total": total, "remain": total - oa.sub_used}
    return [asset | {"valid_through": expires(oa), "status": "available", "asset_id": "loa-sandbox-package"}]


def _person(oa: Oa, user_id: Any) -> dict[str, Any]:
    phone = oa.person(user_id)
    last = phone.last_interaction
    used = phone.since_free if oa.rules.free_quota == "counted" else 0
    free = last is not None and oa.clock.now() - last <= oa.rules.free_hours * 3600
    return {
        "last_interaction": str(int(last * 1000)) if last is not None else "0",
        "cs_reply": {"remain": 8 - used if free else 0, "total": 8},
        "promotion": {"daily_remain": 0, "daily_total": 0, "monthly_remain": 0, "monthly_total": 0},
    }


async def of_message(oa: Oa, body: dict[str, Any]) -> Any:
    """POST /v2.0/oa/quota/message {message_id}."""
    for phone in oa.phones.values():
        if sent := phone.by_wire(str(body.get("message_id"))):
            return {"type": {"free": "reply", "paid": "charged"}.get(sent.billed, sent.billed), "remain": 8, "total": 8}
    raise ZaloError(-201, "message_id is invalid")
