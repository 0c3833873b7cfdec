"""What is done: one line of JSON for every recording that ended, appended and never changed.

The newest line of a recording holds. A line that a stopped run left half written is dropped at the next start; one
that is damaged is passed over and named. When a run ends the ledger is written anew in order, one line a recording, so
that it doesn't depend on who finished when.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from analyzer.archive.names import is_name
from analyzer.call.given import NotRegularError, open_regular
from analyzer.call.names import printable_name
from analyzer.call.types import CallMetadata
from analyzer.errors import OutputError, UsageError
from analyzer.outputs.files import FILE_MODE, make_folder, output_error, write_atomic

STATE_FOLDER, _LEDGER = ".analyzer", "ledger.jsonl"
SCORED, REFUSED, FAILED = "scored", "refused", "failed"
STRUCK = "struck"  # a worker died on it, to be tried again
FLUSH_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a file is known to be unchanged without reading it."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What the index says of a call: why it has no score, and what its reader must know (`notice_codes`).

    Of `metadata_unclear` also what was not understood.

    Counts and length are None where there is no scorecard to count in.
    """

    score: float | None = None
    reason: str | None = None
    notices: tuple[str, ...] = ()
    fatal: tuple[str, ...] = ()
    failed: int | None = None
    unsure: int | None = None
    passed: int | None = None
    duration_ms: int | None = None
    defects: tuple[str, ...] = ()
    call_id: str | None = None
    agent_id: str | None = None
    team: str | None = None
    start_time: str | None = None
    unclear: tuple[str, ...] = ()

    @classmethod
    def named(cls, call: CallMetadata | Summary | None) -> Summary | None:
        """Whose call it was, of a recording without a scorecard; None where nothing is known."""
        return None if call is None else cls(
            call_id=call.call_id, agent_id=call.agent_id, team=call.team, start_time=call.start_time
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """How one recording ended, and what decided it.

    Args:
        path: the recording's name below the archive (`Recording.name`).
        outcome: "scored", "refused", "failed", or "struck" while it may be tried again.
        stamp: of the file; None when it could not be looked at.
        sha256: of the file; None when its header already refused it.
        heard: key of the cached hearing; None when there is none.
        metadata: fingerprint of the metadata that came with it.
        hearing: fingerprint of everything else that decided what was heard.
        judging: fingerprint of the standard and of the code that judges.
        scorecard: its path below the output folder; None when not scored.
        made: fingerprint of the scorecard where a page stood beside it when it was written; else empty.
        code: of the refusal or failure, with `seen` and `todo`.
        strikes: how many workers died on it.
        gone: its recording was not there any more when a batch last looked.
        root: fingerprint of the sources' common folder when it ended; empty when not known.
        summary: for the index; of a recording that was not scored only what came with it, which nothing masks.
    """

    path: str
    outcome: str
    stamp: Stamp | None = None
    sha256: str | None = None
    heard: str | None = None
    metadata: str = ""
    hearing: str = ""
    judging: str = ""
    scorecard: str | None = None
    made: str = ""
    code: str | None = None
    seen: str = ""
    todo: str = ""
    strikes: int = 0
    gone: bool = False
    root: str = ""
    summary: Summary | None = None


_DECODER = msgspec.json.Decoder(Entry)
_OUTCOMES = frozenset([SCORED, REFUSED, FAILED, STRUCK])
_KEY = re.compile(r"[0-9a-f]{16}")  # a `fingerprint`
_LONGEST = 1 << 24  # bytes of a line
_BEGIN = b'{"path":"'  # of every line, so also of one that a killed run left half written


class Ledger:
    """The ledger of one output folder. Only the process that holds the folder's lock writes it.

    `damaged` has the numbers of the lines that were passed over, from 1; while it has any, they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / STATE_FOLDER / _LEDGER
        self._fd: int | None = None
        self._flushed_at = 0.0
        self._forgot = False
        self._encoder = msgspec.json.Encoder(order="deterministic")
        self.entries: dict[str, Entry] = {}
        self.damaged: tuple[int, ...] = ()
        self._read()

    def _read(self) -> None:
        self._whole, self._in_order, ordered, last = 0, True, True, ""
        self._is_ended = True
        damaged = []
        try:
            with os.fdopen(open_regular(self.path), "rb") as file:
                for number, (line, size, is_ended) in enumerate(_lines(file), 1):
                    self._in_order = False
                    if not is_ended and line.startswith(_BEGIN[: len(line)]):
                        break  # torn: the run was stopped while it wrote
                    self._whole += size
                    entry = _decoded(line) if is_ended else None
                    if entry is None:
                        damaged.append(number)
                        self._is_ended = is_ended
                        continue
                    self.entries[entry.path] = entry
                    self._in_order, last = ordered and entry.path > last, entry.path
                    ordered = self._in_order
        except FileNotFoundError:
            return
        except NotRegularError:
            seen = "the ledger is a named pipe, a folder or a device, not a regular file"
            raise OutputError("output.not_a_ledger", seen, "Take it away, or put the ledger there") from None
        except OSError as error:
            raise output_error(error, self.path) from error
        self.damaged = tuple(damaged)

    def append(self, entry: Entry) -> None:
        """Records how a recording ended.

        Raises:
            OutputError: the line could not be written.
        """
        line = (b"" if self._is_ended else b"\n") + self._encoder.encode(entry) + b"\n"
        try:
            if self._fd is None:
                make_folder(self.path.parent)
                self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
                os.ftruncate(self._fd, self._whole)
                os.lseek(self._fd, self._whole, os.SEEK_SET)
            written = os.write(self._fd, line)
            if written < len(line):  # the disk is full: take the half line back
                os.ftruncate(self._fd, self._whole)
                os.lseek(self._fd, self._whole, os.SEEK_SET)
                raise OutputError("output.disk_full", "no space left for the ledger", "Free space and run again")
            self._whole, self._is_ended = self._whole + written, True
            self.entries[entry.path] = entry
            self._in_order = False
            if time.monotonic() - self._flushed_at > FLUSH_EVERY_S:
                self.flush()
        except OSError as error:
            raise output_error(error, self.path) from error

    def flush(self) -> None:
        """Makes what was appended survive a power cut; a killed process loses nothing either way."""
        if self._fd is not None:
            os.fsync(self._fd)
        self._flushed_at = time.monotonic()

    def forget(self, names: Iterable[str]) -> None:
        """Takes recordings out, when the ledger is closed."""
        for name in names:
            self.entries.pop(name, None)
            self._in_order, self._forgot = False, True

    def close(self) -> None:
        """Writes the ledger anew in order of the recordings, if it isn't and no line is damaged."""
        if self._fd is not None:
            self.flush()
            os.close(self._fd)
            self._fd = None
        ordered = (self._encoder.encode(self.entries[path]) + b"\n" for path in sorted(self.entries))
        if (self.entries or self._forgot) and not self._in_order and not self.damaged:
            write_atomic(self.path, ordered)
            self._in_order, self._whole = True, self.path.stat().st_size

    def abandon(self) -> None:
        """Closes the file as it is, after a failure to write."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _lines(file: BinaryIO) -> Iterator[tuple[bytes, int, bool]]:
    """Each line, its length, and whether it has its end; of one that is far too long the beginning."""
    while line := file.readline(_LONGEST):
        size, more = len(line), line
        while len(more) == _LONGEST and not more.endswith(b"\n"):
            more = file.readline(_LONGEST)
            size += len(more)
        yield line, size, more.endswith(b"\n")


def _decoded(line: bytes) -> Entry | None:
    """The entry of a line; None when it is damaged."""
    try:
        entry = _DECODER.decode(line)
    except (ValueError, RecursionError):
        return None
    # What files are called by must not lead elsewhere.
    is_whole = (
        is_name(entry.path) and (entry.heard is None or _KEY.fullmatch(entry.heard)) and entry.outcome in _OUTCOMES
    )
    return entry if is_whole else None


def refuse_batch_folder(out: Path) -> None:
    """Keeps scorecards of no batch out of a batch's folder: the next run would take them for its own.

    Args:
        out: where they are to go; what lies below a batch's folder is its, too.

    Raises:
        UsageError: `usage.batch_folder`.
    """
    folder = Path(os.path.realpath(out))
    for at in (folder, *folder.parents):
        if os.path.exists(at / STATE_FOLDER / _LEDGER):  # noqa: PTH110  one that may not be looked into raises nothing
            seen = f"{printable_name(at.name)} holds the results of `analyzer batch`, which this would write over"
            raise UsageError("usage.batch_folder", seen, "Name another folder with -o, or use `analyzer batch`")


class Lock:
    """Keeps two runs out of one output folder. Held until the process ends, however it ends.

    Raises:
        OutputError: `output.locked`, another run is at work there.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / STATE_FOLDER / "lock"
        try:
            make_folder(path.parent)
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        except OSError as error:
            raise output_error(error, path) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._fd)
            raise OutputError(
                "output.locked", "another run is at work in this output folder", "Wait for it, or choose another folder"
            ) from error
        except OSError as error:
            os.close(self._fd)
            raise output_error(error, path) from error

    def release(self) -> None:
        """Lets the next run in."""
        os.close(self._fd)

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
