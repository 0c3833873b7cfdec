"""A busy or congestion tone that goes on under somebody's voice.

`find_tones` hears a tone where it holds nearly all the power. Once one beat was heard so, the rhythm says when the next
ones are due, and each need only be there at its level, with less between them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from analyzer.call.sound import at_rate, windows
from analyzer.call.types import Sound
from analyzer.spans import Span, Timeline
from analyzer.speech.tones import Cadence, ToneRun

_RATE_HZ = 8000
_WINDOW, _HOP = 320, 160  # 40 ms every 20 ms
_HOP_MS = 20
_BEATS = ((Cadence.BUSY, 350), (Cadence.CONGESTION, 700))  # on and off in ms
_SHORTEST, _LONGER_MS = 0.65, 90  # of a beat, where a voice sets in; and where an echo drags on
_HEARD_LATE_MS = 10  # `find_tones` begins a beat so much late, and ends it as much early
_INSIDE_MS = 40  # left out at both ends of a beat and of a pause
_UNDER_DB, _OVER_DB = 3.0, 6.0  # a voice on top moves the level of a beat,
_DIP_DB = 6.0  # but hardly any moment of it falls lower
_GAP_DB, _LOW_DB = 5.0, 8.0  # half of a pause and a quarter of it are so much fainter, in most pauses:
_GAPS = 0.7  # a voice may fill the rest
_CYCLES = 3


def tone_kept_up(samples: Sound, rate_hz: int, tones: Timeline) -> ToneRun | None:
    """The busy or congestion tone of most beats that begins with one of the tones heard clearly; None without three.

    Args:
        samples: one channel.
        rate_hz: of the samples.
        tones: as found by `find_tones`.
    """
    best: ToneRun | None = None
    if not tones:
        return None
    level = _level(at_rate(samples, rate_hz, _RATE_HZ, "LQ"))
    stretch_of = cache(lambda first, last: _stretch(level[first:last]))  # every tone of a row looks at the same beats
    for tone in tones:
        for cadence, beat_ms in _BEATS:
            if not _SHORTEST * beat_ms <= tone.duration_ms + 2 * _HEARD_LATE_MS <= beat_ms + _LONGER_MS:
                continue
            start_ms = tone.start_ms - _HEARD_LATE_MS
            if best is not None and (level.size * _HOP_MS - start_ms) // (2 * beat_ms) < best.cycles:
                continue  # no room for more
            beats = _beats(stretch_of, start_ms, beat_ms, back=best is None or tone not in best.span)
            if len(beats) >= _CYCLES and (best is None or len(beats) > best.cycles):
                best = ToneRun(cadence, Span(beats[0].start_ms, beats[-1].end_ms), len(beats), tuple(beats))
    return best


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Level of a stretch: of how many windows, and what a fifth, a quarter and half of them do not exceed, dB."""

    size: int
    fifth: float
    quarter: float
    middle: float


_NOTHING = _Stretch(0, np.inf, np.inf, np.inf)


def _stretch(level: npt.NDArray[np.float64]) -> _Stretch:
    return _Stretch(level.size, *np.percentile(level, (20, 25, 50)).tolist()) if level.size else _NOTHING


def _beats(stretch_of: Callable[[int, int], _Stretch], clear_ms: int, beat_ms: int, back: bool) -> list[Span]:
    """Beats from a clear one on, and back from it if wanted, while each is there and the pauses are."""
    clear = stretch_of(*_inside(clear_ms, beat_ms)).middle
    at = clear_ms
    while back and at > beat_ms and _is_beat(stretch_of(*_inside(at - 2 * beat_ms, beat_ms)), clear, beat_ms):
        at -= 2 * beat_ms
    beats: list[Span] = []
    gaps = 0
    while _is_beat(stretch_of(*_inside(at, beat_ms)), clear, beat_ms):
        off = stretch_of(*_inside(at + beat_ms, beat_ms))
        beats.append(Span(max(0, at), at + beat_ms))
        gaps += off.quarter <= clear - _LOW_DB and off.middle <= clear - _GAP_DB
        at += 2 * beat_ms
    return beats if gaps >= _GAPS * (len(beats) - 1) else []


def _is_beat(on: _Stretch, clear: float, beat_ms: int) -> bool:
    """Whether the tone is there at the level of a clear beat, with or without a voice."""
    there = on.size >= beat_ms // (2 * _HOP_MS) and -_UNDER_DB <= on.middle - clear <= _OVER_DB
    return there and on.fifth >= clear - _DIP_DB


def _inside(start_ms: int, length_ms: int) -> tuple[int, int]:
    """The first window that lies inside a stretch, its ends left out, and one past the last."""
    first = max(0, start_ms + _INSIDE_MS)
    last = start_ms + length_ms - _INSIDE_MS - _WINDOW * 1000 // _RATE_HZ
    return -(-first // _HOP_MS), last // _HOP_MS + 1


def _level(sound: Sound) -> npt.NDArray[np.float64]:
    """Level of the strongest tone from 425 to 475 Hz, dB, every 20 ms."""
    hz = np.arange(425.0, 476.0, 12.5)
    wave = np.exp(-2j * np.pi * hz[None, :] * np.arange(_WINDOW)[:, None] / _RATE_HZ) * np.hanning(_WINDOW)[:, None]
    parts = [np.max(np.abs(part @ wave) ** 2, axis=1) for part in windows(sound, _WINDOW, _HOP, 2048)]
    return np.asarray(10 * np.log10(np.concatenate([np.zeros(0), *parts]) + 1e-10))
