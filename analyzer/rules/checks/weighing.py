"""Whether a hit that seems sure is sure enough to accuse by, and whether an unsure one is worth hearing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import msgspec

from analyzer.call.types import Role
from analyzer.measure.types import Turn
from analyzer.rules.checks.again import HeardAgain
from analyzer.rules.checks.answer import Why
from analyzer.rules.checks.clarity import is_poor
from analyzer.rules.checks.families import Family
from analyzer.rules.checks.hits import DENIED, FAIR, GREY, QUOTED, Hit
from analyzer.rules.checks.quotes import Quotes
from analyzer.rules.checks.saidback import SaidBefore
from analyzer.rules.checks.tried import SAME_SOUND, BetterReadings
from analyzer.rules.checks.turntexts import TurnTexts
from analyzer.rules.wording.model import LEAST, wording_model
from analyzer.speech.difference import EXACT, Difference, difference
from analyzer.speech.sound import canon, meaningful

GARBLED = 0.75  # here a trial may fit better than the words only because these are so wrong: 也不要减股 was no 不要脸
SHAKY = 0.75  # what only sounds much like a phrase, in such words and untried: 你问识辩 was 您问十遍, no 你问了四遍
FEW = 3  # syllables that carry meaning: so short a phrase in any words: 干净的 was no 赶紧的
WORDED_FAIRLY = -3.0  # below the bar of what is worded like something forbidden: nobody means it so


@dataclass(frozen=True, slots=True)
class Weighing:
    """What speaks against a call's hits.

    Args:
        turns, texts: of the call.
        families: the standard's phrase families by id.
        better: where trials found that another phrase was said.
        before: what was said before.
        perhaps_quoted: what quotes or denies in words that only sound like it.
    """

    turns: Sequence[Turn]
    texts: TurnTexts
    families: Mapping[str, Family]
    better: BetterReadings
    before: SaidBefore
    perhaps_quoted: Callable[[], Quotes]

    def weighed(self, hit: Hit, again: HeardAgain) -> Hit:
        """A sure hit; no longer sure, and why, where somebody could be accused wrongly.

        Args:
            hit: a sure one.
            again: what a second hearing of the same party made of it.
        """
        if hit.trial == "refuted" or again.denies(hit):
            return _unsure(hit, DENIED)
        if self.better.deny(hit.phrase, hit.turn, hit.start, hit.end):
            return _unsure(hit, DENIED)
        family = self.families[hit.family]
        back = family.said_back
        if back and self.before.holds(hit.start, hit.end, hit.turn, back):
            return _unsure(hit, QUOTED)
        quotes = self.perhaps_quoted()
        if quotes.hold(hit) or quotes.retell(hit, self.turns, self.texts):
            return _unsure(hit, QUOTED)
        if family.wording and not family.says_plainly(hit.phrase) and self._is_fair(hit):
            return _unsure(hit, FAIR)
        confirmed = hit.trial == "certain" and not is_poor(self.turns[hit.turn].words, GARBLED)
        if confirmed or hit.score >= EXACT:
            return hit
        only_alike = not hit.trial and hit.score < SAME_SOUND
        shaky = only_alike and (meaningful(hit.phrase) <= FEW or self._mean_probability(hit) < SHAKY)
        return _unsure(hit, GREY) if shaky or self._difference(hit).is_loose else hit

    def is_trace(self, hit: Hit, closely: bool) -> bool:
        """So little speaks for an unsure hit that nobody need listen.

        Args:
            hit: a sure one is none.
            closely: sure ones were weighed; then only a trial says so.
        """
        if hit.sure or hit.score >= EXACT:
            return False
        if closely or hit.trial or not hit.parts:  # a frame has none
            return hit.trial == "refuted"
        return self._difference(hit).is_trace

    def _is_fair(self, hit: Hit) -> bool:
        """Whether an agent's hit, and the words around it, are worded like nothing forbidden; of few it isn't known."""
        text = self.texts[hit.turn].canonical
        if hit.role is not Role.AGENT or len(text) < LEAST:
            return False
        heard = text[hit.start : hit.end]
        meant = canon(hit.phrase) if len(hit.parts) == 1 else heard  # however badly it was heard: 你太顾植了
        return all(self._worded(hit, words) < WORDED_FAIRLY for words in {heard, meant})

    def _worded(self, hit: Hit, words: str) -> float:
        """How far a hit is above the bar of what is worded like something forbidden, if these were its words."""
        text, longer = self.texts[hit.turn].canonical, len(words) - (hit.end - hit.start)
        first, last = self.texts.clauses(hit.turn, hit.start, hit.end)
        said = text[: hit.start] + words + text[hit.end :]
        return wording_model().above("forbidden", said, (hit.start, hit.end + longer), (first, last + longer))

    def _mean_probability(self, hit: Hit) -> float:
        """Of the characters heard for a hit; 1 where they have none."""
        each = [p for _, part in hit.parts for p in self.texts.heard(part)[1]]
        return sum(each) / len(each) if each else 1.0

    def _difference(self, hit: Hit) -> Difference:
        """What keeps a hit's words from being its phrase; a gap stands for whatever lies in it."""
        return reduce(add, [difference(phrase, *self.texts.heard(part)) for phrase, part in hit.parts])


def _unsure(hit: Hit, why: Why) -> Hit:
    return msgspec.structs.replace(hit, sure=False, why=(*hit.why, why))
