"""What doctor finds out: about the file, its indexes, the model, and what waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from engrammic.backend import Backend
from engrammic.cli.door import NoMemory, exists
from engrammic.cli.output import counted, size
from engrammic.errors import (
    Corrupt,
    EmbeddingMismatch,
    EngrammicError,
    Locked,
    MissingDependency,
    ModelNotFound,
    NewerFormat,
    NotADatabase,
    StorageError,
)
from engrammic.moving.marks import source_of
from engrammic.opening import open_memory
from engrammic.reindexing import unfinished
from engrammic.stores.meta import MetaStore

if TYPE_CHECKING:
    from engrammic.embed.base import Embedder
    from engrammic.settings import Settings


class Finding(NamedTuple):
    """One thing that was looked at; a hint is nothing wrong."""

    status: Literal["ok", "hint", "problem"]
    what: str
    advice: str = ""


_ADVICE: tuple[tuple[type[Exception], str], ...] = (
    (Locked, "nothing is damaged: wait, or end the process that holds it, and ask again"),
    (Corrupt, "end every process that uses it, copy the folder, then restore the last backup or "
     "what `engrammic export` still reads"),
    (NotADatabase, "give the directory or file of a memory with --home or --url"),
    (NewerFormat, "upgrade: pip install --upgrade engrammic"),
    (StorageError, "see that the folder is there, can be written, and has space"),
    (MissingDependency, ""),
)  # fmt: skip


async def examine(settings: Settings) -> list[Finding]:
    """Everything found, in the order looked at. Nothing is written or made."""
    if not exists(settings.url):
        return [Finding("hint", str(NoMemory(settings.url)))]
    embedder, model = _model(settings.embedder)
    try:
        found = await _memory(settings, embedder)
    except EngrammicError as error:
        advice = next((a for kind, a in _ADVICE if isinstance(error, kind)), "")
        found = [Finding("problem", str(error), advice)]
    return [*found, model]


def _model(spec: str) -> tuple[Embedder | None, Finding]:
    from engrammic.embed.registry import load_embedder

    if spec == "none":
        return None, Finding("ok", "no model is wanted: search is by words")
    try:
        embedder = load_embedder(spec)
        fingerprint = embedder.fingerprint
    except ModelNotFound as error:
        return None, Finding("hint", str(error), "until then search is by words")
    except EngrammicError as error:
        return None, Finding("problem", f"the model: {error}")
    return embedder, Finding("ok", f"model {fingerprint.model}, {embedder.dimension} dimensions")


async def _memory(settings: Settings, embedder: Embedder | None) -> list[Finding]:
    opening = open_memory(settings.url, scope=settings.scope, embedder="none", check=False)
    async with opening as memory:
        health = await memory.backend.health()
        found = [Finding("ok", f"{health['backend']} at {health.get('path', settings.url)}")]
        found += [Finding("problem", text) for text in health["problems"]]
        found += await _diagnosed(memory.backend)
        found += await _meta(memory.backend, embedder)
        stats = await memory.stats()
    counts = [counted(stats[f"{noun}s"], noun) for noun in ("message", "conversation", "note")]
    used = stats["engine"].get("bytes")  # an engine that does not tell is not empty
    room = f"; {size(used)}" if used else ""
    found.append(Finding("ok", f"{', '.join(counts)} in scope {stats['scope']}{room}"))
    if stats["pending"]:
        what = f"{counted(stats['pending'], 'item')} found by words alone, without vectors"
        found.append(Finding("hint", what, "`engrammic model install` fills them in"))
    return found


async def _diagnosed(backend: Backend) -> list[Finding]:
    wrong = [Finding("problem", text) for text in await backend.diagnose()]
    return wrong or [Finding("ok", "file, text index, counts and vectors agree")]


async def _meta(backend: Backend, embedder: Embedder | None) -> list[Finding]:
    meta = MetaStore(backend)
    if source := await source_of(backend):
        what = f"this is an unfinished copy of {source}"
        return [Finding("problem", what, "run the same `engrammic migrate` again to finish it")]
    if await unfinished(backend):
        what = "a change to another model was interrupted; nothing is lost"
        return [Finding("problem", what, "run `engrammic reindex --embeddings` to finish it")]
    try:
        if await meta.read("analyser") is not None:
            await meta.check_analyser()
        if embedder is not None and await meta.read("embedding") is not None:
            await meta.check_embedding(embedder.fingerprint)
    except (StorageError, EmbeddingMismatch) as error:
        return [Finding("problem", str(error))]
    return []
