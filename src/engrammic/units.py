"""Vectors of length one, the only ones that are stored."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from engrammic.errors import InvalidInput

NEAR_ONE = 1e-5
"""A vector is as long as one where its square differs from 1 by less."""
GLANCE = 256
"""Rows that are looked at at once: what that takes stays in the caches of a core."""


def unit(value: Any, dimension: int, name: str) -> NDArray[np.float32]:
    """The vector divided by its length; itself, bit by bit, when that is 1 already.

    Raises InvalidInput for another shape, zero, or a value that is not finite.
    """
    if _ready(value, dimension):
        wide = value.astype(np.float64)  # where no square overflows, and none is lost
        square = float(wide.dot(wide))
        if abs(square - 1) < NEAR_ONE:
            return value
        if 1e-30 < square < 1e30:
            return np.divide(value, math.sqrt(square), dtype=np.float32)
    return _wide_unit(value, dimension, name)


def are_units(rows: Any, dimension: int) -> TypeGuard[NDArray[np.float32]]:
    """Whether a matrix holds vectors that `unit` gives back as they are: all at one glance."""
    if not isinstance(rows, np.ndarray) or rows.dtype != np.float32:
        return False
    if rows.ndim != 2 or rows.shape[1] != dimension:
        return False
    return all(_are_units(rows[at : at + GLANCE]) for at in range(0, len(rows), GLANCE))


def _are_units(rows: NDArray[np.float32]) -> bool:
    squares = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)  # where none overflows
    return bool(np.all(np.abs(squares - 1) < NEAR_ONE))


def cosines(units: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cosine of each of `units`, shape (n, d), with the unit vector `query`, shape (d): (n).

    One row after the other, on this thread alone. A BLAS's product of matrix and
    vector reads several rows at once, which takes up to three times as long where the
    matrix lies in main memory, and its threads go on spinning on cores that others need.
    """
    found: NDArray[np.float32] = np.vecdot(units, query)
    return found


def _ready(value: Any, dimension: int) -> TypeGuard[NDArray[np.float32]]:
    return (
        isinstance(value, np.ndarray)
        and value.dtype == np.float32
        and value.shape == (dimension,)
        and value.flags.c_contiguous
    )


def _wide_unit(value: Any, dimension: int, name: str) -> NDArray[np.float32]:
    """In float64, where no float32 value overflows or vanishes when squared."""
    if isinstance(value, np.ndarray) and value.dtype.kind not in "biuf":
        raise InvalidInput(name, f"a vector is a sequence of numbers, not of {value.dtype}")
    try:
        wide = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidInput(name, f"a vector is a sequence of numbers: {error}") from error
    if wide.shape != (dimension,):
        raise InvalidInput(name, f"want {dimension} dimensions, not {wide.shape}")
    largest = float(np.max(np.abs(wide)))
    if not math.isfinite(largest):
        raise InvalidInput(name, "the vector holds a value that is not finite")
    if largest == 0:
        raise InvalidInput(name, "the zero vector has no direction")
    wide = wide / largest
    narrow: NDArray[np.float32] = (wide / np.linalg.norm(wide)).astype(np.float32)
    return narrow
