"""The work on one recording, the same in every engine: hear it unless that is cached, judge it, write the scorecard.

Order of writing: hearing, phrase hits and rulings, scorecard, then (by the process that holds the ledger) the ledger
line. A line never stands for something that isn't on the disk.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeGuard

from analyzer.archive.cache import KeptHearing, heard_key, keep_heard, load_heard
from analyzer.archive.known_hits import KnownHits, PhraseLists
from analyzer.archive.ledger import FAILED, REFUSED, SCORED, Entry, Stamp, Summary
from analyzer.archive.remote import fetched, is_remote, stamp_remote
from analyzer.archive.results import Results
from analyzer.call.metadata import merge, read_sidecar
from analyzer.call.types import CallMetadata
from analyzer.call.wav import read_facts
from analyzer.errors import AudioError, OutputError
from analyzer.outputs.encode import encode_scorecard
from analyzer.outputs.files import OF_ONE_PLACE, scorecard_name
from analyzer.outputs.notices import notice_codes, unclear_parts
from analyzer.outputs.page_mark import fingerprint as scorecard_print
from analyzer.outputs.redact import redact_outcome
from analyzer.pipeline import Heard, outcome_of
from analyzer.rules.rulings import KnownCall
from analyzer.rules.types import CallOutcome, Refused, Scorecard, Scored
from analyzer.settings import fingerprint


class Judge(Protocol):
    """Judges what was heard."""

    def __call__(self, heard: Heard, known: KnownCall | None = None) -> Scorecard:
        """The scorecard by the standard; `known` is what was found and ruled before."""


class CallAnalyser(Protocol):
    """Hears and judges calls in one process, with everything loaded."""

    def hear(self, path: Path, metadata: CallMetadata | None) -> Heard:
        """Everything up to the measures; raises `AnalyzerError`."""

    def has_tried(self, heard: Heard) -> bool:
        """Whether the standard's phrases, and no others, were tried on the call's sound."""

    def try_again(self, path: Path, heard: Heard) -> Heard:
        """The same hearing with the standard's phrases tried on the sound; raises `AnalyzerError`."""

    def judge(self, heard: Heard, known: KnownCall | None = None) -> Scorecard:
        """As `Judge`."""


class AnalyserFactory(Protocol):
    """Makes analysers in worker processes; must survive `pickle`. Making one loads the model, so nothing else does."""

    def identify(self) -> Identity:
        """What decides the results, without loading a model."""

    def identify_judging(self) -> str:
        """The standard's and the judging code's part of it; needs no model to be there."""

    def build(self, threads: int) -> CallAnalyser:
        """An analyser whose recogniser uses that many threads."""

    def build_judge(self) -> Judge:
        """The judging half alone, without a model."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Fingerprints of everything but the recording that decides results.

    Args:
        hearing: code, settings and models: what was heard holds while it stays the same.
        judging: code, the standard, its profile and organisation, and whether results are redacted.
        redacted: personal details are masked in whatever is written of a call; what was heard is kept as it is.
    """

    hearing: str
    judging: str
    redacted: bool = False

    def masked(self, redacted: bool) -> Identity:
        """The same; with results redacted those that are not are due again."""
        return replace(self, judging=fingerprint(self.judging, "redacted"), redacted=True) if redacted else self


NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to do.

    Args:
        path: of the file.
        relative: below the archive; decides where the scorecard stands.
        name: `relative` as text.
        metadata: what options and manifest say; the sidecar adds to it.
        known: its stamp and SHA-256 from an earlier run; taken when the stamp still holds.
        heard: judge this cached hearing, without the recording.
        heard_before: key of the hearing that an earlier run kept of it, should no worker answer for the job.
        metadata_print: fingerprint of all its metadata, as the run that listed it saw it.
        strikes: workers that died on it so far.
        why: it is due, as `Run.due` counts it.
        memory: what is known of its hearing, by name, for a worker that can't see the cache.
    """

    path: str
    relative: str
    name: str
    metadata: CallMetadata | None = None
    known: tuple[Stamp, str] | None = None
    heard: str | None = None
    heard_before: str | None = None
    metadata_print: str = ""
    strikes: int = 0
    why: str = NOT_DONE
    memory: dict[str, bytes] | None = None


@dataclass(slots=True)
class Workshop:
    """Does jobs one after another in one process.

    Args:
        results: where results go.
        factory: makes the analyser at the first job that needs one.
        identity: of the factory, as the run knows it.
        threads: for the recogniser.
    """

    results: Results
    factory: AnalyserFactory
    identity: Identity
    threads: int = 1
    _analyser: CallAnalyser | None = field(init=False, default=None)
    _judge: Judge | None = field(init=False, default=None)
    _lists: PhraseLists | None = field(init=False, default=None)

    def do(self, job: Job) -> Entry:
        """Does one job to its end.

        Raises:
            OutputError: a result could not be written; the run can't go on.
            AnalyzerError: the analyser could not be made; the run can't start.
        """
        return self._judge_again(job) if job.heard is not None else self._analyse(job)

    def _analyse(self, job: Job) -> Entry:
        analyser = self._ready()
        stamp = stamp_of(job.path)
        known = job.known[1] if job.known is not None and job.known[0] == stamp else None
        troubles: list[OutputError] = []
        sha256: str | None = None
        key: str | None = None
        metadata_print = ""
        known_call: KnownHits | None = None
        came_with = job.metadata

        def judged(name: str, hearing: KeptHearing) -> Scorecard:
            nonlocal key, known_call, came_with
            came_with = hearing.heard.call.metadata
            key, known_call = name, self._known(name, hearing)
            return analyser.judge(hearing.heard, known_call)

        def work() -> Scorecard:
            nonlocal sha256, metadata_print
            if known is not None and is_remote(job.path):  # its stamp covers the sidecar: nothing need be fetched
                name = heard_key(known, job.name, job.metadata_print, self.identity.hearing)
                hearing = load_heard(self.results, name)
                if self._is_of(hearing, known) and analyser.has_tried(hearing.heard):
                    sha256, metadata_print = known, job.metadata_print
                    return judged(name, hearing)
            with at_hand(job.path) as path:
                return listen(path)

        def listen(path: Path) -> Scorecard:
            nonlocal sha256, metadata_print, came_with
            came_with = metadata = merge(job.metadata, read_sidecar(path))
            metadata_print = fingerprint(metadata)
            sha256 = known or read_facts(path).sha256
            name = heard_key(sha256, job.name, metadata_print, self.identity.hearing)
            hearing = load_heard(self.results, name)
            if not self._is_of(hearing, sha256):
                heard = analyser.hear(path, metadata)
            elif not analyser.has_tried(hearing.heard):
                heard = analyser.try_again(path, hearing.heard)
            else:
                return judged(name, hearing)
            if heard.call.facts.sha256 != sha256:
                raise AudioError("audio.changed", "the file changed while it was read", "Run again when it is complete")
            try:
                hearing = keep_heard(self.results, name, heard)
            except OutputError as error:
                troubles.append(error)
                raise
            return judged(name, hearing)

        outcome = outcome_of(Path(job.path), work)
        if troubles:
            raise troubles[0]
        if isinstance(outcome, Refused) and outcome.code in TRANSIENT:
            sha256 = None
        begun = Entry(
            job.name, "", stamp, sha256, key, metadata_print, self.identity.hearing, self.identity.judging,
            summary=Summary.named(came_with),
        )  # fmt: skip
        return self._conclude(job, outcome, begun, known_call)

    def _judge_again(self, job: Job) -> Entry:
        if self._judge is None:
            self._judge = self.factory.build_judge()
        judge, key = self._judge, job.heard or ""
        hearing = load_heard(self.results, key)
        if hearing is None:
            return Entry(job.name, FAILED, heard=key, code="archive.not_heard")
        heard, known = hearing.heard, self._known(key, hearing)
        outcome = outcome_of(Path(job.path), lambda: judge(heard, known))
        begun = Entry(
            job.name, "", heard=key, judging=self.identity.judging, summary=Summary.named(heard.call.metadata)
        )
        return self._conclude(job, outcome, begun, known)

    @staticmethod
    def _is_of(hearing: KeptHearing | None, sha256: str) -> TypeGuard[KeptHearing]:
        """A hearing is there, and of that recording."""
        return hearing is not None and hearing.heard.call.facts.sha256 == sha256

    def _known(self, key: str, hearing: KeptHearing) -> KnownHits:
        if self._lists is None or self._lists.memory is not self.results:
            self._lists = PhraseLists(self.results)
        return KnownHits(key, hearing, self._lists)

    def _ready(self) -> CallAnalyser:
        if self._analyser is None:
            self._analyser = self.factory.build(self.threads)
        return self._analyser

    def warm_up(self) -> None:
        """Loads the model before the first job."""
        self._ready()

    def _conclude(self, job: Job, outcome: CallOutcome, entry: Entry, known: KnownHits | None) -> Entry:
        """Puts the result on the disk and says how it ended."""
        if known is not None:
            known.keep()
        if self.identity.redacted:
            outcome = redact_outcome(outcome)
        if isinstance(outcome, Scored):
            name = scorecard_name(job.relative)
            written = known.hearing.written if known is not None else None
            try:
                self.results.put(name, encode_scorecard(outcome.scorecard, written=written))
            except OutputError as error:
                return not_written(entry, error)
            if not outcome.scorecard.provenance.phrases_tried:
                entry = replace(entry, judging=entry.judging + WORDS_ALONE)
            made = scorecard_print(outcome.scorecard) if self.results.has_page(name) else ""
            return replace(entry, outcome=SCORED, scorecard=name, made=made, summary=summary_of(outcome.scorecard))
        kind = REFUSED if isinstance(outcome, Refused) else FAILED
        judging = entry.judging if kind == FAILED else ""  # no standard changes what is wrong with a recording
        return replace(entry, outcome=kind, judging=judging, code=outcome.code, seen=outcome.seen, todo=outcome.todo)


# Ends the name of a judgement by phrases that were not tried on the sound: the next batch tries them, `rejudge` can't.
WORDS_ALONE = "+words"

# Refusals that the next run may not meet again, though the file looks the same.
TRANSIENT = frozenset(["audio.not_found", "audio.unreadable", "audio.changed", "metadata.unreadable"])


@contextlib.contextmanager
def at_hand(path: str) -> Iterator[Path]:
    """The recording as a file of this machine."""
    if is_remote(path):
        with fetched(path) as local:
            yield local
    else:
        yield Path(path)


def not_written(entry: Entry, error: OutputError) -> Entry:
    """The entry of a recording that has failed by its own place; raises what would meet the next, too."""
    if error.code not in OF_ONE_PLACE:
        raise error
    names = Summary.named(entry.summary)
    return replace(
        entry, outcome=FAILED, scorecard=None, code=error.code, seen=error.seen, todo=error.todo, summary=names
    )


def stamp_of(path: str) -> Stamp | None:
    """What tells a file from a changed one; None when it can't be looked at."""
    if is_remote(path):
        return stamp_remote(path)
    try:
        facts = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return Stamp(facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino)


def summary_of(scorecard: Scorecard) -> Summary:
    """What the index says of a call."""
    score, metadata, facts = scorecard.score, scorecard.call.metadata, scorecard.call.facts
    return Summary(
        score=score.total,
        reason=score.reason,
        notices=notice_codes(scorecard),
        fatal=score.fatal,
        failed=score.failed,
        unsure=score.unsure,
        passed=score.passed,
        duration_ms=facts.duration_ms,
        defects=tuple(dict.fromkeys(d.code for d in facts.defects)),
        call_id=metadata.call_id,
        agent_id=metadata.agent_id,
        team=metadata.team,
        start_time=metadata.start_time,
        unclear=unclear_parts(metadata.extra),
    )
