"""Cutting a connection without an answer. ASGI has no word for it, so the server's protocol hands us the transport."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class CuttableProtocol(HttpToolsProtocol):
    """uvicorn's own, with `scope["cut"]` added."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["cut"] = self.transport.abort


async def cut(scope: dict[str, Any], send: Any) -> None:
    if abort := scope.get("cut"):
        abort()
        await asyncio.sleep(0.01)  # until uvicorn has noticed; otherwise it would try to say 500
        return
    # Another server: promise more than is sent, which clients meet as a broken answer.
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
