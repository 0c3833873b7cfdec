"""Phrases found by exact text: the plain engine, for comparison and for notation that is exact anyway."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from itertools import accumulate

from analyzer.measure.types import Conversation
from analyzer.rules.checks.rawhits import RawHit
from analyzer.rules.checks.turntexts import TurnText
from analyzer.speech.sound import canon, keys_of

_WALL = "\0"


class ExactSearch:
    """Finds phrases of one call written exactly so (figures and script made equal, 您 the same as 你).

    Args:
        conversation: turns with their words.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._turns = conversation.turns
        self._texts = [TurnText.of(t) for t in conversation.turns]
        self._joined = _WALL.join("".join(map(canon, t.text)) for t in self._texts)
        self._starts = [0, *accumulate(len(t.text) + 1 for t in self._texts)]

    def find(self, phrases: Sequence[str]) -> Mapping[str, Sequence[RawHit]]:
        """Every hit of every phrase, in order of time."""
        out: dict[str, list[RawHit]] = {}
        for phrase in phrases:
            said = "".join(keys_of(phrase))
            at = self._joined.find(said) if said else -1
            while at >= 0:
                turn = bisect.bisect_right(self._starts, at) - 1
                start = at - self._starts[turn]
                end = start + len(said)
                span = self._texts[turn].span(self._turns[turn], start, end)
                quote = self._texts[turn].text[start:end]
                out.setdefault(phrase, []).append(RawHit(turn, start, end, span, 1.0, True, quote))
                at = self._joined.find(said, at + 1)
        return out
