"""The place where results go: a folder, or a store together with a folder of this machine.

What the next run must know (ledger, hearings, hits) lies in that folder, the home; for results in a folder it is the
same one. A place is held by one run at a time.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from analyzer.archive.ledger import SCORED, STATE_FOLDER, Ledger, Lock
from analyzer.archive.remote import is_remote
from analyzer.archive.results import Destination, FolderResults
from analyzer.archive.store_lock import StoreLock
from analyzer.archive.store_results import StoreResults
from analyzer.call.given import read_regular
from analyzer.errors import UsageError
from analyzer.outputs.files import sweep_stale, write_atomic
from analyzer.speech.model import cache_folder

_LONGEST = 1 << 16  # bytes of what a state folder says of itself


@dataclass(frozen=True, slots=True)
class Place:
    """A place that is held.

    Args:
        home: folder of this machine with ledger and cache.
        results: where results go.
        lock: of a store.
    """

    home: Path
    results: Destination
    lock: StoreLock | None = None

    def check(self, at_once: bool = False) -> None:
        """Raises `OutputError` when another run took it over."""
        if self.lock is not None:
            self.lock.check(at_once)


def home_of(out: Path | str, state: Path | None = None) -> Path:
    """The folder of this machine where ledger and cache of an output lie.

    Args:
        out: a folder, or an address.
        state: of results in a store; None: one in the user's cache, named by the address.

    Raises:
        UsageError: `usage.remote_output`, results can't go there; `usage.state`, `state` with a folder.
    """
    if isinstance(out, str) and is_remote(out):
        if not out.startswith("s3://"):
            raise UsageError("usage.remote_output", f"results can't go to {out}", "Name a folder or s3://bucket/prefix")
        return state or cache_folder() / "state" / hashlib.sha256(_plain(out).encode()).hexdigest()[:16]
    if re.match(r"[a-z][a-z0-9+.-]+:/", str(out)):
        raise UsageError("usage.remote_output", f"results can't go to {out}", "Name a folder; copy it afterwards")
    if state is not None:
        raise UsageError("usage.state", "--state is for results in a store", "Leave it out: a folder keeps its own")
    return Path(out)


def look(out: Path | str, state: Path | None = None) -> Place:
    """A place that nobody holds, to be read only.

    Args:
        out: as `home_of` takes it.
        state: as `home_of` takes it.

    Raises:
        UsageError: as `home_of`.
    """
    home = home_of(out, state).absolute()
    return Place(home, StoreResults(home, _plain(str(out))) if is_remote(str(out)) else FolderResults(home))


@contextlib.contextmanager
def hold(out: Path | str, state: Path | None = None, break_lock: bool = False) -> Iterator[Place]:
    """Holds a place for one run, and sweeps what a stopped one left.

    Args:
        out: as `home_of` takes it.
        state: as `home_of` takes it.
        break_lock: although another run seems to be at work in the store.

    Raises:
        UsageError: as `home_of`; `usage.state`, the state folder belongs to another address.
        OutputError: `output.locked`, or it can't be written.
    """
    home = home_of(out, state).absolute()
    with Lock(home):
        sweep_stale(home)
        if not is_remote(str(out)):
            yield Place(home, FolderResults(home))
            return
        url = _plain(str(out))
        lock = StoreLock(url, _identity(home, url), break_lock)
        if not lock.is_ours:
            _forget_judgements(home)
        lock.take()
        try:
            yield Place(home, StoreResults(home, url), lock)
        finally:
            lock.release()


@dataclass(frozen=True, slots=True)
class _Belongs:
    """What a state folder says of itself."""

    state: str
    url: str


def _identity(home: Path, url: str) -> str:
    """Of a state folder, made with it."""
    path = home / STATE_FOLDER / "store.json"
    try:
        belongs = msgspec.json.decode(read_regular(path, _LONGEST), type=_Belongs)
    except (OSError, ValueError, RecursionError):
        belongs = _Belongs(secrets.token_hex(16), url)
        write_atomic(path, msgspec.json.encode(belongs))
    if belongs.url != url:
        raise UsageError("usage.state", f"the state folder belongs to {belongs.url}", "Name another with --state")
    return belongs.state


def _forget_judgements(home: Path) -> None:
    """Scorecards in the store may be another's by now: they are judged and written anew, nothing is heard again."""
    ledger = Ledger(home)
    for entry in list(ledger.entries.values()):
        if entry.outcome == SCORED:
            ledger.append(replace(entry, judging=""))
    ledger.close()


def _plain(url: str) -> str:
    return url.rstrip("/")
