"""The environment's part about Zalo. What sources disagree about, and what the platform charges, are settings too."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from bot.zalo_mac import ANY, VARIANTS

SANDBOX_OA = "5757575757"
SANDBOX_APP, SANDBOX_APP_SECRET = "4242424242", "loa-sandbox-app-secret"
SANDBOX_OA_KEY, SANDBOX_TEMPLATE = "loa-sandbox-oa-secret", "400100"
SANDBOX_ZALO_BOT = "4242:loa-sandbox-zalo-bot"
HOSTS = {
    "openapi": "https://openapi.zalo.me", "oauth": "https://oauth.zaloapp.com",
    "bot": "https://bot-api.zaloplatforms.com", "business": "https://business.openapi.zalo.me",
}


class ZaloSettings(BaseSettings):
    zalo_oa_app_id: str = ""  # the app of developers.zalo.me that the OA gives its permission to
    zalo_oa_app_secret: SecretStr = SecretStr("")
    zalo_oa_secret_key: SecretStr = SecretStr("")  # OA Secret Key of the app's webhook page: signs the events
    zalo_oa_callback: str = ""  # Callback URL, exactly as saved in the console
    zalo_oa_code_verifier: SecretStr = SecretStr("")  # only where the console made the code challenge itself
    zalo_oa_proof: bool = False  # the app demands appsecret_proof
    zalo_oa_buttons: str = Field("plain", pattern="^(plain|template)$")  # shape of buttons under a text
    zalo_oa_picture: str = ""  # address of a public picture, shown on the form that asks for a phone number
    zalo_oa_template: str = ""  # number of the approved template "bạn có tin chính sách mới"
    zalo_oa_rate: float = Field(66.0, gt=0)  # calls a second: 4,000 a minute for the app
    zalo_oa_api: str = ""  # base of the OA interfaces; https://openapi.zalo.me
    zalo_oauth_api: str = ""  # https://oauth.zaloapp.com
    zalo_business_api: str = ""  # of the templates; https://business.openapi.zalo.me
    zalo_proxy: str = ""

    zalo_oa_id: str = ""  # of the OA itself, as in https://zalo.me/<id>
    zalo_oa_mac: str = Field(ANY, pattern=f"^({'|'.join((ANY, *VARIANTS))})$")  # which terms the events' mac has
    zalo_oa_event_hours: float = Field(3, ge=0)  # an older event is no repetition by Zalo; 0: any age

    # What Zalo charges, in đồng without VAT. Sources: docs of the platform as of January 2026; check the OA's own bill.
    zalo_oa_free_hours: float = Field(48, ge=0)  # after the last interaction
    zalo_oa_window_days: float = Field(7, ge=0)
    zalo_oa_price_message: int = Field(55, ge=0)  # consultation message after the free hours
    zalo_oa_price_template: int = Field(84, ge=0)  # template to a user id, public service
    zalo_oa_prices_of: str = "2026-01"  # when and where these were read, as shown to who signs
    zalo_oa_budget: int = Field(0, ge=0)  # đồng that one push may cost; 0: no limit

    zalo_bot_token: SecretStr | None = None
    zalo_bot_rate: float = Field(10.0, gt=0)  # messages a second; the platform publishes no figure
    zalo_bot_api: str = ""  # https://bot-api.zaloplatforms.com
    zalo_bot_webhook: str = ""  # public https address of /webhooks/zalo/bot; empty = polling
    zalo_bot_webhook_secret: SecretStr | None = None

    @property
    def has_zalo_oa(self) -> bool:
        return bool(self.zalo_oa_app_id)

    @property
    def has_zalo_bot(self) -> bool:
        return self.zalo_bot_token is not None
