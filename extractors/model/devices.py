"""Which device workers run on: an NVIDIA GPU where ONNX Runtime can use one, else the CPU."""

from __future__ import annotations

import ctypes
import logging
import sys
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import onnxruntime as ort
from onnx import TensorProto, helper

__all__ = ["Choice", "Device", "choose_device", "providers"]

log = logging.getLogger(__name__)

_CUDA = "CUDAExecutionProvider"


class Device(StrEnum):
    """Where a model runs; the names are ONNX Runtime's own."""

    CPU = "cpu"
    CUDA = "cuda"


@dataclass(frozen=True, slots=True)
class Choice:
    """`why`: why it is not the GPU, in words for the user; "" when it is, or nobody asked."""

    device: Device
    why: str = ""


def choose_device(wanted: str = "auto") -> Device:
    """*wanted* is "auto", "cpu" or "cuda". Falls back to the CPU, and says so in one log line.

    Nothing is logged where "auto" finds no GPU at all: that is the usual machine.
    """
    choice = Choice(Device.CPU) if wanted == "cpu" else _probe()
    if choice.why and (wanted == "cuda" or _count_gpus()):
        log.warning("running on the CPU: %s", choice.why)
    return choice.device


def providers() -> tuple[str, ...]:
    """The execution providers of this ONNX Runtime, short: "CUDA", "CPU"."""
    names = ort.get_available_providers()
    return tuple(name.removesuffix("ExecutionProvider") for name in names)


@cache
def _probe() -> Choice:
    """The GPU, when ONNX Runtime is built for one, one is there, and a session on it starts."""
    if _CUDA not in ort.get_available_providers():
        return Choice(Device.CPU, "this ONNX Runtime has no CUDA; install onnxruntime-gpu")
    if not _count_gpus():
        return Choice(Device.CPU, "no NVIDIA GPU answers (its driver was not found, or is busy)")
    failure = _try_session()
    if failure is None:
        return Choice(Device.CUDA)
    return Choice(
        Device.CPU,
        f"there is an NVIDIA GPU, but ONNX Runtime cannot use it ({failure}); it needs the CUDA "
        "and cuDNN libraries that onnxruntime-gpu's page lists for its version",
    )


@cache
def _count_gpus() -> int:
    """GPUs that NVIDIA's driver shows this process; 0 without a driver.

    Asked directly: loading ONNX Runtime's CUDA provider only to see it fail prints errors.
    """
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        count = ctypes.c_int()
        if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
            return 0
    except (OSError, AttributeError):
        return 0
    return count.value


def _try_session() -> str | None:
    """Run nothing but a copy on the GPU; returns why that failed, `None` when it did not."""
    if hasattr(ort, "preload_dlls"):  # CUDA from pip's packages, where the system has none
        ort.preload_dlls()
    numbers = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])], "probe", numbers[:1], numbers[1:]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = ort.SessionOptions()
    options.log_severity_level = 4
    try:
        session = ort.InferenceSession(model.SerializeToString(), options, providers=[_CUDA])
    except Exception as error:  # ONNX Runtime raises its own untyped exceptions
        return str(error).splitlines()[0]
    return None if _CUDA in session.get_providers() else "its CUDA provider does not load"
