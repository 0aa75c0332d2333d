"""pydantic's findings about a record of a file, as sentences for whoever keeps the file."""

from collections.abc import Collection, Mapping
from typing import Any

TEXTS = {
    "missing": "còn thiếu, bắt buộc phải có",
    "extra_forbidden": "không có trường này; các trường: {fields}",
    "string_type": "phải là một dòng chữ (đặt trong nháy nếu là số)",
    "string_too_short": "ngắn quá, cần ít nhất {min_length} ký tự",
    "string_too_long": "dài quá, tối đa {max_length} ký tự",
    "string_pattern_mismatch": "viết không đúng dạng {pattern}",
    "too_short": "cần ít nhất {min_length} mục",
    "tuple_type": "phải là một danh sách (mỗi dòng bắt đầu bằng dấu -)",
    "list_type": "phải là một danh sách (mỗi dòng bắt đầu bằng dấu -)",
    "model_type": "phải là một mục có các trường {fields}",
    "model_attributes_type": "phải là một mục có các trường {fields}",
    "date_parsing": "phải là ngày dạng 2026-11-23",
    "date_from_datetime_parsing": "phải là ngày dạng 2026-11-23",
    "date_from_datetime_inexact": "phải là ngày, không kèm giờ",
    "date_type": "phải là ngày dạng 2026-11-23",
}
PATTERNS = {
    "^(high|medium)$": "high hoặc medium",
    r"^[a-z0-9][a-z0-9._-]{1,63}$": "mã: 2–64 ký tự chữ thường không dấu, số, dấu . _ -",
}


def sentence(error: Mapping[str, Any], fields: Collection[str]) -> str:
    """`variants.2: phải là một dòng chữ`; items are counted from one, as people do."""
    place = ".".join(str(part + 1 if isinstance(part, int) else part) for part in error["loc"]) or "cả mục"
    return f"{place}: {_text(error, fields)}"


def _text(error: Mapping[str, Any], fields: Collection[str]) -> str:
    given = dict(error.get("ctx", {}))
    if error["type"] == "value_error":  # our own validators speak Vietnamese
        return str(given["error"])
    if "pattern" in given:
        given["pattern"] = PATTERNS.get(given["pattern"], given["pattern"])
    known = TEXTS.get(error["type"])
    return known.format(**given, fields=", ".join(fields)) if known else f"không hợp lệ ({error['msg']})"
