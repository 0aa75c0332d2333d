"""One suite, two independent clients: what they read out of the sandbox's answers has to be right for both."""

import base64

import httpx
import pytest

from sandbox import embedded
from tests.integration.clients import CLIENTS

MAI = 70001
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.4 a small one"


@pytest.fixture
async def base():
    async with embedded.serve() as base:
        yield base


@pytest.fixture
async def people(base):
    """The people's side, with one phone whose owner has pressed Start."""
    async with httpx.AsyncClient(base_url=base) as people:
        await people.post("/sandbox/phones", json={"id": str(MAI), "name": "Nguyễn Mai"})
        await people.post(f"/sandbox/phones/{MAI}/start", json={})
        yield people


@pytest.fixture(params=CLIENTS)
async def client(request, base, people):
    client = CLIENTS[request.param](embedded.TOKEN, base)
    yield client
    await client.close()


async def newest(people) -> dict:
    return (await people.get(f"/sandbox/phones/{MAI}/messages")).json()["messages"][-1]


async def refused(client, words: str, call) -> Exception:
    with pytest.raises(client.errors) as caught:
        await call
    assert words.lower() in client.said(caught.value).lower()  # python-telegram-bot begins with a capital letter
    return caught.value


async def test_introducing_itself(client):
    me = await client.bot.get_me()
    assert (me.id, me.is_bot, me.username) == (424242, True, embedded.USERNAME)


async def test_updates_are_confirmed_by_asking_further(client):
    first = await client.bot.get_updates()
    assert first[0].message.text == "/start" and first[0].message.entities[0].type == "bot_command"
    again = await client.bot.get_updates()
    assert again[0].update_id == first[0].update_id
    assert len(await client.bot.get_updates(offset=first[-1].update_id + 1, timeout=0)) == 0


async def test_text_with_formatting_and_buttons(client, people):
    sent = await client.bot.send_message(
        chat_id=MAI, text="<b>Đã</b> 🙂 <i>gửi</i> &lt;a&gt;", parse_mode="HTML",
        reply_markup=client.keyboard([("Đã nhận", "ack|1"), ("Hỏi", "ask|1")], [("Báo cáo", "r|1")]),
    )
    assert sent.text == "Đã 🙂 gửi <a>"
    assert [(str(e.type), e.offset, e.length) for e in sent.entities] == [("bold", 0, 2), ("italic", 6, 3)]
    assert [len(row) for row in sent.reply_markup.inline_keyboard] == [2, 1]
    shown = await newest(people)
    assert shown["html"] == "<b>Đã</b> 🙂 <i>gửi</i> &lt;a&gt;" and shown["keyboard"][1][0]["data"] == "r|1"


async def test_files_are_uploaded_once_and_used_again(client):
    photo = await client.bot.send_photo(chat_id=MAI, photo=client.file("a.png", PNG), caption="ảnh")
    again = await client.bot.send_photo(chat_id=MAI, photo=photo.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == photo.photo[-1].file_unique_id and photo.caption == "ảnh"
    document = await client.bot.send_document(chat_id=MAI, document=client.file("văn bản.pdf", PDF))
    assert document.document.file_size == len(PDF) and document.document.file_name.endswith("bản.pdf")
    assert (await client.bot.send_document(chat_id=MAI, document=document.document.file_id)).document
    assert await client.download(document.document.file_id) == PDF


async def test_albums(client):
    photo = await client.bot.send_photo(chat_id=MAI, photo=client.file("a.png", PNG))
    media = [client.photo(photo.photo[-1].file_id), client.photo(client.file("b.png", PNG))]
    album = await client.bot.send_media_group(chat_id=MAI, media=media)
    assert len(album) == 2 and len({m.media_group_id for m in album}) == 1
    await refused(client, "2 to 10", client.bot.send_media_group(chat_id=MAI, media=media[:1]))


async def test_editing(client, people):
    sent = await client.bot.send_message(chat_id=MAI, text="cũ", reply_markup=client.keyboard([("A", "a")]))
    where = {"chat_id": MAI, "message_id": sent.message_id}
    edited = await client.bot.edit_message_text(text="mới", **where)
    assert edited.text == "mới" and edited.edit_date and edited.reply_markup is None
    await refused(client, "not modified", client.bot.edit_message_text(text="mới", **where))
    await client.bot.edit_message_reply_markup(reply_markup=client.keyboard([("B", "b")]), **where)
    assert (await newest(people))["keyboard"][0][0]["text"] == "B"
    photo = await client.bot.send_photo(chat_id=MAI, photo=client.file("a.png", PNG), caption="cũ")
    edited = await client.bot.edit_message_caption(chat_id=MAI, message_id=photo.message_id, caption="mới")
    assert edited.caption == "mới"
    await refused(client, "to edit not found", client.bot.edit_message_text(text="x", chat_id=MAI, message_id=99999))


async def test_deleting_ends_after_two_days(client, people):
    ids = [(await client.bot.send_message(chat_id=MAI, text=str(n))).message_id for n in range(4)]
    assert await client.bot.delete_message(chat_id=MAI, message_id=ids[0])
    assert await client.bot.delete_messages(chat_id=MAI, message_ids=[ids[1], 99999])
    await refused(client, "to delete not found", client.bot.delete_message(chat_id=MAI, message_id=ids[0]))
    await people.post("/sandbox/clock", json={"advance": 48 * 3600 + 5})
    await refused(client, "can't be deleted", client.bot.delete_message(chat_id=MAI, message_id=ids[2]))
    await refused(client, "can't be deleted", client.bot.delete_messages(chat_id=MAI, message_ids=ids[2:]))


async def test_copying_pinning_reacting_and_typing(client, people):
    sent = await client.bot.send_message(chat_id=MAI, text="<b>gốc</b>", parse_mode="HTML")
    copy = await client.bot.copy_message(chat_id=MAI, from_chat_id=MAI, message_id=sent.message_id)
    assert copy.message_id != sent.message_id and (await newest(people))["html"] == "<b>gốc</b>"
    assert await client.bot.pin_chat_message(chat_id=MAI, message_id=copy.message_id)
    reaction = client.reaction("👍")
    assert await client.bot.set_message_reaction(chat_id=MAI, message_id=copy.message_id, reaction=reaction)
    assert await client.bot.send_chat_action(chat_id=MAI, action="typing")
    shown = await newest(people)
    assert shown["pinned"] and shown["reactions"] == [{"emoji": "👍", "from": "bot"}]


async def test_a_press_is_answered_once(client, people):
    sent = await client.bot.send_message(chat_id=MAI, text="?", reply_markup=client.keyboard([("A", "a|7")]))
    pressed = {"message_id": sent.message_id, "data": "a|7"}
    await people.post(f"/sandbox/phones/{MAI}/press", json=pressed)
    press = (await client.bot.get_updates())[-1].callback_query
    assert press.data == "a|7" and press.message.message_id == sent.message_id and press.from_user.id == MAI
    assert await client.bot.answer_callback_query(callback_query_id=press.id, text="Đã ghi nhận", show_alert=True)
    late = client.bot.answer_callback_query(callback_query_id=press.id)
    await refused(client, "query is too old", late)


async def test_commands(client, people):
    commands = [client.command("hoi", "Hỏi một câu"), client.command("toi", "Về tôi")]
    assert await client.bot.set_my_commands(commands)
    assert [c.command for c in await client.bot.get_my_commands()] == ["hoi", "toi"]
    shown = (await people.get(f"/sandbox/phones/{MAI}")).json()["commands"]
    assert shown[0] == {"command": "hoi", "description": "Hỏi một câu"}
    assert await client.bot.set_my_commands(commands[:1], scope=client.chat_scope(MAI))
    shown = (await people.get(f"/sandbox/phones/{MAI}")).json()["commands"]
    assert [c["command"] for c in shown] == ["hoi"]
    assert await client.bot.delete_my_commands(scope=client.chat_scope(MAI))
    shown = (await people.get(f"/sandbox/phones/{MAI}")).json()["commands"]
    assert [c["command"] for c in shown] == ["hoi", "toi"]
    await refused(client, "BOT_COMMAND_INVALID", client.bot.set_my_commands([client.command("Hỏi", "x")]))


async def test_polls(client, people):
    sent = await client.bot.send_poll(chat_id=MAI, question="Dự tập huấn?", options=["Có", "Không"])
    await people.post(f"/sandbox/phones/{MAI}/vote", json={"message_id": sent.message_id, "options": [0]})
    stopped = await client.bot.stop_poll(chat_id=MAI, message_id=sent.message_id)
    assert stopped.is_closed and [o.voter_count for o in stopped.options] == [1, 0]
    await refused(client, "already been closed", client.bot.stop_poll(chat_id=MAI, message_id=sent.message_id))


async def test_a_shared_contact_says_whose_it_is(client, people):
    await people.post("/sandbox/phones", json={"id": str(MAI), "phone_number": "+84900000001"})
    await people.post(f"/sandbox/phones/{MAI}/contact", json={"own": True})
    await people.post(f"/sandbox/phones/{MAI}/contact", json={"own": False})
    own, other = [u.message.contact for u in (await client.bot.get_updates())[-2:]]
    assert own.user_id == MAI and own.phone_number == "+84900000001" and other.user_id is None


async def test_blocking_is_told_and_refused(client, people):
    await people.post(f"/sandbox/phones/{MAI}/block")
    change = (await client.bot.get_updates())[-1].my_chat_member
    assert (change.old_chat_member.status, change.new_chat_member.status) == ("member", "kicked")
    await refused(client, "bot was blocked by the user", client.bot.send_message(chat_id=MAI, text="x"))
    await people.post(f"/sandbox/phones/{MAI}/unblock")
    assert await client.bot.send_message(chat_id=MAI, text="x")
    await people.post(f"/sandbox/phones/{MAI}/deactivate", json={})
    await refused(client, "user is deactivated", client.bot.send_message(chat_id=MAI, text="x"))


@pytest.mark.parametrize(
    ("words", "parameters"),
    [
        ('Unsupported start tag "x" at byte offset 4', {"text": "là <x>a</x>"}),
        ('Can\'t find end tag corresponding to start tag "b"', {"text": "<b>a"}),
        ('expected "</b>", found "</i>"', {"text": "<b>a</i>"}),
        ("message is too long", {"text": "a" * 4097}),
        ("text must be non-empty", {"text": "<b> </b>"}),
        ("chat not found", {"text": "a", "chat_id": 5}),
    ],
)
async def test_what_is_refused_about_texts(client, words, parameters):
    await refused(client, words, client.bot.send_message(**{"chat_id": MAI, "parse_mode": "HTML", **parameters}))


async def test_what_is_refused_about_buttons_files_and_strangers(client, people):
    large = client.keyboard([("A", "đ" * 33)])
    await refused(client, "BUTTON_DATA_INVALID", client.bot.send_message(chat_id=MAI, text="a", reply_markup=large))
    unknown = client.bot.send_photo(chat_id=MAI, photo="AgADunknown")
    await refused(client, "wrong file identifier", unknown)
    caption = client.bot.send_photo(chat_id=MAI, photo=client.file("a.png", PNG), caption="a" * 1025)
    await refused(client, "caption is too long", caption)
    await people.post("/sandbox/phones", json={"id": "70002", "name": "Chưa bấm bắt đầu"})
    await refused(client, "can't initiate conversation", client.bot.send_message(chat_id=70002, text="a"))


async def test_a_ceiling_says_how_long_to_wait(client, people):
    await people.put("/sandbox/faults", json={"rate": 2, "retry_after": 3})
    await client.bot.send_message(chat_id=MAI, text="1")
    await client.bot.send_message(chat_id=MAI, text="2")
    problem = await refused(client, "", client.bot.send_message(chat_id=MAI, text="3"))
    assert client.wait(problem) == 3


async def test_webhooks_exclude_polling(client):
    await client.bot.set_webhook(url="https://loa.example.vn/telegram", secret_token="a_b-1")
    info = await client.bot.get_webhook_info()
    assert info.url == "https://loa.example.vn/telegram" and info.pending_update_count == 1
    await refused(client, "webhook is active", client.bot.get_updates())
    assert await client.bot.delete_webhook()
    assert (await client.bot.get_webhook_info()).url == ""


async def test_a_wrong_token_is_unauthorized(client, base):
    stranger = type(client)("1:wrong", base)
    with pytest.raises(client.errors):
        await stranger.bot.get_me()
    await stranger.close()
