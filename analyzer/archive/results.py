"""Where the results of a call go: into the output folder, or into a parcel for the process that may write there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from analyzer.archive.cache import MAX_KEPT_BYTES, Memory
from analyzer.archive.ledger import STATE_FOLDER
from analyzer.call.given import read_regular
from analyzer.outputs.files import remove, write_atomic
from analyzer.outputs.page_mark import page_beside, remove_with_page


class Results(Memory, Protocol):
    """Takes in what is made of calls. Each raises `OutputError` when it can't."""

    def put(self, name: str, data: bytes) -> None:
        """Writes a file below the output folder, whole or not at all."""

    def has_page(self, scorecard: str) -> bool:
        """Whether a call's page is seen to stand beside its scorecard."""


class Destination(Results, Protocol):
    """Where results end; survives `pickle`."""

    def put_long(self, name: str, pieces: Iterable[bytes]) -> None:
        """As `put`, for what may be too long to hold in memory."""

    def drop(self, scorecard: str) -> None:
        """Removes a call's scorecard and its page, as far as they are there."""

    def forget(self, name: str) -> None:
        """Removes what was kept under a name, as far as it is there."""

    def has(self, name: str) -> bool:
        """Whether a file was there when the run began to ask."""

    def get(self, name: str) -> bytes | None:
        """What stands in a small file; None when it isn't there or can't be one of ours."""


class FolderResults:
    """Results written where they belong.

    Args:
        out: output folder.
    """

    def __init__(self, out: Path) -> None:
        self.out, self.state = out, out / STATE_FOLDER

    def recall(self, name: str) -> bytes | None:
        """What was kept under a name; None when it isn't there."""
        try:
            return read_regular(self.state / name, MAX_KEPT_BYTES)
        except (OSError, ValueError):
            return None

    def remember(self, name: str, data: bytes) -> None:
        """Keeps what can be made again and carries its own hash."""
        write_atomic(self.state / name, data, durable=False)

    def forget(self, name: str) -> None:
        """Removes what was kept under a name, as far as it is there."""
        remove(self.state / name)

    def put(self, name: str, data: bytes) -> None:
        """Writes a file below the output folder, whole or not at all."""
        write_atomic(self.out / name, data)

    def put_long(self, name: str, pieces: Iterable[bytes]) -> None:
        """The same for what may be too long to hold in memory."""
        write_atomic(self.out / name, pieces)

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return os.path.isfile(self.out / name)  # noqa: PTH113  whatever the name is: it raises nothing

    def get(self, name: str) -> bytes | None:
        """What stands in a small file; None when it isn't there or can't be one of ours."""
        try:
            return read_regular(self.out / name, MAX_KEPT_BYTES)
        except (OSError, ValueError):
            return None

    def has_page(self, scorecard: str) -> bool:
        """Whether a call's page stands beside its scorecard."""
        return self.has(str(page_beside(Path(scorecard))))

    def drop(self, scorecard: str) -> None:
        """Removes a call's scorecard and its page, as far as they are there."""
        remove_with_page(self.out / scorecard)


@dataclass(slots=True)
class Parcel:
    """Results of one call on their way to the process that writes them; as `Results` it is written into.

    A machine that is thought dead and is not may still send one: it is never opened, so nothing old replaces anything.

    Args:
        known: what the job brought along, by name.
    """

    known: dict[str, bytes] = field(default_factory=dict)
    kept: list[tuple[str, bytes]] = field(default_factory=list)
    file: tuple[str, bytes] | None = None

    def recall(self, name: str) -> bytes | None:
        """What came with the job."""
        return self.known.get(name)

    def remember(self, name: str, data: bytes) -> None:
        """Puts something in to be kept."""
        if self.known.get(name) != data:
            self.kept.append((name, data))

    def put(self, name: str, data: bytes) -> None:
        """Puts a file in."""
        self.file = name, data

    def has_page(self, scorecard: str) -> bool:
        """Another machine's folder is not seen."""
        return False

    def open(self, results: Destination) -> None:
        """Writes what is inside: the scorecard last.

        Raises:
            OutputError: it could not be written.
        """
        for name, data in self.kept:
            if results.recall(name) != data:  # lists of phrases come with every call
                results.remember(name, data)
        if self.file is not None:
            results.put(*self.file)
