"""How many machines a number of memories needs: bytes, RAM, shards and replicas as arithmetic.

Measured are the bytes on disk that one memory takes in our tables
(`python benches/room.py`, messages of `TEXT` bytes, vectors of 384 dimensions).
The rest are rules of the engines' makers, each with its source, or plain
assumptions of ours that stand in `Plan` and can be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from engrammic.checks import check_count
from engrammic.errors import InvalidInput
from engrammic.predicate import LARGEST

GIB = 1 << 30
TEXT = 156
"""Bytes of text in a message of the measurement."""
MEASURED_DIMENSION = 384
LONGEST_VECTOR = 65_535


@dataclass(frozen=True, slots=True)
class Engine:
    """What one engine needs for a memory.

    `record` and `vector` are bytes on disk as measured: all that hangs on a
    memory but its vector, and what its vector adds, index included.
    `ram_vector` times the vector's own 4 d bytes, and `ram_fixed` bytes beside,
    have to be in RAM for a search; `ram_record` is the part of a record that has.
    """

    scheme: str
    name: str
    record: int
    vector: int
    ram_vector: float
    ram_fixed: int
    ram_record: float
    rule: str
    """Where the RAM comes from, in Markdown, with its source."""
    messages: int = 0
    """How many were stored for the measurement."""
    alone: bool = False
    """Whether it stays on one machine: no shards, no replicas of its own."""
    in_bucket: bool = False
    """Whether the bytes lie in object storage, so that machines need RAM alone."""

    @property
    def disk_factor(self) -> float:
        """Bytes on disk for each byte of the vector itself."""
        return self.vector / (4 * MEASURED_DIMENSION)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for. `node_ram` and `node_disk` are bytes of one machine for the engine."""

    memories: int
    dimension: int = MEASURED_DIMENSION
    text: int = TEXT
    node_ram: int = 64 * GIB
    node_disk: int = 2_048 * GIB
    replicas: int = 2
    spare: float = 0.25
    """The part of a machine that stays free, for merging, growing and the system."""

    def __post_init__(self) -> None:
        check_count("memories", self.memories, 0, LARGEST)
        check_count("dimension", self.dimension, 1, LONGEST_VECTOR)
        check_count("text", self.text, 0, 1 << 30)
        for name in ("node_ram", "node_disk"):
            check_count(name, getattr(self, name), 1, LARGEST)
        check_count("replicas", self.replicas, 1, 100)
        if not 0 <= self.spare < 1:
            raise InvalidInput("spare", f"want a part from 0 to below 1, not {self.spare}")


@dataclass(frozen=True, slots=True)
class Need:
    """What one copy takes in bytes, into how many machines it has to be cut, and all of them.

    `fits` is False where an engine that stays on one machine would need more.
    """

    disk: int
    ram: int
    shards: int
    machines: int
    fits: bool = True


_QDRANT = "https://qdrant.tech/documentation/capacity-planning/"
_MILVUS = "https://zilliz.com/sizing-tool"
_LANCE = "https://docs.lancedb.com/indexing/vector-index"

ENGINES: Mapping[str, Engine] = {
    engine.scheme: engine
    for engine in (
        Engine(
            "sqlite", "SQLite", 2_371, 2_063, 1.25, 0, 0.0,
            "5 d bytes, one of them for the copy that a scan looks at first, in each process that "
            "searches", 12_000, alone=True,
        ),
        Engine(
            "postgres", "PostgreSQL with pgvector", 11_631, 3_712, 1.0, 509, 0.1,
            "the HNSW index, measured as 4 d + 509 bytes, and a tenth of the records, as those "
            "in use", 12_000,
        ),
        Engine(
            "qdrant", "Qdrant", 2_853, 3_363, 1.5, 0, 0.1,
            f"4 d * 1.5 ([capacity planning]({_QDRANT})), and a tenth of the records; a quarter "
            "of it and less with vectors on disk or quantised", 4_000,
        ),
        Engine(
            "milvus", "Milvus", 2_853, 3_363, 1.0, 669, 0.1,
            "4 d + 669: its makers' tool loads 1.1 GiB for 488.3 MiB of a million raw vectors of "
            f"128 dimensions under HNSW ([sizing tool]({_MILVUS})); and a tenth of the records",
            4_000, in_bucket=True,
        ),
        Engine(
            "lance", "LanceDB on object storage", 379, 1_928, 0.25, 0, 0.0,
            "one byte a dimension, the codes of its index ([IVF with scalar "
            f"quantisation]({_LANCE})), cached by the machine that searches; less where only "
            "some scopes are searched", 20_000, in_bucket=True,
        ),
    )
}  # fmt: skip
"""By scheme. Qdrant's bytes are those of its client's local mode, and Milvus's are taken to be the
same: of neither was a server measured."""


def bytes_each(engine: Engine, plan: Plan) -> int:
    """Bytes on disk of one memory."""
    vector = engine.disk_factor * 4 * plan.dimension
    return round(_record(engine, plan) + vector)


def ram_each(engine: Engine, plan: Plan) -> int:
    """Bytes of RAM that one memory needs for a search that does not wait for the disk."""
    vector = engine.ram_vector * 4 * plan.dimension + engine.ram_fixed
    return round(vector + engine.ram_record * _record(engine, plan))


def needed(engine: Engine, plan: Plan) -> Need:
    """What a plan needs on an engine: one shard where one machine is enough."""
    disk = plan.memories * bytes_each(engine, plan)
    ram = plan.memories * ram_each(engine, plan)
    usable = 1 - plan.spare
    by_disk = 0 if engine.in_bucket else ceil(disk / (plan.node_disk * usable))
    shards = max(1, ceil(ram / (plan.node_ram * usable)), by_disk)
    machines = 1 if engine.alone else shards * plan.replicas
    return Need(disk, ram, shards, machines, fits=shards == 1 or not engine.alone)


def largest(engine: Engine, plan: Plan) -> int:
    """How many memories fit into one machine of the plan's."""
    usable = 1 - plan.spare
    by_ram = plan.node_ram * usable / max(1, ram_each(engine, plan))
    by_disk = plan.node_disk * usable / max(1, bytes_each(engine, plan))
    return int(by_ram if engine.in_bucket else min(by_ram, by_disk))


def _record(engine: Engine, plan: Plan) -> float:
    """Bytes of a record with a text of the plan's length: what is longer counts twice.

    A text is stored once as it is and once as its words.
    """
    return max(0.0, engine.record + 2.0 * (plan.text - TEXT))
