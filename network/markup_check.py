"""What an author must correct before a text goes out: each problem with its line, in Vietnamese."""

import re

from markdown_it.token import Token

from network.markup_tree import clean, is_link, parser

_MD = parser()
_MD.core.ruler.disable("text_join")  # keeps an escaped sign apart from a forgotten one
_SIGNS = {
    "**": "dấu ** (in đậm) chưa đóng",
    "__": "dấu __ (in đậm) chưa đóng",
    "~~": "dấu ~~ (gạch ngang) chưa đóng",
    "`": "dấu ` (mã) chưa đóng",
}
_TAG = re.compile(r"<(/?[A-Za-z][A-Za-z0-9-]*)(?:\s[^<>]*)?/?>|<!--")
_TABLE = re.compile(r"^\s*\|?\s*:?-{3,}:?\s*(?:\|\s*:?-{3,}:?\s*)+\|?\s*$")
_LINK_OPEN = re.compile(r"\[[^\[\]]*\]\([^()\s]*(?:\s*$|\s+[^)]*$)")
_LINK_BAD = re.compile(r"\[[^\[\]]*\]\(\s*<?([^()\s<>]*)[^)]*\)")
_STAR = re.compile(r"(?:^|(?<=\s))\*(?=\w)|(?:^|(?<=\s))_(?=\w)")


def check(text: str) -> list[str]:
    text = clean(text)
    tokens = _MD.parse(text)
    found = [*_whole(text, tokens)]
    for token in tokens:
        if token.type == "inline":
            found += _inline(token)
    return [f"Dòng {line}: {problem}." for line, problem in sorted(set(found))]


def _whole(text: str, tokens: list[Token]) -> list[tuple[int, str]]:
    fenced = [token for token in tokens if token.type == "fence" and token.map]
    inside = {line for token in fenced for line in range(*token.map or ())}
    lines = text.split("\n")
    found = [(token.map[0] + 1, "khối mã ``` chưa đóng") for token in fenced if token.map and _open(token, lines)]
    return found + [
        (number + 1, "bảng không được hỗ trợ; vui lòng viết thành danh sách")
        for number, line in enumerate(lines)
        if number not in inside and _TABLE.match(line)
    ]


def _open(fence: Token, lines: list[str]) -> bool:
    first, end = fence.map or (0, 0)
    return end - first < 2 or not lines[end - 1].strip(" >").startswith(fence.markup)


def _inline(token: Token) -> list[tuple[int, str]]:
    """Only signs typed as signs count: escaped ones and code are left out."""
    first = (token.map[0] if token.map else 0) + 1
    found: list[tuple[int, str]] = []
    line, typed = first, ""
    for child in [*(token.children or []), None]:
        if child is None or child.type in ("softbreak", "hardbreak"):
            found += [(line, problem) for problem in _line(typed)]
            line, typed = line + 1, ""
        elif child.type == "image":
            found.append((line, "ảnh trong văn bản không được hỗ trợ; vui lòng gửi ảnh làm tệp đính kèm"))
        elif child.type == "text":
            typed += child.content
        else:
            typed += "\x00"  # something parsed: neither a word nor a space
    return found


def _line(typed: str) -> list[str]:
    found = [problem for sign, problem in _SIGNS.items() if sign in typed]
    if not found and _STAR.search(typed):
        found.append("dấu * hoặc _ (in nghiêng) chưa đóng; nếu chỉ muốn viết dấu này, vui lòng thêm \\ phía trước")
    found += [f"thẻ HTML {match.group()} không được hỗ trợ" for match in _TAG.finditer(typed)]
    if _LINK_OPEN.search(typed) or typed.count("[") > typed.count("]"):
        found.append("liên kết chưa đóng; cách viết đúng: [tên](https://…)")
    bad = [match.group(1) for match in _LINK_BAD.finditer(typed)]
    found += [
        f"liên kết “{url}” không hợp lệ; địa chỉ phải bắt đầu bằng http:// hoặc https://"
        for url in bad
        if not is_link(url)
    ]
    return found
