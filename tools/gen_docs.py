"""Writes the pages of docs/ that are made from the code; `--check` says which are out of date."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import api_pages
import cli_pages
import database_pages
import scale_pages
import seed_tables

DOCS = Path(__file__).parent.parent / "docs"
PAGES: Mapping[str, Callable[[], Iterable[str]]] = {
    "seeds.md": seed_tables.markdown,
    "api.md": api_pages.markdown,
    "cli.md": cli_pages.markdown,
    "databases.md": database_pages.markdown,
    "scale.md": scale_pages.markdown,
}


def outdated() -> Iterator[tuple[Path, str]]:
    """The pages that differ from what the code says, with their new text."""
    for name, lines in PAGES.items():
        path, text = DOCS / name, "\n".join(lines()) + "\n"
        if not path.exists() or path.read_text("utf-8") != text:
            yield path, text


def main() -> int:
    """The exit code: 1 when checking and a page is out of date."""
    found = list(outdated())
    if "--check" in sys.argv[1:]:
        for path, _ in found:
            sys.stderr.write(f"{path} is out of date; run: make docs\n")
        return bool(found)
    for path, text in found:
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
