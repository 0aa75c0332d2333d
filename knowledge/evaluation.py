"""Figures of the engine on a set of questions with known answers, and on the starter base itself.

A set is a folder: corpus.jsonl {id, title, text}, queries.jsonl {id, text, split}, qrels.tsv (query, document, 1),
and perhaps unanswerable.jsonl {id, text, kind, split}.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from knowledge import content, noise
from knowledge.answer import Decision, Kind, decide
from knowledge.calibration import calibrate
from knowledge.index import Hit, Index, Passage
from knowledge.models import Encoder
from knowledge.models.rerank import FIVE, Reranker
from knowledge.models.rest import Failing

Figures = dict[str, float | int]


def starter() -> list[Passage]:
    return [Passage(e.id, e.question, e.answer, tuple(e.variants)) for e in content.entries()]


Search = Callable[[str, int], list[Hit]]


def search_of(corpus: Path, encoder: Encoder | None = None) -> Search:
    """The engine over a corpus; with an encoder, its five best are put in order again."""
    passages = [Passage(row["id"], row.get("title", ""), row["text"]) for row in _rows(corpus)]
    index = Index.build(passages, content.abbreviations(), starter())
    return _with(learnt(passages, encoder), index)


def learnt(passages: Sequence[Passage], encoder: Encoder | None) -> Reranker | None:
    """Raises ModelTrouble: what is measured must be what was asked for."""
    if encoder is None:
        return None
    reranker = Reranker(encoder, Failing())
    reranker.learn(passages, len(passages))
    return reranker


def _with(reranker: Reranker | None, index: Index) -> Search:
    if reranker is None:
        return index.search

    def search(question: str, limit: int) -> list[Hit]:
        return reranker.order(question, index.understood(question), index.search(question, max(limit, FIVE)))

    return search


def of_set(folder: Path, kinds: Sequence[str], encoder: Encoder | None = None) -> dict[str, Figures]:
    search = search_of(folder / "corpus.jsonl", encoder)
    asked, wanted = _rows(folder / "queries.jsonl"), defaultdict(set)
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query, document, *_ = line.split("\t")
        wanted[query].add(document)
    foreign = _rows(path) if (path := folder / "unanswerable.jsonl").exists() else []
    return {kind: _figures(search, kind, asked, wanted, foreign) for kind in kinds}


def _figures(
    search: Search, kind: str, asked: Sequence[dict[str, Any]], wanted: dict[str, set[str]],
    foreign: Sequence[dict[str, Any]],
) -> Figures:
    first = five = ranks = 0.0
    seconds, right, wrong = [], [], []
    for row in asked:
        begun = time.perf_counter()
        hits = search(noise.typed(row["text"], kind, row["id"]), 10)
        seconds.append(time.perf_counter() - begun)
        good, ids = wanted[row["id"]], [hit.id for hit in hits]
        first += bool(ids) and ids[0] in good
        five += len(good & set(ids[:5])) / max(1, min(5, len(good)))
        ranks += next((1 / place for place, id in enumerate(ids, 1) if id in good), 0.0)
        right.append(hits[0].score if hits else 0.0)
    for row in foreign:
        hits = search(noise.typed(row["text"], kind, row["id"]), 1)
        wrong.append(hits[0].score if hits else 0.0)
    count = max(1, len(asked))
    figures: Figures = {"n": len(asked), "R1": first / count, "R5": five / count, "MRR10": ranks / count}
    if wrong:
        figures["AUROC"] = auroc(right, wrong)
    p50, p99 = np.quantile(seconds, (0.5, 0.99)) * 1000
    return figures | {"p50_ms": round(float(p50), 2), "p99_ms": round(float(p99), 2)}


def of_starter(kinds: Sequence[str], encoder: Encoder | None = None) -> dict[str, Figures]:
    """Each phrasing asked of a base that holds all but this one. The encoder reads no phrasings, only the entries'
    questions and answers."""
    passages = starter()
    reranker = learnt(passages, encoder)
    index = Index.build(passages, content.abbreviations(), passages)
    asked = [(p, variant) for p in passages for variant in p.variants]
    found: dict[str, Figures] = {}
    for kind in kinds:
        first = three = 0
        for passage, variant in asked:
            others = tuple(v for v in passage.variants if v != variant)
            without = index.changed([Passage(passage.id, passage.title, passage.text, others)])
            hits = _with(reranker, without)(noise.typed(variant, kind, f"{passage.id}:{variant}"), 3)
            ids = [hit.id for hit in hits[:3]]
            first += ids[:1] == [passage.id]
            three += passage.id in ids
        found[kind] = {"n": len(asked), "R1": first / len(asked), "R3": three / len(asked)}
    return found


def of_questions(asked_of: Path, kinds: Sequence[str]) -> dict[str, Figures]:
    """What the starter base decides, with the thresholds it learns. Rows: {id, text, entry} with the entry that
    answers, or {id, text, kind} where none does. Shares: of the answerable `right`, `wrong`, `offered` (the right one
    among the choices), `misled` (choices without it), `silent`; of each other kind `<kind>_answered`, `_offered` and
    `_silent`."""
    passages, asked = starter(), _rows(asked_of)
    index = Index.build(passages, content.abbreviations(), passages)
    thresholds = calibrate(passages, index)
    found: dict[str, Figures] = {}
    for kind in kinds:
        shares: dict[str, list[str]] = defaultdict(list)
        for row in asked:
            decision = decide(index, noise.typed(row["text"], kind, row["id"]), content.smalltalk(), (), thresholds)
            shares[row.get("kind", "")].append(_came_to(decision, row.get("entry")))
        found[kind] = {"n": len(asked)} | {
            f"{pool}_{what}".lstrip("_"): came.count(what) / len(came)
            for pool, came in sorted(shares.items()) for what in sorted(set(came))
        }
    return found


def _came_to(decision: Decision, entry: str | None) -> str:
    ids = [hit.id for hit in decision.hits]
    match decision.kind:
        case Kind.ANSWER if entry:
            return "right" if ids[0] == entry else "wrong"
        case Kind.ANSWER:
            return "answered"
        case Kind.CANDIDATES:
            return "offered" if entry in ids or not entry else "misled"
        case _:
            return "silent"


def auroc(right: Sequence[float], wrong: Sequence[float]) -> float:
    """How likely an answerable question scores above an unanswerable one."""
    scores = np.concatenate((right, wrong))
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    _, first, counts = np.unique(scores[order], return_index=True, return_counts=True)
    ranks[order] = np.repeat(first + (counts + 1) / 2, counts)
    n, m = len(right), len(wrong)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
