"""Topics: what people choose to hear about, and what briefs and entries carry."""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from network import content, names


@cache
def topics() -> Mapping[str, str]:
    """Code → name, in the order of the content file."""
    return MappingProxyType({row["code"]: row["name"] for row in content.load("topics")})


@cache
def _searched() -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((row["code"], (row["name"], row["code"], *row["keywords"])) for row in content.load("topics"))


def find(typed: str) -> list[str]:
    """Codes of the topics a typed name or keyword may mean, best first."""
    return names.best(typed, _searched())


def name_of(code: str) -> str:
    return topics().get(code, code)


def list_names(codes: Iterable[str]) -> str:
    return ", ".join(name_of(code) for code in codes)
