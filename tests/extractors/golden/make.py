"""Write logits.npz: what transformers' own PyTorch models make of the cases in `parity`.

Needs torch (`pip install -r requirements-export.txt`). From the repository's root:

    python -m tests.extractors.golden.make

Each case is saved as a model folder (random weights by a fixed seed), read back by
`AutoModelForCausalLM` in float32 with eager attention, and given `parity.TOKENS` at once; then it
goes on greedily, reading everything again for each token, so that no cache is involved.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.extractors import parity


def pytorch(folder: Path) -> parity.Golden:
    """What PyTorch says of the model in *folder*."""
    import torch
    from transformers import AutoModelForCausalLM

    model, report = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    assert not report["missing_keys"], "transformers would make these up"

    def forward(tokens: list[int]) -> npt.NDArray[np.float32]:
        with torch.no_grad():
            rows = model(torch.tensor([tokens]), use_cache=False).logits[0].numpy()
        return np.asarray(rows, np.float32)

    said: list[int] = []
    while len(said) < parity.GREEDY:
        said.append(int(forward([*parity.TOKENS, *said])[-1].argmax()))
    return parity.Golden(forward(parity.TOKENS)[-parity.ASKED :], said)


def main() -> None:
    kept: dict[str, Any] = {}
    for name, case in parity.CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            logits, said = pytorch(case.save(Path(folder)))
        kept[f"{name}.logits"], kept[f"{name}.greedy"] = logits, np.array(said, np.int16)
    np.savez_compressed(parity.GOLDEN, **kept)


if __name__ == "__main__":
    main()
