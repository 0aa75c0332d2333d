"""Why a delivery did not arrive, and what to do about it: one table for the chat, the console and the files."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Todo(StrEnum):
    """In the order in which somebody would go about it."""

    AGAIN = "again"
    MEND = "mend"
    ELSEWHERE = "elsewhere"
    REMIND = "remind"
    UPDATE = "update"
    OPERATOR = "operator"
    NOTHING = "nothing"


TODOS: Mapping[Todo, str] = {
    Todo.AGAIN: "Gửi lại được", Todo.MEND: "Sửa nội dung rồi gửi bản mới", Todo.ELSEWHERE: "Liên hệ bằng kênh khác",
    Todo.REMIND: "Nhắc mở bot hoặc quan tâm OA", Todo.UPDATE: "Cập nhật danh sách",
    Todo.OPERATOR: "Báo quản trị hệ thống", Todo.NOTHING: "Không cần làm gì",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """`returns`: the person may undo it, and then another try reaches them."""

    said: str
    todo: Todo
    returns: bool = False


FAILURES: Mapping[str, Failure] = {  # db.pushes.Delivery.kind
    "blocked": Failure("đã chặn bot", Todo.ELSEWHERE, returns=True),
    "unfollowed": Failure("đã bỏ quan tâm OA", Todo.REMIND, returns=True),
    "never_started": Failure("chưa mở bot", Todo.REMIND, returns=True),
    "inactive": Failure("tài khoản Zalo không hoạt động", Todo.ELSEWHERE, returns=True),
    "cannot_receive": Failure("không nhận được tin", Todo.ELSEWHERE, returns=True),
    "closed": Failure("ngoài thời gian được nhắn trên Zalo", Todo.ELSEWHERE, returns=True),
    "no_account": Failure("không có tài khoản Zalo", Todo.ELSEWHERE),
    "unreachable": Failure("trước đó đã không tới được", Todo.ELSEWHERE),
    "wants_payment": Failure("đòi phí mới nhận tin", Todo.ELSEWHERE),
    "deactivated": Failure("tài khoản đã xóa", Todo.UPDATE),
    "not_found": Failure("không tìm thấy địa chỉ", Todo.UPDATE),
    "is_a_bot": Failure("địa chỉ là một bot", Todo.UPDATE),
    "group_lost": Failure("bot không còn trong nhóm", Todo.UPDATE),
    "down": Failure("nền tảng không nhận sau nhiều lần thử", Todo.AGAIN),
    "answer_lost": Failure("mất phản hồi, có thể đã đến", Todo.AGAIN),
    "crash": Failure("bị ngắt khi đang gửi, có thể đã đến", Todo.AGAIN),
    "unwritten": Failure("chưa ghi được kết quả", Todo.AGAIN),
    "attachment_expired": Failure("tệp đính kèm đã hết hạn trên nền tảng", Todo.AGAIN),
    "refused": Failure("nền tảng từ chối nội dung", Todo.MEND),
    "unreadable": Failure("không đọc được nội dung để gửi", Todo.OPERATOR),
    "over_budget": Failure("hết ngân sách của lần gửi", Todo.OPERATOR),
    "out_of_quota": Failure("hết hạn mức tin của OA", Todo.OPERATOR),
    "recipient_quota": Failure("người này đã nhận đủ số tin được phép", Todo.ELSEWHERE, returns=True),
    "no_money": Failure("tài khoản OA hết tiền", Todo.OPERATOR),
    "template_refused": Failure("mẫu tin Zalo bị từ chối", Todo.OPERATOR),
    "no_rights": Failure("bot không có quyền gửi ở đó", Todo.OPERATOR),
    "group": Failure("OA không gửi được vào nhóm", Todo.OPERATOR),
    "held": Failure("bị nền tảng giữ lại", Todo.OPERATOR),
    "left": Failure("đã rời mạng lưới", Todo.NOTHING),
    "suspended": Failure("bị tạm ngừng tham gia", Todo.NOTHING),
    "paused": Failure("đang tạm dừng nhận tin", Todo.NOTHING),
}
STATES = {  # where no kind says more
    "failed": Failure("không gửi được", Todo.OPERATOR), "skipped": Failure("không gửi", Todo.NOTHING),
    "unknown": Failure("chưa rõ đã đến hay chưa", Todo.AGAIN),
    "stopped": Failure("dừng trước khi gửi", Todo.AGAIN),
}
OTHER = Failure("lý do khác", Todo.OPERATOR)
# What another try may mend at any time: the cause was not the person.
RETRIED = tuple(kind for kind, each in FAILURES.items() if each.todo in (Todo.AGAIN, Todo.MEND, Todo.OPERATOR))
RETURNING = tuple(kind for kind, each in FAILURES.items() if each.returns)


def of(state: str, kind: str | None) -> Failure:
    if state == "stopped":
        return STATES[state]
    return FAILURES.get(kind or "") or STATES.get(state, OTHER)


def grouped(by_kind: Mapping[str, int]) -> dict[Todo, list[tuple[str, int]]]:
    """Of state:kind → how many, as network.pushes.Progress has it: what to do → (why, how many), the most first."""
    found: dict[Todo, dict[str, int]] = {}
    for code, count in by_kind.items():
        state, _, kind = code.partition(":")
        failure = of(state, kind)
        sums = found.setdefault(failure.todo, {})
        sums[failure.said] = sums.get(failure.said, 0) + count
    return {todo: sorted(found[todo].items(), key=lambda row: (-row[1], row[0])) for todo in Todo if todo in found}


def kinds_of(todo: Todo) -> tuple[str, ...]:
    return tuple(kind for kind, each in FAILURES.items() if each.todo == todo)


def held(why: str) -> str:
    """The kind of what a platform holds back: its reason where that is known."""
    return why if why in FAILURES else "held"
