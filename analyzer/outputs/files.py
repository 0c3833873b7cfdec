"""Files that are complete or absent, and names that stay inside the output folder.

A file is written beside its place, flushed to the disk, moved over its place, and the folder is flushed. Whatever a
killed run left behind is a temporary file with our mark, swept at the next start. Its writer holds a lock on it, which
ends with the process: numbers of processes say little where containers share a folder. Recordings are private: files
are readable by their owner only.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path, PurePosixPath

from analyzer.call.names import printable_name
from analyzer.errors import OutputError

FILE_MODE, FOLDER_MODE = 0o600, 0o700
MAX_NAME_BYTES = 200  # of 255, so that suffixes and temporary names fit
_MARK, _END = ".analyzer-", ".tmp"
_OTHERS_S = 24 * 3600  # another machine's lock may not be seen here: its files are left so long

SCORECARD_SUFFIX = ".scorecard.json"
NAME_TOO_LONG, IS_A_FOLDER = "output.name_too_long", "output.is_a_folder"
OF_ONE_PLACE = frozenset([NAME_TOO_LONG, IS_A_FOLDER])  # keeps one file from being written, not the next
# What we write ourselves must not be the name of a folder that the recordings have.
_OURS = re.compile(r"(\.scorecard\.json|\.html|\Aindex\.(json|csv))\Z", re.IGNORECASE)
_ENDING = re.compile(r"\.wave?\Z", re.IGNORECASE)


def write_atomic(path: Path, data: bytes | Iterable[bytes], durable: bool = True) -> None:
    """Writes a file so that it is either whole or not there, even when the process or the machine stops.

    Args:
        path: where to; missing folders are made.
        data: the content, or its pieces in order.
        durable: wait until the disk has it. Without that a power cut may tear the file (a killed process does not):
            only for what carries its own hash and can be made again.

    Raises:
        OutputError: `output.disk_full`, `output.read_only`, `output.not_a_folder`, `output.is_a_folder`,
            `output.name_too_long`, `output.not_written`.
    """
    try:
        make_folder(path.parent)
        temporary, fd = _open_temporary(path.parent)
        try:
            with os.fdopen(fd, "wb") as file:
                for piece in (data,) if isinstance(data, bytes) else data:
                    file.write(piece)
                file.flush()
                if durable:
                    os.fsync(fd)
                os.replace(temporary, path)  # noqa: PTH105  while the lock is held: nobody sweeps it before
        except BaseException:
            _remove(temporary)
            raise
        if durable:
            _flush_folder(path.parent)
    except OSError as error:
        raise output_error(error, path) from error


def remove(path: Path) -> None:
    """Removes a file; one that isn't there, or a folder in its place, is no matter.

    Raises:
        OutputError: it is there and can't be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        if error.errno not in (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR):  # no file can be there
            raise output_error(error, path) from error


def make_folder(path: Path) -> None:
    """Makes a folder and those above it, for the owner only; folders that are there stay as they are."""
    missing = []
    while not path.is_dir() and path.parent != path:
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        try:
            folder.mkdir(mode=FOLDER_MODE)
        except FileExistsError:
            if not folder.is_dir():
                raise


def sweep_stale(folder: Path) -> int:
    """Removes the temporary files that stopped runs left below a folder; returns how many.

    Those that somebody still writes stay, and for a day those of other machines.

    Args:
        folder: searched with all folders below it; links are not followed.
    """
    return sum(_sweep(path) for path in _temporary_files(folder))


def scorecard_name(relative: str) -> str:
    """Where a recording's scorecard stands below the output folder.

    `team/call.wav` becomes `team/call.scorecard.json`, `call.WAV` and `call.wave` keep their ending before it. A part
    of the path that can't be written as it is (bytes outside UTF-8, control characters, too long, another ending or two
    of them, a folder called like a scorecard, a page or the index) is made safe and gets eight digits of its hash, so
    that two recordings never share a name. The name depends on the relative path alone.

    Args:
        relative: the recording's path below the archive, with "/" between folders.
    """
    *folders, name = PurePosixPath(relative).parts or ("_",)
    stem = name.removesuffix(".wav")
    # call.WAV keeps its name, call.WAV.wav doesn't; `call` is not `call.wav`, and no other name has a slash
    whole = name if _ENDING.search(stem) else f"{name}/" if stem == name else stem or name
    return "/".join([*(_safe(part, part, _OURS) for part in folders), _safe(stem or "_", whole) + SCORECARD_SUFFIX])


def scorecards_below(folder: Path) -> dict[str, Path]:
    """The scorecards below a result folder by place, in order of path.

    A place is the path below the folder without its suffix; it is text, bytes outside UTF-8 (a file was renamed)
    are %XX in it.
    """
    return {
        "".join(
            f"%{ord(c) - 0xDC00:02X}" if 0xDC80 <= ord(c) <= 0xDCFF else c
            for c in path.relative_to(folder).as_posix().removesuffix(SCORECARD_SUFFIX)
        ): path
        for path in sorted(folder.rglob(f"*{SCORECARD_SUFFIX}"))
    }


def output_error(error: OSError, path: Path) -> OutputError:
    """What a failed write means for the user."""
    shown = printable_name(path.name)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return OutputError(
            "output.disk_full", f"no space left for {shown}", "Free space and run the same command again"
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return OutputError("output.read_only", f"{shown} may not be written", "Choose another output folder")
    if error.errno == errno.EISDIR:
        todo = "Move it away; a batch tries the call again with --retry failed"
        return OutputError(IS_A_FOLDER, f"a folder stands where {shown} is to be written", todo)
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return OutputError("output.not_a_folder", f"the way to {shown} is blocked by a file", "Choose another folder")
    if error.errno == errno.ENAMETOOLONG:
        seen = f"{shown}: with its folders the name is longer than the file system takes"
        return OutputError(
            NAME_TOO_LONG, seen, "Shorten the names of its folders, or choose an output folder higher up"
        )
    reason = errno.errorcode.get(error.errno or 0, type(error).__name__)
    return OutputError("output.not_written", f"{shown} could not be written ({reason})", "Check the output folder")


def _safe(part: str, whole: str, taken: re.Pattern[str] = re.compile(r"(?!)")) -> str:
    """One path component that every file system takes.

    Args:
        part: as the recording has it, ending taken away.
        whole: what the hash is taken of when the part can't stay as it is.
        taken: what it may not be called.
    """
    raw = os.fsencode(part)
    text = raw.decode("utf-8", "replace")
    clean = "".join(c if c.isprintable() and c not in '\ufffd/\\:*?"<>|' else "_" for c in text).rstrip(" .")
    while len(clean.encode()) > MAX_NAME_BYTES - 9:
        clean = clean[:-1]
    is_free = not clean.startswith(".") and "~" not in part and not taken.search(part)
    if clean == part == whole and part not in ("", ".", "..") and is_free:
        return clean
    clean = clean.lstrip(".") or "_"
    return f"{clean}~{hashlib.sha256(os.fsencode(whole)).hexdigest()[:8]}"


def _open_temporary(folder: Path) -> tuple[Path, int]:
    """A new file of a name that nobody has, locked as long as it is open."""
    while True:
        path = folder / f"{_MARK}{_machine()}-{secrets.token_hex(8)}{_END}"
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
        with suppress(OSError):  # a file system without locks
            fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink:
            return path, fd
        os.close(fd)  # swept before it was locked


@cache
def _machine() -> str:
    """Names the running system, which all its containers share: within it a lock is always seen."""
    try:
        running = Path("/proc/sys/kernel/random/boot_id").read_bytes()
    except OSError:
        running = os.uname().nodename.encode()
    return hashlib.sha256(running).hexdigest()[:8]


def _sweep(path: Path) -> bool:
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        is_old = time.time() - os.fstat(fd).st_mtime > _OTHERS_S
        if not is_old and not path.name.startswith(f"{_MARK}{_machine()}-"):
            return False
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if isinstance(error, BlockingIOError) or not is_old:  # its writer holds it, or nobody can tell
                return False
        return _remove(path)
    finally:
        os.close(fd)


def _temporary_files(folder: Path) -> Iterator[Path]:
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    elif entry.name.startswith(_MARK) and entry.name.endswith(_END):
                        yield Path(entry.path)
        except OSError:  # gone, or not ours to look into
            continue


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True


def _flush_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems flush no folders
            raise
    finally:
        os.close(fd)
