"""Worker processes: each holds one model, takes one recording at a time, and may die without harm (`strikes`)."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol

from analyzer.archive import machine
from analyzer.archive.ledger import Entry
from analyzer.archive.results import Destination
from analyzer.archive.strikes import Docket
from analyzer.archive.work import AnalyserFactory, Identity, Job, Workshop
from analyzer.errors import AnalyzerError, ModelError, OutputError

MAX_FALSE_STARTS = 3
MAX_KILLED_STARTS = 25  # killed from outside while starting: the machine may be short of memory for a while
_TICK_S = 0.25


@dataclass(frozen=True, slots=True)
class Setup:
    """What every worker is given.

    Args:
        results: where they go.
        factory: makes the analyser.
        identity: of the factory.
        threads: of each worker's recogniser.
        judge_only: cached hearings are judged; no model is loaded.
        timeout_s: a recording that takes longer has failed.
        recycle_calls: a worker makes way for a new one after so many; None never.
        recycle_bytes: it does too when it holds so much more memory than before its first call.
    """

    results: Destination
    factory: AnalyserFactory
    identity: Identity
    threads: int = 1
    judge_only: bool = False
    timeout_s: float = 3600.0
    recycle_calls: int | None = None
    recycle_bytes: int = 1 << 30


class Engine(Protocol):
    """Does jobs on workers of some kind."""

    def run(self, jobs: Iterator[Job], done: Callable[[Entry], None], stopping: Callable[[], int]) -> None:
        """Does all jobs; may be called again."""

    def close(self) -> None:
        """Ends the workers."""


@dataclass(frozen=True, slots=True)
class InProcess:
    """Does jobs in this process, one after another; none is ever late.

    Args:
        workshop: does them.
        at_once: around each job, so that it can be left in the midst of it by `KeyboardInterrupt`.
    """

    workshop: Workshop
    at_once: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext

    def run(self, jobs: Iterator[Job], done: Callable[[Entry], None], stopping: Callable[[], int]) -> None:
        """Does all jobs; may be called again."""
        for job in jobs:
            if stopping():
                return
            try:
                with self.at_once():
                    entry = self.workshop.do(job)
            except KeyboardInterrupt:
                if not stopping():  # not by us
                    raise
                return
            done(entry)

    def close(self) -> None:
        """There is nothing to end."""


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    pipe: Connection[Any, Any]
    is_ready: bool = False
    job: Job | None = None
    has_begun: bool = False  # it has taken the job out of its pipe
    since: float = 0.0
    calls: int = 0
    resident: int = 0  # bytes it held when it was ready


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
        self.docket = Docket(setup.identity)

    def run(self, jobs: Iterator[Job], done: Callable[[Entry], None], stopping: Callable[[], int]) -> None:
        """Does all jobs; may be called again, on the same workers.

        Args:
            jobs: taken as workers become free; asked again each time.
            done: called with each end, in the calling thread; also with a "struck" entry when a worker died.
            stopping: 0 go on; 1 finish what is begun; 2 stop at once.

        Raises:
            OutputError: a result could not be written.
            AnalyzerError: a worker could not start.
        """
        while stopping() < 2:
            hungry = stopping() == 0 and self._feed(jobs)
            if not any(w.job is not None or not w.is_ready for w in self.workers):
                if not hungry:
                    return
                continue
            if stopping() and not any(w.job is not None for w in self.workers):
                return
            self._listen(done)

    def _feed(self, jobs: Iterator[Job]) -> bool:
        """Gives jobs to free workers, starting workers as needed; False when nothing is left to give."""
        while True:
            free = next((w for w in self.workers if w.job is None), None)
            busy = sum(w.job is not None for w in self.workers)
            if free is None and len(self.workers) >= self.size:
                return True
            job = self.docket.next(jobs, busy)
            if job is None:
                return self.docket.waits
            worker = free or self._start()
            worker.job, worker.has_begun, worker.since = job, False, time.monotonic()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its death is heard when listening
                worker.pipe.send(job)

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
        packed = pickle.dumps((s.results, s.factory, s.identity, s.threads, s.judge_only))
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
                worker.job, worker.calls = None, worker.calls + 1
                done(content)
                if self._is_worn(worker):
                    self._forget(worker)
            elif kind == "begun":
                worker.has_begun, worker.since = True, time.monotonic()
            elif kind == "ready":
                worker.is_ready, self.false_starts = True, 0
                worker.resident = machine.resident(worker.process.pid)
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
        if worker.has_begun:
            done(self.docket.strike(worker.job))
        else:
            self.docket.give_back(worker.job)

    def _is_worn(self, worker: _Worker) -> bool:
        most = self.setup.recycle_calls
        if most is not None and worker.calls >= most:
            return True
        return machine.resident(worker.process.pid) - worker.resident > self.setup.recycle_bytes

    def _end_the_late(self, done: Callable[[Entry], None]) -> None:
        now = time.monotonic()
        for worker in list(self.workers):
            if worker.job is not None and worker.has_begun and now - worker.since > self.setup.timeout_s:
                job, worker.job = worker.job, None
                worker.process.kill()
                self._forget(worker)
                done(self.docket.late(job, self.setup.timeout_s))

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


def _environment(threads: int) -> dict[str, str]:
    """A worker's: its libraries must know their threads before they are loaded, and the package must be found."""
    import analyzer

    paths = [str(Path(analyzer.__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")]
    count = str(threads)
    return {
        **os.environ,
        "OMP_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": "1",  # more change the last digits of what the recogniser hears; its own threads don't
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }
