"""A claim: what a sentence says of one attribute of one subject; and two that clash."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engrammic.claims.phrases import phrase


@dataclass(frozen=True, slots=True)
class Claim:
    """`subject` has, or with `positive=False` has not, `value` as its `attribute`.

    `text` is the sentence. Keys are normalised: "I live in Berlin" and "My home
    is in Berlin." have the same ones.
    """

    subject: str
    attribute: str
    value: str
    text: str
    positive: bool = True
    past: bool = False
    certain: bool = True

    @property
    def key(self) -> str:
        """Subject and attribute: what a later claim replaces."""
        return f"{self.subject}|{self.attribute}"

    @property
    def value_key(self) -> str:
        """The value in one form: "one minute" and "60 s" have the same."""
        return phrase(self.value.split()).key or " ".join(self.value.casefold().split())


class ClashKind(StrEnum):
    """Why two claims cannot both hold."""

    NEGATION = "negation"
    NUMBER = "number"
    VALUE = "value"
    OPPOSITE = "opposite"


@dataclass(frozen=True, slots=True)
class Clash:
    """Two claims that cannot both hold, and why in words."""

    kind: ClashKind
    first: Claim
    second: Claim
    reason: str
