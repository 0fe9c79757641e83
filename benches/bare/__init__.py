"""The same search by the engine's own client, over the rows that engrammic has stored.

A module for each scheme. Each has `calling(backend, schema, url)`, a context manager that
gives a function from a unit vector to the ten nearest rows with all stored columns, as the
client gives them: nothing is decoded, checked, or filtered by scope. Where the engine
compares no vectors, the bare part is `Scan` and the read of ten records.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engrammic.backend import Backend
from engrammic.types import Schema

Floats: TypeAlias = NDArray[np.float32]
Call: TypeAlias = Callable[[Floats], Awaitable[Sequence[Any]]]

LIMIT = 10


class Scan:
    """A product of a matrix and a vector, and the ten best of it."""

    def __init__(self, vectors: Sequence[Floats]) -> None:
        self._matrix = np.ascontiguousarray(vectors, np.float32)

    def best(self, vector: Floats) -> list[int]:
        """The places of the nearest rows, best first."""
        scores = self._matrix @ vector
        places = np.argpartition(scores, -LIMIT)[-LIMIT:]
        found: list[int] = places[np.argsort(-scores[places])].tolist()
        return found


def calling(backend: Backend, schema: Schema, url: str) -> AbstractAsyncContextManager[Call]:
    """The bare call of the backend's engine."""
    module = importlib.import_module(f"bare.{backend.scheme}")
    found: AbstractAsyncContextManager[Call] = module.calling(backend, schema, url)
    return found
