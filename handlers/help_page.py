"""Help, the command menu, and the sentences for what leads nowhere else."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.reply import Reply
from network import markup
from network.people import Speaker
from network.roles import Permission

BACK = "Anh/chị có thể gõ câu hỏi bất cứ lúc nào, hoặc gõ /trogiup để xem các lệnh."

MENU = {
    "trogiup": "Hướng dẫn sử dụng",
    "hoi": "Hỏi một câu",
    "toi": "Thông tin của tôi trong mạng lưới",
    "tamdung": "Tạm dừng nhận tin",
    "roi": "Rời mạng lưới",
    "bantin": "Bản tin",
    "soan": "Soạn bản tin (biên tập)",
    "duyet": "Bản tin chờ duyệt (người duyệt)",
    "muctin": "Mục tri thức chờ duyệt (thẩm định)",
    "cauhoi": "Câu hỏi chờ trả lời (chuyên gia)",
    "moi": "Tạo lời mời (quản trị)",
}

TROUBLE = "Xin lỗi anh/chị, hệ thống vừa gặp trục trặc và chưa xử lý được. Vui lòng thử lại sau ít phút."

EVERYBODY = (
    "Anh/chị có thể **gõ câu hỏi bằng lời thường**, có dấu hoặc không dấu; Loa trả lời kèm nguồn.\n\n"
    "- /toi – xem thông tin đang lưu về anh/chị\n"
    "- /tamdung – tạm dừng nhận tin, /tieptuc – nhận lại\n"
    "- /roi – rời mạng lưới, /xoadulieu – xóa dữ liệu cá nhân"
)
FOR = (
    (Permission.WRITE_BRIEF, "- /soan – soạn bản tin, /bantin – các bản tin"),
    (Permission.APPROVE, "- /duyet – bản tin chờ anh/chị duyệt"),
    (Permission.REVIEW_ENTRIES, "- /muctin – mục tri thức chờ anh/chị duyệt"),
    (Permission.ANSWER_CASES, "- /cauhoi – câu hỏi chờ chuyên gia trả lời"),
    (Permission.MANAGE_PEOPLE, "- /moi – tạo lời mời tham gia"),
)


async def show(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    more = [line for permission, line in FOR if permission in who.permissions]
    return Reply("\n".join(["**Loa – mạng lưới truyền thông chính sách**\n", EVERYBODY, *more]))


def unknown_command(word: str, who: Speaker) -> Reply:
    shown = markup.escape(word[:32])
    return Reply(f"Loa không có lệnh {shown}. Anh/chị gõ /trogiup để xem các lệnh, hoặc gõ câu hỏi bằng lời thường.")


def file_without_place() -> Reply:
    return Reply(
        "Loa đã nhận tệp nhưng chưa biết gắn vào đâu. Để gửi kết quả, anh/chị bấm “Báo cáo kết quả” dưới bản tin rồi "
        "gửi lại tệp; để hỏi, vui lòng gõ câu hỏi bằng chữ."
    )


COMMANDS = {"trogiup": show, "help": show}
