"""The model's own tokenizer, from a Hugging Face folder or from inside a GGUF file.

The GGUF path builds the byte-level BPE here instead of through transformers' converter: that one
treats every GGUF vocabulary as Llama's, and then splits digits and white space unlike Qwen.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE

from extractors.model.checkpoint import GGUFCheckpoint
from schemas.errors import WorkerError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["TokenCounter", "do_without_torch", "load_tokenizer", "token_counter"]

TokenCounter = Callable[[Sequence[str]], list[int]]
"""Tells how many tokens each of some texts is."""

# Qwen2's split, from its published tokenizer.json: contractions, words with one leading mark,
# single digits, runs of punctuation, white space that keeps line breaks together.
_QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_AT_ONCE = 4096  # texts whose tokens are held at a time: each takes a hundred bytes and more
_CONTROL, _USER_DEFINED = 3, 4  # GGUF's tokenizer.ggml.token_type


def do_without_torch() -> None:
    """Call it before `transformers` is imported, by us or by Outlines: it warns then that torch is
    missing, which is how we want it."""
    logging.getLogger("transformers").addFilter(_says_nothing_of_torch)


def _says_nothing_of_torch(record: logging.LogRecord) -> bool:
    return "PyTorch" not in record.getMessage()


def load_tokenizer(path: Path) -> PreTrainedTokenizerFast:
    """The tokenizer that belongs to the weights at *path* (a `.gguf` file or a folder).

    Raises:
        WorkerError: the file holds a kind of tokenizer that is not known here.
    """
    do_without_torch()
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    if path.is_dir():
        loaded = AutoTokenizer.from_pretrained(path, local_files_only=True)
        if not isinstance(loaded, PreTrainedTokenizerFast):
            raise WorkerError(f"{path} holds no fast tokenizer (tokenizer.json)")
        return loaded
    checkpoint = GGUFCheckpoint(path)
    tokens = checkpoint.metadata("tokenizer.ggml.tokens")
    return PreTrainedTokenizerFast(
        tokenizer_object=_from_gguf(checkpoint, tokens),
        eos_token=tokens[checkpoint.metadata("tokenizer.ggml.eos_token_id")],
        chat_template=checkpoint.metadata("tokenizer.chat_template"),
        clean_up_tokenization_spaces=False,
    )


def _from_gguf(checkpoint: GGUFCheckpoint, tokens: list[str]) -> Tokenizer:
    merges = [tuple(pair.split(" ")) for pair in checkpoint.metadata("tokenizer.ggml.merges")]
    types = checkpoint.metadata("tokenizer.ggml.token_type")
    model = BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges)
    tokenizer = Tokenizer(model)
    _set_splitting(tokenizer, checkpoint.metadata("tokenizer.ggml.pre"))
    tokenizer.decoder = ByteLevelDecoder()
    special = [t for t, kind in zip(tokens, types, strict=True) if kind == _CONTROL]
    tokenizer.add_special_tokens(special)
    tokenizer.add_tokens(
        [t for t, kind in zip(tokens, types, strict=True) if kind == _USER_DEFINED]
    )
    return tokenizer


def _set_splitting(tokenizer: Tokenizer, name: str) -> None:
    """Apply the pre-tokenizer that GGUF calls *name*."""
    byte_level = pre_tokenizers.ByteLevel
    if name == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
        split = pre_tokenizers.Split(Regex(_QWEN2_SPLIT), behavior="isolated")
        tail = byte_level(add_prefix_space=False, use_regex=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, tail])
    elif name == "smollm":
        digits = pre_tokenizers.Digits(individual_digits=True)
        tail = byte_level(add_prefix_space=False, use_regex=True)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, tail])
    else:
        raise WorkerError(f"a GGUF tokenizer of type {name!r} is not known here")


def token_counter(tokenizer: PreTrainedTokenizerFast) -> TokenCounter:
    """What tells the length of each of some texts, in tokens of *tokenizer*."""
    backend = tokenizer.backend_tokenizer

    def count(texts: Sequence[str]) -> list[int]:
        # The fast one does not note where in a text each token stands.
        batches = (texts[i : i + _AT_ONCE] for i in range(0, len(texts), _AT_ONCE))
        return [
            len(encoding)
            for batch in batches
            for encoding in backend.encode_batch_fast(list(batch), add_special_tokens=False)
        ]

    return count
