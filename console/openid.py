"""OpenID Connect with the office's own sign-in: authorization code flow with PKCE, over httpx.

openid.net/specs/openid-connect-core-1_0.html and discovery; Authlib checks the provider's metadata and the claims,
joserfc (which Authlib brings) the signatures.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

import httpx
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from console.office import UNPROVEN, Account, Started
from network.refusals import Refusal

log = structlog.get_logger()
KEPT = timedelta(hours=1)  # metadata and keys
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY = 60  # seconds clocks may differ
TIMEOUT = 10.0
SILENT = "Hệ thống tài khoản của cơ quan chưa trả lời được. Vui lòng thử lại sau ít phút, hoặc vào bằng liên kết."


class Provider:
    """One issuer, as one client of it. What it says of itself is asked anew every hour."""

    def __init__(self, account: Account, back: str, http: httpx.AsyncClient | None = None) -> None:
        self.account, self.back = account, back
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT)
        self._known: tuple[datetime, dict[str, Any], KeySet] | None = None

    async def begin(self, now: datetime) -> tuple[str, Started]:
        """Where to send the browser, and what it keeps."""
        metadata, _keys = await self._about(now)
        started = Started(*(secrets.token_urlsafe(24) for _ in range(2)), secrets.token_urlsafe(48))
        challenge = {
            "code_challenge": create_s256_code_challenge(started.verifier), "code_challenge_method": "S256",
            "nonce": started.nonce,
        }
        return prepare_grant_uri(
            metadata["authorization_endpoint"], self.account.client_id, "code", redirect_uri=self.back,
            scope="openid", state=started.state, **challenge,
        ), started

    async def subject(self, code: str, started: Started, now: datetime) -> str:
        """Who has signed in there. Refuses what is not signed, not for us, not for this attempt, or over."""
        metadata, keys = await self._about(now)
        token = await self._exchange(metadata, code, started)
        try:
            try:
                signed = jwt.decode(token, keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError):  # its keys may have changed within the hour
                signed = jwt.decode(token, (await self._about(now, anew=True))[1], algorithms=ALGORITHMS)
            expected = {"iss": {"essential": True, "value": self.account.issuer},
                        "aud": {"essential": True, "value": self.account.client_id}}
            about = {"nonce": started.nonce, "client_id": self.account.client_id}
            claims = CodeIDToken(signed.claims, signed.header, expected, about)
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
        except (JoseError, AuthlibBaseError, ValueError, TypeError) as problem:
            log.warning("the office's sign-in is not proven", issuer=self.account.issuer, cause=repr(problem))
            raise Refusal(UNPROVEN) from None
        return str(claims["sub"])[:255]

    async def _exchange(self, metadata: dict[str, Any], code: str, started: Started) -> str:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.back,
            "code_verifier": started.verifier,
        }
        identity, secret, auth = self.account.client_id, self.account.client_secret, None
        if "client_secret_basic" in metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
            auth = httpx.BasicAuth(identity, secret)
        else:
            form |= {"client_id": identity, "client_secret": secret}
        said = await self._asked("POST", metadata["token_endpoint"], data=form, auth=auth, refused=UNPROVEN)
        if not isinstance(token := said.get("id_token"), str):
            log.warning("the office's sign-in sent no token", issuer=self.account.issuer, cause=said.get("error"))
            raise Refusal(UNPROVEN)
        return token

    async def _about(self, now: datetime, anew: bool = False) -> tuple[dict[str, Any], KeySet]:
        if self._known is None or anew or now - self._known[0] > KEPT:
            metadata = await self._asked("GET", get_well_known_url(self.account.issuer, external=True))
            try:
                checked = OpenIDProviderMetadata(metadata)
                for name in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"):
                    getattr(checked, f"validate_{name}")()
                if metadata["issuer"] != self.account.issuer:
                    raise ValueError(f"it calls itself {metadata['issuer']}")
                keys = KeySet.import_key_set(await self._asked("GET", metadata["jwks_uri"]))
            except (JoseError, ValueError, KeyError, TypeError) as problem:
                log.error(
                    "the office's sign-in describes itself wrongly", issuer=self.account.issuer, cause=repr(problem),
                    remedy="check LOA_OIDC_ISSUER against the issuer in its openid-configuration",
                )
                raise Refusal(SILENT) from None
            self._known = now, metadata, keys
        return self._known[1], self._known[2]

    async def _asked(self, method: str, url: str, refused: str = SILENT, **more: Any) -> Any:
        try:
            answer = await self._http.request(method, url, **more)
            said = answer.json() if answer.status_code < 500 else {}
            if answer.status_code == 200 and isinstance(said, dict):
                return said
            cause = f"HTTP {answer.status_code}: {answer.text[:200]}"
        except (httpx.HTTPError, ValueError) as problem:
            cause, refused = repr(problem), SILENT
        log.warning("the office's sign-in does not answer as it should", url=url, cause=cause)
        raise Refusal(refused)
