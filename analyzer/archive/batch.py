"""A whole archive: what is due is done, what is done is kept, whatever interrupts it.

    sources ─► listing ─► due? (ledger) ─► workers ─► hearing, scorecard ─► ledger ─► index

The same command after any interruption goes on where it stopped. Results depend on the recordings, what came with them,
the settings, the models and the standard; not on order, workers or the number of attempts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from analyzer.archive.gone import find_gone, scored_of
from analyzer.archive.ledger import FAILED, REFUSED, STRUCK, Ledger
from analyzer.archive.names import path_of_name
from analyzer.archive.noted import noted
from analyzer.archive.options import BatchOptions, BatchReport, Progress, Show, Warn
from analyzer.archive.place import hold, home_of, look
from analyzer.archive.run import Rejudge, Run
from analyzer.archive.sources import Listing, Recording, find_recordings
from analyzer.archive.terms import JudgedBy, Terms, recalled, remember
from analyzer.archive.work import AnalyserFactory, Identity
from analyzer.call.metadata import MANIFEST_ENDINGS, Manifest
from analyzer.errors import UsageError

__all__ = [
    "BatchOptions",
    "BatchReport",
    "Progress",
    "Show",
    "Status",
    "columns_not_used",
    "look_over",
    "read_status",
    "rejudge",
    "run_batch",
]
MOST_NAMED = 20  # of the recordings that were not scored


def run_batch(
    options: BatchOptions, factory: AnalyserFactory, show: Show | None = None, replaces: Warn | None = None
) -> BatchReport:
    """Scores an archive.

    Args:
        options: what is asked for.
        factory: makes the analyser; survives `pickle`.
        show: told of progress after every recording.
        replaces: told, before anything is done, how many scorecards of other sources stand in the places of this run's
            recordings, if any do: those of other recordings are replaced.

    Raises:
        UsageError: a source is not there, or no source holds a recording.
        MetadataError: the manifest can't be used.
        ModelError: no worker can start.
        OutputError: `output.locked`, or a result could not be written. What is done stays done.
    """
    given = _given(options, factory)
    with hold(options.out, options.state, options.break_lock) as place:
        terms = remember(place.results, options.redacted, options.judged_by)
        run = Run(options, *_masked(given, terms.redacted), Ledger(place.home), place, show)
        run.warn(replaces)
        return noted(run.to_the_end(factory), run)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What `run_batch` would do, and what it would tell of the sources.

    Args:
        due: names of recordings, by why (`Run.due`).
        gone: results whose recording is not there any more: names.
        not_wav: sound in other formats that is passed over, by ending.
    """

    due: dict[str, tuple[str, ...]]
    gone: tuple[str, ...]
    not_wav: Mapping[str, int]


def look_over(options: BatchOptions, factory: AnalyserFactory) -> Outlook:
    """What `run_batch` would do; needs no lock and no loaded model, and writes nothing.

    Args:
        options: what is asked for.
        factory: says what decides the results.

    Raises:
        UsageError, MetadataError, ModelError: as `run_batch`.
        OutputError: the ledger can't be read, or the store's scorecards can't be listed.
    """
    given = _given(options, factory)
    place = look(options.out, options.state)
    redacted = options.redacted
    if redacted is None:
        redacted = (recalled(place.results) or Terms()).redacted
    run = Run(options, *_masked(given, redacted), Ledger(place.home), place, None)
    gone = scored_of(run.ledger, find_gone(run.ledger, run.listing))
    return Outlook(run.due(), gone, run.listing.not_wav)


_Given = tuple[Listing, Manifest | None, Identity]


def _masked(given: _Given, redacted: bool) -> _Given:
    listing, manifest, identity = given
    return listing, manifest, identity.masked(redacted)


def _given(options: BatchOptions, factory: AnalyserFactory) -> _Given:
    """What a run is given to work on and by."""
    listing = find_recordings(options.sources, home_of(options.out, options.state))
    if not listing.recordings and not listing.unreadable:  # nothing done would look like all done
        others = ", ".join(f"{count} {ending}" for ending, count in sorted(listing.not_wav.items()))
        raise UsageError(
            "usage.no_such_source",
            "no source holds a recording" + (f" in WAV, but {others}" if others else ""),
            "Check the path; recordings end in .wav, others must be converted",
        )
    manifest = _manifest(options, listing)
    return replace(listing, manifests=()), manifest, factory.identify()


def _manifest(options: BatchOptions, listing: Listing) -> Manifest | None:
    """The recordings' metadata: the manifest that is named for it, else the one among the sources that has any."""
    if options.manifest is not None:
        return Manifest.load(options.manifest)
    found = _with_columns(listing)
    return found[0] if len(found) == 1 else None


def _with_columns(listing: Listing) -> list[Manifest]:
    """The manifests among the sources that say more than which recordings there are."""
    return [manifest for manifest in listing.manifests if manifest.has_columns]


def columns_not_used(options: BatchOptions) -> tuple[str, ...]:
    """Names of the manifests among the sources whose columns nobody takes, since more than one has some.

    Raises:
        MetadataError: a manifest can't be used.
    """
    paths = map(Path, dict.fromkeys(map(str, options.sources)))
    listed = [path for path in paths if path.suffix.lower() in MANIFEST_ENDINGS and path.is_file()]
    if options.manifest is not None or len(listed) < 2:
        return ()
    found = _with_columns(find_recordings(listed))
    return tuple(manifest.name for manifest in found) if len(found) > 1 else ()


def rejudge(
    out: Path | str,
    factory: AnalyserFactory,
    workers: int | None = None,
    show: Show | None = None,
    redacted: bool | None = None,
    state: Path | None = None,
    break_lock: bool = False,
    judged_by: JudgedBy | None = None,
) -> BatchReport:
    """Judges every call that was heard, by the standard as it is now, without its recording and without a model.

    Args:
        out: output folder of earlier batches, or their address.
        factory: for the standard.
        workers: processes; None chooses, 0 works in this process.
        show: told of progress.
        redacted: as in `BatchOptions`.
        state: for an address, as in `BatchOptions`.
        break_lock: as in `BatchOptions`.
        judged_by: as in `BatchOptions`.

    Raises:
        OutputError: as `run_batch`.
        UsageError: `usage.nothing_heard`, there is no ledger; `usage.damaged_ledger`, no line of it can be read.
    """
    judging = factory.identify_judging()
    with hold(out, state, break_lock) as place:
        ledger = Ledger(place.home)
        if not ledger.entries and ledger.damaged:
            seen = "no line of .analyzer/ledger.jsonl can be read"
            raise UsageError("usage.damaged_ledger", seen, "Run `analyzer batch` again: what was heard is kept")
        if not ledger.entries:
            raise UsageError("usage.nothing_heard", "no batch has written here", "Run `analyzer batch` first")
        hearings = {entry.hearing for entry in ledger.entries.values() if entry.hearing}
        identity = Identity(hearings.pop() if len(hearings) == 1 else "", judging)  # every call keeps its own hearing
        identity = identity.masked(remember(place.results, redacted, judged_by).redacted)
        names = sorted(ledger.entries)
        listing = Listing("", tuple(Recording("", path_of_name(name)) for name in names), ())
        options = BatchOptions(sources=(), out=out, state=state, workers=workers)
        run = Rejudge(options, listing, None, identity, ledger, place, show)
        return noted(run.to_the_end(factory), run)


@dataclass(frozen=True, slots=True)
class Status:
    """How an archive stands, by its ledger alone."""

    outcomes: dict[str, int]
    audio_ms: int
    worst: tuple[tuple[str, str, str], ...]  # path, code, what was seen: the first of those not scored
    damaged: tuple[int, ...] = ()  # lines of the ledger that are passed over, by number


def read_status(out: Path | str, state: Path | None = None) -> Status:
    """Counts what the ledger holds; needs no lock, so it may be asked while a run is at work.

    Args:
        out: as in `BatchOptions`.
        state: as there.
    """
    ledger = Ledger(home_of(out, state))
    entries = ledger.entries
    lost = [e for _, e in sorted(entries.items()) if e.outcome in (REFUSED, FAILED, STRUCK)]
    return Status(
        dict(Counter(e.outcome for e in entries.values())),
        sum(e.summary.duration_ms or 0 for e in entries.values() if e.summary),
        tuple((e.path, e.code or "", e.seen) for e in lost[:MOST_NAMED]),
        ledger.damaged,
    )
