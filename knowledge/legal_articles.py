"""Reads the lines of a statute into articles: a machine that takes one line at a time and knows what may come next."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from knowledge import legal_marks as marks
from knowledge.legal_lines import Line
from knowledge.legal_marks import HEADINGS, Level, Mark

NAMES = {Level.PART: "Phần", Level.CHAPTER: "Chương", Level.SECTION: "Mục", Level.SUBSECTION: "Tiểu mục"}
LONGEST_TITLE = 300  # a "heading" longer than this is the article's text
LOOK_AHEAD = 8  # lines in which "kèm theo" must follow the title of an attached instrument


@dataclass(slots=True)
class Row:
    """One paragraph of an article, under its clause and point."""

    clause: str | None
    point: str | None
    text: str


@dataclass(slots=True)
class Article:
    label: str
    title: str
    place: str
    rows: list[Row] = field(default_factory=list)
    holder: int = 0  # 0 the document itself, else the number of the attached instrument


@dataclass(slots=True)
class Annex:
    """An appendix or a form; or, with `articles` elsewhere, the name of an attached instrument."""

    path: str
    name: str  # Phụ lục I
    title: str = ""
    paragraphs: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Reading:
    articles: list[Article] = field(default_factory=list)
    annexes: list[Annex] = field(default_factory=list)
    holders: list[str] = field(default_factory=lambda: [""])  # [0] is the document, then "Quy chế", …
    head: list[str] = field(default_factory=list)  # before the first article: number, name, legal basis
    tail: list[str] = field(default_factory=list)  # signature, recipients
    headings: dict[str, int] = field(default_factory=dict)  # "Chương" → how many
    warnings: list[str] = field(default_factory=list)


class Reader:
    def __init__(self, lines: Sequence[Line], quoted: Sequence[bool], *, wrapped: bool = False) -> None:
        self._lines, self._quoted, self._wrapped = lines, quoted, wrapped
        self.reading = Reading()
        self._place: dict[Level, str] = {}
        self._heading: Level | None = None  # a heading whose title may go on
        self._titled = False  # the article's title may go on
        self._article: Article | None = None
        self._annex: Annex | None = None
        self._clause: str | None = None
        self._point: str | None = None
        self._over = False  # the signature has come
        self._before = Line("")

    def read(self) -> Reading:
        for at, line in enumerate(self._lines):
            self._take(at, line, self._quoted[at])
            self._before = line
        for article in self.reading.articles:
            _settle(article)
        return self.reading

    def _take(self, at: int, line: Line, quoted: bool) -> None:
        found = None if quoted or line.table else marks.mark(line.text)
        if not quoted and self._takes_over(at, line):
            return
        if found and self._opens(found, at):
            return
        if self._heading and not quoted and not line.table and self._continues_heading(line):
            return
        self._say(at, line)

    # What a new part needs

    def _opens(self, found: Mark, at: int) -> bool:
        if self._annex:
            return False
        if found.level in HEADINGS:
            return self._open_heading(found)
        if found.level is Level.ARTICLE:
            return self._open_article(found)
        if not self._article or self._over:
            return False
        return self._open_clause(found, at) if found.level is Level.CLAUSE else self._open_point(found, at)

    def _open_heading(self, found: Mark) -> bool:
        if self._over or (self._amid() and not marks.shouted(found.rest)):
            return False
        for level in [l for l in self._place if l >= found.level]:  # noqa: E741
            del self._place[level]
        name = NAMES[found.level]
        self._place[found.level] = f"{name} {found.label}. {found.rest}".rstrip(". ")
        self.reading.headings[name] = self.reading.headings.get(name, 0) + 1
        self._heading, self._article = found.level, None
        return True

    def _open_article(self, found: Mark) -> bool:
        last = self._last_article()
        next_one = marks.follows(found.label, last)
        if (self._over or self._amid()) and not next_one:
            return False
        if self._over:
            self.reading.warnings.append(f"Điều {found.label} đứng sau phần ký; vẫn được nhận.")
            self._over = False
        place = " › ".join(self._place[level] for level in sorted(self._place))
        self._article = Article(found.label, found.rest, place, holder=len(self.reading.holders) - 1)
        self.reading.articles.append(self._article)
        self._heading, self._clause, self._point = None, None, None
        self._titled = True
        return True

    def _open_clause(self, found: Mark, at: int) -> bool:
        if not marks.follows(found.label, self._clause):
            number, last = marks.number_of(found.label), marks.number_of(self._clause or "0")
            if self._amid() or not last < number <= last + 5:
                return False
            where = f"Điều {self._article.label}"
            self.reading.warnings.append(f"{where}: sau khoản {self._clause or '(đầu điều)'} là khoản {found.label}.")
        self._clause, self._point, self._titled = found.label, None, False
        self._article.rows.append(Row(found.label, None, self._lines[at].text))
        return True

    def _open_point(self, found: Mark, at: int) -> bool:
        if not marks.point_follows(found.label, self._point):
            if self._amid() or not marks.later_point(found.label, self._point):
                return False
            where = f"khoản {self._clause} Điều" if self._clause else "Điều"
            last = self._point or "(đầu khoản)"
            self.reading.warnings.append(f"{where} {self._article.label}: sau điểm {last} là điểm {found.label}.")
        self._point, self._titled = found.label, False
        self._article.rows.append(Row(self._clause, found.label, self._lines[at].text))
        return True

    def _amid(self) -> bool:
        """A line broken by the margin: what looks like a mark may be a reference ("theo quy định tại / Điều 5. …")."""
        return self._wrapped and bool(self._before.text) and self._before.full and not marks.ends(self._before.text)

    def _last_article(self) -> str | None:
        mine = [a for a in self.reading.articles if a.holder == len(self.reading.holders) - 1]
        return mine[-1].label if mine else None

    # Signature, appendices, instruments issued with the document

    def _takes_over(self, at: int, line: Line) -> bool:
        if self.reading.articles and not self._over and not self._heading and marks.signs(line.text):
            self._over, self._heading = True, None
            self.reading.tail.append(line.text)
            return True
        if not line.table and self.reading.articles and self._attaches(at, line):
            self.reading.holders.append(marks.INSTRUMENT.match(line.text)[0].capitalize())
            self._place, self._annex, self._article, self._over, self._heading = {}, None, None, False, None
            return True
        return not line.table and self._annexes(at, line)

    def _attaches(self, at: int, line: Line) -> bool:
        closed = self._over or self._annex or self._before.text.endswith("./.")
        if not closed or not marks.INSTRUMENT.match(line.text) or not marks.shouted(line.text):
            return False
        near = self._lines[at : at + LOOK_AHEAD]
        return any(marks.ATTACHED.search(l.text) for l in near) and self._has_articles(at)  # noqa: E741

    def _has_articles(self, at: int) -> bool:
        ahead = (marks.mark(line.text) for line in self._lines[at : at + 60])
        return any(m and m.level is Level.ARTICLE and m.label == "1" for m in ahead)

    def _annexes(self, at: int, line: Line) -> bool:
        found = marks.APPENDIX.fullmatch(line.text)
        closed = self._over or self._annex or self._before.text.endswith("./.")
        if found and self.reading.articles and (closed or line.text.startswith("PHỤ LỤC")):
            label, rest = found[1], found[2]
            if (label or not rest or marks.shouted(line.text)) and not rest[:1].islower() and not self._amid():
                number = sum(a.path.startswith("pl") for a in self.reading.annexes) + 1
                self._annex = Annex(f"pl{label or number}", f"Phụ lục {label}" if label else "Phụ lục", rest)
                return self._keep_annex()
        form = marks.FORM.fullmatch(line.text) if closed else None
        if form and (self._annex or self._over) and not form[2][:1].islower() and len(line.text) < 120:
            base = self._annex.name.rpartition("Phụ lục")[2].strip() if self._annex else ""
            within = f" Phụ lục {base}".rstrip() if self._annex and "Phụ lục" in self._annex.name else ""
            self._annex = Annex(f"mau{form[1]}", f"Mẫu số {form[1]}{within}", form[2])
            return self._keep_annex()
        return False

    def _keep_annex(self) -> bool:
        self.reading.annexes.append(self._annex)
        self._article, self._heading, self._over = None, None, True
        return True

    # What is said under what is open

    def _continues_heading(self, line: Line) -> bool:
        title = self._place[self._heading]
        first = title.count(" ") == 1  # "Chương II": its title stands on the next line
        if not first and not (marks.shouted(line.text) and marks.shouted(title.partition(". ")[2] or title)):
            self._heading = None
            return False
        self._place[self._heading] = f"{title}{'. ' if first else ' '}{line.text}"
        return True

    def _say(self, at: int, line: Line) -> None:
        if marks.CONTENTS_LINE.search(line.text):
            return
        if self._annex:
            self._say_in_annex(line)
        elif self._over:
            self.reading.tail.append(line.text)
        elif self._article is None:
            self.reading.head.append(line.text)
        elif self._titled and self._continues_title(at, line):
            self._article.title = _glued(self._article.title, line.text)
        else:
            self._titled = False
            self._append(line)
        if line.text.endswith("./.") and self._article and not self._quoted[at]:
            self._ends_here(at)

    def _ends_here(self, at: int) -> None:
        """"./." closes a document, unless its next article follows."""
        ahead = [m for line in self._lines[at + 1 : at + 4] if (m := marks.mark(line.text))]
        self._over = not any(m.level <= Level.ARTICLE for m in ahead)

    def _continues_title(self, at: int, line: Line) -> bool:
        title = self._article.title
        if not title:
            return not line.table and len(line.text) < LONGEST_TITLE
        if not self._wrapped or marks.ends(title):
            return False
        if line.text[:1].islower():
            return True
        last_words = self._before.full and not line.full and not marks.ends(line.text)
        return last_words and at + 1 < len(self._lines) and marks.mark(self._lines[at + 1].text) is not None

    def _append(self, line: Line) -> None:
        rows = self._article.rows
        if self._wrapped and rows and not line.table and self._goes_on(rows[-1].text, line):
            rows[-1].text = _glued(rows[-1].text, line.text)
        else:
            rows.append(Row(self._clause, self._point, line.text))

    def _goes_on(self, so_far: str, line: Line) -> bool:
        return not self._before.table and (self._before.full or not marks.ends(so_far))

    def _say_in_annex(self, line: Line) -> None:
        annex = self._annex
        if not annex.paragraphs and not line.table and (marks.shouted(line.text) or marks.ATTACHED.search(line.text)):
            if marks.shouted(line.text):
                annex.title = f"{annex.title} {line.text}".strip()
            return
        if self._wrapped and annex.paragraphs and not line.table and self._goes_on(annex.paragraphs[-1], line):
            annex.paragraphs[-1] = _glued(annex.paragraphs[-1], line.text)
        else:
            annex.paragraphs.append(line.text)


def _glued(so_far: str, more: str) -> str:
    """Over a line's end; "TT-" and "BĐL" belong together, "kinh tế -" and "xã hội" do not."""
    between = "" if re.search(r"\w[-/]$", so_far) else " "
    return f"{so_far}{between}{more}".strip()


def _settle(article: Article) -> None:
    """What stood on the line of the number is the text where there is no other, or where it leads into clauses."""
    title = article.title
    if title and (not article.rows or title.endswith((":", ";")) or len(title) > LONGEST_TITLE):
        article.rows.insert(0, Row(None, None, title))
        article.title = ""
    article.title = article.title.rstrip(". ")
