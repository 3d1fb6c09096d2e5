"""Writing an ONNX graph straight to disk: nodes in memory, weights streamed to one data file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

__all__ = ["CONTRIB", "GraphWriter"]

CONTRIB = "com.microsoft"
"""ONNX Runtime's own operator domain."""

_OPSET = 21  # QuantizeLinear by rows and 8-bit Gather; the newest that ONNX Runtime 1.20 reads
_ALIGNMENT = 4096  # a page of memory, so that the file can be mapped


class GraphWriter:
    """Collects nodes; weights go to *data_file* at once: memory holds one tensor at a time."""

    def __init__(self, data_file: BinaryIO, data_name: str) -> None:
        self._data = data_file
        self._data_name = data_name
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def node(
        self,
        operator: str,
        inputs: Sequence[str],
        *,
        outputs: int | Sequence[str] = 1,
        domain: str = "",
        **attributes: Any,
    ) -> list[str]:
        """Append a node; returns its output names (made up where *outputs* is a count)."""
        prefix = f"{operator}_{len(self._nodes)}"
        names = [f"{prefix}_{i}" for i in range(outputs)] if isinstance(outputs, int) else outputs
        self._nodes.append(
            helper.make_node(operator, inputs, names, prefix, domain=domain, **attributes)
        )
        return list(names)

    def constant(self, name: str, values: npt.ArrayLike, dtype: npt.DTypeLike) -> str:
        """A small tensor kept inside the graph; one with the same *name* is re-used."""
        if name not in self._initializers:
            array = np.asarray(values, dtype)
            self._initializers[name] = onnx.numpy_helper.from_array(array, name)
        return name

    def weight(self, name: str, values: npt.NDArray[Any]) -> str:
        """A large tensor, written to the data file now."""
        self._data.write(b"\0" * (-self._data.tell() % _ALIGNMENT))
        offset = self._data.tell()
        raw = np.ascontiguousarray(values)
        self._data.write(raw.data)
        tensor = TensorProto(
            name=name,
            dims=raw.shape,
            data_type=helper.np_dtype_to_tensor_dtype(raw.dtype),
            data_location=TensorProto.EXTERNAL,
        )
        entries = {"location": self._data_name, "offset": offset, "length": raw.nbytes}
        for key, value in entries.items():
            tensor.external_data.add(key=key, value=str(value))
        self._initializers[name] = tensor
        return name

    def input(self, name: str, dtype: int, shape: Sequence[int | str]) -> str:
        """Declare a graph input; a string in *shape* names a free dimension."""
        self._inputs.append(helper.make_tensor_value_info(name, dtype, shape))
        return name

    def output(self, name: str, dtype: int, shape: Sequence[int | str]) -> None:
        """Declare a graph output, the value called *name*."""
        self._outputs.append(helper.make_tensor_value_info(name, dtype, shape))

    def save(self, path: Path) -> None:
        """Write the graph itself to *path*; the data file must lie beside it."""
        graph = helper.make_graph(
            self._nodes,
            "fieldwise",
            self._inputs,
            self._outputs,
            initializer=list(self._initializers.values()),
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(CONTRIB, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        path.write_bytes(model.SerializeToString())
