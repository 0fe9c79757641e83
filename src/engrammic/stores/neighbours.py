"""What was said around a turn: each message is indexed with its previous and next one.

The order of a conversation is one number, the ordinal: the millisecond of the
message times SLOTS, plus its place among those of the same millisecond.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from engrammic.filters import Compare, Filter, Op, eq, every
from engrammic.scope import Scoped
from engrammic.text import joined
from engrammic.types import Order, Record

SLOTS = 1024
AROUND_TERMS = 256
"""How much of a neighbour counts: its first terms."""
REACH = 2
"""Turns read on each side of a change: the neighbour, and that one's other neighbour."""
_COLUMNS = ("message_id", "ordinal", "content", "resting")
_OLDEST, _NEWEST = Order("ordinal"), Order("ordinal", True)
_CACHED_LENGTH = 4000


class Turn(NamedTuple):
    """A message as its neighbours see it."""

    ordinal: int
    message_id: str
    content: str
    resting: bool = False
    """Whether a search passes it over: then nothing around it is indexed with it."""


class Woven(NamedTuple):
    """The neighbours' terms by message id: of the new turns, and of stored ones that changed."""

    new: dict[str, str]
    refreshed: dict[str, str]


def weave(stored: Sequence[Turn], new: Iterable[Turn], gone: Iterable[str] = ()) -> Woven:
    """What every affected turn stands between once `new` are in and `gone` are out."""
    fresh = {turn.message_id: turn for turn in new}
    left_out = {*fresh, *gone}
    before = _surroundings(stored)
    kept = [turn for turn in stored if turn.message_id not in left_out]
    after = _surroundings(sorted([*kept, *fresh.values()], key=_place))
    still = {*fresh, *(turn.message_id for turn in stored if turn.resting)}
    return Woven(
        {i: _terms(pair) for i, pair in after.items() if i in fresh},
        {i: _terms(p) for i, p in after.items() if i not in still and p != before[i]},
    )


def _surroundings(turns: Sequence[Turn]) -> dict[str, tuple[str, str]]:
    """The contents before and after each turn."""
    framed = ["", *[turn.content for turn in turns], ""]
    pairs = zip(framed, framed[2:], strict=False)
    return dict(zip([turn.message_id for turn in turns], pairs, strict=False))


_place = itemgetter(0, 1)  # of a Turn: its ordinal and id
_moment = itemgetter("created_at")


def _terms(contents: tuple[str, str]) -> str:
    return _joined(said(contents[0]), said(contents[1]))


def _joined(before: str, after: str) -> str:
    return f"{before} {after}" if before and after else before or after


def said(content: str) -> str:
    """The first terms of a content, joined by spaces."""
    return _said(content) if len(content) <= _CACHED_LENGTH else _first_terms(content)


def is_said_whole(content: str) -> bool:
    """Whether `said` gives all the terms of a content: it is too short to have more."""
    return len(content) <= AROUND_TERMS


def forget_cached() -> None:
    """Let go of the texts that are kept in memory to save work."""
    _said.cache_clear()


@lru_cache(maxsize=4096)
def _said(content: str) -> str:
    return _first_terms(content)


def _first_terms(content: str) -> str:
    # What lies further back than this can't be among the first terms.
    found = joined(content[: AROUND_TERMS * 64])
    if found.count(" ") < AROUND_TERMS:
        return found
    return " ".join(found.split(" ", AROUND_TERMS)[:AROUND_TERMS])


async def place(
    backend: Scoped, new: Sequence[Record], gone: Sequence[Record], *, fresh: Container[str] = ()
) -> list[Record]:
    """Give new records their `ordinal` and `around`; what changes of stored ones, as updates.

    `gone` are stored records that leave their place: deleted, or replaced by
    one of `new`. Conversations in `fresh` are known to hold nothing yet.
    """
    if len(new) == 1 and not gone:
        return await _place_one(backend, new[0], fresh)
    refreshed: list[Record] = []
    arriving, leaving = _by_conversation(new), _by_conversation(gone)
    for conversation in {**arriving, **leaving}:
        records = sorted(arriving.get(conversation, ()), key=_moment)
        left = leaving.get(conversation, [])
        moments = [r["created_at"] for r in (*records, *left)]
        stored: list[Turn] = []
        if conversation not in fresh:
            stored = await around(backend, conversation, min(moments), max(moments))
        refreshed += _settled(records, stored, left)
    return refreshed


async def _place_one(backend: Scoped, record: Record, fresh: Container[str]) -> list[Record]:
    """As `place` for one new turn."""
    conversation, moment = record["conversation_id"], record["created_at"]
    stored: list[Turn] = []
    if conversation not in fresh:
        stored = await around(backend, conversation, moment, moment)
    return _settled([record], stored, ())


def _settled(
    records: Sequence[Record], stored: Sequence[Turn], left: Sequence[Record]
) -> list[Record]:
    """As `place` for the records of one conversation, ordered by their time."""
    _number(records, stored)
    if not left and _come_last(records, stored):
        return _appended(records, stored)
    turns = [Turn(r["ordinal"], r["message_id"], r["content"]) for r in records]
    woven = weave(stored, turns, [r["message_id"] for r in left])
    for record in records:
        record["around"] = woven.new[record["message_id"]]
    return [{"message_id": i, "around": t} for i, t in woven.refreshed.items()]


def _come_last(records: Sequence[Record], stored: Sequence[Turn]) -> bool:
    """Whether the records follow one another, behind all that is stored: they mostly do."""
    last = stored[-1].ordinal if stored else -1
    for record in records:
        if record["ordinal"] <= last:
            return False
        last = record["ordinal"]
    return True


def _appended(records: Sequence[Record], stored: Sequence[Turn]) -> list[Record]:
    """As `_settled` for records that come last."""
    texts = [said(record["content"]) for record in records]
    before = said(stored[-1].content) if stored else ""
    for record, text, after in zip(records, texts, [*texts[1:], ""], strict=True):
        record["around"] = _joined(before, after)
        before = text
    if not stored or stored[-1].resting or not records[0]["content"]:
        return []
    further = said(stored[-2].content) if len(stored) > 1 else ""
    return [{"message_id": stored[-1].message_id, "around": _joined(further, texts[0])}]


def _by_conversation(records: Iterable[Record]) -> dict[str, list[Record]]:
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record["conversation_id"], []).append(record)
    return groups


def _number(records: Iterable[Record], stored: Sequence[Turn]) -> None:
    """Ordinals behind the stored turns of the same millisecond; a replaced turn keeps its own."""
    own = {turn.message_id: turn.ordinal for turn in stored}
    last: dict[int, int] = {}
    for turn in stored:
        moment = turn.ordinal // SLOTS
        last[moment] = max(turn.ordinal, last.get(moment, 0))
    for record in records:
        moment = record["created_at"]
        kept = own.get(record["message_id"], -1)
        if kept // SLOTS != moment:
            # The last slot is shared when a millisecond overflows; the key then decides.
            kept = min(last.get(moment, moment * SLOTS - 1) + 1, moment * SLOTS + SLOTS - 1)
            last[moment] = kept
        record["ordinal"] = kept


async def around(backend: Scoped, conversation: str, first: int, last: int) -> list[Turn]:
    """Stored turns of the moments [first, last], and REACH more on each side, in order."""
    low, high = first * SLOTS, last * SLOTS + SLOTS - 1
    newest = await _turns(backend, conversation, None, REACH, back=True)
    if not newest or newest[0].ordinal < low:
        return newest[::-1]  # what comes is said last, as it mostly is
    inside = Compare("ordinal", Op.GTE, low) & Compare("ordinal", Op.LTE, high)
    return [
        *(await _turns(backend, conversation, Compare("ordinal", Op.LT, low), REACH, back=True))[
            ::-1
        ],
        *await _turns(backend, conversation, inside, None),
        *await _turns(backend, conversation, Compare("ordinal", Op.GT, high), REACH),
    ]


async def _turns(
    backend: Scoped,
    conversation: str,
    where: Filter | None,
    limit: int | None,
    *,
    back: bool = False,
) -> list[Turn]:
    found = await backend.query(
        "messages",
        every(eq("conversation_id", conversation), where),
        order=_NEWEST if back else _OLDEST,
        limit=limit,
        columns=_COLUMNS,
    )
    return [Turn(r["ordinal"], r["message_id"], r["content"], bool(r["resting"])) for r in found]
