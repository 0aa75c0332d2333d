"""Rules refuse by raising; people get the sentence, and nothing half done stays in the database."""

import functools
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.reply import Action, Reply
from network import markup
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
        except Refusal as refusal:
            pressed = any(isinstance(arg, Action) for arg in args)
            return said(refusal, pressed=pressed)

    return guarded


def said(refusal: Refusal, *, pressed: bool) -> Reply:
    """Over the chat when a button was pressed and the sentence fits there, else as a message."""
    if pressed and len(refusal.text) <= TOAST and "\n" not in refusal.text:
        return Reply(toast=refusal.text)
    return Reply(markup.escape(refusal.text))
