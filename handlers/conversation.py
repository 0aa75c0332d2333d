"""Which words lead to which function, the same on every platform.

A handler asks for what it needs by name (`index`, `settings`, `bot_name`, …) and gets only that. The tables are
filled by the subjects' own modules, so that adding a command touches one file.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from db.people import PersonState, Prompt
from handlers import (
    acknowledging,
    announcing,
    approving,
    asking,
    briefs,
    case_turning,
    console_link,
    curating,
    duplicate_page,
    editing,
    entry_history,
    entry_warning,
    expert,
    golden_desk,
    help_page,
    inviting,
    linking,
    onboarding,
    phrasing_desk,
    preferences,
    statistics_page,
    work_desk,
)
from handlers.reply import Action, Incoming, Reply
from network import identities
from network.people import Speaker

Handler = Callable[..., Awaitable[Reply]]
Needs = Mapping[str, Any]

SUBJECTS = (
    onboarding, preferences, linking, inviting, announcing, approving, briefs,
    asking, expert, case_turning,
    curating, duplicate_page, editing, entry_history, entry_warning, golden_desk, phrasing_desk, work_desk,
    console_link, help_page, statistics_page,
)
UNKNOWN_ACTION = "Nút này không còn dùng được. Anh/chị vui lòng mở lại bằng lệnh /trogiup."


def _table(name: str) -> dict[str, Handler]:
    table: dict[str, Handler] = {}
    for subject in SUBJECTS:
        for key, handler in getattr(subject, name, {}).items():
            if key in table:
                raise ValueError(f"{name}: {key!r} stands in {subject.__name__} and elsewhere")
            table[key] = handler
    return table


COMMANDS = _table("COMMANDS")
ACTIONS = _table("ACTIONS")
PROMPTS = _table("PROMPTS")


async def hear(db: AsyncSession, who: Speaker, said: Incoming, now: datetime, needs: Needs) -> Reply:
    """Answer a message: a command, else the answer to what was asked before, else joining, else a question."""
    if code := identities.code_in(said.text):
        return await call(linking.typed, needs, db, who, code, now)
    word, _, rest = said.text.partition(" ")
    if word.startswith("/"):
        name = word[1:].partition("@")[0].lower()
        if handler := COMMANDS.get(name):
            await db.execute(delete(Prompt).where(Prompt.identity_id == who.identity_id))
            return await call(handler, needs, db, who, rest.strip(), now)
        return help_page.unknown_command(word, who)
    prompt = await db.get(Prompt, who.identity_id) if who.identity_id else None
    if prompt and (handler := PROMPTS.get(prompt.kind)):
        return await call(handler, needs, db, who, prompt, said, now)
    if who.state not in (PersonState.ACTIVE, PersonState.PAUSED):
        return await call(onboarding.resume, needs, db, who, said, now)
    if said.photo or said.document:
        return help_page.file_without_place()
    if acknowledging.says_received(said.text):
        return await call(acknowledging.received, needs, db, who, now)
    return await call(asking.ask, needs, db, who, said.text, now)


async def take(db: AsyncSession, who: Speaker, action: Action, now: datetime, needs: Needs) -> Reply:
    """Answer a pressed button or a typed number."""
    if handler := ACTIONS.get(action.name):
        return await call(handler, needs, db, who, action, now)
    return Reply(toast=UNKNOWN_ACTION)


async def call(handler: Handler, needs: Needs, *given: Any) -> Reply:
    wanted = list(inspect.signature(handler).parameters.values())[len(given) :]
    return await handler(*given, **{p.name: needs[p.name] for p in wanted if p.name in needs})
