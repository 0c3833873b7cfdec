"""Where the results of a call go: into the output folder, or into a parcel for the process that may write there."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from analyzer.archive.cache import HeardCache, pack, unpack
from analyzer.outputs.files import remove, write_atomic
from analyzer.pipeline import Heard


class Results(Protocol):
    """Takes in what is made of calls. Each raises `OutputError` when it can't."""

    def load(self, key: str) -> Heard | None:
        """A hearing kept earlier."""

    def keep(self, key: str, heard: Heard) -> None:
        """Keeps a hearing."""

    def put(self, name: str, data: bytes) -> None:
        """Writes a file below the output folder, whole or not at all."""

    def drop(self, name: str) -> None:
        """Removes a file below the output folder, if it is there."""


class FolderResults:
    """Results written where they belong.

    Args:
        out: output folder.
    """

    def __init__(self, out: Path) -> None:
        self.out, self.cache = out, HeardCache(out)

    def load(self, key: str) -> Heard | None:
        """A hearing kept earlier."""
        return self.cache.load(key)

    def keep(self, key: str, heard: Heard) -> None:
        """Keeps a hearing."""
        self.cache.keep(key, heard)

    def put(self, name: str, data: bytes) -> None:
        """Writes a file below the output folder, whole or not at all."""
        write_atomic(self.out / name, data)

    def drop(self, name: str) -> None:
        """Removes a file below the output folder, if it is there."""
        remove(self.out / name)


@dataclass(slots=True)
class Parcel:
    """Results of one call on their way to the process that writes them; as `Results` it is written into.

    A machine that is thought dead and is not may still send one: it is never opened, so nothing old replaces anything.

    Args:
        known: key and packed hearing that came with the job.
    """

    known: tuple[str, bytes] | None = None
    heard: tuple[str, bytes] | None = field(default=None)
    file: tuple[str, bytes | None] | None = field(default=None)  # None: the file is dropped

    def load(self, key: str) -> Heard | None:
        """The hearing that came with the job."""
        return unpack(self.known[1]) if self.known is not None and self.known[0] == key else None

    def keep(self, key: str, heard: Heard) -> None:
        """Puts a hearing in."""
        self.heard = key, pack(heard)

    def put(self, name: str, data: bytes) -> None:
        """Puts a file in."""
        self.file = name, data

    def drop(self, name: str) -> None:
        """Notes that a file is to be removed."""
        self.file = name, None

    def open(self, results: FolderResults) -> None:
        """Writes what is inside: the hearing first, then the scorecard.

        Raises:
            OutputError: it could not be written.
        """
        if self.heard is not None:
            results.cache.keep_packed(*self.heard)
        if self.file is not None:
            name, data = self.file
            if data is None:
                results.drop(name)
            else:
                results.put(name, data)
