"""Times as people type them in Vietnamese: "8h30 ngày 25/11", "14h chiều mai", "sau 2 giờ"."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from network import names
from network.refusals import Refusal

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
EXAMPLE = "Ví dụ: 8h30 ngày 25/11, 14h chiều mai, sau 2 giờ."
SIGNS = "/:.-"
LONGEST = timedelta(days=365)
_AFTER = re.compile(r"^(?:sau )?(\d{1,3}) (phut|gio|tieng|ngay)(?: nua)?$")
_CLOCK = re.compile(
    r"\b(\d{1,2})\s*(?:[hg:]|gio)"
    r"(?:\s*(\d{1,2})(?![/.\-\d]|\s*thang)|\s*(ruoi))?"  # the number after the hour may be a day: "8h 1/1"
    r"\s*(?:phut|p)?(?![a-z0-9])"
)
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_DAY = re.compile(r"\b(\d{1,2})\s*(?:[/.\-]|thang)\s*(\d{1,2})(?:\s*(?:[/.\-]|nam)\s*(\d{4}))?\b")
_WEEKDAYS = {"hai": 0, "ba": 1, "tu": 2, "nam": 3, "sau": 4, "bay": 5}
_PAST = re.compile(
    r"\b(?:(?:hom|sang|trua|chieu|toi|dem) (?:qua|kia)|(?:phut|gio|tieng|hom|ngay|tuan|thang|nam|[2-7]|nhat) truoc"
    r"|(?:ngay|tuan|thang|nam) (?:qua|roi|ngoai)|vua (?:roi|qua)|nam ngoai)\b"
)
_NEXT_WEEK = re.compile(r"\btuan (?:sau|toi)\b")
_WEEKDAY = re.compile(r"\bthu (hai|ba|tu|nam|sau|bay|[2-7])\b|\b(chu nhat|cn)\b")


def read(typed: str, now: datetime, zone: ZoneInfo = VIETNAM) -> datetime:
    """An aware UTC time in the future. A clock time without a day is its next occurrence; refuses with a sentence."""
    text = _folded(typed)
    if after := _AFTER.match(text):
        unit = {"phut": "minutes", "ngay": "days"}.get(after.group(2), "hours")
        return _future(now + timedelta(**{unit: int(after.group(1))}), now)
    if _PAST.search(text):
        raise Refusal(f"“{names.tidy(typed)[:60]}” đã qua. Anh/chị vui lòng chọn thời điểm khác. {EXAMPLE}")
    rest = _ISO.sub(" ", text)
    clock = _CLOCK.search(rest)
    if clock is None:
        raise Refusal(f"Loa chưa rõ giờ gửi. Anh/chị vui lòng gõ cả giờ và ngày. {EXAMPLE}")
    hour, minute = _time(clock, text)
    today = now.astimezone(zone).date()
    day = _day(text, rest[: clock.start()] + " " + rest[clock.end() :], today)
    moment = datetime(*(day or today).timetuple()[:3], hour, minute, tzinfo=zone)
    if day is None and moment <= now:
        moment += timedelta(days=1)
    return _future(moment.astimezone(UTC), now)


def _folded(typed: str) -> str:
    """As names.fold, but with the signs that stand in times."""
    words = (word if word in SIGNS else names.fold(word) for word in re.split(r"([/:.\-])", typed))
    return re.sub(r"\s*([/:.\-])\s*", r"\1", " ".join(words)).strip(f" {SIGNS}")


def _time(clock: re.Match[str], text: str) -> tuple[int, int]:
    hour, minute = int(clock.group(1)), 30 if clock.group(3) else int(clock.group(2) or 0)
    if re.search(r"\b(chieu|toi|dem)\b", text) and hour < 12:
        hour += 12
    if hour > 23 or minute > 59:
        raise Refusal(f"Giờ “{clock.group().strip()}” không hợp lệ; giờ từ 0 đến 23, phút từ 0 đến 59. {EXAMPLE}")
    return hour, minute


def _day(text: str, rest: str, today: date) -> date | None:
    try:
        if iso := _ISO.search(text):
            return date(*map(int, iso.groups()))
        if typed := _DAY.search(rest):
            day, month, year = int(typed.group(1)), int(typed.group(2)), typed.group(3)
            found = date(int(year or today.year), month, day)
            return found if year or found >= today else date(today.year + 1, month, day)
    except ValueError:
        raise Refusal(f"Ngày này không có trong lịch. Anh/chị vui lòng kiểm tra lại. {EXAMPLE}") from None
    if weekday := _WEEKDAY.search(rest):
        wanted = 6 if weekday.group(2) else _WEEKDAYS.get(weekday.group(1), -1)
        wanted = int(weekday.group(1)) - 2 if wanted < 0 else wanted
        if _NEXT_WEEK.search(text):
            return today + timedelta(days=7 + wanted - today.weekday())
        return today + timedelta(days=(wanted - today.weekday()) % 7)
    if _NEXT_WEEK.search(text):
        raise Refusal(f"Loa chưa rõ ngày nào của tuần sau. Anh/chị vui lòng gõ cả thứ hoặc ngày. {EXAMPLE}")
    for word, ahead in (("ngay kia", 2), ("mot", 2), ("mai", 1), ("hom nay", 0), ("nay", 0)):
        if re.search(rf"\b{word}\b", rest):
            return today + timedelta(days=ahead)
    return None


def _future(moment: datetime, now: datetime) -> datetime:
    if moment <= now:
        raise Refusal(f"Thời điểm {say(moment)} đã qua. Anh/chị vui lòng chọn thời điểm khác. {EXAMPLE}")
    if moment > now + LONGEST:
        raise Refusal("Chỉ hẹn giờ được trong vòng một năm. Anh/chị vui lòng chọn thời điểm gần hơn.")
    return moment


def day(moment: datetime, zone: ZoneInfo = VIETNAM) -> str:
    """25/11/2026"""
    local = moment.astimezone(zone)
    return f"{local.day}/{local.month}/{local.year}"


def say(moment: datetime, zone: ZoneInfo = VIETNAM) -> str:
    """08:30 ngày 25/11/2026"""
    return f"{moment.astimezone(zone):%H:%M} ngày {day(moment, zone)}"
