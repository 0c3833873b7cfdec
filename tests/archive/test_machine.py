"""What the machine offers, as a container's files say it."""

from pathlib import Path

import pytest

from analyzer.archive import machine

GB = 1 << 30


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A container without limits on a machine that has more memory than it will be told."""
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    monkeypatch.setattr(machine, "_MEMINFO", tmp_path / "meminfo")
    (tmp_path / "meminfo").write_text(f"MemTotal: 1 kB\nMemAvailable: {64 * GB // 1024} kB\n")
    return tmp_path


def limit(container: Path, used: int, cached: int, version: int, most: str = str(16 * GB)) -> None:
    if version == 2:
        names, stat = ("memory.max", "memory.current"), f"anon 1\nfile 9\ninactive_file {cached}\n"
    else:
        names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
        stat = f"inactive_file 0\ntotal_inactive_file {cached}\n"
        container /= "memory"
        container.mkdir()
    for name, text in zip((*names, "memory.stat"), (most, str(used), stat), strict=True):
        (container / name).write_text(text)


@pytest.mark.parametrize("version", [1, 2])
def test_files_that_were_read_take_no_memory_from_workers(version: int, container: Path) -> None:
    limit(container, used=16 * GB - 200_000_000, cached=14 * GB, version=version)
    assert machine.free_memory() == 14 * GB + 200_000_000


@pytest.mark.parametrize("version", [1, 2])
def test_memory_that_is_held_is_not_free(version: int, container: Path) -> None:
    limit(container, used=15 * GB, cached=0, version=version)
    assert machine.free_memory() == GB
    assert machine.choose(None, 1, 100)[0] <= GB // machine.WORKER_BYTES


@pytest.mark.parametrize(("version", "most"), [(1, "9223372036854771712"), (2, "max")])
def test_a_container_without_a_limit_has_the_machines_memory(version: int, most: str, container: Path) -> None:
    limit(container, used=GB, cached=0, version=version, most=most)
    assert machine.free_memory() == 64 * GB


def test_what_nobody_says_is_taken_as_used(container: Path) -> None:
    limit(container, used=15 * GB, cached=0, version=2)
    (container / "memory.stat").unlink()
    assert machine.free_memory() == GB
    for path in container.iterdir():
        path.unlink()
    assert machine.free_memory() is None
