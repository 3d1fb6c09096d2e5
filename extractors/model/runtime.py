"""ONNX Runtime: one loaded model and the sequences it is reading.

Only this module, `devices` and `sharing` import onnxruntime.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from extractors.model.checkpoint import ModelConfig
from extractors.model.compile import CompiledModel
from extractors.model.devices import Device
from extractors.model.export import ExportedModel, Limits
from schemas.errors import DecodeFailed, WorkerError

__all__ = ["Context", "Runtime", "StandardContext"]

Logits = npt.NDArray[np.float32]

_PROVIDERS = {
    Device.CPU: ["CPUExecutionProvider"],
    # what a GPU cannot do, shapes for one, runs beside it
    Device.CUDA: ["CUDAExecutionProvider", "CPUExecutionProvider"],
}

CHUNK = 256
"""Prompt tokens a forward pass: larger chunks spend more on attention, smaller ones on overhead."""


class Runtime:
    """A compiled model, or one that Optimum exported. Its contexts share one set of weights.

    Loading goes on in a thread of its own, beside whatever else there is to load; the first
    context waits for it. `threads`: CPU threads in one forward pass; 0 lets ONNX Runtime choose.
    `device`: where it runs; on a GPU keys and values stay there between passes.
    """

    def __init__(
        self,
        model: CompiledModel | ExportedModel,
        *,
        threads: int = 0,
        device: Device = Device.CPU,
    ) -> None:
        self.config: ModelConfig | Limits = model.config
        self._floats: npt.DTypeLike = np.float32
        if isinstance(model, CompiledModel):
            self._floats = model.precision.float_type
        self._device = device
        pool = ThreadPoolExecutor(1, thread_name_prefix="load-model")
        self._session = pool.submit(_open_session, model.graph, threads, device)
        pool.shutdown(wait=False)  # lets the thread end after its one task

    def context(self, capacity: int) -> Context:
        """An empty sequence with room for *capacity* tokens, prompt and answer together.

        Raises:
            WorkerError: ONNX Runtime could not load the graph, or *capacity* is more than the
                model reads.
        """
        limit = self.config.context
        if capacity > limit:
            raise WorkerError(
                f"the model reads at most {limit} tokens, {capacity} were asked for",
                hint="lower the page's token budget",
            )
        session = self._session.result()
        if isinstance(self.config, Limits):
            return StandardContext(session, capacity)
        buffers = _buffers(self.config, capacity, self._floats, self._device)
        return Context(session, buffers, capacity)


def _buffers(
    config: ModelConfig, capacity: int, floats: npt.DTypeLike, device: Device
) -> dict[str, ort.OrtValue]:
    """Room for the keys and values of *capacity* tokens in every layer, on *device*."""
    empty = np.zeros((1, config.kv_heads, capacity, config.head_dim), floats)
    return {
        f"{part}_{layer}": ort.OrtValue.ortvalue_from_numpy(empty.copy(), device.value, 0)
        for layer in range(config.layers)
        for part in ("key", "value")
    }


def _open_session(graph: Path, threads: int, device: Device) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Spinning threads would eat the second core while Python computes masks.
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    try:
        return ort.InferenceSession(str(graph), options, providers=_PROVIDERS[device])
    except Exception as error:  # ONNX Runtime raises its own untyped exceptions
        raise WorkerError(
            f"ONNX Runtime could not load {graph}: {error}",
            hint="delete the compiled model's folder; it is built anew at the next run",
        ) from error


class Context:
    """One sequence of tokens and its KV buffers, which stay in place from call to call.

    `tokens`: what the buffers hold. Rolling back is shortening that list: positions after its
    end are written over by the next pass. `packable`: whether tokens of several sequences may
    stand in one pass.
    """

    def __init__(
        self, session: ort.InferenceSession, buffers: Mapping[str, ort.OrtValue], capacity: int
    ) -> None:
        self.capacity = capacity
        self.tokens: list[int] = []
        self.packable = any(i.name == "attention_bias" for i in session.get_inputs())
        self._session = session
        self._binding = session.io_binding()
        self._binding.bind_output("logits")
        for name, buffer in buffers.items():
            self._binding.bind_ortvalue_input(f"past_{name}", buffer)
            self._binding.bind_ortvalue_output(f"present_{name}", buffer)

    def rollback(self, length: int) -> None:
        """Forget every token after the first *length*."""
        del self.tokens[length:]

    def keep_prefix(self, prompt: Sequence[int]) -> int:
        """Roll back to the longest prefix shared with *prompt*; returns its length.

        At least the prompt's last token is left to be read, since its logits are wanted.
        """
        limit = min(len(self.tokens), len(prompt) - 1)
        shared = next((i for i in range(limit) if self.tokens[i] != prompt[i]), limit)
        self.rollback(shared)
        return shared

    def read(
        self, tokens: Sequence[int], *, check_stop: Callable[[], None] = lambda: None
    ) -> Logits:
        """Append *tokens*, in chunks, and return the logits after the last one, (vocab,).

        *check_stop* is called before every chunk and may raise to cancel.
        """
        self._make_sure_of_room(len(tokens))
        logits: Logits | None = None
        for start in range(0, len(tokens), CHUNK):
            check_stop()
            part = tokens[start : start + CHUNK]
            logits = self._forward(part, np.array([len(part) - 1], np.int64))[0]
        if logits is None:
            raise ValueError("there must be at least one token to read")
        return logits

    def step(self, tokens: Sequence[int]) -> Logits:
        """Append a few *tokens* in one pass; returns the logits after each, (tokens, vocab)."""
        self._make_sure_of_room(len(tokens))
        return self._forward(tokens, np.arange(len(tokens), dtype=np.int64))

    def _make_sure_of_room(self, count: int) -> None:
        if len(self.tokens) + count > self.capacity:
            raise DecodeFailed(
                f"{len(self.tokens)} + {count} tokens do not fit the context of {self.capacity}",
                hint="lower the page's token budget",
            )

    def append(
        self,
        tokens: Sequence[int],
        *,
        places: Sequence[int],
        mask: npt.NDArray[np.float32],
        wanted: npt.NDArray[np.int64],
    ) -> Logits:
        """Append *tokens* that do not follow one another, in one pass; see `packing`.

        Args:
            places: where each stands in its own sequence.
            mask: (tokens, tokens held + tokens), added to the attention scores.
            wanted: after which of *tokens* the logits are returned, (wanted, vocab).
        """
        self._make_sure_of_room(len(tokens))
        if not self.packable:
            raise ValueError("this graph reads one sequence at a time")
        return self._run(tokens, wanted, np.asarray(places, np.int64), mask)

    def _forward(self, tokens: Sequence[int], positions: npt.NDArray[np.int64]) -> Logits:
        past, total = len(self.tokens), len(self.tokens) + len(tokens)
        nothing = np.zeros((len(tokens), total), np.float32)
        return self._run(tokens, positions, np.arange(past, total, dtype=np.int64), nothing)

    def _run(
        self,
        tokens: Sequence[int],
        wanted: npt.NDArray[np.int64],
        places: npt.NDArray[np.int64],
        mask: npt.NDArray[np.float32],
    ) -> Logits:
        total = len(self.tokens) + len(tokens)
        feeds = {
            "input_ids": np.array([tokens], np.int64),
            "seqlens_k": np.array([total - 1], np.int32),
            "total_length": np.array(total, np.int32),
            "logit_positions": wanted,
        }
        if self.packable:
            feeds |= {"position_ids": places[np.newaxis], "attention_bias": mask[None, None]}
        for name, value in feeds.items():
            self._binding.bind_cpu_input(name, value)
        # Bound anew each time: the buffer of the last pass has that pass's number of rows.
        self._binding.bind_output("logits")
        try:
            self._session.run_with_iobinding(self._binding)
        except Exception as error:  # ONNX Runtime raises its own untyped exceptions
            raise DecodeFailed(f"ONNX Runtime stopped: {error}") from error
        self.tokens.extend(tokens)
        logits: Logits = self._binding.get_outputs()[0].numpy()
        return logits


_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_PAST, _PRESENT = "past_key_values.", "present."


class StandardContext(Context):
    """One sequence read by the standard graph, which returns longer keys and values at every pass.

    Used exactly as `Context`. They lie along axis 2, (1, kv_heads, tokens, head_dim), and rolling
    back is cutting them: the first of them are the same whatever came after.
    """

    def __init__(self, session: ort.InferenceSession, capacity: int) -> None:
        self.capacity = capacity
        self.tokens = []
        self.packable = False
        self._session = session
        self._inputs = {entry.name for entry in session.get_inputs()}
        self._outputs = [entry.name for entry in session.get_outputs()]
        self._past = {
            entry.name: _empty(entry)
            for entry in session.get_inputs()
            if entry.name.startswith(_PAST)
        }
        self._check_names()

    def _check_names(self) -> None:
        """Raise WorkerError where the graph is not the standard one."""
        known = {"input_ids", "attention_mask", "position_ids", *self._past}
        wanted = {"logits", *(name.replace(_PAST, _PRESENT) for name in self._past)}
        strange = sorted((self._inputs - known) | (wanted - set(self._outputs)))
        if strange or not self._past or "input_ids" not in self._inputs:
            what = ", ".join(strange) or f"no input {_PAST}0.key"
            raise WorkerError(
                f"this ONNX graph is not a text-generation-with-past export: {what}",
                hint="export it anew with `fieldwise models compile NAME --via optimum`",
            )

    def _forward(self, tokens: Sequence[int], positions: npt.NDArray[np.int64]) -> Logits:
        past, total = len(self.tokens), len(self.tokens) + len(tokens)
        feeds = {
            "input_ids": np.array([tokens], np.int64),
            "attention_mask": np.ones((1, total), np.int64),
            "position_ids": np.arange(past, total, dtype=np.int64)[np.newaxis],
        }
        feeds = {name: value for name, value in feeds.items() if name in self._inputs}
        for name, kept in self._past.items():
            feeds[name] = np.ascontiguousarray(kept[:, :, :past])
        try:
            values = self._session.run(self._outputs, feeds)
        except Exception as error:  # ONNX Runtime raises its own untyped exceptions
            raise DecodeFailed(f"ONNX Runtime stopped: {error}") from error
        made = dict(zip(self._outputs, values, strict=True))
        self._past = {name: made[name.replace(_PAST, _PRESENT)] for name in self._past}
        self.tokens.extend(tokens)
        logits: Logits = made["logits"][0, positions].astype(np.float32, copy=False)
        return logits


def _empty(entry: ort.NodeArg) -> npt.NDArray[np.floating]:
    """Keys or values of no tokens for the graph input *entry*."""
    shape, dtype = entry.shape, _FLOATS.get(entry.type)
    if dtype is None or len(shape) != 4 or not all(isinstance(shape[i], int) for i in (1, 3)):
        raise WorkerError(f"{entry.name} is {entry.type} {shape}, which cannot be run here")
    return np.zeros((1, shape[1], 0, shape[3]), dtype)
