"""One run over an archive: what is due, done by workers or in this process, and written down."""

from __future__ import annotations

import contextlib
import itertools
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from analyzer.archive import machine
from analyzer.archive.gone import find_gone, note_gone, remove_gone
from analyzer.archive.index import write_index
from analyzer.archive.ledger import FAILED, REFUSED, SCORED, STRUCK, Entry, Ledger, Summary
from analyzer.archive.names import path_of_name
from analyzer.archive.options import BatchOptions, BatchReport, Progress, Show, Warn
from analyzer.archive.place import Place
from analyzer.archive.pool import Engine, InProcess, Pool, Setup
from analyzer.archive.remote import is_remote, read_remote_sidecar
from analyzer.archive.sources import Listing, Recording, sample
from analyzer.archive.work import NOT_DONE, TRANSIENT, WORDS_ALONE, AnalyserFactory, Identity, Job, Workshop, stamp_of
from analyzer.call.metadata import Manifest, merge, read_sidecar
from analyzer.call.types import CallMetadata
from analyzer.errors import MetadataError, OutputError
from analyzer.outputs.files import scorecard_name
from analyzer.settings import fingerprint


class Run:
    """One run of a batch. Lives only while it holds the lock."""

    judge_only = False

    def __init__(
        self,
        options: BatchOptions,
        listing: Listing,
        manifest: Manifest | None,
        identity: Identity,
        ledger: Ledger,
        place: Place,
        show: Show | None,
    ) -> None:
        self.options, self.listing, self.manifest, self.identity = options, listing, manifest, identity
        self.ledger, self.place, self.show = ledger, place, show
        self.given = CallMetadata(roles=options.roles, source="options") if options.roles else None
        self.holds: set[str] = set()  # names whose ledger line is up to date
        self.looked_at: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.audio_ms, self.started, self.workers = 0, time.monotonic(), 0
        self.stop, self.damaged = Stop(), ledger.damaged
        self.chosen, self.root = self._choose(), listing.root_print
        self.gone: tuple[str, ...] = ()
        self.removed: tuple[str, ...] = ()

    def _choose(self) -> tuple[Recording, ...]:
        if self.options.sample is None:
            return self.listing.recordings
        return sample(self.listing.recordings, self.options.sample, self.options.seed)

    def warn(self, replaces: Warn | None) -> None:
        """Tells how many scorecards of other sources stand in the places of this run's recordings, if any do."""
        if replaces is None:
            return
        foreign = (
            (entry, recording)
            for recording in self.chosen
            if (entry := self.ledger.entries.get(recording.name)) is not None
            and entry.scorecard is not None
            and entry.root not in ("", self.root)
        )
        count = sum(entry.stamp != (recording.stamp or stamp_of(recording.path)) for entry, recording in foreign)
        if count:
            replaces(count)

    def to_the_end(self, factory: AnalyserFactory) -> BatchReport:
        """Does what is due, then writes ledger and index in order."""
        with self.stop as stop:
            try:
                self._work(factory, stop)
                self._take_stock()
                if not self.judge_only:
                    self.ledger.damaged = ()  # what they spoke of was looked at as if it were new
                self.ledger.close()
            except OutputError:
                self.ledger.abandon()
                raise
            except BaseException:
                self.ledger.close()
                raise
        return self._report(stop.asked > 0)

    def _work(self, factory: AnalyserFactory, stop: Stop) -> None:
        jobs, cores = self._due(), machine.cores()
        first = list(itertools.islice(jobs, cores))
        if not first:
            return
        jobs = itertools.chain(first, jobs)
        due = len(first) if len(first) < cores else len(self.chosen)
        engine = self._engine(factory, due)
        try:
            engine.run(jobs, self._done, lambda: stop.asked)
        finally:
            engine.close()

    def _take_stock(self) -> None:
        """Notes or removes the results whose recording is not there any more."""
        gone = find_gone(self.ledger, self.listing)
        if self.options.remove_gone:
            self.removed = remove_gone(self.ledger, gone, self.place.results)
        else:
            self.gone = note_gone(self.ledger, gone, (recording.name for recording in self.listing.recordings))

    def _engine(self, factory: AnalyserFactory, due: int) -> Engine:
        """The workers that were asked for."""
        o = self.options
        if o.engine == "ray":
            from analyzer.archive.cluster import RayPool

            self.workers = o.workers or 0
            return RayPool(self._setup(factory, o.threads or 1), o.address, o.workers or None, due, o.gpus)
        if o.workers == 0:
            workshop = Workshop(self.place.results, factory, self.identity, o.threads or machine.cores())
            return InProcess(workshop, self.stop.at_once)
        self.workers, threads = machine.choose(o.workers, o.threads, due)
        return Pool(self._setup(factory, threads), self.workers)

    def _setup(self, factory: AnalyserFactory, threads: int) -> Setup:
        return Setup(
            results=self.place.results,
            factory=factory,
            identity=self.identity,
            threads=threads,
            judge_only=self.judge_only,
            timeout_s=self.options.call_timeout_s,
            recycle_calls=self.options.recycle_calls,
            recycle_bytes=self.options.recycle_bytes,
        )

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

    def due(self) -> dict[str, tuple[str, ...]]:
        """What this run would do, without its limit, by why: its names. Does nothing.

        "not_done", "retry", or what changed: "recording", "metadata", "hearing" (settings, model or code), "judging"
        (standard or code), "scorecard" (it is gone).
        """
        found: dict[str, list[str]] = {}
        for recording in self.chosen:
            if (job := self._look_at(recording, self.options.retry)) is not None:
                found.setdefault(job.why, []).append(job.name)
        return {why: tuple(names) for why, names in found.items()}

    def _look_at(self, recording: Recording, retry: tuple[str, ...] = ()) -> Job | None:
        """The job that a recording needs; None when its result holds."""
        name = recording.name
        self.looked_at.add(name)
        given = merge(self.given, self._row(recording)) if self.given or self.manifest else None
        try:
            metadata_print = fingerprint(merge(given, self._sidecar(recording)))
        except MetadataError:
            metadata_print = ""
        entry, stamp = self.ledger.entries.get(name), recording.stamp or stamp_of(recording.path)
        same = entry is not None and stamp is not None and entry.stamp == stamp
        why: str | None = NOT_DONE
        if entry is not None and entry.outcome != STRUCK:
            why = self._why_due(entry, metadata_print, retry) if same else "recording"
        if why is None:
            self.holds.add(name)
            return None
        return Job(
            recording.path,
            recording.relative,
            name,
            given,
            (stamp, entry.sha256) if entry is not None and same and stamp and entry.sha256 else None,
            heard_before=self._heard_before(entry, metadata_print) if entry is not None and same else None,
            metadata_print=metadata_print,
            strikes=entry.strikes if entry is not None and same and entry.outcome == STRUCK else 0,
            why=why,
        )

    def _heard_before(self, entry: Entry, metadata_print: str) -> str | None:
        holds = (entry.hearing, entry.metadata) == (self.identity.hearing, metadata_print)
        return entry.heard if holds else None

    def _row(self, recording: Recording) -> CallMetadata | None:
        if self.manifest is None:
            return None
        if self.options.manifest is not None and is_remote(recording.path):  # by its address, or below the source
            folder = self.options.manifest.parent
            by_address = self.manifest.for_call(folder / recording.path)
            return by_address or self.manifest.for_call(folder / recording.relative)
        return self.manifest.for_call(Path(recording.path))

    def _sidecar(self, recording: Recording) -> CallMetadata | None:
        if is_remote(recording.path):
            return read_remote_sidecar(recording.sidecars, recording.path)
        return read_sidecar(Path(recording.path))

    def _why_due(self, entry: Entry, metadata_print: str, retry: tuple[str, ...]) -> str | None:
        """Why the result of an unchanged recording doesn't hold, as `due` says it; None when it does."""
        if entry.outcome == STRUCK or entry.code in TRANSIENT:
            return NOT_DONE
        if entry.outcome in retry:
            return "retry"
        if entry.metadata != metadata_print:
            return "metadata"
        if entry.hearing != self.identity.hearing:
            return "hearing"
        if entry.outcome == REFUSED:
            return None
        if entry.judging != self.identity.judging:
            return "judging"
        there = entry.outcome == FAILED or self.place.results.has(entry.scorecard or "?")
        return None if there else "scorecard"

    def _done(self, entry: Entry) -> None:
        """How every job ends, whether a worker answered for it or it was lost."""
        self.place.check()
        if entry.outcome in (REFUSED, FAILED):  # an older scorecard would speak of another recording or standard
            self.place.results.drop(scorecard_name(path_of_name(entry.path)))
        self.ledger.append(replace(entry, root=entry.root or self.root))
        if entry.outcome == STRUCK:
            return
        self.holds.add(entry.path)
        self.counts["done"] += 1
        self.counts[entry.outcome] += 1
        self.audio_ms += (entry.summary and entry.summary.duration_ms) or 0
        self._tell(entry)

    def _tell(self, entry: Entry) -> None:
        if self.show is None:
            return
        elapsed, done = time.monotonic() - self.started, self.counts["done"]
        left = max(0, min(len(self.chosen) - self.counts["skipped"], self.options.limit or len(self.chosen)) - done)
        count, left_s = self.counts, left * elapsed / done if done else None
        counted = (count["skipped"], done, count[SCORED], count[REFUSED], count[FAILED], self.audio_ms)
        ended = entry.path, entry.outcome, entry.summary.score if entry.summary else None
        self.show(Progress(len(self.chosen), *counted, elapsed, left_s, self.workers, *ended))

    def _report(self, interrupted: bool) -> BatchReport:
        for recording in self.listing.recordings:
            if recording.name not in self.looked_at:
                self._look_at(recording)
        entries = [self.ledger.entries[r.name] for r in self.listing.recordings if r.name in self.holds]
        self._write_index(entries, len(self.listing.recordings))
        return self._report_of(entries, len(self.listing.recordings), interrupted)

    def _write_index(self, entries: list[Entry], listed: int) -> None:
        self.place.check(at_once=True)
        write_index(self.place.results, entries, self.identity, listed)

    def _report_of(self, entries: list[Entry], listed: int, interrupted: bool) -> BatchReport:
        gate = self.options.gate
        return BatchReport(
            listed,
            self.counts["skipped"],
            self.counts["done"],
            dict(Counter(e.outcome for e in entries)),
            dict(Counter(e.code for e in entries if e.code is not None)),
            listed - len(entries),
            self.listing.unreadable,
            () if gate is None else tuple(e.path for e in entries if _is_below(e, gate)),
            interrupted,
            gate_without_score=() if gate is None else tuple(e.path for e in entries if _is_bare(e, gate)),
            damaged=self.damaged,
            made={e.scorecard: e.made for e in entries if e.scorecard and e.made},
            gone=self.gone,
            removed=self.removed,
            not_wav=self.listing.not_wav,
        )


class Rejudge(Run):
    """A run over the ledger instead of recordings."""

    judge_only = True

    def _take_stock(self) -> None:
        """Sees no recordings: what was noted of them stays."""

    def _look_at(self, recording: Recording, retry: tuple[str, ...] = ()) -> Job | None:
        name = recording.name
        self.looked_at.add(name)
        entry = self.ledger.entries[name]
        if entry.outcome == STRUCK and entry.heard is None:
            return None
        if entry.heard is None or (
            entry.judging.removesuffix(WORDS_ALONE) == self.identity.judging
            and entry.outcome == SCORED
            and self.place.results.has(entry.scorecard or "?")
        ):
            self.holds.add(name)
            return None
        return Job("", recording.relative, name, heard=entry.heard)

    def _done(self, entry: Entry) -> None:
        before = self.ledger.entries[entry.path]
        if entry.code == "archive.not_heard":  # its hearing is lost: the next batch listens again
            super()._done(replace(before, outcome=STRUCK, strikes=0, heard=None))
            return
        kept = {name: getattr(before, name) for name in ("stamp", "sha256", "metadata", "hearing", "root", "gone")}
        super()._done(replace(entry, **kept, summary=entry.summary or Summary.named(before.summary)))

    def _report_of(self, entries: list[Entry], listed: int, interrupted: bool) -> BatchReport:
        missed = tuple(recording.name for recording in self.chosen if recording.name not in self.holds)
        return replace(super()._report_of(entries, listed, interrupted), missed=missed, rejudged=True)


class Stop:
    """Ctrl-C and SIGTERM: the first finishes what is begun, the second stops at once."""

    def __init__(self) -> None:
        self.asked = 0
        self._raises = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._ask)
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1
        if self._raises and self.asked > 1:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Work in this process, which nobody else can end: in it the second signal raises `KeyboardInterrupt`."""
        self._raises = True
        try:
            yield
        finally:
            self._raises = False

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _is_below(entry: Entry, gate: float) -> bool:
    summary = entry.summary
    return summary is not None and (bool(summary.fatal) or (summary.score is not None and summary.score < gate))


def _is_bare(entry: Entry, gate: float) -> bool:
    """Without a score, so that nobody knows whether it is good enough."""
    return (entry.summary is None or entry.summary.score is None) and not _is_below(entry, gate)
