"""What the wire tests of the Zalo sandbox share: an app with a token, and a receiver of events."""

import asyncio
import base64
import hashlib
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from sandbox import embedded
from sandbox.app import Sandbox
from sandbox.zalo_oa.state import APP_ID, APP_SECRET

OPEN, OAUTH = "/zalo/openapi", "/zalo/oauth/v4/oa"
HOA, BINH = "7200000000000000001", "7200000000000000002"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (1).to_bytes(4) + (1).to_bytes(4) + bytes(12)


class App:
    """An app of the OA: consents, holds a token, calls."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http, self.token, self.renewal = http, "", ""

    async def code(self, verifier: str = "") -> str:
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() if verifier else ""
        asked = {"app_id": APP_ID, "code_challenge": challenge}
        answer = await self.http.get(f"{OAUTH}/permission", params=asked, headers={"accept": "application/json"})
        return answer.json()["code"]

    async def pair(self, *, secret: str = APP_SECRET, **form: str) -> dict:
        headers = {"secret_key": secret}
        answer = await self.http.post(f"{OAUTH}/access_token", data={"app_id": APP_ID, **form}, headers=headers)
        assert answer.status_code == 200
        return answer.json()

    async def consent(self) -> None:
        verifier = "v" * 43
        code = await self.code(verifier)
        self.keep(await self.pair(grant_type="authorization_code", code=code, code_verifier=verifier))

    def keep(self, pair: dict) -> None:
        self.token, self.renewal = pair["access_token"], pair["refresh_token"]

    async def post(self, path: str, body: object = None, base: str = OPEN, **more: object) -> dict:
        body = {} if body is None and not more else body
        parts = {"json": body} if body is not None else {}
        answer = await self.http.post(f"{base}{path}", headers={"access_token": self.token}, **parts, **more)
        assert answer.status_code == 200
        return answer.json()

    async def get(self, path: str, base: str = OPEN, **params: object) -> dict:
        answer = await self.http.get(f"{base}{path}", params=params, headers={"access_token": self.token})
        return answer.json()

    async def say(self, text: str = "Xin chào", user: str = HOA, **message: object) -> dict:
        body = {"recipient": {"user_id": user}, "message": {"text": text, **message}}
        return await self.post("/v3.0/oa/message/cs", body)

    async def code_of(self, text: str = "Xin chào", user: str = HOA) -> int:
        return (await self.say(text, user))["error"]

    async def phone(self, act: str, user: str = HOA, **body: object) -> dict:
        answer = await self.http.post(f"/sandbox/phones/{user}/{act}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def messages(self, user: str = HOA) -> list[dict]:
        return (await self.http.get(f"/sandbox/phones/{user}/messages")).json()["messages"]

    async def later(self, *, hours: float = 0, days: float = 0) -> None:
        await self.http.post("/sandbox/clock", json={"forward": hours * 3600 + days * 86_400})

    async def rules(self, **wanted: object) -> None:
        (await self.http.put("/sandbox/zalo/rules", json=wanted)).raise_for_status()

    async def bill(self) -> dict:
        return (await self.http.get("/sandbox/zalo/bill")).json()


class Receiver(Starlette):
    """Takes events; answers with `status`, after `pause` seconds."""

    def __init__(self) -> None:
        super().__init__(routes=[Route("/hook", self._take, methods=["POST"])])
        self.got: list[tuple[dict, bytes, dict]] = []
        self.status, self.pause, self.came = 200, 0.0, asyncio.Event()

    async def _take(self, request):
        raw = await request.body()
        self.got.append((dict(request.headers), raw, await request.json()))
        self.came.set()
        await asyncio.sleep(self.pause)
        return Response(status_code=self.status)

    @asynccontextmanager
    async def kept(self):
        yield

    async def wait(self, count: int) -> list[dict]:
        """The bodies, once there are so many."""
        async with asyncio.timeout(10):
            while len(self.got) < count:
                self.came.clear()
                await self.came.wait()
        return [body for _, _, body in self.got]

    async def names(self, count: int) -> list[str]:
        return [body["event_name"] for body in await self.wait(count)]


@asynccontextmanager
async def served(sandbox: Sandbox | None = None, *, consent: bool = True):
    """A sandbox with two followers, and an app with a token."""
    async with embedded.serve(sandbox) as base, httpx.AsyncClient(base_url=base, timeout=20) as http:
        for number, name in ((HOA, "Lê Thị Hoa"), (BINH, "Phạm Bình")):
            phone = {"id": number, "name": name, "platform": "zalo_oa", "phone_number": f"+8490000000{number[-1]}"}
            (await http.post("/sandbox/phones", json=phone)).raise_for_status()
            await http.post(f"/sandbox/phones/{number}/follow", json={})
        app = App(http)
        if consent:
            await app.consent()
        yield app
