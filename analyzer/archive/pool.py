"""Worker processes: each holds one model, takes one recording at a time, and may die without harm.

A recording on which a worker died is tried again after all others, then once more alone; on the third death it has
failed. So a process killed from outside costs a second try, and a recording that kills its worker stops nobody.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from analyzer.archive.ledger import FAILED, STRUCK, Entry
from analyzer.archive.work import AnalyserFactory, Identity, Job, stamp_of
from analyzer.errors import AnalyzerError, ModelError, OutputError

MAX_STRIKES = 3
MAX_FALSE_STARTS = 3
MAX_KILLED_STARTS = 25  # killed from outside while starting: the machine may be short of memory for a while
_TICK_S = 0.25


@dataclass(frozen=True, slots=True)
class Setup:
    """What every worker is given.

    Args:
        out: output folder.
        factory: makes the analyser.
        identity: of the factory.
        threads: of each worker's recogniser.
        judge_only: cached hearings are judged; no model is loaded.
        timeout_s: a recording that takes longer has failed.
    """

    out: Path
    factory: AnalyserFactory
    identity: Identity
    threads: int = 1
    judge_only: bool = False
    timeout_s: float = 3600.0


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    pipe: Connection[Any, Any]
    is_ready: bool = False
    job: Job | None = None
    has_begun: bool = False  # it has taken the job out of its pipe
    since: float = 0.0


class Pool:
    """Runs jobs on worker processes.

    Args:
        setup: of every worker.
        size: how many workers at most; each is started when there is a job for it.
    """

    def __init__(self, setup: Setup, size: int) -> None:
        self.setup, self.size = setup, max(1, size)
        self.workers: list[_Worker] = []
        self.false_starts = 0
        self.again: deque[Job] = deque()  # struck once
        self.alone: deque[Job] = deque()  # struck twice

    def run(self, jobs: Iterator[Job], done: Callable[[Entry], None], stopping: Callable[[], int]) -> None:
        """Does all jobs.

        Args:
            jobs: taken as workers become free.
            done: called with each end, in the calling thread; also with a "struck" entry when a worker died.
            stopping: 0 go on; 1 finish what is begun; 2 stop at once.

        Raises:
            OutputError: a result could not be written.
            AnalyzerError: a worker could not start.
        """
        try:
            while stopping() < 2:
                hungry = stopping() == 0 and self._feed(jobs)
                if not any(w.job is not None or not w.is_ready for w in self.workers):
                    if not hungry:
                        return
                    continue
                if stopping() and not any(w.job is not None for w in self.workers):
                    return
                self._listen(done)
        finally:
            self.close()

    def _feed(self, jobs: Iterator[Job]) -> bool:
        """Gives jobs to free workers, starting workers as needed; False when nothing is left to give."""
        while True:
            free = next((w for w in self.workers if w.job is None), None)
            busy = sum(w.job is not None for w in self.workers)
            if free is None and len(self.workers) >= self.size:
                return True
            job = self._next(jobs, busy)
            if job is None:
                return bool(self.again or self.alone)
            worker = free or self._start()
            worker.job, worker.has_begun, worker.since = job, False, time.monotonic()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its death is heard when listening
                worker.pipe.send(job)

    def _next(self, jobs: Iterator[Job], busy: int) -> Job | None:
        for job in jobs:
            if job.strikes == 0:
                return job
            (self.again if job.strikes < MAX_STRIKES - 1 else self.alone).append(job)  # struck in an earlier run
        if self.again:
            return self.again.popleft()
        if self.alone and busy == 0:
            return self.alone.popleft()
        return None

    def _start(self) -> _Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "analyzer.archive.worker", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # what native libraries print is nobody's output
                pass_fds=[theirs.fileno()],
                env=_environment(self.setup.threads),
            )
        worker = _Worker(process, Connection(ours.detach()))
        self.workers.append(worker)
        s = self.setup
        packed = pickle.dumps((str(s.out.absolute()), s.factory, s.identity, s.threads, s.judge_only))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            worker.pipe.send((sys.path, packed))
        return worker

    def _listen(self, done: Callable[[Entry], None]) -> None:
        by_pipe = {w.pipe: w for w in self.workers}
        for pipe in wait(list(by_pipe), _TICK_S):
            worker = by_pipe[pipe]  # type: ignore[index]
            try:
                kind, content = worker.pipe.recv()
            except (EOFError, ConnectionResetError, OSError, pickle.UnpicklingError):
                self._bury(worker, done)
                continue
            if kind == "done":
                worker.job = None
                done(content)
            elif kind == "begun":
                worker.has_begun, worker.since = True, time.monotonic()
            elif kind == "ready":
                worker.is_ready, self.false_starts = True, 0
            else:  # "cannot write", "cannot start"
                error: AnalyzerError | OutputError = content
                raise error
        self._end_the_late(done)

    def _bury(self, worker: _Worker, done: Callable[[Entry], None]) -> None:
        """A worker is gone: a strike against what it was doing."""
        self._forget(worker)
        if not worker.is_ready:
            self.false_starts += 1
            killed = worker.process.returncode in (-signal.SIGKILL, -signal.SIGTERM)
            if self.false_starts >= (MAX_KILLED_STARTS if killed else MAX_FALSE_STARTS):
                raise ModelError(
                    "machine.worker",
                    f"worker processes end before they are ready (status {worker.process.returncode})",
                    "Run `analyzer doctor`; free memory or use fewer workers",
                )
        if worker.job is None:
            return
        if not worker.has_begun:
            self.again.appendleft(worker.job)
        else:
            job = replace(worker.job, strikes=worker.job.strikes + 1)
            if job.strikes >= MAX_STRIKES:
                done(
                    _lost(job, FAILED, self.setup.identity, "machine.worker_died", f"{job.strikes} workers died on it")
                )
                return
            done(_lost(job, STRUCK, self.setup.identity, None, ""))
            (self.again if job.strikes < MAX_STRIKES - 1 else self.alone).append(job)

    def _end_the_late(self, done: Callable[[Entry], None]) -> None:
        now = time.monotonic()
        for worker in list(self.workers):
            if worker.job is not None and worker.has_begun and now - worker.since > self.setup.timeout_s:
                job, worker.job = worker.job, None
                worker.process.kill()
                self._forget(worker)
                seen = f"it took more than {self.setup.timeout_s:.0f} s"
                done(_lost(job, FAILED, self.setup.identity, "machine.timeout", seen))

    def _forget(self, worker: _Worker) -> None:
        self.workers.remove(worker)
        worker.pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.process.wait(5)
        if worker.process.poll() is None:
            worker.process.kill()
            worker.process.wait()

    def close(self) -> None:
        """Ends every worker; what one is doing is lost."""
        for worker in self.workers:
            if worker.job is not None or not worker.is_ready:
                worker.process.kill()
        for worker in list(self.workers):
            self._forget(worker)


def _lost(job: Job, outcome: str, identity: Identity, code: str | None, seen: str) -> Entry:
    return Entry(
        job.name,
        outcome,
        stamp=stamp_of(job.path),
        metadata=job.metadata_print,
        hearing=identity.hearing,
        judging=identity.judging,
        code=code,
        seen=seen,
        todo="Report it with the recording's facts; `--retry failed` tries it again" if code else "",
        strikes=job.strikes,
    )


def _environment(threads: int) -> dict[str, str]:
    """A worker's: its libraries must know their threads before they are loaded, and the package must be found."""
    import analyzer

    paths = [str(Path(analyzer.__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")]
    count = str(threads)
    return {
        **os.environ,
        "OMP_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }
