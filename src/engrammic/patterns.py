"""Regular expressions that are compiled when they are first asked, not when they are written.

Reading language takes some hundred of them, and to compile each takes half a
millisecond: a process that searches once and ends would wait for all of them.
"""

from __future__ import annotations

import re
from typing import Any, cast

_METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split")


class _Pattern:
    """Stands for a compiled expression, and takes over its methods on first use."""

    def __init__(self, text: str, flags: int) -> None:
        self.pattern = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what copies or pickles looks for it
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self._flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)

    def __repr__(self) -> str:
        return f"lazy_pattern({self.pattern!r})"


def lazy_pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`, later: an expression that is wrong raises when it is first used.

    Its methods are those of `re.Pattern`; functions of `re` do not take it.
    """
    return cast("re.Pattern[str]", _Pattern(text, flags))
