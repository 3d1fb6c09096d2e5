"""How many threads and how much memory this process may use: in a container less than there is.

Read from /proc and /sys/fs/cgroup, of either version, the process's own group and all above it:
a limit anywhere on the way holds. What cannot be read limits nothing, so on a system without these
files the number of CPUs is all that is known.
https://docs.kernel.org/admin-guide/cgroup-v2.html
https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
"""

from __future__ import annotations

import hashlib
import math
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from schemas.errors import NoMemory

__all__ = ["Machine", "make_sure_of_memory", "processor", "read_machine"]

_ROOT = Path("/")


@dataclass(frozen=True, slots=True)
class Machine:
    """`threads`: as many as compute at the same time. `memory_left`: bytes that could be taken
    before the kernel would end a process; `None` where nothing says."""

    threads: int
    memory_left: int | None


def read_machine(root: Path = _ROOT, *, cpus: frozenset[int] | None = None) -> Machine:
    """The machine as it is now. *root*: where /proc and /sys are; *cpus*: the numbers of those
    that we may run on, by default what the system says."""
    allowed = _affinity() if cpus is None else cpus
    limits = [len(allowed), _cores(root, allowed), _quota(root)]
    left = [_host_memory(root), *_group_memory(root)]
    known = [amount for amount in left if amount is not None]
    return Machine(
        max(1, min(limit for limit in limits if limit)), max(0, min(known)) if known else None
    )


def make_sure_of_memory(needed: int, left: int | None, *, what: str) -> None:
    """Raise NoMemory unless *needed* bytes for *what* fit into those *left*; `None`: unknown."""
    if left is not None and needed > left:
        raise NoMemory(f"{what} needs {_gib(needed)} of memory, {_gib(left)} are left")


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"


# Processors


def _affinity() -> frozenset[int]:
    if hasattr(os, "sched_getaffinity"):
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(os.cpu_count() or 1))


def _cores(root: Path, cpus: frozenset[int]) -> int | None:
    """Cores behind *cpus*: two CPUs that share one multiply no faster than one. `None`: unknown."""
    topology = root / "sys/devices/system/cpu"
    shared = [_text(topology / f"cpu{cpu}/topology/thread_siblings_list") for cpu in cpus]
    return None if None in shared else len(set(shared))


def _quota(root: Path) -> int | None:
    """CPUs' worth of time that the groups grant, rounded up; `None`: no limit."""
    granted = []
    for group in _groups(root, "cpu"):
        words = (_text(group / "cpu.max") or "").split()
        if not words:
            words = [_text(group / f"cpu.cfs_{part}_us") or "" for part in ("quota", "period")]
        share, period = (_number(word) for word in (*words, "", "")[:2])
        if share and period and share > 0:  # "max" is no number, and -1 says the same
            granted.append(math.ceil(share / period))
    return min(granted, default=None)


def processor(root: Path = _ROOT) -> str:
    """Eight hex digits, the same for processors of one kind with the same instructions."""
    first, _, _ = (_text(root / "proc/cpuinfo") or "").partition("\n\n")
    lines = (line.partition(":") for line in first.splitlines())
    found = [value.strip() for name, _, value in lines if name.strip() in _KIND]
    kind = [platform.machine(), *(found or [platform.processor()])]
    return hashlib.sha256("\n".join(kind).encode()).hexdigest()[:8]


# As x86 calls them, then as ARM does; speeds and numbers differ from CPU to CPU and do not count.
_KIND = frozenset(
    {"vendor_id", "cpu family", "model", "flags"}
    | {"CPU implementer", "CPU architecture", "CPU part", "Features"}
)


# Memory


def _host_memory(root: Path) -> int | None:
    found = _table(root / "proc/meminfo").get("MemAvailable:")
    return None if found is None else found * 1024


def _group_memory(root: Path) -> Iterator[int]:
    """What each group has left. Files that the kernel keeps in memory do not count as used: it
    drops them when it must, and those of our weights are read again."""
    for group in _groups(root, "memory"):
        limits = [_read(group / name) for name in _LIMITS]
        used = _read(group / "memory.current") or _read(group / "memory.usage_in_bytes")
        if used is None or not any(limits):
            continue
        stat = _table(group / "memory.stat")
        files = sum(stat.get(f"total_{kind}", stat.get(kind, 0)) for kind in _FILES)
        yield min(limit for limit in limits if limit) - max(0, used - files)


_LIMITS = ("memory.max", "memory.high", "memory.limit_in_bytes")
_FILES = ("active_file", "inactive_file")


# Files


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Folders of the groups that this process is in, by *controller*, from its own upwards.

    In a container the path may be one of the host that cannot be seen from inside; the mount
    itself then shows the container's group.
    """
    tree = root / "sys/fs/cgroup"
    for line in (_text(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        mounts = (controllers, controller) if controllers else ("", "unified")
        inside = PurePosixPath(path.replace("/..", "").lstrip("/"))
        for mount in dict.fromkeys(mounts):
            for folder in (inside, *inside.parents):
                if (tree / mount / folder).is_dir():
                    yield tree / mount / folder


def _table(path: Path) -> Mapping[str, int]:
    """Lines of a name and a number."""
    lines = (line.split() for line in (_text(path) or "").splitlines())
    return {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}


def _read(path: Path) -> int | None:
    return _number(_text(path) or "")


def _number(word: str) -> int | None:
    try:
        return int(word)
    except ValueError:
        return None


def _text(path: Path) -> str | None:
    """The file's text; `None` where there is none or it is not for us."""
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return None
