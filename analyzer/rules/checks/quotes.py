"""Where words are somebody else's: quoted, denied, or said back to who has just said them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzer.call.types import Role
from analyzer.measure.types import Turn
from analyzer.rules.checks.families import Quoting
from analyzer.rules.checks.found import Found
from analyzer.rules.checks.rawhits import RawHit
from analyzer.rules.checks.turntexts import TurnTexts
from analyzer.speech.difference import EXACT
from analyzer.speech.sound import canon

_ANSWERED = 2  # turns later, at most
_RETOLD = 10  # characters behind 他说 at which what was said goes on: 不知道，别问我
_NAME, _SHORT_NAME = 4, 2  # characters by which a name is known; of one that ends its clause
_SAYING = "说"  # may begin what is found: 说爱用不用
_MINE, _BEFORE_MINE = "我", 2  # 我 is another one in the other's mouth, unless so much before it is said back, too


def _asks_whether(word: str, before: str) -> bool:
    """Whether a word that denies asks instead: 不是 behind 是, 不会 behind 会."""
    return word.startswith("不") and bool(word[1:2]) and before.endswith(word[1])


@dataclass(frozen=True, slots=True)
class Quotes:
    """Where a call quotes or denies, by turn: characters of words that do so to what follows, or to what stood before.

    Args:
        before: (start, end) of each.
        after: where each begins.
        whole: (start, end) of what is quoted as a whole.
        reach: characters that may lie between.
        named: what something is called there: the first characters of its name, by which it is known.
    """

    before: Mapping[int, Sequence[tuple[int, int]]]
    after: Mapping[int, Sequence[int]]
    whole: Mapping[int, Sequence[tuple[int, int]]]
    reach: int
    named: Mapping[int, Collection[str]]

    @classmethod
    def of(cls, turns: Sequence[Turn], found: Found, texts: TurnTexts, quoting: Quoting) -> Quotes:
        """From a call's turns, hits and words."""
        before: dict[int, list[tuple[int, int]]] = {}
        after: dict[int, list[int]] = {}
        told = {(h.turn, h.end) for word in quoting.telling for h in found.hits.get(word, ()) if h.score >= EXACT}
        for word, hit in ((w, h) for w in quoting.before for h in found.hits.get(w, ()) if h.sure):
            if (hit.turn, hit.end) not in told and not _asks_whether(word, texts[hit.turn].text[: hit.start]):
                before.setdefault(hit.turn, []).append((hit.start, hit.end))
        for hit in (h for word in quoting.after for h in found.hits.get(word, ()) if h.sure):
            after.setdefault(hit.turn, []).append(hit.start)
        told_of = texts.lines.find(quoting.frames)
        whole = {place: [(fit.start, fit.end) for fit in fits] for place, fits in told_of.items()}
        return cls(before, after, whole, quoting.reach, _named(turns, texts, [canon(word) for word in quoting.naming]))

    def hold(self, hit: RawHit) -> bool:
        """True when quoting words stand right before the hit (its first character may be theirs), behind or around."""
        at, turn = hit.start, hit.turn
        if turn in self.whole and any(s <= at and hit.end <= e for s, e in self.whole[turn]):
            return True
        if turn in self.before and any(s < at and at - self.reach <= e <= at + 1 for s, e in self.before[turn]):
            return True
        return turn in self.after and any(0 <= start - hit.end <= 1 for start in self.after[turn])

    def retell(self, hit: RawHit, turns: Sequence[Turn], texts: TurnTexts) -> bool:
        """True when the other party has just told of somebody who said these words."""
        words = texts[hit.turn].text[hit.start : hit.end]
        return any(
            words in texts[at].text[end : end + _RETOLD + len(words)]
            for at in _answered(hit.turn, turns)
            for _, end in self.before.get(at, ())
        )

    def name(self, hit: RawHit, turns: Sequence[Turn], texts: TurnTexts) -> bool:
        """True when something was named so: by the other party before, or by the customer himself here, too."""
        words = texts[hit.turn].canonical[hit.start : hit.end][:_NAME]
        own = turns[hit.turn].speaker if turns[hit.turn].role != Role.CUSTOMER else None
        return any(at <= hit.turn and turns[at].speaker != own and words in names for at, names in self.named.items())


def says_back(start: int, end: int, turn: int, least: int, turns: Sequence[Turn], texts: TurnTexts) -> bool:
    """Whether the other party has just said what stands at `[start, end)` of a turn, in so many characters at least.

    What is said around it counts, too: 逗你玩 of 《逗你玩大乱斗》.
    """
    said = texts[turn].canonical
    if said[start : start + 1] == _SAYING:
        start += 1
    if said[start : start + 1] == _MINE:
        start -= _BEFORE_MINE
    if start < 0:
        return False
    size = max(least, end - start)
    theirs = [text for at in _answered(turn, turns) if said[start:end] in (text := texts[at].canonical)]
    places = range(max(0, end - size), min(start, len(said) - size) + 1) if theirs else ()
    return any(said[first : first + size] in text for first in places for text in theirs)


def _named(turns: Sequence[Turn], texts: TurnTexts, words: Sequence[str]) -> dict[int, set[str]]:
    """By turn, the characters behind each of the words, where these are enough for a name, or all of a clause."""
    found: dict[int, set[str]] = {}
    for at in range(len(turns)):
        text = texts[at].canonical
        naming = [word for word in words if word in text]
        stops = (*texts.marks(at), len(text)) if naming else ()
        for word in naming:
            end = text.find(word) + len(word)
            while len(word) <= end < len(text):
                stop = stops[bisect_right(stops, end)]
                if stop - end >= _SHORT_NAME:
                    found.setdefault(at, set()).add(text[end : min(end + _NAME, stop)])
                end = text.find(word, end - len(word) + 1) + len(word)
    return found


def _answered(turn: int, turns: Sequence[Turn]) -> Iterator[int]:
    """The other party's turns right before one."""
    for at in range(max(0, turn - _ANSWERED), turn):
        if turns[at].speaker != turns[turn].speaker:
            yield at
