"""The app an Official Account gives its permission to, and the link by which its administrator agrees."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit


@dataclass(frozen=True, slots=True)
class App:
    """What the console of developers.zalo.me knows of us."""

    id: str
    secret: str
    oauth: str = "https://oauth.zaloapp.com"
    callback: str = ""  # saved in the console
    verifier: str = ""  # of a challenge the console fixed; else ours

    @property
    def code_verifier(self) -> str:
        """Always the same one, as consoles save its challenge: 43 characters."""
        if self.verifier:
            return self.verifier
        made = hmac.new(self.secret.encode(), b"loa: consent of an official account", hashlib.sha256)
        return _base64(made.digest())

    @property
    def challenge(self) -> str:
        return _base64(hashlib.sha256(self.code_verifier.encode()).digest())

    @property
    def consent_link(self) -> str:
        asked = {"app_id": self.id, "redirect_uri": self.callback, "code_challenge": self.challenge, "state": "loa"}
        return f"{self.oauth}/v4/oa/permission?{urlencode({k: v for k, v in asked.items() if v})}"

    def __repr__(self) -> str:
        return f"App({self.id!r}, …)"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def code_in(typed: str) -> tuple[str, str | None]:
    """(code, OA's id if told) from what an administrator copies: the code alone, or the address they came back to."""
    typed = typed.strip()
    if "code=" not in typed:
        return typed, None
    asked = parse_qs(urlsplit(typed).query or typed)
    return asked.get("code", [""])[0], asked.get("oa_id", [None])[0]
