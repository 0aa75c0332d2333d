"""Pushing to an Official Account's people: consultation messages, and the approved template when the window is over."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import structlog

from bot.channels import Button, Closed, Down, File, Frozen, Held, Later, Letter, Outcome, Receipt
from bot.channels.zalo_oa_errors import BAD_TOKEN, MEANING, outcome_of
from bot.lanes import Lane, Paused, Priority
from bot.zalo_tokens import NoToken, Tokens, Unavailable
from network import zalo_text
from network.tariff import Tariff, Way

log = structlog.get_logger()
MESSAGE, TEMPLATE, UPLOAD = "/v3.0/oa/message/cs", "/v3.0/oa/message/template", "/v2.0/oa/upload"
TITLE = 100  # characters on a button
ANSWER_WITHIN, UPLOAD_WITHIN = 20.0, 120.0  # seconds
CONNECTIONS = 100
Message = dict[str, Any]


class _Stopped(Exception):
    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class ZaloOaChannel:
    """One OA. Text goes out plain in as many messages as it needs, buttons under the last, files before it."""

    platform = "zalo_oa"

    def __init__(
        self, name: str, tokens: Tokens, lane: Lane, tariff: Tariff, *, api: str, template: str = "",
        buttons: str = "plain", proof: bool = False, picture: str = "", proxy: str | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.name, self.lane, self.tariff, self.tokens = name, lane, tariff, tokens
        self._api, self._template, self._buttons, self._proof = api, template, buttons, proof
        self._picture = picture  # address of one, which the form for a phone number needs
        limits = httpx.Limits(max_connections=CONNECTIONS)
        self._http = http or httpx.AsyncClient(proxy=proxy, limits=limits, timeout=ANSWER_WITHIN)
        self._told: set[str] = set()  # what the operator has been told already

    async def close(self) -> None:
        await self._http.aclose()

    def calls(self, letter: Letter) -> int:
        return len(self._messages(letter)) + sum(taken(file) for file in letter.files)

    async def send(self, letter: Letter) -> Outcome:
        outcome: Outcome = Closed("window_closed", asked=False)
        if letter.way not in (Way.TEMPLATE, Way.CLOSED):
            outcome = await self._say(letter)
        tries = letter.nudge and self._template and letter.way != Way.CLOSED
        return await self._nudge(letter) if isinstance(outcome, Closed) and tries else outcome

    async def edit(self, address: str, message_ids: tuple[str, ...], letter: Letter) -> Outcome:
        return Held("not_here", asked=False)  # Zalo changes nothing that was sent

    async def delete(self, address: str, message_ids: tuple[str, ...], priority: int = Priority.NORMAL) -> Outcome:
        return Held("not_here", asked=False)

    def _messages(self, letter: Letter) -> list[Message]:
        form = [_form(self._picture)] if letter.ask_contact and self._picture else []
        return [*messages(letter, self._buttons), *form]

    async def _say(self, letter: Letter) -> Outcome:
        sent: list[str] = []
        known: list[tuple[int, str]] = []
        cost = 0
        try:
            for file in filter(taken, letter.files):
                token = file.file_id or await self._upload(file, letter, patient=bool(sent))
                known.append((file.attachment_id, token))
                cost += await self._message(letter, _attached(file, token), sent)
            for message in self._messages(letter):
                cost += await self._message(letter, message, sent)
        except _Stopped as stopped:
            return self._ended(stopped.outcome, begun=bool(sent), cost=cost)
        return Receipt(tuple(sent), tuple(known), cost=cost)

    def _ended(self, outcome: Outcome, *, begun: bool, cost: int = 0) -> Outcome:
        """A letter half of which has arrived is unsure, whatever stopped the rest; where that stops the whole OA, the
        next letter finds it out."""
        why = getattr(outcome, "why", "")
        if why in MEANING and why not in self._told:
            self._told.add(why)
            log.error("the OA may not send this", channel=self.name, cause=why, remedy=MEANING[why])
        if begun and isinstance(outcome, Later | Down | Closed | Frozen | Held):
            return Down(f"interrupted after its first messages: {why}", maybe_sent=True, cost=cost)
        return outcome

    async def _message(self, letter: Letter, message: Message, sent: list[str]) -> int:
        """What it cost."""
        if letter.reply_to and not sent:
            message = {**message, "quote_message_id": letter.reply_to}
        body = {"recipient": {"user_id": letter.address}, "message": message}
        data = await self._call(MESSAGE, letter, patient=bool(sent), json=body)
        sent.append(str(data["message_id"]))
        return self.tariff.message if letter.way == Way.PAID and not data.get("quota") else 0

    async def _nudge(self, letter: Letter) -> Outcome:
        body = {"user_id": letter.address, "template_id": self._template, "template_data": dict(letter.nudge)}
        try:
            data = await self._call(TEMPLATE, letter, patient=False, json=body)
        except _Stopped as stopped:
            return self._ended(stopped.outcome, begun=False)
        return Receipt((str(data["message_id"]),), note=Way.TEMPLATE, cost=self.tariff.template)

    async def _upload(self, file: File, letter: Letter, *, patient: bool) -> str:
        kind = "image" if file.mime in zalo_text.PICTURES else "file"
        content = {"file": (file.name, file.data or b"", file.mime)}
        data = await self._call(f"{UPLOAD}/{kind}", letter, patient=patient, files=content, timeout=UPLOAD_WITHIN)
        return str(data["attachment_id" if kind == "image" else "token"])

    async def _call(self, path: str, letter: Letter, *, patient: bool, **content: Any) -> dict[str, Any]:
        """The answer's data, or _Stopped. A token that is refused is renewed once."""
        try:
            token = await self.tokens.access()
            code, answer = await self._post(path, token, letter, patient, content)
            if code in BAD_TOKEN:
                token = await self.tokens.renew(token)
                code, answer = await self._post(path, token, letter, patient, content)
        except Paused as paused:
            raise _Stopped(Later(paused.seconds, "paused")) from None
        except NoToken as problem:
            raise _Stopped(Frozen(f"Zalo OA: {problem}")) from None
        except Unavailable as problem:
            raise _Stopped(Down(str(problem))) from None
        if code:
            outcome = outcome_of(code, str(answer.get("message", "")), datetime.now(UTC))
            if isinstance(outcome, Later) and not outcome.alone:
                self.lane.pause(outcome.after, outcome.why)
            raise _Stopped(outcome)
        return answer.get("data") or {}

    async def _post(
        self, path: str, token: str, letter: Letter, patient: bool, content: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        """(code, whole answer); 0 is good."""
        headers = {"access_token": token}
        if self._proof:
            secret = self.tokens.app.secret.encode()
            headers["appsecret_proof"] = hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()
        gone = await self.lane.take(letter.address, letter.priority, patient=patient)
        try:
            answer = await self._http.post(f"{self._api}{path}", headers=headers, **content)
            said = answer.json() if answer.status_code == 200 else {}
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as problem:
            raise _Stopped(Down(f"could not connect: {type(problem).__name__}")) from None
        except (httpx.HTTPError, ValueError) as problem:
            raise _Stopped(Down(f"no answer: {type(problem).__name__}", maybe_sent=True)) from None
        if answer.status_code == 429:
            self.lane.pause(10.0, "HTTP 429")
            raise _Stopped(Later(10.0))
        if answer.status_code != 200 or not isinstance(said, dict) or not isinstance(said.get("error"), int):
            unsure = answer.status_code == 200
            raise _Stopped(Down(f"answer {answer.status_code} without a code", maybe_sent=unsure))
        self.lane.answered(gone)
        return said["error"], said


def taken(file: File) -> bool:
    """What was uploaded before has no bytes here."""
    return zalo_text.takes(file.name, file.mime, len(file.data) if file.data else 0)


def messages(letter: Letter, shape: str) -> list[Message]:
    """The texts of a letter, buttons under the last."""
    buttons = [button for row in letter.buttons for button in row]
    text = zalo_text.with_left(letter.text, [file.name for file in letter.files if not taken(file)])
    if len(buttons) > zalo_text.BUTTONS:
        text = zalo_text.numbered(text, [(button.label, button.url) for button in buttons])
        buttons = [
            Button(f"{number}. {button.label}", button.data, button.url)
            for number, button in enumerate(buttons[: zalo_text.BUTTONS], 1)
        ]
    made: list[Message] = [{"text": part} for part in zalo_text.parts(text)]
    if buttons and made:
        made[-1] = _with_buttons(made[-1]["text"], buttons, shape)
    return made


def _with_buttons(text: str, buttons: Sequence[Button], shape: str) -> Message:
    drawn = [_button(button) for button in buttons]
    if shape == "template":
        payload = {"template_type": "button", "text": text, "buttons": drawn}
        return {"attachment": {"type": "template", "payload": payload}}
    return {"text": text, "attachment": {"type": "template", "payload": {"buttons": drawn}}}


def _form(picture: str) -> Message:
    """Asks for the phone number Zalo knows."""
    words = {"title": "Chia sẻ số điện thoại", "subtitle": "Bấm để gửi số điện thoại của anh/chị."}
    payload = {"template_type": "request_user_info", "elements": [{**words, "image_url": picture}]}
    return {"attachment": {"type": "template", "payload": payload}}


def _button(button: Button) -> dict[str, Any]:
    title = button.label if len(button.label) <= TITLE else button.label[: TITLE - 1] + "…"
    if button.url:
        return {"title": title, "type": "oa.open.url", "payload": {"url": button.url}}
    return {"title": title, "type": "oa.query.hide", "payload": button.data or ""}


def _attached(file: File, token: str) -> Message:
    if file.mime in zalo_text.PICTURES:
        elements = [{"media_type": "image", "attachment_id": token}]
        return {"attachment": {"type": "template", "payload": {"template_type": "media", "elements": elements}}}
    return {"attachment": {"type": "file", "payload": {"token": token}}}
