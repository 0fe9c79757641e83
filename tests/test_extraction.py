"""Extraction by rules: what is an entity, what is none, which relation, in which direction."""

from __future__ import annotations

import time

import pytest

from engrammic.extraction import (
    Contains,
    CoOccurs,
    Defines,
    DependsOn,
    EntityType,
    Modifies,
    References,
    RuleExtractor,
    extract,
    relationship,
)
from engrammic.extraction.nouns import EdgeType, Extractor


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("Look at src/auth/login.py.", EntityType.FILE, "src/auth/login.py"),
        ("The Dockerfile is wrong", EntityType.FILE, "Dockerfile"),
        ("see .\\lib\\main.rs", EntityType.FILE, "lib/main.rs"),
        ("fn parse(input: &str) -> Ast {", EntityType.FUNCTION, "parse"),
        ("we call load_config() first", EntityType.FUNCTION, "load_config"),
        ("the function `run` loops", EntityType.FUNCTION, "run"),
        ("class Invoice(Base):", EntityType.TYPE, "Invoice"),
        ("UserService is slow", EntityType.TYPE, "UserService"),
        ("trait Store {", EntityType.TYPE, "Store"),
        ("const retries = 3;", EntityType.VARIABLE, "retries"),
        ("set DATABASE_URL first", EntityType.VARIABLE, "DATABASE_URL"),
        ("it raised ConnectionError", EntityType.ERROR, "ConnectionError"),
        ("rustc says E0382", EntityType.ERROR, "E0382"),
        ("run `cargo test --all`", EntityType.COMMAND, "cargo test --all"),
        ("then git push --force", EntityType.COMMAND, "git push --force"),
        ("our authentication is old", EntityType.CONCEPT, "authentication"),
        ("race conditions everywhere", EntityType.CONCEPT, "race-condition"),
        ("I met Ana Lima in Lisbon", EntityType.CONCEPT, "Ana Lima"),
        ("it is a Node.js service", EntityType.CONCEPT, "Node.js"),
    ],
)
def test_an_entity_is_found_by_its_shape(text: str, kind: EntityType, name: str) -> None:
    assert (name, kind) in extract(text).entities


@pytest.mark.parametrize(
    "text",
    [
        "The function is good and the type of thing that we let them know.",
        "e.g. version 2.1 of it, i.e. the new one.",
        "see https://example.com/a.py and bob@mail.py.org",
        "git is great, and so is docker for us",
        "Monday is fine. Yes. However, I can wait.",
        "",
        "日本語のテキスト",
    ],
)
def test_prose_makes_no_entities(text: str) -> None:
    assert extract(text).entities == ()


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("auth.py depends on config.py", DependsOn("auth.py", "config.py")),
        ("config.py is required by auth.py", DependsOn("auth.py", "config.py")),
        ("auth.py imports utils.py", DependsOn("auth.py", "utils.py")),
        ("The load_all() function calls parse_one()", References("load_all", "parse_one")),
        ("parse_one() is called by load_all()", References("load_all", "parse_one")),
        ("auth.py contains TokenStore", Contains("auth.py", "TokenStore")),
        ("TokenStore is defined in auth.py", Defines("auth.py", "TokenStore")),
        ("auth.py: def login(user)", Defines("auth.py", "login", "login(user)")),
        ("I fixed auth.py", Modifies("user", "auth.py", "fixed")),
        ("UserService updates cache.py", Modifies("UserService", "cache.py", "updates")),
    ],
)
def test_a_relation_has_a_direction(text: str, relation: object) -> None:
    found = [relationship(r.edge_type, *r.ends, r.detail) for r in extract(text).relationships]
    assert relation in found


@pytest.mark.parametrize(
    "text", ["auth.py does not depend on config.py", "auth.py no longer imports config.py"]
)
def test_what_is_denied_is_no_relation(text: str) -> None:
    assert {r.edge_type for r in extract(text).relationships} <= {EdgeType.CO_OCCURS}


def test_a_list_shares_its_verb() -> None:
    found = extract("a.py depends on b.py, c.py and d.py").relationships
    ends = [r.ends for r in found if isinstance(r, DependsOn)]
    assert ends == [("a.py", "b.py"), ("a.py", "c.py"), ("a.py", "d.py")]


def test_relations_name_the_types_of_their_ends() -> None:
    [found] = extract("auth.py contains TokenStore").relationships
    assert found.types == (EntityType.FILE, EntityType.TYPE)


def test_co_occurrence_grows_linearly() -> None:
    few = extract(" ".join(f"file{n}.py" for n in range(50)), "m").relationships
    many = extract(" ".join(f"file{n}.py" for n in range(500)), "m").relationships
    assert all(isinstance(r, CoOccurs) and r.message_id == "m" for r in many)
    assert len(many) < 11 * len(few)


def test_a_long_text_is_read_in_reasonable_time() -> None:
    for text in (
        "a" * 100_000,
        "def f(" * 15_000,
        "A_" * 50_000,
        "x.y" * 30_000,
        "( " * 50_000,
        "\n" * 90_000,
        " " * 90_000,
        "A b " * 25_000,
    ):
        start = time.perf_counter()
        extract(text)
        assert time.perf_counter() - start < 5


async def test_the_rules_are_an_extractor() -> None:
    rules: Extractor = RuleExtractor()
    text = "I live in Berlin. auth.py depends on config.py"
    found = await rules.extract(text, "m1")
    assert found == extract(text, "m1")
    assert [claim.key for claim in found.claims][:1] == ["user|live in"]
