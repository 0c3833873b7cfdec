"""Is a phrase turned round by what was heard? A negation more or less, or 你 being who is served or told."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from analyzer.speech import syllables
from analyzer.speech.confusable import NEGATORS
from analyzer.speech.mandarin import spoken
from analyzer.speech.sound import canon, keys_of

_NEGATING = frozenset(r for n in ("不", "没", "别") for r in syllables.readings(n)[:1])


def done_for_you(phrase: str, text: str, start: int) -> bool:
    """True when the 你 that a phrase begins with is heard as who is served or told: 帮您跟进 is not 你赶紧.

    Args:
        phrase: as written in the pack.
        text: spoken characters of the turn.
        start: where in them the phrase is heard.
    """
    if not start or canon(text[start]) != "你" or keys_of(phrase)[:1] != ("你",):
        return False
    before = text[start - 1]
    return before in "帮给替跟向" or (before == "为" and text[max(0, start - 2)] not in "因以认")


def turned_round(wanted: int, heard: Sequence[str]) -> bool:
    """True when a negation was put in, or one of the phrase's has nothing in its place that sounds like one.

    Args:
        wanted: negations in the phrase, from `negations`.
        heard: canonical characters.
    """
    if sum([key in NEGATORS for key in heard]) > wanted:
        return True
    return wanted > 0 and sum([_sounds_negating(key) for key in heard]) < wanted


def negations(phrase: str) -> int:
    """How many negations a phrase holds."""
    return sum(s.char in NEGATORS for s in spoken(phrase))


@lru_cache(maxsize=8192)
def _sounds_negating(key: str) -> bool:
    return len(key) == 1 and (key in NEGATORS or not _NEGATING.isdisjoint(syllables.readings(canon(key))))
