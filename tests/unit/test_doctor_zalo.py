"""What `loa doctor` says of an OA: cause and remedy for each state it can be in."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest

from bot import tallies
from bot.commands import doctor_zalo
from bot.settings import Settings
from sandbox import embedded
from sandbox.zalo_oa.state import APP_ID, APP_SECRET

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
OA = {"name": "Sở Y tế", "is_verified": True, "linked_ZCA": "zca-1", "package_name": "Nâng cao", "num_follower": 9}


def came(count: int, ago: timedelta = timedelta(0)) -> SimpleNamespace:
    return SimpleNamespace(count=count, last_at=NOW - ago)


@pytest.mark.parametrize(("counted", "good", "words"), [
    ({}, False, "chưa có sự kiện"),
    ({tallies.WRONG_MAC: came(4)}, False, "sai chữ ký"),
    ({tallies.EVENTS: came(7), "mac:oa_id,body,oa_secret": came(7)}, True, "kiểu oa_id,body,oa_secret"),
    ({tallies.EVENTS: came(7), tallies.WRONG_MAC: came(1)}, True, "1 lần sai chữ ký"),
    ({tallies.EVENTS: came(7, timedelta(days=4))}, False, "lâu không có"),
    ({tallies.EVENTS: came(7, timedelta(hours=2)), tallies.LAST_TRY: came(1)}, False, "hủy webhook"),
    ({tallies.EVENTS: came(7), tallies.LAST_TRY: came(1, timedelta(hours=2))}, True, "7 sự kiện"),
])
def test_what_the_webhook_brought(counted, good, words):
    finding = doctor_zalo.webhook(counted, NOW)
    assert finding.good is good and words in finding.text and bool(finding.remedy) is not good


@pytest.mark.parametrize(("change", "words"), [
    ({}, "gói Nâng cao"), ({"is_verified": False}, "chưa xác thực"), ({"linked_ZCA": ""}, "chưa liên kết"),
])
def test_the_account(change, words):
    finding = doctor_zalo.account({**OA, **change}, "25/11/2026")
    assert finding.good is not bool(change) and words in finding.text


async def test_what_is_not_set_is_named():
    settings = Settings(_env_file=None, zalo_oa_app_id="1")
    (finding,) = await doctor_zalo.examine(settings)
    assert not finding.good and "LOA_ZALO_OA_SECRET_KEY" in finding.text
    assert not doctor_zalo.template(settings).good


@pytest.mark.parametrize(("told", "good", "words"), [
    ({"status": "ENABLE", "price_uid": 84}, True, "đã được duyệt"),
    ({"status": "ENABLE"}, True, "đã được duyệt"),
    ({"status": "ENABLE", "price_uid": 99}, False, "Zalo tính 99 đ"),
    ({"status": "REJECT", "reason": "thiếu tên đơn vị"}, False, "bị từ chối: thiếu tên đơn vị"),
    ({"status": "PENDING_REVIEW"}, False, "đang chờ duyệt"),
    ({}, False, "chưa dùng được"),
])
def test_the_template(told, good, words):
    settings = Settings(_env_file=None, zalo_oa_template="400100", zalo_oa_price_template=84)
    finding = doctor_zalo.approval(settings, doctor_zalo.template(settings), told)
    assert finding.good is good and words in finding.text and bool(finding.remedy) is not good


async def test_the_template_is_asked_of_the_platform():
    async with embedded.serve() as base:
        async with httpx.AsyncClient(base_url=base) as http:
            link = f"{base}/zalo/oauth/v4/oa/permission?app_id={APP_ID}"
            code = (await http.get(link, headers={"accept": "application/json"})).json()["code"]
            form = {"app_id": APP_ID, "grant_type": "authorization_code", "code": code}
            paid = await http.post("/zalo/oauth/v4/oa/access_token", data=form, headers={"secret_key": APP_SECRET})
        token = paid.json()["access_token"]
        there = {"_env_file": None, "zalo_business_api": f"{base}/zalo/business"}
        good = await doctor_zalo._template(Settings(**there, zalo_oa_template="400100"), token)
        assert good.good and "đã được duyệt" in good.text
        unknown = await doctor_zalo._template(Settings(**there, zalo_oa_template="1"), token)
        assert not unknown.good and "-109" in unknown.text
    away = await doctor_zalo._template(Settings(**there, zalo_oa_template="400100"), token)
    assert not away.good and "không hỏi được" in away.text
