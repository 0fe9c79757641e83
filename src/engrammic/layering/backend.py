"""The backend over two others: one keeps the records, the other finds by vector."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs

from engrammic import reads
from engrammic.backend import RETRIES, Backend, Capabilities, Decide, Health, Reader
from engrammic.changes import Change, checked
from engrammic.errors import Conflict, InvalidInput, InvalidSettings, Unsupported
from engrammic.evolution import grown
from engrammic.filters import Filter
from engrammic.layering import mending
from engrammic.layering.finding import Nearest, filled, needed, whole_page
from engrammic.layering.layout import of_records, of_vectors, vector_table, whole
from engrammic.layering.writing import Unprepared, Writing, check_where, known
from engrammic.records import cleaner
from engrammic.registry import open_backend
from engrammic.types import Kind, Order, Record, Schema, Scored, Vector

DURABILITY = ("never", "flush", "commit")


class LayeredBackend(Backend):
    """Two databases as one: `layered:?records=URL&vectors=URL`, the URLs percent-encoded."""

    scheme: ClassVar[str] = "layered"

    def __init__(self, records: Backend, vectors: Backend) -> None:
        self.records = records
        self.vectors = vectors
        ours, theirs = records.capabilities, vectors.capabilities
        durable = min(ours.durable, theirs.durable, key=DURABILITY.index)
        self.capabilities: Capabilities = replace(
            ours, vectors=theirs.vectors, processes=ours.processes and theirs.processes,
            durable=durable,
        )  # fmt: skip
        self._known: dict[str, Schema] = {}

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Open both. Raises InvalidSettings where the URL does not name two databases."""
        given = parse_qs(url.partition("?")[2], keep_blank_values=True)
        sides = [given.get(side, [""])[0] for side in ("records", "vectors")]
        if set(given) != {"records", "vectors"} or not all(sides) or sides[0] == sides[1]:
            raise InvalidSettings("layered: wants ?records=URL&vectors=URL, two databases")
        records = await open_backend(sides[0])
        try:
            return cls(records, await open_backend(sides[1]))
        except BaseException:
            await records.close()
            raise

    @property
    def native(self) -> bool:
        """As `Backend.native`, of both."""
        return self.records.native

    @native.setter
    def native(self, refused: bool) -> None:
        self.records.native = self.vectors.native = refused

    async def ensure_table(self, schema: Schema) -> None:
        """As `Backend.ensure_table`: the tables of the vectors first."""
        cleaner(schema)
        old = {s.name: s for s in await self.tables()}.get(schema.name)
        full = schema if old is None else grown(old, schema)[0]
        for f in full.of_kind(Kind.VECTOR):
            await self.vectors.ensure_table(of_vectors(full, f))
        await self.records.ensure_table(of_records(schema))
        self._known[full.name] = full

    async def tables(self) -> list[Schema]:
        """As `Backend.tables`."""
        found = [whole(schema) for schema in await self.records.tables()]
        self._known.clear()
        self._known.update({schema.name: schema for schema in found})
        return found

    async def drop_table(self, table: str) -> None:
        """As `Backend.drop_table`: the records first, so that no vector is named and not there."""
        schema = {s.name: s for s in await self.tables()}.get(table)
        await self.records.drop_table(table)
        self._known.pop(table, None)
        for f in schema.of_kind(Kind.VECTOR) if schema else ():
            await self.vectors.drop_table(vector_table(table, f.name))

    async def schema(self, table: str) -> Schema:
        """As `Backend.schema`."""
        if table not in self._known:
            await self.tables()
        return known(self._known, table)

    async def apply(self, changes: Sequence[Change]) -> int:
        """As `Backend.apply`: vectors first; on the side of the records it is one step."""
        for change in checked(changes):
            await self.schema(change.table)

        async def fixed(_: Reader) -> Sequence[Change]:
            return changes

        atomic = self.records.capabilities.atomic
        return await self._write(fixed, self.records.transact if atomic else self._once)

    async def transact(self, decide: Decide) -> int:
        """As `Backend.transact`. Where it writes vectors, it decides twice: they come first."""
        if not self._known:
            await self.tables()
        return await self._write(decide, self.records.transact)

    async def _once(self, decide: Decide) -> int:
        return await self.records.apply(await decide(self.records))

    async def _write(self, decide: Decide, run: Callable[[Decide], Awaitable[int]]) -> int:
        writing = Writing(self.records, self.vectors, self._known)

        async def translated(reader: Reader) -> Sequence[Change]:
            return await writing.translated(reader, await decide(_Inside(reader, self._known)))

        try:
            written = await self._prepared(writing, translated, run)
        except (Conflict, InvalidInput):
            await writing.sweep()
            raise
        if writing.leaves_strays:
            await writing.sweep()
        return written

    async def _prepared(
        self, writing: Writing, decide: Decide, run: Callable[[Decide], Awaitable[int]]
    ) -> int:
        for _ in range(RETRIES):
            try:
                return await run(decide)
            except Unprepared:
                await writing.prepare()
        raise Conflict("the decision wants other vectors each time it is asked")

    async def query(
        self,
        table: str,
        where: Filter | None = None,
        *,
        order: Order | None = None,
        after: tuple[Any, ...] | None = None,
        limit: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Record]:
        """As `Backend.query`."""
        schema = await self.schema(table)
        chosen = reads.page_columns(schema, columns)
        check_where(schema, where)
        reads.sort_fields(schema, order)
        wanted = needed(schema, chosen)

        async def read() -> list[Record]:
            return await self.records.query(
                table, where, order=order, after=after, limit=limit, columns=wanted
            )

        return await whole_page(self.vectors, schema, read, chosen)

    async def export(
        self, table: str, *, after: tuple[Any, ...] | None = None, limit: int | None = None
    ) -> list[Record]:
        """As `Backend.export`."""
        schema = await self.schema(table)

        async def read() -> list[Record]:
            return await self.records.export(table, after=after, limit=limit)

        return await whole_page(self.vectors, schema, read, [f.name for f in schema.fields])

    async def get(self, table: str, key: tuple[Any, ...]) -> Record | None:
        """As `Backend.get`."""
        schema = await self.schema(table)
        found = await self.records.get(table, reads.check_key(schema, key))
        return None if found is None else {name: found[name] for name in schema.stored}

    async def count(self, table: str, where: Filter | None = None) -> int:
        """As `Backend.count`."""
        check_where(await self.schema(table), where)
        return await self.records.count(table, where)

    async def vector_search(
        self,
        table: str,
        field: str,
        vector: Vector,
        *,
        limit: int,
        where: Filter | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Scored]:
        """As `Backend.vector_search`: near on the one side, named and matching on the other."""
        schema = await self.schema(table)
        query = reads.query_vector(schema, field, vector)
        check_where(schema, where)
        reads.partition_of(schema, where)
        reads.check_limit(limit)
        chosen = reads.columns_of(schema, columns)
        nearest = Nearest(self.records, self.vectors, schema, field, query, where, chosen)
        return await self._given(schema, await nearest.page(limit), chosen)

    async def text_search(
        self,
        table: str,
        terms: Sequence[str],
        *,
        limit: int,
        where: Filter | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Scored]:
        """As `Backend.text_search`, by the side of the records."""
        schema = await self.schema(table)
        check_where(schema, where)
        chosen = reads.columns_of(schema, columns)
        hits = await self.records.text_search(
            table, terms, limit=limit, where=where, columns=needed(schema, chosen)
        )
        return await self._given(schema, hits, chosen)

    async def _given(
        self, schema: Schema, hits: Sequence[Scored], columns: Sequence[str]
    ) -> list[Scored]:
        records = await filled(self.vectors, schema, [hit.record for hit in hits], columns)
        return [Scored(r, hit.score) for r, hit in zip(records, hits, strict=True)]

    async def optimize(self) -> None:
        """As `Backend.optimize`, on both sides."""
        await self.vectors.optimize()
        await self.records.optimize()

    async def flush(self) -> None:
        """As `Backend.flush`, on both sides."""
        await self.vectors.flush()
        await self.records.flush()

    async def health(self) -> Health:
        """As `Backend.health`: the worse of both sides."""
        sides = {"records": await self.records.health(), "vectors": await self.vectors.health()}
        worst = max((s["status"] for s in sides.values()), key=["ok", "degraded", "error"].index)
        problems = [f"{name}: {p}" for name, side in sides.items() for p in side["problems"]]
        return {"status": worst, "problems": problems, "backend": self.scheme, **sides}

    async def diagnose(self) -> list[str]:
        """As `Backend.diagnose`: each side, and what one lacks of the other."""
        apart = [*await self.records.diagnose(), *await self.vectors.diagnose()]
        return apart + await mending.problems(self.records, self.vectors, await self.tables())

    async def repair(self) -> list[str]:
        """As `Backend.repair`: each side; a record without its vector waits, stray vectors go."""
        apart = [*await self.records.repair(), *await self.vectors.repair()]
        return apart + await mending.repair(self.records, self.vectors, await self.tables())

    async def close(self) -> None:
        """Close both."""
        try:
            await self.vectors.close()
        finally:
            await self.records.close()


@dataclass(frozen=True, slots=True)
class _Inside:
    """What a decision reads: the records alone, since their side's transaction waits for nobody."""

    reader: Reader
    schemas: dict[str, Schema]

    async def get(self, table: str, key: tuple[Any, ...]) -> Record | None:
        schema = known(self.schemas, table)
        found = await self.reader.get(table, reads.check_key(schema, key))
        return None if found is None else {name: found[name] for name in schema.stored}

    async def query(
        self,
        table: str,
        where: Filter | None = None,
        *,
        order: Order | None = None,
        after: tuple[Any, ...] | None = None,
        limit: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Record]:
        schema = known(self.schemas, table)
        chosen = reads.page_columns(schema, columns)
        if any(schema.field(name).kind is Kind.VECTOR for name in chosen):
            raise Unsupported("layered: a decision cannot read vectors")
        check_where(schema, where)
        return await self.reader.query(
            table, where, order=order, after=after, limit=limit, columns=chosen
        )

    async def count(self, table: str, where: Filter | None = None) -> int:
        check_where(known(self.schemas, table), where)
        return await self.reader.count(table, where)
