"""The starter knowledge base as YAML, checked when it is read: errors name the file, the entry and the field."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from knowledge.misreading import sentence

FOLDER = Path(__file__).parent
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times faster where it was built


class ContentError(ValueError):
    """A sentence for whoever keeps the file."""


class Citation(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    doc: str = Field(min_length=1)
    article: str | None = None
    date: str | None = None  # ISO, or a year or month where no more is known
    url: str | None = None


class EntryFile(BaseModel):
    """One entry as it is written in a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$")
    question: str = Field(min_length=3, max_length=300)
    variants: tuple[str, ...] = ()
    answer: str = Field(min_length=3, max_length=3500)
    citations: tuple[Citation, ...] = Field(min_length=1)
    topic: str | None = None
    audience: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    confidence: str = Field("high", pattern="^(high|medium)$")
    superseded_by: str | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _dates_in_order(self) -> "EntryFile":
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to đứng trước valid_from")
        return self

    @property
    def check_source(self) -> bool:
        """Fines and whatever rests on second-hand sources are shown with a warning."""
        return self.confidence == "medium" or self.id.startswith("xp-")


def _misspelt(problem: yaml.YAMLError) -> str:
    mark = getattr(problem, "problem_mark", None)
    place = f"dòng {mark.line + 1}, cột {mark.column + 1}: " if mark else ""
    return (
        f"{place}YAML viết sai. Hãy xem lại thụt dòng, dấu cách sau dấu hai chấm, và đặt chữ có dấu hai chấm trong "
        f"ngoặc kép ({getattr(problem, 'problem', None) or 'không đọc được'})."
    )


def read_entries(path: Path) -> list[EntryFile]:
    """Every mistake of the file at once. Raises ContentError."""
    try:
        rows = yaml.load(path.read_text(encoding="utf-8-sig"), LOADER)
    except UnicodeDecodeError:
        raise ContentError(f"{path.name}: tệp không phải UTF-8. Hãy lưu lại với mã UTF-8.") from None
    except yaml.YAMLError as problem:
        raise ContentError(f"{path.name}: {_misspelt(problem)}") from None
    if not isinstance(rows, list):
        raise ContentError(f"{path.name}: tệp phải là một danh sách các mục.")
    entries, wrong, seen = [], [], set()
    for number, row in enumerate(rows, 1):
        try:
            entry = EntryFile.model_validate(row)
        except ValidationError as problem:
            name = row.get("id", f"mục thứ {number}") if isinstance(row, dict) else f"mục thứ {number}"
            wrong += [f"{name}, {sentence(e, _fields(e['loc']))}" for e in problem.errors()]
            continue
        if entry.id in seen:
            wrong.append(f"{entry.id}: mã này đã có ở trên")
        seen.add(entry.id)
        entries.append(entry)
    if wrong:
        raise ContentError(f"{path.name}: {len(wrong)} lỗi\n" + "\n".join(f"- {w}" for w in wrong))
    return entries


def _fields(place: tuple[str | int, ...]) -> list[str]:
    """Of the record a finding stands in."""
    return list((Citation if place and place[0] == "citations" else EntryFile).model_fields)


@cache
def entries() -> tuple[EntryFile, ...]:
    return tuple(read_entries(FOLDER / "entries.yaml"))


@cache
def abbreviations() -> tuple[dict[str, Any], ...]:
    return tuple(_list("abbreviations.yaml"))


@cache
def golden() -> tuple[tuple[str, str], ...]:
    """(key of the entry, question)."""
    return tuple((row["entry"], row["question"]) for row in _list("golden.yaml"))


@cache
def smalltalk() -> dict[str, str]:
    """Folded phrase → answer."""
    return {phrase: row["answer"] for row in _list("smalltalk.yaml") for phrase in row["phrases"]}


def _list(name: str) -> list[dict[str, Any]]:
    return yaml.load((FOLDER / name).read_text(encoding="utf-8"), LOADER)
