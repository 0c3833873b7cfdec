"""Only regular files are read, and only so much of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from analyzer.call.given import NotRegularError, TooLargeError, open_regular, read_regular


def _descriptors() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


def test_a_file_is_read_whole_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_regular(path, 5) == b"12345"
    with pytest.raises(TooLargeError, match="5 bytes, 4 are allowed"):
        read_regular(path, 4)


def test_what_is_no_file_is_neither_waited_for_nor_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    before = _descriptors()
    for path in (tmp_path / "pipe", tmp_path / "zero", tmp_path):
        for read in (open_regular, lambda p: read_regular(p, 10)):
            with pytest.raises(NotRegularError):
                read(path)
    assert _descriptors() == before, "a descriptor stays open"


def test_a_file_that_says_it_is_empty_is_not_read_beyond_the_limit() -> None:
    maps = Path("/proc/self/maps")
    if not maps.exists() or maps.stat().st_size:
        pytest.skip("no file here that hides its size")
    with pytest.raises(TooLargeError):
        read_regular(maps, 10)


def test_what_is_not_there_is_said_as_by_open(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "none", 10)
