"""What a batch is asked for, and what it says of itself while it runs and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from analyzer.archive.ledger import FAILED, REFUSED
from analyzer.archive.place import home_of
from analyzer.archive.terms import JudgedBy
from analyzer.call.types import Role
from analyzer.errors import UsageError

GATE, NOT_ALL_SCORED, INTERRUPTED = 1, 5, 130


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """What a batch is asked to do.

    Args:
        sources: folders, files, patterns or manifests that list recordings.
        out: output folder, or an address, s3://bucket/prefix.
        state: for an address, the folder of this machine with ledger and cache; None: one in the user's cache.
        break_lock: although another run seems to be at work at the address.
        manifest: metadata of the recordings, CSV or JSONL; None: the manifest among the sources that has any.
        roles: by channel, for every recording.
        workers: processes; None chooses from the machine, 0 works in this process.
        threads: of each worker's recogniser; None shares the cores out.
        retry: outcomes that are tried again: "failed", "refused".
        limit: at most so many recordings are done in this run.
        sample: only a random choice of so many recordings.
        seed: of the choice.
        gate: the run ends with 1 when a call scores less than this, breaks a fatal rule, or has no score.
        redacted: personal details are masked in scorecards and index; None: as they were before.
        remove_gone: results whose recording is not there any more are removed.
        judged_by: what the analyser judges by, to be noted with the results; None notes nothing new.
        call_timeout_s: a recording that takes longer has failed.
        engine: "local" processes, or "ray".
        address: of the Ray cluster; None: what RAY_ADDRESS says, else this machine alone.
        gpus: of each worker on a cluster.
        recycle_calls: a worker makes way for a new one after so many calls; None never.
        recycle_bytes: it does too when it holds so much more memory after a call than before its first.
    """

    sources: tuple[str | Path, ...]
    out: Path | str
    state: Path | None = None
    break_lock: bool = False
    manifest: Path | None = None
    roles: tuple[Role, ...] | None = None
    workers: int | None = None
    threads: int | None = None
    retry: tuple[str, ...] = ()
    limit: int | None = None
    sample: int | None = None
    seed: int = 0
    gate: float | None = None
    redacted: bool | None = None
    remove_gone: bool = False
    judged_by: JudgedBy | None = None
    call_timeout_s: float = 3600.0
    engine: Literal["local", "ray"] = "local"
    address: str | None = None
    gpus: float = 0.0
    recycle_calls: int | None = None
    recycle_bytes: int = 1 << 30

    def __post_init__(self) -> None:
        home_of(self.out, self.state)
        if not self.call_timeout_s > 0:  # nor is it a number
            raise UsageError("usage.call_timeout", f"{self.call_timeout_s:g} s for a call", "Say more than 0 minutes")
        if unknown := set(self.retry) - {FAILED, REFUSED}:
            raise UsageError("usage.retry", f"--retry {sorted(unknown)[0]}", "Say failed or refused")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, and the recording that just ended. `left_s` is None until it can be said."""

    total: int
    skipped: int
    done: int
    scored: int
    refused: int
    failed: int
    audio_ms: int
    elapsed_s: float
    left_s: float | None
    workers: int
    name: str
    outcome: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What a run did and how the archive stands after it.

    Args:
        listed: recordings in the archive.
        skipped: were done already.
        done: ended in this run.
        outcomes: of all that are done, by kind.
        codes: of those refused or failed, by code.
        not_done: not begun, or begun and not ended.
        unreadable: folders that could not be listed.
        below_gate: names of the calls that the gate stops, since they score less or broke a fatal rule.
        gate_without_score: names of those that it stops, since they have no score.
        interrupted: the run was asked to stop.
        without_score: of the scored calls those that have no total, by the reason's code.
        notices: calls whose reader must know something (`notice_codes`), by code.
        duplicates: names of scored recordings that are one, byte for byte.
        rows_unmatched: recordings that the manifest names and the sources don't hold.
        without_row: recordings that the manifest doesn't name.
        damaged: lines of the ledger that were passed over, by number.
        missed: of a `rejudge`, the calls that could not be judged again: names.
        rejudged: nothing but the ledger says what there is.
        made: fingerprints of scorecards that were written beside a page, by their path below the output folder.
        gone: results whose recording is not there any more: names.
        removed: those of them that were removed, since that was asked for.
        not_wav: sound in other formats that was passed over, by ending.
        exit_code: 0 all scored, 1 gate, 5 some not scored, 130 interrupted.
    """

    listed: int
    skipped: int
    done: int
    outcomes: dict[str, int]
    codes: dict[str, int]
    not_done: int
    unreadable: tuple[str, ...] = ()
    below_gate: tuple[str, ...] = ()
    interrupted: bool = False
    gate_without_score: tuple[str, ...] = ()
    without_score: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    duplicates: tuple[tuple[str, ...], ...] = ()
    rows_unmatched: tuple[str, ...] = ()
    without_row: int = 0
    damaged: tuple[int, ...] = ()
    missed: tuple[str, ...] = ()
    rejudged: bool = False
    made: dict[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    not_wav: Mapping[str, int] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """For the process."""
        if self.interrupted:
            return INTERRUPTED
        if self.below_gate or self.gate_without_score:
            return GATE
        unknown = self.missed or (self.rejudged and self.damaged)
        return NOT_ALL_SCORED if self.codes or self.unreadable or unknown else 0


Show = Callable[[Progress], None]
Warn = Callable[[int], None]
