"""The words of a call, as checks ask for them: what was found, what is doubted, what may have been said.

Everything is worked out once, when it is first asked for, and kept: hundreds of rules ask for the same.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import accumulate, chain
from typing import Literal

import msgspec

from analyzer.call.types import Role
from analyzer.measure.types import Conversation, Turn
from analyzer.rules.checks.again import HeardAgain
from analyzer.rules.checks.clarity import Clarity
from analyzer.rules.checks.families import Family, Quoting
from analyzer.rules.checks.found import Found, by_phrase
from analyzer.rules.checks.frames import Fit
from analyzer.rules.checks.hits import Hit, family_hits, in_time
from analyzer.rules.checks.misheard import DOUBTED, Misheard, PerhapsSaid
from analyzer.rules.checks.quotes import Quotes
from analyzer.rules.checks.rawhits import PhraseSearch
from analyzer.rules.checks.readoff import read_off
from analyzer.rules.checks.saidback import SaidBefore
from analyzer.rules.checks.tried import BetterReadings, with_trials
from analyzer.rules.checks.turntexts import TurnTexts
from analyzer.rules.checks.weighing import Weighing
from analyzer.rules.wording.model import Like, Likeness, wording_model
from analyzer.spans import Span

RoleName = Literal["agent", "customer", "any"]
MISSING = 6.0  # bits that speak for what is missing, before anybody fails for it


class Lens(msgspec.Struct, frozen=True, gc=False):
    """How words are looked at; a rule is asked by the plain one first.

    Args:
        closely: what seems to be missing is looked for once more, among doubted words and in the second hearing, and
            what the second hearing denies is unsure.
        traces: phrases of which hardly anything was heard, and that no trial on the sound speaks for, count as perhaps
            said; so do those that one speaks against.
        by_sound: frames fit doubted words of the agent by their sound, too, never surely.
    """

    closely: bool = False
    traces: bool = True
    by_sound: bool = False


PLAIN = Lens()


@dataclass(frozen=True, slots=True)
class Sought:
    """What a standard looks for in words.

    Args:
        families: its phrase families by id.
        quoting: words that turn what is said into a quotation.
        phrases: every phrase in them, for the search.
        patterns: every one in them and in the checks, as far as it is known.
        low_probability: a turn whose words average below this may hide a phrase (`Clarity`).
    """

    families: Mapping[str, Family]
    quoting: Quoting
    phrases: tuple[str, ...]
    patterns: tuple[str, ...]
    low_probability: float


@dataclass(frozen=True, slots=True)
class _Searched:
    """What the search left: hits of phrases, what is quoted, and what speaks against hits."""

    found: Found
    quotes: Quotes
    weighing: Weighing


class CallWords:
    """Turns and their words.

    Args:
        conversation: the call's.
        sought: in it.
        search: how phrases are found.
    """

    def __init__(self, conversation: Conversation, sought: Sought, search: PhraseSearch) -> None:
        self._conversation, self._sought, self._search = conversation, sought, search
        turns = conversation.turns
        self._texts = TurnTexts(turns, sought.patterns)
        self._clarity = Clarity(turns, sought.low_probability)
        self._place = {turn.index: place for place, turn in enumerate(turns)}
        self._by_role: dict[str, tuple[Turn, ...]] = {}
        self._bounds: dict[str, tuple[list[int], list[int]]] = {}  # of these: starts, ends so far
        self._of_family: dict[tuple[str, bool], tuple[Hit, ...]] = {}
        self._hits: dict[tuple[tuple[str, ...], RoleName, Lens], Sequence[Hit]] = {}
        self._hiding: dict[tuple[str, Span], bool] = {}
        self._misheard: dict[str, Misheard] = {}
        self._worded: dict[tuple[int, str], Likeness] = {}
        self._again: dict[str, HeardAgain] = {}

    def turns(self, role: RoleName) -> tuple[Turn, ...]:
        """That role's turns, in order."""
        if role not in self._by_role:
            every = self._conversation.turns
            self._by_role[role] = every if role == "any" else tuple(t for t in every if t.role == role)
        return self._by_role[role]

    def turns_in(self, role: RoleName, span: Span) -> list[Turn]:
        """That role's turns that share time with `span`."""
        turns = self.turns(role)
        if role not in self._bounds:
            ends = accumulate([t.span.end_ms for t in turns], max)  # a long turn may end after one that began later
            self._bounds[role] = [t.span.start_ms for t in turns], list(ends)
        starts, ends_so_far = self._bounds[role]
        first, last = bisect.bisect_right(ends_so_far, span.start_ms), bisect.bisect_left(starts, span.end_ms)
        return [t for t in turns[first:last] if t.span.end_ms > span.start_ms]

    def text(self, turn: Turn) -> str:
        """A turn's spoken characters, without punctuation."""
        return self._texts[self._place[turn.index]].text

    def canonical(self, turn: Turn) -> str:
        """The same, each character as the one that stands for all that a rule takes for it: 您 is 你."""
        return self._texts[self._place[turn.index]].canonical

    def worded(self, turn: Turn, like: Like) -> Likeness:
        """How much a turn is worded like something."""
        if (turn.index, like) not in self._worded:
            found = wording_model(like).likenesses(self.canonical(turn))
            self._worded |= {(turn.index, told): likeness for told, likeness in found.items()}
        return self._worded[turn.index, like]

    def place_of(self, turn: Turn) -> int:
        """A turn's place among all turns, as a `Hit` names it."""
        return self._place[turn.index]

    def span_of(self, turn: Turn, start: int, end: int) -> Span:
        """The time of characters `[start, end)` of a turn's text."""
        return self._texts[self._place[turn.index]].span(turn, start, end)

    def clauses(self, turn: Turn, start: int, end: int) -> tuple[int, int]:
        """From where to where the clauses go on that characters `[start, end)` of a turn's text lie in."""
        return self._texts.clauses(self._place[turn.index], start, end)

    def fits(self, patterns: tuple[str, ...]) -> Mapping[int, Sequence[Fit]]:
        """Where patterns fit, by the turn's place."""
        return self._texts.lines.find(patterns)

    def may_fit(self, groups: Sequence[tuple[str, ...]], role: RoleName) -> Iterator[tuple[Turn, int, int]]:
        """Where words of that role that were heard badly may be what a pattern wants."""
        for place, start, end in self._texts.only_by_sound(groups, role_of(role), MISSING):
            yield self._conversation.turns[place], start, end

    def hits(self, families: Sequence[str], role: RoleName, lens: Lens) -> Sequence[Hit]:
        """Where that role said one of the families, in order of time."""
        key = tuple(families), role, lens
        if key not in self._hits:
            out = [h for family in families for h in self._said(family, role, lens)]
            weighing = self._searched.weighing
            if lens.closely:
                again = self._heard_again(role)
                out = [weighing.weighed(h, again) if h.sure else h for h in out]
            if not lens.traces:
                out = [h for h in out if not weighing.is_trace(h, lens.closely)]
            if len(families) > 1:
                out.sort(key=in_time)
            self._hits[key] = tuple(out)
        return self._hits[key]

    def is_doubted(self, turn: Turn, start: int, end: int) -> bool:
        """True when the recogniser doubted one of the characters `[start, end)` of a turn's text."""
        each = self._texts[self._place[turn.index]].probabilities(turn, start, end)
        below = self._clarity.doubted_below(turn.speaker)
        return any(probability < below for probability in each)

    def may_hide_words(self, role: RoleName, span: Span) -> bool:
        """True when that role's speech in `span` is doubted, untranscribed or recognised with low probability."""
        key = (role, span)
        if key not in self._hiding:
            doubts = [d for d in self._conversation.doubts if d.span & span]  # mostly none
            doubted = bool(doubts) and not self._speakers(role).isdisjoint(d.speaker for d in doubts)
            self._hiding[key] = doubted or any(self._clarity.is_murky(t) for t in self.turns_in(role, span))
        return self._hiding[key]

    def may_be_misheard(self, families: Sequence[str], role: RoleName, span: Span) -> PerhapsSaid | None:
        """Where in `span` that role may have said one of the families, though it was not heard; None when nowhere."""
        again = self._heard_again(role)
        if role not in self._misheard:
            said = [turn.words for turn in self.turns(role)]
            below = max((self._clarity.doubted_below(turn.speaker) for turn in self.turns(role)), default=DOUBTED)
            self._misheard[role] = Misheard([*said, *again.words], below)
        phrases = tuple(form for family in families for form in self._sought.families[family].forms)
        places = chain(again.places(phrases), self._misheard[role].places(phrases))
        frames = [self._sought.families[family].frames for family in families]
        fitting = (PerhapsSaid(self.span_of(t, a, b), self.text(t)[a:b], "") for t, a, b in self.may_fit(frames, role))
        speakers = self._speakers(role)
        read = read_off((t for t in self._conversation.trials if t.speaker in speakers), self.turns(role), phrases)
        return next((place for place in chain(places, fitting, read) if place.span & span), None)

    @cached_property
    def _searched(self) -> _Searched:
        turns, texts = self._conversation.turns, self._texts
        found = Found(with_trials(by_phrase(self._search.find(self._sought.phrases)), self._conversation, texts))
        better = BetterReadings(self._conversation, texts)
        quotes = Quotes.of(turns, found, texts, self._sought.quoting)
        perhaps_quoted = cache(partial(quotes.heard_badly, found, texts, self._sought.quoting))
        before = SaidBefore(turns, texts)
        weighing = Weighing(turns, texts, self._sought.families, better, before, perhaps_quoted)
        return _Searched(found, quotes, weighing)

    def _said(self, family: str, role: RoleName, lens: Lens) -> Iterator[Hit]:
        """Where that role said one family, before anything is weighed."""
        by_sound = lens.by_sound and role != "customer"  # by sound only the agent's words are looked at
        if (family, by_sound) not in self._of_family:
            searched = self._searched
            self._of_family[family, by_sound] = family_hits(
                self._conversation,
                searched.found,
                self._texts,
                self._sought.families[family],
                searched.quotes,
                by_sound,
            )
        return (h for h in self._of_family[family, by_sound] if role == "any" or h.role == role)

    def _speakers(self, role: RoleName) -> set[int]:
        """Who has that role, by their indices."""
        return {s.index for s in self._conversation.speakers if role == "any" or s.role == role}

    def _heard_again(self, role: RoleName) -> HeardAgain:
        if role not in self._again:
            speakers = self._speakers(role)
            readings = [r for r in self._conversation.readings if r.speaker in speakers]
            self._again[role] = HeardAgain(readings, self._conversation.turns)
        return self._again[role]


def role_of(role: RoleName) -> Role | None:
    """The role as evidence names it."""
    return None if role == "any" else Role(role)
