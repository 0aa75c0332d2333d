"""What `loa doctor` says of an OA: cause and remedy for each state it can be in."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bot import tallies
from bot.commands import doctor_zalo
from bot.settings import Settings

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
