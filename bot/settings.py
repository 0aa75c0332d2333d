"""The environment, read once at the start. Every setting has a default that works on one machine."""

from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SANDBOX_TOKEN = "424242:loa-sandbox-token"  # accepted by our own sandbox only


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="LOA_", env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Path("var")
    database_url: str = Field("", validation_alias="DATABASE_URL")
    host: str = "127.0.0.1"
    port: int = Field(8088, validation_alias="PORT")
    time_zone: str = "Asia/Ho_Chi_Minh"
    log_json: bool = False
    log_level: str = "info"

    telegram_token: SecretStr | None = Field(None, validation_alias="TELEGRAM_TOKEN")
    telegram_api: str = ""  # base of a local Bot API server, e.g. http://127.0.0.1:8081
    telegram_proxy: str = ""
    telegram_rate: float = 30.0  # messages a second the platform accepts for this token
    telegram_webhook: str = ""  # public https address; empty = polling
    telegram_webhook_secret: SecretStr | None = None

    reply_share: float = 0.5  # part of a lane that answers may take before a hỏa tốc push goes first
    quiet_from: int = 21  # hours, recipient's own zone
    quiet_to: int = 6
    update_body_limit: int = 1_000_000  # bytes of a webhook body

    @field_validator("database_url")
    @classmethod
    def _async_driver(cls, url: str) -> str:
        for plain in ("postgres://", "postgresql://"):
            if url.startswith(plain):
                return "postgresql+asyncpg://" + url.removeprefix(plain)
        return url

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{(self.data_dir / 'loa.db').as_posix()}"

    @property
    def sandboxed(self) -> bool:
        """No token: the platforms themselves run on loopback."""
        return self.telegram_token is None

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def token(self) -> str:
        return self.telegram_token.get_secret_value() if self.telegram_token else SANDBOX_TOKEN

    @property
    def api_base(self) -> str:
        """Where the Bot API answers."""
        if self.telegram_api:
            return self.telegram_api.rstrip("/")
        return self.base_url if self.sandboxed else "https://api.telegram.org"

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
