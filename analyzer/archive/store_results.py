"""Results in a store, `s3://bucket/prefix`: scorecards and index there, the rest in a folder of this machine.

An object is written by one request, or by parts that appear together, so a reader sees it whole or not at all.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analyzer.archive.remote import connect
from analyzer.archive.results import FolderResults
from analyzer.errors import OutputError
from analyzer.outputs.files import NAME_TOO_LONG, remove, write_atomic

_OUTGOING = "outgoing"  # what is too long for memory is written here first
_REJECTED = frozenset(["ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch"])


@dataclass(slots=True)
class StoreResults:
    """Results of which the files stand in a store and the memory in a folder.

    Args:
        home: folder of this machine; what is kept lies in its state folder.
        url: address that the files' names are below.
    """

    home: Path
    url: str
    _there: set[str] | None = field(init=False, default=None)

    def __reduce__(self) -> tuple[type[StoreResults], tuple[Path, str]]:
        return StoreResults, (self.home, self.url)  # to workers, without what was listed

    def recall(self, name: str) -> bytes | None:
        """What was kept under a name; None when it isn't there."""
        return FolderResults(self.home).recall(name)

    def remember(self, name: str, data: bytes) -> None:
        """Keeps what can be made again and carries its own hash."""
        FolderResults(self.home).remember(name, data)

    def forget(self, name: str) -> None:
        """Removes what was kept under a name, as far as it is there."""
        FolderResults(self.home).forget(name)

    def put(self, name: str, data: bytes) -> None:
        """Writes an object, whole or not at all."""
        system, root = connect(self.url)
        try:
            system.pipe_file(f"{root}/{name}", data)
        except Exception as error:
            raise store_error(error, name) from error

    def put_long(self, name: str, pieces: Iterable[bytes]) -> None:
        """The same for what may be too long to hold in memory."""
        system, root = connect(self.url)
        waiting = FolderResults(self.home).state / _OUTGOING / name
        write_atomic(waiting, pieces, durable=False)
        try:
            system.put_file(str(waiting), f"{root}/{name}")
        except Exception as error:
            raise store_error(error, name) from error
        finally:
            remove(waiting)

    def drop(self, scorecard: str) -> None:
        """Removes a call's scorecard, if it is there: pages are made on this machine."""
        system, root = connect(self.url)
        try:
            system.rm_file(f"{root}/{scorecard}")
        except Exception as error:
            if not is_absent(error):
                raise store_error(error, scorecard) from error

    def has_page(self, scorecard: str) -> bool:
        """Pages are made of results on this machine."""
        return False

    def has(self, name: str) -> bool:
        """Whether a file was there when this was first asked: one listing serves them all."""
        if self._there is None:
            self._there = self._list()
        return name in self._there

    def get(self, name: str) -> bytes | None:
        """What an object holds; None when it isn't there."""
        system, root = connect(self.url)
        try:
            data: bytes = system.cat_file(f"{root}/{name}")
        except Exception as error:
            if is_absent(error):
                return None
            raise store_error(error, name) from error
        return data

    def _list(self) -> set[str]:
        system, root = connect(self.url)
        try:
            return {found[len(root) + 1 :] for found in system.find(root)}
        except Exception as error:
            if is_absent(error):
                return set()
            raise store_error(error, "the listing") from error


def boto_code(error: BaseException) -> str:
    """What the store called an error; empty when it gave it no name."""
    cause: BaseException | None = error
    while cause is not None:
        response: Any = getattr(cause, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
        cause = cause.__cause__
    return ""


def is_absent(error: Exception) -> bool:
    """Whether an object isn't there; a bucket that isn't is another matter."""
    return isinstance(error, FileNotFoundError) and boto_code(error) != "NoSuchBucket"


def store_error(error: Exception, name: str) -> OutputError:
    """What a request that failed means for the user.

    Args:
        error: what fsspec or the store's own client raised.
        name: what was to be written or read.
    """
    code, kind = boto_code(error), type(error).__name__
    if "Credential" in kind or kind == "ProfileNotFound" or code in _REJECTED:
        return OutputError(
            "output.no_credentials",
            f"the store was given no credentials that hold ({code or kind})",
            "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and run the same command again",
        )
    if code == "NoSuchBucket":
        return OutputError("output.no_bucket", "the bucket is not there", "Make it, or check the address")
    if isinstance(error, PermissionError) and code:
        return OutputError(
            "output.denied",
            f"the store does not allow {name} ({code})",
            "Allow listing the bucket and getting, putting and deleting below the address; run the same command again",
        )
    if code == "KeyTooLongError":
        seen = f"{name}: with its folders the name is longer than the store takes"
        return OutputError(NAME_TOO_LONG, seen, "Shorten the names of its folders, or choose a shorter prefix")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError("output.disk_full", f"no space left for {name}", "Free space and run the same command again")
    number = error.errno if isinstance(error, OSError) else None
    reason = code or (errno.errorcode.get(number) if number else None) or kind
    return OutputError(
        "output.store",
        f"{name}: the store does not take it ({reason})",
        "Check the store and run the same command again",
    )
