"""PackStream, as Bolt carries it: plain values and the structures of messages as bytes."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

_SIZES = {0: ">B", 1: ">H", 2: ">I"}


class Message(NamedTuple):
    """A structure: what it is, and its fields."""

    tag: int
    fields: list[Any]


def dump(value: Any) -> bytes:
    """The bytes of a value. Raises TypeError for what a message cannot hold."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return b"\xc1" + struct.pack(">d", value)
    if isinstance(value, str):
        raw = value.encode()
        return _head(0x80, 0xD0, len(raw)) + raw
    if isinstance(value, Message):
        return bytes([0xB0 + len(value.fields), value.tag]) + b"".join(map(dump, value.fields))
    if isinstance(value, list):
        return _head(0x90, 0xD4, len(value)) + b"".join(map(dump, value))
    if isinstance(value, dict):
        pairs = b"".join(dump(k) + dump(v) for k, v in value.items())
        return _head(0xA0, 0xD8, len(value)) + pairs
    raise TypeError(f"no message holds a {type(value).__name__}")


def _integer(value: int) -> bytes:
    if -16 <= value < 128:
        return struct.pack(">b", value)
    for marker, form, bits in ((b"\xc8", ">b", 8), (b"\xc9", ">h", 16), (b"\xca", ">i", 32)):
        if -(1 << bits - 1) <= value < 1 << bits - 1:
            return marker + struct.pack(form, value)
    return b"\xcb" + struct.pack(">q", value)


def _head(tiny: int, marker: int, size: int) -> bytes:
    if size < 16:
        return bytes([tiny + size])
    step = 0 if size < 1 << 8 else 1 if size < 1 << 16 else 2
    return bytes([marker + step]) + struct.pack(_SIZES[step], size)


def load(raw: bytes) -> Any:
    """The value of these bytes. Raises ValueError where they are none, or more than one."""
    reader = _Reader(raw)
    try:
        value = reader.value()
    except (struct.error, IndexError) as error:
        raise ValueError("the bytes end within a value") from error
    if reader.at != len(raw):
        raise ValueError("there are bytes after the value")
    return value


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.at = 0

    def _taken(self, count: int) -> bytes:
        part = self.raw[self.at : self.at + count]
        if len(part) < count:
            raise ValueError("the bytes end within a value")
        self.at += count
        return part

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._taken(struct.calcsize(form)))[0]

    def value(self) -> Any:
        marker = self._number(">B")
        if marker < 0x80 or marker >= 0xF0:
            return marker if marker < 0x80 else marker - 0x100
        if marker in _PLAIN:
            return _PLAIN[marker]
        if marker in _NUMBERS:
            return self._number(_NUMBERS[marker])
        if marker < 0xC0:
            return self._sized(marker & 0xF0, marker & 0x0F)
        if marker in _LONG:
            kind, step = _LONG[marker]
            return self._sized(kind, self._number(_SIZES[step]))
        raise ValueError(f"no value begins with {marker:#x}")

    def _sized(self, kind: int, size: int) -> Any:
        if kind == 0x80:
            return self._taken(size).decode()
        if kind == 0x90:
            return [self.value() for _ in range(size)]
        if kind == 0xA0:
            return {self.value(): self.value() for _ in range(size)}
        if kind == 0xB0:
            return Message(self._number(">B"), [self.value() for _ in range(size)])
        return self._taken(size)


_PLAIN = {0xC0: None, 0xC2: False, 0xC3: True}
_NUMBERS = {0xC1: ">d", 0xC8: ">b", 0xC9: ">h", 0xCA: ">i", 0xCB: ">q"}
_LONG = {
    first + step: (kind, step)
    for kind, first in ((0x80, 0xD0), (0x90, 0xD4), (0xA0, 0xD8), (0xCC, 0xCC))
    for step in _SIZES
}
