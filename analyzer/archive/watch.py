"""Recordings scored as they arrive in a folder, through the same ledger as a batch.

A recording is taken when it is complete: neither it nor its sidecar has changed for a while, and the sound that its
header claims is there. One whose header claims more, or was never finished, is given longer, and then taken as it is.
One that changes later is done again.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analyzer.archive.ledger import STRUCK, Entry, Ledger, Stamp
from analyzer.archive.names import path_of_name
from analyzer.archive.noted import noted
from analyzer.archive.options import BatchOptions, BatchReport, Show, Warn
from analyzer.archive.place import hold
from analyzer.archive.remote import is_remote
from analyzer.archive.run import Run, Stop
from analyzer.archive.sources import Recording, find_recordings
from analyzer.archive.terms import remember
from analyzer.archive.work import AnalyserFactory, Job, stamp_of
from analyzer.call.metadata import Manifest
from analyzer.call.riff import parse_riff
from analyzer.errors import AudioError, UsageError

PATIENCE = 6  # times `settle_s` for a recording whose header doesn't fit its content
_UNFINISHED = frozenset(["data_truncated", "data_size_zero", "data_size_unknown", "riff_size_unknown"])
_INDEX_EVERY_S = 60.0
_LOOK_SHARE = 5  # looking takes at most one part in so many of the time
_NAP_S = 0.1
_MANY = 1 << 20  # recordings that may come: as many workers as there is room for


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """When to look and what counts as complete.

    Args:
        interval_s: between two looks at the folder, at least.
        settle_s: a recording is complete when it hasn't changed for so long.
        once: score what is there, wait no longer than `settle_s` for what is just arriving, and end.
    """

    interval_s: float = 2.0
    settle_s: float = 10.0
    once: bool = False


def watch(
    options: BatchOptions,
    watching: WatchOptions,
    factory: AnalyserFactory,
    show: Show | None,
    replaces: Warn | None = None,
) -> BatchReport:
    """Scores recordings as they arrive, until it is asked to stop.

    Args:
        options: as for a batch; `limit` and `sample` mean nothing here.
        watching: when to look.
        factory: makes the analyser.
        show: told of every recording that ended.
        replaces: as for a batch, of what is there when it begins.

    Raises:
        UsageError: the folder is not there.
        MetadataError, ModelError, OutputError: as a batch.
    """
    out = Path(options.out)
    if is_remote(str(options.out)):
        raise UsageError("usage.remote_output", f"a watch can't write to {options.out}", "Name a folder")
    listing = find_recordings(options.sources, out)
    manifest = Manifest.load(options.manifest) if options.manifest is not None else None
    identity = factory.identify()
    with hold(out) as place:
        identity = identity.masked(remember(place.results, options.redacted, options.judged_by).redacted)
        run = Watch(options, listing, manifest, identity, Ledger(place.home), place, show)
        run.watching = watching
        run.warn(replaces)
        return noted(run.to_the_end(factory), run)


class Watch(Run, Iterator[Job]):
    """A run that goes on. As an iterator it gives the jobs that are ready, and may give more when it is asked again."""

    watching = WatchOptions()

    def _work(self, factory: AnalyserFactory, stop: Stop) -> None:
        self.ready: deque[Recording] = deque()
        self.taken: dict[str, _Stamps] = {}  # by path, as it was when it was taken
        self.coming: dict[str, tuple[_Stamps, float]] = {}  # not complete yet, and since when it looks so
        self.in_work: set[str] = set()
        self.next_look = self.indexed_at = 0.0
        self.unwritten = True
        engine = self._engine(factory, _MANY)
        try:
            last = time.monotonic() + self.watching.settle_s
            while True:
                engine.run(self, self._done, lambda: stop.asked)
                self._write_down()
                is_last = self.watching.once and (not self.coming or time.monotonic() > last)
                if stop.asked or is_last:
                    return
                while not stop.asked and time.monotonic() < self.next_look:
                    time.sleep(min(_NAP_S, self.watching.interval_s))
        finally:
            engine.close()

    def __next__(self) -> Job:
        if not self.ready and time.monotonic() >= self.next_look:
            self._look()
        while self.ready:
            job = self._look_at(self.ready.popleft())
            if job is not None:
                self.in_work.add(job.name)
                return job
            self.counts["skipped"] += 1
        raise StopIteration

    def _look(self) -> None:
        started = time.monotonic()
        with contextlib.suppress(UsageError):  # a share that is away: what was there may come back
            self.listing = find_recordings(self.options.sources, self.place.home)
        self.chosen = self.listing.recordings
        for recording in self.chosen:
            stamps = _stamps(recording.path)
            if self.taken.get(recording.path) == stamps or (self.in_work and recording.name in self.in_work):
                continue
            self.holds.discard(recording.name)  # it isn't what was scored any more
            before = self.coming.get(recording.path)
            since = before[1] if before is not None and before[0] == stamps else started
            if self._is_complete(recording.path, stamps, started - since):
                self.coming.pop(recording.path, None)
                self.taken[recording.path] = stamps
                self.ready.append(recording)
            else:
                self.coming[recording.path] = stamps, since
        if len(self.coming) + len(self.taken) > len(self.chosen):  # some were taken away
            there = {recording.path for recording in self.chosen}
            self.coming = {path: seen for path, seen in self.coming.items() if path in there}
            self.taken = {path: seen for path, seen in self.taken.items() if path in there}
        now = time.monotonic()
        self.next_look = now + max(self.watching.interval_s, _LOOK_SHARE * (now - started))

    def _is_complete(self, path: str, stamps: _Stamps, watched_s: float) -> bool:
        """Whether nothing has changed for long enough, as seen by us or by the file's times, whichever is longer."""
        if stamps[0] is None and self.watching.once:  # a link to nothing: no wait mends it
            return True
        newest = max(max(s.mtime_ns, s.ctime_ns) for s in stamps if s is not None) if any(stamps) else time.time_ns()
        unchanged_s = max(watched_s, (time.time_ns() - newest) / 1e9)
        settle = self.watching.settle_s
        return unchanged_s >= settle and (unchanged_s >= settle * PATIENCE or _is_whole(Path(path)))

    def _done(self, entry: Entry) -> None:
        super()._done(entry)
        if entry.outcome == STRUCK:
            return
        self.in_work.discard(entry.path)
        self.unwritten = True
        if time.monotonic() - self.indexed_at > _INDEX_EVERY_S:
            self._write_down()

    def _write_down(self) -> None:
        """Nothing is left to do for now: ledger to the disk, index anew."""
        if not self.unwritten:
            return
        self.ledger.flush()
        entries = self._entries()
        self._write_index(entries, self._listed(entries))
        self.unwritten, self.indexed_at = False, time.monotonic()

    def _entries(self) -> list[Entry]:
        """What is done and holds, of what is there and of what was taken away after it was scored."""
        there = {r.name for r in self.listing.recordings}
        names = self.holds | {name for name in self.ledger.entries if name not in there and self._is_kept(name)}
        return [self.ledger.entries[name] for name in sorted(names, key=lambda n: os.fsencode(path_of_name(n)))]

    def _is_kept(self, name: str) -> bool:
        entry = self.ledger.entries[name]
        return self._why_due(entry, entry.metadata, ()) is None

    def _report(self, interrupted: bool) -> BatchReport:
        self.unwritten = True
        self._write_down()
        entries = self._entries()
        return self._report_of(entries, self._listed(entries), interrupted)

    def _listed(self, entries: list[Entry]) -> int:
        return len({r.name for r in self.listing.recordings} | {e.path for e in entries})


_Stamps = tuple[Stamp | None, ...]


def _stamps(path: str) -> _Stamps:
    """Of a recording and of the sidecars it may have."""
    beside = Path(path)
    return stamp_of(path), stamp_of(str(beside.with_suffix(".json"))), stamp_of(path + ".json")


def _is_whole(path: Path) -> bool:
    """Whether the header was finished and the sound that it claims is there."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        riff = parse_riff(lambda at, count: os.pread(fd, count, at), os.fstat(fd).st_size)
        return not _UNFINISHED & {defect.code for defect in riff.defects}
    except (OSError, AudioError):
        return False
    finally:
        os.close(fd)
