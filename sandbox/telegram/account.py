"""The methods about the bot itself, its commands, presses and files."""

import re
from typing import Any

from sandbox.telegram.content import flag, parsed
from sandbox.telegram.messages import Method
from sandbox.telegram.state import Bot, World, bad

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
PRESS_LIVES = 15 * 60  # seconds in which a press may be answered
ACTIONS = (
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
)


async def get_me(_world: World, bot: Bot, _params: dict[str, Any]) -> Any:
    return {
        **bot.user(), "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False,
        "can_connect_to_business": False, "has_main_web_app": False,
    }


def _scope(params: dict[str, Any]) -> str:
    scope = parsed(params.get("scope")) or {"type": "default"}
    return f"{scope.get('type', 'default')}{scope.get('chat_id', '')}|{params.get('language_code') or ''}"


async def set_commands(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    commands = parsed(params.get("commands")) or []
    if len(commands) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not COMMAND.fullmatch(command.get("command", "")):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(command.get("description", "")) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    bot.commands[_scope(params)] = [{"command": c["command"], "description": c["description"]} for c in commands]
    _announce_menus(world, bot)
    return True


def _announce_menus(world: World, bot: Bot) -> None:
    for phone in world.phones.values():
        if phone.bot_id == bot.id:
            world.announce("commands", phone, commands=bot.menu(phone.user_id))


async def get_commands(_world: World, bot: Bot, params: dict[str, Any]) -> Any:
    return bot.commands.get(_scope(params), [])


async def delete_commands(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    bot.commands.pop(_scope(params), None)
    _announce_menus(world, bot)
    return True


async def chat_action(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    phone = world.open_chat(bot, params.get("chat_id"))
    if params.get("action") not in ACTIONS:
        raise bad("wrong parameter action in request")
    world.announce("typing", phone, action=params["action"], seconds=5)
    return True


async def answer_callback(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    press = world.callbacks.pop(str(params.get("callback_query_id")), None)
    if press is None or world.clock.now() - press[1] > PRESS_LIVES:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    text = str(params.get("text") or "")
    if len(text) > 200:
        raise bad("MESSAGE_TOO_LONG")
    phone = world.phones[press[0]]
    alert, url = flag(params.get("show_alert")), params.get("url") or None
    world.announce("toast", phone, callback_id=params["callback_query_id"], text=text, alert=alert, url=url)
    return True


async def get_file(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    file = world.files.get(str(params.get("file_id")))
    if file is None:
        raise bad("wrong file_id or the file is temporarily unavailable")
    if len(file.data) > 20 << 20:
        raise bad("file is too big")
    return {
        "file_id": file.id, "file_unique_id": file.unique_id, "file_size": len(file.data),
        "file_path": f"{file.kind}s/{file.id}",
    }


async def get_chat(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    phone = world.phone(bot, params.get("chat_id"))
    return {**phone.chat(), "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": _NO_GIFTS}


_NO_GIFTS = {
    "unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False, "premium_subscription": False,
    "gifts_from_channels": False,
}

METHODS: dict[str, Method] = {
    "getme": get_me, "setmycommands": set_commands, "getmycommands": get_commands, "deletemycommands": delete_commands,
    "sendchataction": chat_action, "answercallbackquery": answer_callback, "getfile": get_file, "getchat": get_chat,
}
