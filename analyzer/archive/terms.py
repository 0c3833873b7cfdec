"""What the results in a folder are made by, noted there: a command that leaves an option out changes nothing.

The standard, its profile, the organisation, and whether personal details are masked. A run notes them before it writes
any result, so that whatever interrupts it, the next one goes on by the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec

from analyzer.archive.ledger import STATE_FOLDER
from analyzer.archive.results import Destination, FolderResults
from analyzer.call.given import read_regular
from analyzer.call.names import printable_name
from analyzer.errors import StandardError, UsageError
from analyzer.outputs.encode import MAX_BYTES
from analyzer.outputs.files import SCORECARD_SUFFIX
from analyzer.rules.reading import SHIPPED, find_pack

NOTED = f"{STATE_FOLDER}/terms.json"
_LONGEST = 1 << 16
_LOOKED_AT = 200  # scorecards of a folder without a note
_MASKED = b'"redaction":{"'  # in a scorecard and in no text: there quotes are escaped


@dataclass(frozen=True, slots=True)
class JudgedBy:
    """A standard as options name it.

    Args:
        standard: a shipped pack's name, or a pack's folder, absolute.
        profile: of its thresholds.
        organisation: its name as agents say it; None: the pack's own.
    """

    standard: str = "base"
    profile: str = "default"
    organisation: str | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """As they are typed."""
        own = ("--organisation", self.organisation) if self.organisation else ()
        return ("--standard", self.standard, "--profile", self.profile, *own)


@dataclass(frozen=True, slots=True)
class Terms:
    """What results are made by. `redacted`: personal details are masked."""

    redacted: bool = False
    judged_by: JudgedBy = JudgedBy()


@dataclass(frozen=True, slots=True)
class Said:
    """What a command says; None where it says nothing. An empty organisation is the pack's own."""

    standard: str | None = None
    profile: str | None = None
    organisation: str | None = None
    redacted: bool | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What a command goes by.

    Args:
        now: what it goes by.
        before: what the results that are there were made by; None where nothing says so.
        kept: what was left out and is not the default, as options are typed.
    """

    now: Terms
    before: Terms | None
    kept: tuple[str, ...]


def settled(said: Said, before: Terms | None) -> Settled:
    """What is said, and for what isn't what was there before, else the default.

    Raises:
        StandardError: there is no such pack.
        UsageError: `usage.standard_gone`, the pack that the folder is judged by is not there any more.
    """
    old = before or Terms()
    was = old.judged_by
    judged_by = JudgedBy(
        _still_there(was.standard) if said.standard is None else _named(said.standard),
        was.profile if said.profile is None else said.profile,
        was.organisation if said.organisation is None else said.organisation or None,
    )
    now = Terms(old.redacted if said.redacted is None else said.redacted, judged_by)
    return Settled(now, before, tuple(_kept(said, now)))


def _kept(said: Said, now: Terms) -> Iterator[str]:
    usual = JudgedBy()
    for name in ("standard", "profile", "organisation"):
        value = getattr(now.judged_by, name)
        if getattr(said, name) is None and value != getattr(usual, name):
            yield from (f"--{name}", value)
    if said.redacted is None and now.redacted:
        yield "--redact"


def _named(standard: str) -> str:
    """A pack so that it is found from any folder."""
    folder = find_pack(standard)
    if folder.resolve().parent == SHIPPED:
        return folder.name
    return os.path.abspath(folder)  # noqa: PTH100  links stay as they are written


def _still_there(standard: str) -> str:
    try:
        find_pack(standard)
    except StandardError:
        seen = f"the results are judged by {printable_name(standard)}, which is not there any more"
        raise UsageError("usage.standard_gone", seen, "Put it back, or name another with --standard") from None
    return standard


def recalled(results: Destination) -> Terms | None:
    """What the results of a place were made by; None where nothing says so."""
    noted = _decoded(results.get(NOTED))
    if noted is None and isinstance(results, FolderResults):
        return _by_looks(results.out)
    return noted


def recalled_above(folder: Path) -> Terms | None:
    """The same of a folder of results, or of one that it lies in."""
    real = Path(os.path.realpath(folder))
    for at in (real, *real.parents):
        try:
            noted = _decoded(read_regular(at / NOTED, _LONGEST))
        except (OSError, ValueError):
            continue
        if noted is not None:
            return noted
    return _by_looks(folder)


def remember(results: Destination, redacted: bool | None, judged_by: JudgedBy | None) -> Terms:
    """Notes what results are made by from now on, before any is written; returns it.

    Args:
        results: held by this run.
        redacted: None: as before.
        judged_by: None: as before.

    Raises:
        OutputError: it could not be written, or the store can't be read.
    """
    old = recalled(results) or Terms()
    terms = Terms(old.redacted if redacted is None else redacted, judged_by or old.judged_by)
    data = msgspec.json.encode(terms) + b"\n"
    if results.get(NOTED) != data:
        results.put(NOTED, data)
    return terms


def is_masked(folder: Path) -> bool:
    """Whether a scorecard below a folder is masked; of many the first are looked at."""
    for path in islice(folder.rglob(f"*{SCORECARD_SUFFIX}"), _LOOKED_AT):
        try:
            if _MASKED in read_regular(path, MAX_BYTES):
                return True
        except (OSError, ValueError):
            continue
    return False


def _by_looks(folder: Path) -> Terms | None:
    """Masked results stay masked, though the note is lost: only hidden files tell whose they were."""
    return Terms(redacted=True) if is_masked(folder) else None


def _decoded(data: bytes | None) -> Terms | None:
    try:
        return None if data is None else msgspec.json.decode(data, type=Terms)
    except (ValueError, RecursionError):
        return None
