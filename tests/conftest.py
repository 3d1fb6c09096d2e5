"""Settings for every test."""

from __future__ import annotations

import os
import tracemalloc  # noqa: F401 (see below)
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# pytest imports tracemalloc where a finalizer fails. Should the garbage collector run that within
# another import, Python 3.11 loses that import's lock: KeyError in `_ModuleLock.acquire`. What is
# loaded already takes no lock.

# Before numpy is imported. The matrices here are so small that its threads would only wait for each
# other, at full speed: a product took 25 times the processor where other work shared the cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Some tests load ONNX Runtime by themselves, as others do the product.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# A shared CI machine stalls now and then; a slow example is not a failing one.
# Each run draws other examples; `--hypothesis-profile=deep` draws ten times as many.
settings.register_profile("fieldwise", deadline=None, max_examples=30)
settings.register_profile("deep", deadline=None, max_examples=300)
settings.load_profile("fieldwise")


SERVED = ("tests/app/", "tests/test_api_doc.py")  # Gradio leaves an event loop to the collector


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what is not run beside other tests: browsers, models, and the app itself."""
    for item in items:
        marked = any(item.get_closest_marker(name) for name in ("browser", "weights"))
        if marked or item.nodeid.startswith(SERVED):
            item.add_marker("alone")


@pytest.fixture(scope="session", autouse=True)
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing a test runs, in this process or from it, writes to the tester's own results."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIELDWISE_DATA_DIR", str(tmp_path_factory.mktemp("own-data")))
        yield


@pytest.fixture(scope="session")
def evaldata() -> Path:
    """The folder of third-party evaluation pages, which is no part of the repository."""
    folder = os.environ.get("FIELDWISE_EVALDATA")
    if not folder:
        pytest.skip("FIELDWISE_EVALDATA is unset: name the folder with the evaluation pages")
    if not Path(folder).is_dir():
        pytest.skip(f"FIELDWISE_EVALDATA names no folder: {folder}")
    return Path(folder)
