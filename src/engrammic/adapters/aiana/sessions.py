"""AianaStorage: sessions and their transcripts, found by words, on any database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from engrammic.adapters.aiana.memories import Opened, Place
from engrammic.adapters.aiana.models import (
    Message,
    Session,
    message_of,
    moment_of,
    session_of,
    stored_message,
    stored_session,
)
from engrammic.checks import check_count, check_name
from engrammic.clock import Clock, now
from engrammic.errors import NotFound
from engrammic.filters import Compare, Filter, Op, Or, eq, is_in
from engrammic.items import Conversation
from engrammic.loop import call
from engrammic.predicate import LARGEST
from engrammic.stores.modes import LARGEST_LIMIT
from engrammic.types import Order, Record


class AianaStorage(Opened):
    """Sessions and messages of one database: a path, a URL, or where the settings say.

    What our importers read from Claude Code's logs are sessions here as well.
    """

    def __init__(self, db_path: Place = None, *, clock: Clock = now) -> None:
        super().__init__(db_path, "none", clock)

    def create_session(self, session: Session) -> Session:
        """The session as stored; one under its id is replaced, its messages stay."""
        return call(self._create(session))

    def update_session(self, session: Session) -> Session:
        """As `create_session`, for one that is there. Raises NotFound."""
        self._existing(session.id)
        return self.create_session(session)

    def end_session(
        self, session_id: str, summary: str | None = None, ended_at: datetime | None = None
    ) -> Session:
        """The session with its end, now by default; None keeps its summary. Raises NotFound."""
        known = self._existing(session_id)
        end = moment_of(self.clock()) if ended_at is None else ended_at
        return self.create_session(
            replace(known, ended_at=end, summary=known.summary if summary is None else summary)
        )

    def get_session(self, session_id: str) -> Session | None:
        """The session, or None."""
        found = call(self._sessions(eq("conversation_id", session_id), 1, 0))
        return found[0] if found else None

    def list_sessions(
        self, project: str | None = None, limit: int = 50, offset: int = 0
    ) -> list[Session]:
        """Sessions, the last started first; those whose project's path contains `project`."""
        check_count("limit", limit, 0, LARGEST)
        check_count("offset", offset, 0, LARGEST)
        return call(self._sessions(_of_project(project), limit, offset))

    def append_message(self, message: Message) -> Message:
        """The message as stored; the same id twice is one message."""
        return call(self._append(message))

    def get_messages(
        self, session_id: str, limit: int | None = None, offset: int = 0
    ) -> list[Message]:
        """The messages of a session in the order in which they were said."""
        check_count("offset", offset, 0, LARGEST)
        end = None if limit is None else offset + limit
        return call(self._messages(session_id))[offset:end]

    def search(self, query: str, limit: int = 50, project: str | None = None) -> list[Message]:
        """The messages that hold a word of the query, or stand beside one, best first.

        No sign is an operator.
        """
        check_count("limit", limit, 1, LARGEST_LIMIT)
        return call(self._search(query, limit, project))

    def delete_session(self, session_id: str) -> bool:
        """Delete a session with its messages; whether it was there."""
        return call(self._delete(session_id))

    def get_stats(self) -> dict[str, Any]:
        """Counts of sessions, messages and tokens, and the bytes that the engine tells of."""
        return call(self._stats())

    def _existing(self, session_id: str) -> Session:
        found = self.get_session(session_id)
        if found is None:
            raise NotFound("session", session_id)
        return found

    async def _create(self, session: Session) -> Session:
        memory = await self.memory()
        await memory.conversations.create(**stored_session(session))
        return (await self._sessions(eq("conversation_id", session.id), 1, 0))[0]

    async def _append(self, message: Message) -> Message:
        return message_of(await (await self.memory()).messages.add(stored_message(message)))

    async def _messages(self, session_id: str) -> list[Message]:
        found = await (await self.memory()).messages.get_by_conversation(session_id)
        return [message_of(message) for message in found]

    async def _search(self, query: str, limit: int, project: str | None) -> list[Message]:
        memory = await self.memory()
        where = None
        if project is not None:
            sessions = await self._records(_of_project(project), None)
            where = is_in("conversation_id", [s["conversation_id"] for s in sessions])
        found = await memory.messages.search(query, limit, mode="keyword", where=where)
        return [message_of(item) for item, _ in found]

    async def _delete(self, session_id: str) -> bool:
        return await (await self.memory()).conversations.delete(session_id)

    async def _records(self, where: Filter | None, limit: int | None) -> list[Record]:
        store = (await self.memory()).conversations
        order = Order("created_at", descending=True)
        return await store.backend.query("conversations", where, order=order, limit=limit)

    async def _sessions(self, where: Filter | None, limit: int, offset: int) -> list[Session]:
        records = (await self._records(where, limit + offset))[offset:]
        tokens = await self._tokens([r["conversation_id"] for r in records])
        found = []
        for record in records:
            counts = tokens.get(record["conversation_id"], [])
            conversation = Conversation(**{**record, "metadata": record["metadata"] or {}})
            found.append(session_of(conversation, len(counts), sum(counts)))
        return found

    async def _tokens(self, session_ids: Sequence[str] | None) -> dict[str, list[int]]:
        """Tokens of the messages by session; None means every session."""
        backend = (await self.memory()).messages.backend
        where = None if session_ids is None else is_in("conversation_id", session_ids)
        columns = ("conversation_id", "token_count")
        counts: dict[str, list[int]] = {}
        for record in await backend.query("messages", where, columns=columns):
            counts.setdefault(record["conversation_id"], []).append(record["token_count"] or 0)
        return counts

    async def _stats(self) -> dict[str, Any]:
        memory = await self.memory()
        told, tokens = await memory.stats(), await self._tokens(None)
        return {
            "sessions": told["conversations"],
            "messages": told["messages"],
            "total_tokens": sum(map(sum, tokens.values())),
            "db_size_bytes": told["engine"].get("bytes"),
        }


def _of_project(project: str | None) -> Filter | None:
    if project is None:
        return None
    check_name(project, "project")
    named = (f"metadata.{name}" for name in ("project_path", "cwd"))
    return Or(tuple(Compare(field, Op.CONTAINS, project) for field in named))
