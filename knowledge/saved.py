"""An index as bytes and back, so that a start needs no reading: flat arrays, and the strings as JSON."""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from knowledge.abbreviations import Abbreviations
from knowledge.index import Background, Index, Weights
from knowledge.parts import Part, Statistics
from knowledge.postings import Postings
from knowledge.segment import SIZE, Segment
from knowledge.vocabulary import Vocabulary

FORMAT = 1  # goes up with every change of reading or of the arrays; others are read anew
VIEWS = ("marked", "folded", "letters")
FIELDS = ("terms", "starts", "rows", "counts")


def dump(index: Index) -> bytes:
    arrays: dict[str, np.ndarray] = {}
    for number, part in enumerate(index.parts):
        for view in VIEWS:
            arrays |= _flat(f"{number}.{view}", getattr(part.segment, view))
        arrays[f"{number}.owners"], arrays[f"{number}.lengths"] = part.segment.owners, part.segment.lengths
        arrays[f"{number}.alive"] = part.alive
    rarity = index.statistics.rarity
    arrays["seen"] = np.flatnonzero(rarity < rarity.max()).astype(np.int32)
    arrays["rarity"], arrays["unseen"] = rarity[arrays["seen"]], rarity.max()[None]
    if index.background:
        arrays |= _flat("background", index.background.counts)
    about = {
        "format": FORMAT, "syllables": index.vocabulary.syllables, "mean": index.statistics.mean,
        "phrasings": index.statistics.phrasings, "background": index.background.size if index.background else 0,
        "weights": [index.weights.marked, index.weights.folded, index.weights.phrasing],
        "parts": [[part.segment.ids, part.segment.phrasings] for part in index.parts],
    }
    arrays["about"] = np.frombuffer(json.dumps(about, ensure_ascii=False).encode(), dtype=np.uint8)
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def load(data: bytes, abbreviations: Sequence[Mapping[str, Any]] = ()) -> Index | None:
    """None when it was saved by another version of this code."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        about = json.loads(arrays["about"].tobytes())
        if about["format"] != FORMAT:
            return None
        segments = [
            Segment(
                tuple(ids), tuple(phrasings), arrays[f"{n}.owners"], arrays[f"{n}.lengths"],
                *(_postings(arrays, f"{n}.{view}") for view in VIEWS),
            )
            for n, (ids, phrasings) in enumerate(about["parts"])
        ]
        alive = [arrays[f"{n}.alive"] for n in range(len(segments))]
        behind = Background(_postings(arrays, "background"), about["background"]) if about["background"] else None
        rarity = np.full(SIZE, arrays["unseen"][0], dtype=np.float32)
        rarity[arrays["seen"]] = arrays["rarity"]
    statistics = Statistics(rarity, about["mean"], about["phrasings"])
    short = Abbreviations(abbreviations, (phrase for s in segments for phrase in s.phrasings))
    parts = [Part.whole(s, statistics).only(lives) for s, lives in zip(segments, alive, strict=True)]
    return Index(parts, statistics, Vocabulary(about["syllables"]), short, behind, Weights(*about["weights"]))


def _flat(name: str, postings: Postings) -> dict[str, np.ndarray]:
    return {f"{name}.{field}": getattr(postings, field) for field in FIELDS}


def _postings(arrays: Mapping[str, np.ndarray], name: str) -> Postings:
    return Postings(*(arrays[f"{name}.{field}"] for field in FIELDS))
