"""The office's own sign-in (OpenID Connect), with a provider over HTTP that this test plays."""

import base64
import hashlib
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import func, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

from console.app import build
from console.office import Account
from console.openid import KEPT, Provider
from console.visit import Needs
from db.console import OfficeAccount
from knowledge.catalogue import Catalogue
from network import people
from network.case_times import CaseRules
from network.quiet import NEVER
from tests.briefing import member
from tests.integration.test_console import Desk

ISSUER = "https://sso.bo.test/realms/bo"
BACK = "http://loa.test/console/door/office/back"


class Office:
    """An OpenID provider. `who` is signed in there; `changed` is laid over what its tokens say."""

    def __init__(self, clock) -> None:
        self.key = self.shown = _key("1")
        self.clock, self.who, self.changed, self.down = clock, "u-17", {}, False
        self.asked: dict[str, dict[str, str]] = {}
        self.app = Starlette(routes=[
            Route("/realms/bo/.well-known/openid-configuration", self.metadata), Route("/keys", self.keys),
            Route("/authorize", self.authorize), Route("/token", self.token, methods=["POST"]),
        ])
        self.name = ISSUER

    async def metadata(self, _request: Request) -> JSONResponse:
        if self.down:
            return JSONResponse({}, 503)
        host = "https://sso.bo.test"
        return JSONResponse({
            "issuer": self.name, "authorization_endpoint": f"{host}/authorize", "token_endpoint": f"{host}/token",
            "jwks_uri": f"{host}/keys", "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        })

    async def keys(self, _request: Request) -> JSONResponse:
        return JSONResponse({"keys": [self.shown.as_dict(private=False)]})

    async def authorize(self, request: Request) -> RedirectResponse:
        asked = dict(request.query_params)
        assert (asked["client_id"], asked["response_type"], asked["redirect_uri"]) == ("loa", "code", BACK)
        assert asked["scope"] == "openid" and asked["code_challenge_method"] == "S256"
        code = f"code{len(self.asked)}"
        self.asked[code] = asked
        return RedirectResponse(f"{BACK}?code={code}&state={asked['state']}")

    async def token(self, request: Request) -> JSONResponse:
        form = dict(parse_qsl((await request.body()).decode()))
        asked = self.asked.pop(form["code"], None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        secret = base64.b64encode(b"loa:mat").decode()
        if asked is None or proof != asked["code_challenge"] or request.headers["authorization"] != f"Basic {secret}":
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(self.clock().timestamp())
        said = {"iss": ISSUER, "sub": self.who, "aud": "loa", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        signed = jwt.encode({"alg": "RS256", "kid": self.key.kid}, said | self.changed, self.key)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": signed})


def _key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@pytest.fixture
async def office(now):
    return Office(lambda: now)


@pytest.fixture
async def browser(database, now, office):
    """browser(name) → somebody with a console that knows the office, signed in by the link."""
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=office.app))
    provider = Provider(Account(ISSUER, "loa", "mat", "tài khoản Bộ"), BACK, http)
    app = build(Needs(
        database, await Catalogue.open(database), NEVER, CaseRules(), clock=lambda: now, office=provider
    ))
    opened: list[Desk] = []

    async def made(name: str) -> Desk:
        async with database.transaction() as db:
            who = await member(db, name, "super_admin", now)
        opened.append(Desk(app, database, who, lambda: now))
        return await opened[-1].enter()

    yield made
    for each in opened:
        await each.client.aclose()
        await each.stranger.aclose()
    await http.aclose()


async def through(office: Office, client: httpx.AsyncClient, begin: str) -> httpx.Response:
    """As a browser goes: out to the provider, signed in there already, and back."""
    out = await client.get(begin)
    assert out.status_code == 303, out.text
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=office.app)) as there:
        back = (await there.get(out.headers["location"])).headers["location"]
    return await client.get("door/office/back", params=parse_qs(urlsplit(back).query))


async def test_linked_once_then_entered_with(browser, office):
    lan = await browser("Lan")
    assert "Đăng nhập bằng tài khoản Bộ" in (await lan.stranger.get("door")).text
    unknown = await through(office, lan.stranger, "door/office")
    assert unknown.status_code == 403 and "chưa được nối" in unknown.text
    assert "Nối tài khoản" in await lan.get("account")
    assert (await through(office, lan.client, "account/office")).headers["location"].endswith("/account?xong=noitk")
    assert "Đã nối lúc" in await lan.get("account")
    assert (await through(office, lan.stranger, "door/office")).status_code == 303
    assert "Lan" in (await lan.stranger.get("")).text
    await lan.post("account/office/remove")
    lan.stranger.cookies.clear()
    assert (await through(office, lan.stranger, "door/office")).status_code == 403


async def test_an_account_is_one_persons(database, browser, office, now):
    lan, binh = await browser("Lan"), await browser("Bình")
    await through(office, lan.client, "account/office")
    taken = await through(office, binh.client, "account/office")
    assert taken.status_code == 403 and "người khác" in taken.text
    office.who = "u-18"
    await through(office, lan.client, "account/office")  # Lan has another account now
    async with database.reading() as db:
        assert list(await db.scalars(select(OfficeAccount.subject))) == ["u-18"]
    async with database.transaction() as db:
        await people.erase(db, lan.who.person_id, now)
        assert await db.scalar(select(func.count()).select_from(OfficeAccount)) == 0


@pytest.mark.parametrize("changed", [
    {"nonce": "another"}, {"aud": "somebody"}, {"iss": "https://evil.test"}, {"exp": 1_600_000_000},
    {"aud": ["loa", "x"], "azp": "x"}, {"iat": 4_000_000_000}, {"sub": None},
])
async def test_a_token_that_proves_nothing_opens_nothing(browser, office, changed):
    lan = await browser("Lan")
    await through(office, lan.client, "account/office")
    office.changed = changed
    refused = await through(office, lan.stranger, "door/office")
    assert refused.status_code == 403 and "không xác nhận" in refused.text


async def test_a_foreign_signature_opens_nothing_a_new_key_of_theirs_does(browser, office):
    lan = await browser("Lan")
    await through(office, lan.client, "account/office")
    office.key = office.shown = _key("2")  # they changed it; their list of keys says so
    assert (await through(office, lan.stranger, "door/office")).status_code == 303
    lan.stranger.cookies.clear()
    office.key = _key("2")  # not the one they show
    assert (await through(office, lan.stranger, "door/office")).status_code == 403


async def test_a_way_back_that_nobody_began_leads_nowhere(browser, office):
    lan = await browser("Lan")
    await through(office, lan.client, "account/office")
    for asked in ({}, {"code": "code0"}, {"code": "code0", "state": "x"}, {"error": "access_denied", "state": "x"}):
        assert (await lan.stranger.get("door/office/back", params=asked)).status_code == 403
    await lan.stranger.get("door/office")
    assert (await lan.stranger.get("door/office/back", params={"code": "code0", "state": "x"})).status_code == 403
    out = await lan.client.get("account/office")  # begun in Lan's browser, ended in another
    state = parse_qs(urlsplit(out.headers["location"]).query)["state"][0]
    assert (await lan.stranger.get("door/office/back", params={"code": "c", "state": state})).status_code == 403


async def test_when_the_office_is_down_the_link_still_works(browser, office):
    lan = await browser("Lan")
    office.down = True
    away = await lan.stranger.get("door/office")
    assert away.status_code == 403 and "chưa trả lời được" in away.text and "/banlamviec" in away.text
    office.down, office.name = False, "https://other.test"
    assert (await lan.stranger.get("door/office")).status_code == 403
    office.name = ISSUER
    assert (await lan.stranger.get("door/office")).status_code == 303


async def test_its_metadata_are_asked_anew_after_a_while(office, now):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=office.app)) as http:
        provider = Provider(Account(ISSUER, "loa", "mat", "x"), BACK, http)
        await provider.begin(now)
        office.down = True
        await provider.begin(now + KEPT)
        with pytest.raises(Exception, match="chưa trả lời"):
            await provider.begin(now + KEPT * 2)
