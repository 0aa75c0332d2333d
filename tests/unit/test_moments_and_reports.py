from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network import attachments, moments, reports
from network.refusals import Refusal


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("8h30 ngày 25/11", "08:30 ngày 25/11/2026"),
        ("8h30", "08:30 ngày 25/11/2026"),  # past today: tomorrow
        ("10h", "10:00 ngày 24/11/2026"),
        ("14h mai", "14:00 ngày 25/11/2026"),
        ("2h chiều", "14:00 ngày 24/11/2026"),
        ("7 giờ tối nay", "19:00 ngày 24/11/2026"),
        ("9 giờ rưỡi ngày mai", "09:30 ngày 25/11/2026"),
        ("thứ hai 8h", "08:00 ngày 30/11/2026"),
        ("chủ nhật 7h", "07:00 ngày 29/11/2026"),
        ("sau 2 giờ", "11:00 ngày 24/11/2026"),
        ("30 phút nữa", "09:30 ngày 24/11/2026"),
        ("2026-11-25 08:30", "08:30 ngày 25/11/2026"),
        ("25-11-2026 lúc 8h", "08:00 ngày 25/11/2026"),
        ("8h 1/1", "08:00 ngày 1/1/2027"),
        ("8h ngày 25 tháng 11 năm 2026", "08:00 ngày 25/11/2026"),
        ("8h30 NGAY 25/11", "08:30 ngày 25/11/2026"),
        ("thứ tư tuần sau 8h", "08:00 ngày 2/12/2026"),
        ("8h ngày kia", "08:00 ngày 26/11/2026"),
    ],
)
def test_times_as_people_type_them(typed, said, now):
    assert moments.say(moments.read(typed, now)) == said


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("mai", "chưa rõ giờ"), ("🙂", "chưa rõ giờ"), ("", "chưa rõ giờ"), ("25h", "không hợp lệ"),
        ("8h75", "không hợp lệ"), ("8h ngày 30/2", "không có trong lịch"), ("8h ngày 23/11/2026", "đã qua"),
        ("8h ngày 1/1/2029", "một năm"), ("hôm nay 8h", "đã qua"), ("hôm qua 8h", "đã qua"), ("8h hom kia", "đã qua"),
        ("20h tối qua", "đã qua"), ("2 giờ trước", "đã qua"), ("8h thứ hai tuần trước", "đã qua"),
        ("9h năm ngoái", "đã qua"), ("8h tuần sau", "chưa rõ ngày"),
    ],
)
def test_other_times_are_refused_with_an_example(typed, why, now):
    with pytest.raises(Refusal, match=why):
        moments.read(typed, now)


@given(st.text(max_size=40))
def test_any_text_is_a_future_time_or_a_sentence(typed):
    now = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    try:
        assert now < moments.read(typed, now) <= now + moments.LONGEST
    except Refusal as refusal:
        assert refusal.text.endswith(".")


@given(st.datetimes(datetime(2026, 11, 25), datetime(2027, 11, 23)))
def test_what_is_said_is_understood(moment):
    now = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    exact = moment.replace(second=0, microsecond=0, tzinfo=UTC) - timedelta(hours=7)
    assert moments.read(moments.say(exact), now) == exact


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("1.200 người", reports.Part(reach=1200)),
        ("khoảng 3 nghìn lượt", reports.Part(reach=3000)),
        ("500", reports.Part(reach=500)),
        ("https://a.vn/x, 1200 lượt", reports.Part(link="https://a.vn/x", reach=1200)),
        ("www.abc.vn/bai.", reports.Part(link="https://www.abc.vn/bai", note=".")),
        ("Đã phát 3 lần", reports.Part(note="Đã phát 3 lần")),
        ("", reports.Part()),
    ],
)
def test_a_reports_message_is_told_apart_by_its_shape(typed, part):
    found = reports.understand(typed)
    assert (found.link, found.reach) == (part.link, part.reach)
    assert found.note == part.note or part.note == "."


def test_unbelievable_reports_are_refused():
    for typed in ("999999999999", "x" * 2001):
        with pytest.raises(Refusal):
            reports.understand(typed)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"), (b"\x89PNG\r\n\x1a\nrest", "image/png"), (b"GIF89a", "image/gif"),
        (b"RIFF0000WEBPVP8", "image/webp"), (b"%PDF-1.7", "application/pdf"), (b"MZ\x90", None), (b"", None),
        (b"<html>", None),
    ],
)
def test_files_are_known_by_their_first_bytes(data, kind):
    assert attachments.kind_of(data) == kind


def test_size_limits_follow_the_platform():
    assert attachments.problem_of(10_000_000, "image/png") is None
    assert "tối đa 10 MB" in attachments.problem_of(10_000_001, "image/png")
    assert attachments.problem_of(10_000_001, "application/pdf") is None
    assert "tối đa 50 MB" in attachments.problem_of(50_000_001, "application/pdf")
    assert "rỗng" in attachments.problem_of(0, "application/pdf")
