"""The HTTP embedder against a real server on this machine, in good days and bad."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from engrammic.embed.base import Embedder
from engrammic.embed.hashing import HashingEmbedder
from engrammic.embed.http import HttpEmbedder
from engrammic.embed.registry import load_embedder
from engrammic.errors import EmbeddingError, InvalidSettings
from engrammic.testing.embedders import EmbedderTests

KEY = "sk-very-secret"


class Server(ThreadingHTTPServer):
    """Embeds by hashing. `replies` (status, headers, body) are played first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[tuple[int, dict[str, str], Any]] = []
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, dict(self.headers), body))
        status, headers, answer = self.server.replies.pop(0) if self.server.replies else good(body)
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def good(body: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
    """Vectors that are not normalised, listed from the last to the first."""
    vectors = HashingEmbedder(body.get("dimensions", 32)).embed_batch(body["input"]) * 3
    rows = [{"index": n, "embedding": v.tolist()} for n, v in enumerate(vectors)]
    return 200, {}, {"data": rows[::-1], "model": body["model"]}


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def embedder(server: Server, waits: list[float]) -> HttpEmbedder:
    return HttpEmbedder(server.url, "tiny", KEY, dimension=32, sleep=waits.append)


class TestHttp(EmbedderTests):
    @pytest.fixture
    def embedder(self, server: Server) -> Embedder:
        return HttpEmbedder(server.url, "tiny", max_tokens=100, batch_size=3)

    @pytest.mark.parametrize("text", ["word " * 100, "日本語。" * 100, "🙂" * 100, "x" * 500])
    def test_passages_stay_below_the_window_in_bytes(self, embedder: Embedder, text: str):
        assert all(len(text[a:b].encode()) <= 100 for a, b in embedder.passages(text))


def test_what_is_sent(server: Server, embedder: HttpEmbedder):
    embedder.embed_batch(["a", "b"])
    path, headers, body = server.requests[-1]
    assert path == "/v1/embeddings"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert body == {"model": "tiny", "input": ["a", "b"], "dimensions": 32}


def test_the_dimension_is_learnt_from_the_server(server: Server):
    embedder = HttpEmbedder(server.url + "/embeddings/", "tiny")
    assert embedder.dimension == 32
    assert "dimensions" not in server.requests[-1][2]
    assert "Authorization" not in server.requests[-1][1]


def test_batches_are_bounded(server: Server, embedder: HttpEmbedder):
    embedder.batch_size = 4
    assert embedder.embed_batch([str(n) for n in range(10)]).shape == (10, 32)
    assert [len(body["input"]) for _, _, body in server.requests] == [4, 4, 2]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again_ever_later(
    server: Server, embedder: HttpEmbedder, waits: list[float], status: int
):
    server.replies = [(status, {}, {"error": "busy"})] * 2
    assert embedder.embed("a").shape == (32,)
    assert waits == [0.5, 1.0]


def test_the_servers_own_wait_is_heeded_within_reason(
    server: Server, embedder: HttpEmbedder, waits: list[float]
):
    server.replies = [(429, {"Retry-After": "7"}, {}), (429, {"Retry-After": "7200"}, {})]
    embedder.embed("a")
    assert waits == [7.0, 30.0]


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_refusal_is_final_and_tells_what_the_server_said(
    server: Server, embedder: HttpEmbedder, waits: list[float], status: int
):
    server.replies = [(status, {}, {"error": f"no: {KEY}"})]
    with pytest.raises(EmbeddingError, match=f"{status}.*no: ") as caught:
        embedder.embed("a")
    assert KEY not in str(caught.value)
    assert waits == []


def test_patience_ends(server: Server, embedder: HttpEmbedder, waits: list[float]):
    server.replies = [(503, {}, b"down")] * 9
    with pytest.raises(EmbeddingError, match="503"):
        embedder.embed("a")
    assert len(waits) == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>",
        [],
        {"data": []},
        {"data": [{"index": 5, "embedding": [1.0] * 32}]},
        {"data": [{"embedding": [1.0] * 32}]},
        {"data": [{"index": 0, "embedding": [1.0] * 31}]},
        {"data": [{"index": 0, "embedding": [0.0] * 32}]},
        {"data": [{"index": 0, "embedding": [float("nan")] * 32}]},
        {"data": [{"index": 0, "embedding": ["x"] * 32}]},
    ],
)
def test_an_answer_that_is_none_is_an_error(server: Server, embedder: HttpEmbedder, answer: Any):
    server.replies = [(200, {}, answer)]
    with pytest.raises(EmbeddingError, match=r"127\.0\.0\.1"):
        embedder.embed("a")


def test_a_server_that_is_not_there_is_named(waits: list[float]):
    gone = HttpEmbedder("http://127.0.0.1:9/v1", "tiny", KEY, attempts=2, sleep=waits.append)
    with pytest.raises(EmbeddingError, match=r"127\.0\.0\.1:9"):
        gone.embed("a")
    assert waits == [0.5]


def test_the_key_follows_no_redirect(server: Server, embedder: HttpEmbedder):
    server.replies = [(302, {"Location": "http://127.0.0.1:9/steal"}, {})]
    with pytest.raises(EmbeddingError, match="302"):
        embedder.embed("a")
    assert len(server.requests) == 1


def test_the_key_is_shown_nowhere(embedder: HttpEmbedder):
    assert KEY not in repr(embedder)
    assert KEY not in str(embedder.fingerprint)


@pytest.mark.parametrize("url", ["ftp://host/v1", "host", "http://user:pw@host/v1", ""])
def test_a_url_that_makes_no_sense_is_refused_without_being_shown(url: str):
    with pytest.raises(InvalidSettings) as caught:
        HttpEmbedder(url, "tiny")
    assert "pw" not in str(caught.value)


def test_a_key_for_openai_goes_nowhere_else(server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    load_embedder(f"openai:tiny@{server.url}").embed("a")
    assert "Authorization" not in server.requests[-1][1]
    load_embedder(f"openai:tiny@{server.url}?key_env=OPENAI_API_KEY").embed("a")
    assert server.requests[-1][1]["Authorization"] == f"Bearer {KEY}"


def test_vectors_come_back_normalised_in_order(embedder: HttpEmbedder):
    want = HashingEmbedder(32).embed_batch(["a", "b", "c"])
    assert np.allclose(embedder.embed_batch(["a", "b", "c"]), want, atol=1e-6)
