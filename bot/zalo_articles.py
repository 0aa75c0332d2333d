"""The Official Account's articles: made in the background by the platform, broadcast to the followers by it."""

import asyncio
from typing import Any

import httpx

from bot.channels.zalo_oa_errors import BAD_TOKEN
from bot.zalo_tokens import Tokens

CREATE, VERIFY, BROADCAST = "/v2.0/article/create", "/v2.0/article/verify", "/v2.0/oa/message"
LIST, REMOVE = "/v2.0/article/getslice", "/v2.0/article/remove"
LATEST = 10  # articles looked at: as many as the platform gives at once
BEING_MADE, WAIT, TRIES = -214, 1.0, 30
SAID = {
    -211: "đã hết số lần gửi quảng bá của tháng theo gói của OA", -223: "đã hết số bài viết theo gói của OA",
    -234: "Zalo không gửi quảng bá từ 22 giờ đến 6 giờ; vui lòng gửi vào ban ngày", -221: "OA chưa được xác thực",
    -224: "gói của OA chưa có quyền này", -204: "OA đang bị khóa",
}


class NotDone(Exception):
    """The platform says no, or nothing; a sentence."""


class Unsure(NotDone):
    """Asked, and no answer: it may have been done."""


class Articles:
    def __init__(self, tokens: Tokens, http: httpx.AsyncClient, api: str) -> None:
        self._tokens, self._http, self._api = tokens, http, api

    async def create(self, article: dict[str, Any]) -> str:
        """A token that stands for it until it is made."""
        return str((await self._call(CREATE, article))["token"])

    async def made(self, token: str) -> str:
        """The article's id, once there is one."""
        for _ in range(TRIES):
            found = await self._call(VERIFY, {"token": token}, waits=True)
            if found is not None:
                return str(found["id"])
            await asyncio.sleep(WAIT)
        raise NotDone("Zalo chưa làm xong bài viết. Vui lòng chạy lại lệnh này sau ít phút.")

    async def named(self, title: str) -> str | None:
        """The id of the latest article with this title."""
        found = await self._call(LIST, {"offset": 0, "limit": LATEST, "type": "normal"}, reading=True)
        return next((str(one["id"]) for one in found.get("medias") or () if one.get("title") == title), None)

    async def remove(self, article_id: str) -> None:
        await self._call(REMOVE, {"id": article_id})

    async def broadcast(self, article_id: str) -> str:
        """The message's id. To every follower; the platform looks at it for about half an hour first."""
        elements = [{"media_type": "article", "attachment_id": article_id}]
        media = {"type": "template", "payload": {"template_type": "media", "elements": elements}}
        said = await self._call(BROADCAST, {"recipient": {"target": {}}, "message": {"attachment": media}})
        return str(said["message_id"])

    async def _call(self, path: str, body: dict[str, Any], *, waits: bool = False, reading: bool = False) -> Any:
        token = await self._tokens.access()
        code, said = await self._ask(path, body, token, reading)
        if code in BAD_TOKEN:
            code, said = await self._ask(path, body, await self._tokens.renew(token), reading)
        if code == BEING_MADE and waits:
            return None
        if code:
            raise NotDone(f"Zalo từ chối ({code}): {SAID.get(code) or said.get('message', '')}.")
        return said.get("data") or {}

    async def _ask(self, path: str, body: dict[str, Any], token: str, reading: bool) -> tuple[int, dict[str, Any]]:
        given = {"params": body} if reading else {"json": body}
        url, headers = f"{self._api}{path}", {"access_token": token}
        try:
            answer = await self._http.request("GET" if reading else "POST", url, headers=headers, **given)
            said = answer.json()
            return int(said["error"]), said
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as problem:
            raise Unsure(f"chưa nhận được trả lời của Zalo ({type(problem).__name__}). Vui lòng thử lại.") from None
