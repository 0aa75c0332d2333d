"""The channels of Zalo against the sandbox: what arrives on the phone, and what every refusal means."""

import pytest

from bot.channels import Button, Closed, Down, File, Frozen, Gone, Held, Later, Letter, Receipt, Refused
from bot.channels.zalo_bot import ZaloBotChannel
from bot.channels.zalo_oa import ZaloOaChannel
from bot.lanes import Lane, Priority
from bot.zalo_tokens import Tokens
from network.tariff import Tariff, Way
from sandbox.zalo_bot.state import TOKEN
from tests.integration.zalo_wire import PNG
from tests.zalo_platform import APP, Platform

HOA, BINH = "7200000000000000001", "7200000000000000002"
NUDGE = (("co_quan", "UBND phường"), ("tieu_de", "Lịch tiêm vắc xin"), ("han", "17:00 ngày 25/11"))
BUTTON = Button("Đã nhận", "ack|7")


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
async def channel(database, platform):
    tokens = Tokens(database, "zalo_oa", APP, platform.http)
    await tokens.consent(await platform.code())
    await platform.phone(HOA)
    lane = Lane("zalo_oa", 1000.0)
    return ZaloOaChannel(
        "zalo_oa", tokens, lane, Tariff(), api="http://zalo/zalo/openapi", template="400100", http=platform.http
    )


@pytest.fixture
async def bot(platform) -> ZaloBotChannel:
    return ZaloBotChannel("zalo_bot", TOKEN, Lane("zalo_bot", 1000.0), api="http://zalo/zalo/bot", http=platform.http)


def letter(text: str = "**Lịch tiêm** <https://loa.vn/a>", address: str = HOA, **parts) -> Letter:
    return Letter(address, text, **{"priority": Priority.REPLY, **parts})


async def test_a_letter_arrives_plain_with_its_buttons(channel, platform):
    outcome = await channel.send(letter(buttons=((BUTTON, Button("Xem", url="https://loa.vn")),)))
    (message,) = await platform.messages(HOA)
    assert outcome == Receipt((message["wire_id"],))
    assert message["text"].startswith("Lịch tiêm") and "*" not in message["text"] and "<" not in message["text"]
    assert [b["text"] for row in message["keyboard"] for b in row] == ["Đã nhận", "Xem"]
    assert message["billed"] == "free"


async def test_both_shapes_of_buttons(channel, platform):
    await platform.rules(buttons="template")
    assert isinstance(await channel.send(letter(buttons=((BUTTON,),))), Refused)
    channel._buttons = "template"
    assert isinstance(await channel.send(letter(buttons=((BUTTON,),))), Receipt)


async def test_more_choices_than_buttons_are_numbered(channel, platform):
    buttons = tuple((Button(f"Chọn {n}", f"x|{n}"),) for n in range(1, 8))
    await channel.send(letter(buttons=buttons))
    (message,) = await platform.messages(HOA)
    assert [row[0]["text"] for row in message["keyboard"]] == [f"{n}. Chọn {n}" for n in range(1, 6)]
    assert "7. Chọn 7" in message["text"]


async def test_a_long_letter_is_cut_and_its_buttons_come_last(channel, platform):
    long = "\n\n".join(f"Đoạn {n}: " + "chữ " * 150 for n in range(8))
    outcome = await channel.send(letter(long, buttons=((BUTTON,),)))
    shown = await platform.messages(HOA)
    assert len(shown) == len(outcome.message_ids) == channel.calls(letter(long)) > 2
    assert all(len(m["text"]) <= 2000 for m in shown)
    assert [bool(m["keyboard"]) for m in shown] == [False] * (len(shown) - 1) + [True]


async def test_files_are_uploaded_once(channel, platform):
    files = (File(3, "anh.png", "image/png", data=PNG), File(4, "nghi-dinh.pdf", "application/pdf", data=b"%PDF-1.7"))
    outcome = await channel.send(letter(files=files))
    shown = await platform.messages(HOA)
    assert [bool(m["photo"]) for m in shown] == [True, False, False]
    assert shown[1]["document"]["name"] == "nghi-dinh.pdf"
    ids = dict(outcome.file_ids)
    again = tuple(File(f.attachment_id, f.name, f.mime, ids[f.attachment_id]) for f in files)
    assert isinstance(await channel.send(letter(files=again)), Receipt)
    assert sum(platform.sandbox.oa.uploaded.values()) == 2
    await platform.later(days=6)
    await platform.phone(HOA, "text", text="Xin chào")
    await platform.later(days=2)
    assert await channel.send(letter(files=again)) == Held("attachment_expired")


async def test_a_file_zalo_does_not_take_is_named(channel, platform):
    assert isinstance(await channel.send(letter(files=(File(5, "bang_tinh.xlsx", "x/y", data=b"PK"),))), Receipt)
    (message,) = await platform.messages(HOA)
    assert "bang_tinh.xlsx" in message["text"] and "không gửi được" in message["text"]


async def test_after_the_free_hours_it_costs(channel, platform):
    await platform.later(hours=49)
    outcome = await channel.send(letter(way=Way.PAID))
    assert outcome.cost == 55 == (await platform.bill())["dong"]
    await platform.rules(package_messages=10)
    assert (await channel.send(letter(way=Way.PAID))).cost == 0


async def test_a_letter_that_stops_half_way_is_unsure_and_keeps_its_bill(channel, platform, monkeypatch):
    await platform.later(hours=49)
    await platform.rules(money=55)  # of two messages one is paid for
    outcome = await channel.send(letter("Quy định mới. " * 200, way=Way.PAID))
    assert isinstance(outcome, Down) and outcome.maybe_sent and outcome.cost == 55
    assert len(await platform.messages(HOA)) == 1


async def test_after_the_window_the_template_goes(channel, platform):
    await platform.later(days=8)
    assert await channel.send(letter()) == Closed("window_closed")
    outcome = await channel.send(letter(nudge=NUDGE, way=Way.TEMPLATE))
    assert (outcome.note, outcome.cost) == (Way.TEMPLATE, 84)
    message = (await platform.messages(HOA))[-1]
    assert message["card"]["kind"] == "template" and "Lịch tiêm vắc xin" in message["text"]
    assert (await channel.send(letter(nudge=NUDGE))).note == Way.TEMPLATE  # we believed the window was open
    assert await platform.bill() == {"free": 0, "paid": 0, "template": 2, "dong": 168, "money": 100_000_000 - 168}
    await platform.phone(HOA, "press", message_id=message["id"], data="nhantin")
    assert (await channel.send(letter())).cost == 0


async def test_a_template_rejected_on_the_way(channel, platform):
    await platform.later(days=8)
    (await platform.http.put("/sandbox/zalo/templates/400100", json={"status": "REJECT"})).raise_for_status()
    assert await channel.send(letter(nudge=NUDGE, way=Way.TEMPLATE)) == Held("template_refused")


async def test_nothing_is_changed_or_taken_back(channel):
    assert await channel.edit(HOA, ("1",), letter()) == Held("not_here", asked=False)
    assert await channel.delete(HOA, ("1",)) == Held("not_here", asked=False)


@pytest.mark.parametrize(("code", "wanted"), [(-213, Gone("unfollowed")), (-227, Gone("inactive")),
                                              (-321, Held("no_money")), (-230, Closed("window_closed"))])
async def test_a_refusal_for_one_person(channel, platform, code, wanted):
    await platform.phone(BINH)
    platform.sandbox.oa.phones[BINH].refuses = code
    assert await channel.send(letter(address=BINH)) == wanted


async def test_unfollowed_and_unknown_people_are_gone(channel, platform):
    assert await channel.send(letter(address="7299999999999999999")) == Gone("not_found")
    await platform.phone(HOA, "unfollow")
    assert await channel.send(letter()) == Gone("unfollowed")


async def test_the_minute_is_full(channel, platform):
    await platform.rules(per_minute=1)
    assert isinstance(await channel.send(letter()), Receipt)
    assert isinstance(await channel.send(letter()), Later)
    assert channel.lane.paused_for() > 5


async def test_a_revoked_token_is_renewed_once(channel, platform):
    platform.sandbox.oa.access.clear()
    assert isinstance(await channel.send(letter()), Receipt)
    assert platform.refreshed == 1
    platform.sandbox.oa.access.clear()
    platform.sandbox.oa.refresh.clear()
    frozen = await channel.send(letter())
    assert isinstance(frozen, Frozen) and "loa zalo consent" in frozen.why


async def test_an_app_that_demands_a_proof(channel, platform):
    await platform.rules(proof=True)
    assert isinstance(await channel.send(letter()), Frozen)
    channel._proof = True
    assert isinstance(await channel.send(letter()), Receipt)


async def test_a_platform_that_is_away(channel, platform):
    await channel.tokens.access()
    platform.broken = True
    assert await channel.send(letter()) == Down("could not connect: ConnectError")


async def test_a_zalo_bot_gets_numbers(bot, platform):
    number = "00000000b0700001"
    await platform.phone(number, "text", text="Xin chào")
    outcome = await bot.send(letter(address=number, buttons=((BUTTON,), (Button("Xem", url="https://loa.vn"),))))
    message = (await platform.messages(number))[-1]
    assert outcome == Receipt((message["wire_id"],))
    assert "1. Đã nhận" in message["text"] and "2. Xem: https://loa.vn" in message["text"]
    assert bot.calls(letter(address=number)) == 1
    assert await bot.edit(number, outcome.message_ids, letter()) == Held("not_here", asked=False)
    assert await bot.send(letter(address="00000000b0700009")) == Gone("not_found")


async def test_a_zalo_bot_out_of_its_month(bot, platform):
    number = "00000000b0700001"
    await platform.phone(number, "text", text="Xin chào")
    (await platform.http.put("/sandbox/zalo/bot/rules", json={"messages_a_month": 0})).raise_for_status()
    assert await bot.send(letter(address=number)) == Held("out_of_quota")
