"""The search index at scale: `loa bench answers [--passages N]`. The base is made up from the starter entries' words.

Passages are sentences dealt out at random from one seed, so the vocabulary is real and no two passages are alike.
"""

import asyncio
import random
import resource
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from db import revisions
from db.knowledge import Entry, EntryState
from db.session import Database
from db.tables import metadata
from knowledge import content, entry, noise
from knowledge.catalogue import Catalogue
from knowledge.evaluation import starter
from knowledge.index import Index, Passage

ASKED = 300
CLAUSES = 6  # a passage, about a hundred syllables


def made_up(count: int, seed: int = 7) -> list[Passage]:
    dice = random.Random(seed)
    clauses = [c.strip() for p in starter() for c in p.text.replace(";", ".").replace(",", ".").split(".") if c.strip()]
    titles = [phrase for p in starter() for phrase in p.phrasings]
    return [
        Passage(f"p{n}", f"{dice.choice(titles)} {n}", ". ".join(dice.choices(clauses, k=CLAUSES)))
        for n in range(count)
    ]


def run(count: int) -> dict[str, Any]:
    """Seconds to build and to publish, milliseconds a question, MiB of the whole process at its peak and after."""
    passages = made_up(count)
    dice = random.Random(11)
    asked = [noise.typed(dice.choice(passages).title, "mixed", str(n)) for n in range(ASKED)]
    begun = time.perf_counter()
    index = Index.build(passages, content.abbreviations(), starter())
    built = time.perf_counter() - begun
    took = []
    for question in asked:
        at = time.perf_counter()
        index.search(question)
        took.append((time.perf_counter() - at) * 1000)
    published = []
    for n in range(20):
        at = time.perf_counter()
        index = index.changed([Passage(f"new{n}", f"Câu hỏi mới số {n} về thủy sản", "Trả lời.")])
        assert index.search(f"câu hỏi mới số {n} về thủy sản", 1)[0].id.startswith("new")
        published.append((time.perf_counter() - at) * 1000)
    p50, p99 = np.quantile(took, (0.5, 0.99))
    return {
        "passages": count, "build_s": round(built, 2), "p50_ms": round(float(p50), 2), "p99_ms": round(float(p99), 2),
        "publish_ms": round(float(np.median(published)), 1), "publish_worst_ms": round(max(published), 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024), "now_mb": _resident(),
    }


async def published(count: int, folder: Path, times: int = 10) -> dict[str, float]:
    """Milliseconds from the commit that publishes an entry until it answers, in a base of `count` on SQLite: what the
    process that answers does when the bell rings. Thresholds are learned again afterwards."""
    database = Database(f"sqlite+aiosqlite:///{folder / 'answers.db'}")
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    now = datetime.now(UTC)
    async with database.transaction() as db:
        db.add_all(
            Entry(key=p.id, state=EntryState.PUBLISHED, question=p.title, variants=[], answer=p.text, citations=[],
                  audiences=[], revision=1, updated_at=now)
            for p in made_up(count)
        )
        await revisions.following(db)
    catalogue, took = await Catalogue.open(database), []
    sample = content.entries()[0]
    for n in range(times):
        fields = {"id": f"new{n}", "question": f"Câu hỏi mới số {n} về thủy sản?", "variants": ()}
        file = sample.model_copy(update=fields)
        async with database.transaction() as db:
            await entry.put(db, file, now)
        at = time.perf_counter()
        refreshing = asyncio.create_task(catalogue.refresh(database))
        while catalogue.entry(file.id) is None:
            await asyncio.sleep(0.001)
        assert catalogue.decide(file.question).best
        took.append((time.perf_counter() - at) * 1000)
        await refreshing
    await database.close()
    return {"live_ms": round(float(np.median(took)), 1), "live_worst_ms": round(max(took), 1)}


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii")
    return int(pages.split()[1]) * resource.getpagesize() // 2**20
