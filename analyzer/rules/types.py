"""What the standard says about a call: findings and the scorecard."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from analyzer.call.types import Bleed, CallMetadata, Layout, Role, WavFacts
from analyzer.measure.types import Hangup, Measure, Overlap, Pause, Series, Turn, live_part
from analyzer.spans import Share, Span, Whole
from analyzer.speech.types import Announcement, Doubt, Recognizer, Speaker

SCHEMA_VERSION = "1.0"
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Points = Annotated[float, msgspec.Meta(ge=0, le=100)]
FileName = Annotated[str, msgspec.Meta(max_length=1024, pattern=r"^[^\x00]*$")]  # a store's are the longest


class Verdict(StrEnum):
    """How one rule ends on one call."""

    PASS = "pass"
    FAIL = "fail"
    UNSURE = "unsure"
    NOT_APPLICABLE = "not_applicable"


class Severity(StrEnum):
    """How grave breaking a rule is."""

    INFO = "info"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Evidence(msgspec.Struct, frozen=True, gc=False):  # rejudging makes hundreds a call
    """Where to listen, and what was heard there."""

    span: Span
    role: Role | None
    what: str  # one Chinese sentence: why this is evidence
    what_en: str  # the same in English; where a house pack has none, as what
    quote: str = ""  # the recogniser's words
    phrase: str = ""  # of the standard, that it matched or that is sought; of a frame its family's name
    score: float | None = None  # similarity by sound, 0 to 1; of a pattern none
    value: float | None = None  # the measured figure
    unit: str = ""
    context: bool = False  # not what is judged: what calls for it, or may excuse it


class Finding(msgspec.Struct, frozen=True, gc=False):  # rejudging makes a hundred a call
    """One rule's verdict on the call."""

    rule: str
    name: str
    name_en: str
    section: str
    clauses: tuple[str, ...]
    severity: Severity
    verdict: Verdict
    confidence: Share
    reason: str  # Chinese; for unsure and not_applicable: why
    evidence: tuple[Evidence, ...]
    advice: str
    advice_en: str = ""
    reason_en: str = ""
    weight: float = 0.0
    deduction: NotNegative = 0.0
    fatal: bool = False
    scored: bool = True  # False: an observation that never touches the score
    proxy_for: str | None = None
    counted_in: str | None = None  # the failed rule that took points for the same words, or for one fault


@dataclass(frozen=True, slots=True)
class SectionScore:
    """One section of the scorecard."""

    id: str
    name: str
    name_en: str
    weight: NotNegative
    score: Points | None  # 0 to 100; None when nothing in it passed or failed, and where a call must have none
    deducted: float
    applicable: Whole
    failed: Whole
    unsure: Whole
    not_applicable: Whole


@dataclass(frozen=True, slots=True)
class Score:
    """The machine's score. A human's stands beside it in the review, never here."""

    total: Points | None  # 0 to 100; None with a reason
    reason: str | None
    sections: tuple[SectionScore, ...]
    fatal: tuple[str, ...]  # rules
    failed: Whole
    passed: Whole
    unsure: Whole
    not_applicable: Whole


@dataclass(frozen=True, slots=True)
class Observation:
    """Something seen on the customer's side or in the recording; never scored against the agent."""

    name: str  # "complaint_level" | "customer_type" | "escalation" | ...
    value: str
    label: str  # Chinese
    confidence: float
    evidence: tuple[Evidence, ...]
    label_en: str = ""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """The recording as it was read."""

    name: FileName  # without folder
    facts: WavFacts
    layout: Layout
    bleed: tuple[Bleed, ...]
    metadata: CallMetadata


@dataclass(frozen=True, slots=True)
class Provenance:
    """Everything that decides the bytes of a scorecard."""

    analyzer_version: str
    settings_fingerprint: str
    standard_id: str
    standard_version: str
    standard_sha256: str
    profile: str
    recognizer: Recognizer | None
    activity_model: str
    separation_model: str | None
    phrases_tried: bool  # the standard's phrases were tried on the sound; False: it came later, the words alone decide

    @property
    def judge(self) -> str:
        """Name and version of the pack that judged the call, and the profile."""
        return f"{self.standard_id} {self.standard_version} {self.profile}"


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One call, judged. No run times, no paths, nothing of the machine: the same inputs give the same bytes."""

    schema_version: str
    call: CallFacts
    provenance: Provenance
    speakers: tuple[Speaker, ...]
    score: Score
    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...]
    measures: tuple[Measure, ...]
    turns: tuple[Turn, ...]
    overlaps: tuple[Overlap, ...]
    pauses: tuple[Pause, ...]
    hangup: Hangup
    doubts: tuple[Doubt, ...]
    series: tuple[Series, ...]
    announcements: tuple[Announcement, ...] = ()  # recorded, nobody's speech
    redaction: dict[str, Whole] = field(default_factory=dict)  # kinds found and how many, when asked for
    muted: tuple[Span, ...] = ()  # where they are said: to be silenced wherever the sound is played
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def live(self) -> Span:
        """When people are on the line."""
        return live_part(self.call.facts.duration_ms, self.turns, self.announcements)


@dataclass(frozen=True, slots=True)
class Scored:
    """The call has a scorecard."""

    scorecard: Scorecard


@dataclass(frozen=True, slots=True)
class Refused:
    """The input can't be analysed, and the user can do something about it."""

    name: str
    code: str
    seen: str
    todo: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Our side or the machine broke on this input."""

    name: str
    code: str
    seen: str
    todo: str


CallOutcome = Scored | Refused | Failed
