"""Products of numbers of eight bits, by onnxruntime: NumPy has none that is fast.

The graph is one node, so few bytes that they are written here: the package that
writes graphs is none that a search may need.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engrammic.telemetry import turn_off, turned_off

log = logging.getLogger(__name__)

Product: TypeAlias = Callable[[NDArray[np.uint8], NDArray[np.int8]], NDArray[np.int32]]
"""Of numbers up to 2 * `GREATEST`, shape (d), with a matrix (d, n) of -90 to 90: (n), exact."""

GREATEST = MIDDLE = 90
"""AVX2 adds two products in 16 bits, where 2 * 180 * 90 has room, and 2 * 255 * 127 has not.

What has a sign is multiplied as an unsigned number by adding `MIDDLE`."""
WORTH = 1.2
"""So much faster than a product in float32 it must be, at the least."""
TRIED = (384, 8000)
"""The shape of the matrix that it is tried with: more than fits into most caches."""
TRIES = 4

_IR, _OPSET = 8, 13
_UINT8, _INT8, _INT32 = 2, 3, 6


@cache
def product() -> Product | None:
    """The product for this process; None where it does not work, or is not faster."""
    try:
        found = _loaded()
        right = _is_right(found)
    except Exception as error:  # noqa: BLE001 - onnxruntime's errors share no other base
        log.warning("vectors are searched without onnxruntime, more slowly: %s", error)
        return None
    if not right:
        log.warning("vectors are searched without onnxruntime: it multiplies wrongly here")
        return None
    return found if _is_fast(found) else None


def _loaded() -> Product:
    turn_off()
    import onnxruntime

    turned_off(onnxruntime)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # on the caller's own
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    session = onnxruntime.InferenceSession(graph(), options, providers=["CPUExecutionProvider"])

    def multiplied(a: NDArray[np.uint8], b: NDArray[np.int8]) -> NDArray[np.int32]:
        found: NDArray[np.int32] = session.run(None, {"a": a[None], "b": b})[0][0]
        return found

    return multiplied


def _is_right(product: Product) -> bool:
    """Whether the greatest numbers there are come out right, at several lengths."""
    for size in (1, 3, 8, 131):
        a = np.full(size, MIDDLE + GREATEST, np.uint8)
        b = np.full((size, 37), GREATEST, np.int8)
        b[:, ::2] *= -1
        if not np.array_equal(product(a, b), a.astype(np.int32) @ b.astype(np.int32)):
            return False
    return True


def _is_fast(product: Product) -> bool:
    """Whether it is worth its bytes: some processors have no instruction for it."""
    codes, query = np.ones(TRIED, np.int8), np.ones(TRIED[0], np.uint8)
    vectors, wide = np.ones(TRIED[::-1], np.float32), query.astype(np.float32)
    mine = _seconds(lambda: product(query, codes))
    plain = _seconds(lambda: np.vecdot(vectors, wide))
    return WORTH * mine < plain


def _seconds(work: Callable[[], Any]) -> float:
    """The shortest of several runs."""
    found = []
    for _ in range(TRIES):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)


def graph() -> bytes:
    """An ONNX model: `a`, uint8 (m, d), times `b`, int8 (d, n), is `y`, int32 (m, n)."""
    node = _message((1, b"a"), (1, b"b"), (2, b"y"), (4, b"MatMulInteger"))
    parts = _message(
        (1, node), (2, b"product"), (11, _value(b"a", _UINT8)), (11, _value(b"b", _INT8)),
        (12, _value(b"y", _INT32)),
    )  # fmt: skip
    return _message((1, _IR), (7, parts), (8, _message((2, _OPSET))))


def _value(name: bytes, kind: int) -> bytes:
    sizes = _message((1, _message((2, b"n"))), (1, _message((2, b"m"))))
    return _message((1, name), (2, _message((1, _message((1, kind), (2, sizes))))))


def _message(*fields: tuple[int, int | bytes]) -> bytes:
    """A message of Protocol Buffers: numbered fields, each below 16."""
    parts = []
    for number, value in fields:
        if isinstance(value, int):
            parts.append(bytes([number << 3]) + _varint(value))
        else:
            parts.append(bytes([number << 3 | 2]) + _varint(len(value)) + value)
    return b"".join(parts)


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
