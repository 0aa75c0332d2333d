"""HTML as lines: blocks and <br> end a line, navigation is left out, numbers of ordered lists are written."""

from typing import Any

import lxml.html
from lxml.etree import ParserError

from knowledge.legal_docx import _shown as shown
from knowledge.legal_lines import Line, Manuscript, Unreadable, tidy

DROPPED = {
    "script", "style", "nav", "aside", "footer", "form", "button", "noscript", "template", "svg", "iframe", "head",
    "del", "s", "strike",
}
BLOCKS = {
    "p", "div", "li", "ul", "ol", "section", "article", "main", "body", "html", "blockquote", "center", "pre", "dd",
    "dt", "dl", "header", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "figure", "figcaption", "details", "summary",
}
LIST_FORMS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}


def read(data: bytes) -> Manuscript:
    try:
        root = lxml.html.document_fromstring(_decoded(data))
    except (ParserError, ValueError):
        raise Unreadable("Tệp HTML không có nội dung để đọc.") from None
    walker = _Walker()
    walker.walk(root, 0)
    walker.end()
    return Manuscript(tuple(walker.lines), "HTML")


def _decoded(data: bytes) -> str | bytes:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data  # as its own <meta> says
    return text.partition("?>")[2] if text.lstrip().startswith("<?xml") else text


class _Walker:
    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._text = ""

    def end(self, level: int = 0) -> None:
        if text := tidy(self._text):
            self.lines.append(Line(text, level))
        self._text = ""

    def walk(self, node: Any, level: int) -> None:
        tag = node.tag if isinstance(node.tag, str) else ""
        if not tag or tag in DROPPED or "display:none" in node.get("style", "").replace(" ", ""):
            return
        if tag == "table":
            self.end(level)
            self._table(node)
            return
        if tag == "pre":
            self.end(level)
            self.lines += [Line(text, level) for raw in node.text_content().splitlines() if (text := tidy(raw))]
            return
        block = tag in BLOCKS
        if block:
            self.end(level)
            level = int(tag[1]) if tag[0] == "h" and tag[1:].isdigit() else level
        if tag == "li":
            self._text += _bullet(node)
        elif tag == "br":
            self.end(level)
        self._text += node.text or ""
        for child in node:
            self.walk(child, level)
            self._text += child.tail or ""
        if block:
            self.end(level)

    def _table(self, table: Any) -> None:
        for row in table.iter("tr"):
            if next(row.iterancestors("table")) is not table:
                continue
            cells = [cell for cell in row if cell.tag in ("td", "th")]
            inner = []
            for cell in cells:
                walker = _Walker()
                walker.walk(cell, 0)
                walker.end()
                inner.append(walker.lines)
            if len(cells) == 1:
                self.lines += inner[0]
            elif any(inner):
                joined = " | ".join(" ".join(line.text for line in lines) for lines in inner)
                self.lines.append(Line(joined.strip(), table=True))


def _bullet(item: Any) -> str:
    parent = item.getparent()
    if parent is None or parent.tag != "ol":
        return ""
    start = parent.get("start", "1")
    number = (int(start) if start.isdigit() else 1) + [c for c in parent if c.tag == "li"].index(item)
    if item.get("value", "").isdigit():
        number = int(item.get("value"))
    form = LIST_FORMS.get(parent.get("type", "1"), "decimal")
    return f"{shown(number, form)}{')' if form == 'lowerLetter' else '.'} "
