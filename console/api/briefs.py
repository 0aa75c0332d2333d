"""Briefs written and submitted by a programme; a person signs them, as any others."""

from console.api.call import Call
from console.api.problems import Refused
from console.api.shapes import Brief, NewBrief, PushStatus, Submission, Wrong
from db.briefs import BriefState
from handlers import approving
from network import audiences, brief_check, briefs, pushes, releases, sight
from network.brief_content import Priority, read
from network.briefs import Draft


async def create(call: Call) -> Brief:
    given: NewBrief = call.given
    content, problems = read(given.content.model_dump(mode="json", exclude_defaults=True))
    if problems:
        raise Refused(422, "Bản tin chưa đúng mẫu; xem errors.", [
            Wrong(where=f"content.{p.field}" + (f".{p.item - 1}" if p.item else ""), said=p.text) for p in problems
        ])
    audience = audiences.Audience(**{
        name: tuple(value) if isinstance(value, list) else value for name, value in given.audience.model_dump().items()
    })
    draft = await briefs.create(call.db, content, call.who, call.now, audience=audience.to_json())
    return await _shown(call, draft)


async def show(call: Call) -> Brief:
    return await _shown(call, await _seen(call))


async def submit(call: Call) -> Brief:
    given: Submission = call.given
    before = await _seen(call)
    draft = await briefs.submit(call.db, before.id, call.who, call.now, stamp=given.stamp)
    await approving.ask_for_signature(call.db, draft, call.now)
    return await _shown(call, draft)


async def _seen(call: Call) -> Draft:
    number = call.number("brief")
    if not await sight.of_brief(call.db, call.who, number):
        raise Refused(404, "Không tìm thấy bản tin này.")
    return await briefs.load(call.db, number)


async def _shown(call: Call, draft: Draft) -> Brief:
    push = await releases.push_of(call.db, draft.id)
    recipients, problems = None, []
    if push is None:
        audience = audiences.Audience.from_json(draft.audience)
        flash = draft.content.priority == Priority.FLASH
        recipients = await audiences.count(call.db, audience, flash=flash) if audience else 0
    if draft.state == BriefState.DRAFT:
        problems = [str(p) for p in brief_check.problems(draft.content)] + await briefs.unready(call.db, draft)
    return Brief(
        id=draft.id, state=draft.state.value, edition=draft.number, stamp=draft.stamp, title=draft.content.title,
        author_id=draft.author_id, send_at=draft.send_at, updated_at=draft.updated_at, recipients=recipients,
        problems=problems, push=_pushed(await pushes.progress(call.db, push.id)) if push else None,
    )


def _pushed(now: pushes.Progress) -> PushStatus:
    return PushStatus(
        id=now.push_id, state=now.state.value, planned=now.planned, sent=now.sent, waiting=now.waiting,
        unknown=now.unknown, failed=now.failed, skipped=now.skipped, stopped=now.stopped,
        acknowledged=now.acknowledged, finished_at=now.finished_at,
    )
