from __future__ import annotations

import mmap
import os
import sys
from pathlib import Path

import pytest

from benchmarks.sharing import shares

MIB = 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_a_mapped_file_counts_where_its_pages_are_resident(tmp_path: Path) -> None:
    (tmp_path / "weights.data").write_bytes(os.urandom(8 * MIB))
    before = shares("self", data="weights.data")
    assert before.weights == 0
    with (tmp_path / "weights.data").open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        assert len(mapped[:]) == 8 * MIB
        after = shares("self", data="weights.data")
        mapped.close()
    assert after.weights == pytest.approx(8, abs=0.1)
    assert after.rss - before.rss > 7
    assert after.uss <= after.pss <= after.rss
