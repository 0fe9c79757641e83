"""What was forgotten, signed: counts, digests and the state of the bytes, never the texts."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

PURPOSE = b"engrammic forget report\n"


@dataclass(frozen=True, slots=True)
class ForgetReport:
    """The account of one `forget`. `items` are keyed digests of what went, by kind.

    `reading` tells how a subject was read: named, as it was given; or as a description,
    by an identifier in it, a name, or its words; empty where nothing was meant by it, or
    none was given.
    `kept` are ids that are canonical or under legal hold, and why. `state` tells of the
    bytes: erased, pending, unsupported, or untouched after a dry run; `traces` are the files in
    which a text was still found by a scan, None where nothing was scanned.
    """

    scope: str
    asked_for: str
    at: int
    dry_run: bool
    reading: str
    counts: Mapping[str, int]
    items: Mapping[str, Sequence[str]]
    kept: Mapping[str, str]
    state: str
    detail: str
    traces: Sequence[str] | None = None
    signature: str = ""

    @property
    def forgotten(self) -> int:
        """How many items went, or with `dry_run` would go."""
        return sum(len(digests) for digests in self.items.values())

    def as_record(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)

    def signed(self, key: bytes) -> ForgetReport:
        """The same with its signature: HMAC-SHA-256 of its JSON under the database's key."""
        return replace(self, signature=self._signature(key))

    def is_signed_by(self, key: bytes) -> bool:
        """Whether the signature is that of this report, unchanged, under this key."""
        return hmac.compare_digest(self.signature, self._signature(key))

    def _signature(self, key: bytes) -> str:
        values = {**asdict(self), "signature": ""}
        text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hmac.digest(key, PURPOSE + text.encode(), "sha256").hex()
