"""A model's window, counted by its own tokenizer."""

from __future__ import annotations

from tokenizers import Tokenizer

from engrammic.embed.base import Span
from engrammic.embed.passages import cut_passages
from engrammic.errors import InvalidInput

CHARACTERS_READ = 64
"""Characters per token of the window for which a text is read at all; the rest overruns it."""


class Window:
    """How much text a model reads at once.

    `tokenizer` is used as its own: padding and truncation, which the files of
    many models set, are taken out. `tokens` counts the special tokens too.
    """

    def __init__(self, tokenizer: Tokenizer, tokens: int) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self.room = tokens - len(tokenizer.encode("").ids)

    def fit(self, text: str) -> int:
        """How many characters of `text`, from its start, the window holds."""
        try:
            encoding = self._tokenizer.encode(text, add_special_tokens=False)
        except TypeError as error:
            raise not_text() from error
        if len(encoding) <= self.room:
            return len(text)
        start: int = encoding.offsets[self.room][0]
        return start

    def passages(self, text: str) -> list[Span]:
        """Spans that cover `text`, each within the window, cut at sentences, else words."""
        if text.isascii() and len(text) < self.room:  # a token is at least one character
            return [(0, len(text))]
        if len(text) <= self.room * CHARACTERS_READ and self.fit(text) == len(text):
            return [(0, len(text))]
        return cut_passages(text, self.fit, self.room)


def not_text() -> InvalidInput:
    """The error for what a tokenizer will not read."""
    return InvalidInput("text", "want a str without lone surrogates")
