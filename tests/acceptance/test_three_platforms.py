"""What a newcomer sees: `loa run` with nothing configured, and the start page's phones of all three platforms."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from bot.demo import PHONES
from sandbox import embedded
from tests.acceptance.phones import Phone
from tests.acceptance.zalo_phones import ZaloPhone
from tests.stories import brief_written_and_signed

ROOT = Path(__file__).parent.parent.parent
STARTED = 60.0  # seconds at most
NEWCOMERS = {"telegram": "70001", "zalo_oa": "7000000000000000101", "zalo_bot": "6e70a1000001"}
AUTHOR, APPROVER = (phone.id for phone in PHONES if phone.joined)
QUESTION, ANSWER = "chi thi 07 la gi", "21/3/2023"


@pytest.fixture(scope="module")
def start_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Loa and its sandbox in one process, as `make run` starts them."""
    folder = tmp_path_factory.mktemp("newcomer")
    with embedded.free_socket() as probe:
        port = probe.getsockname()[1]
    configured = ("LOA_", "TELEGRAM_", "DATABASE_URL", "PORT")
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(configured)},
        "LOA_DATA_DIR": str(folder / "var"), "PORT": str(port), "PYTHONPATH": str(ROOT),
    }
    with (folder / "loa.log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"], env=environment, cwd=folder, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + STARTED
        while "Mở http" not in (said := (folder / "loa.log").read_text()):
            assert running.poll() is None and time.monotonic() < deadline, f"Loa did not start:\n{said}"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0, (folder / "loa.log").read_text()


@pytest.fixture
async def client(start_page: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=start_page, timeout=20) as client:
        yield client


async def shown(client: httpx.AsyncClient, number: str) -> dict:
    phones = (await client.get("/sandbox/phones")).json()["phones"]
    return next(phone for phone in phones if phone["id"] == number)


def of(client: httpx.AsyncClient, platform: str) -> Phone:
    number = NEWCOMERS[platform]
    return Phone(client, number) if platform == "telegram" else ZaloPhone(client, platform, number=number)


async def comes_in(phone: Phone, platform: str) -> None:
    """By the invitation that the page shows on the phone."""
    (invitation,) = (await shown(phone.client, phone.number))["links"]
    code = invitation["url"].rpartition("=")[2]
    if platform == "zalo_oa":
        await phone.act("follow")
        await phone.wait_for("mã mời")
    await phone.say(f"/start {code}" if platform == "telegram" else code, "họ và tên")
    if platform == "commune":
        await phone.say("Bùi Thị Lành", "xã, phường")
        await phone.say("Phường An Xuyên", "chủ đề")
    elif platform == "zalo_bot":  # whose invitation names no province
        await phone.say("Hồ Minh Khang", "địa bàn")
        await phone.say("hà nội", "chủ đề")
    else:
        await phone.say("Hồ Minh Khang", "chủ đề")
    await phone.press("Nhận tất cả", "Đồng ý xử lý dữ liệu cá nhân")
    await phone.press("Tôi đồng ý", "đã tham gia mạng lưới")


async def is_sent_a_brief(client: httpx.AsyncClient, title: str) -> None:
    """Written by one administrator, signed and sent by the other."""
    text = f"{title}\nNgười từ đủ **75 tuổi** được hưởng."
    await brief_written_and_signed(Phone(client, AUTHOR), Phone(client, APPROVER), text)


@pytest.mark.parametrize("platform", NEWCOMERS)
async def test_from_the_invitation_to_the_farewell(client: httpx.AsyncClient, platform: str):
    phone, title = of(client, platform), f"Trợ cấp hưu trí xã hội, {platform}"
    await comes_in(phone, platform)
    answer = await phone.say(QUESTION, "Nguồn")
    assert ANSWER in answer["text"]
    await is_sent_a_brief(client, title)
    await phone.wait_for(title)
    await asyncio.sleep(0.5)  # nobody reads faster; till then a number belongs to what was offered before
    await phone.press("Đã nhận", "" if platform == "telegram" else "Cảm ơn")
    await phone.press("Báo cáo kết quả", "Báo cáo kết quả")
    await phone.say("https://example.vn/bai", "Đã ghi")
    await phone.press("Xong", "Đã gửi báo cáo")
    approver = Phone(client, APPROVER)
    await approver.press_until("Tình hình gửi", "Đã xác nhận: 1 người")
    await phone.say("/roi", "chắc chắn")
    await phone.press("Rời mạng lưới", "đã rời mạng lưới")


async def test_silent_for_eight_days_the_template_opens_the_window_again(client: httpx.AsyncClient):
    phone, title = ZaloPhone(client, "zalo_oa", number="7000000000000000102"), "Lịch tiêm vắc xin tháng 12"
    await comes_in(phone, "commune")
    assert (await client.post("/sandbox/clock", json={"forward": 8 * 86_400})).status_code == 200
    await is_sent_a_brief(client, title)
    told = await phone.wait_for("vừa gửi anh/chị tin")
    assert title in told["text"] and told["billed"] == "template"
    begun = time.monotonic()
    letter = await phone.press("Nhận toàn văn", "75 tuổi")
    assert time.monotonic() - begun < 5, "a second on an idle machine"
    assert letter["billed"] == "free"
    await phone.act("read")
    await phone.press("Đã nhận", "Cảm ơn")
    approver = Phone(client, APPROVER)
    said = await approver.press_until("Tình hình gửi", "Chi phí đến nay: 84 đồng")
    assert "Đã đến máy: 1, đã xem: 1 (Zalo OA báo về)" in said["text"]
