"""Where a piece stands in its document, as a path (d9.k2.a) and as it is cited (điểm a khoản 2 Điều 9). Pure.

Parts of a path: qN an instrument issued with the document, dN article, kN clause, a letter (or a-c) points,
plN appendix, mN section of a document without articles, ~N the Nth slice of something long.
"""

import re

ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
CITED = re.compile(
    r"(?:(?:các\s+)?điểm\s+(?P<points>[a-zđ]\d?(?:\s*(?:,|và|-|–|;)\s*[a-zđ]\d?(?!\w))*)\s+)?"
    r"(?:(?:các\s+)?khoản\s+(?P<clauses>\d{1,3}[a-zđ]?(?:\s*(?:,|và|-|–|;)\s*(?:khoản\s+)?\d{1,3}[a-zđ]?(?!\w))*)\s+)?"
    r"điều\s+(?P<article>\d{1,4}[a-zđ]{0,2})(?!\w)",
    re.I,
)


def paths_in(citation: str) -> list[str]:
    """Paths named in "điểm a, b khoản 2 Điều 9": d9.k2.a, d9.k2.b."""
    return [path for match in CITED.finditer(citation) for path in paths_of(match)]


def paths_of(match: re.Match[str]) -> list[str]:
    article = f"d{match['article'].lower()}"
    clauses = _listed(match["clauses"], r"\d{1,3}[a-zđ]?")
    points = _listed(match["points"], r"[a-zđ]\d?")
    under = [f"{article}.k{c}" for c in clauses] or [article]
    return [f"{u}.{p}" for u in under for p in points] if points else under


def _listed(words: str | None, item: str) -> list[str]:
    plain = re.sub(r"khoản|và", ",", words or "", flags=re.I)
    return [w.lower() for w in re.findall(rf"(?<!\w){item}(?!\w)", plain, re.I)]


def touches(changed: str, path: str) -> bool:
    """Whether a change to a provision ("khoản 2 Điều 9", or its path) alters the passage at `path`."""
    return any(_overlap(c.split("."), path.split(".")) for c in (paths_in(changed) or [changed]))


def _overlap(changed: list[str], path: list[str]) -> bool:
    mine = [part for part in path if not part.startswith("~")]
    return all(_same(a, b) for a, b in zip(changed, mine, strict=False))


def _same(changed: str, mine: str) -> bool:
    if changed == mine:
        return True
    first, dash, last = mine.partition("-")
    if not dash or len(changed) > 2 or changed[0] not in ALPHABET:
        return False
    return ALPHABET.index(first[0]) <= ALPHABET.index(changed[0]) <= ALPHABET.index(last[0])
