"""Articles cut into pieces short enough to quote, each cited exactly. Pure.

An article is the unit. A long one is cut by clause, its points staying with their clause; a very long clause is cut
between points, and what has neither between paragraphs.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from knowledge.legal_articles import Annex, Article, Reading, Row
from knowledge.legal_marks import number_of

WHOLE = 1_600  # characters; an article up to this long stays whole
CLAUSE = 2_400  # a clause up to this long keeps all its points
SLICE = 1_600


@dataclass(frozen=True, slots=True)
class Piece:
    path: str  # d9.k2
    where: str  # khoản 2 Điều 9
    title: str
    place: str
    lead: str
    text: str


@dataclass(frozen=True, slots=True)
class Count:
    """What was found, and what looks wrong about it."""

    articles: int = 0
    clauses: int = 0
    points: int = 0
    annexes: int = 0
    sections: int = 0  # of a text without articles
    headings: dict[str, int] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()  # article numbers missing in between
    empty: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()


def pieces(reading: Reading) -> list[Piece]:
    """In the order of the document, with paths that occur once."""
    found = [piece for article in reading.articles for piece in _of_article(article, reading.holders)]
    found += [piece for annex in reading.annexes for piece in _of_annex(annex)]
    return unique([piece for piece in found if piece.text.strip()])


def unique(found: Iterable[Piece]) -> list[Piece]:
    """A path met again gets ~2, ~3: a document with repeated numbers is refused, but its report can be shown."""
    seen: Counter[str] = Counter()
    out = []
    for piece in found:
        seen[piece.path] += 1
        again = seen[piece.path]
        out.append(piece if again == 1 else _moved(piece, f"{piece.path}.~r{again}"))
    return out


def _moved(piece: Piece, path: str) -> Piece:
    return Piece(path, piece.where, piece.title, piece.place, piece.lead, piece.text)


def count(reading: Reading) -> Count:
    rows = [(a.holder, a.label, r) for a in reading.articles for r in a.rows]
    gaps: list[str] = []
    duplicates: list[str] = []
    for holder in range(len(reading.holders)):
        labels = [a.label for a in reading.articles if a.holder == holder]
        duplicates += [f"Điều {label}" for label, times in Counter(labels).items() if times > 1]
        numbers = {number_of(label) for label in labels}
        gaps += [f"Điều {n}" for n in range(1, max(numbers, default=0) + 1) if n not in numbers]
    return Count(
        articles=len(reading.articles),
        clauses=len({(h, a, r.clause) for h, a, r in rows if r.clause}),
        points=len({(h, a, r.clause, r.point) for h, a, r in rows if r.point}),
        annexes=len(reading.annexes),
        headings=dict(reading.headings),
        gaps=tuple(gaps),
        empty=tuple(f"Điều {a.label}" for a in reading.articles if not any(r.text.strip() for r in a.rows)),
        duplicates=tuple(duplicates),
    )


def _of_article(article: Article, holders: Sequence[str]) -> list[Piece]:
    path, where = f"d{article.label}", f"Điều {article.label}"
    if article.holder:
        path = f"q{article.holder}.{path}"
        where = f"{where} {holders[article.holder]} ban hành kèm theo"
    clauses = _grouped(article.rows, "clause")
    whole = _joined(article.rows)
    numbered = [label for label, _ in clauses if label]
    if len(whole) <= WHOLE or len(numbered) < 2:
        return _long(Piece(path, where, article.title, article.place, "", whole), article.rows, WHOLE)
    lead = _joined(clauses[0][1]) if clauses[0][0] is None else ""
    found = []
    for label, rows in clauses:
        if label:
            at, cited = f"{path}.k{label}", f"khoản {label} {where}"
            found += _long(Piece(at, cited, article.title, article.place, lead, _joined(rows)), rows, CLAUSE)
    return found


def _long(piece: Piece, rows: Sequence[Row], limit: int) -> list[Piece]:
    """The piece itself, or its points by turns, or its paragraphs."""
    if len(piece.text) <= limit:
        return [piece]
    points = _grouped(rows, "point")
    if sum(label is not None for label, _ in points) < 2:
        return _sliced(piece, [row.text for row in rows])
    opening = _joined(points[0][1]) if points[0][0] is None else ""
    lead = "\n".join(part for part in (piece.lead, opening) if part)
    found: list[Piece] = []
    for group in _packed([(label, _joined(group)) for label, group in points if label]):
        labels, text = [label for label, _ in group], "\n".join(text for _, text in group)
        name = f"điểm {labels[0]}" if len(labels) == 1 else f"các điểm {', '.join(labels[:-1])} và {labels[-1]}"
        span = labels[0] if len(labels) == 1 else f"{labels[0]}-{labels[-1]}"
        part = Piece(f"{piece.path}.{span}", f"{name} {piece.where}", piece.title, piece.place, lead, text)
        found += _sliced(part, text.split("\n")) if len(text) > CLAUSE else [part]
    return found


def _packed(items: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    groups: list[list[tuple[str, str]]] = []
    for item in items:
        if groups and sum(len(text) for _, text in groups[-1]) + len(item[1]) <= SLICE:
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


def _sliced(piece: Piece, paragraphs: Sequence[str]) -> list[Piece]:
    slices = slice_up(paragraphs)
    if len(slices) == 1:
        return [Piece(piece.path, piece.where, piece.title, piece.place, piece.lead, slices[0])]
    return [
        Piece(f"{piece.path}.~{n}", f"{piece.where} (phần {n})", piece.title, piece.place, piece.lead, text)
        for n, text in enumerate(slices, 1)
    ]


def slice_up(paragraphs: Sequence[str], size: int = SLICE) -> list[str]:
    """Whole paragraphs together up to `size`; one longer than that is cut after a sentence, else after a word."""
    out: list[str] = []
    for paragraph in (part for p in paragraphs for part in _cut(p.strip(), size) if part):
        if out and len(out[-1]) + len(paragraph) + 1 <= size:
            out[-1] += f"\n{paragraph}"
        else:
            out.append(paragraph)
    return out or [""]


def _cut(paragraph: str, size: int) -> list[str]:
    out = []
    while len(paragraph) > size:
        head = paragraph[:size]
        at = max(head.rfind(". "), head.rfind("; ")) + 1 or head.rfind(" ") or size
        at = at if at > 0 else size
        out.append(paragraph[:at].strip())
        paragraph = paragraph[at:].strip()
    return [*out, paragraph]


def _of_annex(annex: Annex) -> list[Piece]:
    body = annex.paragraphs or ([annex.title] if annex.title else [])
    return _sliced(Piece(annex.path, annex.name, annex.title, "", "", ""), body)


def _grouped(rows: Sequence[Row], by: str) -> list[tuple[str | None, list[Row]]]:
    """Runs of rows with the same clause or point, in order."""
    runs: list[tuple[str | None, list[Row]]] = []
    for row in rows:
        label = getattr(row, by)
        if runs and runs[-1][0] == label:
            runs[-1][1].append(row)
        else:
            runs.append((label, [row]))
    return runs


def _joined(rows: Sequence[Row]) -> str:
    return "\n".join(row.text for row in rows)
