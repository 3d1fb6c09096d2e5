"""Answers requests with llama-cpp-python. Runs in an environment of its own, `benchmarks.peer`."""

import json
import sys
import time

from llama_cpp import Llama


def main() -> None:
    options = json.loads(sys.argv[1])
    model = Llama(
        options["gguf"], n_ctx=4096, n_threads=options["threads"], n_batch=512, verbose=False
    )
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        started = time.perf_counter()
        reply = model.create_chat_completion(
            request["messages"],
            response_format={"type": "json_object", "schema": request["schema"]},
            temperature=0.0,
            max_tokens=request["max_tokens"],
        )
        seconds = time.perf_counter() - started
        text = reply["choices"][0]["message"]["content"]
        tokens = reply["usage"]["completion_tokens"]
        print(json.dumps({"text": text, "seconds": seconds, "tokens": tokens}), flush=True)


main()
