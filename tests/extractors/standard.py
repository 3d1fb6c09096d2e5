"""The smallest graph with the signature of Optimum's exports: one layer of one-head attention."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from tests.extractors import tiny

WIDTH, POSITIONS = 8, 512
Array = npt.NDArray[np.float32]

_RNG = np.random.default_rng(5)
WORDS, PLACES, OUT = (
    np.asarray(_RNG.standard_normal(size), np.float32)
    for size in ((tiny.VOCAB, WIDTH), (POSITIONS, WIDTH), (WIDTH, tiny.VOCAB))
)
# onnx's text format has no names with dots: "__" stands for one.
_GRAPH = f"""
<ir_version: 10, opset_import: ["" : 18]>
standard (int64[b, s] input_ids, int64[b, t] attention_mask, int64[b, s] position_ids,
    float[b, 1, p, {WIDTH}] past_key_values__0__key,
    float[b, 1, p, {WIDTH}] past_key_values__0__value)
=> (float[b, s, {tiny.VOCAB}] logits,
    float[b, 1, t, {WIDTH}] present__0__key, float[b, 1, t, {WIDTH}] present__0__value)
<int64 zero = {{0}}, int64 one = {{1}}, int64[1] axis_1 = {{1}}, int64[1] axis_2 = {{2}},
    float never = {{-1e9}}>
{{
    words = Gather(WORDS, input_ids)
    places = Gather(PLACES, position_ids)
    read = Add(words, places)
    new = Unsqueeze(read, axis_1)
    present__0__key = Concat<axis = 2>(past_key_values__0__key, new)
    present__0__value = Concat<axis = 2>(past_key_values__0__value, new)
    turned = Transpose<perm = [0, 1, 3, 2]>(present__0__key)
    scores = MatMul(new, turned)
    length = Shape<start = 1>(attention_mask)
    count = Squeeze(length)
    others = Range(zero, count, one)
    own = Unsqueeze(position_ids, axis_2)
    later = Greater(others, own)
    hidden = Unsqueeze(later, axis_1)
    seen = Where(hidden, never, scores)
    shares = Softmax(seen)
    mixed = MatMul(shares, present__0__value)
    rows = Squeeze(mixed, axis_1)
    logits = MatMul(rows, OUT)
}}
"""


def save(folder: Path, *, rename: tuple[str, str] = ("", ""), **changes: object) -> Path:
    """A folder as Optimum leaves it. *rename*: what stands for what in the graph's text;
    *changes* are to config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = tiny.config("llama", **{"max_position_embeddings": POSITIONS} | changes)
    (folder / "config.json").write_text(json.dumps(shape))
    tiny.tokenizer().save_pretrained(str(folder))
    model = _parsed(_GRAPH.replace(*rename) if rename[0] else _GRAPH)
    stored = {"WORDS": WORDS, "PLACES": PLACES, "OUT": OUT}
    model.graph.initializer.extend(numpy_helper.from_array(v, name) for name, v in stored.items())
    onnx.save(model, folder / "model.onnx")
    return folder


def _parsed(text: str) -> onnx.ModelProto:
    model = onnx.parser.parse_model(text)
    for value in (*model.graph.input, *model.graph.output):
        value.name = value.name.replace("__", ".")
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [name.replace("__", ".") for name in names]
    return model


def logits(tokens: list[int]) -> Array:
    """What the graph computes after each token, (tokens, vocab), in numpy."""
    read = WORDS[tokens] + PLACES[: len(tokens)]
    scores = np.where(np.triu(np.ones((len(read),) * 2, bool), 1), -1e9, read @ read.T)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray((shares / shares.sum(-1, keepdims=True)) @ read @ OUT, np.float32)
