"""Where words are somebody else's: quoted or denied."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from analyzer.call.types import Role
from analyzer.measure.types import Turn
from analyzer.rules.checks.families import Quoting
from analyzer.rules.checks.found import Found
from analyzer.rules.checks.saidback import HEAD, RETOLD, said_back_from
from analyzer.rules.checks.turntexts import TurnTexts
from analyzer.speech.difference import EXACT
from analyzer.speech.sound import canon

_QUOTING = 10.0  # bits that speak for a frame heard badly
_NAME, _SHORT_NAME = 4, 2  # characters by which a name is known; of one that ends its clause


def _asks_whether(word: str, before: str) -> bool:
    """Whether a word that denies asks instead: 不是 behind 是, 不会 behind 会."""
    return word.startswith("不") and bool(word[1:2]) and before.endswith(word[1])


class Placed(Protocol):
    """Words of a turn."""

    @property
    def turn(self) -> int:
        """Which."""

    @property
    def start(self) -> int:
        """The first character."""

    @property
    def end(self) -> int:
        """One behind the last."""


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
        before, after = _beside(found, texts, quoting, surely=True)
        told_of = texts.lines.find(quoting.frames)
        whole = {place: [(fit.start, fit.end) for fit in fits] for place, fits in told_of.items()}
        return cls(before, after, whole, quoting.reach, _named(turns, texts, [canon(word) for word in quoting.naming]))

    def heard_badly(self, found: Found, texts: TurnTexts, quoting: Quoting) -> Quotes:
        """With what only sounds like quoting words; frames in the agent's words alone."""
        before, after = _beside(found, texts, quoting, surely=False)
        whole = {place: [*spans] for place, spans in self.whole.items()}
        for place, start, end in texts.only_by_sound([quoting.frames], Role.AGENT, _QUOTING):
            whole.setdefault(place, []).append((start, end))
        return replace(self, before=before, after=after, whole=whole)

    def hold(self, hit: Placed) -> bool:
        """True when quoting words stand right before the hit (its first character may be theirs), behind or around.

        What begins as they do is not: 您是说全部退掉对吗 confirms.
        """
        at, turn = hit.start, hit.turn
        if any(s < at and hit.end <= e for s, e in self.whole.get(turn, ())):
            return True
        if turn in self.before and any(s < at and at - self.reach <= e <= at + 1 for s, e in self.before[turn]):
            return True
        return turn in self.after and any(0 <= start - hit.end <= 1 for start in self.after[turn])

    def retell(self, hit: Placed, turns: Sequence[Turn], texts: TurnTexts) -> bool:
        """True when the other party has told before of somebody who said these words."""
        words, first = texts[hit.turn].text[hit.start : hit.end], said_back_from(hit.start, hit.end, hit.turn, texts)
        return any(
            words in texts[at].text[end : end + RETOLD + len(words)]
            for at, places in self.before.items()
            if first <= at < hit.turn and turns[at].speaker != turns[hit.turn].speaker
            for _, end in places
        )

    def name(self, hit: Placed, turns: Sequence[Turn], texts: TurnTexts) -> bool:
        """True when something was named so: by the other party before, or by the customer himself here, too."""
        said = texts[hit.turn].canonical
        start = hit.start + (said[hit.start : hit.start + 1] in HEAD)
        words = said[start : hit.end][:_NAME]
        own = turns[hit.turn].speaker if turns[hit.turn].role != Role.CUSTOMER else None
        return any(at <= hit.turn and turns[at].speaker != own and words in names for at, names in self.named.items())


def _beside(
    found: Found, texts: TurnTexts, quoting: Quoting, *, surely: bool
) -> tuple[dict[int, list[tuple[int, int]]], dict[int, list[int]]]:
    """Where words quote what follows, and others what stood before, by turn; the sure ones, or all that may be."""
    before: dict[int, list[tuple[int, int]]] = {}
    after: dict[int, list[int]] = {}
    told = {(h.turn, h.end) for word in quoting.telling for h in found.hits.get(word, ()) if h.score >= EXACT}
    for word, hit in ((w, h) for w in quoting.before for h in found.hits.get(w, ()) if h.sure or not surely):
        if (hit.turn, hit.end) not in told and not _asks_whether(word, texts[hit.turn].text[: hit.start]):
            before.setdefault(hit.turn, []).append((hit.start, hit.end))
    for hit in (h for word in quoting.after for h in found.hits.get(word, ()) if h.sure or not surely):
        after.setdefault(hit.turn, []).append(hit.start)
    return before, after


def _named(turns: Sequence[Turn], texts: TurnTexts, words: Sequence[str]) -> dict[int, set[str]]:
    """By turn, the characters behind each of the words, where these are enough for a name, or all of a clause."""
    found: dict[int, set[str]] = {}
    for at in range(len(turns)):
        text = texts[at].canonical
        naming = [word for word in words if word in text]
        stops = (*texts.marks(at), len(text)) if naming else ()
        for word in naming:
            for end in (match.end() for match in re.finditer(re.escape(word), text)):
                stop = stops[bisect_right(stops, end)] if end < len(text) else end
                if stop - end >= _SHORT_NAME:
                    found.setdefault(at, set()).add(text[end : min(end + _NAME, stop)])
    return found
