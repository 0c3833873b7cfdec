"""Compares what the product heard with what a composed call holds. Counts only; rates are made once, at the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise, permutations

import numpy as np

from analyzer.call.types import Role
from analyzer.measure.types import Conversation, Hangup, Overlap, OverlapKind, PauseKind
from analyzer.spans import Span, Timeline
from analyzer.speech.types import VoiceMap
from analyzer.testing import CallTruth
from analyzer.testing.truth import TrueOverlap, TrueUtterance

PARTIES = (Role.AGENT, Role.CUSTOMER)
EVENT_MS = 300  # overlaps are events from here; shorter true ones are neither asked for nor held against
PAUSE_EDGE_MS = 200
WAITS = (PauseKind.DEAD_AIR, PauseKind.HOLD)
LOST_MS = 2000  # a boundary without one of ours this near is lost, not late


@dataclass
class Tally:
    """True and false positives and misses, in whatever unit."""

    hit: float = 0
    false: float = 0
    missed: float = 0

    @property
    def precision(self) -> float:
        """Of what was found, how much is true; 1 when nothing was found."""
        return self.hit / (self.hit + self.false) if self.hit + self.false else 1.0

    @property
    def recall(self) -> float:
        """Of what is true, how much was found; 1 when there was nothing."""
        return self.hit / (self.hit + self.missed) if self.hit + self.missed else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both, from the counts."""
        whole = 2 * self.hit + self.false + self.missed
        return 2 * self.hit / whole if whole else 1.0

    @property
    def count(self) -> float:
        """How much was true."""
        return self.hit + self.missed

    def add(self, other: Tally) -> None:
        """Sums the counts."""
        self.hit += other.hit
        self.false += other.false
        self.missed += other.missed


@dataclass
class Scores:
    """Everything counted over some calls."""

    calls: int = 0
    audio_ms: int = 0
    activity: Tally = field(default_factory=Tally)
    overlap: Tally = field(default_factory=Tally)
    boundaries: list[int] = field(default_factory=list)
    lost_boundaries: int = 0
    events: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    outcomes: Counter[bool] = field(default_factory=Counter)  # of interruptions found
    confusions: Counter[tuple[str, str]] = field(default_factory=Counter)
    backchannels: int = 0
    backchannels_accused: int = 0
    false_interruptions: int = 0
    pauses: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    diarisation: Counter[str] = field(default_factory=Counter)
    hangups: Counter[str] = field(default_factory=Counter)
    level_errors: list[float] = field(default_factory=list)
    pitch_errors: list[float] = field(default_factory=list)
    pitch_frame_errors: list[float] = field(default_factory=list)
    rate_errors: list[float] = field(default_factory=list)
    seconds: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, other: Scores) -> None:
        """Sums two sets of calls."""
        self.calls += other.calls
        self.audio_ms += other.audio_ms
        self.activity.add(other.activity)
        self.overlap.add(other.overlap)
        for mine, theirs in ((self.events, other.events), (self.pauses, other.pauses)):
            for name, tally in theirs.items():
                mine[name].add(tally)
        for name in ("boundaries", "level_errors", "pitch_errors", "pitch_frame_errors", "rate_errors", "notes"):
            getattr(self, name).extend(getattr(other, name))
        for name in ("outcomes", "confusions", "diarisation", "hangups", "seconds"):
            getattr(self, name).update(getattr(other, name))
        for name in ("lost_boundaries", "backchannels", "backchannels_accused", "false_interruptions"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def match_speakers(truth: CallTruth, voices: VoiceMap) -> dict[int, Role]:
    """Which party each heard speaker is: by channel on stereo, else whoever shares most speech."""
    if truth.channels:
        return dict(enumerate(truth.channels))
    if not voices.separated:
        return {}
    found = list(voices.activities)
    best = max(
        permutations(PARTIES, min(2, len(found))),
        key=lambda parties: sum((truth.speech(p) & a.speech).duration_ms for p, a in zip(parties, found, strict=False)),
    )
    return {a.speaker: p for a, p in zip(found, best, strict=False)}


def _spoken(voices: VoiceMap, parties: dict[int, Role], party: Role) -> Timeline:
    return Timeline(tuple(s for a in voices.activities if parties.get(a.speaker) is party for s in a.speech))


def _duration(tally: Tally, true: Timeline, heard: Timeline) -> None:
    hit = (true & heard).duration_ms
    tally.add(Tally(hit, heard.duration_ms - hit, true.duration_ms - hit))


def score_voices(scores: Scores, truth: CallTruth, voices: VoiceMap, parties: dict[int, Role]) -> None:
    """Speech activity, overlap by duration, and who speaks when."""
    if not parties:
        both = truth.speech(Role.AGENT) | truth.speech(Role.CUSTOMER)
        _duration(scores.activity, both, Timeline(tuple(s for a in voices.activities for s in a.speech)))
        return
    true = {p: truth.speech(p) for p in PARTIES}
    heard = {p: _spoken(voices, parties, p) for p in PARTIES}
    for party in PARTIES:
        _duration(scores.activity, true[party], heard[party])
    _duration(scores.overlap, true[PARTIES[0]] & true[PARTIES[1]], heard[PARTIES[0]] & heard[PARTIES[1]])
    count = truth.duration_ms
    grid = np.zeros((2, 2, count), bool)  # true or heard, party, ms
    for row, timelines in enumerate((true, heard)):
        for column, party in enumerate(PARTIES):
            for span in timelines[party]:
                grid[row, column, span.start_ms : span.end_ms] = True
    there, said = grid[0].sum(axis=0), grid[1].sum(axis=0)
    right = (grid[0] & grid[1]).sum(axis=0)
    scores.diarisation["error"] += int((np.maximum(there, said) - right).sum())
    scores.diarisation["confused"] += int((np.minimum(there, said) - right).sum())
    scores.diarisation["speech"] += int(there.sum())


def score_boundaries(scores: Scores, truth: CallTruth, heard: Conversation, parties: dict[int, Role]) -> None:
    """Where the floor goes from one party to the other: the end of the one turn and the start of the next."""
    floor = [u for u in truth.utterances if u.kind != "backchannel" and not _overheard(u, truth)]
    pairs = [(a, b) for a, b in pairwise(floor) if a.party is not b.party]
    for before, after in pairs:
        ends = [t.span.end_ms for t in heard.turns if parties.get(t.speaker) is before.party]
        starts = [t.span.start_ms for t in heard.turns if parties.get(t.speaker) is after.party]
        for at, ours in ((before.span.end_ms, ends), (after.span.start_ms, starts)):
            error = min((abs(at - t) for t in ours), default=LOST_MS)
            if error >= LOST_MS:
                scores.lost_boundaries += 1
            else:
                scores.boundaries.append(error)


def _overheard(utterance: TrueUtterance, truth: CallTruth) -> bool:
    """Wholly inside the other's talk: it never had the floor."""
    return any(
        o is not utterance
        and o.party is not utterance.party
        and o.span.start_ms <= utterance.span.start_ms
        and utterance.span.end_ms <= o.span.end_ms
        for o in truth.utterances
    )


def score_overlaps(scores: Scores, truth: CallTruth, heard: Conversation, parties: dict[int, Role]) -> None:
    """Events by kind and by who came in. An event is found when one of ours with the same party overlaps it."""
    free = list(heard.overlaps)
    optional: list[TrueOverlap] = []
    for true in sorted(truth.overlaps, key=lambda o: -_shared(o, truth)):
        if true.kind is OverlapKind.BACKCHANNEL:
            scores.backchannels += 1
            if any(_is_same(o, true, parties, OverlapKind.INTERRUPTION) for o in heard.overlaps):
                scores.backchannels_accused += 1
                scores.notes.append(f"{truth.name}: backchannel at {true.span.start_ms} ms called interruption")
        if _shared(true, truth) < EVENT_MS:
            optional.append(true)
            continue
        ours = next((o for o in free if _is_same(o, true, parties, true.kind)), None)
        other = ours or next((o for o in free if o.span & true.span), None)
        named = other.kind.value if other else "nothing"
        if other and other.kind is true.kind and ours is None:
            named = "other party"
        scores.confusions[true.kind.value, named] += 1
        if ours:
            free.remove(ours)
            scores.events[true.kind.value].hit += 1
            if true.kind is OverlapKind.INTERRUPTION:
                scores.outcomes[ours.outcome is true.outcome] += 1
        else:
            scores.events[true.kind.value].missed += 1
            if true.kind is OverlapKind.INTERRUPTION:
                scores.notes.append(f"{truth.name}: interruption at {true.span.start_ms} ms heard as {named}")
    for event in free:
        if any(_is_same(event, o, parties, o.kind) for o in optional):
            continue
        scores.events[event.kind.value].false += 1
        if event.kind is OverlapKind.INTERRUPTION:
            scores.false_interruptions += 1
            scores.notes.append(f"{truth.name}: false interruption {event.span.start_ms}..{event.span.end_ms} ms")
        if not any(event.span & o.span for o in truth.overlaps):
            scores.confusions["nothing", event.kind.value] += 1


def _shared(overlap: TrueOverlap, truth: CallTruth) -> int:
    return (truth.speech(Role.AGENT) & truth.speech(Role.CUSTOMER)).covered_ms(overlap.span)


def _is_same(heard: Overlap, true: TrueOverlap, parties: dict[int, Role], kind: OverlapKind) -> bool:
    if heard.kind is not kind or not heard.span & true.span:
        return False
    # of two who start together nobody came in on the other
    return kind is OverlapKind.SIMULTANEOUS_START or parties.get(heard.by) is true.by


def score_pauses(scores: Scores, truth: CallTruth, heard: Conversation) -> None:
    """Dead air and holds with both edges within 200 ms."""
    for kind in WAITS:
        true = [p.span for p in truth.pauses if p.kind is kind]
        missed, false = unmatched(true, [p.span for p in heard.pauses if p.kind is kind])
        tally = scores.pauses[kind.value]
        tally.hit += len(true) - len(missed)
        tally.missed += len(missed)
        tally.false += len(false)
        scores.notes.extend(f"{truth.name}: {kind.value} {s.start_ms}..{s.end_ms} ms missed" for s in missed)
        scores.notes.extend(f"{truth.name}: false {kind.value} {s.start_ms}..{s.end_ms} ms" for s in false)


def unmatched(true: Sequence[Span], heard: Sequence[Span]) -> tuple[list[Span], list[Span]]:
    """The true spans that were not heard, and those heard that are none: both edges within 200 ms."""
    missed, free = [], list(heard)
    for span in true:
        ours = next((s for s in free if _near(s, span)), None)
        if ours:
            free.remove(ours)
        else:
            missed.append(span)
    return missed, free


def _near(a: Span, b: Span) -> bool:
    return abs(a.start_ms - b.start_ms) <= PAUSE_EDGE_MS and abs(a.end_ms - b.end_ms) <= PAUSE_EDGE_MS


def score_hangup(scores: Scores, truth: CallTruth, heard: Hangup) -> None:
    """Named rightly where the sound holds evidence; named wrongly anywhere."""
    ending = truth.ending
    scores.hangups["all"] += 1
    scores.hangups["decidable"] += ending.decidable
    kinds = list(ending.decided_by)
    if ending.party == "customer" and any("tone" in e for e in ending.evidence):
        kinds.append("tone, customer went")
    for kind in kinds:
        scores.hangups[kind] += 1
        scores.hangups[f"right, {kind}"] += heard.party == ending.party
    if heard.party == ending.party:
        scores.hangups["right"] += ending.decidable
        scores.hangups["lucky"] += not ending.decidable
    elif heard.party != "unknown":
        scores.hangups["wrong"] += 1
    if (heard.party != "unknown" and heard.party != ending.party) or (ending.decidable and heard.party == "unknown"):
        evidence = "+".join(ending.evidence) or "nothing"
        scores.notes.append(f"{truth.name}: {ending.party} went ({evidence}), heard {heard.party} {heard.reason}")
