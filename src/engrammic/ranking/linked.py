"""What a walk through a graph says of a thing: how near it is, and on which way."""

from __future__ import annotations

from typing import NamedTuple


class Linked(NamedTuple):
    """A thing within reach of what a query names. `nearness` is in (0, 1]; `way` are names."""

    nearness: float
    way: tuple[str, ...] = ()
