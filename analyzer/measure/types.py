"""What the call amounts to: turns, overlaps, pauses, the ending, and measures with their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from analyzer.call.types import Role
from analyzer.spans import Share, Span, Whole
from analyzer.speech.types import Announcement, Doubt, Reading, Speaker, Trial, Word

PARTY_NAMES = {
    Role.AGENT: ("坐席", "agent"),
    Role.CUSTOMER: ("客户", "customer"),
    Role.UNKNOWN: ("未知方", "unknown party"),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One party's speech until the other takes the floor.

    `span` comes from speech activity; `speech_ms` is the speech inside it, pauses excluded.
    """

    index: Whole
    speaker: Whole
    role: Role
    span: Span
    speech_ms: Whole
    text: str
    words: tuple[Word, ...]


class OverlapKind(StrEnum):
    """Why two people spoke at once."""

    BACKCHANNEL = "backchannel"
    SIMULTANEOUS_START = "simultaneous_start"
    TERMINAL = "terminal"
    INTERRUPTION = "interruption"


class OverlapOutcome(StrEnum):
    """Who had the floor afterwards."""

    SUCCESSFUL = "successful"  # the one who came in took the floor
    ATTEMPTED = "attempted"  # the first speaker went on
    NONE = "none"  # not a contest


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two speakers at once: `by` came in on `over`.

    `shared_ms` is the time both speak: `span` runs over their pauses. None in a scorecard of before it was counted.
    """

    span: Span
    kind: OverlapKind
    outcome: OverlapOutcome
    by: Whole  # speaker index
    by_role: Role
    over: Whole
    over_role: Role
    chars: Whole  # spoken characters of the one who came in, during the whole incoming stretch
    text: str  # what the one who came in said
    confidence: float
    shared_ms: Whole | None = None

    @property
    def together_ms(self) -> int:
        """How long both speak, as far as it is known: never more than the event lasts."""
        return self.span.duration_ms if self.shared_ms is None else self.shared_ms


class PauseKind(StrEnum):
    """What a silence of both sides is."""

    RESPONSE = "response"  # between a turn and the other party's next
    DEAD_AIR = "dead_air"  # nobody speaks for long, inside the call
    HOLD = "hold"  # the agent went away: hold music, digital silence, or announced waiting
    QUEUE = "queue"  # the same before the agent came: nobody kept the customer waiting
    OPENING = "opening"  # before the first word
    CLOSING = "closing"  # after the last word


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence of both sides, or a hold. `after`/`before` are the speakers around it (None at an end)."""

    span: Span
    kind: PauseKind
    after: Whole | None
    after_role: Role | None
    before: Whole | None
    before_role: Role | None
    music: bool = False

    @property
    def is_wait(self) -> bool:
        """Whether the customer waits in it for an agent who is away: a hold, or a queue."""
        return self.kind in (PauseKind.HOLD, PauseKind.QUEUE)


@dataclass(frozen=True, slots=True)
class HangupEvidence:
    """One hint at who ended the call."""

    # "cdr_field" | "busy_tone" | "congestion_tone" | "leg_went_dead" | "hook_click" | "cut_off" | "goodbye_order"
    # and on one channel "spoke_on" | "line_gone"
    name: str
    points_to: str  # "agent" | "customer" | "system" | "unknown"
    weight: float
    span: Span
    detail: str  # Chinese
    detail_en: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """Who ended the call first, how that is known, and how sure it is."""

    party: str  # "agent" | "customer" | "system" | "unknown"
    method: str  # "metadata" | "audio" | "none"
    confidence: Share
    evidence: tuple[HangupEvidence, ...]
    goodbye_agent_ms: Whole | None  # end of the agent's goodbye turn
    goodbye_customer_ms: Whole | None
    delay_ms: Whole | None  # from the last goodbye (or last word) to the going of that party
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """The call as a sequence of events."""

    duration_ms: Whole
    speakers: tuple[Speaker, ...]
    turns: tuple[Turn, ...]
    overlaps: tuple[Overlap, ...]
    pauses: tuple[Pause, ...]
    doubts: tuple[Doubt, ...]
    separated: bool  # False: one channel with everybody, nothing that needs roles may be said
    separation_confidence: float
    backchannels: tuple[Turn, ...] = ()  # listeners' tokens, overlapped or in a pause: no turns, but words
    readings: tuple[Reading, ...] = ()  # doubted speech, heard again
    trials: tuple[Trial, ...] = ()  # phrases that the words only resemble, tried on the sound
    announcements: tuple[Announcement, ...] = ()  # recorded, nobody's speech

    @property
    def live(self) -> Span:
        """When people are on the line: after the announcements that open the call, until those that end it."""
        return live_part(self.duration_ms, self.turns, self.announcements)

    def speaker_of(self, role: Role) -> Speaker | None:
        """The speaker with that role; None when unknown."""
        return next((s for s in self.speakers if s.role is role), None)


def live_part(duration_ms: int, turns: Sequence[Turn], announcements: Sequence[Announcement]) -> Span:
    """When people are on the line: after the announcements that open a call, until those that end it.

    Args:
        duration_ms: of the recording.
        turns: of everybody.
        announcements: before all turns of the leg they are played on, or after.
    """
    start, end = 0, duration_ms
    for a in announcements:
        own = [t.span for t in turns if t.speaker == a.speaker]
        if all(a.span.end_ms <= span.start_ms for span in own):
            start = max(start, a.span.end_ms)
        elif all(span.end_ms <= a.span.start_ms for span in own):
            end = min(end, a.span.start_ms)
    return Span(min(start, end), end)


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure with its unit, what it was computed from, and where to listen.

    `value` is None exactly when `reason` says why. `role` is None for figures of the whole call; a speaker whose
    role is unknown is named by `speaker`.
    """

    name: str
    value: float | None
    unit: str
    role: Role | None = None
    speaker: Whole | None = None
    reason: str | None = None
    proxy_for: str | None = None  # named when the figure only stands for what is meant
    doubt: str | None = None  # "low_snr" | "too_little_speech" | "clipped" ...: defined, but weak
    components: dict[str, float] = field(default_factory=dict)
    evidence: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """A curve for plotting: one value per time, None where undefined."""

    name: str
    unit: str
    speaker: Whole
    role: Role
    times_ms: tuple[Whole, ...]
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Measures:
    """Everything measured on a call."""

    items: tuple[Measure, ...]
    series: tuple[Series, ...]

    def get(self, name: str, role: Role | None = None) -> Measure | None:
        """The measure of that name (and role); None when it was not made."""
        return next((m for m in self.items if m.name == name and (role is None or m.role is role)), None)
