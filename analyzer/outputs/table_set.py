"""Tables of one export are told from those of two: a list beside them, `tables-parquet.json`, has the hash of each.

Files are moved into place one by one. The list is first written as broken off and last as whole, so that whatever stops
an export in between, the next reader knows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import msgspec

from analyzer.call.given import read_regular
from analyzer.errors import UsageError
from analyzer.outputs.files import remove, write_atomic

_LONGEST = 1 << 16
_PIECE = 1 << 20


class _Tables(msgspec.Struct, frozen=True):
    """The list: each file's SHA-256, and whether all of them are there."""

    complete: bool
    files: dict[str, str]


def put_tables(made: Path, out: Path, kind: str, names: frozenset[str]) -> None:
    """Moves the files of an export into place, and takes away those of the last one that it has not.

    Args:
        made: folder with the new files.
        out: where to.
        kind: their ending. Tables of other endings are another set.
        names: of all tables that an export may have.

    Raises:
        OutputError: they could not be written.
    """
    new = {path.name: _sha256(path) for path in sorted(made.iterdir())}
    if len(new) == 1:  # a workbook is whole or not there
        _move(made, out, new)
        return
    before = _read(out, kind)
    old = {name: "" for name in before.files if name in {f"{n}.{kind}" for n in names}} if before else {}
    _write(out, kind, _Tables(False, old | dict.fromkeys(new, "")))
    _move(made, out, new)
    for name in old.keys() - new.keys():
        remove(out / name)
    _write(out, kind, _Tables(True, new))


def check_tables(folder: Path, kind: str) -> None:
    """Refuses tables of which the list says that they are not of one export; without a list nothing is known.

    Raises:
        UsageError: `usage.mixed_tables`.
    """
    listed = _read(folder, kind)
    if listed is None:
        return
    if not listed.complete:
        raise _mixed("the last export was broken off")
    for name, sha256 in listed.files.items():
        path = folder / Path(name).name
        if not path.is_file() or _sha256(path) != sha256:
            raise _mixed(f"{path.name} is not the one that was exported with the others")


def _move(made: Path, out: Path, names: Iterable[str]) -> None:
    for name in names:
        with (made / name).open("rb") as file:
            write_atomic(out / name, iter(partial(file.read, _PIECE), b""))


def _mixed(seen: str) -> UsageError:
    return UsageError("usage.mixed_tables", seen, "Run `analyzer export` again")


def _list(folder: Path, kind: str) -> Path:
    return folder / f"tables-{kind}.json"


def _read(folder: Path, kind: str) -> _Tables | None:
    try:
        return msgspec.json.decode(read_regular(_list(folder, kind), _LONGEST), type=_Tables)
    except (OSError, ValueError, RecursionError):
        return None


def _write(folder: Path, kind: str, tables: _Tables) -> None:
    write_atomic(_list(folder, kind), msgspec.json.encode(tables, order="deterministic") + b"\n")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
