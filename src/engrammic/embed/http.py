"""Embedding by a server that speaks OpenAI's `/v1/embeddings`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import Request, build_opener

import numpy as np

from engrammic.embed.base import Fingerprint, Span, Vectors
from engrammic.embed.passages import cut_passages
from engrammic.errors import EmbeddingError, InvalidInput, InvalidSettings
from engrammic.remote import StayHere, retry_after

RETRIED = frozenset({429, 500, 502, 503, 504})


class HttpEmbedder:
    """A model behind an OpenAI-compatible server.

    `url` ends before `/embeddings`, as in `http://127.0.0.1:8080/v1`. The
    key is sent to that server and shown nowhere. `dimension` is asked of the
    server (as its `dimensions`) when given, else learnt from its first answer.
    `max_tokens` is the model's window; passages are cut to as many bytes,
    which no byte-level tokenizer turns into more tokens. Requests carry
    `batch_size` texts and are tried `attempts` times, when the server is busy
    or failing, with `backoff` seconds before the second try, doubled each time.
    """

    def __init__(
        self,
        url: str,
        model: str,
        api_key: str | None = None,
        *,
        dimension: int | None = None,
        max_tokens: int = 2048,
        batch_size: int = 64,
        timeout: float = 30.0,
        attempts: int = 4,
        backoff: float = 0.5,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.url, self.model = _checked(url), model
        self.max_tokens, self.batch_size = max_tokens, batch_size
        self.timeout, self.attempts, self.backoff = timeout, attempts, backoff
        self._key, self._sleep, self._asked = api_key, sleep, dimension
        self._opener = build_opener(StayHere())

    def __repr__(self) -> str:
        return f"HttpEmbedder({self.url!r}, {self.model!r})"

    @cached_property
    def dimension(self) -> int:
        """Length of a vector; the first look asks the server, unless it was given."""
        return self._asked or len(self._request(["dimension"])[0])

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """Which model this is; the server is not part of it."""
        return Fingerprint(
            provider="openai",
            model=self.model,
            dimension=self.dimension,
            pooling="",
            precision="",
            max_tokens=self.max_tokens,
        )

    def embed(self, text: str) -> Vectors:
        """The vector of one text, shape (dimension,)."""
        vector: Vectors = self.embed_batch([text])[0]
        return vector

    def embed_batch(self, texts: Sequence[str]) -> Vectors:
        """Vectors in the order of `texts`, shape (len(texts), dimension)."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), self.batch_size):
            part = texts[start : start + self.batch_size]
            vectors[start : start + len(part)] = self._unit(self._request(part))
        return vectors

    def passages(self, text: str) -> list[Span]:
        """Spans that cover `text`, each of at most `max_tokens` bytes, cut at sentences."""
        return cut_passages(text, self._fit, self.max_tokens)

    def _fit(self, text: str) -> int:
        whole = text.encode("utf-8", "replace")
        if len(whole) <= self.max_tokens:
            return len(text)
        return len(whole[: self.max_tokens].decode("utf-8", "ignore"))

    def _unit(self, vectors: Vectors) -> Vectors:
        if vectors.shape[1:] != (self.dimension,):
            raise EmbeddingError(
                f"{self.url} answered vectors of shape {vectors.shape[1:]}, not ({self.dimension},)"
            )
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(length).all() or not length.all():
            raise EmbeddingError(f"{self.url} answered a vector that is zero or not finite")
        unit: Vectors = vectors / length
        return unit

    def _request(self, texts: Sequence[str]) -> Vectors:
        """The server's vectors in the order of `texts`, after as many tries as allowed."""
        for attempt in range(1, self.attempts + 1):
            try:
                return _vectors(self._post(texts), len(texts))
            except HTTPError as error:
                if error.code not in RETRIED or attempt == self.attempts:
                    raise EmbeddingError(self._refusal(error)) from None
                wait = retry_after(error)
            except (URLError, HTTPException, OSError) as error:
                if attempt == self.attempts:
                    raise EmbeddingError(f"{self.url} does not answer: {error}") from None
                wait = 0.0
            except (ValueError, LookupError, TypeError) as error:
                raise EmbeddingError(f"{self.url} answered no embeddings: {error!r}") from error
            self._sleep(max(wait, self.backoff * 2 ** (attempt - 1)))
        raise InvalidInput("attempts", f"want at least 1, not {self.attempts}")

    def _post(self, texts: Sequence[str]) -> Any:
        body: dict[str, Any] = {"model": self.model, "input": list(texts)}
        if self._asked:
            body["dimensions"] = self._asked
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        data = json.dumps(body).encode()
        request = Request(f"{self.url}/embeddings", data, headers)  # noqa: S310 - _checked: http only
        with self._opener.open(request, timeout=self.timeout) as answer:
            return json.load(answer)

    def _refusal(self, error: HTTPError) -> str:
        """What the server says, without the key, should it repeat that."""
        said = error.read(500).decode("utf-8", "replace").strip()
        if self._key:
            said = said.replace(self._key, "***")
        return f"{self.url} answered {error.code} {error.reason}: {said}"


def _checked(url: str) -> str:
    """The URL as it is shown and used. Raises InvalidSettings when it makes no sense."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidSettings("an embedding server's URL begins with http:// or https://")
    if parts.username or parts.password:
        raise InvalidSettings("an embedding server's key is given as api_key, not in its URL")
    path = parts.path.rstrip("/").removesuffix("/embeddings")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _vectors(answer: Any, count: int) -> Vectors:
    rows = sorted(answer["data"], key=lambda row: row["index"])
    if [row["index"] for row in rows] != list(range(count)):
        raise ValueError(f"{len(rows)} vectors for {count} texts")
    return np.asarray([row["embedding"] for row in rows], np.float32)
