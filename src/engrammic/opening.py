"""From settings to an open memory: database, model, and the checks that they fit."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engrammic.checks import shown
from engrammic.clock import Clock, now
from engrammic.embed.base import Embedder
from engrammic.errors import InvalidInput, InvalidSettings, ModelNotFound
from engrammic.memory import Memory
from engrammic.registry import open_backend
from engrammic.scope import Scope
from engrammic.settings import FILE, keep_from_git, load_settings
from engrammic.stores.meta import MetaStore
from engrammic.tiers.config import TieredMemoryConfig
from engrammic.tiers.learning import FactExtractor, Summarizer

if TYPE_CHECKING:
    from engrammic.backend import Backend
    from engrammic.llm.model import LanguageModel


class Opening:
    """A memory about to be opened: `async with` it, or `await` it and close it yourself."""

    def __init__(self, open_it: Callable[[], Awaitable[Memory]]) -> None:
        self._open_it = open_it
        self._memory: Memory | None = None

    def __await__(self) -> Generator[Any, None, Memory]:
        return self._open_it().__await__()

    async def __aenter__(self) -> Memory:
        self._memory = await self._open_it()
        return self._memory

    async def __aexit__(self, *_: object) -> None:
        if self._memory is not None:
            await self._memory.close()


def open_memory(
    url: str | os.PathLike[str] | None = None,
    *,
    scope: Scope | None = None,
    embedder: Embedder | str | None = None,
    clock: Clock = now,
    check: bool = True,
    native: bool = False,
    tiers: TieredMemoryConfig | None = None,
    summarizer: Summarizer | None = None,
    extractor: FactExtractor | None = None,
) -> Opening:
    """An open memory: at `url` (a path or database URL), else where the settings say.

    `embedder` is an Embedder, what `load_embedder` takes, or "none"; by
    default that of the settings. Where that model is not on this machine the
    memory opens without: search is by words, and says so. `native` refuses
    what the database would have to emulate. `tiers` says when items age and how
    much each tier holds, by default as `[tiers]` in the settings says.
    `summarizer` and `extractor` take the place of the rules, by default the model of `[llm]`,
    if one is set.

    Raises ConnectionFailed and its kin, EmbeddingMismatch when the stored
    vectors come from another model, ModelNotFound when the named one is absent.
    """

    async def open_it() -> Memory:
        _check_arguments(scope, embedder, clock)
        settings = load_settings(url)
        configured = _tiers(settings.tiers)
        model = _model(settings.llm)
        chosen, remarks = _embedder(embedder, settings.embedder)
        with suppress(OSError):  # the database tells what is wrong with the place
            keep_from_git(Path(settings.url))
        backend = await open_backend(settings.url, native=native)
        try:
            if check:
                await _check(backend, chosen)
            memory = Memory(
                backend, chosen, scope=scope or settings.scope, clock=clock, remarks=remarks,
                tiers=tiers or configured, summarizer=summarizer or model,
                extractor=extractor or model,
            )  # fmt: skip
            await memory.ready()
        except BaseException:
            await backend.close()
            raise
        return memory

    return Opening(open_it)


def _check_arguments(scope: object, embedder: object, clock: object) -> None:
    if scope is not None and not isinstance(scope, Scope):
        raise InvalidInput("scope", f"want a Scope, such as Scope(user='me'), not {shown(scope)}")
    if embedder == "" or not (embedder is None or isinstance(embedder, str | Embedder)):
        raise InvalidInput(
            "embedder", f"want an Embedder, the name of one, or 'none', not {shown(embedder)}"
        )
    if not callable(clock):
        raise InvalidInput("clock", f"want a function that gives milliseconds, not {shown(clock)}")


def _model(given: Mapping[str, object]) -> LanguageModel | None:
    if not given:
        return None
    from engrammic.llm.opening import load_model

    return load_model(given)


def _tiers(given: Mapping[str, Any]) -> TieredMemoryConfig:
    try:
        return TieredMemoryConfig.of(dict(given))
    except InvalidInput as error:
        raise InvalidSettings(f"{FILE}: tiers: {error}") from error


def _embedder(given: Embedder | str | None, configured: str) -> tuple[Embedder | None, list[str]]:
    if given is not None and not isinstance(given, str):
        return given, []
    spec = given or configured
    if spec == "none":
        return None, []
    from engrammic.embed.cached import CachedEmbedder

    try:
        return CachedEmbedder(spec), []
    except ModelNotFound as error:
        if given is not None:
            raise
        return None, [str(error)]


async def _check(backend: Backend, embedder: Embedder | None) -> None:
    meta = MetaStore(backend)
    await meta.check_analyser()
    if embedder is not None:
        await meta.check_embedding(embedder.fingerprint)
