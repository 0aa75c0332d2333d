"""The refusals of the OA interfaces, answered with HTTP 200."""

from typing import Any

TEXTS = {
    -32: "Your application has reached its limit of requests per minute",
    -100: "Attachment is expired or does not exist",
    -109: "Template not found",
    -108: "Phone number is invalid",
    -118: "Zalo account does not exist",
    -131: "Template is not approved",
    -1121: "Template parameter is too long",
    -1122: "Template parameter is missing",
    -1124: "Template parameter has a wrong format",
    -115: "Not enough money",
    -124: "Access token is invalid",
    -144: "OA reached its daily template quota",
    -201: "A parameter is invalid",
    -209: "Application is not activated",
    -210: "A parameter is beyond its limit",
    -211: "Out of quota",
    -212: "Interface is not registered",
    -213: "User does not follow the official account",
    -214: "Article is being processed",
    -216: "Access token is invalid",
    -217: "User blocked invitations of the official account",
    -218: "User reached the limit of messages to receive",
    -220: "Access token is expired or removed",
    -223: "Official account has not authorised this interface",
    -227: "User is banned or inactive for more than 45 days",
    -230: "User has not interacted with the official account in the past 7 days",
    -232: "Interaction does not exist or is expired",
    -233: "Message type is not supported",
    -234: "Not allowed between 22:00 and 06:00",
    -240: "This version of the message interface is closed",
    -242: "appsecret_proof is invalid",
    -244: "User restricted this message type",
    -249: "Template cannot be sent by user id",
    -320: "Application has to be linked with a Zalo Cloud Account",
    -321: "Zalo Cloud Account has run out of money",
    # Of the token host; no source has its table, clients can only look at "not 0".
    -14001: "Invalid grant type",
    -14002: "Application is not activated",
    -14003: "Redirect address is not registered",
    -14004: "Invalid secret key",
    -14012: "Invalid or used code",
    -14013: "Invalid code verifier",
    -14014: "Invalid or used refresh token",
    -14019: "Refresh token is expired",
}


class ZaloError(Exception):
    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail

    def plain(self) -> dict[str, Any]:
        text = TEXTS.get(self.code, "Unknown error")
        return {"error": self.code, "message": f"{text}: {self.detail}" if self.detail else text}
