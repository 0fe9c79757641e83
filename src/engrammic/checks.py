"""The smallest checks: a text that can be stored, a count, and how a wrong value is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from reprlib import Repr
from typing import Any, TypeVar

from engrammic.errors import InvalidInput

Choice = TypeVar("Choice", bound=StrEnum)


class _Short(Repr):
    """Bounded in length and depth, whatever the value; ints beyond printing are described."""

    def repr_int(self, value: int, level: int) -> str:
        if value.bit_length() > 256:
            return f"<int of {value.bit_length()} bits>"
        return super().repr_int(value, level)


_short = _Short()
_short.maxstring = _short.maxother = 60
_short.maxlevel = 3


def shown(value: object) -> str:
    """The value as a message shows it: never long, never failing."""
    return _short.repr(value)


def check_text(value: str, name: str) -> None:
    """Raises InvalidInput for a NUL character or a lone surrogate."""
    if "\0" in value:
        raise InvalidInput(name, "the text contains a NUL character; remove it")
    if value.isascii():
        return
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(name, f"lone surrogate at character {error.start}") from error


def is_storable(value: str) -> bool:
    """Whether the text has neither a NUL character nor a lone surrogate."""
    try:
        check_text(value, "")
    except InvalidInput:
        return False
    return True


def check_name(value: Any, name: str) -> None:
    """Raises InvalidInput unless the value is a text that can be stored."""
    if not isinstance(value, str):
        raise InvalidInput(name, f"want a text, not {shown(value)}")
    check_text(value, name)


def check_texts(name: str, values: Any) -> tuple[str, ...]:
    """The texts of a list, a set or whatever else gives them one by one.

    Raises InvalidInput for one text, which would give its letters, and for what is no text.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise InvalidInput(name, f"want a list of texts, not {shown(values)}")
    texts = tuple(values)
    for text in texts:
        check_name(text, name)
    return texts


def check_count(name: str, value: Any, least: int, most: int) -> None:
    """Raises InvalidInput unless the value is an int from `least` to `most`."""
    if type(value) is not int:
        raise InvalidInput(name, f"want an int, not {shown(value)}")
    if not least <= value <= most:
        raise InvalidInput(name, f"want {least} to {most}, not {shown(value)}")


def choice(name: str, choices: type[Choice], value: str) -> Choice:
    """The choice of that value. Raises InvalidInput, naming the argument."""
    try:
        return choices(value)
    except ValueError:
        problem = f"{shown(value)} is none of {', '.join(choices)}"
        raise InvalidInput(name, problem) from None
