"""From a line to a message of the protocol, or to the answer that refuses it."""

from __future__ import annotations

import json
import logging
import math
from typing import Any

from mcp import types
from mcp.shared.message import SessionMessage

log = logging.getLogger("engrammic.mcp")

MOST_DIGITS = 400
"""Digits of a number beyond which it counts as infinite, as it would as a float."""


def message_of(line: bytes) -> SessionMessage | str | None:
    """The message in a line; the reply to a request that is none; None of what nobody waits for.

    Characters that are no text (half of a surrogate pair, as a client writes that cuts in the
    middle of an emoji; bytes that are no UTF-8) are left to the tool, which names the argument.
    """
    if not line.strip():
        return None
    try:
        return SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError:
        return _leniently(line)


def _leniently(line: bytes) -> SessionMessage | str | None:
    loaded: Any = None
    try:
        loaded = json.loads(line.decode("utf-8", "surrogateescape"), parse_int=_number)
        _check_is_text(_without_arguments(loaded))
        return SessionMessage(types.jsonrpc_message_adapter.validate_python(loaded, by_name=False))
    except (ValueError, RecursionError) as error:
        identity = loaded.get("id") if isinstance(loaded, dict) and "method" in loaded else None
        log.warning("a line of %d bytes is no message: %s", len(line), type(error).__name__)
        return _refusal(identity)


def _number(digits: str) -> float:
    return int(digits) if len(digits) <= MOST_DIGITS else math.inf


def _without_arguments(message: Any) -> Any:
    """The message without what a tool is given: all that may be repeated in a reply."""
    params = message.get("params") if isinstance(message, dict) else None
    if not isinstance(params, dict):
        return message
    return {**message, "params": {k: v for k, v in params.items() if k != "arguments"}}


def _check_is_text(value: Any) -> None:
    """Raise ValueError where half of a surrogate pair stands somewhere in the value."""
    json.dumps(value, ensure_ascii=False).encode()


def _refusal(identity: Any) -> str | None:
    """The error that a request with this id gets, None where no reply could name it."""
    if type(identity) not in (int, str):
        return None
    error = {"code": types.INVALID_REQUEST, "message": "this is no request of the protocol"}
    return json.dumps({"jsonrpc": "2.0", "id": identity, "error": error})
