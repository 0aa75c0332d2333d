"""Pictures and files the app brings: kept seven days, so many a month, each kind with its size."""

import secrets
from typing import Any

import httpx

from sandbox.ground import File
from sandbox.showing import picture_size
from sandbox.zalo_oa.errors import ZaloError
from sandbox.zalo_oa.state import Oa, Upload

KEPT = 7 * 86_400  # seconds
LARGEST = {"image": 1 << 20, "gif": 5 << 20, "file": 5 << 20}  # bytes
STARTS = {"image": (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"), "gif": (b"GIF8",)}
FILES = (".pdf", ".doc", ".docx", ".csv")


def take(oa: Oa, kind: str, name: str, mime: str, data: bytes) -> dict[str, str]:
    counted = f"{kind} {oa.month()}"
    if oa.uploaded[counted] >= oa.rules.uploads_a_month:
        raise ZaloError(-211)
    if not data:
        raise ZaloError(-201, "file is empty")
    if len(data) > LARGEST[kind]:
        raise ZaloError(-210, f"{kind} is larger than {LARGEST[kind] >> 20} MB")
    if kind == "file" and not name.lower().endswith(FILES):
        raise ZaloError(-201, "only pdf, doc, docx and csv")
    if kind != "file" and not data.startswith(STARTS[kind]):
        raise ZaloError(-201, "only jpg and png" if kind == "image" else "only gif")
    oa.uploaded[counted] += 1
    file = _kept(oa, "document" if kind == "file" else "photo", name, mime, data)
    token = secrets.token_urlsafe(32)
    oa.uploads[token] = Upload(file, kind, oa.clock.now())
    return {"token" if kind == "file" else "attachment_id": token}


def _kept(oa: Oa, kind: str, name: str, mime: str, data: bytes) -> File:
    return oa.ground.add_file(kind, name, mime, data, picture_size(data) or (0, 0))


def used(oa: Oa, token: Any, kind: str) -> File:
    upload = oa.uploads.get(str(token or ""))
    if upload is None or oa.clock.now() - upload.at > KEPT:
        raise ZaloError(-100)
    if upload.kind != kind:
        raise ZaloError(-201, f"this is a {upload.kind}")
    return upload.file


async def fetched(oa: Oa, url: str) -> File:
    """Zalo fetches a picture itself; on the sandbox only loopback can answer."""
    try:
        async with httpx.AsyncClient(timeout=5) as client:
            answer = (await client.get(url)).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL):
        raise ZaloError(-201, "url cannot be fetched") from None
    if picture_size(answer.content) is None:
        raise ZaloError(-201, "url is no picture")
    return _kept(oa, "photo", "anh", answer.headers.get("content-type", ""), answer.content)
