"""A language model that summarizes and finds facts, and leaves to the rules what it cannot."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError

from engrammic.items import KeyFact, Message, MessageSummary
from engrammic.llm.budget import Budget
from engrammic.llm.parsing import EXTRACT, SUMMARIZE, fact_in, fenced, listed, summary_in
from engrammic.llm.wire import Reply, Wire, checked, post
from engrammic.remote import retry_after

RETRIED = frozenset({429, 500, 502, 503, 504, 529})
LEAST_SURE = 0.5
"""A fact of less confidence is left to the rules."""


class LanguageModel:
    """A Summarizer and a FactExtractor over HTTP. It raises nothing for what the server does.

    What fails, and what the budget no longer covers, is None: the rules do it.
    `notes` says why, `failed` how many items. `begin` starts another pass.
    """

    def __init__(
        self,
        wire: Wire,
        base_url: str,
        model: str,
        api_key: str | None = None,
        *,
        budget: Budget | None = None,
        batch_size: int = 8,
        answer_tokens: int = 4096,
        timeout: float = 30.0,
        attempts: int = 3,
        backoff: float = 0.5,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.wire, self.url, self.model = wire, checked(base_url), model
        self.budget, self.batch_size = budget or Budget(), batch_size
        self.answer_tokens, self.timeout = answer_tokens, timeout
        self.attempts, self.backoff = attempts, backoff
        self._key, self._sleep = api_key, sleep
        self.name = f"llm:{model}"
        self.notes: list[str] = []
        self.failed = 0

    def __repr__(self) -> str:
        return f"LanguageModel({self.url!r}, {self.model!r})"

    def begin(self) -> None:
        """Forget what the last pass spent and noted."""
        self.budget.begin()
        self.notes, self.failed = [], 0

    async def summarize(self, messages: Sequence[Message]) -> list[MessageSummary | None]:
        """A summary for each message, in their order; None leaves one to the rules."""
        found = await self.answers(SUMMARIZE, [m.content for m in messages], summary_in)
        return [
            None if text is None else MessageSummary(
                m.message_id or "", m.conversation_id, m.role, text, name=m.name,
                created_at=m.created_at, metadata=m.metadata)
            for m, text in zip(messages, found, strict=True)
        ]  # fmt: skip

    async def extract(self, summaries: Sequence[MessageSummary]) -> list[KeyFact | None]:
        """A fact for each summary, in their order; None leaves one to the rules."""
        found = await self.answers(EXTRACT, [s.summary for s in summaries], fact_in)
        pairs = zip(summaries, found, strict=True)
        return [self._fact(s, f) if f and f["confidence"] >= LEAST_SURE else None for s, f in pairs]

    def _fact(self, summary: MessageSummary, found: dict[str, Any]) -> KeyFact:
        told = {"value": found["value"], "confidence": found["confidence"]}
        fact = KeyFact(
            found["fact"], fact_id=summary.original_message_id,
            original_message_ids=(summary.original_message_id,),
            conversation_id=summary.conversation_id, fact_type=found["type"],
            subject=found["subject"], claim=found["claim"], created_at=summary.created_at,
        )  # fmt: skip
        return replace(fact, metadata={**summary.metadata, **told})

    async def answers(
        self, system: str, texts: Sequence[str], read: Callable[[Any], Any]
    ) -> list[Any]:
        """What `read` makes of the answer on each text, in their order; None where it failed."""
        found: list[Any] = []
        for start in range(0, len(texts), self.batch_size):
            part = texts[start : start + self.batch_size]
            elements = await self._ask(system, part)
            mine = [read(element) for element in elements or ()] or [None] * len(part)
            bad = sum(m is None and e is not None for m, e in zip(mine, elements or ()))  # noqa: B905 - none where it failed
            self.failed += len(part) if elements is None else bad
            if bad:
                self._note(f"{bad} elements of an answer were not of the form asked for")
            found += mine
        return found

    async def _ask(self, system: str, texts: Sequence[str]) -> list[Any] | None:
        """The elements of one answer, None where there is none to trust."""
        prompt = fenced(texts)
        guess = (len(system) + len(prompt)) // 4 + self.answer_tokens
        for attempt in range(1, self.attempts + 1):
            if not self.budget.take(guess):
                return self._left("the budget of the pass is spent")
            try:
                reply = await self._reply(system, prompt)
                self.budget.settle(guess, reply.tokens)
                if not reply.whole:
                    return self._left("an answer was cut off")
                return listed(reply.text, len(texts))
            except HTTPError as error:
                error.close()
                problem, wait = f"it answered {error.code}", retry_after(error)
                if error.code not in RETRIED:
                    return self._left(problem)
            except (OSError, HTTPException) as error:
                problem, wait = f"it does not answer: {str(error) or type(error).__name__}", 0.0
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                return self._left(f"an answer made no sense: {type(error).__name__}")
            if attempt < self.attempts:
                pause = self.backoff * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
                await self._sleep(max(wait, pause))
        return self._left(problem)

    async def _reply(self, system: str, prompt: str) -> Reply:
        body = self.wire.body(self.model, system, prompt, self.answer_tokens)
        headers, url = self.wire.headers(self._key), self.url + self.wire.path
        asking = asyncio.to_thread(post, url, headers, body, self.timeout)
        return self.wire.reply(await asyncio.wait_for(asking, self.timeout + 1))

    def _left(self, problem: str) -> list[Any] | None:
        """None, for the rules; notes why."""
        self._note(problem)
        return None

    def _note(self, problem: str) -> None:
        said = f"{self.url}: {problem}"
        if self._key:
            said = said.replace(self._key, "***")
        if said not in self.notes:
            self.notes.append(said)
