"""One call as the checks look at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Protocol

import msgspec

from analyzer.call.types import CallMetadata
from analyzer.measure.types import Conversation, Hangup, Measures, Pause, PauseKind, Turn
from analyzer.rules.checks.answer import Answer
from analyzer.rules.checks.callwords import PLAIN, CallWords, Lens, RoleName
from analyzer.rules.checks.hits import Hit
from analyzer.spans import Span

AT_ONCE_MS = 100  # nobody who is put through begins to speak so soon: he was heard from the middle
OTHER: Mapping[RoleName, RoleName] = {"agent": "customer", "customer": "agent"}
OF_ROLE = property(attrgetter("role"), doc="Whose words a check reads, where that is the role it names.")


class Answers(Protocol):
    """A check, as a view asks it."""

    def answer(self, view: CallView) -> Answer:
        """What it says of the call."""


@dataclass(frozen=True, slots=True)
class CallView:
    """A call being judged. Views of the same call through other lenses share its words and all answers.

    Args:
        conversation: the call as it was heard,
        measures: measured,
        hangup: ended,
        metadata: and described beside the recording.
        words: its words, with what was found in them.
        complaint_families: what a customer says who complains,
        mild_complaint_families: or perhaps does.
        cut_short: the recording ends before the call does.
        lens: how the words are looked at.
    """

    conversation: Conversation
    measures: Measures
    hangup: Hangup
    metadata: CallMetadata
    words: CallWords
    complaint_families: tuple[str, ...]
    mild_complaint_families: tuple[str, ...]
    cut_short: bool = False
    lens: Lens = PLAIN
    whole: Span = field(init=False)  # from when people are on the line until they are not any more
    _answers: dict[tuple[Answers, Lens], Answer] = field(default_factory=dict)
    _views: dict[Lens, CallView] = field(init=False, default_factory=dict)  # made of this one: none leads back to it

    def __post_init__(self) -> None:
        object.__setattr__(self, "whole", self.conversation.live)  # asked for by every check

    def look_closely(self) -> CallView:
        """The same call, looked at closely (`Lens.closely`)."""
        return self._through(msgspec.structs.replace(self.lens, closely=True))

    def for_what_is_forbidden(self) -> CallView:
        """The same call, frames fitted by sound, too (`Lens.by_sound`)."""
        return self._through(msgspec.structs.replace(self.lens, by_sound=True))

    def without_traces(self) -> CallView:
        """The same call, without what hardly anything speaks for (`Lens.traces`)."""
        return self._through(msgspec.structs.replace(self.lens, traces=False))

    def _through(self, lens: Lens) -> CallView:
        if lens == self.lens:
            return self
        if lens not in self._views:
            self._views[lens] = replace(self, lens=lens)
        return self._views[lens]

    def answer(self, check: Answers) -> Answer:
        """What a check says of the call; many rules ask the same, and each is worked out once."""
        key = check, self.lens
        if key not in self._answers:
            self._answers[key] = check.answer(self)
        return self._answers[key]

    @property
    def is_one_leg_dead(self) -> bool:
        """True where one party was not recorded: what both did at once, or neither did, is not known."""
        return any(m.name == "silence_share" and m.reason == "dead_leg" for m in self.measures.items)

    @property
    def breaks_off(self) -> bool:
        """Whether the sound ends in the middle of the call: the file is cut, or the words are and not by the agent."""
        stopped = any(e.name == "cut_off" for e in self.hangup.evidence)
        return self.cut_short or (stopped and self.hangup.party != "agent")

    def speaks_as_it_begins(self, role: RoleName) -> bool:
        """Whether that role's first turn was under way as the sound began: the recorder came late."""
        first = next(iter(self.words.turns(role)), None)
        return first is not None and first.span.start_ms < AT_ONCE_MS

    @property
    def seeks_misheard(self) -> bool:
        """Whether what was not heard may still have been said, in words heard badly; not where traces don't count."""
        return self.lens.closely and self.lens.traces

    def pauses(self, kinds: Sequence[PauseKind]) -> list[Pause]:
        """Pauses of those kinds, in order."""
        return [p for p in self.conversation.pauses if p.kind in kinds]

    def hits(self, families: Sequence[str], role: RoleName) -> Sequence[Hit]:
        """Where that role said one of the families, in order of time."""
        return self.words.hits(families, role, self.lens)

    def is_believed(self, role: RoleName, turn: Turn, start: int, end: int) -> bool:
        """True when characters `[start, end)` of a turn of that role are sure enough to accuse by."""
        if self.words.may_hide_words(role, self.words.span_of(turn, start, end)):
            return False
        return not (self.lens.closely and self.words.is_doubted(turn, start, end))
