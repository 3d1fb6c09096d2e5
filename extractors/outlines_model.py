"""The engine as an Outlines model: `outlines.Generator(model, JobPosting)("...")`.

Outlines: https://dottxt-ai.github.io/outlines
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from outlines.inputs import Chat
from outlines.models.base import Model, ModelTypeAdapter
from outlines.models.transformers import Transformers, TransformerTokenizer
from outlines.models.vllm_offline import VLLMOffline
from outlines.processors import OutlinesLogitsProcessor

from extractors.answers.prompt import encode_chat
from extractors.generation import LogitsProcessor, Run, TextGenerator
from extractors.output_types import to_grammar
from schemas.errors import DecodeFailed

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from extractors.model.runtime import Runtime

__all__ = ["OutlinesModel", "SteerableOutlinesModel"]


class _TypeAdapter(ModelTypeAdapter):
    """Prompts to token ids, output types to grammars."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self._tokenizer = tokenizer

    def format_input(self, model_input: str | Chat) -> list[int]:
        """Token ids. A string is one user turn where there is a chat template, else raw text."""
        if isinstance(model_input, str):
            if not self._tokenizer.chat_template:
                ids: list[int] = self._tokenizer.backend_tokenizer.encode(model_input).ids
                return ids
            model_input = Chat([{"role": "user", "content": model_input}])
        if not isinstance(model_input, Chat):
            raise TypeError(f"a prompt is a `str` or a `Chat`, not {type(model_input).__name__}")
        if not self._tokenizer.chat_template:
            raise TypeError("this model has no chat template: give a `str`")
        if not all(isinstance(message["content"], str) for message in model_input.messages):
            raise TypeError("this model reads text alone: a message's content must be a `str`")
        return encode_chat(self._tokenizer, model_input.messages)

    def format_output_type(self, output_type: Any | None = None) -> str | LogitsProcessor:
        """A grammar; a logits processor of Outlines stays what it is."""
        if isinstance(output_type, OutlinesLogitsProcessor):
            return output_type
        return to_grammar(output_type)


class OutlinesModel(Model):
    """A model for `outlines.Generator`. Greedy; not thread-safe: it holds one KV cache.

    Takes every output type of Outlines and decodes it with the engine's own grammar, so no
    `backend` is asked. Takes `str` and text-only `Chat` prompts; a string is one user turn under
    the model's chat template, as with `outlines.from_transformers`, and what a prompt says can
    never close its turn. One option may be given with a call: `max_tokens`, the answer's end
    included.

    An answer that `max_tokens` cuts raises DecodeFailed, since half a JSON text is none; without
    an output type the text is returned as far as it came, and `last_runs` says so. A batch is
    a loop and ends at the first error. A stream must be read before the next call begins.

    `last_runs`: what the answers of the last call took, in order; set as each answer ends.
    `steerable`: the same model for `Generator(model.steerable, processor=...)`.
    """

    tensor_library_name = "numpy"

    def __init__(
        self, runtime: Runtime, tokenizer: PreTrainedTokenizerFast, *, max_tokens: int = 1024
    ) -> None:
        self.type_adapter = _TypeAdapter(tokenizer)
        self.last_runs: tuple[Run, ...] = ()
        self.max_tokens = max_tokens
        self._hf_tokenizer = tokenizer
        self._texts = TextGenerator(runtime, tokenizer)

    @cached_property
    def steerable(self) -> SteerableOutlinesModel:
        """This model as one that logits processors can steer, with the same KV cache."""
        return SteerableOutlinesModel(self)

    def generate(
        self, model_input: str | Chat, output_type: Any | None = None, **inference_kwargs: Any
    ) -> str:
        """The answer to one prompt. See the class for what it raises, and SchemaError."""
        return "".join(self.generate_stream(model_input, output_type, **inference_kwargs))

    def generate_batch(
        self,
        model_input: Sequence[str | Chat],
        output_type: Any | None = None,
        **inference_kwargs: Any,
    ) -> list[str]:
        """The answers to several prompts, in order, one after the other."""
        answers: list[str] = []
        runs: list[Run] = []
        for one in model_input:
            answers.append(self.generate(one, output_type, **inference_kwargs))
            runs += self.last_runs
        self.last_runs = tuple(runs)
        return answers

    def generate_stream(
        self, model_input: str | Chat, output_type: Any | None = None, **inference_kwargs: Any
    ) -> Iterator[str]:
        """The answer to one prompt in pieces of whole characters, as the tokens are settled."""
        max_tokens = _max_tokens(inference_kwargs, default=self.max_tokens)
        steer = self.type_adapter.format_output_type(output_type)
        prompt = self.type_adapter.format_input(model_input)
        run = yield from self._texts.pieces(prompt, steer, max_tokens=max_tokens)
        self.last_runs = (run,)
        if not run.complete and output_type is not None:
            raise DecodeFailed(
                f"the answer was cut at {max_tokens} tokens, before it was complete",
                hint="raise max_tokens, or bound the output type's texts and lists",
            )


class _ProcessorAdapter(_TypeAdapter):
    def format_output_type(self, output_type: Any | None = None) -> str | LogitsProcessor:
        """What `Generator` hands over is a processor, made by a backend or by the user."""
        return super().format_output_type() if output_type is None else output_type


class SteerableOutlinesModel(OutlinesModel):
    """`OutlinesModel.steerable`: one forward pass a token, each chosen by a logits processor.

    Processors get numpy arrays: ids (1, tokens) of prompt and answer so far, logits (1, vocab).
    With an output type in place of a processor, `Generator` makes one by its own *backend*:
    "llguidance" runs; "outlines_core", its default, needs the numba package for numpy models.
    """

    def __init__(self, model: OutlinesModel) -> None:
        self.type_adapter = _ProcessorAdapter(model._hf_tokenizer)
        self.last_runs = ()
        self.max_tokens = model.max_tokens
        self._texts = model._texts
        self._hf_tokenizer = model._hf_tokenizer
        self.hf_tokenizer = model._hf_tokenizer  # these two are what the backends ask for
        # Its annotation leaves fast tokenizers out; its code does not.
        self.tokenizer = TransformerTokenizer(model._hf_tokenizer)  # type: ignore[arg-type]


def _max_tokens(options: dict[str, Any], *, default: int) -> int:
    unknown = sorted(set(options) - {"max_tokens"})
    if unknown:
        raise TypeError(f"unknown option {unknown[0]!r}: this model is greedy, takes `max_tokens`")
    return int(options.get("max_tokens", default))


# `Generator` takes none but Outlines' own classes, by isinstance. VLLMOffline is one of those
# that are handed output types as they are; Transformers is one that is handed processors.
VLLMOffline.register(OutlinesModel)
Transformers.register(SteerableOutlinesModel)
