"""How well a party was heard: which of its words are doubted, and which of its turns may hide others."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.call.types import Role
from analyzer.measure.types import Turn
from analyzer.rules.checks.misheard import doubted_below
from analyzer.speech.mandarin import is_spoken
from analyzer.speech.types import Word

POOR, POOR_WORDS = 0.65, 10  # so many words that average below this: nearly every second one is another
LESS_POOR = 0.05  # under what makes a single word doubted of a party that is badly heard throughout,
THROUGHOUT_WORDS = 30  # which so many words tell
WORDLESS_MS = 600  # speech this long without a word hides something
YES_MS = 250  # and of a customer, who is listened to for 好 and 行, so long: as a short token lasts


class Clarity:
    """How well each speaker of a call was heard.

    Args:
        turns: the call's.
        low_probability: a turn whose words average below this may hide a phrase; a long one from `POOR` down.
    """

    def __init__(self, turns: Sequence[Turn], low_probability: float) -> None:
        self._turns = turns
        self._low_probability = low_probability
        self._murky: dict[int, bool] = {}
        self._below: dict[int, float] = {}
        self._poor_below: dict[int, float] = {}

    def doubted_below(self, speaker: int) -> float:
        """A speaker's words of a lower probability are doubted."""
        if speaker not in self._below:
            words = [w for turn in self._turns if turn.speaker == speaker for w in turn.words]
            self._below[speaker] = doubted_below(_mean(words) if words else 1.0)
        return self._below[speaker]

    def is_murky(self, turn: Turn) -> bool:
        """Whether a turn may hide words: what was recognised of it is improbable, or is nothing."""
        if turn.index not in self._murky:
            words = turn.words
            low = bool(words) and (_mean(words) < self._low_probability or is_poor(words, self._poor(turn.speaker)))
            written = "".join([w.text for w in words]) if words else turn.text
            least = YES_MS if turn.role is Role.CUSTOMER else WORDLESS_MS
            self._murky[turn.index] = low or (turn.speech_ms >= least and not is_spoken(written))
        return self._murky[turn.index]

    def _poor(self, speaker: int) -> float:
        """Higher of a party badly heard throughout: 您浩雅浮漫糖 was 您好呀福满堂, with 0.74."""
        if speaker not in self._poor_below:
            words = sum(len(turn.words) for turn in self._turns if turn.speaker == speaker)
            throughout = self.doubted_below(speaker) - LESS_POOR if words >= THROUGHOUT_WORDS else 0.0
            self._poor_below[speaker] = max(POOR, throughout)
        return self._poor_below[speaker]


def is_poor(words: Sequence[Word], limit: float) -> bool:
    """Many words that average below the limit."""
    return len(words) >= POOR_WORDS and _mean(words) < limit


def _mean(words: Sequence[Word]) -> float:
    return sum([w.probability for w in words]) / len(words)
