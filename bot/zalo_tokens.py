"""The token of an Official Account: fetched from the database, renewed in time, by one process at a time.

An access token lives 25 hours; its refresh token works once and brings both anew. The new pair is committed before
it is used, and copied to disk before that (bot/zalo_pairs.py). A process that dies while the platform answers loses it:
the old access token goes on for the hours that are left, the refresh is refused, and the operator is told that the OA's
administrator has to agree again.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import structlog

from bot.zalo_app import App
from bot.zalo_pairs import Copy, Pair
from db import zalo_tokens as table
from db.session import Database
from db.trouble import outlived, passes, survived

log = structlog.get_logger()
EARLY = 0.25  # of its life left, an access token is renewed: hours for a human to act if that fails
LEASE = timedelta(seconds=60)  # longer than the call may take
ANSWER_WITHIN = 20.0  # seconds
AGAIN = timedelta(seconds=60)  # after a refusal, until the next try
LOOK, POLL = 30.0, 0.1  # seconds: between looks at the clock, and at what another process is fetching
REMEDY = "the OA's administrator has to agree again: loa zalo consent"
Clock = Callable[[], datetime]


class NoToken(Exception):
    """There is none, or it can no longer be renewed: a human has to consent."""


class Unavailable(Exception):
    """The token host or the database does not answer just now."""


class Refused(Exception):
    """The token host says no."""


class Tokens:
    """Of one OA, in this process. `copy`: the file for a pair that the database has not yet."""

    def __init__(
        self, database: Database, channel: str, app: App, http: httpx.AsyncClient, *, name: str | None = None,
        copy: Path | None = None, clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        self.channel, self.app = channel, app
        self._database, self._http, self._clock = database, http, clock
        self._name = name or secrets.token_hex(8)
        self._copy = Copy(copy)
        self._known: tuple[str, datetime] | None = None  # access token, end of its life
        self._renewing = asyncio.Lock()
        self._buying: set[asyncio.Task[None]] = set()

    async def access(self) -> str:
        """The token to call with. Raises NoToken, Unavailable."""
        if self._known is None or self._known[1] <= self._clock():
            self._known = await self._current(lambda row: row.expires_at <= self._clock())
        return self._known[0]

    async def renew(self, refused: str) -> str:
        """The platform does not take this one (any more): another. Raises NoToken, Unavailable."""
        if self._known is None or self._known[0] == refused:
            self._known = await self._current(lambda row: row.access == refused)
        return self._known[0]

    async def run(self, stop: asyncio.Event) -> None:
        """Renews early, for as long as the process lives."""
        while not stop.is_set():
            with survived("renewing the OA's token"), suppress(NoToken, Unavailable):  # who calls the platform hears
                await self.keep_fresh()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK)

    async def keep_fresh(self) -> None:
        self._known = await self._current(self._old)

    def _old(self, row: table.ZaloToken) -> bool:
        return row.expires_at - self._clock() <= (row.expires_at - row.got_at) * EARLY

    async def _current(self, useless: Callable[[table.ZaloToken], bool]) -> tuple[str, datetime]:
        """What the database holds, renewed first where it is `useless`."""
        try:
            return await self._current_in_time(useless)
        except TimeoutError:
            raise Unavailable("the token could not be read or renewed in time") from None

    async def _current_in_time(self, useless: Callable[[table.ZaloToken], bool]) -> tuple[str, datetime]:
        async with self._renewing:
            async with asyncio.timeout(LEASE.total_seconds() * 2):
                while True:
                    row = await self._read()
                    if not useless(row):
                        return row.access, row.expires_at
                    if pair := self._copy.of(row.refresh):  # somebody died before the database had it
                        await self._store(row.refresh, pair)
                        continue
                    if not await self._leased(row):
                        self._give_up_if_refused(row)
                        await asyncio.sleep(POLL)
                        continue
                    buying = asyncio.create_task(self._buy(row.refresh))
                    self._buying.add(buying)
                    buying.add_done_callback(self._buying.discard)
                    await asyncio.shield(buying)  # cancelled or not, what the platform gives is written

    async def _read(self) -> table.ZaloToken:
        try:
            async with self._database.reading() as db:
                row = await table.read(db, self.channel)
        except Exception as problem:
            raise self._away(problem) from problem
        if row is None:
            raise NoToken(f"no token yet; {REMEDY}")
        return row

    async def _leased(self, row: table.ZaloToken) -> bool:
        now = self._clock()
        if row.lease_until and row.lease_until >= now:
            return False
        try:
            async with self._database.transaction() as db:
                return await table.lease(
                    db, self.channel, row.refresh, self._name, now, now + LEASE, tried_before=now - AGAIN
                )
        except Exception as problem:
            raise self._away(problem) from problem

    def _give_up_if_refused(self, row: table.ZaloToken) -> None:
        if row.trouble and row.tried_at and row.tried_at > self._clock() - AGAIN:
            raise NoToken(f"{row.trouble}; {REMEDY}")

    def _away(self, problem: Exception) -> Exception:
        return Unavailable(repr(problem)) if passes(problem) else problem

    async def _buy(self, refresh: str) -> None:
        try:
            pair = await self._ask(grant_type="refresh_token", refresh_token=refresh)
        except Refused as refused:
            why, now = str(refused), self._clock()
            if await self._write(table.give_back, refresh, self._name, trouble=why, now=now):
                log.critical("the OA's token can no longer be renewed", channel=self.channel, cause=why, remedy=REMEDY)
            return
        except Unavailable:
            await self._write(table.give_back, refresh, self._name)
            raise
        self._copy.keep(refresh, pair)
        await self._store(refresh, pair)

    async def _store(self, used: str, pair: Pair) -> None:
        kept = await self._write(
            table.replace, used, access=pair.access, refresh=pair.refresh, now=pair.got_at, expires_at=pair.expires_at
        )
        self._copy.drop(used)
        log.info("the OA's token is renewed", channel=self.channel, kept=kept, seconds=pair.seconds)

    async def _write(self, change: Callable[..., Awaitable[bool]], *parts: Any, **values: Any) -> bool:
        """Again and again: a new pair that is not written is lost."""
        while True:
            with outlived("writing the OA's token"):
                async with self._database.transaction() as db:
                    return await change(db, self.channel, *parts, **values)
            await asyncio.sleep(1)

    async def consent(self, code: str, oa_id: str | None = None) -> None:
        """What the OA's administrator brought back. Raises Refused, Unavailable."""
        pair = await self._ask(grant_type="authorization_code", code=code, code_verifier=self.app.code_verifier)
        async with self._database.transaction() as db:
            await table.consent(
                db, self.channel, access=pair.access, refresh=pair.refresh, oa_id=oa_id, now=pair.got_at,
                expires_at=pair.expires_at,
            )
        self._known = None

    async def consent_of_sandbox(self) -> None:
        """There a page hands out the code to whoever asks."""
        answer = await self._http.get(self.app.consent_link, headers={"accept": "application/json"})
        given = answer.json()
        await self.consent(given["code"], given.get("oa_id"))

    async def _ask(self, **form: str) -> Pair:
        """Raises Refused where the platform says no, Unavailable where it says nothing that can be read."""
        try:
            answer = await self._http.post(
                f"{self.app.oauth}/v4/oa/access_token", data={"app_id": self.app.id, **form},
                headers={"secret_key": self.app.secret}, timeout=ANSWER_WITHIN,
            )
            said = answer.json()
        except (httpx.HTTPError, ValueError) as problem:
            raise Unavailable(f"the token host does not answer: {type(problem).__name__}") from None
        if not isinstance(said, dict) or answer.status_code >= 500:
            raise Unavailable(f"the token host answers {answer.status_code}")
        try:
            return Pair(str(said["access_token"]), str(said["refresh_token"]), float(said["expires_in"]), self._clock())
        except (KeyError, TypeError, ValueError):
            detail = said.get("error_description") or said.get("error_name") or said.get("message") or "?"
            raise Refused(f"{said.get('error', answer.status_code)} {detail}") from None
