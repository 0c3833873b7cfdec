"""Workers on the machines of a Ray cluster: actors that hold one model each and send their results back.

Recordings are read by the machine that hears them; results travel to this process, which alone writes them and the
ledger. So nothing but the recordings must be visible everywhere, and a machine that is cut off can't write anything
late. No more calls are given out than there are actors ready for them.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import pickle
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from analyzer.archive import machine
from analyzer.archive.cache import heard_key, heard_name
from analyzer.archive.known_hits import bring
from analyzer.archive.ledger import Entry
from analyzer.archive.pool import Setup
from analyzer.archive.results import Parcel
from analyzer.archive.strikes import Docket
from analyzer.archive.work import Job, Workshop, not_written
from analyzer.errors import AnalyzerError, ModelError, OutputError, UsageError

MAX_FALSE_STARTS = 10  # one after another
OBJECT_STORE_BYTES = 200_000_000  # of a cluster of this machine alone; one result is some hundred kilobytes
_TICK_S = 0.25
_KNOCK_S = 5.0
_COUNT_EVERY_S = 5.0  # how often the cluster is asked how large it is


class Actor:
    """A worker on some machine of the cluster."""

    def prepare(self, packed: bytes) -> tuple[str, Any]:
        """Loads the model; answers ("ready", bytes of memory held) or ("cannot start", error)."""
        try:
            factory, identity, threads = pickle.loads(packed)
            if factory.identify().masked(identity.redacted) != identity:
                return "cannot start", ModelError(
                    "cluster.differs",
                    "a machine of the cluster has another version, model or standard",
                    "Install the same version, model and rule pack on every machine",
                )
            self.workshop = Workshop(Parcel(), factory, identity, threads)
            self.workshop.warm_up()
        except AnalyzerError as error:
            return "cannot start", error
        return "ready", machine.resident(os.getpid())

    def do(self, job: Job) -> tuple[str, Any, Parcel, int]:
        """Does one job; answers ("done", entry, its results, bytes of memory held), or an error for the entry."""
        parcel = self.workshop.results = Parcel(known=job.memory or {})
        try:
            entry = self.workshop.do(job)
        except AnalyzerError as error:
            return "cannot start", error, parcel, 0
        parcel.known = {}
        return "done", entry, parcel, machine.resident(os.getpid())


@dataclass(slots=True)
class _Worker:
    actor: Any
    answer: Any  # what it was asked last
    is_ready: bool = False
    job: Job | None = None
    since: float = 0.0
    calls: int = 0
    resident: int = 0


class RayPool:
    """Runs jobs on a Ray cluster; an `Engine`.

    Args:
        setup: of every worker; `threads` is the number of cores an actor takes.
        address: of the cluster; None: what RAY_ADDRESS says, else a cluster of this machine alone.
        size: actors; None: as many as the cluster has room for, asked again while it runs.
        most: no more than this many are of use.
        gpus: of each actor.

    Raises:
        UsageError: `usage.no_ray`, `usage.no_cluster`.
    """

    def __init__(self, setup: Setup, address: str | None, size: int | None, most: int, gpus: float = 0.0) -> None:
        self.setup, self.size, self.most, self.gpus = setup, size, max(1, most), gpus
        self.results, self.docket = setup.results, Docket(setup.identity)
        self.workers: list[_Worker] = []
        self.held: Job | None = None  # taken from the list, waiting for an actor
        self.false_starts = 0
        self.counted_at, self.room = -_COUNT_EVERY_S, 1
        self.ray = _connect(address)
        self.packed = pickle.dumps((setup.factory, setup.identity, setup.threads))

    def run(self, jobs: Iterator[Job], done: Callable[[Entry], None], stopping: Callable[[], int]) -> None:
        """Does all jobs; may be called again.

        Args:
            jobs: taken as actors become free.
            done: called with each end, after its results are on the disk.
            stopping: 0 go on; 1 finish what is begun; 2 stop at once.

        Raises:
            OutputError: a result could not be written.
            AnalyzerError: an actor could not start.
        """
        while stopping() < 2:
            hungry = stopping() == 0 and self._feed(jobs)
            if not any(w.job for w in self.workers) and (stopping() or not hungry):
                return
            if stopping() == 0:
                self._staff()
            self._listen(done)

    def _feed(self, jobs: Iterator[Job]) -> bool:
        """Gives jobs to actors that are ready; False when nothing is left to give."""
        while True:
            busy = sum(w.job is not None for w in self.workers)
            job = self.held or self.docket.next(jobs, busy)
            self.held = None
            if job is None:
                return self.docket.waits
            free = next((w for w in self.workers if w.is_ready and w.job is None), None)
            if free is None:
                self.held = job
                return True
            free.job, free.since = job, time.monotonic()
            free.answer = free.actor.do.remote(self._with_hearing(job))

    def _with_hearing(self, job: Job) -> Job:
        """The job, with what was heard of its recording, if that is known here."""
        if job.known is None:
            return job
        key = heard_key(job.known[1], job.name, job.metadata_print, self.setup.identity.hearing)
        packed = self.results.recall(heard_name(key))
        return job if packed is None else replace(job, memory={heard_name(key): packed, **bring(self.results, key)})

    def _staff(self) -> None:
        now = time.monotonic()
        if self.size is None and now - self.counted_at > _COUNT_EVERY_S:
            there = self.ray.cluster_resources()
            self.room = int(there.get("CPU", 0) // self.setup.threads)
            if self.gpus:
                self.room = min(self.room, int(there.get("GPU", 0) // self.gpus))
            self.counted_at = now
        while len(self.workers) < min(self.size or max(1, self.room), self.most):
            options: dict[str, Any] = {"num_cpus": self.setup.threads, "num_gpus": self.gpus}
            if self.setup.threads > 1:  # Ray gives numpy as many threads as the recogniser, which changes last digits
                options["runtime_env"] = {"env_vars": {"OPENBLAS_NUM_THREADS": "1"}}
            actor = self.ray.remote(Actor).options(max_restarts=0, max_task_retries=0, **options).remote()
            self.workers.append(_Worker(actor, actor.prepare.remote(self.packed)))

    def _listen(self, done: Callable[[Entry], None]) -> None:
        waiting = {w.answer: w for w in self.workers if w.answer is not None}
        if not waiting:
            time.sleep(_TICK_S)
        for answer in self.ray.wait(list(waiting), timeout=_TICK_S)[0] if waiting else ():
            worker = waiting[answer]
            try:
                kind, content, *more = self.ray.get(answer)
            except self.ray.exceptions.RayError as error:
                self._bury(worker, error, done)
                continue
            worker.answer = None
            if kind == "ready":
                worker.is_ready, worker.resident, self.false_starts = True, content, 0
            elif kind == "done":
                parcel, resident = more
                try:
                    parcel.open(self.results)
                except OutputError as error:
                    content = not_written(content, error)
                worker.job, worker.calls = None, worker.calls + 1
                done(content)
                if self._is_worn(worker, resident):
                    self._forget(worker)
            else:  # "cannot start"
                raise content
        self._end_the_late(done)

    def _bury(self, worker: _Worker, error: Exception, done: Callable[[Entry], None]) -> None:
        """An actor or its machine is gone: a strike against what it was doing."""
        self._forget(worker)
        if not worker.is_ready:
            self.false_starts += 1
            if self.false_starts >= MAX_FALSE_STARTS:
                raise ModelError(
                    "machine.worker",
                    f"workers of the cluster end before they are ready ({type(error).__name__})",
                    "Check that the analyser is installed on every machine, and Ray's logs there",
                ) from error
        if worker.job is not None:
            done(self.docket.strike(worker.job))

    def _is_worn(self, worker: _Worker, resident: int) -> bool:
        most = self.setup.recycle_calls
        if most is not None and worker.calls >= most:
            return True
        return resident - worker.resident > self.setup.recycle_bytes

    def _end_the_late(self, done: Callable[[Entry], None]) -> None:
        now = time.monotonic()
        for worker in list(self.workers):
            if worker.job is not None and now - worker.since > self.setup.timeout_s:
                self._forget(worker)
                done(self.docket.late(worker.job, self.setup.timeout_s))

    def _forget(self, worker: _Worker) -> None:
        self.workers.remove(worker)
        with contextlib.suppress(Exception):  # it may be gone already, or its machine
            self.ray.kill(worker.actor, no_restart=True)

    def close(self) -> None:
        """Ends every actor and leaves the cluster."""
        for worker in list(self.workers):
            self._forget(worker)
        self.ray.shutdown()


def _connect(address: str | None) -> Any:
    """Ray, connected; an extra, so its types are not ours to check."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing about the calls leaves the cluster
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError as error:
        raise UsageError("usage.no_ray", "Ray is not installed", "pip install 'analyzer[ray]'") from error
    wanted = address or os.environ.get("RAY_ADDRESS")
    _knock(wanted)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    main = threading.current_thread() is threading.main_thread()
    handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)} if main else {}
    try:
        if wanted is None:
            size = {"num_cpus": machine.cores(), "object_store_memory": OBJECT_STORE_BYTES}
            ray.init(address="local", include_dashboard=False, **size, **quiet)
        else:
            ray.init(address=wanted, **quiet)
    except (ConnectionError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
        raise _no_cluster(wanted, error) from error
    finally:
        for number, handler in handlers.items():  # Ray puts its own in the place of ours
            signal.signal(number, handler)
    return ray


def _knock(address: str | None) -> None:
    """Finds out in seconds that nobody is there; Ray itself would try for minutes."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        try:
            socket.create_connection((host.strip("[]"), int(port)), _KNOCK_S).close()
        except OSError as error:
            raise _no_cluster(address, error) from error


def _no_cluster(address: str | None, error: Exception) -> UsageError:
    seen = f"there is no cluster at {address or 'this machine'} ({type(error).__name__})"
    return UsageError("usage.no_cluster", seen, "Start one with `ray start`, or check the address")
