"""Two legs that can't be one conversation as they are: what says who came in on whom is doubted then."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from analyzer.measure.types import Turn
from analyzer.spans import Timeline

DOUBTED = 0.6  # share of an overlap's confidence that is left: no rule fails on it
_OFTEN_MS, _OFTEN_SHARE = 10_000, 1 / 3  # of each party's speech: far more than in conversation
_CHANGES = 4  # of the floor each way
_BEFORE_MS, _AFTER_MS = 300, 800  # three of four times one party comes in before the other ends, and is answered late


def doubt_of_overlaps(speech: Sequence[Timeline], turns: Sequence[Turn]) -> str | None:
    """`always_at_once`, `legs_shifted`, or None where two parties may be talking to each other.

    Args:
        speech: of each party.
        turns: of everybody, in order of start.
    """
    if len(speech) != 2:
        return None
    both = (speech[0] & speech[1]).duration_ms
    if both >= _OFTEN_MS and both >= _OFTEN_SHARE * max(s.duration_ms for s in speech):
        return "always_at_once"
    return "legs_shifted" if _are_shifted(turns) else None


def _are_shifted(turns: Sequence[Turn]) -> bool:
    """Whether one leg is some time late: who is on the other then seems to come in always, and never to be."""
    gaps: dict[int, list[int]] = {}
    for one, then in pairwise(turns):
        if one.speaker != then.speaker and then.span.end_ms > one.span.end_ms:
            gaps.setdefault(then.speaker, []).append(then.span.start_ms - one.span.end_ms)
    if len(gaps) != 2 or min(map(len, gaps.values())) < _CHANGES:
        return False
    early, late = sorted(map(sorted, gaps.values()), key=median)
    return early[3 * len(early) // 4] <= -_BEFORE_MS and late[len(late) // 4] >= _AFTER_MS
