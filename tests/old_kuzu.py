"""The kit on files of Kuzu 0.11, in a process of its own: its driver bears no other beside it."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import kuzu
import pytest
import pytest_asyncio

from engrammic.errors import ConnectionFailed, Locked
from engrammic.graph import open_graph
from engrammic.graph_engines.kuzu import KuzuGraphStore
from engrammic.scope import Scope
from engrammic.testing.graphs import GraphOf, GraphTests, calls
from engrammic.triples import GraphStore
from graph_writer import CHAIN, writer


def old_file(folder: Path) -> str:
    """The URL of a file that Kuzu made, with a table of its owner's in it."""
    path = folder / "graph.kuzu"
    database = kuzu.Database(str(path))
    connection = kuzu.Connection(database)
    connection.execute("CREATE NODE TABLE Mine(id STRING PRIMARY KEY)")
    connection.execute("CREATE (:Mine {id: 'kept'})")
    connection.close()
    database.close()
    assert path.read_bytes().startswith(b"KUZU")
    return f"kuzu:{path}"


class TestOldKuzu(GraphTests):
    EXAMPLES = 10

    @pytest_asyncio.fixture
    async def graph_of(self, tmp_path: Path) -> AsyncIterator[GraphOf]:
        opened: list[KuzuGraphStore] = []
        url = old_file(tmp_path)

        async def made(scope: Scope) -> GraphStore:
            opened.append(await KuzuGraphStore.connect(url, scope))
            assert type(opened[-1]._database._database).__module__.startswith("kuzu")  # type: ignore[union-attr]
            return opened[-1]

        yield made
        for store in opened:
            await store.close()


async def test_what_else_is_in_the_file_stays(tmp_path: Path) -> None:
    graph = await open_graph(old_file(tmp_path))
    await graph.upsert_triples(calls("a>b"))
    await graph.clear()
    await graph.close()
    with kuzu.Database(str(tmp_path / "graph.kuzu")) as database:
        found = kuzu.Connection(database).execute("MATCH (m:Mine) RETURN m.id")
        assert not isinstance(found, list)
        assert found.get_all() == [["kept"]]


async def test_nothing_acknowledged_is_lost_by_a_kill(tmp_path: Path) -> None:
    url, rest, acknowledged = old_file(tmp_path), random.Random(7), 0
    for _ in range(4):
        with writer(url) as process:
            with pytest.raises(Locked):
                await open_graph(f"{url}?timeout=0.1")
            await asyncio.sleep(rest.uniform(0.05, 0.4))
            process.kill()
            assert process.stdout
            numbers = process.stdout.read().split()
        acknowledged = int(numbers[-1]) if numbers else acknowledged
        graph = await open_graph(f"{url}?timeout=5")
        triples = await graph.count_triples()
        assert acknowledged * CHAIN <= triples <= (acknowledged + 1) * CHAIN
        acknowledged = triples // CHAIN
        await graph.close()


async def test_a_new_file_is_refused_beside_it(tmp_path: Path) -> None:
    assert "kuzu" in sys.modules
    with pytest.raises(ConnectionFailed, match="another process"):
        await open_graph(f"kuzu:{tmp_path}/new")
