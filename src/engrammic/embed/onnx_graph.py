"""BERT sentence encoders as ONNX graphs, written from their safetensors weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from engrammic.embed.prepare import Pooling
from engrammic.errors import InvalidInput

OPSET = 20
IR_VERSION = 9

Weights: TypeAlias = Mapping[str, NDArray[Any]]

TOKENS = "last_hidden_state"
SENTENCE = "sentence_embedding"


@dataclass(frozen=True, slots=True)
class BertShape:
    """What the graph needs of a BERT `config.json`."""

    layers: int
    heads: int
    hidden: int
    epsilon: float
    positions: int

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> BertShape:
        """The shape that `config` describes. Raises InvalidInput for another architecture."""
        for field, want in (
            ("model_type", "bert"),
            ("hidden_act", "gelu"),
            ("position_embedding_type", "absolute"),
        ):
            if config.get(field, want) != want:
                raise InvalidInput(field, f"{config[field]!r} has no graph here, only {want!r} has")
        return cls(
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            hidden=config["hidden_size"],
            epsilon=config.get("layer_norm_eps", 1e-12),
            positions=config["max_position_embeddings"],
        )


class _Graph:
    """Nodes and initializers in the making. Values are named by what they hold."""

    def __init__(self, weights: Weights, shape: BertShape) -> None:
        self.shape = shape
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}
        prefix = "" if "embeddings.word_embeddings.weight" in weights else "bert."
        self._weights = {k.removeprefix(prefix): v for k, v in weights.items()}

    def weight(self, name: str) -> NDArray[np.float32]:
        """One tensor of the model as float32. Raises InvalidInput when it is not there."""
        if name not in self._weights:
            raise InvalidInput("model.safetensors", f"holds no tensor {name!r}")
        return np.asarray(self._weights[name], dtype=np.float32)

    def constant(self, name: str, value: Any, dtype: Any = np.float32) -> str:
        """The name of an initializer that holds `value`."""
        if name not in self.initializers:
            array = np.ascontiguousarray(np.asarray(value, dtype=dtype))
            self.initializers[name] = numpy_helper.from_array(array, name)
        return name

    def node(self, op: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """The name of the one output of a new node."""
        self.nodes.append(helper.make_node(op, list(inputs), [output], output, **attributes))
        return output

    def linear(self, x: str, module: str, output: str, scale: float = 1.0) -> str:
        """`(x @ W.T + b) * scale` of a dense module."""
        w = self.constant(f"{module}.kernel", self.weight(f"{module}.weight").T * scale)
        b = self.constant(f"{module}.bias", self.weight(f"{module}.bias") * scale)
        return self.node("Add", [self.node("MatMul", [x, w], f"{output}.matmul"), b], output)

    def norm(self, x: str, module: str, output: str) -> str:
        """Layer normalisation over the last axis."""
        scale = self.constant(f"{module}.scale", self.weight(f"{module}.weight"))
        bias = self.constant(f"{module}.bias", self.weight(f"{module}.bias"))
        epsilon = self.shape.epsilon
        return self.node("LayerNormalization", [x, scale, bias], output, axis=-1, epsilon=epsilon)

    def heads(
        self, x: str, module: str, order: Sequence[int], output: str, scale: float = 1.0
    ) -> str:
        """A scaled projection of `x` cut into heads, its axes put in `order`."""
        shape = self.shape
        cut = [0, 0, shape.heads, shape.hidden // shape.heads]
        projected = self.linear(x, module, f"{output}.projected", scale)
        split = self.constant("heads.shape", cut, np.int64)
        apart = self.node("Reshape", [projected, split], f"{output}.apart")
        return self.node("Transpose", [apart], output, perm=list(order))


def _embeddings(g: _Graph) -> str:
    """Words plus positions, the token type (always the first) added to the latter.

    The position table is sliced in the open: a Gather of a Range is turned by
    onnxruntime into a Slice whose scalar bound then fails.
    """
    words = g.constant("words", g.weight("embeddings.word_embeddings.weight"))
    table = g.weight("embeddings.position_embeddings.weight")
    kind = g.weight("embeddings.token_type_embeddings.weight")[0]
    places = g.constant("positions", table + kind)
    length = g.node("Shape", ["input_ids"], "length", start=1, end=2)
    zero = g.constant("zero", [0], np.int64)
    here = g.node("Slice", [places, zero, length, zero], "positions.here")
    found = g.node("Gather", [words, "input_ids"], "words.found")
    return g.norm(g.node("Add", [found, here], "embedded"), "embeddings.LayerNorm", "layer.0")


def _mask(g: _Graph) -> tuple[str, str]:
    """The mask as 0 and 1, shape (batch, tokens), and as what is added to attention scores."""
    keep = g.node("Cast", ["attention_mask"], "keep", to=TensorProto.FLOAT)
    axes = g.constant("mask.axes", [1, 2], np.int64)
    wide = g.node("Unsqueeze", [keep, axes], "keep.wide")
    drop = g.node("Sub", [g.constant("one", 1.0), wide], "drop")
    return keep, g.node("Mul", [drop, g.constant("never", -1e9)], "penalty")


def _layer(g: _Graph, x: str, number: int, penalty: str) -> str:
    """One transformer block: attention and feed-forward, each added to what came in."""
    module, to = f"encoder.layer.{number}", f"layer.{number + 1}"
    own = f"{module}.attention.self"
    scale = (g.shape.hidden / g.shape.heads) ** -0.5  # of the scores; cheaper on the query
    query = g.heads(x, f"{own}.query", (0, 2, 1, 3), f"{to}.query", scale)
    key = g.heads(x, f"{own}.key", (0, 2, 3, 1), f"{to}.key")
    value = g.heads(x, f"{own}.value", (0, 2, 1, 3), f"{to}.value")
    scores = g.node("MatMul", [query, key], f"{to}.scores")
    masked = g.node("Add", [scores, penalty], f"{to}.masked")
    attention = g.node("Softmax", [masked], f"{to}.attention", axis=-1)
    mixed = g.node("MatMul", [attention, value], f"{to}.mixed")
    joined = g.node("Transpose", [mixed], f"{to}.joined", perm=[0, 2, 1, 3])
    flat = g.constant("flat.shape", [0, 0, g.shape.hidden], np.int64)
    context = g.node("Reshape", [joined, flat], f"{to}.context")
    attended = g.linear(context, f"{module}.attention.output.dense", f"{to}.attended")
    added = g.node("Add", [attended, x], f"{to}.added")
    middle = g.norm(added, f"{module}.attention.output.LayerNorm", f"{to}.middle")
    wide = g.linear(middle, f"{module}.intermediate.dense", f"{to}.wide")
    bent = g.node("Gelu", [wide], f"{to}.gelu")
    narrow = g.linear(bent, f"{module}.output.dense", f"{to}.narrow")
    total = g.node("Add", [narrow, middle], f"{to}.total")
    result = TOKENS if number + 1 == g.shape.layers else to
    return g.norm(total, f"{module}.output.LayerNorm", result)


def _pool(g: _Graph, tokens: str, keep: str, pooling: Pooling) -> str:
    """One vector a text: the mean of its tokens, or its first token."""
    one = g.constant("axis.1", [1], np.int64)
    if pooling == "cls":
        return g.node("Gather", [tokens, g.constant("first", 0, np.int64)], "pooled", axis=1)
    last = g.constant("axis.2", [2], np.int64)
    column = g.node("Unsqueeze", [keep, last], "keep.column")
    kept = g.node("Mul", [tokens, column], "kept")
    total = g.node("ReduceSum", [kept, one], "total", keepdims=0)
    count = g.node("ReduceSum", [keep, one], "count", keepdims=1)
    return g.node("Div", [total, count], "pooled")


def _normalise(g: _Graph, pooled: str) -> str:
    last = g.constant("axis.last", [-1], np.int64)
    length = g.node("ReduceL2", [pooled, last], "norm", keepdims=1)
    safe = g.node("Max", [length, g.constant("tiny", 1e-12)], "norm.safe")
    return g.node("Div", [pooled, safe], SENTENCE)


def build(weights: Weights, config: Mapping[str, Any], pooling: Pooling) -> onnx.ModelProto:
    """The whole encoder: ids and mask in, tokens' states and unit sentence vectors out.

    Inputs `input_ids`, `attention_mask`: int64 (batch, tokens). Outputs
    `last_hidden_state` (batch, tokens, hidden) and `sentence_embedding`
    (batch, hidden), the latter pooled and of length 1.
    """
    g = _Graph(weights, BertShape.of(config))
    x = _embeddings(g)
    keep, penalty = _mask(g)
    for number in range(g.shape.layers):
        x = _layer(g, x, number, penalty)
    _normalise(g, _pool(g, x, keep, pooling))
    place = ["batch", "tokens"]
    given = [_value(name, TensorProto.INT64, place) for name in ("input_ids", "attention_mask")]
    out = [
        _value(TOKENS, TensorProto.FLOAT, [*place, g.shape.hidden]),
        _value(SENTENCE, TensorProto.FLOAT, ["batch", g.shape.hidden]),
    ]
    graph = helper.make_graph(
        g.nodes, "sentence-encoder", given, out, list(g.initializers.values())
    )
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)


def _value(name: str, kind: int, shape: Sequence[str | int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)
