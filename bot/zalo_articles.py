"""The Official Account's articles: made in the background by the platform, broadcast to the followers by it."""

import asyncio
from typing import Any

import httpx

from bot.channels.zalo_oa_errors import BAD_TOKEN
from bot.zalo_tokens import Tokens

CREATE, VERIFY, BROADCAST = "/v2.0/article/create", "/v2.0/article/verify", "/v2.0/oa/message"
BEING_MADE, WAIT, TRIES = -214, 1.0, 30
SAID = {
    -211: "đã hết số lần gửi quảng bá của tháng theo gói của OA", -223: "đã hết số bài viết theo gói của OA",
    -234: "Zalo không gửi quảng bá từ 22 giờ đến 6 giờ; vui lòng gửi vào ban ngày", -221: "OA chưa được xác thực",
    -224: "gói của OA chưa có quyền này", -204: "OA đang bị khóa",
}


class NotDone(Exception):
    """The platform says no, or nothing; a sentence."""


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

    async def broadcast(self, article_id: str) -> str:
        """The message's id. To every follower; the platform looks at it for about half an hour first."""
        elements = [{"media_type": "article", "attachment_id": article_id}]
        media = {"type": "template", "payload": {"template_type": "media", "elements": elements}}
        said = await self._call(BROADCAST, {"recipient": {"target": {}}, "message": {"attachment": media}})
        return str(said["message_id"])

    async def _call(self, path: str, body: dict[str, Any], *, waits: bool = False) -> Any:
        token = await self._tokens.access()
        code, said = await self._post(path, body, token)
        if code in BAD_TOKEN:
            code, said = await self._post(path, body, await self._tokens.renew(token))
        if code == BEING_MADE and waits:
            return None
        if code:
            raise NotDone(f"Zalo từ chối ({code}): {SAID.get(code) or said.get('message', '')}.")
        return said.get("data") or {}

    async def _post(self, path: str, body: dict[str, Any], token: str) -> tuple[int, dict[str, Any]]:
        try:
            answer = await self._http.post(f"{self._api}{path}", json=body, headers={"access_token": token})
            said = answer.json()
            return int(said["error"]), said
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as problem:
            raise NotDone(f"chưa nhận được trả lời của Zalo ({type(problem).__name__}). Vui lòng thử lại.") from None
