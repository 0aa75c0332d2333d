"""Reads in a document which others it replaces, repeals or amends. Suggestions only: a curator confirms them. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.legal_articles import Article, Row
from knowledge.legal_numbers import key, numbers_in
from knowledge.legal_paths import CITED

REPLACED, AMENDED = "replaced_by", "amended_by"  # db.legal.LinkKind
VERB = re.compile(r"(thay thế|bãi bỏ|hết hiệu lực|hủy bỏ|sửa đổi, bổ sung|sửa đổi)", re.I)
AMENDS = re.compile(
    r"(?:sửa đổi|bổ sung|bãi bỏ|thay thế).{0,80}(?:điều|khoản|điểm|cụm từ|luật|nghị định|thông tư)", re.I
)
PHRASE = re.compile(r"thay (?:thế )?(?:cụm )?từ", re.I)
QUOTED = re.compile(r"“[^”]*”?")
HISTORY = re.compile(  # "đã được sửa đổi, bổ sung một số điều theo Luật số … và Luật số …" tells of the past
    r"(?:đã\s+)?được\s+sửa đổi(?:, bổ sung)?[^;()]*?(?:theo|bởi|tại)\s.*?(?=\s(?:hết hiệu lực|như sau)|[;,():]|$)", re.I
)
AFTER = re.compile(r"bổ sung\s+(.+?)\s+(?:vào\s+)?(?:sau|trước)\s+(.+)", re.I)
SENTENCE = re.compile(r"(?<=[.;])\s+(?=[“A-ZÀ-ỸĐ])")
EVIDENCE = 300


@dataclass(frozen=True, slots=True)
class Suggestion:
    old: str
    kind: str
    new: str
    since: date | None
    provisions: tuple[str, ...]
    evidence: str


def suggest(number: str, name: str, articles: Sequence[Article], since: date | None) -> list[Suggestion]:
    """One for each older document and kind, provisions joined; nothing is said of the document itself."""
    found: dict[tuple[str, str], Suggestion] = {}
    for one in [*_amended(number, name, articles, since), *_ended(number, articles, since)]:
        if key(one.old) == key(number):
            continue
        at = one.old, one.kind
        if at not in found:
            found[at] = one
        elif found[at].provisions and one.provisions:
            joined = tuple(dict.fromkeys((*found[at].provisions, *one.provisions)))
            found[at] = Suggestion(one.old, one.kind, number, since, joined, found[at].evidence)
        else:  # the whole document, wherever it is said so
            found[at] = Suggestion(one.old, one.kind, number, since, (), found[at].evidence)
    return list(found.values())


def _ended(number: str, articles: Sequence[Article], since: date | None) -> Iterator[Suggestion]:
    """ "… này thay thế Nghị định số X", "Luật số X hết hiệu lực kể từ ngày …", "Bãi bỏ Điều 5 Thông tư số X"."""
    for article in articles:
        if _amending(article.title):
            continue
        for words in _whole_items(article):
            for sentence in SENTENCE.split(QUOTED.sub("", words)):
                for part, verb in _parts(HISTORY.sub("", sentence)):
                    if verb.startswith("sửa đổi") or PHRASE.search(part):
                        continue
                    for old, provisions in _targets(part):
                        yield Suggestion(old, REPLACED, number, since, provisions, sentence.strip()[:EVIDENCE])


def _whole_items(article: Article) -> Iterator[str]:
    """Paragraphs; an item of a list together with the words that lead into the list."""
    lead = ""
    for row in article.rows:
        if row.text.endswith(":"):
            lead = row.text
            yield row.text
        else:
            yield f"{lead} {row.text}" if lead and row.point else row.text
            lead = lead if row.point else ""


def _parts(sentence: str) -> Iterator[tuple[str, str]]:
    """The stretch of a sentence each verb speaks of: before "hết hiệu lực", after the others."""
    verbs = list(VERB.finditer(sentence))
    for at, verb in enumerate(verbs):
        word = verb[1].lower()
        if word == "hết hiệu lực":
            start = verbs[at - 1].end() if at else 0
            listed = sentence[verb.end() :] if ":" in sentence[verb.end() :] else ""
            yield f"{sentence[start : verb.start()]} {listed}", word
        else:
            yield sentence[verb.end() : verbs[at + 1].start() if at + 1 < len(verbs) else None], word


def _targets(part: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Numbers, each with the provisions named before it."""
    before = 0
    for number, start, end in numbers_in(part):
        yield number, tuple(dict.fromkeys(m[0].strip() for m in CITED.finditer(part[before:start])))
        before = end


def _amending(title: str) -> bool:
    return bool(AMENDS.search(title))


def _amended(number: str, name: str, articles: Sequence[Article], since: date | None) -> Iterator[Suggestion]:
    """ "Sửa đổi, bổ sung một số điều của Nghị định số X", and the provisions its items name."""
    of_name = [n for n, _, _ in numbers_in(name)] if _amending(name) else []
    for article in articles:
        heading = article.title or next((row.text for row in article.rows), "")
        if not _amending(heading):
            continue
        targets = [n for n, _, _ in numbers_in(HISTORY.sub("", QUOTED.sub("", heading)))] or of_name
        if len(targets) != 1:
            yield from _one_by_one(number, article, since)
            continue
        provisions = tuple(dict.fromkeys(p for row in _orders(article) for p in _changed(row.text)))
        own = tuple(m[0] for m in CITED.finditer(heading.partition(targets[0])[0]))
        yield Suggestion(targets[0], AMENDED, number, since, provisions or own, heading[:EVIDENCE])


def _one_by_one(number: str, article: Article, since: date | None) -> Iterator[Suggestion]:
    """An article that amends several documents names each in its own clause, what changes there or in its points."""
    orders = _orders(article)
    for row in orders:
        order = HISTORY.sub("", QUOTED.sub("", row.text).partition("như sau")[0])
        for old, provisions in _targets(order):
            if not provisions and not row.point:
                below = (r for r in orders if r.clause == row.clause and r.point)
                provisions = tuple(dict.fromkeys(p for r in below for p in _changed(r.text)))
            yield Suggestion(old, AMENDED, number, since, provisions, row.text[:EVIDENCE])


def _orders(article: Article) -> list[Row]:
    """First row of each clause and point: what to do; the rest is the new wording."""
    first: dict[tuple[str | None, str | None], Row] = {}
    for row in article.rows:
        first.setdefault((row.clause, row.point), row)
    return [row for (clause, _), row in first.items() if clause]


def _changed(order: str) -> list[str]:
    words = QUOTED.sub("", order).partition("như sau")[0]
    if added := AFTER.search(words):
        new, beside = added[1].strip(), added[2]
        if re.search(r"điều\s+\d", new, re.I):
            return []  # a new article touches no old one
        article = re.search(r"điều\s+\d+[a-zđ]{0,2}", beside, re.I)
        return [f"{new} {article[0]}"] if article else []
    return [m[0] for m in CITED.finditer(words)]
