"""What sources on Zalo OA disagree about, and what a package decides: settings, to try Loa against each."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

CHOICES = {
    "mac_id": ("app_id", "oa_id"),  # the first term under the signature
    "mac_time": ("body", "header"),  # timestamp: the body's, or another one told in X-ZEvent-Timestamp
    "mac_secret": ("oa", "app"),  # OA secret key of the webhook page, or the app secret
    "free_quota": ("type_only", "constant", "counted", "none"),  # the quota object of a free message; see quotas.py
    "buttons": ("either", "plain", "template"),  # payload.buttons, or template_type "button" with payload.text
    "list_query": ("either", "data", "plain"),  # GET parameters as one JSON in `data`, or one by one
    "unfollowed": ("refuse", "window"),  # -213, or only the windows count
}


@dataclass(frozen=True, slots=True)
class Rules:
    mac_id: str = "app_id"
    mac_time: str = "body"
    mac_secret: str = "oa"
    mac_prefix: bool = True  # "mac=" before the hexadecimal digits
    free_quota: str = "type_only"
    buttons: str = "either"
    list_query: str = "either"
    unfollowed: str = "refuse"
    receipts: bool = True  # user_received_message and user_seen_message are sent
    token_seconds: int = 90_000
    refresh_seconds: int = 90 * 86_400
    code_seconds: int = 600
    old_token_lives: bool = True  # after a refresh, until its own time is over
    fixed_challenge: str = ""  # saved in the console; "" = each consent link brings its own
    proof: bool = False  # appsecret_proof is demanded
    per_minute: int = 4000  # calls of the app; 0 = no ceiling
    per_minute_articles: int = 4000
    uploads_a_month: int = 5000
    package_messages: int = 0  # sub_quota: consultation messages after 48 h that the package pays
    money: int = 100_000_000  # đồng on the OA's account
    price_message: int = 55
    template_daily: int = 50_000
    broadcasts_a_month: int = 40
    free_hours: float = 48
    window_days: float = 7

    @classmethod
    def changed(cls, old: "Rules", wanted: dict[str, Any]) -> "Rules":
        """Raises ValueError naming what is unknown or out of range."""
        kinds = {f.name: type(f.default) for f in fields(cls)}
        for name, value in wanted.items():
            if name not in kinds:
                raise ValueError(f"unknown rule {name!r}; known: {', '.join(kinds)}")
            if name in CHOICES and value not in CHOICES[name]:
                raise ValueError(f"{name} is one of {', '.join(CHOICES[name])}")
            good = (int, float) if kinds[name] in (int, float) else kinds[name]
            if not isinstance(value, good) or (kinds[name] is not bool and isinstance(value, bool)):
                raise ValueError(f"{name} is a {kinds[name].__name__}")
            if kinds[name] in (int, float) and value < 0:
                raise ValueError(f"{name} is 0 or more")
        return replace(old, **wanted)

    def plain(self) -> dict[str, Any]:
        return asdict(self)
