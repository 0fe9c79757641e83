"""Which memory a command works on, and as whom: the options that every command has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engrammic.errors import InvalidSettings, NotFound

if TYPE_CHECKING:
    from engrammic.opening import Opening
    from engrammic.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON.", show_default=False)]


@dataclass(frozen=True, slots=True)
class Door:
    """The way to one memory; what is not given comes from the environment and the settings."""

    home: Annotated[Path | None, typer.Option(help="Directory of the memory.")] = None
    url: Annotated[str | None, typer.Option(help="URL of the database.")] = None
    tenant: Annotated[str | None, typer.Option(help="Whose memory: tenant.")] = None
    user: Annotated[str | None, typer.Option(help="Whose memory: user.")] = None
    agent: Annotated[str | None, typer.Option(help="Whose memory: agent.")] = None
    project: Annotated[str | None, typer.Option(help="Whose memory: project.")] = None
    embedder: Annotated[
        str | None, typer.Option(help="Model that embeds: a name, a directory, or `none`.")
    ] = None
    json: Json = False

    @property
    def place(self) -> str | None:
        """The directory or URL that the command line gives, if any."""
        if self.home is not None and self.url is not None:
            raise InvalidSettings("give --home or --url, not both")
        return self.url if self.home is None else str(self.home)

    @property
    def parts(self) -> dict[str, str]:
        """The parts of the scope that the command line gives."""
        given = {n: getattr(self, n) for n in ("tenant", "user", "agent", "project")}
        return {name: value for name, value in given.items() if value is not None}

    def settings(self) -> Settings:
        """The settings in force, with what the command line gives."""
        from engrammic.settings import load_settings

        loaded = load_settings(self.place)
        scope = replace(loaded.scope, **self.parts)
        return replace(loaded, scope=scope, embedder=self.embedder or loaded.embedder)

    def open(self, *, create: bool = False, check: bool = True) -> Opening:
        """The memory, about to be opened. Raises NotFound where there is none to read."""
        from engrammic.opening import open_memory

        settings = self.settings()
        if not create and not exists(settings.url):
            raise NoMemory(settings.url)
        return open_memory(settings.url, scope=settings.scope, embedder=self.embedder, check=check)


class NoMemory(NotFound):
    """There is no memory at a place where one is to be read."""

    def __init__(self, url: str) -> None:
        super().__init__("memory", url)
        self.args = (
            f"no memory at {url} yet; `engrammic import PATH` or `engrammic add TEXT` starts one",
        )


def exists(url: str) -> bool:
    """Whether there is a database at `url`; servers are taken to be there."""
    from engrammic.registry import scheme_of

    if scheme_of(url) != "sqlite":
        return True
    from engrammic.backends.sqlite.locating import locate

    return locate(url)[0].exists()
