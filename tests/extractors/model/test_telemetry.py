"""ONNX Runtime reports to its makers unless it is told not to before it is loaded."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SAYS = """
import ctypes, sys
import {module}
assert "onnxruntime" in sys.modules
look = ctypes.CDLL(None).getenv
look.restype = ctypes.c_char_p
print((look(b"ORT_DISABLE_TELEMETRY") or b"").decode())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the C library is looked into")
@pytest.mark.parametrize(
    "module", ["extractors.model.runtime", "extractors.model.devices", "extractors.model.sharing"]
)
def test_reports_are_off_wherever_onnx_runtime_is_loaded(module: str) -> None:
    told = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    code = SAYS.format(module=module)
    done = subprocess.run([sys.executable, "-c", code], env=told, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("1", 0), done.stderr
