"""A random BERT small enough to build in a blink, and a NumPy forward to check any BERT by."""

from __future__ import annotations

import json
import math
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from engrammic.embed.weights import find_model, known_model, package_directory

HIDDEN, LAYERS, HEADS, WINDOW = 16, 2, 4, 32
HAS_MINILM = package_directory(known_model("all-MiniLM-L6-v2")) is not None and find_spec("onnx")

WORDS = [
    *("the", "a", "cat", "dog", "token", "auth", "module", "uses", "sleeps"),
    *("on", "sofa", "revenue", "fell", "in", "europe", "quarterly"),
]
POOLINGS = ("cls_token", "mean_tokens", "max_tokens")
LETTERS = [chr(c) for c in range(33, 127)]


def write_tiny_bert(directory: Path, *, pooling: str = "mean", seed: int = 0) -> Path:
    """A sentence-transformers directory with random weights."""
    directory.mkdir(parents=True, exist_ok=True)
    vocabulary = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        *LETTERS,
        *(f"##{c}" for c in LETTERS),
        *WORDS,
    ]
    config = {
        "model_type": "bert", "hidden_act": "gelu", "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "layer_norm_eps": 1e-12,
        "max_position_embeddings": WINDOW * 2,
    }  # fmt: skip
    modes = {f"pooling_mode_{m}": m.startswith(pooling) for m in POOLINGS}
    (directory / "config.json").write_text(json.dumps(config))
    (directory / "1_Pooling").mkdir(exist_ok=True)
    (directory / "1_Pooling/config.json").write_text(json.dumps(modes))
    (directory / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": WINDOW}))
    write_tokenizer(directory / "tokenizer.json", vocabulary)
    save_file(random_weights(len(vocabulary), seed), directory / "model.safetensors")
    return directory


def write_tokenizer(path: Path, vocabulary: list[str]) -> None:
    """WordPiece as BERT has it, saved with the fixed padding and truncation that trip readers."""
    ids = {word: n for n, word in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(path))


def random_weights(words: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    wide = 4 * HIDDEN
    shapes = {
        "embeddings.word_embeddings.weight": (words, HIDDEN),
        "embeddings.position_embeddings.weight": (WINDOW * 2, HIDDEN),
        "embeddings.token_type_embeddings.weight": (2, HIDDEN),
        "embeddings.LayerNorm.weight": (HIDDEN,),
        "embeddings.LayerNorm.bias": (HIDDEN,),
    }
    for n in range(LAYERS):
        at = f"encoder.layer.{n}"
        for name, rows, columns in (
            *((f"attention.self.{k}", HIDDEN, HIDDEN) for k in ("query", "key", "value")),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", wide, HIDDEN),
            ("output.dense", HIDDEN, wide),
        ):
            shapes[f"{at}.{name}.weight"] = (rows, columns)
            shapes[f"{at}.{name}.bias"] = (rows,)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"{at}.{name}.weight"] = shapes[f"{at}.{name}.bias"] = (HIDDEN,)
    return {k: rng.normal(0, 0.5, shape).astype(np.float32) for k, shape in shapes.items()}


def forward(directory: Path, ids: list[int]) -> np.ndarray:
    """The unit sentence vector of one text's token ids, in float64, by the definition."""
    w = {k: v.astype(np.float64) for k, v in load_file(directory / "model.safetensors").items()
         if v.dtype == np.float32}  # fmt: skip
    config = json.loads((directory / "config.json").read_text())
    heads = config["num_attention_heads"]

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        apart = x - x.mean(-1, keepdims=True)
        scaled = apart / np.sqrt((apart**2).mean(-1, keepdims=True) + config["layer_norm_eps"])
        return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]

    e = "embeddings"
    x = w[f"{e}.word_embeddings.weight"][ids] + w[f"{e}.token_type_embeddings.weight"][0]
    x = norm(x + w[f"{e}.position_embeddings.weight"][: len(ids)], f"{e}.LayerNorm")
    for n in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{n}"
        q, k, v = (
            linear(x, f"{at}.attention.self.{p}").reshape(len(ids), heads, -1).swapaxes(0, 1)
            for p in ("query", "key", "value")
        )
        scores = q @ k.swapaxes(1, 2) / math.sqrt(q.shape[-1])
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ v
        mixed = mixed.swapaxes(0, 1).reshape(len(ids), -1)
        name = f"{at}.attention.output"
        x = norm(linear(mixed, f"{name}.dense") + x, f"{name}.LayerNorm")
        inner = linear(x, f"{at}.intermediate.dense")
        inner *= 0.5 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
        x = norm(linear(inner, f"{at}.output.dense") + x, f"{at}.output.LayerNorm")
    modes = json.loads((directory / "1_Pooling/config.json").read_text())
    pooled = x[0] if modes["pooling_mode_cls_token"] else x.mean(axis=0)
    return pooled / np.linalg.norm(pooled)


def copy_minilm(directory: Path) -> Path:
    """The installed MiniLM's files in a directory of their own, with no graph."""
    source = package_directory(known_model("all-MiniLM-L6-v2")) or find_model().directory
    return Path(shutil.copytree(source, directory))
