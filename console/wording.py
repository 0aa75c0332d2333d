"""Codes of the ledger and the log in the words of those who read them."""

PLATFORMS = {"telegram": "Telegram", "zalo_oa": "Zalo OA", "zalo_bot": "Zalo Bot"}
SUBJECTS = {
    "agency": "cơ quan", "brief": "bản tin", "case": "câu hỏi", "console": "bảng điều khiển",
    "conversation": "trao đổi", "entry": "mục tri thức",
    "golden": "câu hỏi mẫu", "identity": "kênh nhận tin", "invitation": "lời mời", "lane": "kênh gửi",
    "legal": "văn bản pháp luật", "people": "danh sách người", "person": "người", "phrasing": "cách hỏi",
    "push": "lần gửi", "roster": "danh sách nhập", "starter": "dữ liệu khởi đầu", "token": "khóa API",
    "webhook": "điểm nhận tin", "work": "việc soát tri thức", "zalo": "Zalo", "delivery": "danh sách nhận",
}
ACTS = {
    "brief.created": "tạo bản nháp", "brief.edited": "sửa", "brief.reopened": "sửa, chữ ký cũ mất hiệu lực",
    "brief.submitted": "trình duyệt", "brief.approved": "duyệt", "brief.returned": "trả lại",
    "brief.ready": "sẵn sàng gửi", "brief.scheduled": "hẹn giờ gửi", "brief.unscheduled": "bỏ hẹn giờ",
    "brief.released": "bắt đầu gửi", "brief.paused": "tạm dừng", "brief.resumed": "gửi tiếp",
    "brief.stopped": "dừng hẳn", "brief.done": "gửi xong", "brief.ended": "gửi xong", "brief.withdrawn": "rút lại",
    "brief.dropped": "bỏ", "brief.held": "quá giờ hẹn, chờ quyết định", "brief.recalled": "thu hồi",
    "brief.recalled_again": "thử thu hồi lại", "brief.recall_ended": "thu hồi xong",
    "brief.sent_alone": "gửi một chữ ký", "brief.superseded": "dừng vì đã có đính chính", "brief.retried": "gửi lại",
    "brief.rest_sent": "gửi nốt", "brief.added": "gửi cho thành viên mới", "brief.acknowledged": "xác nhận đã nhận",
    "brief.escalated": "báo lên người phụ trách", "brief.read_early": "đọc trước giờ phát hành",
    "brief.reported": "báo cáo kết quả", "push.refused": "nền tảng từ chối nội dung",
    "agency.lead": "đổi người phụ trách", "agency.closed": "đóng cơ quan", "agency.merged": "sáp nhập cơ quan",
    "agency.added": "thêm cơ quan", "agency.reopened": "mở lại cơ quan",
    "agency.moved": "chuyển cơ quan cấp trên", "agency.renamed": "đổi tên cơ quan",
    "case.asked": "hỏi chuyên gia", "case.asked_back": "hỏi lại người hỏi", "case.answered": "trả lời câu hỏi",
    "case.due": "đổi hạn trả lời",
    "case.followed": "bổ sung câu hỏi", "case.handed": "chuyển câu hỏi", "case.refused": "từ chối câu hỏi",
    "conversation.seen": "xem lịch sử trao đổi",
    "console.link": "lấy liên kết đăng nhập", "console.entered": "đăng nhập", "console.closed": "đóng phiên",
    "console.key_set": "đặt mật khẩu đăng nhập", "console.key_removed": "bỏ mật khẩu đăng nhập",
    "console.key_locked": "khóa mật khẩu vì sai nhiều lần", "console.key_unlocked": "mở khóa mật khẩu",
    "console.office_linked": "nối tài khoản cơ quan", "console.office_unlinked": "bỏ nối tài khoản cơ quan",
    "console.code_used": "dùng mã khôi phục", "console.codes_renewed": "đổi mã khôi phục",
    "entry.submitted": "trình mục tri thức", "entry.published": "công bố mục tri thức",
    "entry.returned": "trả lại mục tri thức", "entry.retired": "ngừng dùng mục tri thức",
    "entry.imported": "nhập mục tri thức từ tệp", "entry.dropped": "bỏ mục tri thức",
    "entry.confirmed": "xác nhận mục còn đúng", "entry.joined": "gộp mục tri thức",
    "golden.added": "thêm câu hỏi mẫu", "golden.removed": "bỏ câu hỏi mẫu", "phrasing.accepted": "nhận cách hỏi mới",
    "identity.linked": "nối kênh nhận tin", "identity.unlinked": "bỏ kênh nhận tin",
    "invitation.made": "tạo lời mời", "invitation.revoked": "hủy lời mời", "lane.thawed": "mở lại kênh gửi",
    "legal.imported": "nhập văn bản", "legal.linked": "nối văn bản với mục tri thức",
    "legal.link_confirmed": "xác nhận nối văn bản", "legal.link_rejected": "bỏ nối văn bản",
    "people.seen": "xem thông tin người", "people.exported": "tải danh sách người",
    "deliveries.exported": "tải danh sách nhận", "statistics.exported": "tải thống kê",
    "person.changed": "đổi vai trò, cơ quan", "person.suspended": "tạm ngừng người",
    "person.let_in": "cho tham gia lại", "person.confirmed": "xác nhận người", "person.refused": "không xác nhận người",
    "person.joined": "tham gia", "person.left": "rời mạng lưới", "person.erased": "xóa dữ liệu cá nhân",
    "person.merged": "gộp người trùng", "person.separated": "tách người", "roster.imported": "nhập danh sách",
    "starter.loaded": "nạp dữ liệu khởi đầu", "token.made": "cấp khóa API", "token.revoked": "hủy khóa API",
    "webhook.added": "thêm điểm nhận tin", "webhook.removed": "bỏ điểm nhận tin",
    "work.taken": "nhận việc soát", "work.done": "soát xong", "work.refused": "từ chối việc soát",
    "work.linked": "nối việc soát", "zalo.article": "tạo bài Zalo", "zalo.broadcast": "gửi bài Zalo",
    "zalo.consented": "đồng ý nhận tin Zalo",
}


def act(code: str) -> str:
    """What was done; of an act without a name, at least what it concerns."""
    return ACTS.get(code) or f"việc khác về {SUBJECTS.get(code.partition('.')[0], 'hệ thống')}"


def channel(code: str) -> str:
    """By its platform where it is the only one there; else by the name it was given."""
    return PLATFORMS.get(code, code)


def platform(code: str) -> str:
    return PLATFORMS.get(code) or "kênh khác"


def about(subject: str | None) -> str:
    """“brief:12” → bản tin 12; numbers and keys stay as they are."""
    kind, colon, which = (subject or "").partition(":")
    return f"{SUBJECTS[kind]} {which}" if colon and kind in SUBJECTS else subject or ""
