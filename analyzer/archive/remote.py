"""Recordings that stand elsewhere, `s3://bucket/prefix` and what else fsspec reaches: listed there, fetched one by one.

A recording is fetched into a private file when its turn comes and is gone when it is done; on Linux the file has no
name, so that nothing stays behind when the process is killed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from analyzer.archive.ledger import Stamp
from analyzer.call.metadata import MAX_SIDECAR_BYTES, read_sidecar
from analyzer.call.types import CallMetadata
from analyzer.call.wav import MAX_FILE_BYTES
from analyzer.errors import AnalyzerError, AudioError, MetadataError, UsageError

_URL = re.compile(r"([a-z][a-z0-9+.-]+)://.")
_PIECE = 1 << 20
_MARKS = ("ETag", "etag", "md5Hash", "crc32c", "LastModified", "mtime", "created")  # the first there is
_MAX_NAME_BYTES = 255
_DESCRIPTORS = Path("/proc/self/fd")
_OUR_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.EIO)


@dataclass(frozen=True, slots=True)
class Found:
    """A recording in a store.

    Args:
        url: its address.
        relative: below what was listed.
        stamp: what its store says of it and its sidecars.
        sidecars: addresses of those that are there.
    """

    url: str
    relative: str
    stamp: Stamp
    sidecars: tuple[str, ...]


def is_remote(source: str) -> bool:
    """Whether a source or a recording's path is an address and no path of this machine."""
    return _URL.match(source) is not None


def list_remote(source: str, endings: tuple[str, ...]) -> tuple[str, list[Found]]:
    """Lists the recordings below an address.

    Args:
        source: a folder, a recording, or a pattern such as `s3://bucket/2024/**/*.wav`.
        endings: of recordings' names.

    Returns:
        The address that relative paths are relative to, and what is there. Its stamps cover the sidecars too.

    Raises:
        UsageError: `usage.no_such_source`, `usage.no_store`.
    """
    system, path = connect(source)
    scheme = source.partition("://")[0]
    try:
        if any(sign in path for sign in "*?["):
            fixed = re.split(r"[*?\[]", path)[0].rpartition("/")[0]
            found = system.glob(path, detail=True)
            beside: dict[str, Any] = {}
            for folder in {name.rpartition("/")[0] for name in found}:
                beside |= {facts["name"]: facts for facts in system.ls(folder, detail=True)}
        else:
            path = path.rstrip("/")
            found = beside = system.find(path, detail=True)
            fixed = path
            if path in found:
                fixed = path.rpartition("/")[0]
                beside = {name: facts for name in _sidecars(path) if (facts := _facts(system, name)) is not None}
    except Exception as error:
        raise _no_store(source, error) from error
    if not found:
        raise UsageError("usage.no_such_source", f"nothing is at {source}", "Check the address")
    listed = []
    for name, facts in found.items():
        relative = name[len(fixed) :].removeprefix("/")
        if facts.get("type") != "file" or not name.lower().endswith(endings) or _is_hidden(relative):
            continue
        sidecars = [beside[n] for n in _sidecars(name) if n in beside]
        listed.append(
            Found(
                f"{scheme}://{name}",
                "/".join(part or "_~" for part in relative.split("/")),  # a store may have folders without a name
                _stamp(facts, sidecars),
                tuple(f"{scheme}://{one['name']}" for one in sidecars),
            )
        )
    return f"{scheme}://{fixed}", listed


def stamp_remote(url: str) -> Stamp | None:
    """What its store says of a recording now; None when it isn't there, or the store doesn't answer."""
    try:
        system, path = connect(url)
        facts = _facts(system, path)
        sidecars = [one for name in _sidecars(path) if (one := _facts(system, name)) is not None]
    except AnalyzerError:
        return None
    return None if facts is None else _stamp(facts, sidecars)


def read_remote_sidecar(sidecars: tuple[str, ...], url: str) -> CallMetadata | None:
    """The metadata beside a recording in a store.

    Args:
        sidecars: addresses of those that are there.
        url: of the recording.

    Raises:
        MetadataError: as `read_sidecar`.
    """
    if not sidecars:
        return None
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="analyzer-")))
        for one in sidecars:
            _take_sidecar(stack, *connect(one), folder / one.rpartition("/")[2])
        return read_sidecar(folder / url.rpartition("/")[2])


@contextlib.contextmanager
def fetched(url: str) -> Iterator[Path]:
    """A recording as a file of this machine, with its sidecars beside it, gone afterwards.

    Args:
        url: its address.

    Raises:
        AudioError: `audio.not_found`, `audio.unreadable`, `audio.changed`, `audio.too_long`.
        MetadataError: `metadata.unreadable`.
    """
    system, path = connect(url)
    name = path.rpartition("/")[2]
    if len(os.fsencode(name)) > _MAX_NAME_BYTES or name in ("", ".", ".."):
        raise AudioError("audio.unreadable", "the recording's name is too long for this machine", "Shorten the name")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="analyzer-")))
        for beside in _sidecars(path):
            if _facts(system, beside) is not None:
                _take_sidecar(stack, system, beside, folder / beside.rpartition("/")[2])
        _take_recording(stack, system, path, folder / name)
        yield folder / name


def _take_recording(stack: contextlib.ExitStack, system: Any, path: str, to: Path) -> None:
    before = _facts(system, path)
    if before is None:
        raise AudioError("audio.not_found", "the recording is not there", "Check the address")
    if (before.get("size") or 0) > MAX_FILE_BYTES:
        raise AudioError("audio.too_long", f"the file has {before['size']} bytes", "Split it into calls")
    file = _private_file(stack, to)
    try:
        with system.open(path, "rb") as there:
            shutil.copyfileobj(there, file, _PIECE)
    except FileNotFoundError as error:
        raise AudioError("audio.not_found", "the recording is not there", "Check the address") from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OUR_DISK:
            raise
        raise AudioError(
            "audio.unreadable", f"the recording can't be fetched ({type(error).__name__})", "Check the store; run again"
        ) from error
    file.flush()
    after = _facts(system, path)
    if after is None or _stamp(after, []) != _stamp(before, []) or file.tell() != before.get("size", file.tell()):
        raise AudioError("audio.changed", "the file changed while it was read", "Run again when it is complete")


def _take_sidecar(stack: contextlib.ExitStack, system: Any, path: str, to: Path) -> None:
    file = _private_file(stack, to)
    try:
        with system.open(path, "rb") as there:
            file.write(there.read(MAX_SIDECAR_BYTES + 1))  # one that is too large is refused when it is read
    except Exception as error:
        raise MetadataError(
            "metadata.unreadable",
            f"the sidecar can't be fetched ({type(error).__name__})",
            "Check the store; run again",
        ) from error
    file.flush()


def _private_file(stack: contextlib.ExitStack, at: Path) -> Any:
    """A file open for writing that is read at a path, and has no name of its own where the system allows it."""
    if _DESCRIPTORS.is_dir():
        file = stack.enter_context(tempfile.TemporaryFile(dir=at.parent))  # noqa: SIM115
        at.symlink_to(_DESCRIPTORS / str(file.fileno()))
        return file
    return stack.enter_context(at.open("xb"))


def _sidecars(path: str) -> tuple[str, str]:
    """The same names as `call.metadata.read_sidecar` looks for."""
    folder, slash, name = path.rpartition("/")
    return folder + slash + str(Path(name).with_suffix(".json")), path + ".json"


def _facts(system: Any, path: str) -> dict[str, Any] | None:
    try:
        facts: dict[str, Any] = system.info(path)
    except FileNotFoundError:
        return None
    except Exception as error:
        raise AudioError(
            "audio.unreadable", f"the store does not answer ({type(error).__name__})", "Check the store; run again"
        ) from error
    return facts if facts.get("type") == "file" else None


def _stamp(facts: dict[str, Any], sidecars: list[dict[str, Any]]) -> Stamp:
    """Size, time and the store's own mark of the content, with those of the sidecars folded in."""
    marks = [[one.get("size"), str(next((one[k] for k in _MARKS if one.get(k)), None))] for one in (facts, *sidecars)]
    digest = hashlib.sha256(repr(marks).encode()).digest()
    changed = facts.get("LastModified")
    when = int(changed.timestamp()) * 10**9 if isinstance(changed, datetime) else 0  # stores round it differently
    return Stamp(int(facts.get("size") or 0), when, when, int.from_bytes(digest[:7], "big"))


def _is_hidden(below: str) -> bool:
    return any(part.startswith(".") for part in below.split("/"))


@cache
def _system(scheme: str) -> Any:
    try:
        fsspec = importlib.import_module("fsspec")
        kind = fsspec.get_filesystem_class(scheme)
    except (ImportError, ValueError) as error:
        raise UsageError(
            "usage.no_store", f"addresses such as {scheme}:// can't be read here", "pip install 'analyzer[s3]'"
        ) from error
    return kind(use_listings_cache=False, skip_instance_cache=True)


def connect(url: str) -> tuple[Any, str]:
    """The file system of an address, and the address as that knows it; raises `usage.no_store`."""
    system = _system(url.partition("://")[0])
    return system, system._strip_protocol(url)


def _no_store(source: str, error: Exception) -> UsageError:
    if isinstance(error, FileNotFoundError):
        return UsageError("usage.no_such_source", f"nothing is at {source}", "Check the address")
    seen = f"{source} can't be listed ({type(error).__name__})"
    return UsageError("usage.no_store", seen, "Check the address, the network and the credentials")
