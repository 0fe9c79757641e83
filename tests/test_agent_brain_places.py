"""Agent Brain's paths, sizes and HNSW settings, and managers that open their database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engrammic.adapters.agent_brain import (
    BM25IndexManager,
    HnswSettings,
    VectorStoreManager,
    estimate_storage,
    resolve_storage_paths,
)
from engrammic.backends.memory import MemoryBackend
from engrammic.errors import Closed, InvalidInput

SOURCE = Path(__file__).parent.parent / "src"


async def test_managers_of_one_path_share_a_collection(tmp_path: Path) -> None:
    vectors = VectorStoreManager(tmp_path / "state:1", "docs")
    await vectors.upsert_documents(["a"], [[1, 0]], ["a walrus"])
    words = BM25IndexManager(tmp_path / "state:1", "docs")
    assert [f.node.node_id for f in await words.search_with_filters("walrus")] == ["a"]
    await words.persist()
    await words.close()
    await vectors.close()
    await vectors.close()
    again = VectorStoreManager(str(tmp_path / "state:1"), "docs")
    assert await again.get_count() == 1
    await again.close()


async def test_a_database_that_was_given_stays_open() -> None:
    backend = await MemoryBackend.connect()
    manager = VectorStoreManager(backend)
    await manager.initialize()
    await manager.close()
    assert await backend.tables()
    await backend.close()
    with pytest.raises(Closed):
        await manager.get_count()


@pytest.mark.parametrize("place", [5, b"x", object()], ids=["int", "bytes", "object"])
def test_what_is_no_place_is_refused(place: Any) -> None:
    with pytest.raises(InvalidInput, match="persist_dir"):
        VectorStoreManager(place)


async def test_hnsw_settings_are_kept_and_told_for_what_they_are() -> None:
    backend = await MemoryBackend.connect()
    chosen = HnswSettings.of({"hnsw:space": "cosine", "hnsw:M": 32, "title": "x"})
    assert chosen == HnswSettings("cosine", 32, 100, 10)
    manager = VectorStoreManager(backend, hnsw=chosen)
    await manager.initialize()
    told = await manager.describe_index()
    assert told["kept"] == {"space": "cosine", "M": 32, "ef_construction": 100, "ef": 10}
    assert told["applied"] is False
    assert "memory" in told["note"]
    await manager.reset()
    assert (await VectorStoreManager(backend).describe_index())["kept"] == chosen.as_record()


@pytest.mark.parametrize(
    "metadata",
    [{"hnsw:space": "l2"}, {"hnsw:M": 0}, {"hnsw:ef": "10"}, {"hnsw:search_ef": 10}],
    ids=str,
)
def test_other_hnsw_settings_are_refused(metadata: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="hnsw:"):
        HnswSettings.of(metadata)


def test_the_paths_of_a_project_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    project = tmp_path / "shop"
    (project / ".git").mkdir(parents=True)
    found = resolve_storage_paths(project, environment={})
    state = project / ".engrammic"
    database = state / "engrammic.db"
    assert found == {
        "state_dir": state,
        "chroma_db": database,
        "bm25_index": database,
        "graph_index": database,
        "config": state / "engrammic.toml",
    }
    assert not state.exists()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"DOC_SERVE_STATE_DIR": "/old"}, "/old"),
        ({"AGENT_BRAIN_STATE_DIR": "/new", "DOC_SERVE_STATE_DIR": "/old"}, "/new"),
        ({"ENGRAMMIC_HOME": "/home", "AGENT_BRAIN_STATE_DIR": "/new"}, "/home"),
    ],
)
def test_variables_name_the_state_directory(environment: dict[str, str], expected: str) -> None:
    assert resolve_storage_paths(environment=environment)["state_dir"] == Path(expected)


def chunks(lines: int, count: int) -> list[str]:
    found: list[str] = []
    for path in sorted(SOURCE.rglob("*.py")):
        read = path.read_text("utf-8").splitlines()
        found += ["\n".join(read[n : n + lines]) for n in range(0, len(read), lines)]
    return found[:count]


@pytest.mark.parametrize(("lines", "dimension"), [(20, 384), (50, 768), (50, 1536)])
async def test_sizes_are_as_estimated(tmp_path: Path, lines: int, dimension: int) -> None:
    texts = chunks(lines, 200)
    manager = VectorStoreManager(tmp_path / "state")
    vectors = np.random.default_rng(7).normal(size=(len(texts), dimension))
    metadata = [{"source": f"src/{n}.py", "language": "python"} for n in range(len(texts))]
    ids = [f"chunk_{n:016x}" for n in range(len(texts))]
    await manager.upsert_documents(ids, vectors, texts, metadata)  # type: ignore[arg-type]
    await manager.close()

    size = sum(p.stat().st_size for p in (tmp_path / "state").iterdir())
    average = sum(len(t.encode()) for t in texts) // len(texts)
    told = estimate_storage(len(texts), dimension, average, 45)

    assert told.total == told.vectors + told.records + told.words
    assert told.total == pytest.approx(size, rel=0.2)
    assert told.memory == len(texts) * dimension * 4


@pytest.mark.parametrize("given", [(-1, 384), (10, 0), (10, 384, -5), (1.5, 384)], ids=str)
def test_sizes_of_nonsense_are_refused(given: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidInput):
        estimate_storage(*given)
