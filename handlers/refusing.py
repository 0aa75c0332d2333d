"""Rules refuse by raising; people get the sentence, and nothing half done stays in the database."""

import functools
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, cast

from sqlalchemy.ext.asyncio import AsyncSession

from db.people import Prompt
from handlers import prompts
from handlers.reply import Action, Reply
from knowledge.wrong import Wrong
from network import markup
from network.people import Speaker
from network.refusals import Refusal

TOAST = 200  # characters Telegram shows over the chat
P = ParamSpec("P")


def politely(handler: Callable[P, Awaitable[Reply]]) -> Callable[P, Awaitable[Reply]]:
    """For functions of (db, who, action | prompt | args, …): a refusal becomes their answer."""

    @functools.wraps(handler)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> Reply:
        db: Any = args[0]
        assert isinstance(db, AsyncSession)
        try:
            async with db.begin_nested():
                return await handler(*args, **kwargs)
        except (Refusal, Wrong) as refusal:
            if refusal.over and any(isinstance(arg, Prompt) for arg in args):
                await prompts.clear(db, cast(Speaker, args[1]))  # else every further word would be refused as well
            pressed = any(isinstance(arg, Action) for arg in args)
            return said(refusal, pressed=pressed)

    return guarded


def said(refusal: Refusal | Wrong, *, pressed: bool) -> Reply:
    """Over the chat when a button was pressed and the sentence fits there, else as a message."""
    text = str(refusal)
    if pressed and len(text) <= TOAST and "\n" not in text:
        return Reply(toast=text)
    return Reply(markup.escape(text))
