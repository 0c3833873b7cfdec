"""The other leg's sound again, found moment by moment: nobody's speech.

`look_at_legs` finds a copy that is there throughout with one delay, and it is taken out. A network changes its delay,
and an echo canceller learns: then there is a copy for some seconds, or another one from some moment on, and what is
heard would come in on its own source.

Definition: 500 ms of a leg's speech that correlate by 0.5 and more with what sounded on the other leg up to 1 s before,
3 dB louder there; first differences of both, so that a common pitch makes no likeness. Of 1,414 such windows of two
people who speak at once, human and synthesised, none reached 0.39; a copy 14 dB over its line's noise has 0.58 to 0.9.
What is on both legs within 20 ms may be the fainter leg's own, where the other holds both parties: it is a copy where
the leg holds more speech that is none.

Departures: a copy in a room, or hardly over the noise, stays under that and is not found.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Sound
from analyzer.spans import Span, Timeline

WINDOW_MS, STEP_MS = 500, 250
LATE_MS, LATEST_MS = 20, 1000
ALIKE = 0.5
LOUDER_DB = 3.0
LEFT_MS = 250  # of a unit beside its copy is an edge of this
_Floats = npt.NDArray[np.float64]


def without_copies(speech: Timeline, heard: Sound, other: Sound, others: Timeline, rate_hz: int) -> Timeline:
    """Speech of one leg without what is the other's.

    Args:
        speech: of the leg.
        heard: its sound,
        other: and the other leg's.
        others: speech there.
        rate_hz: of both.
    """
    near = Timeline(tuple(Span(s.start_ms, s.end_ms + LATEST_MS) for s in others))
    late: list[Span] = []
    at_once: list[Span] = []
    for unit in speech:
        for window in _windows(unit):
            delay_ms = _copied_after(window, heard, other, rate_hz) if near.covered_ms(window) else None
            if delay_ms is not None:
                (late if delay_ms >= LATE_MS else at_once).append(window)
    copied, shared = Timeline(tuple(late)), Timeline(tuple(at_once)) & speech
    if shared.duration_ms < (speech - copied - shared).duration_ms:
        copied |= shared
    if not copied:
        return speech
    beside = Timeline(tuple(s.widen(1) for s in copied))
    return Timeline(tuple(s for s in speech - copied if s.duration_ms >= LEFT_MS or not beside.covered_ms(s)))


def _windows(unit: Span) -> Iterator[Span]:
    """What a unit is looked at by, its end included; around it where it is short."""
    last = max(0, unit.end_ms - WINDOW_MS) if unit.duration_ms >= WINDOW_MS else max(0, unit.middle_ms - WINDOW_MS // 2)
    for start in range(unit.start_ms, last, STEP_MS):
        yield Span(start, start + WINDOW_MS)
    yield Span(last, last + WINDOW_MS)


def _copied_after(window: Span, heard: Sound, other: Sound, rate_hz: int) -> float | None:
    """How many ms later than on the other leg a window sounds; None where it is no copy."""
    first, size, reach = window.start_ms * rate_hz // 1000, WINDOW_MS * rate_hz // 1000, LATEST_MS * rate_hz // 1000
    here, there = _sharp(heard, first, size), _sharp(other, first - reach, reach + size)
    fast = 1 << there.size.bit_length()
    both = np.fft.irfft(np.fft.rfft(there, fast) * np.conj(np.fft.rfft(here, fast)), fast)[: reach + 1]
    sums = np.concatenate([[0.0], np.cumsum(there**2)])
    own, source = float(here @ here), sums[size:] - sums[: reach + 1]
    alike = np.abs(both) / np.sqrt(own * source + 1e-12)
    at = int(np.argmax(alike))
    is_copy = alike[at] >= ALIKE and source[at] >= own * 10 ** (LOUDER_DB / 10)
    return (reach - at) * 1000 / rate_hz if is_copy else None


def _sharp(sound: Sound, first: int, size: int) -> _Floats:
    """First differences of `size` samples; 0 where there is no sound."""
    out = np.zeros(size)
    start = max(0, first)
    x = sound[start : max(start, first + size)].astype(np.float64)
    if x.size > 1:
        out[start - first + 1 : start - first + x.size] = np.diff(x)
    return out
