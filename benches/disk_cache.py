"""An embedder that keeps the vectors it made in a file, for benches that run again and again."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import apsw
import numpy as np

from engrammic.embed.base import Embedder, Fingerprint, Span, Vectors


class DiskCachedEmbedder:
    """`inner`, asked only for texts that the file does not know yet."""

    def __init__(self, inner: Embedder, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.inner = inner
        self.path = path
        self._connect().execute(
            "create table if not exists vectors(key blob primary key, value blob) without rowid"
        )

    @property
    def fingerprint(self) -> Fingerprint:
        return self.inner.fingerprint

    @property
    def dimension(self) -> int:
        return self.inner.dimension

    def passages(self, text: str) -> list[Span]:
        return self.inner.passages(text)

    def embed(self, text: str) -> Vectors:
        vector: Vectors = self.embed_batch([text])[0]
        return vector

    def embed_batch(self, texts: Sequence[str]) -> Vectors:
        connection = self._connect()
        keys = [self._key(text) for text in texts]
        sql = "select value from vectors where key = ?"
        found = {k: connection.execute(sql, (k,)).get for k in keys}
        missing = {k: t for k, t in zip(keys, texts, strict=True) if found[k] is None}
        if missing:
            made = self.inner.embed_batch(list(missing.values()))
            found |= {k: v.tobytes() for k, v in zip(missing, made, strict=True)}
            with connection:
                rows = [(k, found[k]) for k in missing]
                connection.executemany("insert or replace into vectors values (?, ?)", rows)
        return np.stack([np.frombuffer(found[k], np.float32) for k in keys])

    def _connect(self) -> apsw.Connection:
        return apsw.Connection(str(self.path))

    def _key(self, text: str) -> bytes:
        named = f"{self.inner.fingerprint}\0{text}"
        return blake2b(named.encode(), digest_size=16).digest()
