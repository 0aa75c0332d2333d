"""Personal data in what people typed: found by its form. Best effort: a person still reads what is shown to others."""

import re

_WORD = r"[A-ZÀ-ỸĐ][a-zà-ỹđ]+"
_BEFORE_A_NAME = "tên (?:tôi |em |cháu |mình )?là|(?:tôi|em|cháu|con) (?:là|tên)|(?:ông|bà|anh|chị|cô|chú|bác)"
FORMS = (
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), "[thư điện tử]"),
    (re.compile(r"https?://\S+"), "[đường dẫn]"),
    (re.compile(r"(?<![\w/])(?:\+?84|0)(?:[ .\-]?\d){8,10}(?![\d/])"), "[số điện thoại]"),
    (re.compile(r"(?<![\w/])\d{9}(?:\d{3})?(?![\d/])"), "[số giấy tờ]"),
    (re.compile(r"(?<![\w/])\d{2}[A-Z]\d?[ \-]?\d{3}[. ]?\d{2}(?!\d)"), "[biển số]"),
    (re.compile(r"(?<!\d)\d(?:[ .]?\d){9,18}(?!\d)"), "[dãy số]"),
    (
        re.compile(rf"((?i:{_BEFORE_A_NAME})\s+){_WORD}(?:\s+{_WORD}){{1,4}}"),
        r"\1[họ tên]",
    ),
)


def hidden(text: str) -> str:
    """The text with what may be personal data named instead of shown."""
    for form, name in FORMS:
        text = form.sub(name, text)
    return text


def holds_any(text: str) -> bool:
    return hidden(text) != text
