"""Classes and objects of the Weaviate stand-in: names, types, tokens, and what is refused."""

from __future__ import annotations

import base64
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

CLASS_NAME = re.compile(r"[A-Z][_0-9A-Za-z]{0,254}")
PROPERTY_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,230}")
RESERVED = frozenset({"id", "_id", "_additional", "vector"})
TYPES: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "int": (int, float),
    "number": (int, float),
    "boolean": bool,
    "uuid": str,
    "blob": str,
}
TOKENS = re.compile(r"[^\W_]+")
STOPWORDS = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it",
    "no", "not", "of", "on", "or", "such", "that", "the", "their", "then", "there", "these",
    "they", "this", "to", "was", "will", "with",
))  # fmt: skip
"""The preset `en`, on unless the class says `none`: no filter on words finds such a one."""


class Invalid(ValueError):
    """What the service refuses, with its reason."""


@dataclass(slots=True)
class Stored:
    """An object: its properties by name, its vectors by name ("" is the only one)."""

    id: str
    properties: dict[str, Any]
    vectors: dict[str, list[float]]


@dataclass(slots=True)
class Class:
    """A class: its definition as described, and its objects by id."""

    definition: dict[str, Any]
    objects: dict[str, Stored] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)

    @property
    def properties(self) -> dict[str, dict[str, Any]]:
        """Definitions by name."""
        return {p["name"]: p for p in self.definition["properties"]}

    @property
    def named(self) -> frozenset[str]:
        """The names of its vectors; without named ones the one without a name."""
        return frozenset(self.definition.get("vectorConfig") or {""})

    @property
    def stopwords(self) -> frozenset[str]:
        """Words that filters on text do not see."""
        preset = self.definition["invertedIndexConfig"]["stopwords"]["preset"]
        return STOPWORDS if preset == "en" else frozenset()

    @property
    def null_state(self) -> bool:
        """Whether a filter may ask IsNull."""
        return bool(self.definition["invertedIndexConfig"].get("indexNullState"))

    def add(self, definition: dict[str, Any]) -> dict[str, Any]:
        """The new property as described. Raises Invalid."""
        made = described(definition)
        if made["name"].lower() in {n.lower() for n in self.properties}:
            raise Invalid(f"class property {made['name']!r} already in use")
        self.definition["properties"].append(made)
        return made

    def grow(self, given: dict[str, Any]) -> None:
        """Take named vectors that are new; nothing else changes. Raises Invalid."""
        if "vectorConfig" not in self.definition:
            raise Invalid("named vectors cannot be added to a class without any")
        old = self.definition["vectorConfig"]
        if old.keys() - given.get("vectorConfig", {}).keys():
            raise Invalid("named vectors cannot be removed")
        self.definition["vectorConfig"] = _vectors(given)["vectorConfig"] | old

    def check(
        self, id_: str, properties: dict[str, Any], vectors: dict[str, list[float]]
    ) -> Stored:
        """The object, if it fits the class. Raises Invalid."""
        try:
            canonical = str(uuid.UUID(id_))
        except ValueError as error:
            raise Invalid(f"invalid UUID {id_!r}") from error
        known = self.properties
        properties = {_small(name): value for name, value in properties.items()}
        for name, value in properties.items():
            if name not in known:
                raise Invalid(
                    f"invalid object: no such prop with name {name!r} found in class "
                    f"{self.definition['class']!r} in the schema"
                )
            if value is not None:
                check_value(name, known[name]["dataType"][0], value)
        for name, vector in vectors.items():
            self._check_vector(name, vector)
        kept = {n: _typed(known[n]["dataType"][0], v) for n, v in properties.items()}
        return Stored(canonical, {n: v for n, v in kept.items() if v is not None}, vectors)

    def _check_vector(self, name: str, vector: list[float]) -> None:
        if name not in self.named:
            raise Invalid(f"collection {self.definition['class']} has no vector {name!r}")
        if self.widths.get(name, len(vector)) != len(vector):
            raise Invalid(
                f"new node has a vector with length {len(vector)}. Existing nodes have vectors "
                f"with length {self.widths[name]}"
            )

    def put(self, stored: Stored) -> None:
        """Insert or replace."""
        for name, vector in stored.vectors.items():
            self.widths.setdefault(name, len(vector))
        self.objects[stored.id] = stored


def check_value(name: str, kind: str, value: Any) -> None:
    """Raises Invalid unless a property of this type holds the value."""
    single = kind.removesuffix("[]")
    values: list[Any] = value if kind.endswith("[]") else [value]
    if not isinstance(values, list):
        raise Invalid(f"invalid {kind} property {name!r}: not a list")
    for one in values:
        wrong = isinstance(one, bool) and single != "boolean"
        if wrong or not isinstance(one, TYPES[single]):
            raise Invalid(f"invalid {kind} property {name!r}: requires a {single}, got {one!r}")
        number: Any = one
        if single == "int" and isinstance(one, float) and not one.is_integer():
            raise Invalid(f"invalid int property {name!r}: {one!r} is no integer")
        if single == "int" and not -(2**63) <= number < 2**63:
            raise Invalid(f"invalid int property {name!r}: {one!r} is out of range")
        if single == "uuid":
            uuid.UUID(str(one))
        if single == "blob":
            _check_blob(name, str(one))


def _check_blob(name: str, value: str) -> None:
    try:
        base64.b64decode(value, validate=True)
    except ValueError as error:
        raise Invalid(f"invalid blob property {name!r}: no base64") from error


def _typed(kind: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_typed(kind[:-2], v) for v in value]
    if value is None or kind.startswith(("text", "boolean", "uuid", "blob")):
        return value
    return int(value) if kind == "int" else float(value)


def new_class(given: dict[str, Any]) -> Class:
    """The class as described, with the service's defaults. Raises Invalid."""
    name = given.get("class")
    if not isinstance(name, str) or not CLASS_NAME.fullmatch(name):
        raise Invalid(f"{name!r} is not a valid class name")
    if given.get("vectorizer", "none") != "none":
        raise Invalid("the stand-in has no vectorizer")
    index = {"bm25": {"b": 0.75, "k1": 1.2}, "cleanupIntervalSeconds": 60} | (
        given.get("invertedIndexConfig") or {}
    )
    stopwords = {"preset": "en", "additions": None, "removals": None}
    index["stopwords"] = stopwords | (index.get("stopwords") or {})
    made = Class({
        "multiTenancyConfig": {"enabled": False},
        "replicationConfig": {"factor": 1, "asyncEnabled": False},
        "shardingConfig": SHARDING,
        **given,
        **_vectors(given),
        "invertedIndexConfig": index,
        "properties": [],
    })  # fmt: skip
    for definition in given.get("properties") or []:
        made.add(definition)
    return made


SHARDING = {
    "actualCount": 1, "actualVirtualCount": 128, "desiredCount": 1, "desiredVirtualCount": 128,
    "function": "murmur3", "key": "_id", "strategy": "hash", "virtualPerPhysical": 128,
}  # fmt: skip


def _vectors(given: dict[str, Any]) -> dict[str, Any]:
    """Vector settings; the distance is cosine unless given."""
    if not given.get("vectorConfig"):
        config = HNSW | (given.get("vectorIndexConfig") or {})
        return {"vectorizer": "none", "vectorIndexType": "hnsw", "vectorIndexConfig": config}
    return {
        "vectorConfig": {
            name: {"vectorIndexType": "hnsw", "vectorizer": {"none": {}}}
            | config
            | {"vectorIndexConfig": HNSW | (config.get("vectorIndexConfig") or {})}
            for name, config in given["vectorConfig"].items()
        }
    }


HNSW = {
    "cleanupIntervalSeconds": 300, "distance": "cosine", "dynamicEfMin": 100, "dynamicEfMax": 500,
    "dynamicEfFactor": 8, "ef": -1, "efConstruction": 128, "flatSearchCutoff": 40000,
    "maxConnections": 32, "skip": False, "vectorCacheMaxObjects": 10**12,
    "filterStrategy": "acorn",
}  # fmt: skip


def described(given: dict[str, Any]) -> dict[str, Any]:
    """A property's definition with its defaults; its first letter is made small, as there."""
    name, kinds = given.get("name"), given.get("dataType")
    if not isinstance(name, str) or not PROPERTY_NAME.fullmatch(name) or name in RESERVED:
        raise Invalid(f"{name!r} is not a valid property name")
    if not isinstance(kinds, list) or len(kinds) != 1 or kinds[0].removesuffix("[]") not in TYPES:
        raise Invalid(f"property {name!r}: the stand-in has no data type {kinds!r}")
    text = kinds[0].startswith("text")
    if given.get("tokenization") and not text:
        raise Invalid(f"tokenization is not allowed for data type {kinds[0]!r}")
    return {
        "indexFilterable": kinds[0] != "blob",
        "indexRangeFilters": False,
        "indexSearchable": text,
        **({"tokenization": "word"} if text else {}),
        **{k: v for k, v in given.items() if v is not None},
        "name": _small(name),
    }


def _small(name: str) -> str:
    """A property's name as it is kept: the first letter is small."""
    return name[:1].lower() + name[1:]


def tokens(tokenization: str, text: str) -> list[str]:
    """What a filter on text sees of it."""
    if tokenization == "field":
        return [text.strip()]
    if tokenization == "whitespace":
        return text.split()
    if tokenization == "lowercase":
        return text.lower().split()
    return [t.lower() for t in TOKENS.findall(text)]
