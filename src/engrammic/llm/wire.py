"""Two wire formats: OpenAI's chat completions, and Anthropic's messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit
from urllib.request import Request, build_opener

from engrammic.errors import InvalidSettings
from engrammic.remote import StayHere

LARGEST_ANSWER = 4_000_000
_OPENER = build_opener(StayHere())


@dataclass(frozen=True, slots=True)
class Reply:
    """The text of an answer, whether it is whole, and the tokens that it took."""

    text: str
    whole: bool
    tokens: int | None


class OpenAI:
    """`/chat/completions`, as OpenAI and most servers speak it."""

    path = "/chat/completions"

    def headers(self, key: str | None) -> dict[str, str]:
        """The key as a bearer's."""
        return {"Authorization": f"Bearer {key}"} if key else {}

    def body(self, model: str, system: str, text: str, most: int) -> dict[str, Any]:
        """A request for one answer, with the instructions apart from the data."""
        turns = [{"role": "system", "content": system}, {"role": "user", "content": text}]
        return {"model": model, "messages": turns, "max_tokens": most, "temperature": 0}

    def reply(self, answer: Any) -> Reply:
        """What the server said. Raises LookupError or TypeError for another shape."""
        choice, usage = answer["choices"][0], answer.get("usage") or {}
        text = choice["message"]["content"]
        return Reply(text, choice.get("finish_reason") != "length", usage.get("total_tokens"))


class Anthropic:
    """`/messages`, as Anthropic speaks it."""

    path = "/messages"

    def headers(self, key: str | None) -> dict[str, str]:
        """The key and the version of the format."""
        return {"anthropic-version": "2023-06-01"} | ({"x-api-key": key} if key else {})

    def body(self, model: str, system: str, text: str, most: int) -> dict[str, Any]:
        """A request for one answer, with the instructions apart from the data."""
        turns = [{"role": "user", "content": text}]
        return {"model": model, "system": system, "messages": turns, "max_tokens": most}

    def reply(self, answer: Any) -> Reply:
        """What the server said. Raises LookupError or TypeError for another shape."""
        usage = answer.get("usage") or {}
        text = "".join(p["text"] for p in answer["content"] if p["type"] == "text")
        used = usage["input_tokens"] + usage["output_tokens"] if usage else None
        return Reply(text, answer.get("stop_reason") != "max_tokens", used)


Wire: TypeAlias = OpenAI | Anthropic


def post(url: str, headers: Mapping[str, str], body: Mapping[str, Any], timeout: float) -> Any:
    """The server's answer as JSON. Raises OSError, HTTPException, ValueError."""
    data = json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json", **headers})  # noqa: S310 - checked: http only
    with _OPENER.open(request, timeout=timeout) as answer:
        said = answer.read(LARGEST_ANSWER + 1)
    if len(said) > LARGEST_ANSWER:
        raise ValueError("the answer is too long")
    return json.loads(said)


def checked(url: str) -> str:
    """The URL as it is used. Raises InvalidSettings when it makes no sense."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidSettings("a language model's base_url begins with http:// or https://")
    if parts.username or parts.password:
        raise InvalidSettings("a language model's key is read from the environment, not its URL")
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
