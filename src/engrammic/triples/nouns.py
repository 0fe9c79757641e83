"""A graph's nouns: entities keyed by (type, name), triples between them, and where both come from.

An entity or triple is there because something said so: a source (the id of a
chunk, message or file), or a person, who needs none: then it is `lasting`. A
triple dies with its last source. An entity lives as long as it has a source,
is lasting, or a triple touches it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar

from engrammic.checks import check_name, check_text, shown
from engrammic.errors import InvalidInput
from engrammic.records import KEY_BYTES, canonical

DESCRIPTION_BYTES = 64 << 10
"""The longest description of an entity, in UTF-8."""

PROPERTIES_BYTES = 64 << 10
"""The largest properties of an item, as JSON in UTF-8."""

ENTITY_TYPES = (
    "Package", "Module", "Class", "Method", "Function", "Interface", "Enum",
    "DesignDoc", "UserDoc", "PRD", "Runbook", "README", "APIDoc",
    "Service", "Endpoint", "Database", "ConfigFile",
)  # fmt: skip
"""Types that code and documents have; any other text is a type too."""

PREDICATES = (
    "calls", "extends", "implements", "references", "depends_on", "imports", "contains",
    "defined_in",
)  # fmt: skip
"""Predicates of code and documents; any other text is one too."""

_KNOWN = {name.lower(): name for name in (*ENTITY_TYPES, *PREDICATES)}


def known_name(text: str) -> str:
    """The type or predicate as ENTITY_TYPES or PREDICATES spell it; any other text as it is."""
    return _KNOWN.get(text.lower(), text)


class EntityKey(NamedTuple):
    """What an entity is known by. The type may be empty: it is not known."""

    entity_type: str
    name: str

    @property
    def entity_id(self) -> str:
        """A digest of both."""
        return digest(*self)


@dataclass(frozen=True, slots=True)
class GraphEntity:
    """A thing that triples speak of.

    `lasting=None` means: as the sources say; stated without one it lasts.
    """

    name: str
    entity_type: str = ""
    description: str | None = None
    source_chunk_ids: tuple[str, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)
    lasting: bool | None = None

    @property
    def key(self) -> EntityKey:
        """Type and name."""
        return EntityKey(self.entity_type, self.name)


@dataclass(frozen=True, slots=True)
class GraphTriple:
    """Subject, predicate, object. These and the two types are what it is known by.

    `lasting` as for GraphEntity; `weight` is finite, its meaning the caller's.
    """

    subject: str
    predicate: str
    object: str
    subject_type: str = ""
    object_type: str = ""
    source_chunk_ids: tuple[str, ...] = ()
    weight: float = 1.0
    properties: Mapping[str, Any] = field(default_factory=dict)
    lasting: bool | None = None

    @property
    def head(self) -> EntityKey:
        """The subject's key."""
        return EntityKey(self.subject_type, self.subject)

    @property
    def tail(self) -> EntityKey:
        """The object's key."""
        return EntityKey(self.object_type, self.object)

    @property
    def triple_id(self) -> str:
        """A digest of what it is known by; orders triples the same way on every store."""
        return digest(*self.head, self.predicate, *self.tail)

    def __str__(self) -> str:
        return f"{self.subject} -> {self.predicate} -> {self.object}"


Item = TypeVar("Item", GraphEntity, GraphTriple)


def digest(*parts: str) -> str:
    """128 bits in hexadecimal that stand for these texts, in this order; none contains a NUL."""
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def checked_key(name: str, given: object) -> EntityKey:
    """The key. Raises InvalidInput for what is no (type, name)."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise InvalidInput(name, f"want (type, name), such as ('Function', 'main'), {_not(given)}")
    return EntityKey(_word(f"{name}[0]", given[0], empty=True), _word(f"{name}[1]", given[1]))


def checked_entity(given: object) -> GraphEntity:
    """The entity in its stored form. Raises InvalidInput."""
    if not isinstance(given, GraphEntity):
        raise InvalidInput("entities", f"want GraphEntity, {_not(given)}")
    _word("entity_type", given.entity_type, empty=True)
    _word("name", given.name)
    if given.description is not None:
        check_name(given.description, "description")
        if len(given.description.encode()) > DESCRIPTION_BYTES:
            raise InvalidInput("description", f"is longer than {DESCRIPTION_BYTES} bytes")
    return _settled(given)


def checked_triple(given: object) -> GraphTriple:
    """The triple in its stored form. Raises InvalidInput."""
    if not isinstance(given, GraphTriple):
        raise InvalidInput("triples", f"want GraphTriple, {_not(given)}")
    for name in ("subject", "predicate", "object"):
        _word(name, getattr(given, name))
    for name in ("subject_type", "object_type"):
        _word(name, getattr(given, name), empty=True)
    found = _settled(replace(given, weight=_finite(given.weight)))
    if not is_stated(found):
        raise InvalidInput("source_chunk_ids", "a triple that does not last needs a source")
    return found


def checked_sources(name: str, given: object) -> tuple[str, ...]:
    """The ids, sorted, each once. Raises InvalidInput."""
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise InvalidInput(name, f"want a sequence of ids, {_not(given)}")
    return tuple(sorted({_word(name, source) for source in given}))


def check_names(**given: str | None) -> None:
    """Raise InvalidInput for a name asked for that no text can be."""
    for name, text in given.items():
        if text is not None:
            check_name(text, name)


def _settled(given: Item) -> Item:
    sources = checked_sources("source_chunk_ids", given.source_chunk_ids)
    if not isinstance(given.properties, Mapping):
        raise InvalidInput("properties", f"want a mapping, {_not(given.properties)}")
    text = canonical("properties", dict(given.properties))
    if len(text.encode()) > PROPERTIES_BYTES:
        raise InvalidInput("properties", f"are longer than {PROPERTIES_BYTES} bytes as JSON")
    properties = json.loads(text)
    lasting = not sources if given.lasting is None else bool(given.lasting)
    return replace(given, source_chunk_ids=sources, properties=properties, lasting=lasting)


def _finite(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidInput("weight", f"want a finite number, {_not(value)}")
    return float(value)


def _word(name: str, value: object, *, empty: bool = False) -> str:
    if not isinstance(value, str) or not (value or empty):
        raise InvalidInput(name, f"want a text that is not empty, {_not(value)}")
    check_text(value, name)
    if len(value.encode()) > KEY_BYTES:
        raise InvalidInput(name, f"is longer than {KEY_BYTES} bytes")
    return value


def _not(value: object) -> str:
    return f"not {shown(value)}"


def joined(old: Item | None, new: Item) -> Item:
    """Both statements as one: sources and properties of both, else what the new one says."""
    if old is None:
        return new
    earlier: Any = old
    both = replace(
        new,
        source_chunk_ids=tuple(sorted({*earlier.source_chunk_ids, *new.source_chunk_ids})),
        properties={**earlier.properties, **new.properties},
        lasting=bool(earlier.lasting or new.lasting),
    )
    if getattr(both, "description", "none needed") is None:
        return replace(both, description=earlier.description)  # type: ignore[call-arg]
    return both


def without(item: Item, sources: frozenset[str]) -> Item:
    """The item as it is when these sources are gone."""
    left = tuple(s for s in item.source_chunk_ids if s not in sources)
    return replace(item, source_chunk_ids=left)


def split(items: Iterable[Item], sources: frozenset[str]) -> tuple[list[Item], list[Item]]:
    """Those that stay, and those that die, when the sources of all are taken away."""
    left = [without(item, sources) for item in items]
    return [i for i in left if is_stated(i)], [i for i in left if not is_stated(i)]


def is_stated(item: GraphEntity | GraphTriple) -> bool:
    """Whether something says it: a source, or one who needs none."""
    return bool(item.lasting or item.source_chunk_ids)
