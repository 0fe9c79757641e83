"""Every name in the tables of the seeds is here, is replaced in a line, or says when it comes."""

from __future__ import annotations

from pathlib import Path

import pytest
from seed_tables import TABLES, Entry, Later, load, missing

ENTRIES = [(path, entry) for path in TABLES for entry in load(path).entries]
HERE = [(path, entry) for path, entry in ENTRIES if entry.targets]


def label(value: object) -> str:
    return value.stem[:3] if isinstance(value, Path) else f"{value.section}: {value.there}"  # type: ignore[attr-defined]


def test_there_is_a_table_for_each_seed() -> None:
    assert [path.stem[:3] for path in TABLES] == ["000", "001", "002", "003", "004"]


@pytest.mark.parametrize(("path", "entry"), HERE, ids=label)
def test_what_a_seed_names_is_here(path: Path, entry: Entry) -> None:
    assert not [problem for target in entry.targets if (problem := missing(target))]


@pytest.mark.parametrize(("path", "entry"), ENTRIES, ids=label)
def test_an_entry_is_here_comes_later_or_says_what_replaced_it(path: Path, entry: Entry) -> None:
    replaced = entry.told.removeprefix("instead: ")
    if entry.told.startswith("later"):
        assert entry.later in Later
    elif replaced == entry.told:
        assert entry.targets
    else:
        assert len(replaced.split()) > 2


def test_shared_sections_are_those_of_the_first_table() -> None:
    first = {entry.section for entry in load(TABLES[0]).entries}
    for path in TABLES[1:]:
        assert set(load(path).also) <= first


@pytest.mark.parametrize(
    "target",
    [
        "MessageStore.no_such_verb(query)",
        "MessageStore.search(query, no_such_parameter)",
        "MessageStore.search(query, limit=11)",
        "Message.token_count = 1",
        "Message.no_such_field",
        "$ENGRAMMIC_NO_SUCH_VARIABLE",
        "nosuchscheme:",
        "engrammic nosuchcommand",
    ],
)
def test_a_missing_target_is_noticed(target: str) -> None:
    assert missing(target)
