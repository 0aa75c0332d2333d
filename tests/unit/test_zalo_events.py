"""What Zalo's events mean, what a typed number is, and what a Reply becomes there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import conversation, numbers, zalo
from handlers.reply import Action, Choice, Picture, Reply
from handlers.zalo import Kind
from network import zalo_text
from tests.zalo_talking import bot_event, oa_event

BIG = "7000000000000000123"  # ids do not fit a float
URL = "https://photo.example.vn/anh.jpg"


def attached(kind: str, **payload) -> dict:
    return {"msg_id": "1", "attachments": [{"type": kind, "payload": payload}]}


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (oa_event("user_send_text", BIG, {"text": "xin chào", "msg_id": "1"}), Kind.SAID),
        (oa_event("user_send_sticker", BIG, attached("sticker", url=URL)), Kind.SAID),
        (oa_event("follow", "", oa_id="5", follower={"id": BIG}), Kind.FOLLOWED),
        (oa_event("unfollow", "", oa_id="5", follower={"id": BIG}), Kind.UNFOLLOWED),
        (oa_event("user_withdraw", BIG), Kind.WITHDREW),
        (oa_event("user_received_message", BIG, {"msg_id": "9"}), Kind.RECEIVED),
        (oa_event("user_seen_message", BIG, {"msg_ids": ["9", "10"]}), Kind.SEEN),
        (oa_event("oa_send_text", "5757575757", {"text": "x"}), Kind.NOTHING),
        (oa_event("oa_send_group_text", "5757575757", {"text": "x"}), Kind.NOTHING),
        (oa_event("change_template_status", ""), Kind.NOTHING),
        (oa_event("user_flies_to_the_moon", BIG), Kind.UNKNOWN),
    ],
)
def test_an_oa_event_is_told_apart_by_its_name(event, kind):
    heard = zalo.read_oa(event)
    assert heard.kind == kind and heard.name == event["event_name"]
    assert heard.at and heard.at.year == 2026
    if kind in (Kind.SAID, Kind.FOLLOWED, Kind.UNFOLLOWED, Kind.WITHDREW):
        assert heard.address == BIG


def test_receipts_name_their_messages():
    assert zalo.read_oa(oa_event("user_received_message", BIG, {"msg_id": 9})).message_ids == ("9",)
    assert zalo.read_oa(oa_event("user_seen_message", BIG, {"msg_ids": ["9", "10"]})).message_ids == ("9", "10")


def test_pictures_files_links_and_contacts_come_in():
    def said(name, message=None, **more):
        return zalo.read_oa(oa_event(name, BIG, message, **more)).said

    assert said("user_send_image", {**attached("image", url=URL), "text": "chú thích"}).photo == URL
    document = said("user_send_file", attached("file", url=URL, name="bao-cao.pdf", size="1200"))
    assert (document.document, document.file_name, document.file_size) == (URL, "bao-cao.pdf", 1200)
    assert said("user_send_link", attached("link", url=URL)).text == URL
    contact = said("user_submit_info", info={"phone": "84912345678", "name": "A"})
    assert contact.phone == "84912345678" and contact.phone_is_own


@pytest.mark.parametrize(
    "event",
    [
        {}, {"event_name": "user_send_text"}, {"event_name": "follow", "sender": {"id": BIG}},
        oa_event("user_send_text", ""), {"event_name": "user_send_text", "sender": "x"},
        oa_event("user_submit_info", BIG), {"event_name": "user_send_image", "sender": {"id": "1"}, "message": "x"},
    ],
)
def test_an_event_that_lacks_what_it_needs_is_no_event(event):
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        zalo.read_oa(event)


def test_a_bots_events():
    heard = zalo.read_bot(bot_event("message.text.received", "6ede9afa66b88fe6d6a9", text="xin chào"))
    assert (heard.kind, heard.address, heard.said.text, heard.person) == (
        Kind.SAID, "6ede9afa66b88fe6d6a9", "xin chào", "Người dùng Zalo",
    )
    for field in ("photo", "photo_url"):
        picture = bot_event("message.image.received", "a", caption="đây", **{field: URL})
        assert zalo.read_bot(picture).said.photo == URL and zalo.read_bot(picture).said.text == "đây"
    assert zalo.read_bot(bot_event("message.unsupported.received", "a")).said.text == ""
    assert zalo.read_bot(bot_event("message.text.received", "a", text="0912 345 678")).said.phone == "0912345678"
    in_group = bot_event("message.text.received", "a", chat={"id": "g", "chat_type": "GROUP"}, text="x")
    assert zalo.read_bot(in_group).kind == Kind.NOTHING
    assert zalo.read_bot({"event_name": "message.poll.received"}).kind == Kind.UNKNOWN
    with pytest.raises(KeyError):
        zalo.read_bot({"event_name": "message.text.received", "message": {"text": "ai?"}})


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1", 1), ("1.", 1), ("1)", 1), (" 2 ", 2), ("12", 12), ("số 1", 1), ("so 3", 3), ("Số 2.", 2), ("chọn 1", 1),
        ("Chọn số 4", 4), ("một", 1), ("Mot", 1), ("hai", 2), ("năm", 5), ("bấm nút 3", 3), ("em chọn 2 ạ", 2),
        ("chọn năm", 5), ("chon tu", 4), ("số một ạ", 1), ("1️⃣", 1), ("mục 2 nhé", 2), ("0", 0), ("999", 999),
    ],
)
def test_a_number_is_read_however_it_is_typed(typed, number):
    assert numbers.number_of(typed)[0] == number


@pytest.mark.parametrize(
    "typed",
    ["", "nam", "Nam", "Tâm", "tu", "Sáu Dân", "1200 lượt xem", "1.200", "chỉ thị 07 là gì", "chọn", "số", "12/3",
     "1 2", "một hai", "0912345678", "2025", "chọn 1 rồi", "x" * 50, "🙂"],
)  # fmt: skip
def test_a_name_an_amount_or_a_question_is_no_number(typed):
    assert numbers.number_of(typed) is None


def test_few_choices_are_buttons_on_an_oa_and_numbers_on_a_bot():
    choices = (Choice("Có", Action("a.all")), Choice("Trang", url="https://example.vn"))
    reply = Reply("Hỏi gì?", choices, toast="Đã *ghi*")
    there = zalo.page(reply, zalo.OA)
    assert there.buttons == reply.choices and "Trả lời" not in there.text
    assert zalo_text.parts(there.text) == ["Đã *ghi*\n\nHỏi gì?"]
    shown = zalo.page(reply, zalo.BOT)
    assert shown.buttons == ()
    assert zalo_text.parts(shown.text) == [
        "Đã *ghi*\n\nHỏi gì?\n\nTrả lời bằng số:\n1. Có\n2. Trang: https://example.vn"
    ]


def test_many_choices_are_numbered_on_an_oa_and_the_first_five_are_buttons():
    reply = Reply("Chọn:", tuple(Choice(f"Mục {n}", Action("a.put", str(n))) for n in range(1, 8)))
    there = zalo.page(reply, zalo.OA)
    assert [b.label for b in there.buttons] == [f"{n}. Mục {n}" for n in range(1, 6)]
    assert "7. Mục 7" in zalo_text.parts(there.text)[0]


def test_pictures_go_only_where_they_can_be_sent():
    reply = Reply("Lời mời", pictures=(Picture("a.png", b"x"),), photos=("https://zalo.example/a", "AgACtelegram"))
    assert zalo.page(reply, zalo.OA).pictures and not zalo.page(reply, zalo.BOT).pictures
    assert zalo_text.parts(zalo.page(reply, zalo.BOT).text) == ["Lời mời\n\nẢnh: https://zalo.example/a"]


def test_where_a_contact_cannot_be_shared_it_is_typed():
    asking = Reply("Số điện thoại?", ask_contact=True)
    assert zalo.page(asking, zalo.OA).ask_contact
    there = zalo.page(asking, zalo.BOT)
    assert not there.ask_contact and "gõ số điện thoại" in there.text


@pytest.mark.parametrize("name", sorted(conversation.ACTIONS))
def test_every_button_of_every_handler_comes_back_as_one(name):
    assert zalo.is_press(Action(name, "12", "a1b2c3").pack()) and zalo.is_press(Action(name, "12:x").pack())


@pytest.mark.parametrize("text", ["ack", "report", "a.b", "xin chào", "https://a.vn|x", "trang.web|1", "Số 1.", "|"])
def test_what_people_type_is_no_button(text):
    assert not zalo.is_press(text)


@pytest.mark.parametrize("text", ["[@123] chào", "chào [@all]", "[[@1]@2] x", "\\[@5\\] x"])
def test_nobody_is_mentioned_by_what_is_relayed(text):
    assert "[@" not in "".join(zalo_text.parts(text))


@given(st.text(max_size=5000))
def test_parts_are_short_and_mention_nobody(text):
    from network import markup

    for part in zalo_text.parts(markup.escape(text)):
        assert 0 < len(part) <= zalo_text.TEXT_LIMIT and not zalo_text._MENTION.search(part)
