"""Markdown and text files as notes, one for each section."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

from engrammic.items import Note
from engrammic.patterns import lazy_pattern
from engrammic.sessions.lines import BadLine, Item
from engrammic.sessions.storable import refusal
from engrammic.sessions.thread import Source
from engrammic.sessions.values import clean, digest, moment, text_of

NAME = "markdown"

SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mdx", ".txt", ".text", ".rst"})

_BREAK = lazy_pattern(r"\r\n?|\n")
_EOL = r"[ \t]*(?:\r\n?|\n|\Z)"
_FRONT = lazy_pattern(rf"---{_EOL}(.*?)(?<=[\r\n])(?:---|\.\.\.){_EOL}", re.DOTALL)
_FIELD = lazy_pattern(r"([A-Za-z_][\w .-]*?)[ \t]*:(?:[ \t]+|$)(.*)")
_TAGS = "a|abbr|b|br|code|em|i|img|kbd|small|span|strong|sub|sup"
_MARKS = lazy_pattern(
    rf"</?(?:{_TAGS})\b[^>]*>"
    r"|!?\[(?=[^\]]*\]\()|\]\([^)]*\)"
    r"|[`*]"
    r"|\{\s*[#.:][^}]*\}\s*$"
)
"""Markup in a heading: tags, links, emphasis, attributes."""

_WIDE = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a text, `[start, end)` in characters, and the headings that lead to it."""

    headings: tuple[str, ...]
    start: int
    end: int


def detect(head: bytes, path: Path) -> bool:
    """Whether it is a text, by its suffix; one with many NULs is no text after all."""
    wide = head.startswith(tuple(bom for bom, _ in _WIDE))
    return path.suffix.lower() in SUFFIXES and (wide or head.count(0) * 100 <= len(head))


def read(path: Path, *, include_thinking: bool = False) -> Iterator[Item]:
    """A note for each section, in the order of the file; together they are the whole text.

    A note's id is made of the path, its headings and how often they came
    before: a section that is edited keeps it. A section that no store takes
    is a BadLine at its first line.
    """
    source = Source.of(NAME, path)
    text = _decode(path.read_bytes())
    front, body = front_matter(text)
    title = text_of(front.get("title"))
    seen: Counter[tuple[str, ...]] = Counter()
    for number, section in enumerate(sections(text[body:])):
        begin = body + section.start
        content = text[begin : body + section.end]
        title = title or (section.headings[0] if section.headings else None)
        note = _note(source, content, section, seen[section.headings], number, title, front)
        reason = refusal(note)
        if reason is None:
            yield note
        else:
            yield BadLine(path, 1 + len(_BREAK.findall(text, 0, begin)), reason)
        seen[section.headings] += 1


def is_section(note: Note) -> bool:
    """Whether the note was made here, and not remembered by a user about the file."""
    return (note.note_id or "").startswith(f"{NAME}:")


def _note(
    source: Source,
    content: str,
    section: Section,
    before: int,
    number: int,
    title: str | None,
    front: Mapping[str, str],
) -> Note:
    text, replaced = clean(content)
    place = (str(source.path), *section.headings, str(before))
    facts: dict[str, object] = {"format": NAME, "position": number}
    facts |= {"front_matter": clean(front)[0]} if front else {}
    facts |= {"replaced_characters": replaced} if replaced else {}
    dated = moment(front.get("date"))
    return Note(
        content=text,
        note_id=f"{NAME}:{digest(*place)}",
        title=clean(title or source.path.stem)[0],
        source=clean(str(source.path))[0],
        section=clean(" > ".join(section.headings))[0] or None,
        created_at=(dated or source.changed) + number,
        metadata=facts,
    )


def _decode(data: bytes) -> str:
    for bom, encoding in _WIDE:
        if data.startswith(bom):
            return data.decode(encoding, "replace")
    return data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")


def front_matter(text: str) -> tuple[dict[str, str], int]:
    """The fields of a YAML block at the very front, as they are written, and where it ends.

    Values stay text: lists and blocks keep their lines. Without such a
    block: no fields, and 0.
    """
    found = _FRONT.match(text)
    if found is None:
        return {}, 0
    fields: dict[str, str] = {}
    name = ""
    for line in _BREAK.split(found[1]):
        if field := _FIELD.match(line):
            name = field[1]
            fields[name] = field[2].strip().strip("\"'")
        elif name:
            fields[name] = f"{fields[name]}\n{line}".strip("\n")
    return (fields, found.end()) if fields else ({}, 0)


def sections(text: str) -> list[Section]:
    """The text cut at its headings (CommonMark, both kinds; none inside fences, quotes or lists).

    The sections follow each other without a gap from 0 to the end. A heading
    with nothing under it but a deeper heading begins that one's section.
    """
    found: list[Section] = []
    path: list[_Heading] = []
    begin = 0
    for heading in _headings(text):
        last = path[-1] if path else _NOTHING
        bare = heading.depth > last.depth and not text[last.body : heading.start].strip()
        if not bare:
            found.append(Section(tuple(h.wording for h in path), begin, heading.start))
            begin = heading.start
        path = [*(h for h in path if h.depth < heading.depth), heading]
    if text[begin:].strip():
        found.append(Section(tuple(h.wording for h in path), begin, len(text)))
    return found


class _Heading(NamedTuple):
    depth: int
    start: int
    body: int
    wording: str


_NOTHING = _Heading(0, 0, 0, "")


def _headings(text: str) -> Iterator[_Heading]:
    """The headings at the top level, with the offsets where they start and where they end."""
    lines = [0, *(m.end() for m in _BREAK.finditer(text)), len(text)]
    for opened, inline in pairwise(_PARSER.parse(text)):
        if opened.type == "heading_open" and opened.level == 0 and opened.map:
            start, body = (lines[min(n, len(lines) - 1)] for n in opened.map)
            wording = " ".join(_MARKS.sub("", inline.content).split())
            yield _Heading(int(opened.tag[1:]), start, body, wording)


def _block_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


_PARSER = _block_parser()
