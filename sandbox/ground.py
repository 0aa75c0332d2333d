"""What all platforms of the sandbox stand on: time, the page's stream, faults, numbers and files."""

import hashlib
import itertools
from dataclasses import dataclass, field

from sandbox.clock import Clock
from sandbox.faults import Dice, Faults
from sandbox.feed import Feed


class Refused(Exception):
    """An act a phone cannot do now. `code` is a slug, `status` for HTTP."""

    def __init__(self, text: str, code: str, status: int = 409) -> None:
        super().__init__(text)
        self.code, self.status = code, status


@dataclass(slots=True)
class File:
    id: str
    unique_id: str
    kind: str  # photo | document
    name: str
    mime: str
    data: bytes
    width: int = 0
    height: int = 0


@dataclass
class Ground:
    """`lean` keeps no bodies: for benchmarks with a million chats."""

    clock: Clock = field(default_factory=Clock)
    feed: Feed = field(default_factory=Feed)
    faults: Faults = field(default_factory=Faults)
    dice: Dice = field(default_factory=Dice)
    files: dict[str, File] = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    lean: bool = False

    def now(self) -> int:
        return int(self.clock.now())

    def now_ms(self) -> int:
        return int(self.clock.now() * 1000)

    def add_file(self, kind: str, name: str, mime: str, data: bytes, size: tuple[int, int] = (0, 0)) -> File:
        digest = hashlib.sha256(data + name.encode()).hexdigest()
        file = File(f"{'Ag' if kind == 'photo' else 'BQ'}{digest[:40]}", digest[:16], kind, name, mime, data, *size)
        return self.files.setdefault(file.id, file)
