"""The ways to search, and the checks of what is asked."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from engrammic.checks import check_count, check_text, choice, shown
from engrammic.errors import InvalidInput
from engrammic.ranking.fusion import Fusion

LARGEST_LIMIT = 1_000
LONGEST_QUERY = 20_000


class Mode(StrEnum):
    """How to search: by meaning, by words, by both, through the graph, by all three."""

    VECTOR = "vector"
    KEYWORD = "keyword"
    HYBRID = "hybrid"
    GRAPH = "graph"
    MULTI = "multi"

    @property
    def by_meaning(self) -> bool:
        """Whether vectors are compared."""
        return self in (Mode.VECTOR, Mode.HYBRID, Mode.MULTI)

    @property
    def by_words(self) -> bool:
        """Whether words are."""
        return self in (Mode.KEYWORD, Mode.HYBRID, Mode.MULTI)

    @property
    def by_graph(self) -> bool:
        """Whether the graph is walked."""
        return self in (Mode.GRAPH, Mode.MULTI)


def checked(
    query: object, limit: object, mode: str, fusion: str, min_score: object
) -> tuple[Mode, Fusion]:
    """The mode and the fusion. Raises InvalidInput, naming the argument."""
    if not isinstance(query, str):
        raise InvalidInput("query", f"want a text, not {shown(query)}")
    if not query.strip():
        raise InvalidInput("query", "is empty; say what to look for")
    if len(query) > LONGEST_QUERY:
        raise InvalidInput("query", f"is longer than {LONGEST_QUERY} characters")
    check_text(query, "query")
    check_count("limit", limit, 1, LARGEST_LIMIT)
    number = isinstance(min_score, float | int | np.number) and not isinstance(min_score, bool)
    if not number or not 0 <= min_score <= 1:  # type: ignore[operator]
        raise InvalidInput("min_score", f"want a number from 0 to 1, not {shown(min_score)}")
    return choice("mode", Mode, mode), choice("fusion", Fusion, fusion)
