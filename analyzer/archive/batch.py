"""A whole archive: what is due is done, what is done is kept, whatever interrupts it.

    sources ─► listing ─► due? (ledger) ─► workers ─► hearing, scorecard ─► ledger ─► index

The same command after any interruption goes on where it stopped. Results depend on the recordings, what came with them,
the settings, the models and the standard; not on order, workers or the number of attempts.
"""

from __future__ import annotations

import itertools
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from analyzer.archive import machine
from analyzer.archive.index import write_index
from analyzer.archive.ledger import FAILED, REFUSED, SCORED, STRUCK, Entry, Ledger, Lock
from analyzer.archive.pool import Pool, Setup
from analyzer.archive.sources import Listing, Recording, find_recordings, path_of_name, sample
from analyzer.archive.work import TRANSIENT, AnalyserFactory, Identity, Job, Workshop, stamp_of
from analyzer.call.metadata import Manifest, merge, read_sidecar
from analyzer.call.types import CallMetadata, Role
from analyzer.errors import MetadataError, OutputError, UsageError
from analyzer.outputs.files import sweep_stale
from analyzer.settings import fingerprint

GATE, NOT_ALL_SCORED, INTERRUPTED = 1, 5, 130


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """What a batch is asked to do.

    Args:
        sources: folders, files, patterns or manifests that list recordings.
        out: output folder.
        manifest: metadata of the recordings, CSV or JSONL.
        roles: by channel, for every recording.
        workers: processes; None chooses from the machine, 0 works in this process.
        threads: of each worker's recogniser; None shares the cores out.
        retry: outcomes that are tried again: "failed", "refused".
        limit: at most so many recordings are done in this run.
        sample: only a random choice of so many recordings.
        seed: of the choice.
        gate: the run ends with 1 when a call scores less than this or breaks a fatal rule.
        call_timeout_s: a recording that takes longer has failed.
    """

    sources: tuple[str | Path, ...]
    out: Path
    manifest: Path | None = None
    roles: tuple[Role, ...] | None = None
    workers: int | None = None
    threads: int | None = None
    retry: tuple[str, ...] = ()
    limit: int | None = None
    sample: int | None = None
    seed: int = 0
    gate: float | None = None
    call_timeout_s: float = 3600.0

    def __post_init__(self) -> None:
        if unknown := set(self.retry) - {FAILED, REFUSED}:
            raise UsageError("usage.retry", f"--retry {sorted(unknown)[0]}", "Say failed or refused")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. `left_s` is None until it can be said."""

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
        below_gate: calls that the gate stops.
        interrupted: the run was asked to stop.
        exit_code: 0 all scored, 1 gate, 5 some not scored, 130 interrupted.
    """

    listed: int
    skipped: int
    done: int
    outcomes: dict[str, int]
    codes: dict[str, int]
    not_done: int
    unreadable: tuple[str, ...] = ()
    below_gate: int = 0
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """For the process."""
        if self.interrupted:
            return INTERRUPTED
        if self.below_gate:
            return GATE
        return NOT_ALL_SCORED if self.codes or self.unreadable else 0


Show = Callable[[Progress], None]


def run_batch(options: BatchOptions, factory: AnalyserFactory, show: Show | None = None) -> BatchReport:
    """Scores an archive.

    Args:
        options: what is asked for.
        factory: makes the analyser; survives `pickle`.
        show: told of progress after every recording.

    Raises:
        UsageError: a source is not there.
        MetadataError: the manifest can't be used.
        ModelError: no worker can start.
        OutputError: `output.locked`, or a result could not be written. What is done stays done.
    """
    listing = find_recordings(options.sources, options.out)
    manifest = Manifest.load(options.manifest) if options.manifest is not None else None
    identity = factory.identify()
    with Lock(options.out):
        sweep_stale(options.out)
        run = _Run(options, listing, manifest, identity, Ledger(options.out), show)
        return run.to_the_end(factory)


def rejudge(out: Path, factory: AnalyserFactory, workers: int | None = None, show: Show | None = None) -> BatchReport:
    """Judges every call that was heard, by the standard as it is now, without its recording and without a model.

    Args:
        out: output folder of earlier batches.
        factory: for the standard.
        workers: processes; None chooses, 0 works in this process.
        show: told of progress.

    Raises:
        OutputError: as `run_batch`.
        UsageError: `usage.nothing_heard`, there is no ledger.
    """
    identity = factory.identify()
    with Lock(out):
        sweep_stale(out)
        ledger = Ledger(out)
        if not ledger.entries:
            raise UsageError("usage.nothing_heard", "no batch has written here", "Run `analyzer batch` first")
        names = sorted(ledger.entries)
        listing = Listing("", tuple(Recording("", path_of_name(name)) for name in names), ())
        options = BatchOptions(sources=(), out=out, workers=workers)
        return _Rejudge(options, listing, None, identity, ledger, show).to_the_end(factory)


class _Run:
    """One run of a batch. Lives only while it holds the lock."""

    judge_only = False

    def __init__(
        self,
        options: BatchOptions,
        listing: Listing,
        manifest: Manifest | None,
        identity: Identity,
        ledger: Ledger,
        show: Show | None,
    ) -> None:
        self.options, self.listing, self.manifest, self.identity = options, listing, manifest, identity
        self.ledger, self.show = ledger, show
        self.given = CallMetadata(roles=options.roles, source="options") if options.roles else None
        self.holds: set[str] = set()  # names whose ledger line is up to date
        self.looked_at: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.audio_ms, self.started, self.workers = 0, time.monotonic(), 0
        self.chosen = self._choose()

    def _choose(self) -> tuple[Recording, ...]:
        if self.options.sample is None:
            return self.listing.recordings
        return sample(self.listing.recordings, self.options.sample, self.options.seed)

    def to_the_end(self, factory: AnalyserFactory) -> BatchReport:
        with _Stop() as stop:
            try:
                self._work(factory, stop)
                self.ledger.close()
            except OutputError:
                self.ledger.abandon()
                raise
            except BaseException:
                self.ledger.close()
                raise
        return self._report(stop.asked > 0)

    def _work(self, factory: AnalyserFactory, stop: _Stop) -> None:
        jobs = self._due()
        first = list(itertools.islice(jobs, machine.cores() if self.options.workers is None else 1))
        if not first:
            return
        jobs = itertools.chain(first, jobs)
        at_hand = len(self.chosen) if len(first) > 1 else len(first)
        wanted = self.options.workers
        self.workers, threads = machine.choose(wanted or None, self.options.threads, max(at_hand, wanted or 1))
        if wanted == 0:
            workshop = Workshop(self.options.out, factory, self.identity, threads)
            for job in jobs:
                if stop.asked:
                    return
                self._done(workshop.do(job))
            return
        setup = Setup(self.options.out, factory, self.identity, threads, self.judge_only, self.options.call_timeout_s)
        Pool(setup, self.workers).run(jobs, self._done, lambda: stop.asked)

    def _due(self) -> Iterator[Job]:
        """The recordings whose results don't hold, in order, up to the limit."""
        given_out = 0
        for recording in self.chosen:
            if self.options.limit is not None and given_out >= self.options.limit:
                return
            job = self._look_at(recording, self.options.retry)
            if job is not None:
                given_out += 1
                yield job
            else:
                self.counts["skipped"] += 1

    def _look_at(self, recording: Recording, retry: tuple[str, ...] = ()) -> Job | None:
        """The job that a recording needs; None when its result holds."""
        name = recording.name
        self.looked_at.add(name)
        given = merge(self.given, self._row(recording)) if self.given or self.manifest else None
        try:
            metadata_print = fingerprint(merge(given, read_sidecar(Path(recording.path))))
        except MetadataError:
            metadata_print = ""
        entry, stamp = self.ledger.entries.get(name), stamp_of(recording.path)
        same = entry is not None and stamp is not None and entry.stamp == stamp
        if entry is not None and same and self._still_holds(entry, metadata_print, retry):
            self.holds.add(name)
            return None
        return Job(
            recording.path,
            recording.relative,
            name,
            given,
            (stamp, entry.sha256) if entry is not None and same and stamp and entry.sha256 else None,
            metadata_print=metadata_print,
            strikes=entry.strikes if entry is not None and same and entry.outcome == STRUCK else 0,
        )

    def _row(self, recording: Recording) -> CallMetadata | None:
        return self.manifest.for_call(Path(recording.path)) if self.manifest is not None else None

    def _still_holds(self, entry: Entry, metadata_print: str, retry: tuple[str, ...]) -> bool:
        if entry.outcome == STRUCK or entry.outcome in retry or entry.code in TRANSIENT:
            return False
        if entry.hearing != self.identity.hearing or entry.metadata != metadata_print:
            return False
        if entry.outcome == REFUSED:
            return True
        if entry.judging != self.identity.judging:
            return False
        return entry.outcome == FAILED or (self.options.out / (entry.scorecard or "?")).is_file()

    def _done(self, entry: Entry) -> None:
        self.ledger.append(entry)
        if entry.outcome == STRUCK:
            return
        self.holds.add(entry.path)
        self.counts["done"] += 1
        self.counts[entry.outcome] += 1
        self.audio_ms += entry.summary.duration_ms if entry.summary else 0
        self._tell(entry.path)

    def _tell(self, name: str) -> None:
        if self.show is None:
            return
        elapsed, done = time.monotonic() - self.started, self.counts["done"]
        left = max(0, min(len(self.chosen) - self.counts["skipped"], self.options.limit or len(self.chosen)) - done)
        count, left_s = self.counts, left * elapsed / done if done else None
        counted = (count["skipped"], done, count[SCORED], count[REFUSED], count[FAILED], self.audio_ms)
        self.show(Progress(len(self.chosen), *counted, elapsed, left_s, self.workers, name))

    def _report(self, interrupted: bool) -> BatchReport:
        for recording in self.listing.recordings:
            if recording.name not in self.looked_at:
                self._look_at(recording)
        entries = [self.ledger.entries[r.name] for r in self.listing.recordings if r.name in self.holds]
        listed = len(self.listing.recordings)
        write_index(self.options.out, entries, self.identity.hearing, self.identity.judging, listed)
        gate = self.options.gate
        return BatchReport(
            listed,
            self.counts["skipped"],
            self.counts["done"],
            dict(Counter(e.outcome for e in entries)),
            dict(Counter(e.code for e in entries if e.code is not None)),
            listed - len(entries),
            self.listing.unreadable,
            0 if gate is None else sum(_is_below(e, gate) for e in entries),
            interrupted,
        )


class _Rejudge(_Run):
    """A run over the ledger instead of recordings."""

    judge_only = True

    def _look_at(self, recording: Recording, retry: tuple[str, ...] = ()) -> Job | None:
        name = recording.name
        self.looked_at.add(name)
        entry = self.ledger.entries[name]
        if entry.outcome == STRUCK:
            return None
        if entry.heard is None or (
            entry.judging == self.identity.judging
            and entry.outcome == SCORED
            and (self.options.out / (entry.scorecard or "?")).is_file()
        ):
            self.holds.add(name)
            return None
        return Job("", recording.relative, name, heard=entry.heard)

    def _done(self, entry: Entry) -> None:
        before = self.ledger.entries[entry.path]
        if entry.code == "archive.not_heard":  # its hearing is lost: the next batch listens again
            super()._done(replace(before, outcome=STRUCK, strikes=0))
            return
        super()._done(
            replace(entry, stamp=before.stamp, sha256=before.sha256, metadata=before.metadata, hearing=before.hearing)
        )


class _Stop:
    """Ctrl-C and SIGTERM: the first finishes what is begun, the second stops at once."""

    def __init__(self) -> None:
        self.asked = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Stop:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._ask)
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


@dataclass(frozen=True, slots=True)
class Status:
    """How an archive stands, by its ledger alone."""

    outcomes: dict[str, int]
    codes: dict[str, int]
    audio_ms: int
    standards: dict[str, int]
    worst: tuple[tuple[str, str, str], ...]  # path, code, what was seen: the first of those not scored


def read_status(out: Path, most: int = 20) -> Status:
    """Counts what the ledger holds; needs no lock, so it may be asked while a run is at work."""
    entries = Ledger(out).entries
    lost = [e for _, e in sorted(entries.items()) if e.outcome in (REFUSED, FAILED, STRUCK)]
    return Status(
        dict(Counter(e.outcome for e in entries.values())),
        dict(Counter(e.code for e in lost if e.code)),
        sum(e.summary.duration_ms for e in entries.values() if e.summary),
        dict(Counter(e.judging for e in entries.values() if e.outcome == SCORED)),
        tuple((e.path, e.code or "", e.seen) for e in lost[:most]),
    )


def _is_below(entry: Entry, gate: float) -> bool:
    summary = entry.summary
    return summary is not None and (bool(summary.fatal) or (summary.score is not None and summary.score < gate))
