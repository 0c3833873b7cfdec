"""One call as the checks look at it: everything they ask for, computed once."""

from __future__ import annotations

import bisect
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain
from operator import attrgetter
from typing import Literal, Protocol

from analyzer.call.types import CallMetadata, Role
from analyzer.measure.types import Conversation, Hangup, Measures, Pause, PauseKind, Turn
from analyzer.rules.checks.again import HeardAgain
from analyzer.rules.checks.answer import Answer
from analyzer.rules.checks.clarity import Clarity
from analyzer.rules.checks.families import Family, Quoting
from analyzer.rules.checks.found import Found, by_phrase
from analyzer.rules.checks.frames import Fit
from analyzer.rules.checks.hits import Hit, family_hits, in_time
from analyzer.rules.checks.misheard import DOUBTED, Misheard, PerhapsSaid
from analyzer.rules.checks.quotes import Quotes
from analyzer.rules.checks.rawhits import PhraseSearch
from analyzer.rules.checks.readoff import read_off
from analyzer.rules.checks.tried import BetterReadings, with_trials
from analyzer.rules.checks.turntexts import TurnTexts
from analyzer.rules.checks.weighing import Weighing
from analyzer.spans import Span

RoleName = Literal["agent", "customer", "any"]
OTHER: Mapping[RoleName, RoleName] = {"agent": "customer", "customer": "agent"}
OF_ROLE = property(attrgetter("role"), doc="Whose words a check reads, where that is the role it names.")
MISSING = 6.0  # bits that speak for what is missing, before anybody fails for it


class Answers(Protocol):
    """A check, as a view asks it."""

    def answer(self, view: CallView) -> Answer:
        """What it says of the call."""


@dataclass(slots=True)
class CallView:
    """A call being judged.

    Args:
        families: the standard's phrase families by id.
        phrases: every phrase in them, for the search.
        patterns: every one in them and in the checks, as far as it is known.
        low_probability: a turn whose words average below this may hide a phrase (`Clarity`).
        closely: what seems to be missing is looked for once more, among doubted words and in the second hearing, and
            what the second hearing denies is unsure.
        traces: phrases of which hardly anything was heard, and that no trial on the sound speaks for, count as perhaps
            said; so do those that one speaks against.
        by_sound: frames fit doubted words of the agent by their sound, too, never surely.
        cut_short: the recording ends before the call does.
    """

    conversation: Conversation
    measures: Measures
    hangup: Hangup
    metadata: CallMetadata
    families: Mapping[str, Family]
    quoting: Quoting
    complaint_families: tuple[str, ...]
    mild_complaint_families: tuple[str, ...]
    phrases: tuple[str, ...]
    search: PhraseSearch
    low_probability: float
    patterns: tuple[str, ...] = ()
    closely: bool = False
    traces: bool = True
    by_sound: bool = False
    cut_short: bool = False
    whole: Span = field(init=False)  # from when people are on the line until they are not any more
    _found: Found = field(init=False)
    _quotes: Quotes | None = None  # until hits are asked for
    _forbidding: CallView | None = None  # until something forbidden is
    _answers: dict[tuple[Answers, bool, bool, bool], Answer] = field(default_factory=dict)
    _hits: dict[tuple[str, bool], tuple[Hit, ...]] = field(default_factory=dict)
    _said: dict[tuple[tuple[str, ...], RoleName, bool, bool, bool], tuple[Hit, ...]] = field(default_factory=dict)
    _by_role: dict[str, tuple[Turn, ...]] = field(default_factory=dict)
    _bounds: dict[str, tuple[list[int], list[int]]] = field(default_factory=dict)  # of these: starts, ends so far
    _texts: TurnTexts = field(init=False)
    _place: dict[int, int] = field(init=False)  # of a turn, by its index
    _clarity: Clarity = field(init=False)
    _hiding: dict[tuple[str, Span], bool] = field(default_factory=dict)
    _misheard: dict[str, Misheard] = field(default_factory=dict)
    _weighing: Weighing = field(init=False)
    _again: dict[str, HeardAgain] = field(default_factory=dict)

    def __post_init__(self) -> None:
        turns = self.conversation.turns
        self.whole = self.conversation.live  # asked for by every check
        self._texts = TurnTexts(turns, self.patterns)
        self._clarity = Clarity(turns, self.low_probability)
        self._place = {turn.index: place for place, turn in enumerate(turns)}

    def answer(self, check: Answers) -> Answer:
        """What a check says of the call; many rules ask the same, and each is worked out once."""
        key = (check, self.closely, self.traces, self.by_sound)
        if key not in self._answers:
            self._answers[key] = check.answer(self)
        return self._answers[key]

    @property
    def is_one_leg_dead(self) -> bool:
        """True where one party was not recorded: what both did at once, or neither did, is not known."""
        return any(m.name == "silence_share" and m.reason == "dead_leg" for m in self.measures.items)

    def text(self, turn: Turn) -> str:
        """A turn's spoken characters, without punctuation."""
        return self._texts[self._place[turn.index]].text

    def canonical(self, turn: Turn) -> str:
        """The same, each character as the one that stands for all that a rule takes for it: 您 is 你."""
        return self._texts[self._place[turn.index]].canonical

    def fits(self, patterns: tuple[str, ...]) -> Mapping[int, Sequence[Fit]]:
        """Where patterns fit, by the turn's place."""
        return self._texts.lines.find(patterns)

    def may_fit(self, groups: Sequence[tuple[str, ...]], role: RoleName) -> Iterator[tuple[Turn, int, int]]:
        """Where words of that role that were heard badly may be what a pattern wants."""
        for place, start, end in self._texts.only_by_sound(groups, self.role_of(role), MISSING):
            yield self.conversation.turns[place], start, end

    def place_of(self, turn: Turn) -> int:
        """A turn's place among all turns, as a `Hit` names it."""
        return self._place[turn.index]

    def span_of(self, turn: Turn, start: int, end: int) -> Span:
        """The time of characters `[start, end)` of a turn's text."""
        return self._texts[self._place[turn.index]].span(turn, start, end)

    def clauses(self, turn: Turn, start: int, end: int) -> tuple[int, int]:
        """From where to where the clauses go on that characters `[start, end)` of a turn's text lie in."""
        return self._texts.clauses(self._place[turn.index], start, end)

    @property
    def breaks_off(self) -> bool:
        """Whether the sound ends in the middle of the call: the file is cut, or the words are and not by the agent."""
        stopped = any(e.name == "cut_off" for e in self.hangup.evidence)
        return self.cut_short or (stopped and self.hangup.party != "agent")

    def turns(self, role: RoleName) -> tuple[Turn, ...]:
        """That role's turns, in order."""
        if role not in self._by_role:
            every = self.conversation.turns
            self._by_role[role] = every if role == "any" else tuple(t for t in every if t.role == role)
        return self._by_role[role]

    def hits(self, families: Sequence[str], role: RoleName) -> Sequence[Hit]:
        """Where that role said one of the families, in order of time."""
        key = (tuple(families), role, self.closely, self.traces, self.by_sound)
        if key not in self._said:
            quotes, out = self._searched(), list[Hit]()
            for family in families:
                by_sound = self.by_sound and role != "customer"  # by sound only the agent's words are looked at
                if (family, by_sound) not in self._hits:
                    self._hits[family, by_sound] = family_hits(
                        self.conversation, self._found, self._texts, self.families[family], quotes, by_sound
                    )
                out.extend([h for h in self._hits[family, by_sound] if role == "any" or h.role == role])
            if self.closely:
                again = self._heard_again(role)
                out = [self._weighing.weighed(h, again) if h.sure else h for h in out]
            if not self.traces:
                out = [h for h in out if not self._weighing.is_trace(h, self.closely)]
            if len(families) > 1:
                out.sort(key=in_time)
            self._said[key] = tuple(out)
        return self._said[key]

    def _searched(self) -> Quotes:
        """What is quoted, once the call was searched."""
        if self._quotes is None:
            found = by_phrase(self.search.find(self.phrases))
            self._found = Found(with_trials(found, self.conversation, self._texts))
            better = BetterReadings(self.conversation, self._texts)
            self._weighing = Weighing(self.conversation.turns, self._texts, self.families, better)
            self._quotes = Quotes.of(self.conversation.turns, self._found, self._texts, self.quoting)
        return self._quotes

    @property
    def seeks_misheard(self) -> bool:
        """Whether what was not heard may still have been said, in words heard badly; not where traces don't count."""
        return self.closely and self.traces

    def pauses(self, kinds: Sequence[PauseKind]) -> list[Pause]:
        """Pauses of those kinds, in order."""
        return [p for p in self.conversation.pauses if p.kind in kinds]

    def turns_in(self, role: RoleName, span: Span) -> list[Turn]:
        """That role's turns that share time with `span`."""
        turns = self.turns(role)
        if role not in self._bounds:
            ends = accumulate([t.span.end_ms for t in turns], max)  # a long turn may end after one that began later
            self._bounds[role] = [t.span.start_ms for t in turns], list(ends)
        starts, ends_so_far = self._bounds[role]
        first, last = bisect.bisect_right(ends_so_far, span.start_ms), bisect.bisect_left(starts, span.end_ms)
        return [t for t in turns[first:last] if t.span.end_ms > span.start_ms]

    def is_doubted(self, turn: Turn, start: int, end: int) -> bool:
        """True when the recogniser doubted one of the characters `[start, end)` of a turn's text."""
        each = self._texts[self._place[turn.index]].probabilities(turn, start, end)
        below = self._clarity.doubted_below(turn.speaker)
        return any(probability < below for probability in each)

    def may_hide_words(self, role: RoleName, span: Span) -> bool:
        """True when that role's speech in `span` is doubted, untranscribed or recognised with low probability."""
        key = (role, span)
        if key not in self._hiding:
            speakers = self._speakers(role)
            doubted = any(d.speaker in speakers and (d.span & span) for d in self.conversation.doubts)
            self._hiding[key] = doubted or any(self._clarity.is_murky(t) for t in self.turns_in(role, span))
        return self._hiding[key]

    def is_believed(self, role: RoleName, turn: Turn, start: int, end: int) -> bool:
        """True when characters `[start, end)` of a turn of that role are sure enough to accuse by."""
        if self.may_hide_words(role, self.span_of(turn, start, end)):
            return False
        return not (self.closely and self.is_doubted(turn, start, end))

    def look_closely(self) -> CallView:
        """The same call, `closely`."""
        view = copy.copy(self)
        view.closely = True
        return view

    def for_what_is_forbidden(self) -> CallView:
        """The same call, `by_sound`."""
        if self._forbidding is None:
            self._searched()  # once for both
            self._forbidding = copy.copy(self)
            self._forbidding.by_sound = True
        return self._forbidding

    def without_traces(self) -> CallView:
        """The same call, without `traces`."""
        view = copy.copy(self)
        view.traces = False
        return view

    def may_be_misheard(self, families: Sequence[str], role: RoleName, span: Span) -> PerhapsSaid | None:
        """Where in `span` that role may have said one of the families, though it was not heard; None when nowhere."""
        if role not in self._misheard:
            said = [turn.words for turn in self.turns(role)]
            below = max((self._clarity.doubted_below(turn.speaker) for turn in self.turns(role)), default=DOUBTED)
            self._misheard[role] = Misheard([*said, *self._heard_again(role).words], below)
        phrases = tuple(form for family in families for form in self.families[family].forms)
        places = chain(self._heard_again(role).places(phrases), self._misheard[role].places(phrases))
        frames = [self.families[family].frames for family in families]
        fitting = (PerhapsSaid(self.span_of(t, a, b), self.text(t)[a:b], "") for t, a, b in self.may_fit(frames, role))
        speakers = self._speakers(role)
        read = read_off((t for t in self.conversation.trials if t.speaker in speakers), self.turns(role), phrases)
        return next((place for place in chain(places, fitting, read) if place.span & span), None)

    def _speakers(self, role: RoleName) -> set[int]:
        """Who has that role, by their indices."""
        return {s.index for s in self.conversation.speakers if role == "any" or s.role == role}

    def _heard_again(self, role: RoleName) -> HeardAgain:
        if role not in self._again:
            speakers = self._speakers(role)
            readings = [r for r in self.conversation.readings if r.speaker in speakers]
            self._again[role] = HeardAgain(readings, self.conversation.turns)
        return self._again[role]

    def role_of(self, role: RoleName) -> Role | None:
        """The role as evidence names it."""
        return None if role == "any" else Role(role)
