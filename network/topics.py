"""Topics: what people choose to hear about, and what briefs and entries carry."""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from network import content, names

FIELDS = (
    "Đời sống người dân", "Thiên tai, khủng hoảng, tin giả", "Bộ máy, địa giới", "Không gian số, dữ liệu",
    "Báo chí, phát ngôn", "Chỉ thị 07 và truyền thông chính sách",
)


@cache
def topics() -> Mapping[str, str]:
    """Code → name, in the order of the content file."""
    return MappingProxyType({row["code"]: row["name"] for row in content.load("topics")})


@cache
def fields() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(field, codes of its topics) as they are offered to people; internal topics stand in none."""
    found: dict[str, list[str]] = {name: [] for name in FIELDS}
    for row in content.load("topics"):
        if not row.get("internal"):
            found[row["field"]].append(row["code"])
    return tuple((name, tuple(codes)) for name, codes in found.items())


@cache
def offered() -> frozenset[str]:
    return frozenset(code for _, codes in fields() for code in codes)


@cache
def _searched() -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((row["code"], (row["name"], row["code"], *row["keywords"])) for row in content.load("topics"))


def find(typed: str) -> list[str]:
    """Codes of the topics a typed name or keyword may mean, best first."""
    return names.best(typed, _searched())


def suggest(text: str, limit: int = 6) -> list[str]:
    """Topics whose name or keywords stand in a longer text, those with the longest words first."""
    folded = f" {names.fold(text)} "
    weights = {
        code: sum(len(word) for word in {names.fold(n) for n in named} if len(word) > 1 and f" {word} " in folded)
        for code, named in _searched()
    }
    found = sorted((code for code in weights if weights[code]), key=lambda code: -weights[code])
    return found[:limit]


def name_of(code: str) -> str:
    return topics().get(code, code)


def list_names(codes: Iterable[str]) -> str:
    return ", ".join(name_of(code) for code in codes)
