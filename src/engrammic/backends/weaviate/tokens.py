"""Texts as Weaviate's `field` tokens: in their order, never trimmed, empty or too long."""

from __future__ import annotations

HEAD = 512
"""Characters of a text that filters see; every key has fewer."""

START = "."
"""Keeps white space at a text's start, which the server would trim."""

WHOLE, CUT = "\x01", "\x02"
"""Ends of a whole text and of a longer one's head: below what may follow, since NUL cannot."""

LAST = 0x10FFFF


def token(text: str) -> str:
    """The text, or its head; tokens of texts are ordered as the texts are."""
    return START + (text + WHOLE if len(text) <= HEAD else text[:HEAD] + CUT)


def text_of(found: str) -> str:
    """The text of a token that is whole."""
    return found[len(START) : -len(WHOLE)]


def between(prefix: str) -> tuple[str, str | None, bool]:
    """Bounds of the tokens of texts with a prefix: from, below, and whether they let no other in.

    There is no upper bound for a prefix of last characters alone. The server
    trims bounds: one that ends in white space is moved so that it lets more in.
    """
    head = prefix[:HEAD]
    low, high = START + head, _after(head)
    exact = head == prefix and WHOLE not in head and CUT not in head and low == low.rstrip()
    if high is None:
        return low, None, exact
    below = START + high
    if below != below.rstrip():
        return low, below + WHOLE, False
    return low, below, exact


def _after(text: str) -> str | None:
    """The least text that is greater than all with this prefix."""
    while text:
        following = ord(text[-1]) + 1
        if following <= LAST:
            return text[:-1] + chr(0xE000 if 0xD800 <= following < 0xE000 else following)
        text = text[:-1]
    return None
