"""Pushing through a Zalo bot: plain texts and numbers; no buttons, no files, nothing that can be changed later."""

from typing import Any

import httpx

from bot.channels import Down, Frozen, Gone, Held, Later, Letter, Outcome, Receipt, Refused
from bot.lanes import Lane, Paused, Priority
from network import zalo_text

ANSWER_WITHIN = 30.0  # seconds; calls may hang
WAIT = 10.0  # seconds after a 429, which brings no figure
CONTENT = ("text", "message is", "photo", "caption")  # words of a 400 that would come for everybody
QUOTA = ("quota", "limit exceeded")  # words of a 429 that does not pass with seconds


class ZaloBotChannel:
    platform = "zalo_bot"
    tariff = None

    def __init__(
        self, name: str, token: str, lane: Lane, *, api: str, proxy: str | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.name, self.lane = name, lane
        self._base = f"{api}/bot{token}"
        self._http = http or httpx.AsyncClient(proxy=proxy, timeout=ANSWER_WITHIN)

    async def close(self) -> None:
        await self._http.aclose()

    def calls(self, letter: Letter) -> int:
        return len(texts(letter))

    async def send(self, letter: Letter) -> Outcome:
        sent: list[str] = []
        for text in texts(letter):
            outcome = await self._message(letter, text, patient=bool(sent))
            if not isinstance(outcome, str):
                if sent and isinstance(outcome, Later | Down):
                    return Down("interrupted after its first messages", maybe_sent=True)
                return outcome
            sent.append(outcome)
        return Receipt(tuple(sent))

    async def edit(self, address: str, message_ids: tuple[str, ...], letter: Letter) -> Outcome:
        return Held("not_here", asked=False)

    async def delete(self, address: str, message_ids: tuple[str, ...], priority: int = Priority.NORMAL) -> Outcome:
        return Held("not_here", asked=False)

    async def _message(self, letter: Letter, text: str, *, patient: bool) -> str | Outcome:
        """The message's id, or what to do next."""
        try:
            gone = await self.lane.take(letter.address, letter.priority, patient=patient)
            body = {"chat_id": letter.address, "text": text}
            answer = await self._http.post(f"{self._base}/sendMessage", json=body)
            said = answer.json()
        except Paused as paused:
            return Later(paused.seconds, "paused")
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as problem:
            return Down(f"could not connect: {type(problem).__name__}")
        except httpx.HTTPError as problem:
            return Down(f"no answer: {type(problem).__name__}", maybe_sent=True)
        except ValueError:
            return Down(f"answer {answer.status_code} is no JSON", maybe_sent=answer.status_code == 200)
        self.lane.answered(gone)
        if isinstance(said, dict) and said.get("ok") and isinstance(said.get("result"), dict):
            return str(said["result"].get("message_id", ""))
        outcome = outcome_of(answer.status_code, said if isinstance(said, dict) else {})
        if isinstance(outcome, Later):
            self.lane.pause(outcome.after, outcome.why)
        return outcome


def texts(letter: Letter) -> list[str]:
    choices = [(button.label, button.url) for row in letter.buttons for button in row]
    text = zalo_text.numbered(letter.text, choices) if choices else letter.text
    return zalo_text.parts(zalo_text.with_left(text, [file.name for file in letter.files]))


def outcome_of(status: int, said: dict[str, Any]) -> Outcome:
    """The platform publishes no codes; these are what clients have met."""
    code, why = int(said.get("error_code") or status), str(said.get("description") or status)
    if code == 429 or "quota" in why.lower():
        spent = any(word in why.lower() for word in QUOTA)
        return Held("out_of_quota") if spent else Later(WAIT, why)
    if code == 403:
        return Gone("never_started")
    if code == 400:
        if "chat not found" in why.lower():
            return Gone("not_found")
        return Refused(why) if any(word in why.lower() for word in CONTENT) else Held("zalo_bot_400")
    if code in (401, 404):
        return Frozen(f"Zalo Bot: the token does not work: {why}")
    return Down(f"{code} {why}", maybe_sent=code == 200)
