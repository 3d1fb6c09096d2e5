"""Answers requests with Optimum's float32 export under Outlines' own transformers path.

Runs in an environment of its own, `benchmarks.peer`. The export is made once, in `folder`.
"""

import json
import sys
import time
from pathlib import Path


def export(weights: str, folder: Path) -> None:
    """As Optimum's users do it, with the key-value cache as inputs and outputs."""
    from optimum.exporters.onnx import main_export

    main_export(weights, folder, task="text-generation-with-past", do_validation=False)


def main() -> None:
    options = json.loads(sys.argv[1])
    folder = Path(options["folder"])
    if not (folder / "onnx" / "model.onnx").exists():
        export(options["float32"], folder / "onnx")

    import onnxruntime
    import outlines
    from optimum.onnxruntime import ORTModelForCausalLM
    from transformers import AutoTokenizer

    session = onnxruntime.SessionOptions()
    session.intra_op_num_threads = options["threads"]
    tokenizer = AutoTokenizer.from_pretrained(options["tokenizer"])
    onnx = ORTModelForCausalLM.from_pretrained(
        folder / "onnx", session_options=session, provider="CPUExecutionProvider"
    )
    model = outlines.from_transformers(onnx, tokenizer)
    generators: dict[str, outlines.Generator] = {}  # a schema is compiled once for all its pages
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        started = time.perf_counter()
        schema = json.dumps(request["schema"])
        if schema not in generators:
            generators[schema] = outlines.Generator(model, outlines.json_schema(schema))
        text = generators[schema](
            outlines.inputs.Chat(request["messages"]),
            max_new_tokens=request["max_tokens"],
            do_sample=False,
        )
        seconds = time.perf_counter() - started
        tokens = len(tokenizer(text).input_ids)
        print(json.dumps({"text": text, "seconds": seconds, "tokens": tokens}), flush=True)


main()
