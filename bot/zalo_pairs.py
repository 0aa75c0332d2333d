"""A pair of tokens as the token host gives it, and a copy on this machine's disk until the database has it.

The platform gives a pair once. Writing it to the database may take a while (locked, full, away), and a process that is
killed meanwhile would take the pair with it; the copy is made in the moment it arrives, and whoever needs the token
next on this machine finds it.
"""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, repr=False)
class Pair:
    access: str
    refresh: str
    seconds: float  # of the access token's life
    got_at: datetime

    @property
    def expires_at(self) -> datetime:
        return self.got_at + timedelta(seconds=self.seconds)


class Copy:
    """`file` is readable by nobody else; None keeps nothing. The functions do not wait: nothing comes between."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def keep(self, used: str, pair: Pair) -> None:
        """Bought with the refresh token `used`. Trouble of the disk is logged: the database may still take it."""
        if self._file is None:
            return
        said = json.dumps({"used": used, **asdict(pair), "got_at": pair.got_at.isoformat()})
        beside = self._file.with_suffix(f".{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
                out.write(said)
                out.flush()
                os.fsync(out.fileno())
            beside.replace(self._file)
        except OSError as problem:
            log.error("the OA's new token could not be copied to disk", file=str(self._file), cause=str(problem),
                      remedy="free or unlock the data directory")

    def of(self, used: str) -> Pair | None:
        """What was bought with this refresh token."""
        try:
            said = json.loads(self._file.read_text()) if self._file else {}
            if said.pop("used", None) != used:
                return None
            return Pair(**{**said, "got_at": datetime.fromisoformat(said["got_at"])})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as problem:
            log.error("the copy of the OA's token cannot be read", file=str(self._file), cause=repr(problem))
            return None

    def drop(self, used: str) -> None:
        """The database has it."""
        if self._file is not None and self.of(used) is not None:
            with suppress(OSError):
                self._file.unlink()
