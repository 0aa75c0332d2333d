"""Whether Zalo wrote a webhook call: mac = SHA-256(first term + body + timestamp + secret), in hexadecimal.

Sources disagree about the three terms, so each combination is tried until the office names the one that fits its OA.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

FIRST, STAMP, SECRET = ("app_id", "oa_id"), ("body", "header"), ("oa_secret", "app_secret")
ANY = "any"
VARIANTS = tuple(",".join(terms) for terms in product(FIRST, STAMP, SECRET))


@dataclass(frozen=True, slots=True)
class Seal:
    """What an OA's calls are checked with. `variant` is one of VARIANTS, or any of them."""

    app_id: str
    oa_id: str
    oa_secret: str
    app_secret: str
    variant: str = ANY

    def check(self, given: str, body: bytes, stamps: tuple[str, str]) -> str | None:
        """The variant the signature fits. `stamps`: the body's timestamp and the header's.

        Always the same work: how long it takes tells nobody how near a guess was.
        """
        given = given.strip().lower().removeprefix("mac=")
        fitting = None
        for variant, mac in self._macs(body, dict(zip(STAMP, stamps, strict=True))):
            if hmac.compare_digest(given.encode(), mac.encode()):
                fitting = variant
        return fitting

    def _macs(self, body: bytes, stamps: dict[str, str]) -> Iterator[tuple[str, str]]:
        firsts = {"app_id": self.app_id, "oa_id": self.oa_id}
        secrets = {"oa_secret": self.oa_secret, "app_secret": self.app_secret}
        begun = {name: hashlib.sha256(value.encode() + body) for name, value in firsts.items() if value}
        for variant in VARIANTS if self.variant == ANY else (self.variant,):
            first, stamp, secret = variant.split(",")
            if first in begun and secrets[secret]:
                mac = begun[first].copy()
                mac.update((stamps[stamp] + secrets[secret]).encode())
                yield variant, mac.hexdigest()
