"""What joining asks, in order, and how it looks. The first empty field of the person's row is the next question."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency, Commune, Level, Province
from db.people import Invitation, Person, PersonTopic
from handlers import topic_page
from handlers.reply import Action, Choice, Reply
from network import markup, roles, topics
from network.roles import Area

CONSENT_VERSION = "2026-11"  # changes with the text of CONSENT
WELCOME = "Chào mừng anh/chị đến với mạng lưới truyền thông chính sách. Loa cần vài thông tin ngắn."
WAITING = "Thông tin của anh/chị đang chờ cơ quan xác nhận. Loa sẽ nhắn ngay khi có kết quả."
REFUSED = "Cơ quan chưa xác nhận anh/chị tham gia mạng lưới. Anh/chị vui lòng liên hệ người đã gửi lời mời."
SUSPENDED = "Việc tham gia của anh/chị đang bị tạm ngừng. Vui lòng liên hệ người quản trị của cơ quan mình."
CONSENT = (
    "**Đồng ý xử lý dữ liệu cá nhân**\n\n"
    "Loa lưu họ tên, cơ quan, địa bàn, vai trò, chủ đề quan tâm, số điện thoại (nếu anh/chị chia sẻ), và việc nhận, "
    "xác nhận, báo cáo bản tin, để gửi bản tin đúng người và thống kê. Không dùng vào việc khác, không chuyển cho bên "
    "thứ ba. Anh/chị xem dữ liệu bằng /toi, rút đồng ý bằng /roi, xóa dữ liệu bằng /xoadulieu bất cứ lúc nào.\n\n"
    "Căn cứ: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15."
)
HOW_TO_CONSENT = (
    "Anh/chị đọc lại thông tin dưới đây rồi bấm (hoặc gõ) **Tôi đồng ý**. Muốn sửa, anh/chị bấm “Sửa thông tin”."
)
NO_PHONE_YET = "Loa chưa cần số điện thoại ở bước này."


async def step_of(db: AsyncSession, person: Person) -> str:
    """name, role, agency, province, commune, topics, contact, or consent when nothing is missing."""
    role = roles.find(person.role)
    if not person.full_name:
        return "name"
    if role is None:
        return "role"
    if role.agency and person.agency_id is None and not person.agency_typed:
        return "agency"
    agency = await db.get(Agency, person.agency_id) if person.agency_id else None
    in_commune = role.area == Area.COMMUNE or (agency is not None and agency.level == Level.COMMUNE)
    if (in_commune or role.area != Area.NONE) and person.province_code is None:
        return "province"
    if in_commune and not (person.commune_code or person.commune_typed or person.area_done):
        return "commune"
    if not person.topics_chosen:
        return "topics"
    invitation = await db.get(Invitation, person.invitation_id) if person.invitation_id else None
    if (role.contact or (invitation and invitation.needs_contact)) and person.phone is None:
        return "contact"
    return "consent"


async def next_step(db: AsyncSession, person: Person, before: str = "") -> Reply:
    """The next question, after a remark about the last answer."""
    step = await step_of(db, person)
    if step == "topics":
        return topic_page.first("join.topic", before)
    if step == "consent":
        return await _consent(db, person, before)
    text, choices = QUESTIONS[step], ()
    if step == "role":
        choices = tuple(Choice(r.name, Action("join.role", r.code)) for r in roles.roles().values() if r.open)
    return Reply(f"{before}\n\n{text}".strip(), choices, ask_contact=step == "contact")


QUESTIONS = {
    "name": "Anh/chị vui lòng cho biết **họ và tên**.",
    "role": "Anh/chị tham gia với **vai trò** nào?",
    "agency": "Anh/chị công tác tại **cơ quan, đơn vị** nào? Gõ tên hoặc tên viết tắt.",
    "province": "Anh/chị phụ trách địa bàn **tỉnh, thành phố** nào?",
    "commune": "Anh/chị phụ trách **xã, phường, đặc khu** nào?",
    "contact": "Vai trò này cần xác thực số điện thoại. Anh/chị bấm nút **Chia sẻ số điện thoại của tôi** ở dưới.",
}


async def _consent(db: AsyncSession, person: Person, before: str) -> Reply:
    return Reply(
        f"{before}\n\n{await summary(db, person)}\n\n{CONSENT}".strip(),
        (
            Choice("Tôi đồng ý", Action("join.agree", "", CONSENT_VERSION)),
            Choice("Sửa thông tin", Action("join.fix")),
            Choice("Không đồng ý", Action("join.decline")),
        ),
        columns=2,
    )


async def summary(db: AsyncSession, person: Person) -> str:
    agency = await db.get(Agency, person.agency_id) if person.agency_id else None
    province = await db.get(Province, person.province_code) if person.province_code else None
    commune = await db.get(Commune, person.commune_code) if person.commune_code else None
    chosen = await db.scalars(select(PersonTopic.topic).where(PersonTopic.person_id == person.id))
    area = ", ".join(filter(None, (commune.name if commune else person.commune_typed, province and province.name)))
    lines = [
        ("Họ tên", person.full_name), ("Vai trò", roles.name_of(person.role)),
        ("Cơ quan", agency.name if agency else person.agency_typed), ("Địa bàn", area),
        ("Chủ đề", topics.list_names(sorted(chosen)) or "tất cả"), ("Điện thoại", person.phone),
    ]
    return "\n".join(f"- {name}: **{markup.escape(value)}**" for name, value in lines if value)


def correct_what(*, with_role: bool) -> Reply:
    """An invitation to a role fixes it."""
    fields = {"name": "Họ tên", "agency": "Cơ quan", "province": "Địa bàn", "topics": "Chủ đề"}
    fields |= {"role": "Vai trò"} if with_role else {}
    choices = tuple(Choice(label, Action("join.fix", field)) for field, label in fields.items())
    return Reply("Anh/chị muốn sửa mục nào?", choices, columns=2)


def joined(person: Person) -> Reply:
    return Reply(
        f"Cảm ơn anh/chị **{markup.escape(person.full_name or '')}**. Anh/chị đã tham gia mạng lưới. Bản tin sẽ được "
        "gửi tại đây; anh/chị cũng có thể gõ câu hỏi bất cứ lúc nào. Gõ /trogiup để xem hướng dẫn."
    )
