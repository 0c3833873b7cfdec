"""What the machine offers: cores and memory that this process may really use, and workers chosen from them."""

from __future__ import annotations

import os
from pathlib import Path

WORKER_BYTES = 700_000_000  # one model and a stereo call of three hours: benchmarks/memory.py, and a quarter more
_CGROUP = Path("/sys/fs/cgroup")
_MEMINFO = Path("/proc/meminfo")
# Of a container, by the version of its control groups: limit, what is used, and what of that are files it once read,
# which make way when memory is wanted.
_MEMORY = (
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"),
)


def cores() -> int:
    """Cores this process may use: affinity, and the quota of its container."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = (_CGROUP / "cpu.max").read_text().split()
        if quota != "max":
            count = min(count, max(1, int(quota) // int(period)))
    except (OSError, ValueError):
        pass
    return max(1, count)


def free_memory() -> int | None:
    """Bytes that may still be used, by the machine and by its container; None when nobody says."""
    found = []
    try:
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) * 1024)
    except (OSError, ValueError, IndexError):
        pass
    for limit, used, stat, cached in _MEMORY:
        try:
            most = (_CGROUP / limit).read_text().strip()
            if most != "max":
                free = int(most) - int((_CGROUP / used).read_text())
                found.append(free + _stated(_CGROUP / stat, cached))
        except (OSError, ValueError):
            continue
    return max(0, min(found)) if found else None


def _stated(stat: Path, name: str) -> int:
    """One number of a control group's statistics; 0 when nobody says."""
    try:
        return next((int(of) for what, of in map(str.split, stat.read_text().splitlines()) if what == name), 0)
    except (OSError, ValueError):
        return 0


def resident(pid: int) -> int:
    """Bytes of memory a process holds; 0 when nobody says."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def choose(wanted: int | None, threads: int | None, jobs: int) -> tuple[int, int]:
    """How many workers, and the threads of each.

    One thread a worker uses the cores best while there are recordings enough; fewer recordings than cores share them.

    Args:
        wanted: workers asked for; None chooses.
        threads: asked for each worker; None shares the cores out.
        jobs: recordings to do.
    """
    have = cores()
    if wanted is None:
        memory = free_memory()
        fitting = max(1, memory // WORKER_BYTES) if memory is not None else have
        wanted = min(max(1, have // (threads or 1)), fitting)
    workers = max(1, min(wanted, jobs))
    return workers, threads or max(1, have // workers)
