"""One call as the checks look at it: everything they ask for, computed once."""

from __future__ import annotations

import bisect
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import accumulate, chain
from operator import add, attrgetter
from typing import Literal, Protocol

import msgspec

from analyzer.call.types import CallMetadata, Role
from analyzer.measure.types import Conversation, Hangup, Measures, Pause, PauseKind, Turn
from analyzer.rules.checks.again import HeardAgain
from analyzer.rules.checks.answer import Answer, Why
from analyzer.rules.checks.families import Family, Quoting
from analyzer.rules.checks.found import Found, by_phrase
from analyzer.rules.checks.frames import Fit
from analyzer.rules.checks.hits import DENIED, FAIR, GREY, QUOTED, Hit, family_hits, in_time
from analyzer.rules.checks.misheard import DOUBTED, Misheard, PerhapsSaid, doubted_below
from analyzer.rules.checks.quotes import Quotes, says_back
from analyzer.rules.checks.rawhits import PhraseSearch
from analyzer.rules.checks.readoff import read_off
from analyzer.rules.checks.tried import SAME_SOUND, BetterReadings, with_trials
from analyzer.rules.checks.turntexts import TurnTexts
from analyzer.rules.wording.model import LEAST, wording_model
from analyzer.spans import Span
from analyzer.speech.difference import EXACT, Difference, difference
from analyzer.speech.mandarin import is_spoken
from analyzer.speech.sound import canon, meaningful
from analyzer.speech.types import Word

RoleName = Literal["agent", "customer", "any"]
OTHER: Mapping[RoleName, RoleName] = {"agent": "customer", "customer": "agent"}
OF_ROLE = property(attrgetter("role"), doc="Whose words a check reads, where that is the role it names.")
POOR, POOR_WORDS = 0.65, 10  # so many words that average below this: nearly every second one is another
LESS_POOR = 0.05  # under what makes a single word doubted of a party that is badly heard throughout,
THROUGHOUT_WORDS = 30  # which so many words tell
GARBLED = 0.75  # here a trial may fit better than the words only because these are so wrong: 也不要减股 was no 不要脸
SHAKY = 0.75  # what only sounds much like a phrase, in such words and untried: 你问识辩 was 您问十遍, no 你问了四遍
FEW = 3  # syllables that carry meaning: so short a phrase in any words: 干净的 was no 赶紧的
MISSING = 6.0  # bits that speak for what is missing, before anybody fails for it
WORDLESS_MS = 600  # speech this long without a word hides something
WORDED_FAIRLY = -3.0  # below the bar of what is worded like something forbidden: nobody means it so
YES_MS = 250  # and of a customer, who is listened to for 好 and 行, so long: as a short token lasts


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
        low_probability: a turn whose words average below this may hide a phrase; a long one from `POOR` down.
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
    _murky: dict[int, bool] = field(default_factory=dict)
    _hiding: dict[tuple[str, Span], bool] = field(default_factory=dict)
    _misheard: dict[str, Misheard] = field(default_factory=dict)
    _better: BetterReadings = field(init=False)
    _below: dict[int, float] = field(default_factory=dict)
    _poor_below: dict[int, float] = field(default_factory=dict)
    _again: dict[str, HeardAgain] = field(default_factory=dict)

    def __post_init__(self) -> None:
        turns = self.conversation.turns
        self.whole = self.conversation.live  # asked for by every check
        self._texts = TurnTexts(turns, self.patterns)
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
                out = [self._weighed(h, role) if h.sure else h for h in out]
            if not self.traces:
                out = [h for h in out if h.sure or h.score >= EXACT or not self._is_trace(h)]
            if len(families) > 1:
                out.sort(key=in_time)
            self._said[key] = tuple(out)
        return self._said[key]

    def _searched(self) -> Quotes:
        """What is quoted, once the call was searched."""
        if self._quotes is None:
            found = by_phrase(self.search.find(self.phrases))
            self._found = Found(with_trials(found, self.conversation, self._texts))
            self._better = BetterReadings(self.conversation, self._texts)
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
        below = self._doubted_below(turn.speaker)
        return any(probability < below for probability in each)

    def may_hide_words(self, role: RoleName, span: Span) -> bool:
        """True when that role's speech in `span` is doubted, untranscribed or recognised with low probability."""
        key = (role, span)
        if key not in self._hiding:
            speakers = self._speakers(role)
            doubted = any(d.speaker in speakers and (d.span & span) for d in self.conversation.doubts)
            self._hiding[key] = doubted or any(self._is_murky(t) for t in self.turns_in(role, span))
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
            below = max((self._doubted_below(turn.speaker) for turn in self.turns(role)), default=DOUBTED)
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

    def _poor(self, speaker: int) -> float:
        """Higher of a party badly heard throughout: 您浩雅浮漫糖 was 您好呀福满堂, with 0.74."""
        if speaker not in self._poor_below:
            words = sum(len(turn.words) for turn in self.conversation.turns if turn.speaker == speaker)
            throughout = self._doubted_below(speaker) - LESS_POOR if words >= THROUGHOUT_WORDS else 0.0
            self._poor_below[speaker] = max(POOR, throughout)
        return self._poor_below[speaker]

    def _doubted_below(self, speaker: int) -> float:
        if speaker not in self._below:
            words = [w for turn in self.conversation.turns if turn.speaker == speaker for w in turn.words]
            self._below[speaker] = doubted_below(_mean(words) if words else 1.0)
        return self._below[speaker]

    def _weighed(self, hit: Hit, role: RoleName) -> Hit:
        """A sure hit; no longer sure where that would rest on syllables nobody heard."""
        if hit.trial == "refuted" or self._heard_again(role).denies(hit):
            return _unsure(hit, DENIED)
        if self._better.deny(hit.phrase, hit.turn, hit.start, hit.end):
            return _unsure(hit, DENIED)
        family = self.families[hit.family]
        if says_back(hit.start, hit.end, hit.turn, family.said_back, self.conversation.turns, self._texts):
            return _unsure(hit, QUOTED)
        if family.wording and not family.says_plainly(hit.phrase) and self._is_fair(hit):
            return _unsure(hit, FAIR)
        confirmed = hit.trial == "certain" and not _is_poor(self.conversation.turns[hit.turn].words, GARBLED)
        if confirmed or hit.score >= EXACT:
            return hit
        only_alike = not hit.trial and hit.score < SAME_SOUND
        shaky = only_alike and (meaningful(hit.phrase) <= FEW or self._mean_probability(hit) < SHAKY)
        return _unsure(hit, GREY) if shaky or self._difference(hit).is_loose else hit

    def _is_fair(self, hit: Hit) -> bool:
        """Whether an agent's hit, and the words around it, are worded like nothing forbidden; of few it isn't known."""
        text = self._texts[hit.turn].canonical
        if hit.role is not Role.AGENT or len(text) < LEAST:
            return False
        heard = text[hit.start : hit.end]
        meant = canon(hit.phrase) if len(hit.parts) == 1 else heard  # however badly it was heard: 你太顾植了
        return all(self._worded(hit, words) < WORDED_FAIRLY for words in {heard, meant})

    def _worded(self, hit: Hit, words: str) -> float:
        """How far a hit is above the bar of what is worded like something forbidden, if these were its words."""
        text, longer = self._texts[hit.turn].canonical, len(words) - (hit.end - hit.start)
        first, last = self._texts.clauses(hit.turn, hit.start, hit.end)
        said = text[: hit.start] + words + text[hit.end :]
        return wording_model().above(said, (hit.start, hit.end + longer), (first, last + longer))

    def _mean_probability(self, hit: Hit) -> float:
        """Of the characters heard for a hit; 1 where they have none."""
        each = [p for _, part in hit.parts for p in self._texts.heard(part)[1]]
        return sum(each) / len(each) if each else 1.0

    def _is_trace(self, hit: Hit) -> bool:
        """So little speaks for an unsure hit that nobody need listen; of one that seemed sure a trial must say so."""
        if self.closely or hit.trial or not hit.parts:  # a frame has none
            return hit.trial == "refuted"
        return self._difference(hit).is_trace

    def _difference(self, hit: Hit) -> Difference:
        """What keeps a hit's words from being its phrase; a gap stands for whatever lies in it."""
        return reduce(add, [difference(phrase, *self._texts.heard(part)) for phrase, part in hit.parts])

    def _heard_again(self, role: RoleName) -> HeardAgain:
        if role not in self._again:
            speakers = self._speakers(role)
            readings = [r for r in self.conversation.readings if r.speaker in speakers]
            self._again[role] = HeardAgain(readings, self.conversation.turns)
        return self._again[role]

    def _is_murky(self, turn: Turn) -> bool:
        if turn.index not in self._murky:
            words = turn.words
            low = bool(words) and (_mean(words) < self.low_probability or _is_poor(words, self._poor(turn.speaker)))
            written = "".join([w.text for w in words]) if words else turn.text
            least = YES_MS if turn.role is Role.CUSTOMER else WORDLESS_MS
            self._murky[turn.index] = low or (turn.speech_ms >= least and not is_spoken(written))
        return self._murky[turn.index]

    def role_of(self, role: RoleName) -> Role | None:
        """The role as evidence names it."""
        return None if role == "any" else Role(role)


def _mean(words: Sequence[Word]) -> float:
    return sum([w.probability for w in words]) / len(words)


def _is_poor(words: Sequence[Word], limit: float) -> bool:
    """Many words that average below the limit."""
    return len(words) >= POOR_WORDS and _mean(words) < limit


def _unsure(hit: Hit, why: Why) -> Hit:
    return msgspec.structs.replace(hit, sure=False, why=(*hit.why, why))
