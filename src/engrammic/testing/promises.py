"""Tests of what not every backend promises: those that do not must refuse."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, TypeVar, cast

import pytest

from engrammic.backend import Backend
from engrammic.errors import Unsupported

Test = TypeVar("Test", bound=Callable[..., Coroutine[Any, Any, None]])


def needs_checks(test: Test) -> Test:
    """A test that needs `Check`: where `capabilities.checks` is False it ends in Unsupported."""

    @wraps(test)
    async def run(self: Any, backend: Backend, *args: Any, **kwargs: Any) -> None:
        if backend.capabilities.checks:
            await test(self, backend, *args, **kwargs)
            return
        with pytest.raises(Unsupported):
            await test(self, backend, *args, **kwargs)

    return cast("Test", run)
