"""Two hearings of the same speech: which words of the one a stretch of the other stands for.

Between words that sound the same in both the order decides, and only where nothing agrees the time: an attention
model's times wander by a syllable or two.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from analyzer.spans import Span
from analyzer.speech.mandarin import simplify
from analyzer.speech.sound import canon
from analyzer.speech.syllables import readings
from analyzer.speech.types import Word

AROUND_MS = 1_500  # words this far from a stretch are laid beside it


def counterpart(words: Sequence[Word], again: Sequence[Word], first: int, end: int) -> tuple[int, int]:
    """The words `[first, end)` of the one hearing that `again[first:end]` of the other stand for.

    Args:
        words: in order of time.
        again: another hearing of the same speech, in order of time.
        first: of a stretch of `again`.
        end: behind its last word; the stretch is not empty.

    Returns:
        Half-open; empty where the first hearing left out what the second has.
    """
    around = Span(again[first].span.start_ms, again[end - 1].span.end_ms).widen(AROUND_MS)
    low, high = _inside(words, around)
    begin, stop = _inside(again, around)
    ours, theirs = ([_sound(w.text) for w in near] for near in (words[low:high], again[begin:stop]))
    runs = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    partner = {begin + other + i: low + own + i for own, other, length in runs for i in range(length)}
    inside = [partner[at] for at in range(first, end) if at in partner]
    floor = max((own for at, own in partner.items() if at < first), default=low - 1) + 1
    ceiling = min((own for at, own in partner.items() if at >= end), default=high)
    if first in partner:
        start = partner[first]
    elif first - 1 in partner:
        start = floor
    else:
        by_time = bisect_left(words, again[first].span.start_ms, key=_middle)
        start = min(max(by_time, floor), min(inside, default=ceiling))
    if end - 1 in partner:
        finish = partner[end - 1] + 1
    elif end in partner:
        finish = ceiling
    else:
        by_time = bisect_left(words, again[end - 1].span.end_ms, key=_middle)
        finish = min(max(by_time, max(inside, default=start - 1) + 1), ceiling)
    return start, max(start, finish)


def _inside(words: Sequence[Word], span: Span) -> tuple[int, int]:
    """The words whose middle lies in a span, half-open."""
    return bisect_left(words, span.start_ms, key=_middle), bisect_left(words, span.end_ms, key=_middle)


@lru_cache(maxsize=16384)
def _sound(written: str) -> str | int:
    """What two words that sound the same have in common."""
    text = canon(simplify("".join(c for c in written if c.isalnum()))).lower()
    found = readings(text) if len(text) == 1 else ()
    return found[0] if found else text


def _middle(word: Word) -> int:
    return word.span.middle_ms
