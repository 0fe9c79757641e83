"""Embedding speed beside a bare onnxruntime loop over the same graph.

Run `python benches/bench_embed.py [--json] [--texts N]`. Bare: texts in batches of 32 in
arrival order, padded to the longest, default session options. Both sides tokenize. Rounds
alternate; each ratio is the median over rounds.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from engrammic.embed.onnx import OnnxEmbedder
from engrammic.embed.prepare import prepare

WORDS = ["memory", "agent", "search", "token", "index", "vector", "store", "message", "session"]
WORDS += ["error", "query", "model", "train", "cache", "table", "answer", "function", "value"]
WORDS += ["schema", "branch", "server", "client", "request", "weather", "garden", "music"]
WORDS += ["letter", "paper", "window", "river", "bread", "coffee", "winter", "summer"]
QUESTION = "how does authentication work in the gateway?"


def bare_loop(embedder: OnnxEmbedder) -> Callable[[Sequence[str]], Any]:
    """The loop that a person writes first."""
    graph = prepare(embedder.files)
    tokenizer = Tokenizer.from_file(str(graph.tokenizer))
    tokenizer.enable_padding()
    tokenizer.enable_truncation(graph.notes.max_tokens)
    session = onnxruntime.InferenceSession(graph.path, providers=["CPUExecutionProvider"])

    def run(texts: Sequence[str]) -> Any:
        found = []
        for start in range(0, len(texts), 32):
            batch = tokenizer.encode_batch(list(texts[start : start + 32]))
            ids = np.array([e.ids for e in batch], np.int64)
            mask = np.array([e.attention_mask for e in batch], np.int64)
            feed = {"input_ids": ids, "attention_mask": mask}
            found.append(session.run(["sentence_embedding"], feed)[0])
        return np.concatenate(found)

    return run


def texts_of(lengths: Sequence[int], seed: int) -> list[str]:
    """One text a length, in words; every word is one token."""
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=n)) for n in lengths]


def mixed_lengths(count: int) -> list[int]:
    """Log-normal around 25 words, as chats have it, cut at 250."""
    rng = random.Random(7)
    return [min(250, max(2, round(rng.lognormvariate(math.log(25), 1.0)))) for _ in range(count)]


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def compare(embedder: OnnxEmbedder, texts: Sequence[str], rounds: int) -> dict[str, float]:
    """Texts a second of both, and their ratio; the vectors must agree."""
    bare = bare_loop(embedder)
    apart = np.abs(bare(texts) - embedder.embed_batch(texts)).max()
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(seconds(lambda: bare(texts)))
        ours.append(seconds(lambda: embedder.embed_batch(texts)))
    return {
        "texts_per_s": len(texts) / statistics.median(ours),
        "bare_texts_per_s": len(texts) / statistics.median(theirs),
        "ratio": statistics.median(t / o for t, o in zip(theirs, ours, strict=True)),
        "largest_difference": float(apart),
    }


def waiting(embedder: OnnxEmbedder, busy: Sequence[str] = ()) -> dict[str, float]:
    """Milliseconds of one query, alone or while another thread embeds `busy`."""
    batch = threading.Thread(target=embedder.embed_batch, args=(busy,))
    batch.start()
    found = []
    while (batch.is_alive() if busy else len(found) < 100) and len(found) < 400:
        found.append(seconds(lambda: embedder.embed(QUESTION)) * 1000)
        time.sleep(0.02)
    batch.join()
    p50, p95 = np.percentile(found, [50, 95])
    return {"p50_ms": float(p50), "p95_ms": float(p95), "max_ms": max(found)}


def measure(count: int, rounds: int) -> dict[str, dict[str, float]]:
    embedder = OnnxEmbedder(device="cpu")
    load = seconds(lambda: embedder.embed(QUESTION))
    mixed = texts_of(mixed_lengths(count), 3)
    table = {"load": {"seconds": load}}
    for words in (16, 62, 254):
        texts = texts_of([words] * max(32, count * 16 // words // 32 * 32), words)
        table[f"equal, {words + 2} tokens"] = compare(embedder, texts, rounds)
    table["mixed"] = compare(embedder, mixed, rounds)
    eight = OnnxEmbedder(device="cpu", precision="int8")
    eight.embed("")
    took = seconds(lambda: eight.embed_batch(mixed))
    table["mixed, int8"] = {"texts_per_s": count / took}
    table["query, idle"] = waiting(embedder)
    table["query, during a batch"] = waiting(embedder, texts_of(mixed_lengths(2000), 5))
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--texts", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    table = measure(asked.texts, asked.rounds)
    if asked.json:
        print(json.dumps(table, indent=2))
        return
    for name, figures in table.items():
        print(f"{name:24}", "  ".join(f"{k} {v:.4g}" for k, v in figures.items()))


if __name__ == "__main__":
    main()
