"""Entities of a text by rules: where each is named, as what, under which name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from engrammic.extraction.nouns import EntityType
from engrammic.extraction.words import (
    BRANDS,
    CONCEPTS,
    EXTENSIONS,
    FILE_NAMES,
    NO_NAMES,
    PRODUCTS,
    SUBCOMMANDS,
    TOOLS,
)
from engrammic.patterns import lazy_pattern

LONGEST = 120
"""Characters of a name; what is longer is no name."""


class Found(NamedTuple):
    """One mention: its place in the text, its type, its name, and the definition it is part of."""

    start: int
    end: int
    entity_type: EntityType
    name: str
    signature: str = ""


_FILE = lazy_pattern(
    r"(?<![\w@/.-])(?:[\w@~.+-]*[\\/])*(?:"
    + "|".join(re.escape(name) + r"(?![\w.-])" for name in FILE_NAMES)
    + rf"|[\w@+-][\w@.+-]*\.(?:{'|'.join(EXTENSIONS)})(?![\w/-]|\.\w))"
)
_URL = lazy_pattern(r"\b[a-z][a-z0-9+.-]*://\S+|\b[\w.+-]+@[\w-]+\.[\w.]+", re.IGNORECASE)
_NAME = r"[A-Za-z_][\w$]*"
_DEFINED = lazy_pattern(
    rf"\b(?:fn|def|func|function|sub)\s+(?:\([^)\n]{0, 400}\)\s*)?`?(?P<name>{_NAME})`?"
    r"(?P<rest>\s*(?:<[^>\n]{0,100}>)?\([^)\n]{0,400}\)(?:\s*->\s*[^\s{:]+)?)?"
)
_CALL = lazy_pattern(rf"(?<![\w.])(?P<name>(?:{_NAME}(?:\.|::))*{_NAME})\(\)")
_SAID = (
    lazy_pattern(rf"\b(?:function|method|fn)s?\s+[`'\"]?(?P<name>{_NAME})[`'\"]?"),
    lazy_pattern(rf"[`'\"]?\b(?P<name>{_NAME})[`'\"]?\s+(?:function|method)\b"),
)
_TYPE = lazy_pattern(
    r"\b(?:struct|class|enum|interface|trait|type|protocol|record)\s+`?(?P<name>[A-Z]\w*)`?"
    r"(?P<rest>\([^)\n]{0,400}\)|<[^>\n]{0,100}>)?"
    r"|`?(?P<before>[A-Z]\w*)`?\s+(?:struct|class|enum|interface|trait)\b"
)
_CAMEL = lazy_pattern(r"\b[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+\b|\b[A-Z]{2,}[a-z0-9]+[A-Z]\w*\b")
_ERROR = lazy_pattern(
    r"\b[A-Z]\w*(?:Error|Exception)\b|\bE\d{4}\b|\bERR_[A-Z_]+\b"
    r"|\bE(?:NOENT|ACCES|CONNREFUSED|ADDRINUSE|PERM|PIPE|EXIST|TIMEDOUT)\b"
    r"|\bHTTP [45]\d\d\b|\bSIG(?:SEGV|KILL|TERM|ABRT)\b"
)
_VARIABLE = lazy_pattern(
    rf"\b(?:let|const|var|val)\s+(?:mut\s+)?(?P<name>{_NAME})(?=\s*[:=;])"
    r"|\b(?P<env>[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9])\b"
    r"|(?<![\w./\\-])(?P<snake>_*[a-z][a-z0-9]*(?:_[a-z0-9]+)+)\b(?![(/\\.\w])"
)
_COMMAND = lazy_pattern(
    rf"`\$?\s*(?P<code>(?:{'|'.join(TOOLS)})(?:\s+[^`\n]+)?)`"
    rf"|^[^\S\n]*\$[^\S\n]+(?P<line>\S[^\n]*)"
    rf"|(?<![\w`/.-])(?P<prose>(?:{'|'.join(TOOLS)})(?:\s+(?P<sub>[a-z][\w-]*))"
    r"(?:\s+--?[\w-]+(?:=\S+)?)*)",
    re.MULTILINE,
)
_CONCEPT = lazy_pattern(r"[A-Za-z]+(?:[- ]condition)?")
_PROPER = lazy_pattern(
    r"\b[A-Z][\w'’-]*[a-z0-9](?:[ ](?:(?:of|de|van|von)[ ])?[A-Z][\w’-]*[a-z0-9])*"
)
_STARTS = lazy_pattern(r"(?:^|[.!?:]\s+|\n\s*(?:[-*>#]+\s*)?|[\"'“(\[]\s*)$")


def entities(text: str) -> list[Found]:
    """Every mention, in reading order; where two rules see one word, the first wins."""
    taken = bytearray(len(text))
    for url in _URL.finditer(text):
        taken[url.start() : url.end()] = b"\1" * (url.end() - url.start())
    found: list[Found] = []
    for rule in (_commands, _files, _errors, _functions, _types, _variables, _concepts, _names):
        for one in rule(text):
            if len(one.name) <= LONGEST and not any(taken[one.start : one.end]):
                taken[one.start : one.end] = b"\1" * (one.end - one.start)
                found.append(one)
    return sorted(found)


def is_identifier(name: str) -> bool:
    """Whether only a program would spell a word so."""
    return "_" in name.strip("_") or (name != name.lower() and not name.istitle())


def _commands(text: str) -> Iterator[Found]:
    for match in _COMMAND.finditer(text):
        group = "code" if match["code"] else "line" if match["line"] else "prose"
        if group == "prose" and match["sub"] not in SUBCOMMANDS:
            continue
        name = " ".join(match[group].split())
        yield Found(*match.span(group), EntityType.COMMAND, name)


def _files(text: str) -> Iterator[Found]:
    for match in _FILE.finditer(text):
        name = match[0].replace("\\", "/").removeprefix("./")
        kind = EntityType.CONCEPT if name.lower() in PRODUCTS else EntityType.FILE
        yield Found(*match.span(), kind, name)


def _errors(text: str) -> Iterator[Found]:
    for match in _ERROR.finditer(text):
        yield Found(*match.span(), EntityType.ERROR, match[0])


def _functions(text: str) -> Iterator[Found]:
    for match in _DEFINED.finditer(text):
        name, rest = match["name"], match["rest"]
        if rest or (name.lower() not in NO_NAMES and is_identifier(name)):
            signature = " ".join((name + rest).split()).rstrip(".,") if rest else ""
            yield Found(*match.span("name"), EntityType.FUNCTION, name, signature)
    for match in _CALL.finditer(text):
        name = match["name"].replace("::", ".").rpartition(".")[2]
        yield Found(*match.span(), EntityType.FUNCTION, name)
    for match in chain.from_iterable(pattern.finditer(text) for pattern in _SAID):
        name = match["name"]
        if "`" in match[0] or (name.lower() not in NO_NAMES and is_identifier(name)):
            yield Found(*match.span("name"), EntityType.FUNCTION, name)


def _types(text: str) -> Iterator[Found]:
    for match in _TYPE.finditer(text):
        group = "name" if match["name"] else "before"
        name = match[group]
        if name.lower() in NO_NAMES or (group == "before" and not is_identifier(name)):
            continue
        signature = f"{name}{match['rest']}" if group == "name" and match["rest"] else ""
        yield Found(*match.span(group), EntityType.TYPE, name, signature)
    for match in _CAMEL.finditer(text):
        if match[0] not in BRANDS:
            yield Found(*match.span(), EntityType.TYPE, match[0])


def _variables(text: str) -> Iterator[Found]:
    for match in _VARIABLE.finditer(text):
        group = match.lastgroup or "name"
        if len(match[group]) > 3 and match[group].lower() not in NO_NAMES:
            yield Found(*match.span(group), EntityType.VARIABLE, match[group])


def _concepts(text: str) -> Iterator[Found]:
    for match in _CONCEPT.finditer(text):
        word = match[0].lower().replace(" ", "-")
        for name in (word, word.removesuffix("s"), word.removesuffix("es"), word[:-3] + "y"):
            if name in CONCEPTS:
                yield Found(*match.span(), EntityType.CONCEPT, name)
                break


def _names(text: str) -> Iterator[Found]:
    """People, places, products: capitals where a sentence does not ask for them."""
    inside = {
        match[0]
        for match in _PROPER.finditer(text)
        if not _STARTS.search(text, max(0, match.start() - 8), match.start())
    }
    for match in _PROPER.finditer(text):
        name, start = match[0], match.start()
        first = name.partition(" ")[0]
        if first.lower() in NO_NAMES:
            start += len(first) + 1
            name = name[len(first) + 1 :]
        if name.endswith("'s"):
            name = name[:-2]
        known = name in inside or start > match.start() or " " in name
        if name and known and name.lower() not in NO_NAMES:
            yield Found(start, start + len(name), EntityType.CONCEPT, name)
