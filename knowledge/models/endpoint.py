"""A model behind an OpenAI-compatible address: /embeddings and /chat/completions."""

import json
from collections.abc import Sequence
from typing import Any

import httpx
import numpy as np

from knowledge.models import ModelTrouble

BATCH = 64  # texts in one request


class Endpoint:
    """`url` ends before /embeddings, e.g. http://10.0.0.5:8000/v1. `timeout` in seconds, for a whole call."""

    def __init__(self, url: str, key: str = "", timeout: float = 1.0, transport: httpx.BaseTransport | None = None):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(
            base_url=url.rstrip("/") + "/", headers=headers, timeout=timeout, transport=transport, trust_env=False
        )

    def close(self) -> None:
        self._client.close()

    def embeddings(self, model: str, texts: Sequence[str]) -> np.ndarray:
        parts = [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]
        rows = [row for part in parts for row in self._embedded(model, part)]
        try:
            found = np.array(rows, dtype=np.float32)
            lengths = np.linalg.norm(found, axis=1, keepdims=True)
        except (ValueError, TypeError) as problem:
            raise ModelTrouble(f"rows of different lengths, or no numbers: {problem}") from None
        if not np.isfinite(found).all() or not lengths.all():
            raise ModelTrouble("embeddings hold no direction (NaN or only zeros)")
        return found / lengths

    def _embedded(self, model: str, texts: Sequence[str]) -> list[Any]:
        said = self._post("embeddings", {"model": model, "input": list(texts), "encoding_format": "float"})
        try:
            rows = sorted(said["data"], key=lambda row: row["index"])
            vectors = [row["embedding"] for row in rows]
        except (KeyError, TypeError) as problem:
            raise ModelTrouble(f"/embeddings answered without {problem}") from None
        if len(vectors) != len(texts):
            raise ModelTrouble(f"/embeddings answered {len(vectors)} rows for {len(texts)} texts")
        return vectors

    def chat(self, model: str, system: str, user: str, most: int = 400) -> str:
        """What the model says, as plain text; `most` tokens."""
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        body = {"model": model, "messages": messages, "temperature": 0, "max_tokens": most}
        said = self._post("chat/completions", body)
        try:
            return str(said["choices"][0]["message"]["content"] or "")
        except (KeyError, IndexError, TypeError) as problem:
            raise ModelTrouble(f"/chat/completions answered without {problem}") from None

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        try:
            answer = self._client.post(path, json=body)
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, json.JSONDecodeError, UnicodeDecodeError, httpx.InvalidURL) as problem:
            raise ModelTrouble(f"/{path}: {type(problem).__name__} {problem}"[:300]) from None


class EndpointEncoder:
    """`prefixed`: models of the e5 family want to be told which text is the question."""

    def __init__(self, endpoint: Endpoint, model: str) -> None:
        self._endpoint, self._model, self._prefixed = endpoint, model, "e5" in model.lower()

    def questions(self, texts: Sequence[str]) -> np.ndarray:
        return self._endpoint.embeddings(self._model, self._with("query: ", texts))

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        return self._endpoint.embeddings(self._model, self._with("passage: ", texts))

    def _with(self, prefix: str, texts: Sequence[str]) -> list[str]:
        return [f"{prefix if self._prefixed else ''}{text}" for text in texts]
