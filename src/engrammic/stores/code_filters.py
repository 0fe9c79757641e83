"""Roots, projects, extensions, languages and path patterns as one filter, so that pages are full.

A path fits a pattern when the whole path does, or the path without its leading
slash, or, where the pattern has a `*`, any end of it that begins after a slash.
`*` and `?` also stand for slashes, `**/` for any number of folders, none too.
What is no pattern (`a**b`, `***`, a `[` without end) is looked for as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product

from engrammic.checks import check_name, check_texts
from engrammic.errors import InvalidInput
from engrammic.filters import Compare, Filter, Op, Or, eq, every, is_in
from engrammic.patterns import lazy_pattern
from engrammic.stores.code_chunks import root_of

MOST_FOLDERS = 6
"""`**/` in one pattern, at most."""

_STARS = lazy_pattern(r"\*{2,}")
_BRACKET = lazy_pattern(r"\[!?[^\0][^\]]*\]")


def code_filter(
    project: str | None = None,
    root_path: str | None = None,
    file_extensions: Sequence[str] = (),
    languages: Sequence[str] = (),
    path_patterns: Sequence[str] = (),
) -> Filter:
    """What all of these let through; None and an empty list let everything through."""
    extensions = [e.removeprefix(".") for e in check_texts("file_extensions", file_extensions)]
    patterns = [path_filter(p) for p in check_texts("path_patterns", path_patterns)]
    named = check_texts("languages", languages)
    return every(
        None if project is None else eq("project", _text("project", project)),
        None if root_path is None else eq("root_path", root_of("root_path", root_path)),
        is_in("extension", extensions) if extensions else None,
        is_in("language", named) if named else None,
        Or(tuple(patterns)) if patterns else None,
    )


def _text(name: str, value: str) -> str:
    check_name(value, name)
    return value


def path_filter(pattern: str, field: str = "file_path") -> Filter:
    """The paths that fit one pattern. Raises InvalidInput for one with too many `**/`."""
    if not _is_pattern(pattern):
        return Compare(field, Op.CONTAINS, pattern)
    heads = ("", "*/") if "*" in pattern else ("", "/")
    ways = [head + way for way in _unfolded(pattern) for head in heads]
    return Or(tuple(Compare(field, Op.GLOB, way) for way in dict.fromkeys(ways)))


def _is_pattern(pattern: str) -> bool:
    bare = _BRACKET.sub("x", pattern)
    if "[" in bare:
        return False
    return all(
        found[0] == "**"
        and (found.start() == 0 or bare[found.start() - 1] == "/")
        and bare[found.end() : found.end() + 1] in ("", "/")
        for found in _STARS.finditer(bare)
    )


def _unfolded(pattern: str) -> Iterator[str]:
    """The patterns that stand for one in which `**/` may be no folder."""
    parts = re.split(r"(?:^|(?<=/))\*\*/", pattern)
    if len(parts) > MOST_FOLDERS + 1:
        raise InvalidInput("path_patterns", f"a pattern has at most {MOST_FOLDERS} **/")
    for folders in product(("", "*/"), repeat=len(parts) - 1):
        joints = (*folders, "")
        yield "".join(part + joint for part, joint in zip(parts, joints, strict=True))
