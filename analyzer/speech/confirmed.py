"""Which words the sound itself confirms: Mandarin words that another ear hears there, too.

Whisper, told to write Chinese, writes fluent Chinese of any language it hears, and of noise, often surely. What
syllables are read off the sound (`speech/reader.py`) has no such ideas: only where Mandarin is spoken do both agree.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from analyzer.speech import syllables
from analyzer.speech.mandarin import spoken_in
from analyzer.speech.types import ReadSyllable, Word

REACH_MS = 250  # a word's time is not exact
ALIKE = 0.3  # of `syllables.costs()`: nearly the same initial, or nearly the same final
NAT = 0.08  # what being less likely by a factor of e than the best reading costs there


def confirmed(words: Sequence[Word], read: Sequence[ReadSyllable]) -> list[bool]:
    """For every word whether it is Mandarin, and one of its syllables was read off the sound near it.

    Args:
        words: of one party, in order of time.
        read: off the same party's sound; empty where nothing reads it: then every Mandarin word is confirmed.
    """
    said, owner = spoken_in([w.text for w in words])
    by_time = sorted(read, key=_middle_ms)
    times = [_middle_ms(s) for s in by_time]
    out = [False] * len(words)
    for char, place in zip(said, owner, strict=True):
        sounds, span = syllables.readings(char) if len(char) == 1 else (), words[place].span
        near = slice(bisect_left(times, span.start_ms - REACH_MS), bisect_right(times, span.end_ms + REACH_MS))
        if sounds and not out[place]:
            out[place] = not read or any(_is_alike(sounds, s) for s in by_time[near])
    for place in sorted(set(range(1, len(words))).difference(owner)):
        if any(char.isdigit() for char in words[place].text):
            out[place] = out[place - 1]  # 3, 8: the figure that begins before it, 三十八
    return out


def _middle_ms(syllable: ReadSyllable) -> int:
    return syllable.span.middle_ms


def _is_alike(sounds: Sequence[int], read: ReadSyllable) -> bool:
    costs = syllables.costs()
    return any(costs[one, other] + NAT * less / 100 <= ALIKE for one in sounds for other, less in read.likely)
