"""Marks between clauses among spoken characters: what they cut off a phrase, and which clauses a stretch lies in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.speech.mandarin import spoken

_LEAST = 3  # characters of a phrase that may be a clause of their own
_NEAR = 12  # characters beyond a stretch in which its clauses begin and end, if anywhere
_MARK = re.compile(r"[，。！？；、!?;]|,(?![0-9])")


def marks_in(text: str, count: int) -> tuple[int, ...]:
    """Before which of a text's spoken characters a mark between clauses stands.

    Args:
        text: as written.
        count: of its spoken characters; where it has another, nothing is known.
    """
    if _MARK.search(text) is None:
        return ()
    each = [syllable for syllable in spoken(text) for _ in syllable.latin or syllable.char]
    if len(each) != count:
        return ()
    return tuple(at for at in range(1, count) if _MARK.search(text, each[at - 1].end, each[at].start))


def cuts_off(marks: Sequence[int], start: int, end: int) -> bool:
    """Whether a mark stands near the edge of characters: 漏补了，是我们的责任 is no 不是我们的责任.

    Farther inside phrases have marks of their own: 还有没有问题，没有的话请挂机.
    """
    return any(start < mark < end and min(mark - start, end - mark) < _LEAST for mark in marks)


def around(marks: Sequence[int], start: int, end: int, length: int) -> tuple[int, int]:
    """From where to where the clauses go on that characters `[start, end)` of a text lie in, if a mark is near."""
    begins = [at for at in (0, *marks) if start - _NEAR <= at <= start]
    ends = [at for at in (*marks, length) if end <= at <= end + _NEAR]
    return max(begins, default=start), min(ends, default=end)
