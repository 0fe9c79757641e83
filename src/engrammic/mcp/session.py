"""The memory behind a server: open at once, its model loaded behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from engrammic.errors import EngrammicError

if TYPE_CHECKING:
    from engrammic.embed.base import Embedder
    from engrammic.memory import Memory
    from engrammic.opening import Opening
    from engrammic.scope import Scope

log = logging.getLogger("engrammic.mcp")

LOADING = "loading"
READY = "ready"
OFF = "off"
ABSENT = "absent"

NOTICES = {
    LOADING: "found by words alone: the embedding model is still loading",
    OFF: "found by words alone: this server runs without an embedding model",
    ABSENT: "found by words alone: there is no embedding model",
}
REFILL_SECONDS = 300.0
"""How often items that other processes stored without a model are looked for."""


class Session:
    """One memory for the life of a server. `async with` opens it in the background.

    `model` says how far the embedding model is; until it is READY searches are
    lexical, and what is stored is pending, to be filled in afterwards. `busy`
    says that a thread may be loading or embedding.
    """

    def __init__(
        self, url: str | None = None, *, scope: Scope | None = None, embedder: str | None = None
    ) -> None:
        self.model = LOADING
        self.problem = ""
        self.busy = True
        self._url = url
        self._scope = scope
        self._embedder = embedder
        self._memory: Memory | None = None
        self._opening = asyncio.Lock()
        self._storing = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks.append(asyncio.create_task(self._open_early()))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._memory is not None:
            await self._memory.close()

    @property
    def notice(self) -> str | None:
        """What a result should say of how it was found; None when by meaning and by words."""
        notice = NOTICES.get(self.model)
        return f"{notice} ({self.problem})" if notice and self.problem else notice

    async def memory(self) -> Memory:
        """The memory, open. Raises what opening raises; the next call tries again."""
        async with self._opening:
            if self._memory is None:
                open_memory = await asyncio.to_thread(_open_memory)
                self._memory = await open_memory(self._url, scope=self._scope, embedder="none")
                self._tasks.append(asyncio.create_task(self._load(self._memory)))
            return self._memory

    def storing(self) -> asyncio.Lock:
        """Held while an item is stored, so that none slips in without a vector behind the filling.

        Waits for nothing once the model is there.
        """
        return asyncio.Lock() if self.model == READY else self._storing

    async def _open_early(self) -> None:
        try:
            await self.memory()
        except EngrammicError as error:
            log.warning("not open yet: %s", error)

    async def _load(self, memory: Memory) -> None:
        self.busy = True
        try:
            ready = await self._with_model(memory)
        except EngrammicError as error:
            self.model, self.problem = ABSENT, str(error)
            log.warning("searching by words alone: %s", error)
        except Exception:
            self.model, self.problem = ABSENT, "the model failed to load; the server's log says why"
            log.exception("the embedding model failed to load")
        else:
            if ready is not None:
                async with self._storing:
                    self._memory, self.model = ready, READY
                await self._fill_in(ready)
        finally:
            self.busy = False

    async def _with_model(self, memory: Memory) -> Memory | None:
        """The same database with its model; None when none is wanted."""
        from engrammic.memory import Memory as Reopened
        from engrammic.settings import load_settings
        from engrammic.stores.meta import MetaStore

        spec = self._embedder or load_settings(self._url).embedder
        if spec == "none":
            self.model = OFF
            return None
        embedder = await asyncio.to_thread(_loaded, spec)
        await MetaStore(memory.backend).check_embedding(embedder.fingerprint)
        ready = Reopened(
            memory.backend, embedder, scope=memory.scope, clock=memory.clock,
            remarks=memory.remarks, tiers=memory.tiers.config, token=memory.token,
            summarizer=memory.summarizer, extractor=memory.extractor,
        )  # fmt: skip
        await ready.ready()
        return ready

    async def _fill_in(self, memory: Memory) -> None:
        while True:
            try:
                async for left in memory.fill_in():
                    log.info("%d items wait for their vectors", left)
            except EngrammicError as error:
                log.warning("vectors not filled in: %s", error)
            self.busy = False
            await asyncio.sleep(REFILL_SECONDS)
            self.busy = True


def _open_memory() -> Callable[..., Opening]:
    # Imported on a thread: NumPy and the engines must not keep the client waiting.
    from engrammic.opening import open_memory

    return open_memory


def _loaded(spec: str) -> Embedder:
    """The embedder with its model in memory."""
    from engrammic.embed.cached import CachedEmbedder

    embedder = CachedEmbedder(spec)
    embedder.embed("ready")
    return embedder
