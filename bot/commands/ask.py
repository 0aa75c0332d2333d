"""`loa ask`: a question to the knowledge base, from the command line."""

import asyncio
import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer


def ask(
    question: str, after: Annotated[str, typer.Option(help="Câu vừa hỏi trước đó.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="In ra JSON.")] = False,
) -> None:
    """Hỏi kho tri thức. Mã thoát 0 khi có câu trả lời, 3 khi chưa có."""
    found = asyncio.run(_answers(question, after))
    if as_json:
        typer.echo(json.dumps(found if len(found) > 1 else found[0], ensure_ascii=False, indent=2))
    else:
        shown = ["\n".join([*one["outdated"], _text(one)]) for one in found]
        if len(found) > 1:
            shown = [f"Câu {n}: {found[n - 1]['question']}\n{said}" for n, said in enumerate(shown, 1)]
        typer.echo("\n\n".join(shown))
    known = all(one["decision"] in ("answer", "smalltalk", "quote") for one in found)
    raise typer.Exit(0 if known else 3)


async def _answers(message: str, after: str) -> list[dict[str, Any]]:
    """For each question of the message."""
    from knowledge import turn

    catalogue, owners = await _catalogue()
    return [_answer(asked, catalogue, owners) for asked in turn.read(message, catalogue, after)]


def _answer(asked: Any, catalogue: Any, owners: Mapping[int, str]) -> dict[str, Any]:
    from knowledge import turn
    from knowledge.answer import Kind

    decision, question = asked.decision, asked.text
    out: dict[str, Any] = {"question": question, "decision": str(decision.kind), "answer": None, "candidates": []}
    out["outdated"] = [succession.said for succession in catalogue.outdated(question)]
    out["understood"] = catalogue.snapshot.index.understood(turn.in_full(catalogue, question, asked.follows))
    if asked.follows:
        out["follows"] = asked.follows
    if decision.kind == Kind.SMALLTALK:
        return out | {"answer": {"text": decision.said}}
    if decision.kind == Kind.ANSWER and decision.best and (entry := catalogue.entry(decision.best.id)):
        out["answer"] = _entry(entry, decision.best.score) | {"owner": owners.get(entry.owner_agency_id)}
    elif decision.kind == Kind.CANDIDATES:
        known = [(h, e) for h in decision.hits if (e := catalogue.entry(h.id))]
        out["candidates"] = [{"id": e.key, "question": e.question, "score": round(h.score, 3)} for h, e in known]
    elif decision.kind == Kind.QUOTE:
        known = [(h, p) for h in decision.hits if (p := catalogue.provision(h.id))]
        out["quotes"] = [
            {"id": p.id, "citation": p.citation, "text": p.text, "warnings": p.warnings, "score": round(h.score, 3)}
            for h, p in known
        ]
    return out


async def _catalogue() -> tuple[Any, dict[int, str]]:
    """The database's entries and the names of its agencies; the starter content on a machine that has none yet."""
    from bot.settings import Settings
    from db import agencies
    from db.session import Database
    from knowledge.catalogue import Catalogue

    settings = Settings()
    if not settings.database_url and not (settings.data_dir / "loa.db").exists():
        return Catalogue.of_starter(), {}
    database = Database(settings.database)
    try:
        catalogue = await Catalogue.open(database)
        async with database.reading() as db:
            owners = {agency.id: agency.name for agency in await agencies.all_agencies(db)}
    finally:
        await database.close()
    return (catalogue if catalogue.snapshot.entries else Catalogue.of_starter()), owners


def _entry(entry: Any, score: float) -> dict[str, Any]:
    return {
        "id": entry.key, "matched": entry.question, "text": entry.answer, "citations": entry.citations,
        "valid_from": entry.valid_from.isoformat() if entry.valid_from else None,
        "valid_to": entry.valid_to.isoformat() if entry.valid_to else None, "superseded_by": entry.superseded_by,
        "check_source": bool(entry.check_source), "score": round(score, 3),
    }


def _text(found: dict[str, Any]) -> str:
    if answer := found["answer"]:
        cited = answer.get("citations", [])
        sources = [" – ".join(filter(None, (c["doc"], c.get("article"), c.get("url")))) for c in cited]
        lines = [answer.get("matched", ""), answer["text"], *(f"Nguồn: {s}" for s in dict.fromkeys(sources))]
        if answer.get("owner"):
            lines.append(f"Phụ trách: {answer['owner']}")
        if answer.get("check_source"):
            lines.append("Cần đối chiếu văn bản gốc trước khi sử dụng.")
        return "\n".join(line for line in lines if line)
    if found["candidates"]:
        return "Anh/chị muốn hỏi điều nào?\n" + "\n".join(f"- {c['question']} ({c['id']})" for c in found["candidates"])
    if quotes := found.get("quotes"):
        lines = ["Trích nguyên văn, không phải câu trả lời của biên tập viên."]
        return "\n".join([*lines, *(f"{q['citation']}: “{q['text']}”" for q in quotes[:1])])
    return "Chưa có câu trả lời đã duyệt cho câu hỏi này."
