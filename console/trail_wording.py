"""A row of the audit log in words: what its details say, and the page of what it is about."""

from collections.abc import Iterable, Mapping
from typing import Any

from console import wording
from db.audit import AuditRow
from network import people, roles, topics

LABELS = {
    "role": "vai trò", "agency": "cơ quan", "max_uses": "số người", "as": "định dạng", "rows": "số dòng",
    "state": "trạng thái", "searched": "tìm theo tên", "days": "số ngày", "push": "lần gửi", "named": "kèm họ tên",
    "version": "bản", "note": "ghi chú", "reason": "lý do", "why": "lý do", "anyway": "vẫn làm vì", "entry": "mục",
    "draft": "bản nháp", "live": "có hiệu lực ngay", "question": "câu hỏi", "file": "tệp", "entries": "mục",
    "people": "người đã xem", "person": "người", "whole": "xem toàn bộ", "from": "người trước", "to": "người nhận việc",
    "due": "hạn mới", "name": "tên", "scopes": "phạm vi", "url": "địa chỉ", "events": "sự kiện", "hash": "mã nội dung",
    "void": "mã hết hiệu lực", "was": "trước đó", "edition": "bản số", "planned": "số người nhận",
    "alone": "một chữ ký", "kept": "giữ hồ sơ", "links": "số liên kết", "new": "mới", "kind": "loại",
    "report": "báo cáo số", "into": "vào cơ quan", "parent": "cơ quan cấp trên", "by_code": "bằng mã mời",
    "province": "tỉnh", "provinces": "số tỉnh", "agencies": "số cơ quan", "changed": "thay đổi", "same": "không đổi",
    "at": "lúc", "when": "lúc", "channel": "kênh", "topic": "chủ đề", "session": "phiên", "device": "thiết bị",
    "late": "quá hạn", "lead": "phụ trách", "sent": "đã gửi", "failed": "không gửi được", "document": "văn bản",
}
PEOPLE = {"person", "from", "to", "kept", "lead"}  # whose value is a person's id
AGENCIES = {"agency", "into", "parent"}
SHOWN = 6  # names of many people
PLACES = {"brief": "/briefs/{}", "person": "/people/{}", "case": "/inbox/{}", "work": "/knowledge/missing/{}"}


def _about(*subjects: str) -> tuple[str, ...]:
    return tuple(act for act in wording.ACTS if act.partition(".")[0] in subjects)


KINDS = {  # code of the filter → (what it is called, the acts)
    "duyet": ("Ai đã duyệt gì", (
        "brief.approved", "brief.returned", "brief.sent_alone", "entry.published", "entry.returned", "person.confirmed",
        "person.refused",
    )),
    "du-lieu": ("Ai đã xem dữ liệu cá nhân", (
        "people.seen", "people.exported", "deliveries.exported", "conversation.seen",
    )),
    "gui": ("Gửi, dừng, thu hồi", (
        "brief.released", "brief.paused", "brief.resumed", "brief.stopped", "brief.retried", "brief.rest_sent",
        "brief.added", "brief.recalled", "brief.scheduled", "brief.unscheduled", "brief.done", "brief.ended",
    )),
    "tri-thuc": ("Kho tri thức", _about("entry", "golden", "phrasing", "work", "legal")),
    "nguoi": ("Con người và lời mời", _about("person", "invitation", "identity", "roster", "agency")),
    "dang-nhap": ("Đăng nhập, khóa API", _about("console", "token", "webhook")),
}


def people_in(rows: Iterable[AuditRow]) -> set[int]:
    """Ids whose names the page needs."""
    found: set[int] = set()
    for row in rows:
        for name, value in (row.detail or {}).items():
            if name in PEOPLE and isinstance(value, int):
                found.add(value)
            if name == "people" and isinstance(value, list):
                found.update(value[:SHOWN])
        kind, _, number = (row.subject or "").partition(":")
        if kind == "person" and number.isdigit():
            found.add(int(number))
    return found


def details(row: AuditRow, names: Mapping[int, str], agencies: Mapping[int, str]) -> list[tuple[str, str]]:
    """(what, value), both in words."""
    return [
        (LABELS.get(name, "khác"), said) for name, value in (row.detail or {}).items()
        if (said := _said(name, value, names, agencies))
    ]


def _said(name: str, value: Any, names: Mapping[int, str], agencies: Mapping[int, str]) -> str:
    if value is None or value == "":
        return ""
    if name in ("role", "agency") and isinstance(value, list) and len(value) == 2:  # before and after
        before, after = (_said(name, one, names, agencies) or "–" for one in value)
        return f"{before} → {after}" if before != after else before
    if name == "people" and isinstance(value, list):
        told = ", ".join(names.get(one, f"người {one}") for one in value[:SHOWN])
        return told + (f" và {len(value) - SHOWN} người khác" if len(value) > SHOWN else "")
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, list):
        more = ["…"] if len(value) > SHOWN else []
        return ", ".join([*(_said(name, one, names, agencies) for one in value[:SHOWN]), *more])
    if isinstance(value, dict):
        return ", ".join(f"{LABELS.get(key, 'khác')}: {_said(key, one, names, agencies)}" for key, one in value.items())
    if isinstance(value, int) and name in PEOPLE | AGENCIES:
        return (names if name in PEOPLE else agencies).get(value, f"số {value}")
    return _code(name, str(value))


def _code(name: str, value: str) -> str:
    known = {
        "role": roles.name_of(value), "topic": topics.name_of(value), "channel": wording.channel(value),
        "state": people.STATE_NAMES.get(value, value), "hash": value[:12], "void": value[:12], "as": value.upper(),
    }
    return known.get(name, value)


def about(row: AuditRow, names: Mapping[int, str]) -> tuple[str, str]:
    """(in words, path of its page or "")."""
    kind, _, which = (row.subject or "").partition(":")
    said = wording.about(row.subject)
    if kind == "person" and which.isdigit():
        said = names.get(int(which)) or said
    if kind == "entry" and which:
        return said, f"/knowledge?tim={which}&trang-thai=published"
    return said, PLACES[kind].format(which) if kind in PLACES and which.isdigit() else ""


def subject_of(typed: str) -> str:
    """“bản tin 12” → brief:12; what is a subject already stays."""
    for code, name in wording.SUBJECTS.items():
        if typed.casefold().startswith(f"{name} ") and (which := typed[len(name) + 1 :].strip()):
            return f"{code}:{which}"
    return typed
