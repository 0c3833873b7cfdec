"""The interval algebra, by rulers and by properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.spans import Span, Timeline, runs

pairs = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 60)).map(lambda p: (p[0], p[0] + p[1])), max_size=12)
timelines = pairs.map(Timeline.of)
CALL = Span(0, 600)


def millis(line: Timeline) -> set[int]:
    return {ms for span in line for ms in range(span.start_ms, span.end_ms)}


def test_a_timeline_by_ruler() -> None:
    #          0    10   20   30   40
    # a        |----|         |----|
    # b             |----|  |----|
    a, b = Timeline.of([(0, 10), (30, 40)]), Timeline.of([(10, 20), (25, 35)])
    assert a | b == Timeline.of([(0, 20), (25, 40)])
    assert a & b == Timeline.of([(30, 35)])
    assert a - b == Timeline.of([(0, 10), (35, 40)])
    assert (a | b).gaps(Span(0, 50)) == Timeline.of([(20, 25), (40, 50)])
    assert (a | b).close_gaps(6) == Timeline.of([(0, 40)])
    assert a.covered_ms(Span(5, 33)) == 8


def test_a_span_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it starts"):
        Span(5, 4)


def test_membership_is_half_open() -> None:
    assert 0 in Span(0, 10) and 10 not in Span(0, 10)
    assert Span(2, 10) in Span(0, 10) and Span(2, 11) not in Span(0, 10)
    assert Span(0, 10) & Span(10, 20) is None


@given(timelines, timelines)
def test_the_operators_are_those_of_sets(a: Timeline, b: Timeline) -> None:
    assert millis(a | b) == millis(a) | millis(b)
    assert millis(a & b) == millis(a) & millis(b)
    assert millis(a - b) == millis(a) - millis(b)


@given(timelines, st.integers(0, 560), st.integers(0, 200))
def test_a_part_is_cut_as_by_going_through_all(a: Timeline, start_ms: int, length_ms: int) -> None:
    part = Span(start_ms, start_ms + length_ms)
    inside = {ms for ms in millis(a) if ms in part}
    assert millis(a.crop(part)) == inside
    assert a.crop(part) == Timeline(tuple(c for s in a if (c := s & part)))
    assert a.covered_ms(part) == len(inside)
    assert millis(a.gaps(part)) == set(range(part.start_ms, part.end_ms)) - inside


@given(timelines)
def test_speech_and_gaps_part_the_call(a: Timeline) -> None:
    gaps = a.gaps(CALL)
    assert a.duration_ms + gaps.duration_ms == CALL.duration_ms
    assert not a & gaps


@given(timelines, st.integers(0, 50))
def test_closing_gaps_never_loses_speech(a: Timeline, gap: int) -> None:
    closed = a.close_gaps(gap)
    assert a - closed == Timeline()
    assert all(y.start_ms - x.end_ms >= gap for x, y in zip(closed.spans, closed.spans[1:], strict=False))


def test_runs_of_a_mask_are_half_open() -> None:
    assert runs(np.array([], bool)) == []
    assert runs(np.array([False, False])) == []
    assert runs(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
