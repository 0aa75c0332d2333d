"""Telegram's routing page: which update leads to which function, and how a Reply is said there."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from aiogram import Bot, F, Router
from aiogram.enums import ChatType
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import (
    BotCommand,
    BotCommandScopeChat,
    BufferedInputFile,
    CallbackQuery,
    ChatMemberUpdated,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    WebAppInfo,
)

from handlers import conversation, help_page
from handlers.reply import Action, Choice, Incoming, Reply
from network import markup, people
from network.roles import Permission

TEXT_LIMIT, TOAST_LIMIT = 4096, 200
Turn = Callable[..., Awaitable[Reply]]


def build() -> Router:
    router = Router(name="conversations")
    private = F.chat.type == ChatType.PRIVATE

    @router.message(private)
    async def on_message(message: Message, db, who, now, needs) -> Reply:
        return await conversation.hear(db, who, incoming(message), now, needs)

    @router.callback_query(F.data)
    async def on_press(press: CallbackQuery, db, who, now, needs) -> Reply:
        return await conversation.take(db, who, Action.unpack(press.data or ""), now, needs)

    @router.my_chat_member(private)
    async def on_block(change: ChatMemberUpdated, db, who, now) -> None:
        if change.new_chat_member.status == "kicked":
            await people.set_unreachable(db, who.identity_id, "blocked", now)
        else:
            await people.set_reachable(db, who.identity_id, now)

    return router


def incoming(message: Message) -> Incoming:
    contact, document = message.contact, message.document
    return Incoming(
        text=message.text or message.caption or "",
        photo=message.photo[-1].file_id if message.photo else None,
        document=document.file_id if document else None,
        file_name=(document.file_name or "") if document else "",
        file_size=(document.file_size or 0) if document else (message.photo[-1].file_size or 0) if message.photo else 0,
        phone=contact.phone_number if contact else None,
        phone_is_own=bool(contact and message.from_user and contact.user_id == message.from_user.id),
        forwarded=message.forward_origin is not None,
    )


def menu(permissions: frozenset[Permission] = frozenset()) -> list[BotCommand]:
    return [BotCommand(command=name, description=text) for name, text in help_page.menu(permissions).items()]


async def show_menu(bot: Bot, chat: int, permissions: frozenset[Permission]) -> None:
    """In this chat only; who has no special work has the menu of everybody."""
    scope = BotCommandScopeChat(chat_id=chat)
    if help_page.menu(permissions) == help_page.MENU:
        await bot.delete_my_commands(scope=scope)
    else:
        await bot.set_my_commands(menu(permissions), scope=scope)


class Sendable(Protocol):
    """A stored file: the platform's id where it knows it, else the bytes."""

    name: str
    mime: str
    file_id: str | None
    data: bytes | None


async def say(
    bot: Bot, chat: int, reply: Reply, press: CallbackQuery | None = None, files: Sequence[Sendable] = ()
) -> None:
    """Everything a Reply holds, in order: the toast, files, the edited or new text in parts, the pictures."""
    for file in files:
        given = file.file_id or BufferedInputFile(file.data or b"", file.name)
        send = bot.send_photo if file.mime.startswith("image/") else bot.send_document
        await send(chat, given)
    for photo in reply.photos:
        await bot.send_photo(chat, photo)
    if press is not None:
        await _answer(press, reply.toast)
        if reply.replace and reply.text and await _replace(press, reply):
            return
    elif reply.toast and not reply.text:
        await bot.send_message(chat, reply.toast)
    parts = markup.split(reply.text, TEXT_LIMIT) if reply.text else []
    for number, part in enumerate(parts, 1):
        await bot.send_message(
            chat,
            markup.to_html(part),
            reply_markup=keyboard(reply) if number == len(parts) else None,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
    for picture in reply.pictures:
        await bot.send_photo(chat, BufferedInputFile(picture.data, picture.name))


async def _answer(press: CallbackQuery, toast: str) -> None:
    try:
        await press.answer(toast[:TOAST_LIMIT] or None, show_alert=len(toast) > 60)
    except TelegramBadRequest as problem:
        if "query is too old" not in problem.message:  # a press made while Loa was down
            raise


async def _replace(press: CallbackQuery, reply: Reply) -> bool:
    if not isinstance(press.message, Message) or markup.visible_length(reply.text) > TEXT_LIMIT:
        return False
    try:
        await press.message.edit_text(
            markup.to_html(reply.text),
            reply_markup=_inline(reply.choices, reply.columns) if reply.choices else None,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
    except TelegramBadRequest as problem:
        return "message is not modified" in problem.message
    return True


def keyboard(reply: Reply) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None:
    if reply.ask_contact:
        share = KeyboardButton(text="Chia sẻ số điện thoại của tôi", request_contact=True)
        return ReplyKeyboardMarkup(keyboard=[[share]], resize_keyboard=True, one_time_keyboard=True)
    return _inline(reply.choices, reply.columns) if reply.choices else None


def _button(choice: Choice) -> InlineKeyboardButton:
    if choice.inside and choice.url:
        return InlineKeyboardButton(text=choice.label, web_app=WebAppInfo(url=choice.url))
    packed = choice.action.pack() if choice.action else None
    return InlineKeyboardButton(text=choice.label, callback_data=packed, url=choice.url)


def _inline(choices: tuple[Choice, ...], columns: int) -> InlineKeyboardMarkup:
    buttons = [_button(choice) for choice in choices]
    return InlineKeyboardMarkup(inline_keyboard=[buttons[i : i + columns] for i in range(0, len(buttons), columns)])
