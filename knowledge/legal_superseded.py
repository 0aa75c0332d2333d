"""The table of replaced documents that Loa ships (content/superseded.yaml), checked when it is read."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from knowledge.legal_numbers import DocumentRef, canonical

FILE = Path(__file__).parent / "content" / "superseded.yaml"


class SupersededError(ValueError):
    """A sentence for whoever keeps the file."""


class Named(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    number: str
    kind: str = Field(min_length=2)
    name: str = ""
    aliases: tuple[str, ...] = ()

    @field_validator("number")
    @classmethod
    def _official(cls, number: str) -> str:
        if not (spelt := canonical(number)):
            raise ValueError(f"“{number}” không phải số hiệu văn bản, ví dụ đúng: 244/2026/NĐ-CP")
        return spelt

    @property
    def ref(self) -> DocumentRef:
        return DocumentRef(self.number, self.kind, self.name, self.aliases)


class Superseded(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    old: Named
    new: tuple[Named, ...] = Field(min_length=1)
    until: date  # last day of the old text
    since: date  # first day of the new one
    partial: bool = False
    source: str = ""

    @model_validator(mode="after")
    def _days_meet(self) -> "Superseded":
        if self.since != self.until + timedelta(days=1):
            raise ValueError("since phải là ngày ngay sau until")
        if any(n.number == self.old.number for n in self.new):
            raise ValueError("văn bản không thể tự thay thế mình")
        return self


def read(rows: Any, name: str = FILE.name) -> tuple[Superseded, ...]:
    """Every mistake at once. Raises SupersededError."""
    if not isinstance(rows, list):
        raise SupersededError(f"{name}: tệp phải là một danh sách.")
    found, wrong = [], []
    for number, row in enumerate(rows, 1):
        try:
            found.append(Superseded.model_validate(row))
        except ValidationError as problem:
            wrong += [
                f"mục thứ {number}, {'.'.join(map(str, e['loc'])) or 'mục'}: {e['msg']}" for e in problem.errors()
            ]
    if wrong:
        raise SupersededError(f"{name}: {len(wrong)} lỗi\n" + "\n".join(f"- {w}" for w in wrong))
    return tuple(found)


@cache
def shipped() -> tuple[Superseded, ...]:
    return read(yaml.safe_load(FILE.read_text(encoding="utf-8")))
