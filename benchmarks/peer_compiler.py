"""llguidance's own compiler of JSON Schemas, asked about the same cases: JSON text, no page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import llguidance

from benchmarks.schema_cases import FOLDER, Case

__all__ = ["Finding", "PeerCompiler", "expected"]

DRAFT = "draft2020-12"


class Finding(StrEnum):
    """What became of one instance; the words of llguidance's own list of expected results."""

    PASS = "pass"
    FALSE_POSITIVE = "false_positive"  # an invalid instance was let through
    FALSE_NEGATIVE = "false_negative"  # a valid one was not
    NOT_COMPILED = "not compiled"


@dataclass(frozen=True, slots=True)
class PeerCompiler:
    """Compiles schemas for single bytes as tokens."""

    _bytes: llguidance.LLTokenizer

    @classmethod
    def open(cls) -> PeerCompiler:
        return cls(llguidance.LLTokenizer("byte"))

    def findings(self, case: Case) -> tuple[bool, list[Finding]]:
        """Whether the schema of *case* compiles, and a finding for each instance."""
        if self._matcher(case.schema).is_error():
            return False, [Finding.NOT_COMPILED] * len(case.instances)
        return True, [self._finding(case.schema, i.data, i.valid) for i in case.instances]

    def _finding(self, schema: Any, data: Any, valid: bool) -> Finding:
        matcher = self._matcher(schema)
        tokens = self._bytes.tokenize_str(json.dumps(data, ensure_ascii=False))
        taken = matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()
        if taken == valid:
            return Finding.PASS
        return Finding.FALSE_POSITIVE if taken else Finding.FALSE_NEGATIVE

    def _matcher(self, schema: Any) -> llguidance.LLMatcher:
        grammar = llguidance.LLMatcher.grammar_from_json_schema(json.dumps(schema))
        return llguidance.LLMatcher(self._bytes, grammar, log_level=0)


def expected(evaldata: Path) -> Iterator[tuple[str, str, Finding]]:
    """Case name, instance name and finding that llguidance's authors expect of the suite."""
    path = evaldata / FOLDER / "llguidance_expected_json_schema_test_suite.json"
    files = json.loads(path.read_text(encoding="utf-8"))[DRAFT]
    known = {finding.value: finding for finding in Finding}
    for file, groups in files.items():
        for group, tests in groups.items():
            for name, finding in tests.items():
                yield f"{file}: {group}", name, known.get(finding, Finding.NOT_COMPILED)
