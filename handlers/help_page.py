"""Help, the command menu, and the sentences for what leads nowhere else."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.reply import Reply
from network import console_access, markup
from network.people import Speaker
from network.roles import Permission

BACK = "Anh/chị có thể gõ câu hỏi bất cứ lúc nào, hoặc gõ /trogiup để xem các lệnh."

MENU = {
    "trogiup": "Hướng dẫn sử dụng",
    "hoi": "Hỏi một câu",
    "bantin": "Các bản tin",
    "toi": "Thông tin của tôi trong mạng lưới",
    "lienket": "Nối Telegram với Zalo",
    "tamdung": "Tạm dừng nhận tin",
    "tieptuc": "Nhận tin trở lại",
    "roi": "Rời mạng lưới",
    "xoadulieu": "Xóa dữ liệu cá nhân của tôi",
}
MENU_FOR = (
    (Permission.WRITE_BRIEF, "soan", "Soạn bản tin"),
    (Permission.APPROVE, "duyet", "Bản tin chờ tôi duyệt"),
    (Permission.EDIT_ENTRIES, "muctin", "Mục tri thức: tìm, soạn, duyệt"),
    (Permission.REVIEW_ENTRIES, "muctin", "Mục tri thức: tìm, soạn, duyệt"),
    (Permission.EDIT_ENTRIES, "viec", "Câu hỏi chưa có câu trả lời"),
    (Permission.ANSWER_CASES, "cauhoi", "Câu hỏi chờ tôi trả lời"),
    *((permission, "banlamviec", "Vào bảng điều khiển web") for permission in sorted(console_access.WORKING)),
    (Permission.VIEW, "thongke", "Thống kê, kèm biểu đồ"),
    (Permission.MANAGE_PEOPLE, "moi", "Tạo lời mời tham gia"),
)

BUSY = (
    "Hệ thống đang bận nên chưa xử lý được. Yêu cầu của anh/chị đã được ghi lại và sẽ được xử lý ngay khi có thể; "
    "anh/chị không cần gửi lại."
)
TROUBLE = "Xin lỗi anh/chị, hệ thống vừa gặp trục trặc và chưa xử lý được. Vui lòng thử lại sau ít phút."

EVERYBODY = (
    "Anh/chị có thể **gõ câu hỏi bằng lời thường**, có dấu hoặc không dấu; Loa trả lời kèm nguồn.\n\n"
    "- /bantin – xem lại các bản tin\n"
    "- /toi – xem thông tin đang lưu về anh/chị\n"
    "- /lienket – nối Telegram với Zalo, chọn kênh nhận tin\n"
    "- /tamdung – tạm dừng nhận tin, /tieptuc – nhận lại\n"
    "- /roi – rời mạng lưới, /xoadulieu – xóa dữ liệu cá nhân"
)
FOR = (
    (Permission.WRITE_BRIEF, "- /soan – soạn bản tin"),
    (Permission.APPROVE, "- /duyet – bản tin chờ anh/chị duyệt"),
    (Permission.EDIT_ENTRIES, "- /muctin – tìm, soạn, duyệt mục tri thức"),
    (Permission.REVIEW_ENTRIES, "- /muctin – tìm, soạn, duyệt mục tri thức"),
    (Permission.EDIT_ENTRIES, "- /viec – câu hỏi chưa có câu trả lời, câu trả lời bị báo chưa đúng"),
    (Permission.ANSWER_CASES, "- /cauhoi – câu hỏi chờ chuyên gia trả lời"),
    *((permission, "- /banlamviec – vào bảng điều khiển web") for permission in sorted(console_access.WORKING)),
    (Permission.VIEW, "- /thongke – thống kê, kèm biểu đồ; /thongke 7 cho 7 ngày"),
    (Permission.MANAGE_PEOPLE, "- /moi – tạo lời mời tham gia"),
)


def menu(permissions: frozenset[Permission]) -> dict[str, str]:
    """Command → description: everybody's, after those of somebody's work."""
    return {name: text for permission, name, text in MENU_FOR if permission in permissions} | MENU


async def show(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    more = dict.fromkeys(line for permission, line in FOR if permission in who.permissions)
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
