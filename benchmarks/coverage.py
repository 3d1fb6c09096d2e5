"""How many of other people's JSON Schemas are honoured, and that none is accepted and violated.

    FIELDWISE_EVALDATA=... python -m benchmarks.coverage

Prints a report in Markdown; the exit status is 1 when a schema was violated. Takes a minute.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.obedient import ObedientWorker
from benchmarks.peer_compiler import DRAFT, Finding, PeerCompiler, expected
from benchmarks.schema_cases import Case, maskbench, suite, wrapped
from benchmarks.verdicts import Outcome, Verdict, judge

__all__ = ["Tally", "main", "tally"]


@dataclass(slots=True)
class Tally:
    """What became of a set of cases. `violated`: case name to what came out."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    unsaid: Counter[str] = field(default_factory=Counter)
    said: int = 0
    rejected: int = 0
    lacking: int = 0
    violated: dict[str, str] = field(default_factory=dict)

    def add(self, case: Case, verdict: Verdict) -> None:
        self.outcomes[verdict.outcome] += 1
        self.unsaid.update(verdict.unsaid)
        self.said += verdict.said
        self.rejected += verdict.rejected
        self.lacking += verdict.lacking
        if verdict.outcome is Outcome.REFUSED:
            self.reasons[_kind_of_refusal(verdict.reason)] += 1
        elif verdict.outcome is Outcome.VIOLATED:
            self.violated[case.name] = verdict.reason


def tally(cases: Iterable[Case], worker: ObedientWorker, *, babble: int = 2) -> Tally:
    """The verdicts on *cases*, counted."""
    counts = Tally()
    for case in cases:
        counts.add(case, judge(case, worker, babble=babble))
    return counts


def _kind_of_refusal(message: str) -> str:
    """A refusal's keyword and reason, without the names in it."""
    place, _, reason = message.partition(": ")
    keyword = place.rsplit("/", 1)[-1] if "`" not in reason and "deep" not in reason else ""
    quoted = re.sub(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|(?<=#/)\S+|\d+', "…", reason)
    if len(quoted) > 80 or "…" in quoted[:3]:
        quoted = quoted[-60:]
    return f"{keyword}: {quoted}" if keyword.lstrip("#") else quoted


def main() -> int:
    """Print the report. 0: nothing was violated; 1: something was; 2: no data."""
    folder = os.environ.get("FIELDWISE_EVALDATA")
    if not folder or not Path(folder).is_dir():
        print("FIELDWISE_EVALDATA must name the folder of evaluation data", file=sys.stderr)
        return 2
    evaldata = Path(folder)
    worker, peer = ObedientWorker(), PeerCompiler.open()
    sets = {
        "JSONSchemaBench (sample)": list(maskbench(evaldata)),
        "JSON-Schema-Test-Suite draft 7, as properties": list(wrapped(suite(evaldata, "draft7"))),
        "JSON-Schema-Test-Suite 2020-12, as properties": list(wrapped(suite(evaldata, DRAFT))),
    }
    violated = 0
    for name, cases in sets.items():
        counts = tally(cases, worker)
        print("\n".join(_section(name, counts, _peer_line(peer, cases))), flush=True)
        violated += len(counts.violated)
    print("\n".join(_suite_lines(peer, evaldata)))
    return 1 if violated else 0


def _section(name: str, counts: Tally, peer: str) -> Iterator[str]:
    seen = sum(counts.outcomes.values())
    yield f"\n## {name}: {seen} schemas\n"
    yield f"| {' | '.join(Outcome)} |"
    yield f"|{'---|' * len(Outcome)}"
    yield f"| {' | '.join(str(counts.outcomes[outcome]) for outcome in Outcome)} |\n"
    yield (
        f"Of the instances of accepted schemas {counts.said} valid ones were said and "
        f"{sum(counts.unsaid.values())} were not; {counts.rejected} invalid ones were not said; "
        f"{counts.lacking} are invalid only in what they leave out, which a page may do too."
    )
    for why, number in counts.unsaid.most_common():
        yield f"- not said, {number}: {why}"
    yield f"\n{peer}"
    yield "\nRefused because of:"
    for reason, number in counts.reasons.most_common(10):
        yield f"- {number}: {reason}"
    for case, reason in counts.violated.items():
        yield f"- VIOLATED {case}: {reason}"


def _peer_line(peer: PeerCompiler, cases: Iterable[Case]) -> str:
    """llguidance's JSON Schema compiler on the same *cases*."""
    compiled = right = wrong = refused = 0
    for case in cases:
        compiles, findings = peer.findings(case)
        compiled += compiles
        refused += not compiles
        right += compiles and all(finding is Finding.PASS for finding in findings)
        wrong += Finding.FALSE_POSITIVE in findings
    return (
        f"llguidance's JSON: {compiled} compile, {refused} do not; {right} are right on every "
        f"instance, {wrong} let an invalid one through."
    )


def _suite_lines(peer: PeerCompiler, evaldata: Path) -> Iterator[str]:
    """llguidance on the suite as it stands, beside what its authors expect."""
    found: dict[tuple[str, str], Finding] = {}
    for case in suite(evaldata, DRAFT):
        _, findings = peer.findings(case)
        named = zip(case.instances, findings, strict=True)
        found |= {(case.name, instance.name): finding for instance, finding in named}
    wanted = {(case, name): finding for case, name, finding in expected(evaldata)}
    both = wanted.keys() & found.keys()
    same = sum(wanted[key] is found[key] for key in both)
    yield f"\n## llguidance on the 2020-12 suite as it stands: {len(both)} instances\n"
    yield "| | " + " | ".join(Finding) + " |"
    yield "|---|---|---|---|---|"
    for label, findings_of in (("measured", found), ("its authors expect", wanted)):
        counts = Counter(findings_of[key] for key in both)
        yield f"| {label} | {' | '.join(str(counts[finding]) for finding in Finding)} |"
    yield f"\nThe two agree on {same} of {len(both)}."


if __name__ == "__main__":
    sys.exit(main())
