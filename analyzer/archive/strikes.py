"""In which order jobs are given out, and what becomes of those on which a worker died.

A recording on which a worker died is tried again after all others, then once more alone; on the third death it has
failed. So a process killed from outside costs a second try, and a recording that kills its worker stops nobody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from analyzer.archive.ledger import FAILED, STRUCK, Entry, Summary
from analyzer.archive.work import Identity, Job, stamp_of

MAX_STRIKES = 3


class Docket:
    """The jobs of one run, the same for every engine.

    Args:
        identity: of the run, for the entries of lost jobs.
    """

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.again: deque[Job] = deque()  # struck once
        self.alone: deque[Job] = deque()  # struck twice

    @property
    def waits(self) -> bool:
        """Whether a struck job is still to be tried."""
        return bool(self.again or self.alone)

    def next(self, jobs: Iterator[Job], busy: int) -> Job | None:
        """The next job to give out; None when there is none now.

        Args:
            jobs: fresh ones.
            busy: workers that have a job.
        """
        for job in jobs:
            if job.strikes == 0:
                return job
            self._queue(job)  # struck in an earlier run
        if self.again:
            return self.again.popleft()
        if self.alone and busy == 0:
            return self.alone.popleft()
        return None

    def give_back(self, job: Job) -> None:
        """Nobody had begun it."""
        self.again.appendleft(job)

    def strike(self, job: Job) -> Entry:
        """A worker died on it: its entry, struck and to be tried again, or failed."""
        job = replace(job, strikes=job.strikes + 1)
        if job.strikes >= MAX_STRIKES:
            todo = "Report it with the recording's facts; `--retry failed` tries it again"
            return self.lost(job, FAILED, "machine.worker_died", f"{job.strikes} workers died on it", todo)
        self._queue(job)
        return self.lost(job, STRUCK, None)

    def late(self, job: Job, timeout_s: float) -> Entry:
        """It took too long."""
        seen = f"it took more than {timeout_s / 60:g} minutes"
        todo = "Give it more minutes with `--call-timeout` and `--retry failed`; if that doesn't help, report it"
        return self.lost(job, FAILED, "machine.timeout", seen, todo)

    def lost(self, job: Job, outcome: str, code: str | None, seen: str = "", todo: str = "") -> Entry:
        """The entry of a job that no worker answered for; what was known of the same recording is still known."""
        stamp = stamp_of(job.path)
        known = job.known if job.known is not None and job.known[0] == stamp else None
        return Entry(
            job.name,
            outcome,
            stamp=stamp,
            sha256=known[1] if known else None,
            heard=job.heard or (job.heard_before if known else None),
            metadata=job.metadata_print,
            hearing=self.identity.hearing,
            judging=self.identity.judging,
            code=code,
            seen=seen,
            todo=todo,
            strikes=job.strikes,
            summary=Summary.named(job.metadata),
        )

    def _queue(self, job: Job) -> None:
        (self.again if job.strikes < MAX_STRIKES - 1 else self.alone).append(job)
