"""The search index at scale: `loa bench answers [--passages N]`. The base is made up from the starter entries' words.

Passages are sentences dealt out at random from one seed, so the vocabulary is real and no two passages are alike.
"""

import random
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np

from knowledge import content, noise
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


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii")
    return int(pages.split()[1]) * resource.getpagesize() // 2**20
