"""The model behind a worker: its weights, the graph compiled from them, and what runs it."""

from __future__ import annotations

import os

# From 1.29 on ONNX Runtime reports its runs to Microsoft, and keeps a number of this device, unless
# this is set before it is loaded (microsoft/onnxruntime, pull request 27379). Nothing leaves here.
os.putenv("ORT_DISABLE_TELEMETRY", "1")
