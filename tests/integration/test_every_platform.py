"""The network's work, told on each platform by people who hold nothing but its telephones: what has buttons is pressed,
what has numbers is typed. Worker, letters and notices are the real ones; only the platform is a postman's."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from bot.amending import NEVER as CHANGES_NOTHING
from bot.channels import Held, Letter
from db import deliveries, notices
from handlers import zalo
from handlers.reply import Action, Choice, Reply
from knowledge.catalogue import Catalogue
from network import markup, starter
from network.case_times import CaseRules
from network.quiet import NEVER
from network.reminder_times import Rules
from tests.briefing import member
from tests.postman import Postman, until, working
from tests.stories import brief_written_and_signed
from tests.talking import Phone
from tests.zalo_talking import ZaloPhone

TITLE, WRONG, RIGHT = "Trợ cấp hưu trí xã hội", "từ đủ 75 tuổi", "từ đủ 70 tuổi"


@pytest.fixture
def template() -> str:
    return "stocked"


class ZaloPostman(Postman):
    """Zalo changes no message and deletes none."""

    async def edit(self, address: str, message_ids: tuple[str, ...], letter: Letter) -> Held:
        return Held(CHANGES_NOTHING, asked=False)

    async def delete(self, address: str, message_ids: tuple[str, ...], priority: int = 2) -> Held:
        return Held(CHANGES_NOTHING, asked=False)


class Somebody:
    """A person of the network and their telephone, on whichever platform."""

    def __init__(self, network: "Network", address: str) -> None:
        self.network, self.address = network, address
        kind = (network.database, address, datetime.now(UTC))
        made = Phone(*kind, **network.needs) if network.telegram else None
        self.phone = made or ZaloPhone(network.database, network.platform, address, kind[2], **network.needs)
        self.read = 0  # letters and notices that were looked at

    async def say(self, text: str, expect: str = "") -> str:
        return await self._act(self.phone.say(text), expect)

    async def press(self, label: str, expect: str = "") -> str:
        if self.network.telegram:
            label = next((c.label for c in self.phone.last.choices if label in c.label), label).removeprefix("✓ ")
        return await self._act(self.phone.press(label), expect)

    async def _act(self, turn, expect: str) -> str:
        self.phone.now = datetime.now(UTC)
        said = await turn
        text = said if isinstance(said, Reply) else "\n".join((said, *self.phone.labels))
        if isinstance(said, Reply):
            text = "\n".join((said.toast, markup.to_plain(said.text), *(choice.label for choice in said.choices)))
        assert expect in text, f"{expect!r} is not in {text!r}"
        return text

    async def wait_for(self, expect: str) -> str:
        """The next letter or notice with these words; its buttons, or numbers, are what is pressed next."""
        await until(lambda: any(expect in markup.to_plain(one.text) for one in self._letters()))
        letter = next(one for one in self._letters() if expect in markup.to_plain(one.text))
        self.read = self.network.post.letters.index(letter) + 1
        await until(self.network.all_written)  # nobody reads faster than that
        reply = Reply(letter.text, tuple(_choice(button) for row in letter.buttons for button in row))
        if self.network.telegram:
            self.phone.last = reply
        else:
            self.phone.page = zalo.page(reply, self.network.platform)
            self.phone.text = self.phone.page.text
        return markup.to_plain(letter.text)

    def _letters(self) -> list[Letter]:
        return [letter for letter in self.network.post.letters[self.read :] if letter.address == self.address]


def _choice(button) -> Choice:
    return Choice(button.label, Action.unpack(button.data) if button.data else None, button.url)


class Network:
    def __init__(self, database, platform: str, index: Catalogue) -> None:
        self.database, self.platform, self.telegram = database, platform, platform == "telegram"
        self.needs = {"index": index, "quiet": NEVER, "case_rules": CaseRules(rules=Rules(quiet=NEVER))}
        self.post = (Postman if self.telegram else ZaloPostman)(platform)
        self.post.platform = platform

    async def all_written(self) -> bool:
        async with self.database.reading() as db:
            return not await deliveries.lessees(db) and not await notices.lessees(db)

    async def with_member(self, name: str, role: str) -> Somebody:
        async with self.database.transaction() as db:
            who = await member(db, name, role, datetime.now(UTC), platform=self.platform)
        return Somebody(self, who.address)


@pytest.fixture(params=["telegram", zalo.OA, zalo.BOT])
async def network(request, database):
    made = Network(database, request.param, await Catalogue.open(database))
    async with AsyncExitStack() as working_hours:
        await working_hours.enter_async_context(working(database, made.post))
        yield made


@pytest.fixture
async def author(network) -> Somebody:
    return await network.with_member("Phạm Quang Bình", "super_admin")


@pytest.fixture
async def approver(network) -> Somebody:
    return await network.with_member("Đỗ Ngọc Lan", "super_admin")


@pytest.fixture
async def reader(network) -> Somebody:
    return await network.with_member("Trần Văn Tâm", "communicator_commune")


async def send(author: Somebody, approver: Somebody) -> None:
    text = f"{TITLE}\nNgười {WRONG} được hưởng.\n\nHồ sơ nộp tại UBND cấp xã."
    await brief_written_and_signed(author, approver, text, people=3)


async def test_a_brief_goes_out_comes_back_is_put_right_and_taken_back(author, approver, reader):
    await send(author, approver)
    assert WRONG in await reader.wait_for(TITLE)
    await reader.press("Đã nhận", "Đã ghi nhận")
    await reader.say("/bantin", TITLE)
    await reader.press(TITLE, WRONG)
    await reader.press("Báo cáo kết quả", "Báo cáo kết quả")
    await reader.say("https://example.vn/bai", "Đã ghi")
    await reader.say("1200 lượt xem", "1.200")
    await reader.press("Xong", "Đã gửi báo cáo")
    await approver.wait_for(TITLE)  # from now on a number belongs to the letter
    await approver.say("/bantin", TITLE)
    await approver.press(TITLE, "Tình hình gửi")
    await approver.press("Tình hình gửi", "Đã xác nhận: 1 người")
    await approver.press("Đính chính", "Nội dung nào sai")
    await approver.say(f"Người {WRONG}", "Nội dung đúng là gì")
    await approver.say(f"Người {RIGHT}", "Đã thay phần sai")
    await approver.press("Xem trước", f"Người {RIGHT} được hưởng")
    await approver.press("Trình duyệt", "Đã trình để duyệt")
    await author.wait_for("Bản tin chờ duyệt")
    await author.press("Đọc và duyệt", f"Nội dung sai: Người {WRONG}")
    await author.press("Duyệt", "Đã duyệt bản tin")
    await author.press("Gửi ngay", "Đang gửi")
    assert RIGHT in await reader.wait_for("ĐÍNH CHÍNH bản tin")
    await reader.press("Xem bản đã sửa", RIGHT)
    await author.wait_for("ĐÍNH CHÍNH bản tin")
    await author.say("/bantin", "Bản tin gần đây")
    await author.press(TITLE, "Tình hình gửi")  # the correction's, which is the latest
    await author.press("Tình hình gửi", "Đính chính bản tin")
    await author.press("Thu hồi", "đã nhận")
    await author.say("Số liệu chưa được thẩm định", "Đang thu hồi")
    assert "Số liệu chưa được thẩm định" in await reader.wait_for("đã được thu hồi")
    await author.wait_for("Đã thu hồi xong")


async def test_a_question_travels_to_an_expert_and_back(author, reader):
    await reader.say("luong co so bao nhieu", "2.530.000")
    await reader.say("Bản đồ số của phường cập nhật ở đâu vậy?", "Anh/chị")
    await reader.press("Chuyển chuyên gia", "Đã chuyển câu hỏi")
    await author.wait_for("chờ anh/chị trả lời")
    await author.press("Trả lời", "gõ câu trả lời")
    await author.say("Bản đồ số đăng trên cổng của phường.", "văn bản nào")
    await author.say("không", "Xem lại trước khi gửi")
    await author.press("Gửi câu trả lời", "cho 1 người hỏi")
    assert "cổng của phường" in await reader.wait_for("Chuyên gia đã trả lời")


async def test_somebody_is_invited_from_the_chat_joins_pauses_and_is_forgotten(author, network):
    async with network.database.transaction() as db:
        await starter.load_starter(db, datetime.now(UTC))
    await author.say("/moi", "vai trò")
    await author.press("xã, phường", "bao nhiêu người")
    made = await author.press("50 người, cần xác nhận", "Lời mời đã sẵn sàng")
    code = made.rpartition("Mã: ")[2].split()[0].strip("`*")
    new = Somebody(network, "70000000000000000")
    await new.say("xin chào", "mời")
    await new.say("/start SAIMA" if network.telegram else "SAIMA", "mã mời" if not network.telegram else "không đúng")
    await new.say(f"/start {code}" if network.telegram else code, "họ và tên")
    await new.say("🙂🙂", "họ và tên")
    await new.say("Trần Văn Tâm", "cơ quan")
    await new.say("ubnd ca mau", "địa bàn")
    await new.say("ca mau", "xã, phường")
    await new.say("Phường An Xuyên", "chủ đề")
    await new.press("Nhận tất cả", "Đồng ý")
    await new.press("Tôi đồng ý", "chờ cơ quan xác nhận")
    await author.wait_for("Người mới chờ xác nhận")
    await author.press("Xác nhận", "Đã xác nhận")
    await new.wait_for("đã tham gia mạng lưới")
    await new.say("/tamdung", "bao lâu")
    await new.press("7 ngày", "Đã tạm dừng")
    await new.say("/tieptuc", "nhận tin trở lại")
    await new.say("/xoadulieu", "không khôi phục được")
    await new.press("Xóa dữ liệu của tôi", "Đã xóa dữ liệu")
    await new.say("/toi", "không lưu thông tin nào")
