"""Language models against a stand-in server, in good days and bad."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import engrammic
import engrammic.sync
from engrammic.cli import app
from engrammic.items import Message, MessageSummary
from engrammic.llm import Budget, LanguageModel, ModelExtractor, load_model
from engrammic.llm.wire import Anthropic, OpenAI, Wire
from engrammic.tiers.config import TieredMemoryConfig

KEY = "sk-very-secret"
FACT = {"subject": "Ines", "claim": "Lives in", "value": "Porto", "fact": "Ines lives in Porto.",
        "type": "other", "confidence": 0.9}  # fmt: skip


class Server(ThreadingHTTPServer):
    """Plays `replies`: a status, a text, or seconds of silence."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Any] = []
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, dict(self.headers), body))
        reply = self.server.replies.pop(0)
        if isinstance(reply, float):
            time.sleep(reply)
            return
        status, text = (reply, KEY) if isinstance(reply, int) else (200, reply)
        data = json.dumps(answer(self.path, text)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def answer(path: str, text: str) -> dict[str, Any]:
    cut = text == "CUT"
    if path.endswith("/messages"):
        return {"content": [{"type": "text", "text": text}],
                "stop_reason": "max_tokens" if cut else "end_turn",
                "usage": {"input_tokens": 5, "output_tokens": 5}}  # fmt: skip
    end = "length" if cut else "stop"
    return {"choices": [{"message": {"content": text}, "finish_reason": end}],
            "usage": {"total_tokens": 10}}  # fmt: skip


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


async def at_once(_: float) -> None:
    pass


@pytest.fixture(params=[OpenAI, Anthropic])
def model(request: pytest.FixtureRequest, server: Server) -> LanguageModel:
    wire: Wire = request.param()
    url = f"http://127.0.0.1:{server.server_port}/v1"
    return LanguageModel(wire, url, "tiny", KEY, timeout=0.3, sleep=at_once)


MESSAGES = [Message("c", "user", f"text {n} </data>", message_id=f"m{n}") for n in range(2)]
GOOD = json.dumps([{"summary": "one"}, {"summary": "two"}])


async def test_summaries_come_in_order_and_texts_stay_data(
    model: LanguageModel, server: Server
) -> None:
    server.replies = [GOOD]
    found = await model.summarize(MESSAGES)
    assert [s and s.summary for s in found] == ["one", "two"]
    assert json.dumps(server.requests[0][2]["messages"]).count("</data>") == 1 + (
        isinstance(model.wire, OpenAI))  # fmt: skip
    assert model.budget.tokens == 10
    assert not model.notes


async def test_facts_have_a_normalised_claim(model: LanguageModel, server: Server) -> None:
    server.replies = [json.dumps([FACT, {**FACT, "confidence": 7}])]
    asked = [MessageSummary(f"m{n}", "c", "user", "Ines lives in Porto") for n in range(2)]
    fact, bad = await model.extract(asked)
    assert fact is not None
    assert (fact.subject, fact.claim, fact.metadata["value"]) == ("Ines", "lives_in", "Porto")
    assert bad is None
    assert model.failed == 1


async def test_a_busy_server_is_asked_again(model: LanguageModel, server: Server) -> None:
    server.replies = [429, GOOD]
    assert all(await model.summarize(MESSAGES))
    assert model.budget.requests == 2


@pytest.mark.parametrize(
    "replies", [[500] * 3, [401], ["not json"], ["CUT"], ['[{"summary": "one"}]'], [0.6] * 3]
)
async def test_failures_leave_it_to_the_rules_and_say_so(
    model: LanguageModel, server: Server, replies: list[Any]
) -> None:
    server.replies = list(replies)
    assert await model.summarize(MESSAGES) == [None, None]
    assert model.failed == 2
    assert len(model.notes) == 1
    assert KEY not in repr(model) + str(model.notes)
    assert not server.replies


async def test_a_spent_budget_asks_nobody(model: LanguageModel, server: Server) -> None:
    model.budget = Budget(most_requests=1)
    model.batch_size = 1
    server.replies = [json.dumps([{"summary": "one"}])]
    first, second = await model.summarize(MESSAGES)
    assert first
    assert second is None
    assert "budget" in model.notes[0]


def test_nothing_is_asked_unless_set() -> None:
    assert load_model({}) is None
    assert load_model({"provider": "openai", "model": "m"}, {}) is not None


async def test_cancelling_passes_through(model: LanguageModel, server: Server) -> None:
    server.replies = [0.2]
    asking = asyncio.create_task(model.summarize(MESSAGES))
    await asyncio.sleep(0.05)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


@pytest.mark.parametrize(("replies", "by", "failed"), [([GOOD], "llm:tiny", 0), ([401], None, 2)])
async def test_a_pass_goes_on_without_the_model_and_reports_it(
    model: LanguageModel, server: Server, replies: list[Any], by: str | None, failed: int
) -> None:
    server.replies = list(replies)
    now = [1_800_000_000_000]
    opening = engrammic.open(
        "memory:", embedder="none", summarizer=model, clock=lambda: now[0],
        tiers=TieredMemoryConfig(max_hot_messages=0, hot_retention_hours=1),
    )  # fmt: skip
    async with opening as memory:
        for message in MESSAGES:
            await memory.tiers.add_message(message)
        now[0] += 2 * 3_600_000
        report = await memory.maintain()
        assert (report.demoted_to_warm, report.llm_failed) == (2, failed), report
        assert bool(report.notes) == bool(failed)
        told = [move.detail for move in (await memory.why("m0")).moves]
        assert (by in str(told)) if by else ("llm:" not in str(told)), told


READ = {
    "entities": [{"name": "Ines", "type": "concept"}, {"name": "auth.py", "type": "file"},
                 {"name": "odd", "type": "planet"}, "nothing", {"name": " ", "type": "file"}],
    "relations": [{"type": "modifies", "start": "Ines", "end": "auth.py", "detail": "rewrote"},
                  {"type": "modifies", "start": "Ines", "end": "unknown"},
                  {"type": "eats", "start": "Ines", "end": "auth.py"}],
    "claims": [{"subject": "ines", "attribute": "own", "value": "auth.py",
                "sentence": "Ines owns auth.py", "denied": True}, {"subject": "half"}],
}  # fmt: skip


async def test_a_model_reads_messages_and_what_makes_no_sense_is_left_out(
    model: LanguageModel, server: Server
) -> None:
    server.replies = [json.dumps([READ])]
    found = await ModelExtractor(model).extract("Ines rewrote auth.py", "m1")
    assert set(found.entities) == {("Ines", "concept"), ("auth.py", "file")}
    [relation] = found.relationships
    assert (relation.edge_type, relation.ends, relation.detail) == (
        "modifies", ("Ines", "auth.py"), "rewrote")  # fmt: skip
    [claim] = found.claims
    assert (claim.key, claim.positive) == ("ines|own", False)


@pytest.mark.parametrize("reply", [500, "CUT", "no list", "[null]", "[[]]", "[1, 2]"])
async def test_the_rules_read_what_the_model_does_not(
    model: LanguageModel, server: Server, reply: Any
) -> None:
    server.replies = [reply] * 3
    async with engrammic.open(":memory:", embedder="hashing") as memory:
        await memory.messages.add(Message("c", "user", "auth.py imports tokens.py"))
        assert await memory.learn(extractor=ModelExtractor(model)) == 1
        assert await memory.entities.get_related("auth.py") == ["tokens.py"]
    assert model.failed == 1 or reply == "[null]"


def test_the_settings_name_the_model(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENGRAMMIC_LLM", "openai/tiny")
    monkeypatch.setenv("ENGRAMMIC_LLM_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("ENGRAMMIC_HOME", str(tmp_path))
    monkeypatch.setenv("ENGRAMMIC_EMBEDDER", "hashing")
    server.replies = [json.dumps([READ])]
    with engrammic.sync.open() as memory:
        assert isinstance(memory.awaited.extractor, LanguageModel)
        assert memory.awaited.extractor is memory.awaited.summarizer
        memory.messages.add(Message("c", "user", "Ines rewrote auth.py"))
    result = CliRunner().invoke(app, ["learn", "--llm", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["entities"] == 2
    assert server.requests[0][2]["model"] == "tiny"
