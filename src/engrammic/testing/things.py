"""A table with a field of every kind, and records full of what breaks naive backends."""

from __future__ import annotations

from typing import Any

from engrammic.types import Field, Index, Kind, Record, Schema

THINGS = Schema(
    "things",
    (
        Field("id", Kind.TEXT, nullable=False),
        Field("at", Kind.INT, nullable=False),
        Field("name", Kind.TEXT),
        Field("size", Kind.INT),
        Field("weight", Kind.FLOAT),
        Field("done", Kind.BOOL),
        Field("data", Kind.JSON),
        Field("tags", Kind.JSON),
        Field("raw", Kind.BLOB),
        Field("title", Kind.TERMS, weight=3.0),
        Field("words", Kind.TERMS),
        Field("vector", Kind.VECTOR, dimension=4),
    ),
    indexes=(Index(("at",)), Index(("size", "at")), Index(("name",))),
)

TEXTS: tuple[str, ...] = (
    "", " ", "a", "A", "b", "alpha", "Alpha", "ALPHA", "alphabet", "beta", "a b", "ab",
    "100%", "100", "1000", "%", "_", "50_50", "5050", "[", "]", "[x]", "x", "[!x]", "^", "-",
    "a-b", "a^b", "*", "a*b", "a?b", "?", "\\", "a\\b", "a\\%b", "'", "it's", '"', 'say "hi"',
    "'; DROP TABLE things; --", "NULL", "null", "None", "true", "OR 1=1", "AND", "NOT",
    "$name", ":name", "?1", "{}", '{"a":1}', "[1]", "1", "1.0", "01", "-1", "0", "0x10", "1e3",
    "é", "e\u0301", "É", "ß", "ss", "İ", "日本語", "日本", "本", "😀", "😀😀", "👩‍👩‍👧",
    "שלום", "\u202eabc", "مرحبا", "\n", "a\nb", "\t", "\x01", "\x7f", "\u00a0", "\u2028",
    "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff", "z" * 3000, "z" * 3000 + "!",
)  # fmt: skip

INTS: tuple[int | None, ...] = (
    None, 0, 1, -1, 2, 10, 9, 2**31, -(2**31), 2**53, 2**53 - 1, -(2**53), 1_700_000_000_000,
)  # fmt: skip

FLOATS: tuple[float | None, ...] = (
    None, 0.0, -0.0, 0.1, 0.1 + 0.2, 0.3, 1.0, 1.5, -2.5, 1e300, -1e300, 5e-324, 2.0**53,
)  # fmt: skip

BOOLS: tuple[bool | None, ...] = (None, True, False)

DATA: tuple[Any, ...] = (
    None, {}, {"a": None}, {"a": 1}, {"a": 1.0}, {"a": True}, {"a": False}, {"a": 0},
    {"a": "1"}, {"a": "alpha"}, {"a": "Alpha"}, {"a": ""}, {"a": "100%"}, {"a": "日本語"},
    {"a": [1]}, {"a": "[1]"}, {"a": []}, {"a": "[]"}, {"a": {}}, {"a": "{}"}, {"a": ["x", 1]},
    {"a": {"b": "deep"}}, {"a": {"b": {"c": 5}}}, {"a": {"b": None}}, {"a": 2**53},
    {"a": -5}, {"a": 0.1}, {"a": 0.1 + 0.2}, {"a": 1e300}, {"a": "null"}, {"a": "true"},
    {"b": 1, "a": "z", "c": [1, {"d": 2}]}, {"a b": 1}, {'q"q': 1}, {"q'q": 1}, {"": 1},
    {"per%": 1, "é": 2, "$": 3, "[0]": 4, "back\\slash": 5, "new\nline": 6}, {"A": "case"},
    [1, 2], [], ["x"], "text", "alpha", "", 5, 0, 2.5, True, False, {"a": "it's"},
)  # fmt: skip

TAGS: tuple[Any, ...] = (
    None, [], ["x"], ["x", "y"], ["X"], ["xy"], ["1"], [1], [1.0], [True], [False], [0],
    [None], [["x"]], [{"x": 1}], ["日本"], ["a%"], ["it's"], [2**53], [0.1], "x", "xyz", 1,
    ["", "😀"], {"x": "x"},
)  # fmt: skip

BLOBS: tuple[bytes | None, ...] = (None, b"", b"\x00", b"\x00\x01", b"abc", b"\xff" * 40)

TITLES: tuple[str | None, ...] = (None, "", "red", "red fox", "blue blue sky")

WORDS: tuple[str | None, ...] = (
    None, "common", "common red", "common red red fox", "common fox", "common sky sky sky",
    "common 日本 fox-trot", "common v2.4.7 snake_case red", "common " + "pad " * 40 + "fox",
)  # fmt: skip

VECTORS: tuple[list[float] | None, ...] = (
    None, [1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 0], [3, 1, 0, 2], [-1, 0, 0, 0], [0, 0, 5, 1],
    [1e-20, 2e-20, 0, 0],
)  # fmt: skip


def things(count: int = 2 * len(TEXTS)) -> list[Record]:
    """Records that walk through the values of every field at different paces."""
    return [thing(i) for i in range(count)]


def thing(i: int) -> Record:
    """The record number `i`; its key sorts by number. Values are new objects."""
    return {
        "id": f"t{i:05d}",
        "at": i * 7 % 50,
        "name": TEXTS[i % len(TEXTS)] if i % 11 else None,
        "size": INTS[i * 5 % len(INTS)],
        "weight": FLOATS[i * 7 % len(FLOATS)],
        "done": BOOLS[i % 3],
        "data": _fresh(DATA[i % len(DATA)]),
        "tags": _fresh(TAGS[i % len(TAGS)]),
        "raw": BLOBS[i % len(BLOBS)],
        "title": TITLES[i % len(TITLES)],
        "words": WORDS[i % len(WORDS)],
        "vector": VECTORS[i % len(VECTORS)],
    }


def _fresh(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _fresh(v) for k, v in value.items()}
    return [_fresh(v) for v in value] if isinstance(value, list) else value
