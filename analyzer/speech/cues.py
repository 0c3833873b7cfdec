"""Units of a speaker's speech with their words, and phrases found in them by sound."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from analyzer.spans import Span, Timeline
from analyzer.speech.mandarin import simplify
from analyzer.speech.sound import PhraseSounds, SoundText
from analyzer.speech.transcribe import with_words
from analyzer.speech.types import Word

FLOOR = 0.82  # score by sound from which a cue counts
BUSY = (
    *(who + how for who in ("坐席", "话务员", "客服代表", "客服人员", "人工服务") for how in ("正忙", "全忙", "在忙")),
    *("线路正忙", "线路繁忙"),
)
HELLO = "[您你]好|喂|[早上下中晚][上午安]好?"  # how who comes to the line begins

_NOT_A_KEY = frozenset("下点遍样会起个次些定直")  # 请按一下
_SILENT = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Unit:
    """An inter-pausal unit: what was recognised, and its characters without punctuation."""

    span: Span
    words: tuple[Word, ...]
    text: str
    spoken: str


def units_of(speech: Timeline, words: Sequence[Word], gap_ms: int) -> list[Unit]:
    """All units of a speaker.

    Args:
        speech: of the speaker.
        words: of the same, in order of time.
        gap_ms: a unit has no gap of this length.
    """
    out = []
    for span, own in with_words(speech.close_gaps(gap_ms), words):
        text = "".join(w.text for w in own).strip()
        out.append(Unit(span, own, text, spoken(text)))
    return out


def spoken(text: str) -> str:
    """A text's characters in simplified script, without punctuation."""
    return _SILENT.sub("", simplify(text))


@lru_cache(maxsize=8)
def sounds_of(phrases: tuple[str, ...]) -> PhraseSounds:
    """Phrases ready to be searched for by sound."""
    return PhraseSounds(phrases, [FLOOR] * len(phrases))


def cues(phrases: tuple[str, ...], units: Sequence[Unit]) -> list[tuple[int, int]]:
    """The first and last unit of every phrase heard in what all of them say, in order."""
    text = SoundText.of([[w for u in units for w in u.words]])
    ends = list(accumulate(len(u.words) for u in units))
    found = []
    for match in sounds_of(phrases).search(text):
        if phrases[match.form].startswith("请按") and _NOT_A_KEY & {*text.chars[match.last + 1 : match.last + 2]}:
            continue
        first, last = text.words[match.first], text.words[match.last]
        found.append((bisect_right(ends, first), bisect_right(ends, last)))
    return sorted(found)


def share_said(phrases: tuple[str, ...], units: Sequence[Unit]) -> float:
    """Which share of what units say is some of the phrases, 0 to 1; 0 of nothing."""
    text = SoundText.of([[w for u in units for w in u.words]])
    said = {at for m in sounds_of(phrases).search(text) for at in range(m.first, m.last + 1)}
    return len(said) / max(1, len(text.chars))
