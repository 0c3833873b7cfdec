"""Integer-millisecond interval algebra: `Span` and `Timeline`.

Every time in the product is an integer number of milliseconds from the start of the recording, and every
interval is half-open, `[start_ms, end_ms)`. There is no float time and no tolerance hidden in equality.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt

MOST = 2**53  # up to here whole numbers are exact in whatever reads JSON, and every table holds them
Whole = Annotated[int, msgspec.Meta(ge=-MOST, le=MOST)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=MOST)]


def runs(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where a mask is True: first and one past the last index of every run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def lasting(mask: npt.NDArray[np.bool_], least: int) -> npt.NDArray[np.bool_]:
    """The mask without its runs of fewer than `least`."""
    out = np.zeros_like(mask)
    for a, b in runs(mask):
        out[a:b] = b - a >= least
    return out


class Span(msgspec.Struct, frozen=True, order=True, gc=False):  # a kept call has thousands: quick to make and to read
    """A half-open interval `[start_ms, end_ms)`.

    Args:
        start_ms: first millisecond inside.
        end_ms: first millisecond outside; never before `start_ms`.

    Raises:
        ValueError: when the end lies before the start.
    """

    start_ms: Milliseconds
    end_ms: Milliseconds

    def __post_init__(self) -> None:
        if self.end_ms < self.start_ms:
            raise ValueError(f"a span ends before it starts: {self.start_ms}..{self.end_ms} ms")

    @property
    def duration_ms(self) -> int:
        """Length in ms."""
        return self.end_ms - self.start_ms

    @property
    def middle_ms(self) -> int:
        """Half way, rounded down."""
        return (self.start_ms + self.end_ms) // 2

    def __bool__(self) -> bool:
        return self.end_ms > self.start_ms

    def __and__(self, other: Span) -> Span | None:
        """The part in both, or None when they share no time."""
        start, end = max(self.start_ms, other.start_ms), min(self.end_ms, other.end_ms)
        return Span(start, end) if end > start else None

    def __or__(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(min(self.start_ms, other.start_ms), max(self.end_ms, other.end_ms))

    def __contains__(self, other: Span | int) -> bool:
        if isinstance(other, Span):
            return self.start_ms <= other.start_ms and other.end_ms <= self.end_ms
        return self.start_ms <= other < self.end_ms

    def shift(self, by_ms: int) -> Span:
        """The same length, `by_ms` later."""
        return Span(self.start_ms + by_ms, self.end_ms + by_ms)

    def widen(self, by_ms: int) -> Span:
        """`by_ms` more on both sides, not before 0."""
        return Span(max(0, self.start_ms - by_ms), max(0, self.end_ms + by_ms))


_START, _END = attrgetter("start_ms"), attrgetter("end_ms")


@dataclass(frozen=True, slots=True)
class Timeline:
    """Sorted, disjoint, non-empty spans; touching ones are joined.

    Args:
        spans: in any order, possibly overlapping; normalised on construction.
    """

    spans: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        joined: list[Span] = []
        for span in sorted(s for s in self.spans if s):
            if joined and span.start_ms <= joined[-1].end_ms:
                joined[-1] = joined[-1] | span
            else:
                joined.append(span)
        object.__setattr__(self, "spans", tuple(joined))

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> Timeline:
        """From `(start_ms, end_ms)` pairs."""
        return cls(tuple(Span(a, b) for a, b in pairs))

    def __iter__(self) -> Iterator[Span]:
        return iter(self.spans)

    def __len__(self) -> int:
        return len(self.spans)

    def __bool__(self) -> bool:
        return bool(self.spans)

    @property
    def duration_ms(self) -> int:
        """Summed length in ms."""
        return sum(s.duration_ms for s in self.spans)

    @property
    def extent(self) -> Span | None:
        """From the first start to the last end; None when empty."""
        return Span(self.spans[0].start_ms, self.spans[-1].end_ms) if self.spans else None

    def __or__(self, other: Timeline) -> Timeline:
        return Timeline(self.spans + other.spans)

    def __and__(self, other: Timeline) -> Timeline:
        out: list[Span] = []
        i = j = 0
        while i < len(self.spans) and j < len(other.spans):
            a, b = self.spans[i], other.spans[j]
            both = a & b
            if both:
                out.append(both)
            if a.end_ms < b.end_ms:
                i += 1
            else:
                j += 1
        return Timeline(tuple(out))

    def __sub__(self, other: Timeline) -> Timeline:
        extent = self.extent
        return self & other.gaps(extent) if extent else self

    def gaps(self, within: Span) -> Timeline:
        """What `within` holds that no span covers."""
        out: list[Span] = []
        at = within.start_ms
        for span in self.crop(within):
            if span.start_ms > at:
                out.append(Span(at, span.start_ms))
            at = span.end_ms
        if at < within.end_ms:
            out.append(Span(at, within.end_ms))
        return Timeline(tuple(out))

    def crop(self, to: Span) -> Timeline:
        """The parts inside `to`."""
        first = bisect_right(self.spans, to.start_ms, key=_END)  # a call of hours has many spans, a turn few
        last = bisect_left(self.spans, to.end_ms, lo=first, key=_START)
        return Timeline(tuple(c for s in self.spans[first:last] if (c := s & to)))

    def close_gaps(self, shorter_than_ms: int) -> Timeline:
        """Joins neighbours whose gap is shorter than `shorter_than_ms`."""
        out: list[Span] = []
        for span in self.spans:
            if out and span.start_ms - out[-1].end_ms < shorter_than_ms:
                out[-1] = out[-1] | span
            else:
                out.append(span)
        return Timeline(tuple(out))

    def steps(self, step_ms: int, count: int) -> npt.NDArray[np.bool_]:
        """Which of `count` steps of `step_ms` a span touches."""
        out = np.zeros(count, dtype=np.bool_)
        for span in self.spans:
            out[span.start_ms // step_ms : -(-span.end_ms // step_ms)] = True
        return out

    def drop_shorter(self, than_ms: int) -> Timeline:
        """Without the spans shorter than `than_ms`."""
        return Timeline(tuple(s for s in self.spans if s.duration_ms >= than_ms))

    def covered_ms(self, span: Span) -> int:
        """How many ms of `span` are covered."""
        return self.crop(span).duration_ms
