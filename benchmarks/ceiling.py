"""What the 8-bit matrix products of a model would take if nothing else had to be done."""

from __future__ import annotations

import time

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

from extractors.model.checkpoint import ModelConfig

__all__ = ["product_seconds"]

_COPIES = 4  # of each shape, so that the weights do not stay in the processor's cache


def product_seconds(config: ModelConfig, *, tokens: int, threads: int, repeats: int = 5) -> float:
    """Seconds that one pass of *tokens* through the layers' products takes, at best.

    uint8 activations by int8 weights into float, the operator that the compiled graph uses. The
    output layer is left out: a prompt needs it once.
    """
    total = 0.0
    for rows, columns in _shapes(config):
        session = _session(rows, columns, threads)
        codes = np.random.default_rng(0).integers(0, 255, (tokens, rows)).astype(np.uint8)
        session.run(None, {"codes": codes})
        times = []
        for _ in range(repeats):
            started = time.perf_counter()
            session.run(None, {"codes": codes})
            times.append(time.perf_counter() - started)
        total += min(times) / _COPIES
    return total * config.layers


def _shapes(config: ModelConfig) -> list[tuple[int, int]]:
    """(inputs, outputs) of one layer's matrices."""
    hidden, inner = config.hidden, config.intermediate
    packed = (config.heads + 2 * config.kv_heads) * config.head_dim
    return [
        (hidden, packed),
        (config.heads * config.head_dim, hidden),
        (hidden, inner),
        (hidden, inner),
        (inner, hidden),
    ]


def _session(rows: int, columns: int, threads: int) -> ort.InferenceSession:
    rng = np.random.default_rng(0)
    small = {
        "one": np.float32(1),
        "zero": np.uint8(128),
        "scale": rng.random(columns, np.float32),
    }
    constants = [onnx.numpy_helper.from_array(np.asarray(v), k) for k, v in small.items()]
    nodes, outputs = [], []
    for i in range(_COPIES):
        weights = rng.integers(-127, 128, (rows, columns), dtype=np.int8)
        constants.append(onnx.numpy_helper.from_array(weights, f"w{i}"))
        inputs = ["codes", f"w{i}", "one", "scale", "zero"]
        nodes.append(
            helper.make_node("MatMulIntegerToFloat", inputs, [f"out{i}"], domain="com.microsoft")
        )
        outputs.append(helper.make_tensor_value_info(f"out{i}", TensorProto.FLOAT, None))
    codes = helper.make_tensor_value_info("codes", TensorProto.UINT8, ["tokens", rows])
    graph = helper.make_graph(nodes, "products", [codes], outputs, initializer=constants)
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    return ort.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
