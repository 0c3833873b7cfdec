"""A turn that goes on behind the other party's 嗯: two turns by the clock, and one to who speaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from analyzer.measure.backchannels import asks, is_listener_token
from analyzer.measure.types import Turn
from analyzer.speech.mandarin import spoken_chars

SILENT_MS = 3000  # so long a silence parts turns, whatever is said around it


def runs(turns: Sequence[Turn], some: Iterable[Turn]) -> Iterator[list[Turn]]:
    """Turns, and those in which they go on beside them.

    Args:
        turns: of the call.
        some: of them, in order of time or against it.
    """
    run: list[Turn] = []
    for turn in some:
        if run and not _is_one(turns, *sorted((run[-1].index, turn.index))):
            yield run
            run = []
        run.append(turn)
    if run:
        yield run


def _is_one(turns: Sequence[Turn], first: int, last: int) -> bool:
    """Whether one turn goes on in another, without a silence between."""
    here = turns[first : last + 1]
    apart = (b.span.start_ms - a.span.end_ms for a, b in pairwise(here))
    return here[0].speaker == here[-1].speaker and _goes_on(here) and max(apart) < SILENT_MS


def with_what_goes_on(turns: Sequence[Turn], place: int) -> set[int]:
    """A turn and those in which it goes on: what parts them is the other party's 嗯, and no answer."""
    own = [at for at, turn in enumerate(turns) if turn.speaker == turns[place].speaker]
    here, out = own.index(place), {place}
    for way in (own[here:], own[here::-1]):
        for known, other in pairwise(way):
            if not _goes_on(turns[min(known, other) : max(known, other) + 1]):
                break
            out.add(other)
    return out


def _goes_on(turns: Sequence[Turn]) -> bool:
    """Whether the last turn is the first one's other half."""
    return len(turns) > 2 and only_listened_to(turns[0], turns[1:-1])


def only_listened_to(turn: Turn, after: Sequence[Turn]) -> bool:
    """Whether the turns after one only show that it is listened to; 嗯 to a question is an answer."""
    asked = asks(turn.text) or spoken_chars(turn.text).endswith(("没", "没有", "不"))
    return not asked and all(is_listener_token(t.text) and not asks(t.text) for t in after)
