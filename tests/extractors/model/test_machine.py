"""What a process may use, read from trees of files as machines and containers have them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from extractors.model.machine import make_sure_of_memory, processor, read_machine
from schemas.errors import NoMemory

GIB = 2**30
FOUR = frozenset(range(4))
CGROUP = "sys/fs/cgroup"
HOST = {"proc/meminfo": f"MemTotal: 99 kB\nMemAvailable: {8 * GIB // 1024} kB\n"}
V2 = {"proc/self/cgroup": "0::/jobs/ours\n"}
V1 = {"proc/self/cgroup": "5:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n"}


def tree(root: Path, *parts: dict[str, str]) -> Path:
    for path, text in (entry for part in parts for entry in part.items()):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def siblings(*groups: str) -> dict[str, str]:
    """Which CPUs share a core, as "0,2" or "0-1", for each CPU in turn."""
    topology = "sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    return {topology.format(cpu): f"{group}\n" for cpu, group in enumerate(groups)}


def group(folder: str, **files: str) -> dict[str, str]:
    """Files of a group; `_` in a name stands for a dot at its first place."""
    return {f"{CGROUP}/{folder}/{name.replace('_', '.', 1)}": t for name, t in files.items()}


def threads(root: Path, cpus: frozenset[int] = FOUR) -> int:
    return read_machine(root, cpus=cpus).threads


def left(root: Path) -> int | None:
    return read_machine(root, cpus=FOUR).memory_left


# Threads


def test_without_any_of_the_files_every_cpu_is_ours(tmp_path: Path) -> None:
    assert read_machine(tmp_path, cpus=FOUR).threads == 4


def test_the_systems_own_word_is_the_default(tmp_path: Path) -> None:
    assert 1 <= read_machine(tmp_path).threads <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("groups", "cpus", "expected"),
    [
        (("0-1", "0-1", "2-3", "2-3"), FOUR, 2),
        (("0,2", "1,3", "0,2", "1,3"), frozenset({0, 2}), 1),
        (("0", "1", "2", "3"), FOUR, 4),
    ],
)
def test_cpus_that_share_a_core_count_once(
    tmp_path: Path, groups: tuple[str, ...], cpus: frozenset[int], expected: int
) -> None:
    assert threads(tree(tmp_path, siblings(*groups)), cpus) == expected


def test_a_topology_with_gaps_says_nothing(tmp_path: Path) -> None:
    assert threads(tree(tmp_path, siblings("0-1", "0-1"))) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [("max 100000", 4), ("200000 100000", 2), ("150000 100000", 2), ("5000 100000", 1), ("", 4)],
)
def test_a_quota_of_version_2_is_rounded_up(tmp_path: Path, text: str, expected: int) -> None:
    assert threads(tree(tmp_path, V2, group("jobs/ours", cpu_max=text))) == expected


def test_the_tightest_quota_above_us_holds(tmp_path: Path) -> None:
    outer = group("jobs", cpu_max="100000 100000")
    inner = group("jobs/ours", cpu_max="300000 100000")
    assert threads(tree(tmp_path, V2, outer, inner)) == 1


@pytest.mark.parametrize(("quota", "expected"), [("250000", 3), ("-1", 4)])
@pytest.mark.parametrize("mount", ["cpu", "cpu,cpuacct"])
def test_a_quota_of_version_1(tmp_path: Path, mount: str, quota: str, expected: int) -> None:
    files = group(f"{mount}/docker/abc", cpu_cfs_quota_us=quota, cpu_cfs_period_us="100000")
    assert threads(tree(tmp_path, V1, files)) == expected


def test_in_a_container_the_mount_is_its_own_group(tmp_path: Path) -> None:
    """The path in /proc/self/cgroup is the host's, and is not there."""
    files = group("cpu", cpu_cfs_quota_us="100000", cpu_cfs_period_us="100000")
    assert threads(tree(tmp_path, V1, files)) == 1


def test_a_group_outside_of_the_namespace_is_looked_for_at_the_mount(tmp_path: Path) -> None:
    above = {"proc/self/cgroup": "0::/../..\n"}
    assert threads(tree(tmp_path, above, group(".", cpu_max="100000 100000"))) == 1


# Memory


def test_without_any_of_the_files_memory_is_unknown(tmp_path: Path) -> None:
    assert left(tmp_path) is None


def test_without_groups_it_is_what_the_host_has_left(tmp_path: Path) -> None:
    assert left(tree(tmp_path, HOST)) == 8 * GIB


def test_a_limit_of_version_2_less_what_is_used(tmp_path: Path) -> None:
    files = group("jobs/ours", memory_max=str(4 * GIB), memory_current=str(GIB))
    assert left(tree(tmp_path, HOST, V2, files)) == 3 * GIB


def test_cached_files_are_not_used_memory(tmp_path: Path) -> None:
    stat = f"anon {GIB}\nactive_file {GIB // 2}\ninactive_file {GIB}\n"
    used = str(int(2.5 * GIB))
    files = group("jobs/ours", memory_max=str(4 * GIB), memory_current=used, memory_stat=stat)
    assert left(tree(tmp_path, HOST, V2, files)) == 3 * GIB


def test_no_limit_is_none(tmp_path: Path) -> None:
    files = group("jobs/ours", memory_max="max", memory_high="max", memory_current=str(GIB))
    assert left(tree(tmp_path, HOST, V2, files)) == 8 * GIB


def test_the_mark_at_which_the_kernel_slows_us_down_is_a_limit_too(tmp_path: Path) -> None:
    files = group(
        "jobs/ours", memory_max=str(4 * GIB), memory_high=str(2 * GIB), memory_current=str(GIB)
    )
    assert left(tree(tmp_path, HOST, V2, files)) == GIB


def test_the_tightest_limit_above_us_holds(tmp_path: Path) -> None:
    """The outer group is shared: others in it have used most."""
    outer = group("jobs", memory_max=str(6 * GIB), memory_current=str(5 * GIB))
    inner = group("jobs/ours", memory_max=str(4 * GIB), memory_current=str(GIB))
    assert left(tree(tmp_path, HOST, V2, outer, inner)) == GIB


def test_the_host_may_have_less_than_the_group_grants(tmp_path: Path) -> None:
    files = group("jobs/ours", memory_max=str(64 * GIB), memory_current="0")
    assert left(tree(tmp_path, HOST, V2, files)) == 8 * GIB


def test_a_limit_of_version_1(tmp_path: Path) -> None:
    stat = f"inactive_file 0\ntotal_inactive_file {GIB}\ntotal_active_file 0\n"
    files = group(
        "memory/docker/abc",
        memory_limit_in_bytes=str(3 * GIB),
        memory_usage_in_bytes=str(2 * GIB),
        memory_stat=stat,
    )
    assert left(tree(tmp_path, HOST, V1, files)) == 2 * GIB


def test_the_largest_number_is_no_limit_of_version_1(tmp_path: Path) -> None:
    files = group(
        "memory/docker/abc",
        memory_limit_in_bytes="9223372036854771712",
        memory_usage_in_bytes=str(2 * GIB),
    )
    assert left(tree(tmp_path, HOST, V1, files)) == 8 * GIB


def test_a_group_beyond_its_limit_has_nothing_left(tmp_path: Path) -> None:
    files = group("jobs/ours", memory_max=str(GIB), memory_current=str(2 * GIB))
    assert left(tree(tmp_path, HOST, V2, files)) == 0


def test_nonsense_in_a_file_limits_nothing(tmp_path: Path) -> None:
    files = group("jobs/ours", memory_max="lots", memory_current="?", cpu_max="a b")
    assert read_machine(tree(tmp_path, HOST, V2, files), cpus=FOUR).memory_left == 8 * GIB
    assert threads(tmp_path) == 4


# Refusing


def test_what_does_not_fit_is_refused_with_both_figures() -> None:
    with pytest.raises(
        NoMemory, match=r"a model needs 2\.5 GiB of memory, 1\.0 GiB are left"
    ) as it:
        make_sure_of_memory(5 * GIB // 2, GIB, what="a model")
    assert "--tier small" in it.value.hint
    assert "FIELDWISE_PAGE_TOKENS" in it.value.hint
    assert it.value.retryable


@pytest.mark.parametrize("left", [None, GIB])
def test_what_fits_or_may_fit_is_not(left: int | None) -> None:
    make_sure_of_memory(GIB, left, what="a model")


# The kind of processor

X86 = "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel\t\t: 17\ncpu MHz\t\t: {}\nflags\t\t: {}\n"


def kind(root: Path, name: str, *, megahertz: str = "2400", flags: str = "fpu avx512_vnni") -> str:
    first = X86.format(megahertz, flags)
    return processor(tree(root / name, {"proc/cpuinfo": f"{first}\n{first}"}))


def test_processors_of_one_kind_have_one_name(tmp_path: Path) -> None:
    assert kind(tmp_path, "a") == kind(tmp_path, "b", megahertz="3100")


def test_other_instructions_are_another_kind(tmp_path: Path) -> None:
    assert kind(tmp_path, "a") != kind(tmp_path, "b", flags="fpu avx512_vnni amx_int8")


def test_without_the_file_there_is_still_a_name(tmp_path: Path) -> None:
    assert len(processor(tmp_path)) == 8
